//! Texts, and the two ways in which Jira tells them: as a document (version 3 of the interface) or in
//! wiki markup (version 2).

use std::fmt::Write;

use serde_json::Value;

use crate::jira::generate::text as generated;
use crate::jira::world::{IssueName, UserKey, World};

/// A text as written by someone, or one that the seed decides and that is made when asked for.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Empty,
    /// A description, written when the issue still had this name.
    Description(u64, IssueName),
    /// A comment, likewise.
    Comment(u64, IssueName),
    /// A sentence.
    Note(u64),
    /// Written in wiki markup.
    Wiki(Box<str>),
    /// Written as a document, kept as it came.
    Document(Box<str>),
}

impl Text {
    /// From wiki markup; an empty text is none.
    pub fn wiki(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Wiki(text.into()) }
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(&'static str),
    Paragraph(Vec<Inline>),
    Bullets(Vec<Vec<Inline>>),
    Numbers(Vec<Vec<Inline>>),
    Code(String),
    Warning(Vec<Inline>),
    Table(Vec<[String; 2]>),
}

/// A part of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inline {
    Text(String),
    Strong(String),
    Code(String),
    Mention(UserKey),
    Link(String, String),
    Break,
}

/// The text in wiki markup; `None` where there is none.
pub(crate) fn wiki(world: &World, text: &Text) -> Option<String> {
    match text {
        Text::Empty => None,
        Text::Wiki(markup) => Some(markup.as_ref().to_owned()),
        Text::Document(document) => Some(plain(document)),
        seeded => Some(wiki_of(world, &generated::blocks(world, seeded))),
    }
}

/// The text as a document, in JSON; `None` where there is none.
pub(crate) fn document(world: &World, text: &Text) -> Option<String> {
    match text {
        Text::Empty => None,
        Text::Document(document) => Some(document.as_ref().to_owned()),
        Text::Wiki(markup) => Some(document_of(world, &paragraphs(markup))),
        seeded => Some(document_of(world, &generated::blocks(world, seeded))),
    }
}

/// Paragraphs and line breaks of a markup; whatever else it says stays as it stands. (Jira itself reads
/// the markup; nothing here writes any that would need it.)
fn paragraphs(markup: &str) -> Vec<Block> {
    markup
        .split("\n\n")
        .map(|paragraph| {
            let mut inlines = Vec::new();
            for line in paragraph.lines() {
                if !inlines.is_empty() {
                    inlines.push(Inline::Break);
                }
                inlines.push(Inline::Text(line.to_owned()));
            }
            Block::Paragraph(inlines)
        })
        .collect()
}

/// The words of a document that somebody wrote, a line for each of its blocks.
fn plain(document: &str) -> String {
    fn collect(node: &Value, into: &mut String) {
        match node["type"].as_str() {
            Some("text") => into.push_str(node["text"].as_str().unwrap_or_default()),
            Some("hardBreak") => into.push('\n'),
            Some("mention") => into.push_str(node["attrs"]["text"].as_str().unwrap_or_default()),
            _ => {}
        }
        for child in node["content"].as_array().into_iter().flatten() {
            collect(child, into);
        }
        if matches!(node["type"].as_str(), Some("paragraph" | "heading" | "codeBlock")) {
            into.push('\n');
        }
    }
    let mut words = String::new();
    collect(&serde_json::from_str(document).unwrap_or(Value::Null), &mut words);
    words.trim_end().to_owned()
}

// Writing to a String cannot fail.
fn wiki_of(world: &World, blocks: &[Block]) -> String {
    let mut markup = String::with_capacity(600);
    for block in blocks {
        if !markup.is_empty() {
            markup.push_str("\n\n");
        }
        match block {
            Block::Heading(text) => {
                let _ = write!(markup, "h3. {text}");
            }
            Block::Paragraph(inlines) => wiki_inlines(world, inlines, &mut markup),
            Block::Bullets(items) => wiki_list(world, '*', items, &mut markup),
            Block::Numbers(items) => wiki_list(world, '#', items, &mut markup),
            Block::Code(text) => {
                let _ = write!(markup, "{{noformat}}\n{text}\n{{noformat}}");
            }
            Block::Warning(inlines) => {
                markup.push_str("{warning}");
                wiki_inlines(world, inlines, &mut markup);
                markup.push_str("{warning}");
            }
            Block::Table(rows) => {
                for (place, [first, second]) in rows.iter().enumerate() {
                    let _ = if place == 0 {
                        write!(markup, "||{first}||{second}||")
                    } else {
                        write!(markup, "\n|{first}|{second}|")
                    };
                }
            }
        }
    }
    markup
}

fn wiki_list(world: &World, bullet: char, items: &[Vec<Inline>], markup: &mut String) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            markup.push('\n');
        }
        markup.push(bullet);
        markup.push(' ');
        wiki_inlines(world, item, markup);
    }
}

