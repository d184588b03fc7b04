//! Native links and parents, as closer readings of their tasks state them.

use mainstem_model::record::{Batch, LinkRecord, ParentRecord, RelationRecord, TaskReference};
use mainstem_model::{Link, LinkKind, Position, TaskId};
use mainstem_store::Store;
use serde_json::{Value, json};

use crate::support::database::{TestDatabase, TestSource, both_databases};
use crate::support::records::{at, batch_of, task_external_id, task_record};

fn reference(n: u32) -> TaskReference {
    TaskReference { key: format!("acme/api#{n}"), external_id: Some(task_external_id(n).into()) }
}

fn blocks(from: u32, to: u32) -> LinkRecord {
    LinkRecord { kind: LinkKind::Blocks, from: reference(from), to: reference(to), since: None }
}

/// A reading of task 1 at a moment.
fn reading(version: i64, links: Vec<LinkRecord>) -> Batch {
    let relation = RelationRecord {
        task: task_external_id(1).into(),
        links,
        kinds: LinkKind::ALL,
        parent: ParentRecord::Unsaid,
        version: at(version).0,
        census_token: None,
    };
    Batch { relations: vec![relation], ..Batch::default() }
}

fn id(source: &TestSource, n: u32) -> TaskId {
    source.id.task(&task_external_id(n))
}

async fn with_tasks(db: &TestDatabase) -> (TestSource, Position) {
    let source = db.source("acme").await;
    let applied = source.apply(&db.store, &batch_of((1..4).map(task_record).collect())).await;
    (source, applied.position)
}

/// The links that task 1 states now, as pairs of keys.
async fn stated(store: &Store, source: &TestSource) -> Vec<(String, String)> {
    let links: Vec<Link> = store.links_stated_by(&[id(source, 1)]).await.unwrap();
    let links = links.into_iter().filter(|link| link.until.is_none());
    let mut ends: Vec<_> = links.map(|link| (link.from.key, link.to.key)).collect();
    ends.sort();
    ends
}

fn keys(pairs: &[(u32, u32)]) -> Vec<(String, String)> {
    pairs.iter().map(|(from, to)| (format!("acme/api#{from}"), format!("acme/api#{to}"))).collect()
}

async fn told(store: &Store, after: Position) -> Vec<(Option<Value>, Option<Value>)> {
    let log = store.read_log(after, 100).await.unwrap();
    let links = log.into_iter().filter(|change| change.field == "links");
    links.map(|change| (change.before, change.after)).collect()
}

both_databases! {
    async fn links_come_and_go_with_the_readings(db) {
        let (source, position) = with_tasks(&db).await;
        #[allow(clippy::type_complexity, reason = "a table: version, links, rows written, what holds")]
        let steps: [(i64, Vec<LinkRecord>, u64, &[(u32, u32)]); 6] = [
            (1, vec![blocks(2, 1), blocks(1, 3)], 2, &[(1, 3), (2, 1)]),
            (2, vec![blocks(2, 1), blocks(1, 3)], 0, &[(1, 3), (2, 1)]),
            (3, vec![blocks(1, 3)], 1, &[(1, 3)]),
            // An older reading never wins.
            (2, vec![blocks(2, 1)], 0, &[(1, 3)]),
            (4, vec![blocks(1, 3), blocks(2, 1), blocks(2, 1)], 1, &[(1, 3), (2, 1)]),
            (5, vec![], 2, &[]),
        ];
        for (version, links, written, expected) in steps {
            db.clock.advance_seconds(10);
            let applied = source.apply(&db.store, &reading(version, links)).await;
            assert_eq!((applied.links_written, applied.changes), (written, written), "reading {version}");
            assert_eq!(stated(&db.store, &source).await, keys(expected), "reading {version}");
        }
        let value = json!({ "kind": "BLOCKS", "from": "acme/api#2", "to": "acme/api#1" });
        let of_the_second = told(&db.store, position)
            .await
            .into_iter()
            .filter(|(before, after)| [before, after].contains(&&Some(value.clone())))
            .map(|(before, after)| (before.is_some(), after.is_some()))
            .collect::<Vec<_>>();
        let (came, went) = ((false, true), (true, false));
        assert_eq!(of_the_second, [came, went, came, went]);
    }
}

