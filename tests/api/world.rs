//! Two sources behind the API: one that everybody sees, and one in which every text that a tool can
//! give holds the word [`CANARY`].

use std::sync::Arc;
use std::time::Duration;

use mainstem_graphql::{Answer, Api, ApiSettings, Caller, Question};
use mainstem_model::record::{
    AbsenceRecord, Batch, CommentRecord, HistoryChange, HistoryEntry, LinkRecord, MoveRecord,
    NoticeKind, NoticeRecord, NoticeSet, ParentRecord, PersonRecord, ProjectRecord,
    QuarantineRecord, RelationRecord, RemoteLinkSet, Scope, TaskRecord, TaskReference,
    WorklogRecord,
};
use mainstem_model::{
    ChangeCause, CredentialRef, Criterion, CustomField, LinkKind, Presence, Priority,
    PriorityLevel, RemoteLink, SourceError, SourceId, SourceState, Status, StatusCategory, TokenId,
    TokenScope, Visibility,
};
use mainstem_read_model::ReadModel;
use mainstem_store::{BatchContext, PreparedBatch, SourceSpec};
use serde_json::{Value, json};

use crate::support::database::{TestDatabase, start};
use crate::support::records::{
    MAIL_SITE, at, notice_record, reply_record, task_record, worklog_record,
};

/// What stands in every text of the hidden source, and nowhere else.
pub const CANARY: &str = "hush";
/// The source that everybody sees.
pub const OPEN: &str = "open";
/// The source that is hidden from some.
pub const HIDDEN: &str = "hush-source";

/// The world.
pub struct World {
    pub api: Api,
    pub model: Arc<ReadModel>,
    pub database: TestDatabase,
}

/// A caller who sees everything.
pub fn admin() -> Caller {
    caller("admin", TokenScope::Admin, Visibility::Everything)
}

/// A caller who sees these sources only.
pub fn reader_of(sources: &[&str]) -> Caller {
    let sources = sources.iter().map(|name| SourceId::of(name)).collect();
    caller("reader", TokenScope::Read, Visibility::Sources(Arc::new(sources)))
}

fn caller(name: &str, scope: TokenScope, visibility: Visibility) -> Caller {
    Caller { token: TokenId(uuid::Uuid::from_u128(1)), token_name: name.into(), scope, visibility }
}

fn named(id: &str, key: &str) -> TaskReference {
    TaskReference { key: key.to_owned(), external_id: Some(id.into()) }
}

fn blocks(from: TaskReference, to: TaskReference) -> LinkRecord {
    LinkRecord { kind: LinkKind::Blocks, from, to, since: None }
}

fn relations(task: &str, links: Vec<LinkRecord>, parent: ParentRecord) -> RelationRecord {
    RelationRecord {
        task: task.into(),
        links,
        kinds: LinkKind::ALL,
        parent,
        version: 1,
        census_token: None,
    }
}

fn person(id: &str) -> PersonRecord {
    PersonRecord {
        external_id: id.into(),
        handle: Some(format!("{id}-handle")),
        name: Some(format!("{id} name")),
        email: Some(format!("{id}@example.com")),
        self_asserted: false,
    }
}

/// Somebody whom both sources know by the same address, so that they are one person.
fn carl(word: &str) -> PersonRecord {
    let email = Some("carl@example.com".to_owned());
    PersonRecord { email, ..person(&format!("{word}-carl")) }
}

fn project(key: &str) -> ProjectRecord {
    ProjectRecord {
        external_id: key.into(),
        key: key.to_owned(),
        name: format!("{key} name"),
        url: Some(format!("https://tool.example/{key}")),
    }
}

/// Task `number` of a project, every text of it with `word` in it.
fn task(word: &str, number: u32) -> TaskRecord {
    let text = |what: &str| format!("{word} {what} {number}");
    TaskRecord {
        external_id: format!("{word}-{number}").into(),
        project: format!("{word}/project").into(),
        key: format!("{word}/project#{number}"),
        title: text("title"),
        url: Some(format!("https://tool.example/{word}/project/{number}")),
        status: Status { name: text("status"), category: StatusCategory::Todo },
        priority: Priority { name: Some(text("priority")), level: PriorityLevel::High },
        assignees: match number {
            2 => vec![format!("{word}-ada").into(), format!("{word}-carl").into()],
            _ => vec![format!("{word}-ada").into()],
        },
        author: Some(format!("{word}-bob").into()),
        labels: vec![text("label")],
        milestone: Some(text("milestone")),
        sprint: Some(text("sprint")),
        due_on: "2026-03-01".parse().ok(),
        body: Some(text("body")),
        criteria: vec![Criterion { text: text("criterion"), met: false }],
        fields: vec![CustomField { name: text("field"), value: json!(text("value")) }],
        history: vec![HistoryEntry {
            key: format!("h{number}"),
            change: HistoryChange::Value {
                field: "title",
                before: json!(text("former title")),
                after: json!(text("title")),
            },
            actor: Some(format!("{word}-bob").into()),
            occurred_at: at(-60),
        }],
        created_at: at(-7 * 86_400),
        ..task_record(number)
    }
}

