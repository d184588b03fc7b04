//! The past of an issue: its changelog, in terms of whole values.
//!
//! An entry tells most fields whole. Versions come and go one by one, and whether a status meant done
//! or given up is for the resolution to say; so one walks back from the issue as it is now, newest
//! entry first.

use std::collections::HashSet;

use mainstem_model::Timestamp;
use mainstem_model::record::{ExternalId, HistoryChange, HistoryEntry};
use serde_json::{Value, json};

use super::issue::milestone;
use super::people::People;
use super::status::status;
use super::value::{date, kind, priority, storable};
use crate::catalogue::Statuses;
use crate::text::wiki;
use crate::wire::{self, HistoryItem};

/// An issue as it is now, as far as its past is told from it.
#[derive(Debug, Clone)]
pub struct Present {
    /// When it last changed: what is later is left for its next reading.
    pub updated_at: Timestamp,
    /// Its status.
    pub status: wire::Status,
    /// The name of its resolution.
    pub resolution: Option<String>,
    /// The names of its fix versions.
    pub fix_versions: Vec<String>,
}

/// The past that these entries tell, oldest first. They must be all those after some moment; Jira may
/// tell one twice.
pub fn entries(
    present: Present,
    mut histories: Vec<wire::History>,
    statuses: &Statuses,
    people: &mut People,
) -> Vec<HistoryEntry> {
    histories.retain(|history| history.created.0 <= present.updated_at);
    sort(&mut histories);
    let mut walk = Walk { present, statuses };
    let mut told = Vec::new();
    for history in histories.into_iter().rev() {
        let author = history.author.and_then(|user| people.note(user));
        for (field, change) in walk.back(&history.items, people).into_iter().rev() {
            told.push(HistoryEntry {
                key: format!("{}:{field}", history.id),
                change,
                actor: author.clone(),
                occurred_at: history.created.0,
            });
        }
    }
    told.reverse();
    told
}

/// The keys of issues to which a link was made or removed after a moment.
pub fn linked(histories: &[wire::History], after: Timestamp) -> Vec<String> {
    let recent = histories.iter().filter(|history| history.created.0 > after);
    let items = recent.flat_map(|history| &history.items).filter(|item| item.field == "Link");
    items.filter_map(|item| item.to.clone().or_else(|| item.from.clone())).collect()
}

/// Puts entries in the order of time, each once.
fn sort(histories: &mut Vec<wire::History>) {
    let mut known = HashSet::new();
    histories.retain(|history| known.insert(history.id.clone()));
    histories
        .sort_by_key(|history| (history.created, history.id.parse::<u64>().unwrap_or_default()));
}

/// The way back through the entries.
struct Walk<'a> {
    /// The issue as it was after the entries that have not been walked over yet.
    present: Present,
    statuses: &'a Statuses,
}

