//! Requests that are not answered, and why: GraphQL-shaped, so that every client can read them.

use std::any::Any;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use serde_json::json;

/// A request that is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no token.
    NoToken,
    /// There is one, but it is not, or no longer, valid.
    BadToken,
    /// The token stands in the URL.
    TokenInUrl,
    /// Too many wrong tokens or signatures came from this address.
    TooManyAttempts,
    /// The token does not reach that far.
    Forbidden,
    /// A webhook's delivery is not signed as its source's are, or there is no such source.
    BadSignature,
    /// A webhook's delivery is the tool's and cannot be read.
    BadDelivery,
    /// Too many deliveries at once, or the secret to check them with is missing here.
    CannotHear,
    /// The method is not POST.
    NotPost,
    /// The body is not JSON, or is compressed.
    NotJson,
    /// The body is larger than [`super::body::LARGEST`].
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// The body did not come whole.
    Cut,
    /// The answer took too long.
    TimedOut,
    /// The read model is being loaded, or the program is stopping.
    NotReady,
    /// The database does not answer.
    DatabaseFailed,
    /// There is nothing here.
    NotFound,
    /// A mistake of this program.
    Panicked,
}

impl Refusal {
    const fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken | Self::BadSignature => StatusCode::UNAUTHORIZED,
            Self::TokenInUrl | Self::Cut | Self::BadDelivery => StatusCode::BAD_REQUEST,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TimedOut | Self::NotReady | Self::DatabaseFailed | Self::CannotHear => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code that a script compares, and one sentence that says what to do.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoToken => (
                "UNAUTHENTICATED",
                "send a token in the header `Authorization: Bearer TOKEN`; `mainstem token create` makes one",
            ),
            Self::BadToken => (
                "UNAUTHENTICATED",
                "this token is not valid, or no longer; `mainstem token create` makes another",
            ),
            Self::TokenInUrl => (
                "UNAUTHENTICATED",
                "a token in a URL ends up in logs: revoke it, and send another in the header `Authorization: Bearer TOKEN`",
            ),
            Self::TooManyAttempts => (
                "RATE_LIMITED",
                "too many wrong tokens or signatures came from this address; try again in a minute",
            ),
            Self::Forbidden => {
                ("FORBIDDEN", "this token is limited to some sources; this needs one that is not")
            }
            Self::BadSignature => (
                "UNAUTHENTICATED",
                "this is not signed with the secret of a source of this name that has a webhook",
            ),
            Self::BadDelivery => {
                ("BAD_USER_INPUT", "this is not what the tool's webhooks look like")
            }
            Self::CannotHear => {
                ("SOURCE_UNAVAILABLE", "this cannot be taken now; send it again in a moment")
            }
            Self::NotPost => ("BAD_USER_INPUT", "send this by POST"),
            Self::NotJson => (
                "BAD_USER_INPUT",
                "send this as `Content-Type: application/json`, uncompressed and in UTF-8",
            ),
            Self::TooLarge => ("BAD_USER_INPUT", "the body is larger than 1 MiB"),
            Self::TooSlow => ("BAD_USER_INPUT", "the body did not arrive within 10 seconds"),
            Self::Cut => ("BAD_USER_INPUT", "the body did not arrive whole"),
            Self::TimedOut => {
                ("QUERY_TOO_COSTLY", "the answer took longer than 10 seconds; ask for less")
            }
            Self::NotReady => {
                ("SOURCE_UNAVAILABLE", "the program is starting or stopping; try again in a moment")
            }
            Self::DatabaseFailed => {
                ("INTERNAL", "the database does not answer; try again in a moment")
            }
            Self::NotFound => ("NOT_FOUND", "there is nothing here; the API is at /graphql"),
            Self::Panicked => ("INTERNAL", "this is a mistake of the program; its log says more"),
        }
    }

    /// The header that belongs to this refusal beside the usual ones.
    const fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::NoToken | Self::TokenInUrl => {
                Some((header::WWW_AUTHENTICATE, "Bearer realm=\"mainstem\""))
            }
            Self::BadToken => Some((
                header::WWW_AUTHENTICATE,
                "Bearer realm=\"mainstem\", error=\"invalid_token\"",
            )),
            Self::TooManyAttempts => Some((header::RETRY_AFTER, "60")),
            Self::NotPost => Some((header::ALLOW, "POST")),
            Self::NotJson => Some((header::ACCEPT, "application/json")),
            Self::NotReady | Self::DatabaseFailed | Self::CannotHear => {
                Some((header::RETRY_AFTER, "1"))
            }
            // What is left of the body is not read, so nothing can follow it.
            Self::TooLarge | Self::TooSlow | Self::Cut => Some((header::CONNECTION, "close")),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let (code, message) = self.words();
        let mut response = refused(self.status(), code, message);
        let headers = response.headers_mut();
        if let Some((name, value)) = self.header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The answer to a request whose parameters have to be changed as this says.
pub(super) fn bad_input(message: &str) -> Response<Body> {
    refused(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = json!({"errors": [{"message": message, "extensions": {"code": code}}]});
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) async fn not_found() -> Refusal {
    Refusal::NotFound
}

pub(super) async fn method_not_allowed() -> impl IntoResponse {
    let body = Bytes::from_static(
        b"{\"errors\":[{\"message\":\"read this with GET\",\"extensions\":{\"code\":\"BAD_USER_INPUT\"}}]}",
    );
    let kind = [(header::CONTENT_TYPE, "application/json"), (header::ALLOW, "GET, HEAD")];
    (StatusCode::METHOD_NOT_ALLOWED, kind, body)
}

/// The panic itself has been logged where it happened.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    Refusal::Panicked.into_response()
}
