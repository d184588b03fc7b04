//! Reading back what batches have written: whole tables, rows by id, bulky parts, histories.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use mainstem_model::record::{
    Batch, HistoryChange, HistoryEntry, LinkRecord, MoveRecord, ParentRecord, PersonRecord,
    RelationRecord, TaskRecord, TaskReference,
};
use mainstem_model::{
    ChangeCause, Criterion, CustomField, Identity, LinkEnd, LinkKind, Position, Presence, Priority,
    PriorityLevel, Status, StatusCategory, Task, TaskDetail, TaskId, TaskKind, Visibility,
};
use mainstem_store::{ChangeQuery, Store, TaskChangeQuery};
use serde_json::json;

use crate::support::database::{SCOPE, TestSource, both_databases};
use crate::support::records::{
    at, batch_of, comment_record, person_record, project_record, task_external_id, task_record,
    updated,
};

/// A task with something in every field, in scripts and characters that are easily broken.
fn full_record() -> TaskRecord {
    TaskRecord {
        kind: TaskKind::Bug,
        title: "Zażółć gęślą jaźń 🦀 \"quoted\" \\ back".to_owned(),
        status: Status { name: "In Review".to_owned(), category: StatusCategory::InProgress },
        priority: Priority { name: Some("P1".to_owned()), level: PriorityLevel::High },
        assignees: vec!["2".into(), "1".into()],
        author: Some("1".into()),
        labels: vec!["z, last".to_owned(), "a \"first\"".to_owned()],
        milestone: Some("1.0".to_owned()),
        sprint: Some("Sprint 7".to_owned()),
        parent: ParentRecord::Is(reference(2)),
        start_on: Some("2026-01-02".parse().unwrap()),
        due_on: Some("2026-02-03".parse().unwrap()),
        started_at: Some(at(5)),
        closed_at: Some(at(6)),
        estimate_seconds: Some(3600),
        time_spent_seconds: Some(60),
        body: Some("Line one\n\nLine two 'x' ␀".to_owned()),
        criteria: vec![Criterion { text: "It works".to_owned(), met: true }],
        fields: vec![CustomField { name: "Points".to_owned(), value: json!([1.5, "two", null]) }],
        ..task_record(1)
    }
}

fn reference(n: u32) -> TaskReference {
    TaskReference { key: format!("acme/api#{n}"), external_id: Some(task_external_id(n).into()) }
}

fn tasks_batch(count: u32) -> Batch {
    batch_of((1..=count).map(task_record).collect())
}

fn ids(source: &TestSource, numbers: impl IntoIterator<Item = u32>) -> Vec<TaskId> {
    numbers.into_iter().map(|n| source.id.task(&task_external_id(n))).collect()
}

fn everything_after(position: Position) -> ChangeQuery {
    ChangeQuery {
        visibility: Visibility::Everything,
        after: position,
        up_to: None,
        limit: 1000,
        tasks: None,
        sources: None,
        fields: None,
        causes: None,
        occurred_from: None,
        occurred_before: None,
    }
}

both_databases! {
    async fn every_field_of_a_task_survives(db) {
        let source = db.source("acme").await;
        let record = full_record();
        let people = vec![person_record(1), person_record(2)];
        source.apply(&db.store, &Batch { people, ..batch_of(vec![record.clone(), task_record(2)]) }).await;

        let id = source.id.task(&record.external_id);
        let expected = Task {
            id,
            source: source.id,
            project: source.id.project(&record.project),
            key: record.key.clone(),
            previous_keys: Vec::new(),
            kind: record.kind,
            title: record.title.clone(),
            url: record.url.clone(),
            status: record.status.clone(),
            priority: record.priority.clone(),
            assignees: vec![source.id.person("2"), source.id.person("1")],
            author: Some(source.id.person("1")),
            labels: record.labels.clone(),
            milestone: record.milestone.clone(),
            sprint: record.sprint.clone(),
            parent: Some(LinkEnd::new(Some(source.id.task(&task_external_id(2))), "acme/api#2".to_owned())),
            start_on: record.start_on,
            due_on: record.due_on,
            created_at: record.created_at,
            updated_at: record.updated_at,
            started_at: record.started_at,
            closed_at: record.closed_at,
            reopened_at: None,
            estimate_seconds: record.estimate_seconds,
            time_spent_seconds: record.time_spent_seconds,
            presence: Presence::Present,
            scope: SCOPE.to_owned(),
        };
        assert_eq!(db.store.tasks_by_id(&[id]).await.unwrap(), [expected]);
        let detail = TaskDetail { body: record.body, criteria: record.criteria, fields: record.fields, remote_links: Vec::new() };
        assert_eq!(db.store.details(&[id]).await.unwrap(), HashMap::from([(id, detail)]));
        assert_eq!(db.store.raw_payload(id).await.unwrap().unwrap(), record.raw);
    }
}

