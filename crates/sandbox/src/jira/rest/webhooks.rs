//! Setting webhooks up: an administrator's, and an app's.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Reply;
use crate::jira::JiraSite;
use crate::jira::access::Caller;
use crate::jira::answer::{Refusal, unauthenticated};
use crate::jira::jql::{Operator, compile, parse};
use crate::jira::rest::{Answered, Call, Shown, dead_link};
use crate::jira::webhooks::{LIFE_SECONDS, Owner, Webhook};
use crate::jira::world::World;
use crate::wire::Base;

/// How many webhooks an app may have for one account.
const MOST_OF_AN_APP: usize = 5;
/// What webhooks of apps tell.
const EVENTS_OF_APPS: [&str; 8] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
];
/// The fields that their filters may name.
const FIELDS: [&str; 6] = ["issuekey", "project", "issuetype", "status", "assignee", "reporter"];

fn json_of(status: StatusCode, body: &Value) -> Shown {
    Shown::nothing_of(Reply::json(status, body.to_string()))
}

/// What is told in deliveries is told by version 2 of the interface.
fn base(call: &Call<'_>) -> Base {
    Base { site: call.base.site.clone(), api: format!("{}/rest/api/2", call.base.site) }
}

pub(super) fn of_administrators(site: &JiraSite, call: &Call<'_>) -> Answered {
    #[derive(Deserialize)]
    struct Given {
        name: String,
        url: String,
        events: Vec<String>,
        #[serde(default)]
        filters: Value,
        #[serde(default)]
        secret: Option<String>,
    }
    if call.caller != Caller::Account {
        return Ok(Shown::nothing_of(unauthenticated()));
    }
    match (call.method, call.segments.as_slice()) {
        ("POST", ["webhook"]) => {
            let given: Given = call.json()?;
            let jql = given.filters["issue-related-events-section"].as_str().unwrap_or_default();
            let id = site.webhooks().add(Webhook {
                id: 0,
                owner: Owner::Administrator { name: given.name.clone(), secret: given.secret },
                url: given.url.clone(),
                events: given.events.clone(),
                jql: jql.to_owned(),
                base: base(call),
            });
            site.world_mut().happenings.get_or_insert_default();
            let told = json!({
                "name": given.name,
                "url": given.url,
                "events": given.events,
                "self": format!("{}/rest/webhooks/1.0/webhook/{id}", call.base.site),
            });
            Ok(json_of(StatusCode::CREATED, &told))
        }
        ("GET", ["webhook"]) => {
            let told: Vec<Value> = site
                .webhooks()
                .registered
                .iter()
                .filter_map(|webhook| match &webhook.owner {
                    Owner::Administrator { name, .. } => {
                        Some(json!({"name": name, "url": webhook.url, "events": webhook.events}))
                    }
                    Owner::App { .. } => None,
                })
                .collect();
            Ok(json_of(StatusCode::OK, &json!(told)))
        }
        ("DELETE", ["webhook", id]) => {
            let id = id.parse::<u64>().ok();
            site.webhooks().registered.retain(|webhook| Some(webhook.id) != id);
            Ok(Shown::empty(StatusCode::NO_CONTENT))
        }
        _ => Ok(dead_link()),
    }
}

pub(super) fn of_apps(site: &JiraSite, call: &Call<'_>) -> Answered {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ids {
        webhook_ids: Vec<u64>,
    }
    if call.caller != Caller::App {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "The caller is not a Connect or OAuth 2.0 app.",
        ));
    }
    let now = site.0.clock.now();
    site.webhooks().expire(now);
    match (call.method, call.segments.as_slice()) {
        ("POST", ["webhook"]) => register(site, call),
        ("GET", ["webhook"]) => {
            let told: Vec<Value> =
                site.webhooks().registered.iter().filter_map(told_webhook).collect();
            let places: Vec<usize> = (0..told.len()).collect();
            let page = call.page(&places, 100, 100);
            let values: Vec<&Value> = page.items.iter().map(|&place| &told[place]).collect();
            let body = json!({"maxResults": page.size, "startAt": page.start, "total": page.total,
                "isLast": page.is_last, "values": values});
            Ok(json_of(StatusCode::OK, &body))
        }
        ("PUT", ["webhook", "refresh"]) => {
            let Ids { webhook_ids } = call.json()?;
            let end = now.plus_seconds(LIFE_SECONDS);
            for webhook in &mut site.webhooks().registered {
                if let Owner::App { expires_at } = &mut webhook.owner
                    && webhook_ids.contains(&webhook.id)
                {
                    *expires_at = end;
                }
            }
            Ok(json_of(StatusCode::OK, &json!({"expirationDate": end.0 / 1_000})))
        }
        ("DELETE", ["webhook"]) => {
            let Ids { webhook_ids } = call.json()?;
            site.webhooks().registered.retain(|webhook| {
                matches!(webhook.owner, Owner::Administrator { .. })
                    || !webhook_ids.contains(&webhook.id)
            });
            Ok(Shown::empty(StatusCode::ACCEPTED))
        }
        _ => Ok(dead_link()),
    }
}

