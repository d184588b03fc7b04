//! The register as a flowchart in Mermaid.
//!
//! Every text stands in quotes, and in it all but letters, digits and spaces as numbers (`#60;`): so it
//! can be no keyword, arrow, comment, directive, Markdown or HTML.

use std::fmt::Write as _;

use mainstem_model::LinkKind;

use crate::Register;
use crate::picture::{Arrow, LOOKS, MOST_EDGES, Node, Picture, line};

/// Mermaid draws nothing that is longer, in UTF-16 units, unless the page that it is on says otherwise.
const LONGEST: usize = 50_000;

/// As many edges as Mermaid takes.
pub(crate) fn draw(register: &Register<'_>) -> String {
    let mut most = MOST_EDGES;
    loop {
        let text = of(&Picture::of(register, most));
        let length = text.encode_utf16().count();
        if length <= LONGEST || most <= 1 {
            return text;
        }
        most = (most * LONGEST / length).clamp(1, most - 1);
    }
}

pub(crate) fn of(picture: &Picture<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    if let Some(note) = picture.note() {
        line(&mut text, format_args!("%% {note}"));
    }
    for (group, (source, nodes)) in picture.groups.iter().enumerate() {
        if let Some(source) = source {
            line(&mut text, format_args!("subgraph s{group} [\"{}\"]", quoted(source)));
        }
        for (number, node) in nodes {
            line(&mut text, format_args!("n{number}[\"{}\"]:::{}", label(node), node.look.name));
        }
        if source.is_some() {
            line(&mut text, format_args!("end"));
        }
    }
    for Arrow { from, to, kind, active } in &picture.arrows {
        let arrow = match (*active, *kind) {
            (true, LinkKind::Blocks) => "==>",
            (true, _) => "-->",
            (false, _) => "-.->",
        };
        line(&mut text, format_args!("n{from} {arrow}|{}| n{to}", kind.as_str()));
    }
    for look in LOOKS {
        let (name, fill, stroke) = (look.name, look.fill, look.line);
        line(&mut text, format_args!("classDef {name} fill:{fill},stroke:{stroke},color:#111827"));
    }
    text
}

fn label(node: &Node) -> String {
    node.lines().map(quoted).collect::<Vec<_>>().join("<br/>")
}

/// A text as it may stand within quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || c == ' ' {
            safe.push(c);
        } else {
            let _ = write!(safe, "#{};", u32::from(c));
        }
    }
    safe
}
