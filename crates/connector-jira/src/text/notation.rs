//! The notation for what Markdown lacks: an address of the scheme `jira:` that says which node it is
//! and what its attributes are. `jira:status?color=green` is the colour of a lozenge whose text is the
//! text of the link. A string stands as it is, `name=value`; any other value as JSON, `name:=value`.

use std::fmt::Write;

use serde_json::Value;

use super::attributes;
use super::node::{Attributes, Mark, Node};

const SCHEME: &str = "jira:";

/// The attribute that the visible text stands for.
fn label_attribute(kind: &str) -> Option<&'static str> {
    match kind {
        "mention" | "status" | "emoji" | "placeholder" | "inlineExtension" | "extension"
        | "bodiedExtension" => Some("text"),
        "expand" | "nestedExpand" => Some("title"),
        "media" | "mediaInline" => Some("alt"),
        _ => None,
    }
}

/// The visible text of a node and its address.
pub fn encode(node: &Node) -> (String, String) {
    let kind = &*node.kind;
    let shown = label_attribute(kind);
    let text = shown.map_or("", |name| node.attribute(name));
    let carried = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    let mut address = format!("{SCHEME}{kind}");
    let skipped = shown.filter(|_| carried);
    let mut parameters = Parameters::new(&mut address);
    parameters.all(&node.attributes, |name| Some(name) != skipped && !is_left_out(kind, name));
    if let Some(name) = shown.filter(|name| !carried && !node.attributes.contains_key(*name)) {
        parameters.one(name, &Value::from(""));
    }
    if !node.marks.is_empty() {
        let marks: Vec<_> = node.marks.iter().map(encode_mark).collect();
        parameters.one("marks", &Value::from(marks.join(" ")));
    }
    let label = if text.trim().is_empty() { fallback_label(node) } else { text.to_owned() };
    (label, address)
}

/// The same for a mark that text is put between.
pub fn encode_mark(mark: &Mark) -> String {
    let mut address = mark.kind.to_string();
    Parameters::new(&mut address).all(&mark.attributes, |_| true);
    address
}

/// What an address says, with `label` as the text of the link. Nothing where it is not of our
/// scheme, not known, or not valid: then it is a link like any other.
pub fn decode(address: &str, label: &str) -> Option<Node<'static>> {
    decode_with(address, label, &[])
}

/// The same where some attributes are known from elsewhere: the address of a card or a picture is
/// the one that the link leads to, and the notation is its title.
pub fn decode_with(address: &str, label: &str, given: &[(&str, &str)]) -> Option<Node<'static>> {
    let (kind, mut attributes) = split(address.strip_prefix(SCHEME)?)?;
    for (name, value) in given {
        // The data of a card say where it leads.
        if !attributes.contains_key("data") {
            attributes.insert((*name).to_owned(), (*value).into());
        }
    }
    let marks = match attributes.remove("marks") {
        Some(marks) => marks.as_str()?.split(' ').map(decode_mark).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    if let Some(name) = label_attribute(kind) {
        attributes.entry(name).or_insert_with(|| label.trim().into());
    }
    if kind == LINK {
        let mark = Mark {
            kind: "link".into(),
            attributes: attributes::of_valid_mark("link", &attributes)?,
        };
        return Some(Node::new(LINK).marked(mark));
    }
    Some(Node {
        kind: kind.to_owned().into(),
        attributes: attributes::of_valid_node(kind, &attributes)?,
        marks,
        ..Node::default()
    })
}

/// What the name and attributes of a mark say.
pub fn decode_mark(address: &str) -> Option<Mark<'static>> {
    let (kind, attributes) = split(address)?;
    let attributes = attributes::of_valid_mark(kind, &attributes)?;
    Some(Mark { kind: kind.to_owned().into(), attributes })
}

/// A link whose address would be read as notation, or that has attributes which Markdown cannot say.
pub const LINK: &str = "link";

