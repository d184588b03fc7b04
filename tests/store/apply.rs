//! What becomes of a batch: what is written, what the log says of it, and what is left alone.

use mainstem_model::record::{
    AbsenceRecord, Batch, Cursor, Depth, Hint, HistoryChange, HistoryEntry, ParentRecord, PartSet,
    QuarantineRecord, TaskRecord, TaskReference,
};
use mainstem_model::{
    Change, ChangeCause, Criterion, CustomField, Position, Presence, Priority, PriorityLevel,
    Status, StatusCategory, Subject, TaskId, TaskKind, Visibility,
};
use mainstem_store::{Applied, BatchContext, PreparedBatch, Store};
use serde_json::{Value, json};

use crate::support::database::{SCOPE, TestSource, both_databases};
use crate::support::records::{
    at, batch_of, comment_record, person_record, task_external_id, task_record, updated,
};

fn batch(task: TaskRecord) -> Batch {
    Batch { people: vec![person_record(1), person_record(2)], ..batch_of(vec![task]) }
}

fn id(source: &TestSource, n: u32) -> TaskId {
    source.id.task(&task_external_id(n))
}

/// What the log says of tasks after a position: field, before, after.
async fn told(store: &Store, after: Position) -> Vec<(String, Value, Value)> {
    entries(store, after)
        .await
        .into_iter()
        .map(|change| {
            (change.field, change.before.unwrap_or_default(), change.after.unwrap_or_default())
        })
        .collect()
}

/// Entries about tasks after a position.
async fn entries(store: &Store, after: Position) -> Vec<Change> {
    let log = store.read_log(after, 1000).await.unwrap();
    log.into_iter().filter(|change| matches!(change.subject, Subject::Task(_))).collect()
}

async fn title(store: &Store, task: TaskId) -> String {
    store.tasks_by_id(&[task]).await.unwrap().remove(0).title
}

both_databases! {
    async fn what_was_stored_before_writes_nothing(db) {
        let source = db.source("acme").await;
        let mut first = batch(task_record(1));
        first.comments = vec![comment_record(1, 1)];
        first.cursor = Some(Cursor("one".to_owned()));
        let applied = source.apply(&db.store, &first).await;
        assert_eq!((applied.tasks_added, applied.comments_written, applied.others_written), (1, 1, 3));

        let again = source.apply(&db.store, &first).await;
        assert_eq!(
            again,
            Applied { tasks_unchanged: 1, position: applied.position, ..Applied::default() }
        );
    }
}

both_databases! {
    async fn an_older_version_never_wins(db) {
        let source = db.source("acme").await;
        let titled = |title: &str, seconds: i64| {
            batch(TaskRecord { title: title.to_owned(), ..updated(task_record(1), at(seconds)) })
        };
        for (record, seconds, expected) in [
            ("first", 10, "first"),
            ("older", 5, "first"),
            ("as old, but different", 10, "as old, but different"),
            ("newer", 20, "newer"),
            ("older again", 19, "newer"),
        ] {
            source.apply(&db.store, &titled(record, seconds)).await;
            assert_eq!(title(&db.store, id(&source, 1)).await, expected, "after {record:?}");
        }
    }
}

both_databases! {
    async fn of_several_records_of_one_task_the_newest_counts(db) {
        let source = db.source("acme").await;
        let titled = |title: &str, seconds: i64| {
            TaskRecord { title: title.to_owned(), ..updated(task_record(1), at(seconds)) }
        };
        let tasks = vec![titled("b", 2), titled("c", 3), titled("a", 1)];
        let applied = source.apply(&db.store, &batch_of(tasks)).await;
        assert_eq!(applied.tasks_added, 1);
        assert_eq!(title(&db.store, id(&source, 1)).await, "c");
    }
}

both_databases! {
    async fn a_new_task_is_told_once(db) {
        let source = db.source("acme").await;
        let record = TaskRecord { author: Some("1".into()), ..task_record(7) };
        source.apply(&db.store, &batch(record)).await;
        let entries = entries(&db.store, Position::default()).await;
        let [created] = &entries[..] else { panic!("one entry, not {entries:?}") };
        assert_eq!(created.field, "created");
        assert_eq!(created.before, None);
        assert_eq!(created.after, Some(json!({ "key": "acme/api#7", "title": "Task number 7" })));
        assert_eq!(created.actor, Some(source.id.person("1")));
        assert_eq!((created.occurred_at, created.learned_at), (at(7), at(0)));
    }
}

