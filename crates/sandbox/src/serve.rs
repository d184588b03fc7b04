//! Letting requests in and answers out, on a socket or without one.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mainstem_model::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::answer::Reply;
use crate::jira::{JiraOptions, JiraSite};
use crate::site::{Site, SiteOptions};

const LARGEST_BODY_BYTES: usize = 1024 * 1024;

/// A stand-in of a tool, as HTTP sees it.
pub(crate) trait Tool: Clone + Send + Sync + 'static {
    /// Whether answers are compressed for those who ask for it.
    fn compresses(&self) -> bool;
    /// Takes note that a request has come, and how long it will take to answer.
    fn arrive(&self) -> (u64, Duration);
    /// Answers one request; `true` where the connection is to break before the end.
    fn answer(
        &self,
        arrival: u64,
        method: &str,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> (Reply, bool);
    /// Answers what is asked below `/_sandbox`.
    fn control(&self, method: &str, segments: &[&str], body: &[u8]) -> Reply;
    /// What is said to a body that is larger than the tool takes.
    fn refuse_large_body(&self) -> Reply;
}

impl Site {
    /// The site as a service. Without a socket, call it with `tower::ServiceExt::oneshot`.
    pub fn router(&self) -> Router {
        router(self.clone())
    }

    /// Serves the site on a socket, until the handle is aborted.
    pub fn serve(&self, listener: TcpListener) -> JoinHandle<std::io::Result<()>> {
        serve(self.router(), listener)
    }
}

impl JiraSite {
    /// The site as a service. Without a socket, call it with `tower::ServiceExt::oneshot`.
    pub fn router(&self) -> Router {
        router(self.clone())
    }

    /// Serves the site on a socket, until the handle is aborted.
    pub fn serve(&self, listener: TcpListener) -> JoinHandle<std::io::Result<()>> {
        serve(self.router(), listener)
    }
}

fn router<T: Tool>(tool: T) -> Router {
    let compresses = tool.compresses();
    let router = Router::new().fallback(handle::<T>).with_state(tool);
    if compresses {
        router.layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
    } else {
        router
    }
}

fn serve(router: Router, listener: TcpListener) -> JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move { axum::serve(listener, router).await })
}

/// A site on a socket of its own; it stops when this is dropped.
pub struct Sandbox<S = Site> {
    /// Such as `http://127.0.0.1:40123`.
    pub base_url: String,
    /// The site behind it.
    pub site: S,
    server: JoinHandle<std::io::Result<()>>,
}

impl Sandbox {
    /// Serves a new GitHub site on a free port of this machine.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(options: SiteOptions, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        Self::on_free_port(Site::new(options, clock), Site::serve).await
    }
}

impl Sandbox<JiraSite> {
    /// Serves a new Jira site on a free port of this machine.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start_jira(options: JiraOptions, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        Self::on_free_port(JiraSite::new(options, clock), JiraSite::serve).await
    }
}

impl<S> Sandbox<S> {
    async fn on_free_port(
        site: S,
        serve: impl FnOnce(&S, TcpListener) -> JoinHandle<std::io::Result<()>>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let server = serve(&site, listener);
        Ok(Self { base_url, site, server })
    }
}

impl<S> Drop for Sandbox<S> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle<T: Tool>(State(site): State<T>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY_BYTES).await else {
        return respond(site.refuse_large_body(), false);
    };
    let path = head.uri.path().to_owned();
    if path.starts_with("/_sandbox/") {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        return respond(site.control(head.method.as_str(), &segments, &body), false);
    }
    let (arrival, latency) = site.arrive();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (reply, cut) =
        site.answer(arrival, head.method.as_str(), &path, head.uri.query(), &head.headers, &body);
    respond(reply, cut)
}

fn respond(reply: Reply, cut: bool) -> Response {
    let body = if cut { cut_body(&reply.body) } else { Body::from(reply.body) };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// The first half, then the connection breaks.
fn cut_body(body: &Bytes) -> Body {
    let half = stream::iter([Ok(body.slice(..body.len() / 2))]);
    let broken = stream::once(async {
        // The half is sent only while the rest is being waited for.
        tokio::task::yield_now().await;
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut by script"))
    });
    Body::from_stream(half.chain(broken))
}
