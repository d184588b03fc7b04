//! What the tool tells of a task's past, beside what this store saw for itself.
//!
//! The same change can come both ways: as a difference between two readings, and as an entry of the
//! tool's own history, which has its actor and its exact time. Whichever comes second is not logged
//! again.

use mainstem_model::record::{ExternalId, HistoryChange, HistoryEntry};
use mainstem_model::{PersonId, Subject, TaskId};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::changes::NewChange;
use super::diff::some;
use super::names::Names;
use crate::dialect::row;

/// A difference is dated by the task's updated time, which may lie this far from when its history
/// says that it happened, in microseconds.
const SAME_CHANGE: u64 = 10 * 60 * 1_000_000;

row! {
    /// What the log already says of a task.
    Logged {
        subject: Uuid,
        field: String,
        after_value: Option<String>,
        occurred_at: i64,
        history_key: Option<String>,
    }
}

/// An entry of the tool's history as an entry of the log.
pub(super) fn entry(task: TaskId, entry: &HistoryEntry, names: &Names) -> NewChange {
    let people = |ids: &[ExternalId]| {
        json!(ids.iter().map(|id| names.person(id)).collect::<Vec<PersonId>>())
    };
    let (field, before, after) = match &entry.change {
        HistoryChange::Value { field, before, after } => (*field, before.clone(), after.clone()),
        HistoryChange::People { field, before, after } => (*field, people(before), people(after)),
    };
    NewChange {
        subject: Subject::Task(task),
        field: field.into(),
        before: some(before),
        after: some(after),
        actor: entry.actor.as_ref().map(|id| names.person(id)),
        occurred_at: entry.occurred_at,
        history_key: Some(entry.key.clone()),
    }
}

/// The entries of a task's history that the log does not have yet: neither under their own key, nor
/// as a difference that was seen. Each difference stands for one entry, the closest in time.
pub(super) fn untold(history: Vec<NewChange>, logged: &[Logged]) -> Vec<NewChange> {
    let mut untold: Vec<Option<NewChange>> = history
        .into_iter()
        .filter(|entry| {
            entry.history_key.is_none()
                || logged.iter().all(|known| known.history_key != entry.history_key)
        })
        .map(Some)
        .collect();
    for seen in logged.iter().filter(|known| known.history_key.is_none()) {
        let after = json(seen.after_value.as_deref());
        let distance = |entry: &NewChange| entry.occurred_at.0.abs_diff(seen.occurred_at);
        let closest = untold
            .iter_mut()
            .filter(|entry| {
                entry.as_ref().is_some_and(|entry| {
                    entry.field == seen.field
                        && entry.after == after
                        && distance(entry) <= SAME_CHANGE
                })
            })
            .min_by_key(|entry| entry.as_ref().map(distance));
        if let Some(entry) = closest {
            *entry = None;
        }
    }
    untold.into_iter().flatten().collect()
}

/// Whether the tool's history, in this batch or logged before, has told of a difference: the last
/// thing it says of the field since the task was last read is that it became what it now is.
pub(super) fn explains(
    difference: &NewChange,
    untold: &[NewChange],
    logged: &[Logged],
    since: i64,
) -> bool {
    let told_now = untold
        .iter()
        .filter(|entry| entry.field == difference.field)
        .map(|entry| (entry.occurred_at.0, entry.after.clone()));
    let told_before = logged
        .iter()
        .filter(|entry| entry.history_key.is_some() && entry.field == difference.field)
        .map(|entry| (entry.occurred_at, json(entry.after_value.as_deref())));
    told_before
        .chain(told_now)
        .filter(|(occurred_at, _)| *occurred_at >= since)
        .max_by_key(|(occurred_at, _)| *occurred_at)
        .is_some_and(|(_, after)| after == difference.after)
}

/// A JSON text that this store wrote.
fn json(text: Option<&str>) -> Option<Json> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