fn told_webhook(webhook: &Webhook) -> Option<Value> {
    let Owner::App { expires_at } = webhook.owner else { return None };
    Some(json!({
        "id": webhook.id,
        "url": webhook.url,
        "jqlFilter": webhook.jql,
        "events": webhook.events,
        "expirationDate": expires_at.0 / 1_000,
    }))
}

fn register(site: &JiraSite, call: &Call<'_>) -> Answered {
    #[derive(Deserialize)]
    struct Given {
        url: String,
        webhooks: Vec<Details>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Details {
        jql_filter: String,
        events: Vec<String>,
    }
    let Given { url, webhooks } = call.json()?;
    let expires_at = site.0.clock.now().plus_seconds(LIFE_SECONDS);
    let mut results = Vec::new();
    for Details { jql_filter, events } in webhooks {
        let wrong = refuse(site, &url, &jql_filter, &events);
        results.push(match wrong {
            Some(wrong) => json!({"errors": [wrong]}),
            None => {
                let owner = Owner::App { expires_at };
                let webhook = Webhook {
                    id: 0,
                    owner,
                    url: url.clone(),
                    events,
                    jql: jql_filter,
                    base: base(call),
                };
                json!({"createdWebhookId": site.webhooks().add(webhook)})
            }
        });
    }
    site.world_mut().happenings.get_or_insert_default();
    Ok(json_of(StatusCode::OK, &json!({"webhookRegistrationResult": results})))
}

/// Why a webhook is not registered.
fn refuse(site: &JiraSite, url: &str, jql: &str, events: &[String]) -> Option<String> {
    let webhooks = site.webhooks();
    let of_apps = || {
        let is_app = |webhook: &&Webhook| matches!(webhook.owner, Owner::App { .. });
        webhooks.registered.iter().filter(is_app)
    };
    if !url.starts_with("https://") {
        return Some("The URL must use HTTPS.".into());
    }
    if let Some(other) = of_apps().find(|webhook| webhook.url != url) {
        return Some(format!(
            "Only a single URL per app is allowed to be registered via REST API. Currently used URL is {}",
            other.url
        ));
    }
    if of_apps().count() >= MOST_OF_AN_APP {
        return Some(format!("The limit of {MOST_OF_AN_APP} webhooks per user has been reached."));
    }
    if let Some(event) = events.iter().find(|event| !EVENTS_OF_APPS.contains(&event.as_str())) {
        return Some(format!("Unsupported event: {event}."));
    }
    unsupported(&site.world(), jql)
}

fn unsupported(world: &World, jql: &str) -> Option<String> {
    let (tree, _) = match parse(jql) {
        Ok(parsed) => parsed,
        Err(wrong) => return Some(wrong),
    };
    let tree = tree?;
    let odd = tree.terms().into_iter().find(|term| {
        !FIELDS.contains(&term.field.to_ascii_lowercase().as_str())
            || !matches!(
                term.operator,
                Operator::Equals | Operator::NotEquals | Operator::In | Operator::NotIn
            )
    });
    match odd {
        Some(term) => Some(format!("The clause {} is unsupported", term.field)),
        None => {
            compile(world, jql, &jiff::tz::TimeZone::UTC, true).err().map(|wrong| wrong.join(" "))
        }
    }
}
