//! The past of an issue: its changelog, in terms of whole values.
//!
//! An entry tells most fields whole. Versions come and go one by one, and whether a status meant done
//! or given up is for the resolution to say; so one walks back from the issue as it is now, newest
//! entry first. Where an entry contradicts what the walk has come to (an import, a workflow that was
//! replaced), the entry is right.

use std::collections::HashSet;

use mainstem_model::record::{ExternalId, HistoryChange, HistoryEntry, TaskReference};
use mainstem_model::{Priority, TaskKind, Timestamp};
use serde_json::{Value, json};

use super::issue::{is_id, milestone};
use super::people::People;
use super::status::status;
use super::value::{date, kind_of_name, priority, storable};
use crate::catalogue::Statuses;
use crate::text::wiki;
use crate::wire::{self, HistoryItem};

/// An issue as it is now, as far as its past is told from it.
#[derive(Debug, Clone)]
pub struct Present {
    /// When it last changed: what is later is left for its next reading.
    pub updated_at: Timestamp,
    /// The name of its type, and what kind that is.
    pub kind: (String, TaskKind),
    /// Its status.
    pub status: wire::Status,
    /// The name of its resolution.
    pub resolution: Option<String>,
    /// The names of its fix versions.
    pub fix_versions: Vec<String>,
}

/// How much later than the issue's own time an entry of the same change may be dated, in microseconds:
/// Jira takes the two times one after the other, and cuts off the milliseconds of one of them on some
/// databases.
const SAME_MOMENT: i64 = 2_000_000;

