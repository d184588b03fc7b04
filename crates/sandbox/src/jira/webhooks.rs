//! What the site tells by itself: who wants to hear what, and what they are sent.

use std::collections::VecDeque;

use aws_lc_rs::hmac;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use jsonwebtoken::{EncodingKey, Header};
use mainstem_model::Timestamp;
use serde_json::json;

use crate::jira::Deployment;
use crate::jira::generate::uuid;
use crate::jira::jql::compile;
use crate::jira::wire::{Expand, Selection, Unnamed, View, Wire};
use crate::jira::world::{Happening, IssueKey, World};
use crate::keys::DatabaseId;
use crate::wire::Base;

/// How long an app's webhook lasts without being prolonged.
pub(super) const LIFE_SECONDS: i64 = 30 * 86_400;
/// How often something is tried again.
const MOST_RETRIES: u32 = 5;
/// How long the token of a delivery is good.
const TOKEN_SECONDS: i64 = 180;

/// Who wants to hear what.
pub(crate) struct Webhooks {
    pub registered: Vec<Webhook>,
    next_id: u64,
    next_delivery: u64,
    retries: VecDeque<Undelivered>,
    client_secret: String,
}

/// One that wants to hear.
#[derive(Clone)]
pub(crate) struct Webhook {
    pub id: u64,
    pub owner: Owner,
    pub url: String,
    pub events: Vec<String>,
    /// Which issues, in JQL; all if empty.
    pub jql: String,
    /// Where the site stands, as it is told in what is sent.
    pub base: Base,
}

/// Who set it up.
#[derive(Clone)]
pub(crate) enum Owner {
    Administrator { name: String, secret: Option<String> },
    App { expires_at: Timestamp },
}

/// Something that a webhook would send now.
#[derive(Debug, Clone)]
pub struct Undelivered {
    /// Where to.
    pub url: String,
    /// The signature among them.
    pub headers: HeaderMap,
    /// JSON.
    pub body: Bytes,
    retries: u32,
}

impl Webhooks {
    pub fn new(client_secret: String) -> Self {
        Self {
            registered: Vec::new(),
            next_id: 1,
            next_delivery: 1,
            retries: VecDeque::new(),
            client_secret,
        }
    }

    /// Adds one and answers its id.
    pub fn add(&mut self, webhook: Webhook) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.registered.push(Webhook { id, ..webhook });
        id
    }

    /// Forgets those of apps that have come to their end.
    pub fn expire(&mut self, now: Timestamp) {
        self.registered.retain(|webhook| match webhook.owner {
            Owner::App { expires_at } => expires_at > now,
            Owner::Administrator { .. } => true,
        });
    }

    pub fn tell(&mut self, world: &World, happenings: Vec<Happening>) -> Vec<Undelivered> {
        let now = world.now();
        self.expire(now);
        let mut told: Vec<Undelivered> = self.retries.drain(..).collect();
        for happening in happenings {
            let event = event(happening);
            for webhook in self.registered.clone() {
                if !webhook.wants(world, &event, happening) {
                    continue;
                }
                let body = body(world, &webhook.base, &event, happening);
                let headers =
                    self.headers(&webhook.owner, &body, now, is_fallout(world, happening));
                told.push(Undelivered { url: webhook.url, headers, body: body.into(), retries: 0 });
            }
        }
        told
    }

    fn headers(&mut self, owner: &Owner, body: &[u8], now: Timestamp, fallout: bool) -> HeaderMap {
        let identifier = uuid(self.next_delivery ^ 0x0068_6f6f_6b73);
        self.next_delivery += 1;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        set(&mut headers, "x-atlassian-webhook-identifier", &identifier);
        let flow = if fallout { "Secondary" } else { "Primary" };
        set(&mut headers, "x-atlassian-webhook-flow", flow);
        match owner {
            Owner::Administrator { secret: Some(secret), .. } => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                let tag = hmac::sign(&key, body);
                let digits: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
                set(&mut headers, "x-hub-signature", &format!("sha256={digits}"));
            }
            Owner::Administrator { secret: None, .. } => {}
            Owner::App { .. } => {
                let iat = now.seconds();
                let claims = json!({"iss": "sandbox-app", "iat": iat, "exp": iat + TOKEN_SECONDS});
                let key = EncodingKey::from_secret(self.client_secret.as_bytes());
                // A map of plain values is always written.
                let token =
                    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap_or_default();
                set(&mut headers, AUTHORIZATION.as_str(), &format!("Bearer {token}"));
            }
        }
        headers
    }

    pub fn answered(&mut self, mut delivery: Undelivered, status: u16) {
        let passing = matches!(status, 408 | 409 | 425 | 429 | 500..=599);
        if passing && delivery.retries < MOST_RETRIES {
            delivery.retries += 1;
            let retries = delivery.retries.to_string();
            set(&mut delivery.headers, "x-atlassian-webhook-retry", &retries);
            self.retries.push_back(delivery);
        }
    }
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