type Edit = fn(&mut TaskRecord);

both_databases! {
    async fn every_field_that_changes_is_told(db) {
        let source = db.source("acme").await;
        let person = |n: &str| source.id.person(n).to_string();
        let cases: Vec<(Edit, &str, Value, Value)> = vec![
            (|task| task.title = "New".to_owned(), "title", json!("Task number 1"), json!("New")),
            (|task| task.body = None, "body", json!("The body of task 1."), Value::Null),
            (|task| task.kind = TaskKind::Bug, "kind", json!("ISSUE"), json!("BUG")),
            (|task| task.url = None, "url", json!("https://tool.example/acme/api/issues/1"), Value::Null),
            (
                |task| task.status = Status { name: "closed".to_owned(), category: StatusCategory::Done },
                "status",
                json!({ "name": "open", "category": "TODO" }),
                json!({ "name": "closed", "category": "DONE" }),
            ),
            (
                |task| task.priority = Priority { name: Some("P1".to_owned()), level: PriorityLevel::High },
                "priority",
                json!({ "name": null, "level": "NONE" }),
                json!({ "name": "P1", "level": "HIGH" }),
            ),
            (
                |task| task.assignees = vec!["2".into(), "1".into()],
                "assignees",
                json!([]),
                json!([person("2"), person("1")]),
            ),
            (|task| task.author = Some("1".into()), "author", Value::Null, json!(person("1"))),
            (|task| task.labels = vec!["a".to_owned()], "labels", json!([]), json!(["a"])),
            (|task| task.milestone = Some("1.0".to_owned()), "milestone", Value::Null, json!("1.0")),
            (|task| task.sprint = Some("7".to_owned()), "sprint", Value::Null, json!("7")),
            (|task| task.start_on = "2026-01-02".parse().ok(), "startOn", Value::Null, json!("2026-01-02")),
            (|task| task.due_on = "2026-01-03".parse().ok(), "dueOn", Value::Null, json!("2026-01-03")),
            (|task| task.started_at = Some(at(0)), "startedAt", Value::Null, json!("2026-01-01T00:00:00Z")),
            (|task| task.closed_at = Some(at(1)), "closedAt", Value::Null, json!("2026-01-01T00:00:01Z")),
            (|task| task.estimate_seconds = Some(60), "estimate", Value::Null, json!("PT60S")),
            (|task| task.time_spent_seconds = Some(5), "timeSpent", Value::Null, json!("PT5S")),
            (
                |task| task.criteria = vec![Criterion { text: "works".to_owned(), met: false }],
                "acceptanceCriteria",
                Value::Null,
                json!([{ "text": "works", "met": false }]),
            ),
            (
                |task| task.fields = vec![CustomField { name: "Points".to_owned(), value: json!(3) }],
                "fields",
                Value::Null,
                json!([{ "name": "Points", "value": 3 }]),
            ),
            (
                |task| task.parent = ParentRecord::Is(TaskReference { key: "acme/api#9".to_owned(), external_id: None }),
                "parent",
                Value::Null,
                json!({ "task": null, "key": "acme/api#9" }),
            ),
            // Nothing that has a name of its own: still something that a copy must learn of.
            (|_| {}, "updatedAt", json!("2026-01-01T00:00:01Z"), json!("2026-01-01T00:01:40Z")),
        ];
        for (number, (edit, field, before, after)) in (1..).zip(cases) {
            let external_id = task_external_id(number);
            let stored = TaskRecord { external_id: external_id.as_str().into(), ..task_record(1) };
            let position = source.apply(&db.store, &batch(stored.clone())).await.position;
            let mut record = updated(stored, at(100));
            edit(&mut record);
            let applied = source.apply(&db.store, &batch(record)).await;
            assert_eq!((applied.tasks_changed, applied.changes), (1, 1), "{field}");
            assert_eq!(told(&db.store, position).await, [(field.to_owned(), before, after)]);
            let entry = entries(&db.store, position).await.remove(0);
            assert_eq!((entry.occurred_at, entry.learned_at), (at(100), at(0)), "{field}");
            assert_eq!(entry.subject, Subject::Task(id(&source, number)), "{field}");
        }
    }
}