both_databases! {
    async fn whole_tables_come_page_by_page(db) {
        let source = db.source("acme").await;
        let relations = |n: u32| RelationRecord {
            task: task_external_id(n).into(),
            links: vec![LinkRecord { kind: LinkKind::Blocks, from: reference(n), to: reference(n + 1), since: None }],
            kinds: LinkKind::ALL, parent: ParentRecord::Unsaid,
            version: 1,
            census_token: None,
        };
        source.apply(&db.store, &Batch { relations: (1..=9).map(relations).collect(), ..tasks_batch(10) }).await;

        let (mut tasks, mut after) = (Vec::new(), None);
        loop {
            let page = db.store.load_tasks(after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            tasks.extend(page.into_iter().map(|task| task.id));
        }
        let mut expected = ids(&source, 1..=10);
        expected.sort();
        assert_eq!(tasks, expected);

        let (mut links, mut after) = (Vec::new(), None);
        loop {
            let page = db.store.load_links(after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.stated_by, last.id, last.since));
            links.extend(page);
        }
        assert_eq!(links.len(), 9);
        let stated: Vec<TaskId> = links.iter().map(|link| link.stated_by).collect();
        assert!(stated.is_sorted());
        let mut by_id = db.store.links_stated_by(&ids(&source, 1..=9)).await.unwrap();
        by_id.sort_by_key(|link| (link.stated_by, link.id));
        assert_eq!(by_id, links);
        let first = &db.store.links_stated_by(&ids(&source, [1])).await.unwrap()[0];
        assert_eq!((first.kind, first.from.key.as_str(), first.to.key.as_str()), (LinkKind::Blocks, "acme/api#1", "acme/api#2"));
    }
}

both_databases! {
    async fn identities_come_as_their_source_knows_them(db) {
        let source = db.source("acme").await;
        let told = PersonRecord { email: Some("two@acme.example".to_owned()), self_asserted: true, ..person_record(2) };
        source.apply(&db.store, &Batch { people: vec![person_record(1), told], ..Batch::default() }).await;

        let known = db.store.load_identities().await.unwrap();
        assert_eq!(known.iter().map(|one| one.id).collect::<Vec<_>>(), ["1", "2"].map(|id| source.id.person(id)));
        assert_eq!(db.store.identities_by_id(&[known[1].id]).await.unwrap(), known[1..]);
        let second = Identity {
            id: source.id.person("2"),
            source: source.id,
            external_id: "2".to_owned(),
            handle: Some("person2".to_owned()),
            name: Some("Person 2".to_owned()),
            email: Some("two@acme.example".to_owned()),
            self_asserted: true,
            away: None,
            decided: None,
        };
        assert_eq!(known[1], second);

        // A payload that shows less takes nothing away.
        let less = PersonRecord { name: None, self_asserted: true, ..person_record(2) };
        let applied = source.apply(&db.store, &Batch { people: vec![less], ..Batch::default() }).await;
        assert_eq!(applied.rows(), 0);
    }
}

both_databases! {
    async fn projects_read_back(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &tasks_batch(1)).await;
        let projects = db.store.load_projects().await.unwrap();
        let record = project_record();
        assert_eq!(projects.len(), 1);
        assert_eq!((projects[0].id, &projects[0].key, &projects[0].name), (source.id.project(&record.external_id), &record.key, &record.name));
        assert_eq!(db.store.projects_by_id(&[projects[0].id]).await.unwrap(), projects);
    }
}

