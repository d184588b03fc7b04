//! The past of tasks that are stored already: what the log learns of it, and how far it has been read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use mainstem_model::record::{
    AbsenceRecord, Batch, Depth, HistoryChange, HistoryEntry, HistoryRecord, TaskRecord,
};
use mainstem_model::{Position, Presence, Subject, TaskId};
use mainstem_store::Store;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::database::{SCOPE, TestSource, both_databases};
use crate::support::property::property;
use crate::support::records::{
    at, batch_of, person_record, task_external_id, task_record, updated,
};

/// Task 1, which became "New" a hundred seconds after the start.
fn task() -> TaskRecord {
    let labels = vec!["bug".to_owned(), "api".to_owned()];
    updated(TaskRecord { title: "New".to_owned(), labels, ..task_record(1) }, at(100))
}

fn entry(key: &str, field: &'static str, values: [Value; 2], seconds: i64) -> HistoryEntry {
    let [before, after] = values;
    HistoryEntry {
        key: key.to_owned(),
        change: HistoryChange::Value { field, before, after },
        actor: Some("1".into()),
        occurred_at: at(seconds),
    }
}

fn past(entries: Vec<HistoryEntry>) -> Batch {
    let history = HistoryRecord { task: task_external_id(1).into(), entries };
    Batch { people: vec![person_record(1)], histories: vec![history], ..Batch::default() }
}

/// Field, value after and seconds of each entry about tasks, by when it happened.
async fn told(store: &Store) -> Vec<(String, Value, i64)> {
    let log = store.read_log(Position(0), 10_000).await.unwrap();
    let mut told: Vec<_> = log
        .into_iter()
        .filter(|change| matches!(change.subject, Subject::Task(_)) && change.field != "created")
        .map(|change| {
            let seconds = change.occurred_at.since(at(0)) / 1_000_000;
            (change.field, change.after.unwrap_or_default(), seconds)
        })
        .collect();
    told.sort_by_key(|(field, _, seconds)| (*seconds, field.clone()));
    told
}

fn id(source: &TestSource) -> TaskId {
    source.id.task(&task_external_id(1))
}

both_databases! {
    async fn it_is_logged_once_and_leaves_the_task_alone(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![task()])).await;
        let stored = db.store.tasks_by_id(&[id(&source)]).await.unwrap();
        let history = past(vec![
            entry("event:1", "title", [json!("Old"), json!("New")], 20),
            entry("event:2", "labels", [json!([]), json!(["bug"])], 30),
            // Dated a moment after the task by the tool that changed it.
            entry("event:4", "dueOn", [json!(null), json!("2026-02-01")], 101),
            // Newer than the stored reading of the task, which will come with it.
            entry("event:3", "title", [json!("New"), json!("Newest")], 110),
        ]);
        // Three of the past, and the person who did it.
        for changes in [4, 0] {
            assert_eq!(source.apply(&db.store, &history).await.changes, changes);
        }
        let expected = [
            ("title".to_owned(), json!("New"), 20),
            ("labels".to_owned(), json!(["bug"]), 30),
            ("dueOn".to_owned(), json!("2026-02-01"), 101),
        ];
        assert_eq!(told(&db.store).await, expected);
        assert_eq!(db.store.tasks_by_id(&[id(&source)]).await.unwrap(), stored);

        // The next reading of the task brings what was left, once.
        let newest = TaskRecord {
            title: "Newest".to_owned(),
            history: vec![entry("event:3", "title", [json!("New"), json!("Newest")], 110)],
            ..updated(task(), at(110))
        };
        source.apply(&db.store, &batch_of(vec![newest])).await;
        source.apply(&db.store, &history).await;
        assert_eq!(told(&db.store).await.len(), 4);
    }
}

both_databases! {
    async fn former_keys_are_learned_whichever_way_they_are_told(db) {
        let source = db.source("acme").await;
        let key = task().key;
        let moved = |name: &str, from: &str, to: &str, seconds| {
            entry(name, "key", [json!(from), json!(to)], seconds)
        };
        source.apply(&db.store, &batch_of(vec![task()])).await;
        let told = vec![moved("1", "OLD-1", "MID-2", 10), moved("2", "MID-2", &key, 20)];
        source.apply(&db.store, &past(told.clone())).await;
        let keys = async || {
            let tasks = db.store.load_tasks(None, 10).await.unwrap();
            tasks[0].previous_keys.clone()
        };
        assert_eq!(keys().await, ["OLD-1", "MID-2"]);
        // It moves on while we watch, and a whole reading tells the past again.
        let history = [told, vec![moved("3", &key, "NEW-9", 150)]].concat();
        let later = TaskRecord { key: "NEW-9".to_owned(), history, ..task() };
        source.apply(&db.store, &batch_of(vec![updated(later, at(200))])).await;
        assert_eq!(keys().await, ["OLD-1", "MID-2", key.as_str()]);
    }
}