both_databases! {
    async fn an_unsaid_parent_stays(db) {
        let source = db.source("acme").await;
        let parent = |parent| batch(TaskRecord { parent, ..task_record(1) });
        let named = TaskReference { key: "acme/api#9".to_owned(), external_id: None };
        source.apply(&db.store, &parent(ParentRecord::Is(named))).await;
        let applied = source.apply(&db.store, &parent(ParentRecord::Unsaid)).await;
        assert_eq!(applied.rows(), 0);
        let edited = updated(task_record(1), at(50));
        let unsaid = TaskRecord { parent: ParentRecord::Unsaid, ..edited };
        source.apply(&db.store, &batch(unsaid)).await;
        let stored = db.store.tasks_by_id(&[id(&source, 1)]).await.unwrap().remove(0);
        assert_eq!(stored.parent.map(|end| end.key).as_deref(), Some("acme/api#9"));
        let applied = source.apply(&db.store, &parent(ParentRecord::None)).await;
        assert_eq!(applied.rows(), 0, "an older reading, parent and all, never wins");
    }
}

fn closed_at(seconds: i64) -> HistoryEntry {
    HistoryEntry {
        key: "closed:1".to_owned(),
        change: HistoryChange::Value {
            field: "status",
            before: json!({ "name": "open", "category": "TODO" }),
            after: json!({ "name": "closed", "category": "DONE" }),
        },
        actor: Some("2".into()),
        occurred_at: at(seconds),
    }
}

fn closed(task: TaskRecord) -> TaskRecord {
    let status = Status { name: "closed".to_owned(), category: StatusCategory::Done };
    TaskRecord { status, ..task }
}

both_databases! {
    async fn the_history_of_a_new_task_is_told_in_order(db) {
        let source = db.source("acme").await;
        let assigned = HistoryEntry {
            key: "assigned:1".to_owned(),
            change: HistoryChange::People { field: "assignees", before: vec![], after: vec!["1".into()] },
            actor: None,
            occurred_at: at(20),
        };
        let history = vec![closed_at(30), assigned];
        source.apply(&db.store, &batch(TaskRecord { history, ..closed(task_record(1)) })).await;
        let entries = entries(&db.store, Position::default()).await;
        let fields: Vec<_> = entries.iter().map(|entry| entry.field.as_str()).collect();
        assert_eq!(fields, ["created", "assignees", "status"]);
        assert_eq!(entries[1].after, Some(json!([source.id.person("1")])));
        assert_eq!(entries[2].actor, Some(source.id.person("2")));
    }
}

both_databases! {
    async fn a_change_that_history_tells_is_told_once_whichever_comes_first(db) {
        let with_history = |task: TaskRecord| TaskRecord { history: vec![closed_at(90)], ..task };
        let later = || closed(updated(task_record(1), at(100)));
        let cases = [
            ("together", vec![with_history(later())]),
            ("the difference first", vec![later(), with_history(later())]),
            ("twice", vec![with_history(later()), with_history(later())]),
            ("history first, on a stale record", vec![
                TaskRecord { history: vec![closed_at(90)], ..task_record(1) },
                later(),
            ]),
        ];
        for (name, records) in cases {
            let source = db.source(name).await;
            let position = source.apply(&db.store, &batch(task_record(1))).await.position;
            for record in records {
                source.apply(&db.store, &batch(record)).await;
            }
            let told = told(&db.store, position).await;
            let statuses = told.iter().filter(|(field, ..)| field == "status").count();
            assert_eq!(statuses, 1, "{name}: {told:?}");
            let stored = db.store.tasks_by_id(&[id(&source, 1)]).await.unwrap().remove(0);
            assert_eq!(stored.status.category, StatusCategory::Done, "{name}");
        }
    }
}

both_databases! {
    async fn a_task_that_was_reopened_and_closed_again_is_told_thrice(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch(task_record(1))).await.position;
        let entry = |key: &str, seconds: i64, open: bool| {
            let (open_status, closed_status) =
                (json!({ "name": "open", "category": "TODO" }), json!({ "name": "closed", "category": "DONE" }));
            let (before, after) = if open { (closed_status, open_status) } else { (open_status, closed_status) };
            HistoryEntry {
                key: key.to_owned(),
                change: HistoryChange::Value { field: "status", before, after },
                actor: None,
                occurred_at: at(seconds),
            }
        };
        let seen = closed(updated(task_record(1), at(60)));
        source.apply(&db.store, &batch(seen.clone())).await;
        let history = vec![entry("a", 20, false), entry("b", 40, true), entry("c", 60, false)];
        let whole = batch(TaskRecord { history, ..seen });
        for _ in 0..2 {
            source.apply(&db.store, &whole).await;
        }
        let told = told(&db.store, position).await;
        assert_eq!(told.len(), 3, "{told:?}");
    }
}

