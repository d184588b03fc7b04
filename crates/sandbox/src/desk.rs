//! What stands between a request and its answer: the count, the hook, credentials, limits and
//! faults before; the headers that every answer carries after.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use mainstem_model::Timestamp;

use crate::access::{Access, Caller};
use crate::answer::{Refusal, Reply, error};
use crate::faults::{FaultKind, Faults};
use crate::limits::{Limits, Quota, Refused, Resource};
use crate::rest::{self, Call};
use crate::serve::Tool;
use crate::site::Site;
use crate::stats::{Stats, endpoint};
use crate::wire::Base;
use crate::world::World;

/// What stands between the client and the world.
pub(crate) struct Desk {
    pub access: Access,
    pub limits: Limits,
    pub faults: Faults,
    pub stats: Stats,
    pub latency: Duration,
    /// How many requests have come so far, answered or not.
    pub arrived: u64,
}

pub(crate) type Hook = Box<dyn FnMut(&mut World) + Send>;

/// What the desk decides about a request.
enum Admission {
    /// It goes on, perhaps into a fault.
    Admitted(Caller, Option<FaultKind>),
    /// It is answered at once, on this account.
    Answered(String, Reply),
}

impl Tool for Site {
    fn compresses(&self) -> bool {
        self.0.gzip
    }

    fn arrive(&self) -> (u64, Duration) {
        let mut desk = self.desk();
        desk.arrived += 1;
        (desk.arrived, desk.latency)
    }

    fn answer(
        &self,
        arrival: u64,
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
        {
            let mut desk = self.desk();
            desk.stats.requests += 1;
            *desk.stats.by_endpoint.entry(endpoint(method, &segments)).or_default() += 1;
        }
        if let Some(hook) = self.hook().as_mut() {
            hook(&mut self.world_mut());
        }
        let admitted = self.admit(arrival, path, &segments, resource, headers, now);
        let (account, mut reply, cut) = match admitted {
            Admission::Answered(account, reply) => (account, reply, false),
            Admission::Admitted(caller, fault) => {
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
        let site_now = self.world().now().max(now);
        let mut desk = self.desk();
        let quota = desk.limits.quota(&account, resource, now);
        stamp(&mut reply.headers, quota, resource, site_now, arrival);
        *desk.stats.by_status.entry(reply.status.as_u16()).or_default() += 1;
        desk.stats.not_modified += u64::from(reply.status == StatusCode::NOT_MODIFIED);
        desk.stats.body_bytes += reply.body.len() as u64;
        (reply, cut)
    }

    fn control(&self, method: &str, segments: &[&str], body: &[u8]) -> Reply {
        self.run_control(method, segments, body)
    }

    fn refuse_large_body(&self) -> Reply {
        error(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large")
    }
}

impl Site {
    fn admit(
        &self,
        arrival: u64,
        path: &str,
        segments: &[&str],
        resource: Resource,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Admission {
        let mut desk = self.desk();
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let caller = match desk.access.caller(authorization, now) {
            Ok(caller) => caller,
            Err(denied) => {
                let reply = Reply::from(Refusal::Unauthorized(denied.message()));
                return Admission::Answered(String::new(), reply);
            }
        };
        let account = caller.account().to_owned();
        if segments == ["rate_limit"] {
            let reply = rest::rate_limit(&mut desk.limits, &account, now);
            return Admission::Answered(account, reply);
        }
        let arrived = desk.arrived;
        if let Err((refused, told)) = desk.limits.admit(&account, resource, now, arrived) {
            // Who was on the way already when the first was refused could not know.
            desk.stats.while_told_to_wait += u64::from(told.is_some_and(|told| arrival > told));
            return Admission::Answered(account, refuse(refused, resource));
        }
        Admission::Admitted(caller, desk.faults.meet(path))
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
pub(crate) fn http_date(now: Timestamp) -> String {
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
