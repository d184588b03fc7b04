//! The change log, and what a batch writes to it.

use std::time::Duration;

use mainstem_model::record::{Batch, HistoryChange, HistoryEntry};
use mainstem_model::{Change, Position, Subject, Visibility};
use mainstem_store::{Store, StoreError};
use serde_json::json;

use crate::support::database::both_databases;
use crate::support::records::{
    at, batch_of, comment_record, task_external_id, task_record, updated,
};

/// Long enough that a test that waits so long has failed.
const FOR_EVER: Duration = Duration::from_secs(600);

/// Everything in the log, read in small steps.
async fn whole_log(store: &Store) -> Vec<Change> {
    let mut log: Vec<Change> = Vec::new();
    loop {
        let after = log.last().map_or(Position(0), |change| change.position);
        let page = store.read_log(after, 7).await.unwrap();
        if page.is_empty() {
            return log;
        }
        log.extend(page);
    }
}

/// The entries about tasks, as (field, before, after).
async fn task_entries(store: &Store) -> Vec<(String, serde_json::Value, serde_json::Value)> {
    let about_tasks = |change: &Change| matches!(change.subject, Subject::Task(_));
    whole_log(store)
        .await
        .into_iter()
        .filter(about_tasks)
        .map(|change| (change.field, change.before.into(), change.after.into()))
        .collect()
}

both_databases! {
    async fn an_unchanged_re_read_writes_nothing(db) {
        let source = db.source("acme").await;
        let mut batch = batch_of((1..=3).map(task_record).collect());
        batch.comments = vec![comment_record(1, 1)];
        let first = source.apply(&db.store, &batch).await;
        assert_eq!((first.tasks_added, first.comments_written), (3, 1));
        let head = db.store.head().await.unwrap();
        assert_eq!(first.position, head);

        let second = source.apply(&db.store, &batch).await;
        assert_eq!((second.rows(), second.changes, second.tasks_unchanged), (0, 0, 3));
        assert_eq!(db.store.head().await.unwrap(), head);
    }
}

both_databases! {
    async fn an_older_version_never_wins(db) {
        let source = db.source("acme").await;
        let old = task_record(1);
        let mut new = updated(task_record(1), at(60));
        new.title = "Newer".to_owned();
        let mut comment = comment_record(1, 1);
        comment.body = "Newer".to_owned();
        comment.version += 1;
        source.apply(&db.store, &Batch { comments: vec![comment], ..batch_of(vec![new]) }).await;

        let late = Batch { comments: vec![comment_record(1, 1)], ..batch_of(vec![old]) };
        let applied = source.apply(&db.store, &late).await;
        assert_eq!((applied.rows(), applied.changes), (0, 0));
        let id = source.id.task(&task_external_id(1));
        assert_eq!(db.store.tasks_by_id(&[id]).await.unwrap()[0].title, "Newer");
        let comment = source.id.comment("comment-1");
        assert_eq!(db.store.comments_by_id(&[comment], &Visibility::Everything).await.unwrap()[&comment].body, "Newer");
    }
}

both_databases! {
    async fn an_equal_version_with_other_content_is_accepted(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let mut same_version = task_record(1);
        same_version.title = "Edited within the same second".to_owned();
        let applied = source.apply(&db.store, &batch_of(vec![same_version])).await;
        assert_eq!(applied.tasks_changed, 1);
        assert_eq!(
            task_entries(&db.store).await.last().unwrap(),
            &("title".to_owned(), json!("Task number 1"), json!("Edited within the same second")),
        );
    }
}

both_databases! {
    async fn a_change_that_the_history_tells_is_logged_once(db) {
        let source = db.source("acme").await;
        let mut task = task_record(1);
        task.history = vec![HistoryEntry {
            key: "event-9".to_owned(),
            change: HistoryChange::Value { field: "title", before: json!("Draft"), after: json!("Task number 1") },
            actor: None,
            occurred_at: at(0),
        }];
        source.apply(&db.store, &batch_of(vec![task.clone()])).await;
        source.apply(&db.store, &batch_of(vec![updated(task, at(60))])).await;

        let titles: Vec<Change> = whole_log(&db.store).await.into_iter().filter(|change| change.field == "title").collect();
        assert_eq!(titles.len(), 1, "{titles:?}");
        assert_eq!((titles[0].before.clone(), titles[0].occurred_at), (Some(json!("Draft")), at(0)));
    }
}

both_databases! {
    async fn a_writer_that_lost_its_lease_writes_nothing(db) {
        let source = db.source("acme").await;
        db.clock.advance_seconds(7200);
        let taken = db.store.acquire_lease(&source.lease.name, "another", FOR_EVER).await.unwrap().unwrap();
        assert!(taken.fence > source.lease.fence);
        let head = db.store.head().await.unwrap();

        let refused = source.try_apply(&db.store, &batch_of(vec![task_record(1)])).await;
        assert!(matches!(refused, Err(StoreError::Fenced(_))), "{refused:?}");
        assert_eq!(db.store.head().await.unwrap(), head);
        assert!(db.store.load_tasks(None, 10).await.unwrap().is_empty());
    }
}

both_databases! {
    async fn a_follower_sees_every_entry_in_order_under_six_writers(db) {
        const WRITERS: u32 = 6;
        const BATCHES: u32 = 30;
        // Half of the writers are another program on the same database.
        let other = db.another_store().await;
        let before = db.store.head().await.unwrap();
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let source = db.source(&format!("source-{writer}")).await;
            let store = if writer % 2 == 0 { db.store.clone() } else { other.clone() };
            writers.push(tokio::spawn(async move {
                for batch in 0..BATCHES {
                    let tasks = (0..3).map(|n| task_record(batch * 3 + n)).collect();
                    source.apply(&store, &batch_of(tasks)).await;
                }
            }));
        }
        let follower = tokio::spawn({
            let store = db.store.clone();
            async move {
                let (mut position, mut created) = (before, 0);
                while created < WRITERS * BATCHES * 3 {
                    store.wait_past(position, Duration::from_millis(20)).await.unwrap();
                    for change in store.read_log(position, 50).await.unwrap() {
                        assert_eq!(change.position.0, position.0 + 1, "a position was skipped or repeated");
                        position = change.position;
                        created += u32::from(change.field == "created" && matches!(change.subject, Subject::Task(_)));
                    }
                }
                position
            }
        });
        for writer in writers {
            writer.await.unwrap();
        }
        let last = tokio::time::timeout(FOR_EVER, follower).await.unwrap().unwrap();
        assert!(last <= db.store.head().await.unwrap());
        other.close().await;
    }
}

both_databases! {
    async fn waiting_ends_with_a_commit_and_loses_none(db) {
        let source = db.source("acme").await;
        let head = db.store.head().await.unwrap();

        // A commit while somebody waits.
        let waiting = tokio::spawn({
            let store = db.store.clone();
            async move { store.wait_past(head, FOR_EVER).await.unwrap() }
        });
        tokio::task::yield_now().await;
        let first = source.apply(&db.store, &batch_of(vec![task_record(1)])).await.position;
        assert_eq!(waiting.await.unwrap(), first);

        // A commit before somebody waits.
        assert_eq!(db.store.wait_past(head, FOR_EVER).await.unwrap(), first);

        // No commit.
        assert_eq!(db.store.wait_past(first, Duration::ZERO).await.unwrap(), first);

        // A commit by another program.
        let other = db.another_store().await;
        let second = source.apply(&other, &batch_of(vec![task_record(2)])).await.position;
        assert_eq!(db.store.wait_past(first, Duration::from_millis(1)).await.unwrap(), second);
        other.close().await;
    }
}
