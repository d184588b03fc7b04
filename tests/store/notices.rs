//! Mail about a task of another source: told once, on the tasks that bear the key that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstem_model::record::{
    Batch, CommentRecord, NoticeKind, NoticeRecord, NoticeSet, PartSet, PersonRecord, TaskRecord,
};
use mainstem_model::{Notice, Position, SourceId, Subject, TaskId, Visibility};
use mainstem_store::{ChangeQuery, Store, TaskChangeQuery};
use serde_json::{Value, json};

use crate::support::database::{TestDatabase, TestSource, both_databases};
use crate::support::records::{
    MAIL_SITE, at, batch_of, comment_record, notice_record, notices_of, person_record,
    reply_record, task_external_id, task_record, updated,
};

const EVERYTHING: Visibility = Visibility::Everything;

/// A source that is read at [`MAIL_SITE`], and a mailbox.
async fn tool_and_mailbox(db: &TestDatabase) -> (TestSource, TestSource) {
    let tool = db.source("acme").await;
    db.store.put_site(tool.id, &MAIL_SITE.into()).await.unwrap();
    (tool, db.source("support").await)
}

fn only(source: &TestSource) -> Visibility {
    Visibility::Sources(Arc::new(BTreeSet::from([source.id])))
}

fn task(source: &TestSource, n: u32) -> TaskId {
    source.id.task(&task_external_id(n))
}

async fn notices(store: &Store, task: TaskId) -> Vec<Notice> {
    let mut pages = store.notices(&[task], &EVERYTHING, None, 100).await.unwrap();
    let page = pages.remove(&task).unwrap_or_default();
    assert_eq!(page.total, page.parts.len() as u64);
    page.parts
}

/// The words of a task's notices.
async fn words(store: &Store, task: TaskId) -> Vec<String> {
    notices(store, task).await.into_iter().map(|notice| notice.evidence.quote).collect()
}

async fn comments(store: &Store, task: TaskId, visibility: &Visibility) -> Vec<String> {
    let mut pages = store.comments(&[task], visibility, None, 100).await.unwrap();
    let page = pages.remove(&task).unwrap_or_default();
    assert_eq!(page.total, page.parts.len() as u64);
    page.parts.into_iter().map(|comment| comment.body).collect()
}

/// What the log says of mail after a position: source, task, field, before, after.
async fn told(store: &Store, after: Position) -> Vec<(SourceId, Subject, String, Value, Value)> {
    let log = store.read_log(after, 1000).await.unwrap();
    let of_mail =
        log.into_iter().filter(|change| change.field == "notices" || change.field == "comments");
    of_mail
        .map(|change| {
            (change.source, change.subject, change.field, change.before.into(), change.after.into())
        })
        .collect()
}

both_databases! {
    async fn a_notice_is_told_once_and_goes_with_its_mail(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        let batch = Batch {
            people: vec![person_record(1)],
            ..batch_of(vec![task_record(1), task_record(2)])
        };
        let position = tool.apply(&db.store, &batch).await.position;
        let batch = notices_of("a", vec![notice_record(2, 1), notice_record(1, 1)]);
        assert_eq!(mailbox.apply(&db.store, &batch).await.notices_written, 2);
        assert_eq!(mailbox.apply(&db.store, &batch).await.rows(), 0, "a re-read writes nothing");
        let other = notices_of("b", vec![notice_record(3, 2)]);
        mailbox.apply(&db.store, &other).await;

        let one = task(&tool, 1);
        let found = notices(&db.store, one).await;
        assert_eq!(found.iter().map(|notice| &*notice.evidence.quote).collect::<Vec<_>>(), ["Mail 1", "Mail 2"]);
        let notice = &found[0];
        assert_eq!(notice.id, mailbox.id.notice("mail-1"));
        assert_eq!((notice.task, notice.source), (one, mailbox.id));
        assert_eq!(notice.event.as_deref(), Some("mention"));
        assert_eq!(notice.actor, Some(tool.id.person("1")), "the tool knows who that is");
        assert_eq!((notice.actor_name.as_deref(), notice.sent_at), (Some("person1"), at(1)));
        assert_eq!(notice.evidence.url.as_deref(), Some("https://tool.example/acme/api/issues/1#1"));

        // One is removed, one is corrected; the other group is not spoken of.
        let corrected = NoticeRecord { body: "Anew".to_owned(), ..notice_record(2, 1) };
        let fewer = notices_of("a", vec![corrected]);
        assert_eq!(mailbox.apply(&db.store, &fewer).await.notices_written, 2);
        assert_eq!(words(&db.store, one).await, ["Anew"]);
        assert_eq!(words(&db.store, task(&tool, 2)).await, ["Mail 3"]);

        let value = |n: u32| json!({
            "id": mailbox.id.notice(&format!("mail-{n}")), "updatedAt": format!("2026-01-01T00:00:0{n}Z")
        });
        let entry = |n, before, after| {
            (mailbox.id, Subject::Task(task(&tool, n)), "notices".to_owned(), before, after)
        };
        assert_eq!(told(&db.store, position).await, [
            entry(1, Value::Null, value(1)),
            entry(1, Value::Null, value(2)),
            entry(2, Value::Null, value(3)),
            entry(1, value(1), Value::Null),
            entry(1, value(2), value(2)),
        ]);
    }
}

