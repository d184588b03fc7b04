//! Answers and refusals, before the desk adds what every answer carries.

use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use serde_json::json;

use crate::world::RelationError;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, JSON);
        Self { status, headers, body: body.into() }
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        // A value that is no header value cannot be sent; nothing here builds one.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub fn with_etag(self, etag: &str) -> Self {
        self.with(ETAG, etag)
    }

    pub fn with_link(self, link: Option<String>) -> Self {
        match link {
            Some(link) => self.with(LINK, &link),
            None => self,
        }
    }
}

/// Why a request is not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    NotFound,
    Gone,
    /// What was asked for answers elsewhere.
    Moved(StatusCode, String),
    BadJson,
    PagesTooDeep,
    MediaType,
    /// A field is missing or wrong: resource, field, code.
    Invalid(&'static str, &'static str, &'static str),
    Relation(RelationError),
    Unauthorized(&'static str),
    /// Only an App may ask this, or only somebody signed in.
    Forbidden(&'static str),
}

impl From<RelationError> for Refusal {
    fn from(error: RelationError) -> Self {
        match error {
            RelationError::NotRelated => Self::NotFound,
            _ => Self::Relation(error),
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => error(StatusCode::NOT_FOUND, "Not Found"),
            Refusal::Gone => error(StatusCode::GONE, "This issue was deleted"),
            Refusal::Moved(status, url) => {
                let body = json!({
                    "message": "Moved Permanently",
                    "url": url,
                    "documentation_url": format!("{DOCUMENTATION}/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"),
                });
                Self::json(status, body.to_string()).with(LOCATION, &url)
            }
            Refusal::PagesTooDeep => error(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Pagination with the page parameter is not supported for large datasets, please use cursor based pagination (after/before)",
            ),
            Refusal::BadJson => error(StatusCode::BAD_REQUEST, "Problems parsing JSON"),
            Refusal::MediaType => error(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Unsupported 'Accept' header. Must accept 'application/json'.",
            ),
            Refusal::Invalid(resource, field, code) => {
                let body = json!({
                    "message": "Validation Failed",
                    "errors": [{"resource": resource, "field": field, "code": code}],
                    "documentation_url": DOCUMENTATION,
                    "status": "422",
                });
                Self::json(StatusCode::UNPROCESSABLE_ENTITY, body.to_string())
            }
            Refusal::Relation(relation) => {
                error(StatusCode::UNPROCESSABLE_ENTITY, &relation.to_string())
            }
            Refusal::Unauthorized(message) => error(StatusCode::UNAUTHORIZED, message),
            Refusal::Forbidden(message) => error(StatusCode::FORBIDDEN, message),
        }
    }
}

/// `basic-error`.
pub(crate) fn error(status: StatusCode, message: &str) -> Reply {
    let body =
        json!({"message": message, "documentation_url": DOCUMENTATION, "status": status.as_str()});
    Reply::json(status, body.to_string())
}
