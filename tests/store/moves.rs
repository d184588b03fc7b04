//! Tasks that the tool now shows under another id: the older identity stays.

use mainstem_model::record::{Batch, MoveRecord, TaskRecord};
use mainstem_model::{Position, TaskId, Visibility};
use serde_json::json;

use crate::support::database::{TestSource, both_databases};
use crate::support::records::{
    at, batch_of, comment_record, task_external_id, task_record, updated, worklog_record,
};

/// The scope of that other repository.
const MOVED_TO: &str = "acme/web";

/// Task 1 as task 2, in another repository.
fn moved() -> Batch {
    let record = TaskRecord {
        key: "acme/web#2".to_owned(),
        title: "Moved".to_owned(),
        ..updated(task_record(2), at(50))
    };
    let step = MoveRecord {
        from: task_external_id(1).into(),
        to: task_external_id(2).into(),
        scope: MOVED_TO.into(),
    };
    Batch { moves: vec![step], ..batch_of(vec![record]) }
}

fn ids(source: &TestSource) -> (TaskId, TaskId) {
    (source.id.task(&task_external_id(1)), source.id.task(&task_external_id(2)))
}

both_databases! {
    async fn the_older_identity_stays(db) {
        let source = db.source("acme").await;
        let (older, newer) = ids(&source);
        source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let applied = source.apply(&db.store, &moved()).await;
        assert_eq!((applied.tasks_added, applied.tasks_changed), (0, 1));
        assert_eq!(source.apply(&db.store, &moved()).await.rows(), 0);

        let task = db.store.tasks_by_id(&[older]).await.unwrap().remove(0);
        assert_eq!((task.key.as_str(), task.title.as_str()), ("acme/web#2", "Moved"));
        assert_eq!((task.previous_keys, task.scope.as_str()), (vec!["acme/api#1".to_owned()], MOVED_TO));
        assert_eq!(db.store.tasks_by_id(&[newer]).await.unwrap(), []);
        assert_eq!(db.store.redirects().await.unwrap(), [(newer, older)]);

        // From now on the new id means the old task, whatever names it.
        let later = TaskRecord { title: "Later".to_owned(), ..updated(task_record(2), at(60)) };
        let comments = vec![comment_record(1, 2)];
        source.apply(&db.store, &Batch { comments, ..batch_of(vec![later]) }).await;
        let task = db.store.tasks_by_id(&[older]).await.unwrap().remove(0);
        assert_eq!((task.title.as_str(), task.scope.as_str()), ("Later", MOVED_TO));
        assert_eq!(task.previous_keys, ["acme/api#1", "acme/web#2"]);
        let pages = db.store.comments(&[older], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!(pages[&older].total, 1);
    }
}

both_databases! {
    async fn a_task_that_was_read_under_both_ids_becomes_one(db) {
        let source = db.source("acme").await;
        let (older, newer) = ids(&source);
        let comments = vec![comment_record(1, 1), comment_record(2, 2)];
        let worklogs = vec![worklog_record(1, 1), worklog_record(2, 2)];
        let both = Batch { comments, worklogs, ..batch_of(vec![task_record(1), task_record(2)]) };
        let position = source.apply(&db.store, &both).await.position;
        source.apply(&db.store, &moved()).await;

        assert_eq!(db.store.tasks_by_id(&[newer]).await.unwrap(), []);
        let task = db.store.tasks_by_id(&[older]).await.unwrap().remove(0);
        assert_eq!(task.title, "Moved");
        let pages = db.store.comments(&[older], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!(pages[&older].total, 2);
        let pages = db.store.worklogs(&[older], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!(pages[&older].total, 2);
        let log = db.store.read_log(position, 10).await.unwrap();
        let gone = log.iter().find(|change| change.field == "movedTo").unwrap();
        assert_eq!(gone.subject, mainstem_model::Subject::Task(newer));
        assert_eq!(gone.after, Some(json!(older)));
    }
}

both_databases! {
    async fn a_move_of_a_task_that_never_came_is_a_task_like_any_other(db) {
        let source = db.source("acme").await;
        let (_, newer) = ids(&source);
        let applied = source.apply(&db.store, &moved()).await;
        assert_eq!(applied.tasks_added, 1);
        assert_eq!(db.store.tasks_by_id(&[newer]).await.unwrap().len(), 1);
        assert_eq!(db.store.redirects().await.unwrap(), []);
    }
}

both_databases! {
    async fn a_task_that_moves_twice_keeps_its_first_identity(db) {
        let source = db.source("acme").await;
        let (older, newer) = ids(&source);
        source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        source.apply(&db.store, &moved()).await;
        let step = MoveRecord { from: task_external_id(2).into(), to: task_external_id(3).into(), scope: MOVED_TO.into() };
        let again = Batch { moves: vec![step], ..batch_of(vec![updated(task_record(3), at(70))]) };
        source.apply(&db.store, &again).await;
        let newest = source.id.task(&task_external_id(3));
        let mut redirects = db.store.redirects().await.unwrap();
        redirects.sort();
        let mut expected = vec![(newer, older), (newest, older)];
        expected.sort();
        assert_eq!(redirects, expected);
        let log = db.store.read_log(Position::default(), 100).await.unwrap();
        assert_eq!(log.iter().filter(|change| change.field == "created").count(), 1);
    }
}
