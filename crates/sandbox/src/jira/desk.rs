//! What stands between a request and its answer: the count, the hook, credentials, limits and faults
//! before; the headers that every answer carries after.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, HOST, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use mainstem_model::Timestamp;
use serde_json::json;

use crate::answer::Reply;
use crate::desk::http_date;
use crate::faults::{FaultKind, Faults};
use crate::generate::mix;
use crate::jira::access::{Access, Caller, Denied};
use crate::jira::answer::{Refusal, page};
use crate::jira::limits::{self, Limits, Quota, Refused};
use crate::jira::rest::{self, Call, Interface};
use crate::jira::world::{VIEWER, World};
use crate::jira::{Deployment, JiraSite};
use crate::serve::Tool;
use crate::stats::Stats;
use crate::wire::Base;

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
    /// It is answered at once.
    Answered(Caller, Reply),
}

impl Tool for JiraSite {
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
        let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("sandbox");
        let place = Place::of(self, &format!("http://{host}"), path);
        let endpoint = endpoint(method, &place);
        {
            let mut desk = self.desk();
            desk.stats.requests += 1;
            *desk.stats.by_endpoint.entry(endpoint.clone()).or_default() += 1;
        }
        if let Some(hook) = self.hook().as_mut() {
            hook(&mut self.world_mut());
        }
        let admitted = self.admit(arrival, path, &place, &endpoint, headers, now);
        let (caller, mut reply, cut) = match admitted {
            Admission::Answered(caller, reply) => (caller, reply, false),
            Admission::Admitted(caller, fault) => {
                let call = Call {
                    method,
                    interface: place.interface,
                    segments: place.segments,
                    query: url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                        .into_owned()
                        .collect(),
                    body,
                    base: place.base,
                    caller,
                    endless: fault == Some(FaultKind::EndlessPages),
                    foreign_next: match &fault {
                        Some(FaultKind::ForeignNext { host }) => Some(host.clone()),
                        _ => None,
                    },
                };
                let (reply, points) = match fault {
                    Some(FaultKind::Status { status }) => (broken(status), 0),
                    Some(FaultKind::Html) => (page(StatusCode::OK, "Jira", "Log in"), 0),
                    _ => rest::answer(self, &call),
                };
                if caller == Caller::App {
                    self.desk().limits.charge(points, now);
                }
                (caller, reply, fault == Some(FaultKind::Cut))
            }
        };
        self.stamp(&mut reply, arrival, &endpoint, caller, now);
        (reply, cut)
    }

    fn control(&self, method: &str, segments: &[&str], body: &[u8]) -> Reply {
        self.run_control(method, segments, body)
    }

    fn refuse_large_body(&self) -> Reply {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.").into()
    }
}

impl JiraSite {
    fn admit(
        &self,
        arrival: u64,
        path: &str,
        place: &Place<'_>,
        endpoint: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Admission {
        let mut desk = self.desk();
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let caller = match desk.access.caller(header, place.by_gateway) {
            Ok(caller) => caller,
            Err(denied) => return Admission::Answered(Caller::Failed, deny(denied)),
        };
        let arrived = desk.arrived;
        let is_app = caller == Caller::App;
        if let Err(refusal) = desk.limits.admit(endpoint, is_app, now, arrived) {
            // Who was on the way already when the first was refused could not know.
            let knew = refusal.told.is_some_and(|told| arrival > told);
            desk.stats.while_told_to_wait += u64::from(knew);
            return Admission::Answered(caller, refuse(&refusal, self.0.deployment, now));
        }
        Admission::Admitted(caller, desk.faults.meet(path))
    }

    fn stamp(
        &self,
        reply: &mut Reply,
        arrival: u64,
        endpoint: &str,
        caller: Caller,
        now: Timestamp,
    ) {
        let (account, site_now) = {
            let world = self.world();
            (world.public_id(VIEWER).to_owned(), world.now().max(now))
        };
        let mut desk = self.desk();
        let cloud = self.0.deployment == Deployment::Cloud;
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                reply.headers.entry(HeaderName::from_static(name)).or_insert(value);
            }
        };
        let trace = format!("{:016x}{:016x}", mix(arrival), mix(arrival ^ 0xa7));
        match (caller, cloud) {
            (Caller::Failed, _) => set("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
            (Caller::Anonymous, false) => set("x-ausername", "anonymous"),
            (Caller::Anonymous, true) => {}
            (_, true) => set("x-aaccountid", &account.replace(':', "%3A")),
            (_, false) => {
                set("x-ausername", &account);
                set("x-seraph-loginreason", "OK");
            }
        }
        if cloud {
            set("atl-traceid", &trace);
            if let Some(burst) = desk.limits.burst(endpoint, now) {
                tell_cloud(&mut set, burst);
            }
            if caller == Caller::App {
                let points = desk.limits.points(now);
                let left = points.until.seconds() - now.seconds();
                let policy = format!("\"tenant-app-quota\";q={};w=3600", points.limit);
                let state = format!("\"tenant-app-quota\";r={};t={left}", points.remaining);
                set("beta-ratelimit-policy", &policy);
                set("beta-ratelimit", &state);
            }
        } else if let Some(requests) = desk.limits.requests(now) {
            set("x-ratelimit-limit", &requests.limit.to_string());
            set("x-ratelimit-remaining", &requests.remaining.to_string());
            set("x-ratelimit-fillrate", &requests.limit.to_string());
            set("x-ratelimit-interval-seconds", "60");
            set("retry-after", "0");
        }
        set("x-arequestid", &trace[..16]);
        set("cache-control", "no-cache, no-store, no-transform");
        set("x-content-type-options", "nosniff");
        set("date", &http_date(site_now));
        *desk.stats.by_status.entry(reply.status.as_u16()).or_default() += 1;
        desk.stats.body_bytes += reply.body.len() as u64;
    }
}

