//! The past of an issue, told by its events in terms of whole values.
//!
//! An event says what was added or taken away. What a field held before and after is found by
//! walking back from the issue as it is now, newest event first.

use bytes::Bytes;
use mainstem_model::record::{
    ExternalId, HistoryChange, HistoryEntry, QuarantineRecord, TaskRecord,
};
use mainstem_model::{Status, StatusCategory, TaskKind, Timestamp};
use serde_json::{Value, json};

use super::decode::{Malformed, decode};
use super::issue::{closed_status, kind, open_status};
use super::people::People;
use super::text::storable;
use crate::wire;

/// Reads the complete timeline of an issue that has just been read, and what of it is malformed.
pub fn timeline(
    entries: &[Bytes],
    task: &TaskRecord,
    people: &mut People,
) -> (Vec<HistoryEntry>, Vec<QuarantineRecord>) {
    let mut events = Vec::new();
    let mut quarantine = Vec::new();
    for raw in entries {
        match event(raw) {
            Ok(event) => events.push(event),
            Err(malformed) => quarantine.push(malformed.quarantine("event", raw.clone())),
        }
    }
    (of_task(task, events, people), quarantine)
}

/// The history that these events and the issue's own payload give, oldest first.
pub(crate) fn of_task(
    task: &TaskRecord,
    events: Vec<wire::Event>,
    people: &mut People,
) -> Vec<HistoryEntry> {
    let mut history = from_events(Present::of(task), events, people);
    for entry in &task.history {
        if history.iter().all(|known| known.key != entry.key) {
            history.push(entry.clone());
        }
    }
    history.sort_by_key(|entry| entry.occurred_at);
    history
}

/// Reads one event.
pub(crate) fn event(raw: &[u8]) -> Result<wire::Event, Malformed> {
    decode(raw)
}

/// The history that these events give, oldest first. They must be all those after some moment; later
/// ones than `present` are left for its next reading.
pub(crate) fn from_events(
    present: Present,
    mut events: Vec<wire::Event>,
    people: &mut People,
) -> Vec<HistoryEntry> {
    let known_until = present.known_until;
    events.retain(|event| event.created_at.is_some_and(|at| at <= known_until));
    events.sort_by_key(|event| (event.created_at, event.id));
    let mut walk = Walk { open: open_now(&present, &events), at: present, is_newest_status: true };
    let mut history: Vec<HistoryEntry> = Vec::new();
    while let Some(event) = events.pop() {
        let closing = events.iter().rev().find(|older| older.event.as_deref() == Some("closed"));
        let older_reason = closing.and_then(|older| older.state_reason.clone());
        history.extend(walk.back(event, older_reason.as_deref(), people));
    }
    history.reverse();
    history
}

/// Names the closing of an issue the same way, whether an event or the issue itself tells of it.
pub(super) fn closed_key(at: Timestamp) -> String {
    format!("closed@{at}")
}

/// A status as the change log holds it.
pub(super) fn status_value(status: &Status) -> Value {
    json!({"name": status.name, "category": status.category})
}

/// An issue as it is now, as far as its events change it.
#[derive(Debug)]
pub(crate) struct Present {
    pub pull_request: bool,
    pub status: Status,
    pub labels: Vec<String>,
    pub assignees: Vec<ExternalId>,
    /// The last moment that this knows of.
    pub known_until: Timestamp,
}

impl Present {
    fn of(task: &TaskRecord) -> Self {
        Self {
            pull_request: task.kind == TaskKind::PullRequest,
            status: task.status.clone(),
            labels: task.labels.clone(),
            assignees: task.assignees.clone(),
            known_until: known_until(task.updated_at, task.closed_at),
        }
    }
}

/// The last moment that a reading of an issue knows of: GitHub was seen to give a closing a second
/// more than the update that it is.
pub(crate) fn known_until(updated_at: Timestamp, closed_at: Option<Timestamp>) -> Timestamp {
    closed_at.map_or(updated_at, |at| at.max(updated_at))
}

/// What an issue is when it is open: the last event that says so tells whether a closed pull request is
/// a draft.
fn open_now(present: &Present, events: &[wire::Event]) -> Status {
    let name = |event: &wire::Event| event.event.clone();
    let is_of_drafts =
        |name: &String| matches!(name.as_str(), "convert_to_draft" | "ready_for_review");
    match events.iter().rev().filter_map(name).find(is_of_drafts).as_deref() {
        Some("convert_to_draft") => draft(),
        None if present.status.category.is_open() => present.status.clone(),
        _ => open_status(present.pull_request),
    }
}