impl Webhook {
    /// The filter counts for issues and their comments only.
    fn wants(&self, world: &World, event: &str, happening: Happening) -> bool {
        let issue = match happening {
            Happening::IssueCreated(issue)
            | Happening::IssueUpdated(issue, _)
            | Happening::IssueDeleted(issue) => Some(issue),
            Happening::Comment(_, comment) => Some(world[comment].issue),
            Happening::Worklog(..) | Happening::Link(..) => None,
        };
        self.events.iter().any(|wanted| wanted == event)
            && issue.is_none_or(|issue| self.jql.is_empty() || finds(world, &self.jql, issue))
    }
}

fn finds(world: &World, jql: &str, issue: IssueKey) -> bool {
    compile(world, jql, &jiff::tz::TimeZone::UTC, true).is_ok_and(|query| query.finds(world, issue))
}

fn event(happening: Happening) -> String {
    match happening {
        Happening::IssueCreated(_) => "jira:issue_created".into(),
        Happening::IssueUpdated(..) => "jira:issue_updated".into(),
        Happening::IssueDeleted(_) => "jira:issue_deleted".into(),
        Happening::Comment(word, _) => format!("comment_{word}"),
        Happening::Worklog(word, _) => format!("worklog_{word}"),
        Happening::Link(word, _) => format!("issuelink_{word}"),
    }
}

/// Whether it happened only because an issue was deleted.
fn is_fallout(world: &World, happening: Happening) -> bool {
    let is_gone = |issue: IssueKey| world[issue].presence == crate::jira::Presence::Deleted;
    match happening {
        Happening::Link(_, link) => is_gone(world[link].source) || is_gone(world[link].target),
        Happening::Comment(_, comment) => is_gone(world[comment].issue),
        _ => false,
    }
}

/// What is sent, in version 2 of the interface: with texts in wiki markup.
fn body(world: &World, base: &Base, event: &str, happening: Happening) -> Vec<u8> {
    let view = View::new(world, false);
    let mut wire = Wire::new(&view, base);
    wire.object(|wire| {
        wire.field("timestamp", &world.now().0.div_euclid(1_000));
        wire.plain("webhookEvent", event);
        match happening {
            Happening::IssueCreated(issue) | Happening::IssueDeleted(issue) => {
                wire.optional_field("user", Some(world.actor), Wire::user);
                wire.optional_field("issue", Some(issue), told_issue);
            }
            Happening::IssueUpdated(issue, history) => {
                wire.plain("issue_event_type_name", "issue_updated");
                wire.optional_field("user", Some(world.actor), Wire::user);
                wire.optional_field("issue", Some(issue), told_issue);
                if history.is_some() {
                    wire.optional_field("changelog", history, Wire::changelog);
                }
            }
            Happening::Comment(_, comment) => {
                wire.optional_field("comment", Some(comment), Wire::comment);
                // Data Center leaves it out.
                if world.deployment == Deployment::Cloud {
                    wire.optional_field("issue", Some(world[comment].issue), told_issue);
                }
            }
            Happening::Worklog(_, worklog) => {
                wire.optional_field("worklog", Some(worklog), Wire::worklog);
            }
            Happening::Link(_, link) => {
                let kind = world[link].kind.entry();
                wire.object_field("issueLink", |wire| {
                    wire.field("id", &link.database_id());
                    wire.field("sourceIssueId", &world[link].source.database_id());
                    wire.field("destinationIssueId", &world[link].target.database_id());
                    wire.object_field("issueLinkType", |wire| {
                        wire.field("name", &kind.name);
                        wire.field("outwardName", &kind.outward);
                        wire.field("inwardName", &kind.inward);
                        wire.field("isSubTaskLinkType", &false);
                        wire.field("isSystemLinkType", &false);
                    });
                    wire.field("systemLink", &false);
                });
            }
        }
    });
    wire.into_bytes()
}

fn told_issue(wire: &mut Wire<'_>, issue: IssueKey) {
    let selection = Selection::read(&wire.world.fields, &[], Unnamed::All);
    wire.issue(issue, &selection, Expand::default());
}