/// The past that these entries tell, oldest first. They must be all those after some moment; Jira may
/// tell one twice.
pub fn entries(
    present: Present,
    mut histories: Vec<wire::History>,
    statuses: &Statuses,
    people: &mut People,
) -> Vec<HistoryEntry> {
    let until = present.updated_at.0.saturating_add(SAME_MOMENT);
    histories.retain(|history| history.created.0.0 <= until);
    sort(&mut histories);
    let mut walk = Walk { present, statuses };
    let mut told = Vec::new();
    for history in histories.into_iter().rev() {
        let id = known_by(&history);
        let author = history.author.and_then(|user| people.note(user));
        for (field, change) in walk.back(&history.items, people).into_iter().rev() {
            told.push(HistoryEntry {
                key: format!("{id}:{field}"),
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
    histories.retain(|history| known.insert(known_by(history)));
    let number = |history: &wire::History| history.id.as_ref()?.parse::<u64>().ok();
    histories.sort_by_key(|history| (history.created, number(history)));
}

/// What an entry is known by: its id, or its time where it lost the id on its way through another tool.
fn known_by(history: &wire::History) -> String {
    history.id.clone().unwrap_or_else(|| history.created.0.to_string())
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
                "issuetype" => {
                    value("kind", texts.map(|name| json!(name.map(|name| self.kind(name)))))
                }
                "priority" => value(
                    "priority",
                    [0, 1].map(|side| {
                        let told =
                            texts[side].map_or(Priority::NONE, |name| priority(name, ids[side]));
                        json!({"name": told.name, "level": told.level})
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
                name if name.eq_ignore_ascii_case("start date") => {
                    value("startOn", [0, 1].map(|side| json!(ids[side].and_then(date))))
                }
                "timeoriginalestimate" => value("estimate", ids.map(duration)),
                "timespent" => value("timeSpent", ids.map(duration)),
                "Sprint" => {
                    value("sprint", [0, 1].map(|side| text(last_sprint(ids[side], texts[side]))))
                }
                "Key" => value("key", texts.map(text)),
                "assignee" => {
                    let [before, after] = [0, 1].map(|side| person(ids[side], texts[side], people));
                    ("assignees", HistoryChange::People { field: "assignees", before, after })
                }
                _ => continue,
            };
            changes.push(change);
        }
        changes.extend(parent_step(items));
        changes.extend(self.status_step(items));
        changes.extend(self.version_step(items));
        changes
    }

    /// Of types that the issue no longer has, the changelog tells the name only.
    fn kind(&self, name: &str) -> TaskKind {
        let (present, kind) = &self.present.kind;
        if name == present { *kind } else { kind_of_name(name).unwrap_or(TaskKind::Task) }
    }

    /// A status and a resolution are one value here: the resolution says whether "done" was given up.
    fn status_step(&mut self, items: &[HistoryItem]) -> Option<(&'static str, HistoryChange)> {
        for item in items {
            self.stand(&item.field, item.to.as_deref(), item.to_string.as_deref());
        }
        let after = self.status();
        for item in items.iter().rev() {
            self.stand(&item.field, item.from.as_deref(), item.from_string.as_deref());
        }
        let before = self.status();
        (before != after).then(|| value("status", [before, after]))
    }

    /// Puts the status or the resolution where an entry says that it stood.
    fn stand(&mut self, field: &str, id: Option<&str>, name: Option<&str>) {
        let name = filled(name);
        let present = &mut self.present.status;
        match (field, name) {
            ("resolution", _) => self.present.resolution = name.map(str::to_owned),
            // The issue itself says best what its own status means.
            ("status", Some(name)) if name != present.name => {
                let id = id.unwrap_or_default();
                let category = self.statuses.category(id).map(str::to_owned);
                *present = wire::Status {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    status_category: category.map(|key| wire::StatusCategory { key }),
                };
            }
            _ => {}
        }
    }

    fn status(&self) -> Value {
        let status = status(&self.present.status, self.present.resolution.as_deref());
        json!({"name": status.name, "category": status.category})
    }

    fn version_step(&mut self, items: &[HistoryItem]) -> Option<(&'static str, HistoryChange)> {
        let items: Vec<_> = items.iter().filter(|item| item.field == "Fix Version").collect();
        let [added, removed]: [Vec<String>; 2] = [
            items.iter().filter_map(|item| filled(item.to_string.as_deref())).collect(),
            items.iter().filter_map(|item| filled(item.from_string.as_deref())).collect(),
        ]
        .map(|names: Vec<&str>| names.into_iter().map(|name| storable(name.into())).collect());
        let versions = &mut self.present.fix_versions;
        // After a move a version of the same name is another one, and was there before and after.
        replace(versions, &removed, &added);
        let after = told(versions);
        replace(versions, &added, &removed);
        let before = told(versions);
        (before != after).then(|| value("milestone", [before, after]))
    }
}

/// Takes names out of a list and puts others in, each once.
fn replace(list: &mut Vec<String>, out: &[String], into: &[String]) {
    list.retain(|name| !out.contains(name));
    let new = into.iter().filter(|name| !list.contains(name)).cloned().collect::<Vec<_>>();
    list.extend(new);
}

fn told(versions: &[String]) -> Value {
    milestone(versions).map_or(Value::Null, Value::String)
}

/// The last of the sprints that an entry lists. Nobody escapes the commas in their names, so a single
/// sprint is known by its single id.
fn last_sprint<'a>(ids: Option<&str>, names: Option<&'a str>) -> Option<&'a str> {
    match ids {
        Some(ids) if !ids.contains(',') => names,
        _ => names?.rsplit(", ").next(),
    }
}

/// What a changelog calls the issue above another, the most telling first: Cloud tells a change of epic
/// by two names at once.
const PARENTS: [&str; 4] = ["IssueParentAssociation", "Parent", "Parent Link", "Epic Link"];

fn parent_step(items: &[HistoryItem]) -> Option<(&'static str, HistoryChange)> {
    let item = PARENTS.iter().find_map(|name| items.iter().find(|item| item.field == *name))?;
    let reference = |id: &Option<String>, key: &Option<String>| {
        let key = filled(key.as_deref())?;
        let id = filled(id.as_deref()).filter(|id| is_id(id));
        Some(TaskReference { key: storable(key.into()), external_id: id.map(Into::into) })
    };
    let before = reference(&item.from, &item.from_string);
    let after = reference(&item.to, &item.to_string);
    (before != after).then_some(("parent", HistoryChange::Parent { before, after }))
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