fn comment(word: &str, number: u32) -> CommentRecord {
    CommentRecord {
        external_id: format!("{word}-comment-{number}").into(),
        task: named(&format!("{word}-{number}"), &format!("{word}/project#{number}")),
        author: Some(format!("{word}-ada").into()),
        body: format!("{word} comment {number}"),
        created_at: start(),
        updated_at: start(),
        url: Some(format!("https://tool.example/{word}/comment/{number}")),
        version: 1,
        raw: "{}".into(),
    }
}

fn worklog(word: &str, number: u32) -> WorklogRecord {
    WorklogRecord {
        external_id: format!("{word}-worklog-{number}").into(),
        task: named(&format!("{word}-{number}"), &format!("{word}/project#{number}")),
        author: Some(format!("{word}-ada").into()),
        note: Some(format!("{word} note {number}")),
        ..worklog_record(number, number)
    }
}

fn remote_links(word: &str, number: u32) -> RemoteLinkSet {
    let link = RemoteLink {
        title: format!("{word} page {number}"),
        url: format!("https://wiki.example/{word}/page/{number}"),
        relationship: Some(format!("{word} relationship {number}")),
    };
    RemoteLinkSet { task: format!("{word}-{number}").into(), links: vec![link] }
}

fn batch(word: &str, relations: Vec<RelationRecord>) -> Batch {
    Batch {
        people: vec![person(&format!("{word}-ada")), person(&format!("{word}-bob")), carl(word)],
        projects: vec![project(&format!("{word}/project"))],
        tasks: (1..=4).map(|number| task(word, number)).collect(),
        comments: (1..=2).map(|number| comment(word, number)).collect(),
        worklogs: (1..=2).map(|number| worklog(word, number)).collect(),
        remote_links: (1..=2).map(|number| remote_links(word, number)).collect(),
        relations,
        ..Batch::default()
    }
}

/// The open source: its first task blocks its second; its third task names a hidden task as its
/// blocker and another as what it is a part of.
fn open() -> Batch {
    let own = |number: u32| named(&format!("open-{number}"), &format!("open/project#{number}"));
    let foreign =
        |number: u32| TaskReference { key: format!("hush/project#{number}"), external_id: None };
    batch(
        OPEN,
        vec![
            relations("open-2", vec![blocks(own(1), own(2))], ParentRecord::None),
            relations("open-3", vec![blocks(foreign(1), own(3))], ParentRecord::Is(foreign(2))),
        ],
    )
}

/// The hidden source: its tasks block each other, one is held up by an open task and holds up
/// another, one has the key and URL of an open task, one was moved, one is gone, one cannot be read.
fn hidden() -> Batch {
    let own = |number: u32| named(&format!("hush-{number}"), &format!("hush/project#{number}"));
    let foreign =
        |number: u32| TaskReference { key: format!("open/project#{number}"), external_id: None };
    let mut batch = batch(
        CANARY,
        vec![
            relations("hush-2", vec![blocks(own(1), own(2))], ParentRecord::Is(own(1))),
            relations(
                "hush-3",
                vec![blocks(foreign(1), own(3)), blocks(own(3), foreign(4))],
                ParentRecord::Is(foreign(1)),
            ),
        ],
    );
    let twin = TaskRecord {
        external_id: "hush-twin".into(),
        key: "open/project#2".to_owned(),
        url: Some("https://tool.example/open/project/2".to_owned()),
        ..task(CANARY, 5)
    };
    let gone = TaskRecord { external_id: "hush-gone".into(), ..task(CANARY, 6) };
    batch.tasks[1].body = Some("hush body 2: blocked by open/project#4".to_owned());
    batch.tasks[1].due_on = "2026-04-01".parse().ok();
    batch.tasks.extend([twin, gone]);
    batch.notices = vec![NoticeSet {
        group: "hush".to_owned(),
        notices: vec![
            hush(notice_record(1, 1), 1),
            hush(notice_record(2, 1), 4),
            hush(reply_record(3, 1), 1),
        ],
    }];
    batch
}

/// A mail of the hidden source about a task of the open one.
fn hush(notice: NoticeRecord, number: u32) -> NoticeRecord {
    let said = |text: &str| Some(format!("{CANARY} {text}"));
    let kind = match notice.kind {
        NoticeKind::Told { .. } => NoticeKind::Told { event: said("event"), actor: said("actor") },
        _ => NoticeKind::Reply { author: Some(format!("{CANARY}-ada").into()) },
    };
    NoticeRecord {
        external_id: format!("{CANARY}-{}", notice.external_id).into(),
        key: format!("open/project#{number}"),
        kind,
        body: format!("{CANARY} {}", notice.body),
        url: said("url"),
        ..notice
    }
}

