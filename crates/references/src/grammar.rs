//! What names a task, by the grammar of each tool.

pub mod address;
mod github;
mod jira;
mod mail;

use std::ops::Range;

use crate::Site;

pub use jira::is_key;

/// The tools whose names of tasks are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `#7` and `GH-7` (in its own repository), `acme/api#7`, `https://github.com/acme/api/issues/7`.
    GitHub,
    /// `ENG-42`, `https://acme.atlassian.net/browse/ENG-42`.
    Jira,
    /// `support:1f0e5a77b2`: the name of a mailbox and the first ten digits of a thread's id.
    Email,
}

/// The task that is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The tool by whose grammar it is named.
    pub tool: Tool,
    /// The host that the words name: that of an address, or the text's own for `#7`. `None` where
    /// they name none, as `ENG-42` and `acme/api#7` do; the text's own site comes first then.
    pub host: Option<String>,
    /// The key of the project: `acme/api`, `ENG`, or the name of the mailbox. Of what is only like a
    /// key of Jira (`UTF-8`) no project of that name exists.
    pub project: String,
    /// The key of the task: `acme/api#7`, `ENG-42`, `support:1f0e5a77b2`. Keys of Jira are in upper
    /// case; the others as they were written, which GitHub does not tell apart by case.
    pub key: String,
}

/// Something that names a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What it names.
    pub target: Target,
}

/// Finds all that names a task in plain words, in one pass: whole addresses and whole chunks, a chunk
/// being what stands between blanks, brackets and quotation marks. So nothing within a path, a name of a
/// file or an identifier counts.
#[must_use]
pub fn find(text: &str, site: &Site<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c| !is_delimiter(c)).map(|offset| at + offset) {
        if let Some(length) = address::length(&text[start..]) {
            at = start + length;
            found.extend(
                address::target(&text[start..at]).map(|target| Found { at: start..at, target }),
            );
        } else {
            at = text[start..].find(is_delimiter).map_or(text.len(), |length| start + length);
            chunk(&text[start..at], start, site, &mut found);
        }
    }
    found
}

/// What parts one chunk from the next. Scripts that are written without blanks part it, too.
fn is_delimiter(c: char) -> bool {
    match c {
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '\'' | '`' | ',' | ';' | '|'
        | '*' | '~' | '!' | '?' => true,
        _ if c.is_ascii() => c.is_ascii_whitespace() || c.is_ascii_control(),
        _ => c >= '\u{2e80}' || !c.is_alphanumeric(),
    }
}

/// Reads a chunk: a name, names joined by strokes, or names after a label (`Jira:ENG-42`).
fn chunk(chunk: &str, start: usize, site: &Site<'_>, found: &mut Vec<Found>) {
    let trimmed = chunk.trim_end_matches(['.', ':', '-', '_']);
    if !trimmed.bytes().any(|byte| byte.is_ascii_digit()) {
        return;
    }
    if let Some(target) = name(trimmed, site) {
        found.push(Found { at: start..start + trimmed.len(), target });
        return;
    }
    let before = found.len();
    let mut at = start;
    for part in trimmed.split_inclusive(['/', '+', '&', ':', '=']) {
        let bare = part.trim_end_matches(['/', '+', '&', ':', '=']);
        match name(bare, site) {
            Some(target) => found.push(Found { at: at..at + bare.len(), target }),
            // A label comes first, and ends in a colon or, as in a trailer, an equals sign.
            None if at == start && part.ends_with([':', '=']) && is_label(bare) => {}
            None => {
                found.truncate(before);
                return;
            }
        }
        at += part.len();
    }
}

fn is_label(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

/// What a whole word names.
#[must_use]
pub fn name(word: &str, site: &Site<'_>) -> Option<Target> {
    github::name(word, site).or_else(|| jira::name(word)).or_else(|| mail::name(word))
}

/// Whether these are the digits of a number as tools count: from 1, without leading zeros.
fn is_number(digits: &str) -> bool {
    (1..=9).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
