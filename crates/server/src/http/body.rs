//! The body of a request: JSON, bounded in size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::Refusal;

/// The largest body, in bytes.
pub const LARGEST: usize = 1024 * 1024;
/// How long it may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a body that has to be JSON by its content type.
pub async fn read_json(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    if !is_plain_json(headers) {
        return Err(Refusal::NotJson);
    }
    timeout(PATIENCE, read(body)).await.map_err(|_| Refusal::TooSlow)?
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

/// Reads the whole; stops as soon as it is known to be too large.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let announced = body.size_hint();
    if announced.lower() > LARGEST as u64 {
        return Err(Refusal::TooLarge);
    }
    let mut read = BytesMut::new();
    while let Some(frame) = next_frame(&mut body).await? {
        if read.len() + frame.len() > LARGEST {
            return Err(Refusal::TooLarge);
        }
        // Nearly every body comes in one piece.
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
