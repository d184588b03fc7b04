//! What the tool tells of a task's past, beside what this store saw for itself.
//!
//! The same change can come both ways: as a difference between two readings, and as an entry of the
//! tool's own history, which has its actor and its exact time. Whichever comes second is not logged
//! again.

use std::collections::{BTreeMap, HashMap, HashSet};

use mainstem_model::record::{
    ExternalId, HistoryChange, HistoryEntry, HistoryRecord, TaskReference,
};
use mainstem_model::{PersonId, Subject, TaskId};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use super::diff::some;
use super::names::Names;
use super::quarantine::of_unknown;
use crate::StoreError;
use crate::dialect::{Ids, row, run};

/// A difference is dated by the task's updated time, which may lie this far from when its history
/// says that it happened, in microseconds.
const SAME_CHANGE: u64 = 10 * 60 * 1_000_000;

/// How much later than a task's updated time its history may date the change that set it, in
/// microseconds: a tool takes the two times one after the other.
const SAME_MOMENT: i64 = 2_000_000;

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

row! {
    /// The last moments that a stored reading of a task knows of.
    Read {
        id: Uuid,
        updated_at: i64,
        closed_at: Option<i64>,
    }
}

impl Apply<'_> {
    /// Logs what is untold of the past of stored tasks, which stay as they are. What is newer than
    /// their stored reading comes with the next one: told before it, it would contradict the task.
    pub(super) async fn histories(&mut self, records: &[HistoryRecord]) -> Result<(), StoreError> {
        let told: BTreeMap<Uuid, &HistoryRecord> = records
            .iter()
            .filter(|record| !record.entries.is_empty())
            .map(|record| (self.names.task(&record.task).0, record))
            .collect();
        if told.is_empty() {
            return Ok(());
        }
        let read = self.read_until(told.keys().copied().collect()).await?;
        let logged = self.logged_of(read.keys().copied().collect()).await?;
        let mut unknown = Vec::new();
        // The same batch may show a task itself, with its past.
        let told_above = self.changes.len();
        for (id, record) in told {
            let Some(until) = read.get(&id) else {
                unknown.push(of_unknown(&record.task, "history"));
                continue;
            };
            let mut history = self.entries_of(TaskId(id), &record.entries);
            let above = &self.changes[..told_above];
            let is_told = |entry: &NewChange| {
                above.iter().any(|change| {
                    change.subject == entry.subject && change.history_key == entry.history_key
                })
            };
            history.retain(|entry| entry.occurred_at.0 <= *until && !is_told(entry));
            let logged = logged.get(&id).map_or(&[][..], Vec::as_slice);
            self.changes.extend(untold(history, logged));
        }
        self.quarantine(&unknown).await
    }

    async fn read_until(&mut self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, i64>, StoreError> {
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("SELECT {} FROM task WHERE {among}", Read::COLUMNS);
        let rows: Vec<Read> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
        let until = |row: &Read| {
            row.updated_at.max(row.closed_at.unwrap_or(i64::MIN)).saturating_add(SAME_MOMENT)
        };
        Ok(rows.iter().map(|row| (row.id, until(row))).collect())
    }

    /// What the log already says of these tasks.
    pub(super) async fn logged_of(
        &mut self,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<Logged>>, StoreError> {
        let mut logged: HashMap<Uuid, Vec<Logged>> = HashMap::new();
        if !ids.is_empty() {
            let among = self.transaction.dialect().among_ids("subject", 1);
            let text = format!("SELECT {} FROM change WHERE {among}", Logged::COLUMNS);
            let rows: Vec<Logged> = run!(self.transaction, connection =>
                sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
            for row in rows {
                logged.entry(row.subject).or_default().push(row);
            }
        }
        Ok(logged)
    }

    /// What the tool tells of a task's past, as entries of the log.
    pub(super) fn entries_of(&self, task: TaskId, entries: &[HistoryEntry]) -> Vec<NewChange> {
        let mut keys = HashSet::new();
        let entries = entries.iter().filter(|entry| keys.insert(entry.key.as_str()));
        entries.map(|told| entry(task, told, &self.names)).collect()
    }
}

/// An entry of the tool's history as an entry of the log.
fn entry(task: TaskId, entry: &HistoryEntry, names: &Names) -> NewChange {
    let people = |ids: &[ExternalId]| {
        json!(ids.iter().map(|id| names.person(id)).collect::<Vec<PersonId>>())
    };
    let parent = |told: &Option<TaskReference>| {
        json!(told.as_ref().map(|reference| names.link_end(reference)))
    };
    let (field, before, after) = match &entry.change {
        HistoryChange::Value { field, before, after } => (*field, before.clone(), after.clone()),
        HistoryChange::Parent { before, after } => ("parent", parent(before), parent(after)),
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
                        && same(&entry.after, &after)
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
        .is_some_and(|(_, after)| same(&after, &difference.after))
}

/// Whether two values are the same but for the order of a list: a tool does not list labels or
/// assignees in the same order wherever it shows them.
fn same(one: &Option<Json>, other: &Option<Json>) -> bool {
    match (one, other) {
        (Some(Json::Array(one)), Some(Json::Array(other))) => {
            one.len() == other.len() && one.iter().all(|item| other.contains(item))
        }
        _ => one == other,
    }
}

/// A JSON text that this store wrote.
fn json(text: Option<&str>) -> Option<Json> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
