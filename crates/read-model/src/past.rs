//! Rows as their tools had them at an earlier moment: the present rows with later changes undone.

use std::collections::HashMap;
use std::sync::Arc;

use mainstem_model::{
    Date, LinkEnd, PersonId, Presence, Priority, ProjectId, Status, TaskKind, Timestamp,
};
use mainstem_store::FieldAsOf;
use roaring::RoaringBitmap;
use serde::Deserialize;
use serde_json::Value;

use crate::names::{NONE, Names};
use crate::row::{TaskRow, distinct};
use crate::snapshot::Snapshot;

/// What differs from the present.
pub(crate) struct Past {
    /// The snapshot's dictionaries with the words of then.
    pub(crate) names: Names,
    /// The rows that were different.
    pub(crate) rows: HashMap<u32, Arc<TaskRow>>,
}

/// Undoes later changes of the rows in `universe`, and takes out of it those that did not exist.
pub(crate) fn undo(
    snapshot: &Snapshot,
    universe: &mut RoaringBitmap,
    at: Timestamp,
    changes: Vec<FieldAsOf>,
) -> Past {
    let mut past = Past { names: snapshot.names.clone(), rows: HashMap::new() };
    for change in changes {
        let Some(ordinal) = snapshot.find(change.task).filter(|found| universe.contains(*found))
        else {
            continue;
        };
        if change.field == "created" {
            if change.value.is_none() {
                universe.remove(ordinal);
            }
            continue;
        }
        let Some(present) = snapshot.row(ordinal) else { continue };
        let row = past.rows.entry(ordinal).or_insert_with(|| Arc::new(present.clone()));
        let row = Arc::make_mut(row);
        set(row, &mut past.names, &change.field, change.value.unwrap_or_default());
        row.reopened_at = row.reopened_at.filter(|reopened| *reopened <= at);
    }
    let born_later = universe.iter().filter(|ordinal| {
        let row = past.rows.get(ordinal).map(|row| &**row).or_else(|| snapshot.row(*ordinal));
        row.is_some_and(|row| row.created_at > at)
    });
    let born_later: RoaringBitmap = born_later.collect();
    *universe -= born_later;
    past
}

/// A list as the log has it: null where there was none.
type List<T> = Option<Vec<T>>;

/// Sets a field to a value in the form of the change log. Fields that a row does not hold are left
/// out, and so is a value that cannot be read: it was written by a newer program.
fn set(row: &mut TaskRow, names: &mut Names, field: &str, value: Value) {
    match field {
        "key" => assign(&mut row.key, value, |key: String| key.into()),
        "previousKeys" => assign(&mut row.previous_keys, value, |keys: List<String>| {
            keys.into_iter().flatten().map(Into::into).collect()
        }),
        "kind" => assign(&mut row.kind, value, |kind: TaskKind| kind),
        "title" => assign(&mut row.title, value, |title: String| title.into()),
        "url" => assign(&mut row.url, value, |url: Option<String>| url.map(Into::into)),
        "status" => {
            if let Ok(status) = Status::deserialize(value) {
                row.category = status.category;
                row.status = names.statuses.intern(status.name.as_str());
            }
        }
        "priority" => {
            if let Ok(priority) = Priority::deserialize(value) {
                row.level = priority.level;
                row.priority =
                    priority.name.map_or(NONE, |name| names.priorities.intern(name.as_str()));
            }
        }
        "assignees" => assign(&mut row.assignees, value, |people: List<PersonId>| {
            distinct(people.iter().flatten().map(|person| names.people.intern(person)))
        }),
        "author" => assign(&mut row.author, value, |author: Option<PersonId>| {
            author.map_or(NONE, |author| names.people.intern(&author))
        }),
        "labels" => assign(&mut row.labels, value, |labels: List<String>| {
            distinct(labels.iter().flatten().map(|label| names.labels.intern(label.as_str())))
        }),
        "milestone" => assign(&mut row.milestone, value, |name: Option<String>| {
            name.map_or(NONE, |name| names.milestones.intern(name.as_str()))
        }),
        "sprint" => assign(&mut row.sprint, value, |name: Option<String>| {
            name.map_or(NONE, |name| names.sprints.intern(name.as_str()))
        }),
        "project" => {
            assign(&mut row.project, value, |project: ProjectId| names.projects.intern(&project))
        }
        "parent" => assign(&mut row.parent, value, |end: Option<LinkEnd>| end.map(Box::new)),
        "startOn" => assign(&mut row.start_on, value, |date: Option<Date>| date),
        "dueOn" => assign(&mut row.due_on, value, |date: Option<Date>| date),
        "createdAt" => assign(&mut row.created_at, value, |at: Timestamp| at),
        "updatedAt" => assign(&mut row.updated_at, value, |at: Timestamp| at),
        "startedAt" => assign(&mut row.started_at, value, |at: Option<Timestamp>| at),
        "closedAt" => assign(&mut row.closed_at, value, |at: Option<Timestamp>| at),
        "estimate" => {
            assign(&mut row.estimate, value, |text: Option<String>| seconds(text.as_deref()))
        }
        "timeSpent" => {
            assign(&mut row.time_spent, value, |text: Option<String>| seconds(text.as_deref()))
        }
        "presence" => assign(&mut row.presence, value, |presence: Presence| presence),
        _ => {}
    }
}

fn assign<T, V: for<'de> Deserialize<'de>>(place: &mut T, value: Value, read: impl FnOnce(V) -> T) {
    if let Ok(value) = V::deserialize(value) {
        *place = read(value);
    }
}

/// The seconds of a duration as the log has it: `PT90S`.
fn seconds(text: Option<&str>) -> Option<i64> {
    text?.strip_prefix("PT")?.strip_suffix('S')?.parse().ok()
}
