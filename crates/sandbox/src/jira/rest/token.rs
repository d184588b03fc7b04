//! Tokens that name the next page. They say what the last page ended with, for which query, and when.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mainstem_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::generate::mix;
use crate::jira::answer::Refusal;
use crate::jira::jql::SortValue;

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Token {
    query: u64,
    issued: i64,
    pub after: Vec<After>,
}

/// One of the values that the last page ended with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum After {
    Number(i64),
    Key(String, u32),
}

impl From<SortValue> for After {
    fn from(value: SortValue) -> Self {
        match value {
            SortValue::Number(number) => Self::Number(number),
            SortValue::Key(project, number) => Self::Key(project, number),
        }
    }
}

impl From<After> for SortValue {
    fn from(after: After) -> Self {
        match after {
            After::Number(number) => Self::Number(number),
            After::Key(project, number) => Self::Key(project, number),
        }
    }
}

impl Token {
    pub fn new(query: &str, after: Vec<After>, now: Timestamp) -> Self {
        Self { query: digest(query), issued: now.seconds(), after }
    }

    pub fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a token that was given out for this query and is still good.
    ///
    /// # Errors
    /// Where it is not.
    pub fn read(text: &str, query: &str, now: Timestamp, life: i64) -> Result<Self, Refusal> {
        let token: Option<Self> =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let invalid = || Refusal::bad("The provided next page token is invalid or has expired.");
        let token = token.ok_or_else(invalid)?;
        let fresh = now.seconds() - token.issued < life;
        if token.query == digest(query) && fresh { Ok(token) } else { Err(invalid()) }
    }
}

fn digest(text: &str) -> u64 {
    text.trim().bytes().fold(0x6a71_6c00, |sum, byte| mix(sum ^ u64::from(byte)))
}
