//! Letting requests in and answers out: latency, faults, credentials and limits come before the
//! interfaces, the headers that every answer carries after them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mainstem_model::{Clock, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::access::Caller;
use crate::answer::{Refusal, Reply, error};
use crate::faults::FaultKind;
use crate::limits::{Quota, Refused, Resource};
use crate::rest::{self, Call};
use crate::site::{Site, SiteOptions};
use crate::stats::endpoint;
use crate::wire::Base;

const LARGEST_BODY_BYTES: usize = 1024 * 1024;

impl Site {
    /// The site as a service. Without a socket, call it with `tower::ServiceExt::oneshot`.
    pub fn router(&self) -> Router {
        let router = Router::new().fallback(handle).with_state(self.clone());
        if self.0.gzip {
            router.layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        } else {
            router
        }
    }

    /// Serves the site on a socket, until the handle is aborted.
    pub fn serve(&self, listener: TcpListener) -> JoinHandle<std::io::Result<()>> {
        let router = self.router();
        tokio::spawn(async move { axum::serve(listener, router).await })
    }
}

/// A site on a socket of its own; it stops when this is dropped.
pub struct Sandbox {
    /// Such as `http://127.0.0.1:40123`.
    pub base_url: String,
    /// The site behind it.
    pub site: Site,
    server: JoinHandle<std::io::Result<()>>,
}

impl Sandbox {
    /// Serves a new site on a free port of this machine.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(options: SiteOptions, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let site = Site::new(options, clock);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let server = site.serve(listener);
        Ok(Self { base_url, site, server })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves a new site on `address` until the process ends.
///
/// # Errors
/// Where the address cannot be had, or the socket fails.
pub async fn serve_forever(
    options: SiteOptions,
    clock: Arc<dyn Clock>,
    address: &str,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let site = Site::new(options, clock);
    tracing::info!(address = %listener.local_addr()?, "sandbox is listening");
    axum::serve(listener, site.router()).await
}

async fn handle(State(site): State<Site>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY_BYTES).await else {
        return respond(error(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large"), false);
    };
    let path = head.uri.path().to_owned();
    if path.starts_with("/_sandbox/") {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        return respond(site.control(head.method.as_str(), &segments, &body), false);
    }
    let latency = site.desk().latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (reply, cut) =
        site.desk_answer(head.method.as_str(), &path, head.uri.query(), &head.headers, &body);
    respond(reply, cut)
}

/// What the desk found out about a request before it is answered.
struct Admitted {
    caller: Caller,
    fault: Option<FaultKind>,
}

impl Site {
    fn desk_answer(
        &self,
        method: &str,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> (Reply, bool) {
        let now = self.0.clock.now();
        let (base, path) = base_and_path(headers, path);
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let resource = if segments == ["graphql"] { Resource::GraphQl } else { Resource::Core };
        let number = {
            let mut desk = self.desk();
            desk.stats.requests += 1;
            *desk.stats.by_endpoint.entry(endpoint(method, &segments)).or_default() += 1;
            desk.stats.requests
        };
        self.run_hook(number);

        let admitted = self.admit(path, &segments, resource, headers, now);
        let (account, mut reply, cut) = match admitted {
            Err((account, reply)) => (account, reply, false),
            Ok(Admitted { caller, fault }) => {
                let account = caller.account().to_owned();
                let call = Call {
                    method,
                    segments,
                    query: url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                        .into_owned()
                        .collect(),
                    if_none_match: headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()),
                    body,
                    base,
                    caller,
                    endless: fault == Some(FaultKind::EndlessPages),
                    foreign_next: match &fault {
                        Some(FaultKind::ForeignNext { host }) => Some(host.clone()),
                        _ => None,
                    },
                };
                let (reply, cut) = self.answer_or_fail(&call, headers, fault, now);
                (account, reply, cut)
            }
        };
        let mut desk = self.desk();
        let quota = desk.limits.quota(&account, resource, now);
        stamp(&mut reply.headers, quota, resource, self.world().now().max(now), number);
        *desk.stats.by_status.entry(reply.status.as_u16()).or_default() += 1;
        desk.stats.not_modified += u64::from(reply.status == StatusCode::NOT_MODIFIED);
        desk.stats.body_bytes += reply.body.len() as u64;
        (reply, cut)
    }

    /// The hook is taken out while it runs, so that it may use the site itself.
    fn run_hook(&self, number: u64) {
        let hook = self.desk().hook.take();
        if let Some(mut hook) = hook {
            hook(number, &mut self.world_mut());
            self.desk().hook.get_or_insert(hook);
        }
    }

    fn admit(
        &self,
        path: &str,
        segments: &[&str],
        resource: Resource,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Admitted, (String, Reply)> {
        let mut desk = self.desk();
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let caller = desk.access.caller(authorization, now).map_err(|denied| {
            (String::new(), Reply::from(Refusal::Unauthorized(denied.message())))
        })?;
        let account = caller.account().to_owned();
        if segments == ["rate_limit"] {
            let reply = rest::rate_limit(&mut desk.limits, &account, now);
            return Err((account, reply));
        }
        if let Err((refused, known)) = desk.limits.admit(&account, resource, now) {
            desk.stats.while_told_to_wait += u64::from(known);
            return Err((account, refuse(refused, resource)));
        }
        Ok(Admitted { caller, fault: desk.faults.meet(path) })
    }

    fn answer_or_fail(
        &self,
        call: &Call<'_>,
        headers: &HeaderMap,
        fault: Option<FaultKind>,
        now: Timestamp,
    ) -> (Reply, bool) {
        match fault {
            Some(FaultKind::Status { status }) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                return (error(status, status.canonical_reason().unwrap_or("Server Error")), false);
            }
            Some(FaultKind::Html) => {
                let mut reply = Reply::json(
                    StatusCode::OK,
                    "<!DOCTYPE html><html><body>Unicorn!</body></html>",
                );
                reply
                    .headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                return (reply, false);
            }
            _ => {}
        }
        if !accepts_json(headers) {
            return (Refusal::MediaType.into(), false);
        }
        if call.segments == ["graphql"] {
            return (crate::graphql::answer(self, call), fault == Some(FaultKind::Cut));
        }
        let reply = rest::answer(self, call);
        // An answer that says "not modified" is free.
        if reply.status != StatusCode::NOT_MODIFIED {
            self.desk().limits.charge(call.caller.account(), Resource::Core, 1, now);
        }
        (reply, fault == Some(FaultKind::Cut))
    }
}

fn accepts_json(headers: &HeaderMap) -> bool {
    headers
        .get_all("accept")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .fold(None, |known, accepted| {
            let json = accepted.contains("json")
                || accepted.contains("*/*")
                || accepted.contains("application/*");
            Some(known.unwrap_or(false) || json || accepted.contains("vnd.github"))
        })
        != Some(false)
}

/// The host that the client called, and the path without the prefix of an Enterprise Server.
fn base_and_path<'p>(headers: &HeaderMap, path: &'p str) -> (Base, &'p str) {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("sandbox");
    let site = format!("http://{host}");
    match path.strip_prefix("/api/v3") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            (Base { api: format!("{site}/api/v3"), site }, rest)
        }
        _ => {
            let path = if path == "/api/graphql" { "/graphql" } else { path };
            (Base { api: site.clone(), site }, path)
        }
    }
}

