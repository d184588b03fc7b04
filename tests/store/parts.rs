//! What a task has many of (worklogs beside comments), and its links to elsewhere.

use mainstem_model::record::{
    Batch, CommitSet, PartSet, QuarantineRecord, RemoteLinkSet, TaskRecord, WorklogRecord,
};
use mainstem_model::{Change, Commit, Position, RemoteLink, Subject, Visibility, Worklog};
use mainstem_store::Store;
use serde_json::{Value, json};

use crate::support::database::both_databases;
use crate::support::records::{
    at, batch_of, person_record, task_external_id, task_record, updated, worklog_record,
};

/// What the log says of tasks after a position: field, before, after.
async fn told(store: &Store, after: Position) -> Vec<(String, Value, Value)> {
    let log = store.read_log(after, 1000).await.unwrap();
    let about_tasks = |change: &Change| matches!(change.subject, Subject::Task(_));
    let values = |change: Change| (change.field, change.before.into(), change.after.into());
    log.into_iter().filter(about_tasks).map(values).collect()
}

fn worklogs(worklogs: Vec<WorklogRecord>) -> Batch {
    Batch { worklogs, ..Batch::default() }
}

both_databases! {
    async fn worklogs_are_told_when_they_come_change_and_go(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch_of(vec![task_record(1)])).await.position;
        let edited = WorklogRecord {
            time_spent_seconds: 7_200,
            updated_at: at(9),
            version: at(9).0,
            ..worklog_record(1, 1)
        };
        let both = worklogs(vec![worklog_record(2, 1), worklog_record(1, 1)]);
        assert_eq!(source.apply(&db.store, &both).await.worklogs_written, 2);
        assert_eq!(source.apply(&db.store, &both).await.rows(), 0, "a re-read writes nothing");
        source.apply(&db.store, &worklogs(vec![edited])).await;
        let older = source.apply(&db.store, &worklogs(vec![worklog_record(1, 1)])).await;
        assert_eq!((older.rows(), older.changes), (0, 0), "an older version never wins");
        let set = PartSet { task: task_external_id(1).into(), parts: vec!["worklog-1".into()] };
        let gone = Batch { worklog_sets: vec![set], ..Batch::default() };
        assert_eq!(source.apply(&db.store, &gone).await.worklogs_written, 1);
        assert_eq!(source.apply(&db.store, &gone).await.rows(), 0);

        let value = |n: u32, time: &str| {
            json!({ "id": source.id.worklog(&format!("worklog-{n}")), "updatedAt": format!("2026-01-01T00:00:{time}Z") })
        };
        let entry = |before, after| ("worklogs".to_owned(), before, after);
        assert_eq!(told(&db.store, position).await, [
            entry(Value::Null, value(1, "01")),
            entry(Value::Null, value(2, "02")),
            entry(value(1, "01"), value(1, "09")),
            entry(value(2, "02"), Value::Null),
        ]);
        let task = source.id.task(&task_external_id(1));
        let pages = db.store.worklogs(&[task], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!((pages[&task].total, pages[&task].parts[0].time_spent_seconds), (1, 7_200));
    }
}

