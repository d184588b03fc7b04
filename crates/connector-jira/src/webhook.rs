//! What Jira tells by itself: which issues to read again.
//!
//! Deliveries come from two kinds of webhook. What an administrator sets up is signed over the body, and
//! tells of links and logged work too. What an app registers shows a token that is signed with the app's
//! client secret, and tells of issues and comments only; that a link was made or removed stands in the
//! changelog of the issue's own event then.
//!
//! Events that may concern any number of issues (a sprint, a version, a project) are left to the passes
//! and the census.

mod authentic;
#[cfg(test)]
mod tests;

use mainstem_connector::{Delivery, Settings, WebhookRefusal};
use mainstem_model::Timestamp;
use mainstem_model::record::{Depth, Heard, Hint};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};

use crate::locator::{Locator, locator};
use crate::settings::JiraSettings;
use crate::wire::HistoryItem;

/// Reads what a delivery says has changed.
///
/// # Errors
/// See [`WebhookRefusal`].
pub fn read(
    settings: &Settings,
    delivery: &Delivery<'_>,
    secret: &SecretString,
    now: Timestamp,
) -> Result<Vec<Heard>, WebhookRefusal> {
    if !authentic::is_authentic(delivery, secret, now) {
        return Err(WebhookRefusal::NotAuthentic);
    }
    let settings = JiraSettings::read(settings)
        .map_err(|wrong| WebhookRefusal::Unreadable(wrong.join("; ")))?;
    let mut heard = event(delivery.body)?.heard();
    if settings.jql.is_some() {
        // Only a search can tell whether the condition holds, so what is new is left to the passes.
        heard.iter_mut().for_each(|heard| heard.scope = None);
    }
    Ok(heard)
}

fn event(body: &[u8]) -> Result<Event, WebhookRefusal> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let event = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| unreadable(&error.path().to_string(), error.inner()))?;
    json.end().map_err(|error| unreadable(".", &error))?;
    Ok(event)
}

/// Says where a body cannot be read, and nothing of what stands there.
fn unreadable(path: &str, error: &serde_json::Error) -> WebhookRefusal {
    let path: String = path.chars().take(60).collect();
    let (line, column) = (error.line(), error.column());
    WebhookRefusal::Unreadable(format!(
        "{path} (line {line}, column {column}) is not what Jira's webhooks look like"
    ))
}

/// What is used of a delivery.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    webhook_event: String,
    issue: Option<Issue>,
    comment: Option<Comment>,
    worklog: Option<Worklog>,
    issue_link: Option<Link>,
    changelog: Option<Changelog>,
}

#[derive(Deserialize)]
struct Issue {
    id: Id,
    key: Key,
    fields: Option<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

#[derive(Deserialize)]
struct Comment {
    /// Ends in `/issue/ID/comment/ID`. Data Center names the issue of a comment nowhere else.
    #[serde(rename = "self")]
    address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Worklog {
    issue_id: Id,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    source_issue_id: Id,
    destination_issue_id: Id,
}

#[derive(Deserialize)]
struct Changelog {
    #[serde(default)]
    items: Vec<HistoryItem>,
}

/// The number that an issue keeps for ever, told as a number or as text.
struct Id(String);

/// What people call an issue: a project's key and a number.
struct Key(String);

impl Id {
    fn read(text: &str) -> Option<Self> {
        let is_id = (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_id.then(|| Self(text.to_owned()))
    }
}

impl Key {
    fn read(text: &str) -> Option<Self> {
        let (project, number) = text.rsplit_once('-')?;
        let is_key = text.len() <= 255
            && project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && Id::read(number).is_some();
        is_key.then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Number(u64),
            Text(String),
        }
        let text = match Told::deserialize(deserializer)? {
            Told::Number(number) => number.to_string(),
            Told::Text(text) => text,
        };
        Self::read(&text).ok_or_else(|| D::Error::custom("this is not the id of an issue"))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("this is not the key of an issue"))
    }
}

impl Event {
    fn heard(self) -> Vec<Heard> {
        match self.webhook_event.as_str() {
            "jira:issue_created" | "jira:issue_updated" | "jira:issue_deleted" => {
                let linked = self.changelog.as_ref().map(Changelog::linked).unwrap_or_default();
                self.issue.map(Issue::whole).into_iter().chain(linked).collect()
            }
            "comment_created" | "comment_updated" | "comment_deleted" => {
                let by_address = || self.comment?.issue().map(|id| heard(id, Depth::Whole));
                self.issue.map(Issue::whole).or_else(by_address).into_iter().collect()
            }
            "worklog_created" | "worklog_updated" | "worklog_deleted" => self
                .worklog
                .map(|worklog| heard(worklog.issue_id, Depth::Whole))
                .into_iter()
                .collect(),
            "issuelink_created" | "issuelink_deleted" => {
                let ends =
                    self.issue_link.map(|link| [link.source_issue_id, link.destination_issue_id]);
                ends.into_iter().flatten().map(|end| heard(end, Depth::Relations)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Issue {
    fn whole(self) -> Heard {
        let project = self.fields.and_then(|fields| fields.project).map(|project| project.key);
        let project = project.or_else(|| Some(self.key.0.rsplit_once('-')?.0.to_owned()));
        let mut heard = heard(self.id, Depth::Whole);
        if let Some(project) = project {
            // Where the issue is gone, its project tells what became of it.
            let by_project = locator(&heard.hint.locator, &project);
            if Locator::read(&by_project).is_some() {
                heard.hint.locator = by_project;
            }
            heard.scope = Some(project.into());
        }
        heard
    }
}

impl Comment {
    fn issue(self) -> Option<Id> {
        let address = self.address?;
        let mut parts = address.rsplit('/').skip(2);
        let id = parts.next()?;
        if parts.next() == Some("issue") { Id::read(id) } else { None }
    }
}

impl Changelog {
    /// The other ends of links that were made or removed.
    fn linked(&self) -> Vec<Heard> {
        let links = self.items.iter().filter(|item| item.field == "Link");
        let ends = links.filter_map(|item| item.to.as_deref().or(item.from.as_deref()));
        ends.filter_map(Key::read)
            .map(|Key(locator)| {
                let hint = Hint { external_id: None, locator, depth: Depth::Relations };
                Heard { hint, scope: None }
            })
            .collect()
    }
}

/// An issue that is known by its id alone.
fn heard(Id(id): Id, depth: Depth) -> Heard {
    let hint = Hint { external_id: Some(id.as_str().into()), locator: id, depth };
    Heard { hint, scope: None }
}