both_databases! {
    async fn a_moved_task_keeps_its_first_id(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &tasks_batch(1)).await;
        let moved = updated(task_record(2), at(60));
        let moves = vec![MoveRecord { from: task_external_id(1).into(), to: task_external_id(2).into(), scope: SCOPE.into() }];
        source.apply(&db.store, &Batch { moves, ..batch_of(vec![moved]) }).await;

        let both = ids(&source, [1, 2]);
        let redirects = db.store.redirects().await.unwrap();
        assert_eq!(redirects, [(both[1], both[0])]);
        let task = &db.store.tasks_by_id(&both).await.unwrap()[..];
        assert_eq!(task.len(), 1, "{task:?}");
        assert_eq!((task[0].id, task[0].key.as_str()), (both[0], "acme/api#2"));
        assert_eq!(task[0].previous_keys, ["acme/api#1"]);
    }
}

both_databases! {
    async fn comments_come_in_pages_with_their_number(db) {
        let source = db.source("acme").await;
        let mut comments: Vec<_> = (1..=5).map(|n| comment_record(n, 1)).collect();
        comments.push(comment_record(6, 2));
        // The same moment: the id decides.
        comments[2].created_at = comments[1].created_at;
        source.apply(&db.store, &Batch { comments, ..tasks_batch(3) }).await;

        let tasks = ids(&source, 1..=3);
        let whole = db.store.comments(&tasks, &Visibility::Everything, None, 100).await.unwrap();
        let order: Vec<_> = whole[&tasks[0]].parts.iter().map(|comment| comment.id).collect();
        assert_eq!((order.len(), whole[&tasks[0]].total, whole[&tasks[1]].total), (5, 5, 1));
        assert!(!whole.contains_key(&tasks[2]));

        let mut read = Vec::new();
        while let Some(page) = db.store.comments(&tasks[..1], &Visibility::Everything, read.last().copied(), 2).await.unwrap().remove(&tasks[0]) {
            assert_eq!(page.total, 5);
            if page.parts.is_empty() {
                break;
            }
            read.extend(page.parts.iter().map(|comment| comment.id));
        }
        assert_eq!(read, order);
        assert_eq!(db.store.comments(&tasks, &Visibility::Everything, None, 0).await.unwrap()[&tasks[0]].parts, []);
        let by_id = db.store.comments_by_id(&[order[0], source.id.comment("none")], &Visibility::Everything).await.unwrap();
        assert_eq!(by_id, [(order[0], whole[&tasks[0]].parts[0].clone())].into());
    }
}

both_databases! {
    async fn a_read_by_id_costs_the_same_for_one_and_for_many(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &tasks_batch(50)).await;
        let history = TaskChangeQuery { fields: None, after: None, limit: 5 };
        let mut costs = Vec::new();
        for tasks in [ids(&source, [1]), ids(&source, 1..=50), Vec::new()] {
            let before = db.store.statements();
            db.store.tasks_by_id(&tasks).await.unwrap();
            db.store.details(&tasks).await.unwrap();
            db.store.comments(&tasks, &Visibility::Everything, None, 5).await.unwrap();
            db.store.links_stated_by(&tasks).await.unwrap();
            db.store.task_changes(&tasks, &Visibility::Everything, &history).await.unwrap();
            costs.push(db.store.statements() - before);
        }
        assert_eq!(costs, [6, 6, 6]);
    }
}

both_databases! {
    async fn a_history_is_listed_by_when_it_happened(db) {
        let source = db.source("acme").await;
        let retitled = |key: &str, before: &str, after: &str, seconds| HistoryEntry {
            key: key.to_owned(),
            change: HistoryChange::Value { field: "title", before: json!(before), after: json!(after) },
            actor: None,
            occurred_at: at(seconds),
        };
        let mut first = task_record(1);
        // Told late and out of order.
        first.history = vec![retitled("b", "B", "C", 20), retitled("a", "A", "B", 10), retitled("c", "C", "D", 20)];
        source.apply(&db.store, &batch_of(vec![first, task_record(2)])).await;

        let tasks = ids(&source, [1, 2]);
        let query = TaskChangeQuery { fields: Some(vec!["title".to_owned()]), after: None, limit: 2 };
        let page = db.store.task_changes(&tasks, &Visibility::Everything, &query).await.unwrap();
        let after = |changes: &[mainstem_model::Change]| -> Vec<serde_json::Value> {
            changes.iter().map(|change| change.after.clone().unwrap()).collect()
        };
        assert_eq!(after(&page[&tasks[0]]), [json!("D"), json!("C")]);
        assert!(!page.contains_key(&tasks[1]));
        let rest = TaskChangeQuery { after: Some(page[&tasks[0]][1].position), ..query };
        assert_eq!(after(&db.store.task_changes(&tasks, &Visibility::Everything, &rest).await.unwrap()[&tasks[0]]), [json!("B")]);
    }
}

