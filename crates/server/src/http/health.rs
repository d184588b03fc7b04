//! `GET /healthz` and `GET /readyz`. Neither depends on a tool: a GitHub that is down is no reason to
//! restart this program or to take it out of service.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

use super::Site;

/// A read model that is further behind than this is no longer exact enough to serve from.
const FURTHEST_BEHIND_MICROS: i64 = 10_000_000;

/// The process lives.
pub async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}

/// Requests may be sent here: the database can be written to, and the read model is up to date.
pub async fn ready(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let reason = not_ready(&site).await;
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"ready": reason.is_none(), "reason": reason});
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body))
}

async fn not_ready(site: &Site) -> Option<&'static str> {
    if site.stopping.load(Ordering::Relaxed) {
        return Some("the program is stopping");
    }
    let Some(service) = site.service.get() else {
        return Some("the read model is being loaded");
    };
    if service.model.behind_micros() > FURTHEST_BEHIND_MICROS {
        return Some("the read model is behind the change log");
    }
    let database = site.store.check();
    match tokio::time::timeout(std::time::Duration::from_secs(5), database).await {
        Ok(Ok(())) => None,
        Ok(Err(_)) | Err(_) => Some("the database does not answer or cannot be written to"),
    }
}
