//! The API as the server sees it: a question's bytes in, an answer's bytes out.

use std::sync::Arc;

use bytes::Bytes;
use mainstem_model::{Clock, TokenId, TokenScope, Visibility};
use mainstem_read_model::ReadModel;
use mainstem_store::Store;

/// Who asks: what the server found behind the bearer token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token.
    pub token: TokenId,
    /// What it was made for.
    pub token_name: Arc<str>,
    /// What it allows.
    pub scope: TokenScope,
    /// The sources that it may see.
    pub visibility: Visibility,
}

/// One request, as far as GraphQL is concerned. The server has checked the method, the content type
/// and the size of the body.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The request's JSON: `{"query", "operationName", "variables", "extensions"}`.
    pub body: Bytes,
    /// Who asks.
    pub caller: &'a Caller,
    /// The `Accept` header; it decides between the two content types of GraphQL over HTTP.
    pub accept: Option<&'a str>,
    /// The `If-None-Match` header.
    pub if_none_match: Option<&'a str>,
    /// A position from an earlier answer's `extensions.position`: the answer shows at least that.
    pub min_position: Option<&'a str>,
    /// Names this request in the log and in an `INTERNAL` error.
    pub request_id: &'a str,
}

/// What to send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; 304 has no body.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// The `ETag` header, where the answer may be asked for again.
    pub etag: Option<Arc<str>>,
}

/// What the API may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// Bytes that kept answers may take; 0 keeps none.
    pub answer_cache_bytes: u64,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self { answer_cache_bytes: 32 * 1024 * 1024 }
    }
}

/// The embedded schema cannot be read: a mistake of this program's build.
#[derive(Debug, thiserror::Error)]
#[error("the embedded GraphQL schema is invalid: {0}")]
pub struct InvalidSchema(String);

/// The GraphQL API. One for each process; shared by every request.
pub struct Api {}

impl Api {
    /// The API over a store and its read model.
    ///
    /// # Errors
    /// [`InvalidSchema`], which no input can cause.
    pub fn new(
        store: Store,
        model: Arc<ReadModel>,
        clock: Arc<dyn Clock>,
        settings: ApiSettings,
    ) -> Result<Self, InvalidSchema> {
        todo!()
    }

    /// The schema as text, with descriptions.
    #[must_use]
    pub fn sdl() -> &'static str {
        todo!()
    }

    /// Answers a question. Never fails: what goes wrong is part of the answer.
    pub async fn answer(&self, question: Question<'_>) -> Answer {
        todo!()
    }
}
