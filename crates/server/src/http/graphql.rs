//! `POST /graphql`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use mainstem_graphql::{Answer, Question};
use tokio::time::timeout;

use super::{Peer, Refusal, Site, body};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The position that an answer must have reached, so that a script reads its own write.
const MIN_POSITION: HeaderName = HeaderName::from_static("mainstem-min-position");

/// Answers a question.
pub async fn answer(
    State(site): State<Arc<Site>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request<Body>,
) -> Response {
    match question(&site, peer, request).await {
        Ok(answer) => {
            site.metrics.answered(answer.status);
            response(answer)
        }
        Err(refusal) => {
            let response = refusal.into_response();
            site.metrics.answered(response.status().as_u16());
            response
        }
    }
}

async fn question(
    site: &Site,
    peer: std::net::SocketAddr,
    request: Request<Body>,
) -> Result<Answer, Refusal> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Refusal::NotPost);
    }
    let known = site.access.caller(&head.headers, &head.uri, peer.ip()).await?;
    let body = body::read_json(&head.headers, body).await?;
    let service = site.service.get().ok_or(Refusal::NotReady)?;
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let request_id = site.requests.next();
    let answer = service.api.answer(Question {
        body,
        caller: &known.caller,
        accept: text(header::ACCEPT),
        if_none_match: text(header::IF_NONE_MATCH),
        min_position: text(MIN_POSITION),
        request_id: &request_id,
    });
    timeout(PATIENCE, answer).await.map_err(|_| {
        tracing::warn!(request_id, "a question took longer than 10 seconds");
        Refusal::TimedOut
    })
}

fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(etag) = answer.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    response
}
