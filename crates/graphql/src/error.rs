//! What goes wrong, as callers see it: one of nine codes, a sentence, and a place.

use serde_json::{Map, Value, json};

/// The codes in `extensions.code`; every error carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No valid token.
    Unauthenticated,
    /// The token does not allow this.
    Forbidden,
    /// There is no such thing, or none that the caller may see.
    NotFound,
    /// The question has to be changed.
    BadUserInput,
    /// It contradicts what is there.
    Conflict,
    /// Too many questions; ask again later.
    RateLimited,
    /// The question is too large.
    QueryTooCostly,
    /// What is asked for cannot be had at the moment.
    SourceUnavailable,
    /// A fault of this hub; the log has the reason under the same request id.
    Internal,
}

impl Code {
    /// The word in `extensions.code`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryTooCostly => "QUERY_TOO_COSTLY",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status of an answer that has no data because of this.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::BadUserInput | Self::QueryTooCostly => 400,
            Self::Conflict => 409,
            Self::RateLimited => 429,
            Self::SourceUnavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// One error of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    code: Code,
    message: String,
    /// Response keys and list indices, innermost first.
    path: Vec<Value>,
    locations: Vec<Value>,
    extensions: Map<String, Value>,
}

impl Problem {
    /// An error with a message that callers may read.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: Vec::new(),
            locations: Vec::new(),
            extensions: Map::new(),
        }
    }

    /// The question has to be changed.
    #[must_use]
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// A fault of this hub. The reason goes to the log, never to the caller.
    #[must_use]
    pub fn internal(reason: &dyn std::fmt::Display, request_id: &str) -> Self {
        tracing::error!(request_id, %reason, "a GraphQL request failed");
        Self::new(
            Code::Internal,
            format!("Something went wrong here; the log has it as request {request_id}."),
        )
        .with("requestId", request_id)
    }

    /// The same error with one more extension.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// The same error one step further out: under a response key or a list index.
    #[must_use]
    pub fn at(mut self, step: impl Into<Value>) -> Self {
        self.path.push(step.into());
        self
    }

    /// The same error with a place in the document, counted from 1.
    #[must_use]
    pub fn located(mut self, line: usize, column: usize) -> Self {
        self.locations.push(json!({ "line": line, "column": column }));
        self
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The error as it stands in an answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut extensions = self.extensions.clone();
        extensions.insert("code".to_owned(), self.code.as_str().into());
        let mut error = Map::new();
        error.insert("message".to_owned(), self.message.clone().into());
        if !self.locations.is_empty() {
            error.insert("locations".to_owned(), self.locations.clone().into());
        }
        if !self.path.is_empty() {
            error.insert("path".to_owned(), self.path.iter().rev().cloned().collect());
        }
        error.insert("extensions".to_owned(), extensions.into());
        error.into()
    }
}