/// The way back through the events.
struct Walk {
    /// The issue as it was after the events that have not been walked over yet.
    at: Present,
    /// What it was then, had it been open.
    open: Status,
    is_newest_status: bool,
}

impl Walk {
    /// Takes one step into the past. `older_reason` is the reason of the closing before this event.
    fn back(
        &mut self,
        event: wire::Event,
        older_reason: Option<&str>,
        people: &mut People,
    ) -> Option<HistoryEntry> {
        let at = event.created_at?;
        let mut key = format!("event:{}", event.id?);
        let actor = event.actor.map(|user| people.note(user));
        let name = event.event.as_deref()?;
        let label = || event.label.and_then(wire::Label::into_name).map(storable);
        let change = match name {
            "labeled" => self.list(label()?, true),
            "unlabeled" => self.list(label()?, false),
            "assigned" => self.people(people.note(event.assignee?), true),
            "unassigned" => self.people(people.note(event.assignee?), false),
            "milestoned" => {
                value("milestone", Value::Null, storable(event.milestone?.title).into())
            }
            "demilestoned" => {
                value("milestone", storable(event.milestone?.title).into(), Value::Null)
            }
            "renamed" => {
                let rename = event.rename?;
                let (from, to) = (storable(rename.from), storable(rename.to));
                value("title", from.into(), to.into())
            }
            "closed" => {
                key = closed_key(at);
                let after = if self.is_newest_status && !self.at.status.category.is_open() {
                    self.at.status.clone()
                } else {
                    self.closed(event.state_reason.as_deref())
                };
                self.status_step(self.open.clone(), after)
            }
            "reopened" => self.status_step(self.closed(older_reason), self.open.clone()),
            "convert_to_draft" => self.draft_step(open_status(true), draft()),
            "ready_for_review" => self.draft_step(draft(), open_status(true)),
            "issue_type_added" => Self::kind_step(None, event.issue_type),
            "issue_type_changed" => Self::kind_step(event.prev_issue_type, event.issue_type),
            "issue_type_removed" => Self::kind_step(event.prev_issue_type, None),
            _ => return None,
        };
        Some(HistoryEntry { key, change, actor, occurred_at: at })
    }

    fn list(&mut self, label: String, added: bool) -> HistoryChange {
        let (before, after) = step(&mut self.at.labels, label, added);
        value("labels", before.into(), after.into())
    }

    fn people(&mut self, person: ExternalId, added: bool) -> HistoryChange {
        let (before, after) = step(&mut self.at.assignees, person, added);
        HistoryChange::People { field: "assignees", before, after }
    }

    fn status_step(&mut self, before: Status, after: Status) -> HistoryChange {
        self.is_newest_status = false;
        let change = value("status", status_value(&before), status_value(&after));
        self.at.status = before;
        change
    }

    fn draft_step(&mut self, before: Status, after: Status) -> HistoryChange {
        self.open.clone_from(&before);
        self.status_step(before, after)
    }

    fn kind_step(before: Option<wire::Named>, after: Option<wire::Named>) -> HistoryChange {
        let word = |named: Option<wire::Named>| named.map_or(TaskKind::Issue, |it| kind(&it.name));
        let (before, after) = (word(before), word(after));
        value("kind", before.as_str().into(), after.as_str().into())
    }

    fn closed(&self, reason: Option<&str>) -> Status {
        let (name, category) = if self.at.pull_request {
            ("closed", StatusCategory::Canceled)
        } else {
            closed_status(reason)
        };
        Status { name: name.to_owned(), category }
    }
}

/// Undoes one addition or removal: the whole list before it and after it.
fn step<T: Clone + PartialEq>(list: &mut Vec<T>, item: T, added: bool) -> (Vec<T>, Vec<T>) {
    let without: Vec<T> = list.iter().filter(|known| **known != item).cloned().collect();
    let mut with = list.clone();
    if !with.contains(&item) {
        with.push(item);
    }
    let (before, after) = if added { (without, with) } else { (with, without) };
    list.clone_from(&before);
    (before, after)
}

fn draft() -> Status {
    Status { name: "draft".to_owned(), category: StatusCategory::InProgress }
}

fn value(field: &'static str, before: Value, after: Value) -> HistoryChange {
    HistoryChange::Value { field, before, after }
}