/// What a node of this kind never shows: what the reader of the text knows from elsewhere.
fn is_left_out(kind: &str, name: &str) -> bool {
    match name {
        "localId" => !matches!(
            kind,
            "extension" | "bodiedExtension" | "inlineExtension" | "syncBlock" | "bodiedSyncBlock"
        ),
        "accessLevel" => kind == "mention",
        "level" => kind == "heading",
        _ => false,
    }
}

/// What to show of a node that has no text of its own.
pub fn fallback_label(node: &Node) -> String {
    let from = match &*node.kind {
        "mention" => return format!("@{}", node.attribute("id")),
        "date" => return date(node.attribute("timestamp")),
        "panel" => return format!("{} panel", node.attribute("panelType")),
        "emoji" => node.attribute("shortName"),
        "extension" | "bodiedExtension" | "inlineExtension" => node.attribute("extensionKey"),
        "media" | "mediaInline" => "attachment",
        "mediaGroup" => "attachments",
        "mediaSingle" => "figure",
        "layoutSection" => "columns",
        "layoutColumn" => "column",
        "nestedExpand" => "expand",
        "decisionItem" => "Decision",
        "tableHeader" => "header cell",
        "tableCell" => "cell",
        "inlineCard" | "blockCard" | "embedCard" => card_address(node).unwrap_or("card"),
        "paragraph" | "heading" | "codeBlock" if !node.marks.is_empty() => {
            let kinds: Vec<_> = node.marks.iter().map(|mark| &*mark.kind).collect();
            return kinds.join(", ");
        }
        kind => {
            // What is not known may still have something to say.
            let told = ["text", "title", "name"].map(|name| node.attribute(name).trim());
            match told.into_iter().find(|text| !text.is_empty()) {
                Some(text) => return format!("{kind}: {text}"),
                None => kind,
            }
        }
    };
    let label = from.trim();
    if label.is_empty() { node.kind.to_string() } else { label.to_owned() }
}

/// Where a card leads.
pub fn card_address<'a>(node: &'a Node) -> Option<&'a str> {
    let of_data = || node.attributes.get("data")?.get("url")?.as_str();
    node.attributes
        .get("url")
        .and_then(Value::as_str)
        .or_else(of_data)
        .filter(|url| !url.is_empty())
}

/// The day of a time in milliseconds since 1970, in UTC as Jira shows it; otherwise what was given.
pub fn date(milliseconds: &str) -> String {
    let day = || {
        let time = jiff::Timestamp::from_millisecond(milliseconds.parse().ok()?).ok()?;
        Some(time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
    };
    day().unwrap_or_else(|| milliseconds.to_owned())
}

struct Parameters<'a> {
    address: &'a mut String,
    separator: char,
}

impl<'a> Parameters<'a> {
    fn new(address: &'a mut String) -> Self {
        Self { address, separator: '?' }
    }

    /// Sorted, so that equal nodes look equal.
    fn all(&mut self, attributes: &Attributes, wanted: impl Fn(&str) -> bool) {
        let mut names: Vec<_> = attributes.keys().filter(|name| wanted(name)).collect();
        names.sort_unstable();
        for name in names {
            self.one(name, &attributes[name]);
        }
    }

    fn one(&mut self, name: &str, value: &Value) {
        self.address.push(self.separator);
        self.separator = '&';
        escape_into(self.address, name, b"");
        match value {
            Value::String(text) => {
                self.address.push('=');
                escape_into(self.address, text, b":");
            }
            other => {
                self.address.push_str(":=");
                escape_into(self.address, &other.to_string(), b":");
            }
        }
    }
}

fn split(address: &str) -> Option<(&str, Attributes)> {
    let (kind, query) = address.split_once('?').unwrap_or((address, ""));
    let mut attributes = Attributes::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=')?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, serde_json::from_str(&unescape(value)?).ok()?),
            None => (name, Value::from(unescape(value)?)),
        };
        attributes.insert(unescape(name)?, value);
    }
    Some((kind, attributes))
}

/// Percent-encodes all but what means nothing in addresses, Markdown, HTML and tables. A colon means
/// something in a name, where it says that JSON follows.
fn escape_into(out: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._/@,".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