both_databases! {
    async fn comments_are_told_when_they_come_change_and_go(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch(task_record(1))).await.position;
        let mut edited = comment_record(1, 1);
        edited.body = "Better".to_owned();
        edited.updated_at = at(9);
        edited.version = at(9).0;
        let all = |records| Batch { comments: records, ..Batch::default() };
        source.apply(&db.store, &all(vec![comment_record(1, 1), comment_record(2, 1)])).await;
        source.apply(&db.store, &all(vec![edited])).await;
        let older = source.apply(&db.store, &all(vec![comment_record(1, 1)])).await;
        assert_eq!(older.rows(), 0, "an older version never wins");
        let set = PartSet { task: task_external_id(1).into(), parts: vec!["comment-1".into()] };
        let gone = Batch { comment_sets: vec![set], ..Batch::default() };
        assert_eq!(source.apply(&db.store, &gone).await.comments_written, 1);
        assert_eq!(source.apply(&db.store, &gone).await.rows(), 0);

        let value = |n: u32, time: &str| {
            json!({ "id": source.id.comment(&format!("comment-{n}")), "updatedAt": format!("2026-01-01T00:00:{time}Z") })
        };
        let comments = |before, after| ("comments".to_owned(), before, after);
        assert_eq!(told(&db.store, position).await, [
            comments(Value::Null, value(1, "01")),
            comments(Value::Null, value(2, "02")),
            comments(value(1, "01"), value(1, "09")),
            comments(value(2, "02"), Value::Null),
        ]);
        let pages = db.store.comments(&[id(&source, 1)], &Visibility::Everything, None, 10).await.unwrap();
        let bodies: Vec<_> = pages[&id(&source, 1)].parts.iter().map(|comment| comment.body.as_str()).collect();
        assert_eq!(bodies, ["Better"]);
    }
}

both_databases! {
    async fn a_comment_waits_for_its_task(db) {
        let source = db.source("acme").await;
        let mut by_key = comment_record(1, 1);
        by_key.task.external_id = None;
        let early = Batch { comments: vec![by_key, comment_record(2, 1)], ..Batch::default() };
        let waiting = source.apply(&db.store, &early).await;
        assert_eq!((waiting.comments_written, waiting.changes), (2, 0));

        let arrived = source.apply(&db.store, &batch(task_record(1))).await;
        assert_eq!(arrived.comments_written, 2);
        let pages = db.store.comments(&[id(&source, 1)], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!(pages[&id(&source, 1)].total, 2);
        let fields: Vec<_> = told(&db.store, Position::default()).await.into_iter().map(|(field, ..)| field).collect();
        assert_eq!(fields, ["created", "comments", "comments"]);
        assert_eq!(source.apply(&db.store, &early).await.rows(), 0);
    }
}

both_databases! {
    async fn a_comment_finds_its_task_by_a_key_that_it_had_before(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch(task_record(1))).await;
        let renamed = TaskRecord { key: "acme/web#5".to_owned(), ..updated(task_record(1), at(50)) };
        source.apply(&db.store, &batch(renamed)).await;
        let mut by_key = comment_record(1, 1);
        by_key.task.external_id = None;
        source.apply(&db.store, &Batch { comments: vec![by_key], ..Batch::default() }).await;
        let pages = db.store.comments(&[id(&source, 1)], &Visibility::Everything, None, 10).await.unwrap();
        assert_eq!(pages[&id(&source, 1)].total, 1);
        let stored = db.store.tasks_by_id(&[id(&source, 1)]).await.unwrap().remove(0);
        assert_eq!(stored.previous_keys, ["acme/api#1"]);
    }
}