both_databases! {
    async fn a_difference_that_was_seen_is_not_told_again(db) {
        let source = db.source("acme").await;
        let before = TaskRecord { title: "Old".to_owned(), labels: vec![], ..task_record(1) };
        source.apply(&db.store, &batch_of(vec![before])).await;
        // Seen as differences, without the tool's history.
        source.apply(&db.store, &batch_of(vec![task()])).await;
        let seen = told(&db.store).await;
        assert_eq!(seen.len(), 2);
        let history = past(vec![
            entry("event:1", "title", [json!("Old"), json!("New")], 98),
            // Another list of the tool names the same labels in another order.
            entry("event:2", "labels", [json!([]), json!(["api"])], 97),
            entry("event:3", "labels", [json!(["api"]), json!(["api", "bug"])], 99),
        ]);
        source.apply(&db.store, &history).await;
        let told = told(&db.store).await;
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0], ("labels".to_owned(), json!(["api"]), 97), "what came in between");
    }
}

both_databases! {
    async fn the_past_of_nothing_is_put_aside(db) {
        let source = db.source("acme").await;
        let nothing = past(vec![]);
        let something = past(vec![entry("event:1", "title", [json!("Old"), json!("New")], 1)]);
        for (batch, put_aside) in [(nothing, 0), (something, 1)] {
            let applied = source.apply(&db.store, &batch).await;
            assert_eq!(applied.quarantined, put_aside);
        }
        assert_eq!(told(&db.store).await, []);
    }
}

/// Which way each entry of a task's past comes: with the task, with its history, or both; and whether
/// the task comes before.
fn ways() -> impl Strategy<Value = (Vec<(bool, bool)>, bool)> {
    (prop::collection::vec((any::<bool>(), any::<bool>()), 1..8), any::<bool>())
}

both_databases! {
    async fn whichever_way_a_change_comes_it_is_told_once(db) {
        let case = AtomicU32::new(0);
        property(40, &ways(), async |(ways, in_one_batch): (Vec<(bool, bool)>, bool)| {
            let source = db.source(&format!("case-{}", case.fetch_add(1, Ordering::Relaxed))).await;
            let entries = |chosen: fn(&(bool, bool)) -> bool| -> Vec<HistoryEntry> {
                ways.iter()
                    .enumerate()
                    .filter(|(_, way)| chosen(way))
                    .map(|(n, _)| {
                        let values = [json!(n), json!(n + 1)];
                        entry(&format!("event:{n}"), "milestone", values, n as i64)
                    })
                    .collect()
            };
            let with_task = TaskRecord { history: entries(|way| way.0), ..task() };
            let history = past(entries(|way| way.1));
            let of_task = batch_of(vec![with_task]);
            if in_one_batch {
                source.apply(&db.store, &Batch { histories: history.histories.clone(), ..of_task.clone() }).await;
            }
            for batch in [&of_task, &history, &of_task, &history] {
                source.apply(&db.store, batch).await;
            }
            let log = db.store.read_log(Position(0), 100_000).await.unwrap();
            let mut told: BTreeMap<i64, u32> = BTreeMap::new();
            for change in log.iter().filter(|change| change.source == source.id && change.field == "milestone") {
                *told.entry(change.occurred_at.since(at(0)) / 1_000_000).or_default() += 1;
            }
            let expected: BTreeMap<i64, u32> = (0..).zip(&ways).filter(|(_, way)| way.0 || way.1).map(|(n, _)| (n, 1)).collect();
            assert_eq!(told, expected);
        });
    }
}

both_databases! {
    async fn every_present_task_comes_once_in_the_order_of_ids(db) {
        let source = db.source("acme").await;
        let other = db.source("other").await;
        other.apply(&db.store, &batch_of(vec![task_record(99)])).await;
        let mut batch = batch_of((1..=20).map(task_record).collect());
        batch.absences = vec![AbsenceRecord { task: task_external_id(3).into(), presence: Presence::Deleted }];
        source.apply(&db.store, &batch).await;

        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let tasks = db.store.tasks_to_read_history_of(source.id, SCOPE, after, 6).await.unwrap();
            let Some((last, _)) = tasks.last() else { break };
            assert!(tasks.iter().all(|(_, hint)| hint.depth == Depth::History));
            after = Some(*last);
            db.store.history_was_read(&source.lease, source.id, SCOPE, after).await.unwrap();
            let scope = db.store.scopes(source.id).await.unwrap().remove(0);
            assert_eq!((scope.history_after, scope.history_read_at), (after, None));
            seen.extend(tasks.into_iter().map(|(id, hint)| (id, hint.locator)));
        }
        assert!(seen.is_sorted());
        let mut locators: Vec<_> = seen.into_iter().map(|(_, locator)| locator).collect();
        locators.sort();
        let mut expected: Vec<_> = (1..=20).filter(|n| *n != 3).map(|n| task_record(n).locator).collect();
        expected.sort();
        assert_eq!(locators, expected);

        db.store.history_was_read(&source.lease, source.id, SCOPE, None).await.unwrap();
        let scope = db.store.scopes(source.id).await.unwrap().remove(0);
        assert!(scope.history_after.is_none() && scope.history_read_at.is_some());
        // Whoever has lost the lease says nothing of it.
        db.store.release_lease(&source.lease).await.unwrap();
        let lost = db.store.history_was_read(&source.lease, source.id, SCOPE, after).await;
        assert!(matches!(lost, Err(mainstem_store::StoreError::Fenced(_))), "{lost:?}");
    }
}