both_databases! {
    async fn a_link_holds_since_the_tool_says_so(db) {
        let (source, _) = with_tasks(&db).await;
        let since = |since| LinkRecord { since, ..blocks(2, 1) };
        let now = || db.clock.now();
        use mainstem_model::Clock;
        // When it comes back, a time before its last end cannot be when it came back.
        let steps = [(Some(at(-50)), at(-50)), (Some(at(-50)), now().plus_seconds(30)), (None, now().plus_seconds(50))];
        let mut version = 0;
        for (told, expected) in steps {
            db.clock.advance_seconds(10);
            version += 1;
            source.apply(&db.store, &reading(version, vec![since(told)])).await;
            let links = db.store.links_stated_by(&[id(&source, 1)]).await.unwrap();
            let open: Vec<_> = links.iter().filter(|link| link.until.is_none()).collect();
            assert_eq!(open.iter().map(|link| link.since).collect::<Vec<_>>(), [expected]);
            db.clock.advance_seconds(10);
            version += 1;
            source.apply(&db.store, &reading(version, vec![])).await;
        }
    }
}

both_databases! {
    async fn a_reading_may_name_the_parent(db) {
        let (source, position) = with_tasks(&db).await;
        let parent = |version: i64, parent| {
            let mut batch = reading(version, vec![]);
            batch.relations[0].parent = parent;
            batch
        };
        let steps = [
            (ParentRecord::Is(reference(2)), 1, Some("acme/api#2")),
            (ParentRecord::Is(reference(2)), 0, Some("acme/api#2")),
            (ParentRecord::Unsaid, 0, Some("acme/api#2")),
            // Who names it by its key alone says nothing new.
            (
                ParentRecord::Is(TaskReference { external_id: None, ..reference(2) }),
                0,
                Some("acme/api#2"),
            ),
            (ParentRecord::None, 1, None),
        ];
        for (version, (named, changes, expected)) in (1..).zip(steps) {
            let applied = source.apply(&db.store, &parent(version, named)).await;
            assert_eq!(applied.changes, changes, "reading {version}");
            let task = db.store.tasks_by_id(&[id(&source, 1)]).await.unwrap().remove(0);
            assert_eq!(task.parent.map(|end| end.key).as_deref(), expected, "reading {version}");
        }
        let log = db.store.read_log(position, 10).await.unwrap();
        assert!(log.iter().all(|change| change.field == "parent"));
        assert_eq!(log[0].after, Some(json!({ "task": id(&source, 2), "key": "acme/api#2" })));
    }
}

both_databases! {
    async fn links_of_an_unknown_task_are_shown_as_unreadable(db) {
        let source = db.source("acme").await;
        let applied = source.apply(&db.store, &reading(1, vec![blocks(1, 2)])).await;
        assert_eq!((applied.links_written, applied.quarantined), (0, 1));
        let kept = db.store.quarantined(source.id, 10).await.unwrap();
        assert_eq!(kept[0].kind, "relations");
        assert_eq!(kept[0].external_id, task_external_id(1));
    }
}

both_databases! {
    async fn a_reading_of_one_kind_says_nothing_of_the_others(db) {
        let (source, _) = with_tasks(&db).await;
        let duplicate = LinkRecord { kind: LinkKind::Duplicates, ..blocks(1, 2) };
        source.apply(&db.store, &reading(1, vec![duplicate, blocks(1, 3)])).await;
        let mut of_blocks = reading(2, vec![]);
        of_blocks.relations[0].kinds = &[LinkKind::Blocks];
        source.apply(&db.store, &of_blocks).await;
        assert_eq!(stated(&db.store, &source).await, keys(&[(1, 2)]));
        source.apply(&db.store, &reading(3, vec![])).await;
        assert_eq!(stated(&db.store, &source).await, []);
    }
}