impl Walk<'_> {
    /// Takes one step into the past: what the entry changed, each field once.
    fn back(
        &mut self,
        items: &[HistoryItem],
        people: &mut People,
    ) -> Vec<(&'static str, HistoryChange)> {
        let mut changes = Vec::new();
        for item in items {
            let texts = [&item.from_string, &item.to_string].map(|text| filled(text.as_deref()));
            let ids = [&item.from, &item.to].map(|id| filled(id.as_deref()));
            let text =
                |text: Option<&str>| text.map_or(Value::Null, |text| storable(text.into()).into());
            let change = match item.field.as_str() {
                "summary" => value("title", texts.map(text)),
                "description" => value(
                    "body",
                    texts.map(|markup| text(markup.map(wiki::to_markdown).as_deref())),
                ),
                "issuetype" => value(
                    "kind",
                    texts.map(|name| {
                        name.map_or(Value::Null, |name| kind(name, false, None).as_str().into())
                    }),
                ),
                "priority" => value(
                    "priority",
                    texts.map(|name| {
                        let priority = priority(name);
                        json!({"name": priority.name, "level": priority.level})
                    }),
                ),
                "labels" => value(
                    "labels",
                    texts.map(|labels| {
                        labels
                            .unwrap_or_default()
                            .split_whitespace()
                            .map(|label| storable(label.into()))
                            .collect()
                    }),
                ),
                "duedate" => value(
                    "dueOn",
                    [0, 1].map(|side| {
                        let told = ids[side].and_then(date).or_else(|| texts[side].and_then(date));
                        json!(told)
                    }),
                ),
                "timeoriginalestimate" => value("estimate", ids.map(duration)),
                "timespent" => value("timeSpent", ids.map(duration)),
                "Sprint" => value(
                    "sprint",
                    texts.map(|names| text(names.and_then(|names| names.rsplit(", ").next()))),
                ),
                "Key" => value("key", texts.map(text)),
                "assignee" => {
                    let [before, after] = [0, 1].map(|side| person(ids[side], texts[side], people));
                    ("assignees", HistoryChange::People { field: "assignees", before, after })
                }
                _ => continue,
            };
            changes.push(change);
        }
        changes.extend(self.status_step(items));
        changes.extend(self.version_step(items));
        changes
    }

    /// A status and a resolution are one value here: the resolution says whether "done" was given up.
    fn status_step(&mut self, items: &[HistoryItem]) -> Option<(&'static str, HistoryChange)> {
        let after = self.status();
        for item in items.iter().rev() {
            match item.field.as_str() {
                "resolution" => {
                    self.present.resolution = filled(item.from_string.as_deref()).map(str::to_owned)
                }
                "status" => {
                    let id = item.from.clone().unwrap_or_default();
                    let category = self.statuses.category(&id).map(str::to_owned);
                    self.present.status = wire::Status {
                        name: item.from_string.clone().unwrap_or_default(),
                        id,
                        status_category: category.map(|key| wire::StatusCategory { key }),
                    };
                }
                _ => {}
            }
        }
        let before = self.status();
        (before != after).then(|| value("status", [before, after]))
    }

    fn status(&self) -> Value {
        let Present { status: wire::Status { name, status_category, .. }, resolution, .. } =
            &self.present;
        let category = status_category.as_ref().map(|category| category.key.as_str());
        let status = status(name, category, resolution.as_deref());
        json!({"name": status.name, "category": status.category})
    }

    fn version_step(&mut self, items: &[HistoryItem]) -> Option<(&'static str, HistoryChange)> {
        let told = |versions: &[String]| milestone(versions).map_or(Value::Null, Value::String);
        let after = told(&self.present.fix_versions);
        let versions = &mut self.present.fix_versions;
        let items: Vec<_> = items.iter().filter(|item| item.field == "Fix Version").collect();
        for added in items.iter().filter_map(|item| filled(item.to_string.as_deref())) {
            versions.retain(|name| name != added);
        }
        // After a move a version of the same name is another one.
        for removed in items.iter().filter_map(|item| filled(item.from_string.as_deref())) {
            if versions.iter().all(|name| name != removed) {
                versions.push(storable(removed.into()));
            }
        }
        let before = told(&self.present.fix_versions);
        (before != after).then(|| value("milestone", [before, after]))
    }
}

/// Jira says nothing at times by an empty text.
fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn value(field: &'static str, [before, after]: [Value; 2]) -> (&'static str, HistoryChange) {
    (field, HistoryChange::Value { field, before, after })
}

/// Seconds, in the form of the change log.
fn duration(seconds: Option<&str>) -> Value {
    let seconds = seconds.and_then(|text| text.parse::<i64>().ok());
    seconds.map_or(Value::Null, |seconds| format!("PT{seconds}S").into())
}

/// Somebody of whom a changelog tells the id and the name only.
fn person(id: Option<&str>, name: Option<&str>, people: &mut People) -> Vec<ExternalId> {
    let user = wire::User {
        account_id: id.map(str::to_owned),
        key: None,
        name: None,
        display_name: name.map(str::to_owned),
        email_address: None,
    };
    people.note(user).into_iter().collect()
}
