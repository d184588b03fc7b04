//! `GET /graphiql`: the editor, embedded in the program. It loads nothing from elsewhere, and asks the
//! API with a token that the person gives.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use mainstem_graphql::graphiql::{CONTENT_SECURITY_POLICY, asset as embedded};

use super::{Refusal, Site};

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
];

/// The page.
pub async fn page(State(site): State<Arc<Site>>) -> Result<Response, Refusal> {
    show(&site, "")
}

/// What the page needs.
pub async fn asset(
    State(site): State<Arc<Site>>,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    show(&site, &path)
}

fn show(site: &Site, path: &str) -> Result<Response, Refusal> {
    let (kind, bytes) = embedded(path).filter(|_| site.graphiql).ok_or(Refusal::NotFound)?;
    Ok((HEADERS, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
