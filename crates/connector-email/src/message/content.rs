//! What a message holds: its text as Markdown, its attachments by name, its calendar entries.

use std::collections::HashMap;

use super::Unreadable;
use super::decode;
use super::fold::folded;
use super::header::Header;
use super::html::markdown;
use super::structure::{Part, parts};
use super::words::{inert, one_line, shortened};
use crate::calendar::{self, Entry};

/// The longest text that is kept; what comes behind is cut off and said to be.
const MOST_TEXT_BYTES: usize = 64 * 1024;
/// How much of a text is searched for what repeats earlier mail.
const MOST_FOLDED_BYTES: usize = 4 * MOST_TEXT_BYTES;
/// How much encoded text of one message is looked at.
const MOST_READ_BYTES: usize = 1024 * 1024;
/// How many attachments are listed by name.
const MOST_LISTED: usize = 50;
/// How long a name may be.
const MOST_NAME_CHARACTERS: usize = 120;

/// A part that is listed and never opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    /// `application/pdf` and the like.
    pub kind: String,
    pub bytes: u64,
}

/// What a message holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Markdown, what it repeats and signatures folded away.
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub calendar: Vec<Entry>,
}

impl Content {
    /// Reads what follows a header.
    ///
    /// # Errors
    /// Where the message has too many parts, or too deep ones.
    pub fn read(header: &Header<'_>, body: &[u8]) -> Result<Self, Unreadable> {
        let parts = parts(header, body)?;
        let roles: Vec<Role> = parts.iter().map(role).collect();
        let chosen = chosen(&parts, &roles);
        let mut content = Self::default();
        let mut texts: Vec<String> = Vec::new();
        let mut budget = MOST_READ_BYTES;
        for (at, (part, role)) in parts.iter().zip(&roles).enumerate() {
            let spare =
                part.alternative.and_then(|list| chosen.get(&list)).is_some_and(|best| *best != at);
            if *role == Role::Attachment {
                content.attachments.push(attachment(part));
                continue;
            }
            if budget == 0 || (spare && *role != Role::Calendar) {
                continue;
            }
            let text = decode::text(part, budget);
            budget = budget.saturating_sub(part.body.len());
            match role {
                Role::Plain => texts.push(inert(&text)),
                Role::Html => texts.push(markdown(&text)),
                Role::Calendar | Role::Attachment => {
                    content.calendar.extend(calendar::entries(&text))
                }
            }
        }
        texts.retain(|text| !text.trim().is_empty());
        content.text = cut(folded(start(&texts.join("\n\n"), MOST_FOLDED_BYTES)));
        Ok(content)
    }

    /// The text, and below it what was attached.
    pub fn body(&self) -> String {
        let mut body = self.text.clone();
        if self.attachments.is_empty() {
            return body;
        }
        if !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str("Attachments, not opened:\n");
        for attachment in self.attachments.iter().take(MOST_LISTED) {
            let name = inert(&attachment.name).replace('*', "\\*").replace('`', "\\`");
            body.push_str(&format!("\n- {name} ({}, {})", attachment.kind, size(attachment.bytes)));
        }
        if let Some(more) = self.attachments.len().checked_sub(MOST_LISTED).filter(|more| *more > 0)
        {
            body.push_str(&format!("\n- and {more} more"));
        }
        body
    }
}

/// What becomes of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Html,
    Calendar,
    Attachment,
}

fn role(part: &Part<'_>) -> Role {
    let disposition = part.header.parametrised("content-disposition").unwrap_or_default();
    let named = disposition.parameter("filename").or(part.kind.parameter("name")).is_some();
    let kind = part.kind.value.as_str();
    match kind {
        "text/calendar" | "application/ics" => Role::Calendar,
        _ if disposition.value == "attachment" || named => Role::Attachment,
        "text/html" | "application/xhtml+xml" => Role::Html,
        "text/plain" | "text" | "text/enriched" | "text/markdown" | "text/x-patch"
        | "text/x-diff" => Role::Plain,
        // What a bounce says of itself.
        "message/delivery-status" | "message/disposition-notification" => Role::Plain,
        _ => Role::Attachment,
    }
}

/// Of each list of alternatives the one that is shown: plain text before HTML, the first of a kind
/// before the next, and none that is empty.
fn chosen(parts: &[Part<'_>], roles: &[Role]) -> HashMap<usize, usize> {
    let mut chosen = HashMap::new();
    for wanted in [Role::Plain, Role::Html] {
        for (at, part) in parts.iter().enumerate() {
            if let Some(list) = part.alternative
                && roles[at] == wanted
                && !part.body.trim_ascii().is_empty()
            {
                chosen.entry(list).or_insert(at);
            }
        }
    }
    chosen
}

fn attachment(part: &Part<'_>) -> Attachment {
    let disposition = part.header.parametrised("content-disposition").unwrap_or_default();
    let given =
        disposition.parameter("filename").or(part.kind.parameter("name")).unwrap_or_default();
    // Some programs encode the name as they encode a subject.
    let field = format!("Name: {}\r\n\r\n", one_line(given));
    let name = Header::split(field.as_bytes())
        .ok()
        .and_then(|(header, _)| header.text("name"))
        .unwrap_or_default();
    // A name, never a path.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().trim_matches('.');
    Attachment {
        name: if name.is_empty() {
            "without a name".to_owned()
        } else {
            shortened(name, MOST_NAME_CHARACTERS)
        },
        kind: shortened(&inert(&one_line(&part.kind.value)), MOST_NAME_CHARACTERS),
        bytes: decode::size(part),
    }
}

/// A size as people read it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// At most so many bytes from the start, in whole characters.
fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn cut(mut text: String) -> String {
    if text.len() > MOST_TEXT_BYTES {
        text.truncate(start(&text, MOST_TEXT_BYTES).len());
        text.push_str("\n\n[… the rest is not shown …]");
    }
    text
}
