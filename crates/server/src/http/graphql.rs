//! `POST /graphql`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use mainstem_graphql::{Answer, Question};
use tokio::time::timeout;

use super::{Peer, Refusal, Site};

/// The largest question, in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;
/// How long a question may take to arrive, and how long its answer may take.
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
    if !is_plain_json(&head.headers) {
        return Err(Refusal::NotJson);
    }
    let body = timeout(PATIENCE, read(body)).await.map_err(|_| Refusal::TooSlow)??;
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

/// Only this content type: a browser sends no other site's form with it.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(kind) = kind else { return false };
    let mut parts = kind.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    json && utf8 && plain
}

/// Reads the whole body; stops as soon as it is known to be too large.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let announced = body.size_hint();
    if announced.lower() > LARGEST_BODY as u64 {
        return Err(Refusal::TooLarge);
    }
    let mut read = BytesMut::new();
    while let Some(frame) = next_frame(&mut body).await? {
        if read.len() + frame.len() > LARGEST_BODY {
            return Err(Refusal::TooLarge);
        }
        // Nearly every question comes in one piece.
        if read.is_empty() && body.is_end_stream() {
            return Ok(frame);
        }
        read.extend_from_slice(&frame);
    }
    Ok(read.freeze())
}

async fn next_frame(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context));
    match frame.await {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(Refusal::Cut),
    }
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