both_databases! {
    async fn an_older_version_never_wins(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        tool.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let newer = NoticeRecord { version: 2, body: "Newer".to_owned(), ..notice_record(1, 1) };
        mailbox.apply(&db.store, &notices_of("a", vec![newer])).await;
        let older = mailbox.apply(&db.store, &notices_of("a", vec![notice_record(1, 1)])).await;
        assert_eq!((older.rows(), older.changes), (0, 0));
        assert_eq!(words(&db.store, task(&tool, 1)).await, ["Newer"]);
    }
}

both_databases! {
    async fn a_notice_stands_on_whatever_bears_its_key(db) {
        let mailbox = db.source("support").await;
        let early = notices_of("a", vec![notice_record(1, 1)]);
        assert_eq!(mailbox.apply(&db.store, &early).await.changes, 1, "of its people alone is told");

        // The task arrives later, and its source says later still where it is read.
        let tool = db.source("acme").await;
        tool.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let one = task(&tool, 1);
        assert_eq!(words(&db.store, one).await, [] as [&str; 0]);
        db.store.put_site(tool.id, &MAIL_SITE.into()).await.unwrap();
        assert_eq!(words(&db.store, one).await, ["Mail 1"]);
        let head = db.store.head().await.unwrap();
        db.store.put_site(tool.id, &MAIL_SITE.into()).await.unwrap();
        assert_eq!(db.store.head().await.unwrap(), head, "the same site is no news");

        // It gets another key: mail by the old one stays, mail by the new one comes.
        let moved = TaskRecord { key: "acme/web#7".to_owned(), ..updated(task_record(1), at(60)) };
        tool.apply(&db.store, &batch_of(vec![moved])).await;
        let by_new_key = NoticeRecord { key: "acme/web#7".to_owned(), ..notice_record(2, 1) };
        mailbox.apply(&db.store, &notices_of("b", vec![by_new_key])).await;
        assert_eq!(words(&db.store, one).await, ["Mail 1", "Mail 2"]);
        // Another task takes the old key: its mail is about that one now.
        let taker = TaskRecord { key: "acme/api#1".to_owned(), ..task_record(9) };
        tool.apply(&db.store, &batch_of(vec![taker])).await;
        assert_eq!(words(&db.store, one).await, ["Mail 2"]);
        assert_eq!(words(&db.store, task(&tool, 9)).await, ["Mail 1"]);

        // Two sources read the same site, a third one another.
        let (twin, stranger) = (db.source("twin").await, db.source("stranger").await);
        db.store.put_site(twin.id, &MAIL_SITE.into()).await.unwrap();
        db.store.put_site(stranger.id, &"other.example".into()).await.unwrap();
        for source in [&twin, &stranger] {
            source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        }
        assert_eq!(words(&db.store, task(&twin, 1)).await, ["Mail 1"]);
        assert_eq!(words(&db.store, task(&stranger, 1)).await, [] as [&str; 0]);
    }
}