fn wiki_inlines(world: &World, inlines: &[Inline], markup: &mut String) {
    for inline in inlines {
        let _ = match inline {
            Inline::Text(text) => write!(markup, "{text}"),
            Inline::Strong(text) => write!(markup, "*{text}*"),
            Inline::Code(text) => write!(markup, "{{{{{text}}}}}"),
            Inline::Mention(user) => write!(markup, "[~{}]", world.mention_name(*user)),
            Inline::Link(text, url) => write!(markup, "[{text}|{url}]"),
            Inline::Break => writeln!(markup),
        };
    }
}

fn document_of(world: &World, blocks: &[Block]) -> String {
    let mut json = String::with_capacity(1_500);
    json.push_str(r#"{"type":"doc","version":1,"content":["#);
    for (place, block) in blocks.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        match block {
            Block::Heading(text) => {
                json.push_str(r#"{"type":"heading","attrs":{"level":3},"content":["#);
                text_node(text, "", &mut json);
                json.push_str("]}");
            }
            Block::Paragraph(inlines) => paragraph_node(world, inlines, &mut json),
            Block::Bullets(items) => list_node(world, "bulletList", items, &mut json),
            Block::Numbers(items) => list_node(world, "orderedList", items, &mut json),
            Block::Code(text) => {
                json.push_str(r#"{"type":"codeBlock","attrs":{},"content":["#);
                text_node(text, "", &mut json);
                json.push_str("]}");
            }
            Block::Warning(inlines) => {
                json.push_str(r#"{"type":"panel","attrs":{"panelType":"warning"},"content":["#);
                paragraph_node(world, inlines, &mut json);
                json.push_str("]}");
            }
            Block::Table(rows) => table_node(rows, &mut json),
        }
    }
    json.push_str("]}");
    json
}

fn list_node(world: &World, kind: &str, items: &[Vec<Inline>], json: &mut String) {
    let attributes = if kind == "orderedList" { r#""attrs":{"order":1},"# } else { "" };
    let _ = write!(json, r#"{{"type":"{kind}",{attributes}"content":["#);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push_str(r#"{"type":"listItem","content":["#);
        paragraph_node(world, item, json);
        json.push_str("]}");
    }
    json.push_str("]}");
}

fn table_node(rows: &[[String; 2]], json: &mut String) {
    json.push_str(
        r#"{"type":"table","attrs":{"isNumberColumnEnabled":false,"layout":"default"},"content":["#,
    );
    for (place, cells) in rows.iter().enumerate() {
        let kind = if place == 0 { "tableHeader" } else { "tableCell" };
        json.push_str(if place == 0 { "" } else { "," });
        json.push_str(r#"{"type":"tableRow","content":["#);
        for (column, cell) in cells.iter().enumerate() {
            json.push_str(if column == 0 { "" } else { "," });
            let _ = write!(json, r#"{{"type":"{kind}","attrs":{{}},"content":["#);
            json.push_str(r#"{"type":"paragraph","content":["#);
            text_node(cell, "", json);
            json.push_str("]}]}");
        }
        json.push_str("]}");
    }
    json.push_str("]}");
}

fn paragraph_node(world: &World, inlines: &[Inline], json: &mut String) {
    json.push_str(r#"{"type":"paragraph","content":["#);
    let mut first = true;
    for inline in inlines {
        // A text node without text is no valid document.
        if matches!(inline, Inline::Text(text) if text.is_empty()) {
            continue;
        }
        if !std::mem::take(&mut first) {
            json.push(',');
        }
        match inline {
            Inline::Text(text) => text_node(text, "", json),
            Inline::Strong(text) => text_node(text, r#""marks":[{"type":"strong"}],"#, json),
            Inline::Code(text) => text_node(text, r#""marks":[{"type":"code"}],"#, json),
            Inline::Mention(user) => {
                let id = world.public_id(*user);
                let name = quoted(&format!("@{}", world[*user].display_name));
                let _ = write!(
                    json,
                    r#"{{"type":"mention","attrs":{{"id":"{id}","text":{name},"accessLevel":""}}}}"#
                );
            }
            Inline::Link(text, url) => {
                let url = quoted(url);
                let mark = format!(r#""marks":[{{"type":"link","attrs":{{"href":{url}}}}}],"#);
                text_node(text, &mark, json);
            }
            Inline::Break => json.push_str(r#"{"type":"hardBreak"}"#),
        }
    }
    json.push_str("]}");
}

fn text_node(text: &str, marks: &str, json: &mut String) {
    let text = quoted(text);
    let _ = write!(json, r#"{{"type":"text",{marks}"text":{text}}}"#);
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
