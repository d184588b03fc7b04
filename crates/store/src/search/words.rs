//! What a word is, for both databases: a run of letters and digits of any script, lower-cased,
//! at most [`WORD_CHARACTERS`] long. Everything else only separates words, so no text can reach
//! a database's own query language.

use std::collections::BTreeSet;

use crate::StoreError;

/// A longer word is cut: 64 digits of a hash still count whole, and PostgreSQL takes 2,046 bytes.
const WORD_CHARACTERS: usize = 64;

/// Of one task's text just so many bytes are read.
const TEXT_BYTES: usize = 256 * 1024;

/// Limits of a question.
const QUESTION_CHARACTERS: usize = 1024;
const QUESTION_WORDS: usize = 32;

/// A text in lower case, character by character, whatever stands around each.
fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The words of a text in lower case, in its order.
fn words_of(lower: &str) -> impl Iterator<Item = &str> {
    lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(
        |word| match word.char_indices().nth(WORD_CHARACTERS) {
            Some((end, _)) => &word[..end],
            None => word,
        },
    )
}

/// The words under which a task is found, each once, parted by spaces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TaskWords {
    /// Of key, title and labels.
    pub head: String,
    /// Of the body, where the head does not have them.
    pub body: String,
}

impl TaskWords {
    pub fn of<'a>(head: impl IntoIterator<Item = &'a str>, body: &str) -> Self {
        let head: String = head.into_iter().flat_map(|part| [part, " "]).collect();
        let head = bounded(&head, TEXT_BYTES);
        let body = bounded(body, TEXT_BYTES - head.len());
        let (head, body) = (lower(head), lower(body));
        let head: BTreeSet<&str> = words_of(&head).collect();
        let mut body: Vec<&str> = words_of(&body).filter(|word| !head.contains(word)).collect();
        body.sort_unstable();
        body.dedup();
        Self { head: Vec::from_iter(head).join(" "), body: body.join(" ") }
    }
}

/// As many whole characters of the beginning as `bytes` hold.
fn bounded(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// A question: every word must be there, the last one as the beginning of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    whole: Vec<String>,
    beginning: String,
}

impl Question {
    /// `None` where the text holds no word, and so asks for nothing.
    pub fn read(text: &str) -> Result<Option<Self>, StoreError> {
        let characters = text.chars().take(QUESTION_CHARACTERS + 1).count();
        if characters > QUESTION_CHARACTERS {
            return Err(StoreError::Invalid(format!(
                "a search text has at most {QUESTION_CHARACTERS} characters"
            )));
        }
        let mut whole: Vec<String> = words_of(&lower(text)).map(str::to_owned).collect();
        if whole.len() > QUESTION_WORDS {
            return Err(StoreError::Invalid(format!(
                "a search text has at most {QUESTION_WORDS} words"
            )));
        }
        Ok(whole.pop().map(|beginning| Self { whole, beginning }))
    }

    /// In the language of FTS5. Words hold letters and digits only, so quotes need no escape.
    pub fn fts5(&self) -> String {
        let mut text: String = self.whole.iter().map(|word| format!("\"{word}\" AND ")).collect();
        text.push_str(&format!("\"{}\"*", self.beginning));
        text
    }

    /// The same, for key, title and labels alone.
    pub fn fts5_head(&self) -> String {
        format!("head : ({})", self.fts5())
    }

    /// In the language of PostgreSQL's `tsquery`.
    pub fn tsquery(&self) -> String {
        let mut text: String = self.whole.iter().map(|word| format!("'{word}' & ")).collect();
        text.push_str(&format!("'{}':*", self.beginning));
        text
    }
}
