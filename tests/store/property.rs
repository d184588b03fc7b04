//! What holds whatever happens: random histories, and random schedules of batches and crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mainstem_model::record::{Batch, Cursor, HistoryChange, HistoryEntry, TaskRecord};
use mainstem_model::{Change, Position, SourceId, Subject, TaskId, Timestamp, Visibility};
use mainstem_store::{FieldAsOf, Store};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::database::{TestSource, both_databases};
use crate::support::property::property;
use crate::support::records::{at, batch_of, task_external_id, task_record, updated};

/// What the log says of the tasks of one source.
async fn log_of(store: &Store, source: SourceId) -> Vec<(TaskId, Change)> {
    let mut log = Vec::new();
    let mut after = Position(0);
    loop {
        let page = store.read_log(after, 1000).await.unwrap();
        let Some(last) = page.last() else { return log };
        after = last.position;
        log.extend(page.into_iter().filter(|change| change.source == source).filter_map(
            |change| match change.subject {
                Subject::Task(task) => Some((task, change)),
                _ => None,
            },
        ));
    }
}

/// The tool's history of one task: (field, before, after, seconds).
type Past = Vec<(&'static str, Option<&'static str>, Option<&'static str>, i64)>;

fn past() -> impl Strategy<Value = Past> {
    let field = prop::sample::select(vec!["title", "milestone"]);
    let value = || prop::sample::select(vec![None, Some("A"), Some("B"), Some("C")]);
    prop::collection::vec((field, value(), value(), 0..12i64), 0..6)
}

/// Task `n` with what the tool tells of its past from entry `from` on.
fn with_past(n: u32, past: &Past, from: usize) -> TaskRecord {
    let told = past.iter().enumerate().skip(from);
    let history = told.map(|(index, (field, before, after, seconds))| HistoryEntry {
        key: format!("event-{index}"),
        change: HistoryChange::Value { field, before: json!(before), after: json!(after) },
        actor: None,
        occurred_at: at(*seconds),
    });
    TaskRecord { history: history.collect(), ..task_record(n) }
}

/// What stood in each field at `at`, read off the log one task and one field after the other.
fn obvious_as_of(
    log: &[(TaskId, Change)],
    moment: Timestamp,
) -> BTreeMap<(TaskId, String), Option<Value>> {
    let mut fields = BTreeMap::new();
    for (task, change) in log {
        let same =
            |(other, entry): &&(TaskId, Change)| other == task && entry.field == change.field;
        let later = log.iter().filter(same).filter(|(_, entry)| entry.occurred_at > moment);
        if let Some((_, first)) = later.min_by_key(|(_, entry)| (entry.occurred_at, entry.position))
        {
            fields.insert((*task, change.field.clone()), first.before.clone());
        }
    }
    fields
}

both_databases! {
    async fn as_of_says_what_stood_before_the_first_later_change(db) {
        let case = AtomicU32::new(0);
        property(40, &(prop::collection::vec(past(), 1..4), -1..14i64), async |(pasts, seconds)| {
            let source = db.source(&format!("case-{}", case.fetch_add(1, Ordering::Relaxed))).await;
            // Half of the past is told late, so that the order of the log is not that of the events.
            let tasks = (1..).zip(&pasts).map(|(n, past)| with_past(n, past, past.len() / 2));
            source.apply(&db.store, &batch_of(tasks.collect())).await;
            let tasks = (1..).zip(&pasts).map(|(n, past)| updated(with_past(n, past, 0), at(60)));
            source.apply(&db.store, &batch_of(tasks.collect())).await;

            let only_this = Visibility::Sources(Arc::new(BTreeSet::from([source.id])));
            let answer = db.store.as_of(at(seconds), &only_this).await.unwrap();
            let count = answer.len();
            let answer: BTreeMap<_, _> =
                answer.into_iter().map(|FieldAsOf { task, field, value }| ((task, field), value)).collect();
            assert_eq!(answer.len(), count, "a field was answered twice");
            assert_eq!(answer, obvious_as_of(&log_of(&db.store, source.id).await, at(seconds)));
        });
    }
}

/// One batch of a pull: the versions of tasks that it brings, and whether the program dies while it
/// is stored, so many microseconds after it began.
#[derive(Debug, Clone)]
struct Step {
    tasks: BTreeMap<u32, u32>,
    dies_after: Option<u64>,
}

fn schedule() -> impl Strategy<Value = Vec<Step>> {
    let tasks = prop::collection::btree_map(0..5u32, 0..5u32, 1..4);
    let step = (tasks, prop::option::weighted(0.3, 0..6_000u64));
    prop::collection::vec(step.prop_map(|(tasks, dies_after)| Step { tasks, dies_after }), 1..8)
}

/// Version `version` of task `n`: its title says so, and its history has grown by one with each.
fn version_of(n: u32, version: u32) -> TaskRecord {
    let history = (0..version).map(|past| HistoryEntry {
        key: format!("event-{past}"),
        change: HistoryChange::Value {
            field: "milestone",
            before: json!(past.to_string()),
            after: json!((past + 1).to_string()),
        },
        actor: None,
        occurred_at: at(i64::from(past)),
    });
    let task = TaskRecord {
        title: format!("Task {n}, version {version}"),
        milestone: Some(version.to_string()),
        history: history.collect(),
        ..task_record(n)
    };
    updated(task, at(100 + i64::from(version)))
}

/// The titles and the cursor: what a batch changes, all or nothing.
async fn state(store: &Store, source: SourceId) -> (BTreeMap<TaskId, String>, Option<Cursor>) {
    let ids: Vec<TaskId> = (0..5).map(|n| source.task(&task_external_id(n))).collect();
    let tasks = store.tasks_by_id(&ids).await.unwrap();
    let cursor = store.scopes(source).await.unwrap().remove(0).cursor;
    (tasks.into_iter().map(|task| (task.id, task.title)).collect(), cursor)
}

/// The log tells each task's title step by step, and each event of its history once.
fn assert_told_once(log: &[(TaskId, Change)], titles: &BTreeMap<TaskId, String>) {
    let mut told: BTreeMap<TaskId, Value> = BTreeMap::new();
    let mut events: BTreeSet<(TaskId, String, Timestamp)> = BTreeSet::new();
    for (task, change) in log {
        match change.field.as_str() {
            "created" => {
                let title = change.after.as_ref().unwrap()["title"].clone();
                assert!(told.insert(*task, title).is_none(), "{task} was created twice");
            }
            "title" => {
                let before = told.insert(*task, change.after.clone().unwrap());
                assert_eq!(before, change.before, "{task}: a title was skipped or doubled");
            }
            "milestone" if change.occurred_at < at(100) => {
                let event = (*task, json!(change.after).to_string(), change.occurred_at);
                assert!(events.insert(event), "{task}: an event was logged twice");
            }
            _ => {}
        }
    }
    let stored: BTreeMap<TaskId, Value> =
        titles.iter().map(|(task, title)| (*task, json!(title))).collect();
    assert_eq!(told, stored);
}

both_databases! {
    async fn a_crash_at_any_batch_skips_nothing_and_doubles_nothing(db) {
        let case = AtomicU32::new(0);
        let db = tokio::sync::Mutex::new(db);
        property(25, &schedule(), async |steps: Vec<Step>| {
            let mut db = db.lock().await;
            let source = db.source(&format!("case-{}", case.fetch_add(1, Ordering::Relaxed))).await;
            let mut newest: BTreeMap<u32, u32> = BTreeMap::new();
            for (number, step) in steps.iter().enumerate() {
                let tasks = step.tasks.iter().map(|(n, version)| version_of(*n, *version)).collect();
                let cursor = Some(Cursor(number.to_string()));
                let batch = Batch { cursor: cursor.clone(), ..batch_of(tasks) };
                for (n, version) in &step.tasks {
                    let known = newest.entry(*n).or_default();
                    *known = (*known).max(*version);
                }
                let expected: BTreeMap<TaskId, String> =
                    newest.iter().map(|(n, version)| (source.id.task(&task_external_id(*n)), version_of(*n, *version).title)).collect();

                if let Some(micros) = step.dies_after {
                    let before = state(&db.store, source.id).await;
                    crash_while(&source, &db.store, &batch, micros).await;
                    db.reopen().await;
                    let after = state(&db.store, source.id).await;
                    assert!(after == before || after == (expected.clone(), cursor.clone()), "half a batch was stored");
                }
                source.apply(&db.store, &batch).await;
                assert_eq!(state(&db.store, source.id).await, (expected, cursor));
            }
            let (titles, _) = state(&db.store, source.id).await;
            assert_told_once(&log_of(&db.store, source.id).await, &titles);
        });
    }
}

/// Begins to store a batch and gives up after so many microseconds, wherever it then is.
async fn crash_while(source: &TestSource, store: &Store, batch: &Batch, micros: u64) {
    let storing = source.try_apply(store, batch);
    let _ = tokio::time::timeout(Duration::from_micros(micros), storing).await;
}