impl World {
    pub async fn new(database: TestDatabase) -> Self {
        let store = database.store.clone();
        let clock = database.clock.clone();
        let model = Arc::new(ReadModel::load(&store, clock.clone()).await.unwrap());
        let api = Api::new(store, model.clone(), clock, ApiSettings::default()).unwrap();
        let world = Self { api, model, database };
        world.apply(OPEN, "open/project", open()).await;
        world.apply(HIDDEN, "hush/project", hidden()).await;
        world.database.clock.advance_seconds(60);
        world.apply(HIDDEN, "hush/project", Self::what_became_of_the_hidden()).await;
        let error = SourceError {
            code: "HUSH_FAILED".to_owned(),
            message: "hush failed".to_owned(),
            at: start(),
        };
        let store = &world.database.store;
        let hidden = SourceId::of(HIDDEN);
        store.set_source_state(hidden, SourceState::Degraded, Some(error)).await.unwrap();
        world.link_across().await;
        store.index_search().await.unwrap();
        world.model.catch_up(store).await.unwrap();
        world
    }

    /// What the texts of the hidden source say of the open one, and what an admin, who sees both,
    /// declared: two links that close a circle, and a mirror that has drifted.
    async fn link_across(&self) {
        let (store, clock) = (&self.database.store, &self.database.clock);
        assert!(mainstem_engine::read_texts(store, &**clock).await.unwrap() > 0);
        let task = |source: &str, id: &str| SourceId::of(source).task(id);
        let (open, hush) = (task(OPEN, "open-3"), task(HIDDEN, "hush-3"));
        let twin = task(HIDDEN, "hush-2");
        for (kind, from, to) in
            [("BLOCKS", open, hush), ("BLOCKS", hush, open), ("MIRRORS", open, twin)]
        {
            let mutation = format!(
                "mutation {{ linkTasks(input: {{from: \"{from}\", to: \"{to}\", kind: {kind}, \
                 note: \"{CANARY} because\"}}) {{ link {{ id }} }} }}"
            );
            self.data(&admin(), &mutation).await;
        }
    }

    fn what_became_of_the_hidden() -> Batch {
        let moved = TaskRecord {
            external_id: "hush-moved".into(),
            key: "hush/project#44".to_owned(),
            url: Some("https://tool.example/hush/project/44".to_owned()),
            ..task(CANARY, 44)
        };
        let renamed = TaskRecord {
            title: "hush title anew".to_owned(),
            updated_at: at(60),
            version: at(60).0,
            ..task(CANARY, 1)
        };
        Batch {
            tasks: vec![moved, renamed],
            moves: vec![MoveRecord {
                from: "hush-4".into(),
                to: "hush-moved".into(),
                scope: "hush".into(),
            }],
            absences: vec![AbsenceRecord { task: "hush-gone".into(), presence: Presence::Deleted }],
            quarantine: vec![QuarantineRecord {
                external_id: "hush-broken".to_owned(),
                kind: "issue".to_owned(),
                reason: "hush reason".to_owned(),
                raw: "{\"hush\":1}".into(),
            }],
            ..Batch::default()
        }
    }

    /// Stores a batch as if a pull of this source had brought it.
    async fn apply(&self, source: &str, scope: &str, batch: Batch) {
        let spec = SourceSpec {
            name: source.to_owned(),
            connector: "github".to_owned(),
            settings: json!({ "base_url": format!("https://{source}.example") }),
            credential_kind: "token".to_owned(),
            credential_public: json!({}),
            credential: Some(CredentialRef::Env { name: format!("{source}-variable") }),
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        let store = &self.database.store;
        let id = store.put_source(&spec, true).await.unwrap().id;
        if source == OPEN {
            store.put_site(id, &MAIL_SITE.into()).await.unwrap();
        }
        store
            .put_scopes(id, &[Scope { key: scope.into(), name: scope.to_owned() }], |_| false)
            .await
            .unwrap();
        let lease = store.acquire_lease(source, "tests", Duration::from_secs(60)).await;
        let lease = lease.unwrap().unwrap();
        let context = BatchContext {
            lease: &lease,
            source: id,
            scope,
            cause: ChangeCause::Sync,
            answered: &[],
        };
        let batch = PreparedBatch::of(batch).await.unwrap();
        store.apply_batch(&context, &batch).await.unwrap();
        store.release_lease(&lease).await.unwrap();
    }

    /// The answer to a request's body.
    pub async fn answer(&self, caller: &Caller, body: Vec<u8>, etag: Option<&str>) -> Answer {
        self.api
            .answer(Question {
                body: body.into(),
                caller,
                accept: Some("application/graphql-response+json"),
                if_none_match: etag,
                min_position: None,
                request_id: "test-1",
            })
            .await
    }

    /// The text of the answer to a document.
    pub async fn text(&self, caller: &Caller, query: &str) -> String {
        let body = json!({ "query": query }).to_string().into_bytes();
        String::from_utf8(self.answer(caller, body, None).await.body.to_vec()).unwrap()
    }

    /// The data of the answer to a document that must be answered.
    pub async fn data(&self, caller: &Caller, query: &str) -> Value {
        let text = self.text(caller, query).await;
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer.get("errors"), None, "{query}: {text}");
        answer["data"].take()
    }
}