fn deny(denied: Denied) -> Reply {
    match denied {
        Denied::Gateway => Reply::json(
            StatusCode::UNAUTHORIZED,
            json!({"code": 401, "message": "Unauthorized"}).to_string(),
        ),
        Denied::Page => page(
            StatusCode::UNAUTHORIZED,
            "Unauthorized (401)",
            "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED",
        ),
    }
}

fn tell_cloud(set: &mut impl FnMut(&'static str, &str), quota: Quota) {
    set("x-ratelimit-limit", &quota.limit.to_string());
    set("x-ratelimit-remaining", &quota.remaining.to_string());
    if quota.remaining * 5 < quota.limit {
        set("x-ratelimit-nearlimit", "true");
    }
}

fn refuse(refusal: &limits::Refusal, deployment: Deployment, now: Timestamp) -> Reply {
    let seconds = (refusal.until.since(now) + 999_999).div_euclid(1_000_000).max(1);
    let reply: Reply = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded.").into();
    if refusal.refused == Refused::Unsaid {
        return reply;
    }
    let reply = reply.with(HeaderName::from_static("retry-after"), &seconds.to_string());
    match (deployment, refusal.refused.reason()) {
        (Deployment::Cloud, Some(reason)) => reply
            .with(HeaderName::from_static("ratelimit-reason"), reason)
            .with(HeaderName::from_static("x-ratelimit-remaining"), "0")
            .with(HeaderName::from_static("x-ratelimit-reset"), &minute(refusal.until)),
        _ => reply,
    }
}

/// Such as `2026-03-26T16:00Z`, not before `time`.
fn minute(time: Timestamp) -> String {
    let minute = Timestamp::from_seconds((time.seconds() + 59).div_euclid(60) * 60);
    minute.to_string().replace(":00Z", "Z")
}

/// The words of a proxy in front of a site that is not well.
fn broken(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let reason = status.canonical_reason().unwrap_or("Error");
    page(status, reason, reason)
}

/// Where a request goes.
struct Place<'p> {
    base: Base,
    interface: Interface,
    segments: Vec<&'p str>,
    by_gateway: bool,
}

impl<'p> Place<'p> {
    fn of(site: &JiraSite, host: &str, path: &'p str) -> Self {
        let mut segments: Vec<&str> =
            path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut root = host.to_owned();
        let cloud = site.0.deployment == Deployment::Cloud;
        let by_gateway = cloud
            && (segments.starts_with(&["oauth"])
                || segments.starts_with(&["ex", "jira", site.cloud_id()]));
        if segments.first() == Some(&"ex") && by_gateway {
            root = format!("{host}/ex/jira/{}", site.cloud_id());
            segments.drain(..3);
        }
        let (interface, prefix) = match segments.as_slice() {
            ["oauth", ..] => (Interface::Gateway, 0),
            ["rest", "agile", "1.0", ..] => (Interface::Agile, 3),
            ["rest", "webhooks", "1.0", ..] => (Interface::Webhooks, 3),
            ["rest", "api", "3", ..] if cloud => (Interface::Documents, 3),
            ["rest", "api", "latest", ..] if cloud => (Interface::Documents, 3),
            ["rest", "api", "2" | "latest", ..] => (Interface::Markup, 3),
            _ => (Interface::Nowhere, 0),
        };
        let api = match interface {
            Interface::Markup => format!("{root}/rest/api/2"),
            Interface::Agile => format!("{root}/rest/agile/1.0"),
            _ => format!("{root}/rest/api/3"),
        };
        segments.drain(..prefix);
        Self { base: Base { site: root, api }, interface, segments, by_gateway }
    }
}

/// The name of an endpoint, such as `GET /issue/{id}/comment`.
fn endpoint(method: &str, place: &Place<'_>) -> String {
    let mut name = format!("{method} ");
    let mut previous = "";
    for (at, &segment) in place.segments.iter().enumerate() {
        let variable = at > 0
            && (segment.bytes().all(|byte| byte.is_ascii_digit())
                || (matches!(previous, "issue" | "project")
                    && !matches!(segment, "search" | "bulkfetch")));
        name.push('/');
        name.push_str(if variable { "{id}" } else { segment });
        previous = segment;
    }
    name
}