both_databases! {
    async fn worklogs_come_in_the_order_of_the_work_and_page_by_page(db) {
        let source = db.source("acme").await;
        // Logged in another order than done; the last two began at the same moment.
        let mut records: Vec<_> = (1..=5).map(|n| worklog_record(n, 1)).collect();
        records[0].started_at = at(60);
        records[4].started_at = records[3].started_at;
        records[1].author = Some("1".into());
        records[2].note = None;
        let batch = Batch {
            people: vec![person_record(1)],
            worklogs: records.clone(),
            ..batch_of(vec![task_record(1), task_record(2)])
        };
        source.apply(&db.store, &batch).await;
        let tasks = [1, 2].map(|n| source.id.task(&task_external_id(n)));
        let whole = db.store.worklogs(&tasks, &Visibility::Everything, None, 100).await.unwrap();
        assert!(!whole.contains_key(&tasks[1]));
        let whole = &whole[&tasks[0]].parts;
        let expected = |record: &WorklogRecord| Worklog {
            id: source.id.worklog(&record.external_id),
            task: tasks[0],
            source: source.id,
            author: record.author.as_deref().map(|id| source.id.person(id)),
            started_at: record.started_at,
            time_spent_seconds: record.time_spent_seconds,
            note: record.note.clone(),
        };
        let mut expected: Vec<_> = records.iter().map(expected).collect();
        expected.sort_by_key(|worklog| (worklog.started_at, worklog.id));
        assert_eq!(*whole, expected);

        let mut read: Vec<Worklog> = Vec::new();
        loop {
            let after = read.last().map(|worklog| worklog.id);
            let page = db.store.worklogs(&tasks[..1], &Visibility::Everything, after, 2).await.unwrap().remove(&tasks[0]).unwrap();
            assert_eq!(page.total, 5);
            if page.parts.is_empty() {
                break;
            }
            read.extend(page.parts);
        }
        assert_eq!(read, *whole);
        let ids = [whole[0].id, source.id.worklog("none"), whole[4].id];
        let before = db.store.statements();
        let by_id = db.store.worklogs_by_id(&ids, &Visibility::Everything).await.unwrap();
        assert_eq!(db.store.statements() - before, 1);
        assert_eq!(by_id, [whole[0].clone(), whole[4].clone()].map(|worklog| (worklog.id, worklog)).into());
    }
}

both_databases! {
    async fn a_worklog_waits_for_its_task(db) {
        let source = db.source("acme").await;
        let mut by_key = worklog_record(1, 1);
        by_key.task.external_id = None;
        let early = worklogs(vec![by_key, worklog_record(2, 1)]);
        let waiting = source.apply(&db.store, &early).await;
        assert_eq!((waiting.worklogs_written, waiting.changes), (2, 0));
        let ids = [1, 2].map(|n| source.id.worklog(&format!("worklog-{n}")));
        assert!(db.store.worklogs_by_id(&ids, &Visibility::Everything).await.unwrap().is_empty());

        let arrived = source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        assert_eq!(arrived.worklogs_written, 2);
        assert_eq!(db.store.worklogs_by_id(&ids, &Visibility::Everything).await.unwrap().len(), 2);
        let fields: Vec<_> = told(&db.store, Position::default()).await.into_iter().map(|(field, ..)| field).collect();
        assert_eq!(fields, ["created", "worklogs", "worklogs"]);
        assert_eq!(source.apply(&db.store, &early).await.rows(), 0);
    }
}

both_databases! {
    async fn each_kind_leaves_quarantine_by_itself(db) {
        let source = db.source("acme").await;
        // Tools count each kind apart: the same number stands for three things.
        let number = task_external_id(1);
        let malformed = |kind: &str| QuarantineRecord {
            external_id: number.clone(),
            kind: kind.to_owned(),
            reason: "no".to_owned(),
            raw: "{}".into(),
        };
        let quarantine = ["issue", "comment", "worklog"].map(malformed).to_vec();
        source.apply(&db.store, &Batch { quarantine, ..Batch::default() }).await;
        let worklog = WorklogRecord { external_id: number.as_str().into(), ..worklog_record(1, 1) };
        for (batch, left) in [
            (worklogs(vec![worklog]), vec!["comment", "issue"]),
            (batch_of(vec![task_record(1)]), vec!["comment"]),
        ] {
            source.apply(&db.store, &batch).await;
            let found = db.store.quarantined(source.id, 10).await.unwrap();
            let mut kinds: Vec<_> = found.iter().map(|record| record.kind.as_str()).collect();
            kinds.sort_unstable();
            assert_eq!(kinds, left);
        }
    }
}

fn remote_link(url: &str) -> RemoteLink {
    RemoteLink { title: format!("At {url}"), url: url.to_owned(), relationship: None }
}

fn remote_links(task: u32, links: &[RemoteLink]) -> Batch {
    let set = RemoteLinkSet { task: task_external_id(task).into(), links: links.to_vec() };
    Batch { remote_links: vec![set], ..Batch::default() }
}