both_databases! {
    async fn an_answer_is_a_comment_among_the_others(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        let batch = Batch {
            comments: vec![comment_record(1, 1), comment_record(3, 1)],
            ..batch_of(vec![task_record(1)])
        };
        let position = tool.apply(&db.store, &batch).await.position;
        let to_tool = NoticeRecord { kind: NoticeKind::ReplyToTool, ..notice_record(4, 1) };
        let group = notices_of("a", vec![reply_record(2, 1), to_tool.clone()]);
        mailbox.apply(&db.store, &group).await;
        let one = task(&tool, 1);
        let in_order = ["Comment 1", "Answer 2", "Comment 3"];
        assert_eq!(comments(&db.store, one, &EVERYTHING).await, in_order);
        assert_eq!(comments(&db.store, one, &only(&tool)).await, ["Comment 1", "Comment 3"]);

        let mut read = Vec::new();
        loop {
            let after = read.last().copied();
            let page = db.store.comments(&[one], &EVERYTHING, after, 1).await.unwrap().remove(&one).unwrap();
            assert_eq!(page.total, 3);
            let Some(comment) = page.parts.first() else { break };
            read.push(comment.id);
        }
        let answer = mailbox.id.comment("mail-2");
        assert_eq!(read, [tool.id.comment("comment-1"), answer, tool.id.comment("comment-3")]);
        let by_id = db.store.comments_by_id(&[answer], &EVERYTHING).await.unwrap();
        assert_eq!((by_id[&answer].task, by_id[&answer].author), (one, Some(mailbox.id.person("1"))));
        for visible in [&tool, &mailbox] {
            assert!(db.store.comments_by_id(&[answer], &only(visible)).await.unwrap().is_empty());
        }
        // What the tool takes is not shown.
        let hidden = [mailbox.id.comment("mail-4")];
        assert!(db.store.comments_by_id(&hidden, &EVERYTHING).await.unwrap().is_empty());

        // The tool lists its own comments; the answer is not the tool's to remove.
        let set = PartSet {
            task: task_external_id(1).into(),
            parts: vec!["comment-1".into()],
        };
        let fewer = Batch { comment_sets: vec![set], ..Default::default() };
        tool.apply(&db.store, &fewer).await;
        assert_eq!(comments(&db.store, one, &EVERYTHING).await, ["Comment 1", "Answer 2"]);
        // It turns out that the tool has taken it.
        let taken = NoticeRecord { kind: NoticeKind::ReplyToTool, ..reply_record(2, 1) };
        mailbox.apply(&db.store, &notices_of("a", vec![taken, to_tool])).await;
        assert_eq!(comments(&db.store, one, &EVERYTHING).await, ["Comment 1"]);
        let of_mailbox: Vec<_> = told(&db.store, position).await.into_iter().filter(|told| told.0 == mailbox.id).collect();
        let value = json!({ "id": answer, "updatedAt": "2026-01-01T00:00:02Z" });
        let entry = |before: Value, after: Value| {
            (mailbox.id, Subject::Task(one), "comments".to_owned(), before, after)
        };
        assert_eq!(of_mailbox, [entry(Value::Null, value.clone()), entry(value, Value::Null)]);
    }
}

both_databases! {
    async fn mail_is_seen_by_those_who_see_mailbox_and_task(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        tool.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        mailbox.apply(&db.store, &notices_of("a", vec![notice_record(1, 1)])).await;
        let (one, id) = (task(&tool, 1), mailbox.id.notice("mail-1"));
        for (visibility, seen) in [(&EVERYTHING, 1), (&only(&tool), 0)] {
            let pages = db.store.notices(&[one], visibility, None, 10).await.unwrap();
            assert_eq!(pages.get(&one).map_or(0, |page| page.parts.len()), seen);
        }
        for (visibility, seen) in [(&EVERYTHING, 1), (&only(&tool), 0), (&only(&mailbox), 0)] {
            assert_eq!(db.store.notices_by_id(&[id], visibility).await.unwrap().len(), seen);
        }
        let history = TaskChangeQuery { fields: Some(vec!["notices".to_owned()]), after: None, limit: 10 };
        for (visibility, seen) in [(&EVERYTHING, 1), (&only(&tool), 0)] {
            let changes = db.store.task_changes(&[one], visibility, &history).await.unwrap();
            assert_eq!(changes.get(&one).map_or(0, Vec::len), seen);
        }
    }
}

both_databases! {
    async fn a_mailbox_that_is_removed_leaves_nothing_behind(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        tool.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let mail = notices_of("a", vec![notice_record(1, 1), reply_record(2, 1)]);
        mailbox.apply(&db.store, &mail).await;
        // The task's source goes and comes back: mail is the mailbox's.
        db.store.remove_source(tool.id).await.unwrap();
        db.store.release_lease(&tool.lease).await.unwrap();
        let tool = db.source("acme").await;
        db.store.put_site(tool.id, &MAIL_SITE.into()).await.unwrap();
        tool.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        let one = task(&tool, 1);
        assert_eq!(words(&db.store, one).await, ["Mail 1"]);
        assert_eq!(comments(&db.store, one, &EVERYTHING).await, ["Answer 2"]);
        db.store.remove_source(mailbox.id).await.unwrap();
        assert_eq!(words(&db.store, one).await, [] as [&str; 0]);
        assert_eq!(comments(&db.store, one, &EVERYTHING).await, [] as [&str; 0]);
        let feed = ChangeQuery {
            visibility: EVERYTHING,
            after: Position(0),
            up_to: None,
            limit: 100,
            tasks: Some(vec![one]),
            sources: Some(vec![mailbox.id]),
            fields: None,
            causes: None,
            occurred_from: None,
            occurred_before: None,
        };
        assert_eq!(db.store.changes(&feed).await.unwrap(), []);
    }
}

