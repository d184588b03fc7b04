//! What the site says when it does not do what was asked.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::Reply;
use crate::jira::Deployment;
use crate::jira::world::Missing;

/// Messages, and messages about single fields.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    messages: Vec<String>,
    errors: Vec<(String, String)>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], errors: Vec::new() }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn all(messages: Vec<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, messages, errors: Vec::new() }
    }

    pub fn field(field: &str, message: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            messages: Vec::new(),
            errors: vec![(field.to_owned(), message.to_owned())],
        }
    }

    /// An issue that cannot be had. Cloud does not say why; Data Center does.
    pub fn missing(deployment: Deployment, missing: Missing, signed_in: bool) -> Self {
        let hidden = "You do not have the permission to see the specified issue.";
        match (deployment, missing) {
            (Deployment::Cloud, _) => Self::new(
                StatusCode::NOT_FOUND,
                "Issue does not exist or you do not have permission to see it.",
            ),
            (Deployment::DataCenter, Missing::Nowhere) => {
                Self::new(StatusCode::NOT_FOUND, "Issue Does Not Exist")
            }
            (Deployment::DataCenter, Missing::Hidden) if signed_in => {
                Self::new(StatusCode::FORBIDDEN, hidden)
            }
            (Deployment::DataCenter, Missing::Hidden) => Self {
                status: StatusCode::UNAUTHORIZED,
                messages: vec![hidden.to_owned(), "Login Required".to_owned()],
                errors: Vec::new(),
            },
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let errors: Map<String, Value> =
            refusal.errors.into_iter().map(|(field, text)| (field, Value::from(text))).collect();
        let body = json!({"errorMessages": refusal.messages, "errors": errors});
        Self::json(refusal.status, body.to_string())
    }
}

/// A page that a person would see.
pub(crate) fn page(status: StatusCode, title: &str, text: &str) -> Reply {
    let body = format!(
        "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{text}</h1></body></html>"
    );
    let mut reply = Reply::json(status, body);
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    reply
}

/// What Cloud says to those who must say who they are.
pub(crate) fn unauthenticated() -> Reply {
    let body = json!({
        "message": "Client must be authenticated to access this resource.",
        "status-code": 401,
    });
    Reply::json(StatusCode::UNAUTHORIZED, body.to_string())
}