both_databases! {
    async fn remote_links_are_told_as_a_whole(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch_of(vec![task_record(1)])).await.position;
        let [one, other] = ["https://a.example", "https://b.example"].map(remote_link);
        let task = source.id.task(&task_external_id(1));
        let both = [one.clone(), other.clone()];
        for (step, links) in [&both[..0], &both[..1], &both[..], &both[..0]].into_iter().enumerate() {
            let written = source.apply(&db.store, &remote_links(1, links)).await;
            assert_eq!((written.links_written, written.changes), (u64::from(step > 0), u64::from(step > 0)));
            assert_eq!(source.apply(&db.store, &remote_links(1, links)).await.rows(), 0);
            // A reading of the task that does not say leaves them as they are.
            let touched = TaskRecord {
                title: format!("Step {step}"),
                ..updated(task_record(1), at(50 + i64::try_from(step).unwrap()))
            };
            source.apply(&db.store, &batch_of(vec![touched])).await;
            assert_eq!(db.store.details(&[task]).await.unwrap()[&task].remote_links, links);
        }
        let entries: Vec<_> = told(&db.store, position)
            .await
            .into_iter()
            .filter(|(field, ..)| field == "remoteLinks")
            .map(|(_, before, after)| (before, after))
            .collect();
        assert_eq!(entries, [
            (Value::Null, json!([one])),
            (json!([one]), json!([one, other])),
            (json!([one, other]), Value::Null),
        ]);
    }
}

both_databases! {
    async fn remote_links_of_an_unknown_task_are_put_aside(db) {
        let source = db.source("acme").await;
        let early = remote_links(1, &[remote_link("https://a.example")]);
        let applied = source.apply(&db.store, &early).await;
        assert_eq!((applied.quarantined, applied.links_written), (1, 0));
        let found = db.store.quarantined(source.id, 10).await.unwrap();
        assert_eq!((&*found[0].external_id, &*found[0].kind), (&*task_external_id(1), "remotelinks"));
        source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        assert_eq!(source.apply(&db.store, &early).await.links_written, 1);
        assert!(db.store.quarantined(source.id, 10).await.unwrap().is_empty());
    }
}

both_databases! {
    async fn commits_are_told_as_a_whole(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch_of(vec![task_record(1)])).await.position;
        let commit = |message: &str| Commit {
            message: message.to_owned(),
            committed_at: Some(at(1)),
            url: "https://tool.example/commit/1".to_owned(),
        };
        let (first, undated) = (commit("One"), Commit { committed_at: None, ..commit("Two") });
        let told_of = |commits: &[Commit]| {
            let set = CommitSet { task: task_external_id(1).into(), commits: commits.to_vec() };
            Batch { commits: vec![set], ..Batch::default() }
        };
        let both = [first, undated];
        for (step, commits) in [&both[..0], &both[..1], &both[..], &both[..0]].into_iter().enumerate() {
            let written = source.apply(&db.store, &told_of(commits)).await;
            assert_eq!(written.changes, u64::from(step > 0));
            assert_eq!(source.apply(&db.store, &told_of(commits)).await.rows(), 0);
            // Each of these changes lets the texts of the task be read again.
            let read = db.store.texts_to_read(1).await.unwrap().unwrap();
            assert_eq!(read.tasks[0].commits, commits);
            db.store.put_inferences(&read, Vec::new()).await.unwrap().unwrap();
            assert!(db.store.texts_to_read(1).await.unwrap().is_none());
        }
        let shown = json!([
            { "message": "One", "committedAt": "2026-01-01T00:00:01Z", "url": "https://tool.example/commit/1" },
            { "message": "Two", "committedAt": null, "url": "https://tool.example/commit/1" },
        ]);
        let entry = |before: &Value, after: &Value| ("commits".to_owned(), before.clone(), after.clone());
        let one = json!([shown[0]]);
        let none = Value::Null;
        assert_eq!(told(&db.store, position).await, [entry(&none, &one), entry(&one, &shown), entry(&shown, &none)]);
    }
}