both_databases! {
    async fn a_page_costs_the_same_for_one_task_and_for_many(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        tool.apply(&db.store, &batch_of((1..=50).map(task_record).collect())).await;
        let mail = (1..=50).flat_map(|n| [notice_record(n, n), reply_record(100 + n, n)]);
        mailbox.apply(&db.store, &notices_of("a", mail.collect())).await;
        let tasks: Vec<TaskId> = (1..=50).map(|n| task(&tool, n)).collect();
        let mut costs = Vec::new();
        for tasks in [&tasks[..1], &tasks[..]] {
            let before = db.store.statements();
            let pages = db.store.notices(tasks, &EVERYTHING, None, 5).await.unwrap();
            assert_eq!(pages.len(), tasks.len());
            let pages = db.store.comments(tasks, &EVERYTHING, None, 5).await.unwrap();
            assert_eq!(pages.len(), tasks.len());
            costs.push(db.store.statements() - before);
        }
        assert_eq!(costs, [4, 4]);
        // Storing many costs as few statements as storing one.
        let several = |n: u32| NoticeSet {
            group: format!("group {n}"),
            notices: vec![notice_record(1_000 + n, 1)],
        };
        let mut costs = Vec::new();
        for numbers in [1..=1, 2..=40] {
            let batch = Batch { notices: numbers.map(several).collect(), ..Default::default() };
            let before = db.store.statements();
            mailbox.apply(&db.store, &batch).await;
            costs.push(db.store.statements() - before);
        }
        assert_eq!(costs[0], costs[1]);
    }
}

both_databases! {
    async fn an_answer_that_the_tool_records_is_one_comment(db) {
        let (tool, mailbox) = tool_and_mailbox(&db).await;
        // Both know Ann by her address; another person says the same.
        let ann = |id: &str| PersonRecord {
            external_id: id.into(),
            email: Some("Ann@acme.example".to_lowercase()),
            ..person_record(7)
        };
        let batch = Batch {
            people: vec![ann("7"), person_record(8)],
            ..batch_of(vec![task_record(1), task_record(2), task_record(3)])
        };
        tool.apply(&db.store, &batch).await;
        let said = |n: u32, task: u32, author: &str, seconds: i64| CommentRecord {
            author: Some(author.into()),
            body: "*Mended* it.\n\nOn Monday Bob wrote:\n> Is it?".to_owned(),
            created_at: at(seconds),
            ..comment_record(n, task)
        };
        let answer = |n: u32, task: u32| NoticeRecord {
            body: "Mended it.\n\n[… 1 quoted line …]".to_owned(),
            ..reply_record(n, task)
        };
        let comments_of = |comments: Vec<CommentRecord>| Batch { comments, ..Batch::default() };
        let mail = |notices: Vec<NoticeRecord>| Batch {
            people: vec![ann("1")],
            ..notices_of("a", notices)
        };
        let all = vec![answer(1, 1), answer(2, 2), answer(3, 3)];
        let shown = async |n: u32| comments(&db.store, task(&tool, n), &EVERYTHING).await.len();

        // On the first the tool is first, on the second the mail.
        tool.apply(&db.store, &comments_of(vec![said(1, 1, "7", 60)])).await;
        let position = db.store.head().await.unwrap();
        mailbox.apply(&db.store, &mail(all.clone())).await;
        assert_eq!((shown(1).await, shown(2).await, shown(3).await), (1, 1, 1));
        assert!(told(&db.store, position).await.iter().all(|told| told.1 != Subject::Task(task(&tool, 1))));
        let position = db.store.head().await.unwrap();
        tool.apply(&db.store, &comments_of(vec![said(2, 2, "7", -3_600)])).await;
        assert_eq!(shown(2).await, 1);
        let gone: Vec<_> = told(&db.store, position).await.into_iter().filter(|told| told.4.is_null()).collect();
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].3["id"], json!(mailbox.id.comment("mail-2")));

        // By somebody else, or on another day, it is not the same.
        let others = vec![said(3, 3, "8", 60), said(4, 3, "7", 3 * 86_400)];
        tool.apply(&db.store, &comments_of(others)).await;
        assert_eq!(shown(3).await, 3);

        // Reading all of it again changes nothing.
        let again = mailbox.apply(&db.store, &mail(all)).await;
        assert_eq!((again.rows(), again.changes), (0, 0));
        assert_eq!((shown(1).await, shown(2).await, shown(3).await), (1, 1, 3));
    }
}