fn refuse(refused: Refused, resource: Resource) -> Reply {
    match (refused, resource) {
        (Refused::Primary(_), Resource::GraphQl) => {
            let body = serde_json::json!({
                "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}],
            });
            Reply::json(StatusCode::OK, body.to_string())
        }
        (Refused::Primary(status), Resource::Core) => error(
            StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
            "API rate limit exceeded for user ID 1.",
        ),
        (Refused::Secondary { retry_after }, _) => {
            let reply = error(
                StatusCode::FORBIDDEN,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            );
            match retry_after {
                Some(seconds) => {
                    reply.with(HeaderName::from_static("retry-after"), &seconds.to_string())
                }
                None => reply,
            }
        }
        (Refused::Unauthorized, _) => Refusal::Unauthorized("Bad credentials").into(),
    }
}

fn stamp(headers: &mut HeaderMap, quota: Quota, resource: Resource, now: Timestamp, number: u64) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-ratelimit-limit", &quota.limit.to_string());
    set("x-ratelimit-remaining", &quota.remaining.to_string());
    set("x-ratelimit-used", &quota.used.to_string());
    set("x-ratelimit-reset", &quota.reset.to_string());
    set("x-ratelimit-resource", resource.word());
    let id = crate::generate::mix(number);
    set(
        "x-github-request-id",
        &format!("{:04X}:{:06X}:{:08X}", id & 0xffff, id >> 16 & 0xff_ffff, id >> 32),
    );
    set("x-github-media-type", "github.v3; format=json");
    set("x-github-api-version-selected", "2022-11-28");
    set("cache-control", "private, max-age=60, s-maxage=60");
    set("vary", "Accept, Authorization, Cookie, X-GitHub-OTP");
    set("date", &http_date(now));
}

/// Such as `Tue, 10 Oct 2017 16:00:00 GMT`.
fn http_date(now: Timestamp) -> String {
    let date = now.date();
    let seconds = now.seconds().rem_euclid(86_400);
    let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        [usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            [usize::from(date.month().unsigned_abs()) - 1];
    format!(
        "{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        date.day(),
        date.year(),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
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