/// Positions of what the feed answers.
async fn feed(store: &Store, query: &ChangeQuery) -> Vec<i64> {
    store.changes(query).await.unwrap().into_iter().map(|change| change.position.0).collect()
}

both_databases! {
    async fn the_feed_filters_and_pages(db) {
        let (one, two) = (db.source("one").await, db.source("two").await);
        one.apply(&db.store, &tasks_batch(3)).await;
        two.apply(&db.store, &tasks_batch(2)).await;
        let mut retitled = updated(task_record(1), at(500));
        retitled.title = "Another".to_owned();
        one.apply(&db.store, &batch_of(vec![retitled])).await;

        let all = everything_after(Position(0));
        let entries = db.store.changes(&all).await.unwrap();
        let positions = |wanted: &dyn Fn(&mainstem_model::Change) -> bool| -> Vec<i64> {
            entries.iter().filter(|change| wanted(change)).map(|change| change.position.0).collect()
        };
        let first_task = ids(&one, [1]);
        let is_first = |change: &mainstem_model::Change| change.subject == mainstem_model::Subject::Task(first_task[0]);
        assert!(entries.iter().all(|change| matches!(change.subject, mainstem_model::Subject::Task(_))));
        assert_eq!(positions(&|change| change.field == "created").len(), 5);

        let only_two = Visibility::Sources(Arc::new(BTreeSet::from([two.id])));
        let nothing = Visibility::Sources(Arc::default());
        let cases: Vec<(&str, ChangeQuery, Vec<i64>)> = vec![
            ("sources", ChangeQuery { sources: Some(vec![one.id]), ..all.clone() }, positions(&|change| change.source == one.id)),
            ("visible", ChangeQuery { visibility: only_two.clone(), ..all.clone() }, positions(&|change| change.source == two.id)),
            ("invisible source", ChangeQuery { visibility: only_two, sources: Some(vec![one.id]), ..all.clone() }, Vec::new()),
            ("nothing visible", ChangeQuery { visibility: nothing, ..all.clone() }, Vec::new()),
            ("tasks", ChangeQuery { tasks: Some(first_task.clone()), ..all.clone() }, positions(&is_first)),
            ("no tasks", ChangeQuery { tasks: Some(Vec::new()), ..all.clone() }, Vec::new()),
            ("fields", ChangeQuery { fields: Some(vec!["title".to_owned()]), ..all.clone() }, positions(&|change| change.field == "title")),
            ("a field with a NUL", ChangeQuery { fields: Some(vec!["\0".to_owned()]), ..all.clone() }, Vec::new()),
            ("cause", ChangeQuery { causes: Some(vec![ChangeCause::Webhook]), ..all.clone() }, Vec::new()),
            ("occurred from", ChangeQuery { occurred_from: Some(at(3)), ..all.clone() }, positions(&|change| change.occurred_at >= at(3))),
            ("occurred before", ChangeQuery { occurred_before: Some(at(3)), ..all.clone() }, positions(&|change| change.occurred_at < at(3))),
            ("up to", ChangeQuery { up_to: Some(entries[1].position), ..all.clone() }, positions(&|change| change.position <= entries[1].position)),
            ("after", ChangeQuery { after: entries[1].position, limit: 2, ..all.clone() }, vec![entries[2].position.0, entries[3].position.0]),
        ];
        for (name, query, expected) in cases {
            assert_eq!(feed(&db.store, &query).await, expected, "{name}");
        }
    }
}
