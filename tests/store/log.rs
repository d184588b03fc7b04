//! The change log and what a batch writes to it.

use crate::support::database::both_databases;
use crate::support::records::{batch_of, task_record};

both_databases! {
    async fn an_unchanged_re_read_writes_nothing(db) {
        let source = db.source("acme").await;
        let batch = batch_of((1..=3).map(task_record).collect());
        let first = source.apply(&db.store, &batch).await;
        assert_eq!(first.tasks_added, 3);
        let head = db.store.head().await.unwrap();

        let second = source.apply(&db.store, &batch).await;
        assert_eq!((second.rows(), second.changes, second.tasks_unchanged), (0, 0, 3));
        assert_eq!(db.store.head().await.unwrap(), head);
    }
}