both_databases! {
    async fn an_absent_task_stays_and_may_come_back(db) {
        let source = db.source("acme").await;
        let position = source.apply(&db.store, &batch(task_record(1))).await.position;
        let absent = |presence| {
            let absences = vec![
                AbsenceRecord { task: task_external_id(1).into(), presence },
                AbsenceRecord { task: "never seen".into(), presence },
            ];
            Batch { absences, ..Batch::default() }
        };
        source.apply(&db.store, &absent(Presence::AccessLost)).await;
        let again = source.apply(&db.store, &absent(Presence::AccessLost)).await;
        assert_eq!((again.rows(), again.changes), (0, 0));
        source.apply(&db.store, &absent(Presence::Deleted)).await;
        source.apply(&db.store, &batch(task_record(1))).await;
        let presence = |before: &str, after: &str| ("presence".to_owned(), json!(before), json!(after));
        assert_eq!(told(&db.store, position).await, [
            presence("PRESENT", "ACCESS_LOST"),
            presence("ACCESS_LOST", "DELETED"),
            presence("DELETED", "PRESENT"),
        ]);
    }
}

both_databases! {
    async fn an_unreadable_record_is_kept_until_it_can_be_read(db) {
        let source = db.source("acme").await;
        let record = |reason: &str| QuarantineRecord {
            external_id: task_external_id(1),
            kind: "issue".to_owned(),
            reason: reason.to_owned(),
            raw: "{}".into(),
        };
        let unreadable = |reason| Batch { quarantine: vec![record(reason)], ..Batch::default() };
        for (reason, written) in [("no title", 1), ("no title", 0), ("no number", 1)] {
            assert_eq!(source.apply(&db.store, &unreadable(reason)).await.quarantined, written, "{reason}");
        }
        let kept = db.store.quarantined(source.id, 10).await.unwrap();
        assert_eq!(kept.iter().map(|kept| kept.reason.as_str()).collect::<Vec<_>>(), ["no number"]);
        source.apply(&db.store, &batch(task_record(1))).await;
        assert_eq!(db.store.quarantined(source.id, 10).await.unwrap(), []);
    }
}

fn hint(n: u32, depth: Depth) -> Hint {
    Hint { external_id: Some(task_external_id(n).into()), locator: format!("acme/api/{n}"), depth }
}

async fn answer(store: &Store, source: &TestSource, hint: i64) {
    let context = BatchContext {
        lease: &source.lease,
        source: source.id,
        scope: SCOPE,
        cause: ChangeCause::Sync,
        answered: &[hint],
    };
    let nothing = PreparedBatch::of(Batch::default()).await.unwrap();
    store.apply_batch(&context, &nothing).await.unwrap();
}

both_databases! {
    async fn what_a_batch_asks_for_is_asked_for_once(db) {
        let source = db.source("acme").await;
        let asking = |token: &str| {
            let task = TaskRecord { census_token: Some(token.to_owned()), ..task_record(1) };
            Batch { hints: vec![hint(1, Depth::Relations)], ..batch(task) }
        };
        source.apply(&db.store, &asking("a")).await;
        let [taken] = &db.store.take_hints(&source.lease, source.id, ChangeCause::Sync, 10).await.unwrap()[..] else {
            panic!("one hint")
        };
        assert_eq!((taken.attempts, taken.scope.as_str(), &taken.hint), (1, SCOPE, &hint(1, Depth::Relations)));
        db.clock.advance_seconds(3600);
        answer(&db.store, &source, taken.id).await;
        source.apply(&db.store, &asking("a")).await;
        assert_eq!(db.store.take_hints(&source.lease, source.id, ChangeCause::Sync, 10).await.unwrap(), []);
        source.apply(&db.store, &asking("b")).await;
        assert_eq!(db.store.take_hints(&source.lease, source.id, ChangeCause::Sync, 10).await.unwrap().len(), 1);
    }
}

both_databases! {
    async fn writers_of_one_source_never_set_each_other_back(db) {
        let source = db.source("acme").await;
        let titled = |version: i64| {
            let task = updated(task_record(1), at(version));
            batch(TaskRecord { title: format!("version {version}"), ..task })
        };
        source.apply(&db.store, &titled(2)).await;
        // Two programs, one with the odd versions, one with the even ones.
        let writer = async |first: i64| {
            let store = db.another_store().await;
            for version in (first..60).step_by(2) {
                source.apply(&store, &titled(version)).await;
            }
            store.close().await;
        };
        tokio::join!(writer(3), writer(4));

        assert_eq!(title(&db.store, id(&source, 1)).await, "version 59");
        let mut last = json!("version 2");
        for (field, before, after) in told(&db.store, Position::default()).await {
            if field == "title" {
                assert_eq!(before, last, "each entry goes on where the last one ended");
                last = after;
            }
        }
        assert_eq!(last, json!("version 59"));
    }
}
