//! HTTP as connectors use it: one request, one answer held in memory, no redirect followed, no
//! retry, no proxy of the environment. A trait, so that a test or a simulation can be the network.

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use url::Url;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET, POST, …
    pub method: Method,
    /// Absolute.
    pub url: Url,
    /// Headers; `authorization` is marked sensitive and never logged.
    pub headers: HeaderMap,
    /// Empty for GET.
    pub body: Bytes,
}

/// One answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed, at most [`MAX_BODY_BYTES`].
    pub body: Bytes,
}

/// The largest answer that is read, in bytes after decompression.
pub const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection: nothing reached the tool.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Whom we called.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The request may have reached the tool, but no whole answer came back.
    #[error("no whole answer from {host}: {reason}")]
    Interrupted {
        /// Whom we called.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The answer is larger than [`MAX_BODY_BYTES`].
    #[error("the answer of {host} is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge {
        /// Whom we called.
        host: String,
    },
}

/// The way out.
#[async_trait]
pub trait Http: Send + Sync + 'static {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// Where no whole answer came. An answer with an error status is an answer.
    async fn send(&self, request: Request) -> Result<Response, HttpError>;
}
