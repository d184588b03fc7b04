//! Tables. A cell of Markdown is one line: paragraphs in it are parted by two breaks, and what else
//! it holds is shown as text. A cell that spans several fills the others with empty ones.

use std::borrow::Cow;

use serde_json::Value;

use super::escape::Place;
use super::inline;
use super::write::{Writer, is_blank};
use crate::text::attributes;
use crate::text::node::{Attributes, Mark, Node};

/// The most columns or rows that a cell may span; one that says more is taken for one of a single
/// field, and still tells what it said.
const MAX_SPAN: usize = 50;

/// Writes a table.
pub fn table(writer: &mut Writer, table: &Node) {
    let mut marker = Node::new("table");
    marker.attributes = attributes::of_valid_node("table", &table.attributes).unwrap_or_default();
    marker.marks.clone_from(&table.marks);
    if !marker.attributes.is_empty() || !marker.marks.is_empty() {
        writer.atom(&marker);
        writer.next_block();
    }
    let mut grid = Grid::default();
    let rows: Vec<Vec<Option<&Node>>> =
        table.content.iter().map(|row| grid.fields(&row.content)).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let headed = table.content.first().is_some_and(is_heading);
    let (heading, body) = if headed { rows.split_at(1) } else { rows.split_at(0) };
    let mut heading = heading.first().cloned().unwrap_or_default();
    heading.resize(width, None);
    row(writer, &heading, "tableHeader");
    writer.new_line();
    writer.out.push('|');
    writer.out.push_str(&" --- |".repeat(width));
    for fields in body {
        writer.new_line();
        row(writer, fields, "tableCell");
    }
}

/// Whether a row can be the heading of a table in Markdown.
fn is_heading(row: &Node) -> bool {
    row.content.iter().all(|cell| cell.kind == "tableHeader")
        && row.content.iter().any(|cell| !cell.content.iter().all(is_blank))
}

fn row(writer: &mut Writer, fields: &[Option<&Node>], expected: &str) {
    writer.out.push('|');
    for field in fields {
        writer.out.push(' ');
        if let Some(cell) = field {
            let start = writer.out.len();
            inline::write(writer, &line(&cell.content), Place::Cell);
            let mut marker = Node::new(&*cell.kind);
            marker.attributes =
                attributes::of_valid_node(&cell.kind, &cell.attributes).unwrap_or_default();
            if cell.kind != expected || !marker.attributes.is_empty() {
                if writer.out.len() > start {
                    writer.out.push(' ');
                }
                inline::atom(&mut writer.out, &marker, Place::Cell);
            }
            if writer.out.len() > start {
                writer.out.push(' ');
            }
        }
        writer.out.push('|');
    }
    if fields.is_empty() {
        writer.out.push('|');
    }
}

/// The content of a cell in one line.
pub fn line<'a>(blocks: &'a [Node<'a>]) -> Cow<'a, [Node<'a>]> {
    match blocks {
        _ if blocks.iter().all(is_blank) => Cow::Borrowed(&[]),
        [paragraph] if paragraph.kind == "paragraph" && paragraph.marks.is_empty() => {
            Cow::Borrowed(&paragraph.content)
        }
        _ => {
            let mut nodes = Vec::new();
            flatten(blocks, 2, &mut nodes);
            Cow::Owned(nodes)
        }
    }
}

fn flatten<'a>(blocks: &'a [Node<'a>], breaks: usize, line: &mut Vec<Node<'a>>) {
    let mut first = true;
    for block in blocks.iter().filter(|block| !is_blank(block)) {
        if !std::mem::take(&mut first) {
            line.extend((0..breaks).map(|_| Node::new("hardBreak")));
        }
        match &*block.kind {
            "paragraph" => {
                line.extend(block.content.iter().cloned());
                if !block.marks.is_empty() {
                    let mut marker = Node::new("paragraph");
                    marker.marks.clone_from(&block.marks);
                    line.extend([Node::text(" "), marker]);
                }
            }
            "heading" => {
                line.extend(block.content.iter().cloned().map(|node| {
                    if node.is_text() { node.marked(Mark::new("strong")) } else { node }
                }))
            }
            "bulletList" | "orderedList" | "taskList" | "decisionList" => {
                for (at, item) in block.content.iter().enumerate() {
                    if at > 0 {
                        line.push(Node::new("hardBreak"));
                    }
                    line.push(Node::text(match (&*block.kind, item.attribute("state")) {
                        ("orderedList", _) => format!("{}. ", at + 1),
                        ("taskList", "DONE") => "[x] ".to_owned(),
                        ("taskList", _) => "[ ] ".to_owned(),
                        ("decisionList", _) => "Decision: ".to_owned(),
                        _ => "• ".to_owned(),
                    }));
                    if item.content.first().is_some_and(|first| first.kind == "text") {
                        line.extend(item.content.iter().cloned());
                    } else {
                        flatten(&item.content, 1, line);
                    }
                }
            }
            "codeBlock" => {
                let code: String = block.content.iter().map(|node| &*node.text).collect();
                for (at, text) in code.split('\n').enumerate() {
                    if at > 0 {
                        line.push(Node::new("hardBreak"));
                    }
                    line.push(Node::text(text.to_owned()).marked(Mark::new("code")));
                }
            }
            "blockquote" => {
                line.push(Node::text("> "));
                flatten(&block.content, breaks, line);
            }
            "rule" => line.push(Node::text("———")),
            "mediaSingle" | "mediaGroup" => flatten(&block.content, 1, line),
            // What else there is shows as a link that tells what it was, with its text after it.
            _ => {
                let mut shown = block.clone();
                shown.content.clear();
                line.push(shown);
                if !block.content.is_empty() {
                    line.push(Node::text(" "));
                    flatten(&block.content, breaks, line);
                }
            }
        }
    }
}

/// Which fields of a table are taken by cells that span several.
#[derive(Debug, Default)]
pub struct Grid {
    /// For each column, how many of the next rows a cell above reaches into.
    reaching: Vec<usize>,
}

impl Grid {
    /// The fields of the next row: its cells, and nothing where another cell reaches.
    fn fields<'n>(&mut self, cells: &'n [Node<'n>]) -> Vec<Option<&'n Node<'n>>> {
        let mut fields = Vec::with_capacity(cells.len());
        for cell in cells {
            while self.is_taken(fields.len()) {
                fields.push(None);
            }
            let before = fields.len();
            fields.push(Some(cell));
            fields.resize(before + self.place(before, &cell.attributes), None);
        }
        while self.is_taken(fields.len()) {
            fields.push(None);
        }
        fields
    }

    /// Whether a cell above reaches into this field; asked once for each field of a row.
    pub fn is_taken(&mut self, column: usize) -> bool {
        match self.reaching.get_mut(column) {
            Some(rows) if *rows > 0 => {
                *rows -= 1;
                true
            }
            _ => false,
        }
    }

    /// Notes where a cell reaches, and tells how many columns it takes.
    pub fn place(&mut self, column: usize, attributes: &Attributes) -> usize {
        let columns = span(attributes.get("colspan"));
        let rows = span(attributes.get("rowspan"));
        self.reaching.resize(self.reaching.len().max(column + columns), 0);
        self.reaching[column..column + columns].fill(rows - 1);
        columns
    }
}

fn span(value: Option<&Value>) -> usize {
    let span = value.and_then(Value::as_u64).and_then(|span| usize::try_from(span).ok());
    span.filter(|span| (1..=MAX_SPAN).contains(span)).unwrap_or(1)
}
