//! The register as a graph for Graphviz.

use mainstem_model::LinkKind;

use crate::Register;
use crate::picture::{Arrow, MOST_EDGES, Node, Picture, line};

pub(crate) fn draw(register: &Register<'_>) -> String {
    of(&Picture::of(register, MOST_EDGES))
}

pub(crate) fn of(picture: &Picture<'_>) -> String {
    let mut text = String::from("digraph register {\n");
    if let Some(note) = picture.note() {
        line(&mut text, format_args!("// {note}"));
    }
    line(&mut text, format_args!("rankdir=LR;"));
    line(
        &mut text,
        format_args!("node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];"),
    );
    line(&mut text, format_args!("edge [fontname=\"sans-serif\", fontsize=10];"));
    for (group, (source, nodes)) in picture.groups.iter().enumerate() {
        if let Some(source) = source {
            line(&mut text, format_args!("subgraph cluster_{group} {{"));
            line(&mut text, format_args!("label=\"{}\";", quoted(source)));
        }
        for (number, node) in nodes {
            let (fill, stroke) = (node.look.fill, node.look.line);
            line(
                &mut text,
                format_args!(
                    "n{number} [label=\"{}\", fillcolor=\"{fill}\", color=\"{stroke}\"];",
                    label(node)
                ),
            );
        }
        if source.is_some() {
            line(&mut text, format_args!("}}"));
        }
    }
    for Arrow { from, to, kind, active } in &picture.arrows {
        let style = match (*active, *kind) {
            (true, LinkKind::Blocks) => "bold",
            (true, _) => "solid",
            (false, _) => "dashed",
        };
        line(
            &mut text,
            format_args!("n{from} -> n{to} [label=\"{}\", style={style}];", kind.as_str()),
        );
    }
    text.push_str("}\n");
    text
}

fn label(node: &Node) -> String {
    node.lines().map(quoted).collect::<Vec<_>>().join("\\n")
}

/// A text as it may stand within quotes: Graphviz reads `\` as the beginning of an escape such as `\N`,
/// and `&` as that of a character of HTML.
pub(crate) fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
