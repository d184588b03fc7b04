//! The webhook of an app: Cloud delivers it for thirty days from when it was last asked to.
//!
//! An app may have one address, and few webhooks for each account. Ours are told by the address; those of
//! other installations of the same app are left alone.

use jiff::fmt::strtime;
use mainstem_connector::caller::Answer;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Timestamp;
use mainstem_model::record::ScopeKey;
use reqwest::Method;
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::{Client, refused, said};

/// One that ends sooner than this is prolonged.
const PROLONG_WITHIN_SECONDS: i64 = 10 * 86_400;
/// A list that goes on longer is none.
const MOST_PAGES: usize = 20;

/// All that an app may hear of issues.
const EVENTS: [&str; 6] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
];

/// Sees to it that Jira delivers what happens in these projects to `address`.
pub async fn keep(
    client: &Client,
    address: &str,
    scopes: &[ScopeKey],
) -> Result<(), ConnectorError> {
    put_in_order(client, address, scopes).await.map_err(|error| match error.disposition {
        // A token without the scopes is refused like a bad one, and reads issues as well as before.
        Disposition::PauseSource => not_allowed("Jira refuses the credential for its webhooks"),
        _ => error,
    })
}

async fn put_in_order(
    client: &Client,
    address: &str,
    scopes: &[ScopeKey],
) -> Result<(), ConnectorError> {
    if scopes.is_empty() {
        return Ok(());
    }
    if !client.site().await?.cloud {
        return Err(not_allowed("only Jira Cloud registers webhooks of apps"));
    }
    let wanted = Wanted { jql_filter: filter(scopes), events: EVENTS };
    let (registered, at) = list(client).await?;
    let ours = registered.into_iter().filter(|webhook| webhook.is_at(address));
    let (good, others): (Vec<_>, Vec<_>) = ours.partition(|webhook| webhook.is(&wanted));
    let mut good = good.into_iter();
    match good.next() {
        None => register(client, address, wanted).await?,
        Some(webhook) if webhook.ends_before(at.plus_seconds(PROLONG_WITHIN_SECONDS)) => {
            let ids = Ids { webhook_ids: vec![webhook.id] };
            success(client.write(Method::PUT, "webhook/refresh", &ids).await?)?;
        }
        Some(_) => {}
    }
    // The old ones go last, so that nothing falls between.
    let surplus: Vec<u64> = others.into_iter().chain(good).map(|webhook| webhook.id).collect();
    if !surplus.is_empty() {
        let ids = Ids { webhook_ids: surplus };
        success(client.write(Method::DELETE, "webhook", &ids).await?)?;
    }
    Ok(())
}

/// The issues of these projects, in the little of JQL that webhooks understand.
fn filter(scopes: &[ScopeKey]) -> String {
    let keys: Vec<_> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    format!("project IN ({})", keys.join(", "))
}

/// A webhook as it should be.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    jql_filter: String,
    events: [&'static str; 6],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    webhook_ids: Vec<u64>,
}

/// A webhook as Jira has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    id: u64,
    /// Older answers leave it out: an app has one address only.
    url: Option<String>,
    #[serde(default)]
    jql_filter: String,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default, deserialize_with = "moment")]
    expiration_date: Option<Timestamp>,
}

impl Webhook {
    fn is_at(&self, address: &str) -> bool {
        self.url.as_deref().is_none_or(|url| url == address)
    }

    fn is(&self, wanted: &Wanted) -> bool {
        self.jql_filter == wanted.jql_filter
            && wanted.events.iter().all(|event| self.events.iter().any(|known| known == event))
    }

    fn ends_before(&self, moment: Timestamp) -> bool {
        self.expiration_date.is_none_or(|end| end < moment)
    }
}

/// Milliseconds since 1970, or such as `2019-06-01T12:42:30.000+0000`: the description says the one and
/// shows the other.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Millis(i64),
        Text(String),
    }
    Ok(Option::<Told>::deserialize(deserializer)?.and_then(|told| match told {
        Told::Millis(millis) => Some(Timestamp(millis.saturating_mul(1_000))),
        Told::Text(text) => {
            let read = strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
            Some(Timestamp(read.to_timestamp().ok()?.as_microsecond()))
        }
    }))
}

/// The webhooks of the app, and when Jira said so.
async fn list(client: &Client) -> Result<(Vec<Webhook>, Timestamp), ConnectorError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        values: Vec<Webhook>,
        #[serde(default)]
        is_last: bool,
    }
    let mut webhooks = Vec::new();
    for _ in 0..MOST_PAGES {
        let start = webhooks.len().to_string();
        let answer = success(client.get("webhook", &[("startAt", &start)]).await?)?;
        let page: Page = answer.json()?;
        let ends = page.is_last || page.values.is_empty();
        webhooks.extend(page.values);
        if ends {
            return Ok((webhooks, answer.at));
        }
    }
    let message = "Jira's list of webhooks does not end";
    Err(ConnectorError::new(Disposition::BackOff, "NO_PROGRESS", message))
}

async fn register(client: &Client, address: &str, wanted: Wanted) -> Result<(), ConnectorError> {
    #[derive(Serialize)]
    struct Registration<'a> {
        url: &'a str,
        webhooks: [Wanted; 1],
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Results {
        webhook_registration_result: Vec<Registered>,
    }
    #[derive(Deserialize)]
    struct Registered {
        #[serde(default)]
        errors: Vec<String>,
    }
    let registration = Registration { url: address, webhooks: [wanted] };
    // Sent twice it would register two; the next look removes the second.
    let answer = success(client.write(Method::POST, "webhook", &registration).await?)?;
    let results: Results = answer.json()?;
    let errors: Vec<_> =
        results.webhook_registration_result.into_iter().flat_map(|result| result.errors).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        let errors: String = errors.join(" ").chars().take(200).collect();
        Err(not_allowed(&format!("Jira does not register the webhook ({errors})")))
    }
}

fn success(answer: Answer) -> Result<Answer, ConnectorError> {
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        400 | 403 => Err(not_allowed(&format!(
            "Jira answered {} ({}) for its webhooks",
            answer.status.as_u16(),
            said(&answer)
        ))),
        _ => Err(refused(&answer)),
    }
}

fn not_allowed(what: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::GiveUp,
        "WEBHOOK_NOT_REGISTERED",
        format!(
            "{what}; webhook.register needs an OAuth access token with the scopes read:jira-work and \
             manage:jira-webhook, and base_url https://api.atlassian.com/ex/jira/CLOUD_ID; without them \
             leave it out and let an administrator of Jira set the webhook up"
        ),
    )
}
