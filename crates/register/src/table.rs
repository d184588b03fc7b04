//! The register as a table: CSV as RFC 4180 has it, one edge a row.
//!
//! It begins with a byte order mark, without which Excel reads UTF-8 as the code page of the machine.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use crate::{Edge, End};

const BYTE_ORDER_MARK: &str = "\u{feff}";
const OF_EDGE: &[&str] = &[
    "kind",
    "state",
    "age_days",
    "since",
    "until",
    "origin",
    "review",
    "confidence",
    "cross_tool",
];
const OF_END: &[&str] =
    &["key", "title", "status", "category", "owners", "due", "source", "project", "url"];
const OF_EVIDENCE: &[&str] = &["evidence", "evidence_url"];

pub(crate) fn write<'v>(
    edges: impl Iterator<Item = Edge<'v>>,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    let ends = ["from", "to"]
        .into_iter()
        .flat_map(|end| OF_END.iter().map(move |name| format!("{end}_{name}")));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    table.write_record(names(OF_EDGE).into_iter().chain(ends).chain(names(OF_EVIDENCE)))?;
    for edge in edges {
        table.write_record(cells(&edge).iter().map(|cell| harmless(cell).into_owned()))?;
    }
    table.flush()
}

/// The cells of an edge, in the order of the header.
fn cells(edge: &Edge<'_>) -> Vec<String> {
    let quote = edge.evidence.first();
    let mut cells = vec![
        edge.kind.as_str().to_owned(),
        edge.state.as_str().to_owned(),
        edge.age_days.to_string(),
        edge.since.to_string(),
        text(edge.until),
        edge.origin.as_str().to_owned(),
        edge.review.as_str().to_owned(),
        edge.confidence.to_string(),
        edge.cross_tool.to_string(),
    ];
    cells.extend(of_end(&edge.from));
    cells.extend(of_end(&edge.to));
    cells.extend([text(quote.map(|quote| quote.quote)), text(quote.and_then(|quote| quote.url))]);
    cells
}

fn of_end(end: &End<'_>) -> [String; OF_END.len()] {
    let owners: Vec<_> = end.owners.iter().map(|owner| owner.name).collect();
    [
        end.key.to_owned(),
        text(end.title),
        text(end.status),
        text(end.category.map(|category| category.as_str())),
        owners.join("; "),
        text(end.due_on),
        text(end.source),
        text(end.project),
        text(end.url),
    ]
}

fn text(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A cell that begins as a formula does is calculated by a spreadsheet, whatever its quotes. Behind an
/// apostrophe it is a text, and can be read still. White space may be cut off before it is looked at,
/// and East Asian spreadsheets take the wide signs for the narrow ones.
pub(crate) fn harmless(cell: &str) -> Cow<'_, str> {
    let first =
        cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()).chars().next();
    let calculated = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    let cut = cell.starts_with(['\t', '\r', '\n']);
    if calculated || cut { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}
