//! A small world behind the API: two sources, a few tasks that block each other, and a clock that
//! stands still.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainstem_graphql::{Answer, Api, ApiSettings, Caller, Question};
use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::record::{
    Batch, CommentRecord, LinkRecord, NoticeKind, NoticeRecord, NoticeSet, ParentRecord,
    PersonRecord, ProjectRecord, RelationRecord, RemoteLinkSet, Scope, TaskRecord, TaskReference,
    WorklogRecord,
};
use mainstem_model::{
    ChangeCause, CredentialRef, Criterion, CustomField, LinkKind, Priority, PriorityLevel,
    RemoteLink, SourceId, Status, StatusCategory, TaskKind, Timestamp, TokenId, TokenScope,
    Visibility,
};
use mainstem_read_model::ReadModel;
use mainstem_store::{BatchContext, PreparedBatch, SourceSpec, Store, StoreOptions};
use serde_json::{Value, json};

/// When the clock starts: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// The world.
pub struct World {
    pub store: Store,
    pub model: Arc<ReadModel>,
    pub api: Api,
    pub clock: Arc<ManualClock>,
    _directory: tempfile::TempDir,
}

/// A caller who may see everything.
pub fn admin() -> Caller {
    caller("admin", TokenScope::Admin, Visibility::Everything)
}

/// A caller who may only see some sources.
pub fn reader_of(sources: &[&str]) -> Caller {
    let sources = sources.iter().map(|name| SourceId::of(name)).collect();
    caller("reader", TokenScope::Read, Visibility::Sources(Arc::new(sources)))
}

fn caller(name: &str, scope: TokenScope, visibility: Visibility) -> Caller {
    Caller { token: TokenId(uuid::Uuid::from_u128(1)), token_name: name.into(), scope, visibility }
}

/// A task of `acme/api` (or whatever the key's project is), not started.
pub fn task(key: &str, minute: i64) -> TaskRecord {
    let updated_at = START.plus_seconds(minute * 60 - 86_400);
    TaskRecord {
        external_id: format!("id-{key}").into(),
        locator: key.to_owned(),
        project: key.split('#').next().unwrap_or_default().into(),
        key: key.to_owned(),
        kind: TaskKind::Issue,
        title: format!("Title of {key}"),
        url: Some(format!("https://tool.example/{}", key.replace('#', "/"))),
        status: Status { name: "open".to_owned(), category: StatusCategory::Todo },
        priority: Priority::NONE,
        assignees: vec!["ada".into()],
        author: Some("bob".into()),
        labels: vec!["area/api".to_owned(), "quick \"win\"".to_owned()],
        milestone: Some("v1".to_owned()),
        sprint: None,
        parent: ParentRecord::None,
        start_on: None,
        due_on: "2026-02-01".parse().ok(),
        created_at: START.plus_seconds(-7 * 86_400),
        updated_at,
        started_at: None,
        closed_at: None,
        estimate_seconds: Some(5_400),
        time_spent_seconds: None,
        body: Some(format!("Body of {key}\nwith two lines")),
        criteria: vec![Criterion { text: "it works".to_owned(), met: true }],
        fields: vec![CustomField { name: "Points".to_owned(), value: json!(3) }],
        version: updated_at.0,
        census_token: None,
        history: Vec::new(),
        raw: Bytes::from_static(b"{}"),
    }
}

fn reference(key: &str) -> TaskReference {
    TaskReference { key: key.to_owned(), external_id: Some(format!("id-{key}").into()) }
}

fn person(id: &str, name: &str) -> PersonRecord {
    PersonRecord {
        external_id: id.into(),
        handle: Some(id.to_owned()),
        name: Some(name.to_owned()),
        email: Some(format!("{id}@example.com")),
        self_asserted: false,
    }
}

fn blocks(from: &str, to: &str) -> RelationRecord {
    RelationRecord {
        task: format!("id-{to}").into(),
        links: vec![LinkRecord {
            kind: LinkKind::Blocks,
            from: reference(from),
            to: reference(to),
            since: None,
        }],
        kinds: LinkKind::ALL,
        parent: ParentRecord::Unsaid,
        version: 1,
        census_token: None,
    }
}

/// What `acme` holds: #1 blocks #2 and #3, #4 is a part of #1 and in progress, #5 is done.
fn acme() -> Batch {
    let mut tasks: Vec<TaskRecord> = (1..=5).map(|n| task(&format!("acme/api#{n}"), n)).collect();
    tasks[3].parent = ParentRecord::Is(reference("acme/api#1"));
    tasks[3].status = Status { name: "doing".to_owned(), category: StatusCategory::InProgress };
    tasks[3].priority = Priority { name: Some("P1".to_owned()), level: PriorityLevel::High };
    tasks[4].status = Status { name: "closed".to_owned(), category: StatusCategory::Done };
    tasks[4].assignees = vec!["bob".into(), "ada".into()];
    let comment = |n: i64| CommentRecord {
        external_id: format!("c{n}").into(),
        task: reference("acme/api#1"),
        author: Some("ada".into()),
        body: format!("Comment {n}"),
        created_at: START.plus_seconds(n),
        updated_at: START.plus_seconds(n),
        url: None,
        version: 1,
        raw: Bytes::from_static(b"{}"),
    };
    let worklog = |n: i64| WorklogRecord {
        external_id: format!("w{n}").into(),
        task: reference("acme/api#1"),
        author: Some("bob".into()),
        started_at: START.plus_seconds(n),
        time_spent_seconds: n * 1_800,
        note: (n > 1).then(|| format!("Note {n}")),
        updated_at: START.plus_seconds(n),
        version: 1,
        raw: Bytes::from_static(b"{}"),
    };
    let link = |title: &str, relationship: Option<&str>| RemoteLink {
        title: title.to_owned(),
        url: format!("https://wiki.example/{title}"),
        relationship: relationship.map(str::to_owned),
    };
    let remote_links = RemoteLinkSet {
        task: "id-acme/api#1".into(),
        links: vec![link("Plan", Some("mentioned in")), link("Sketch", None)],
    };
    Batch {
        people: vec![person("ada", "Ada Lovelace"), person("bob", "Bob Kahn")],
        projects: vec![project("acme/api")],
        tasks,
        comments: (1..=3).map(comment).collect(),
        worklogs: (1..=3).map(worklog).collect(),
        remote_links: vec![remote_links],
        relations: vec![blocks("acme/api#1", "acme/api#2"), blocks("acme/api#1", "acme/api#3")],
        ..Batch::default()
    }
}

/// What `mail` holds.
pub fn mail() -> Batch {
    let told = || NoticeKind::Told { event: Some("mention".into()), actor: Some("bob".into()) };
    let notice = |n: i64, kind: NoticeKind| NoticeRecord {
        external_id: format!("m{n}").into(),
        site: "tool.example".into(),
        key: "acme/api#1".to_owned(),
        kind,
        body: format!("Mail {n}"),
        sent_at: START.plus_seconds(n),
        url: Some(format!("https://tool.example/acme/api/1#{n}")),
        version: 0,
    };
    let stranger = NoticeKind::Told { event: None, actor: Some("zoe".into()) };
    let reply = NoticeKind::Reply { author: Some("cy@example.com".into()) };
    Batch {
        people: vec![person("cy@example.com", "Cy Mailer")],
        notices: vec![NoticeSet {
            group: "0".to_owned(),
            notices: vec![notice(1, told()), notice(3, stranger), notice(4, reply)],
        }],
        ..Batch::default()
    }
}

/// What `secret` holds: one task that only admins see, with a key that `acme` uses too.
fn secret() -> Batch {
    let mut twin = task("acme/api#2", 9);
    twin.title = "Hidden title".to_owned();
    twin.labels = vec!["hidden-label".to_owned()];
    twin.assignees = vec!["eve".into()];
    twin.author = Some("eve".into());
    Batch {
        people: vec![person("eve", "Eve Hidden")],
        projects: vec![project("acme/api")],
        tasks: vec![twin],
        ..Batch::default()
    }
}

fn project(key: &str) -> ProjectRecord {
    ProjectRecord {
        external_id: key.into(),
        key: key.to_owned(),
        name: format!("Project {key}"),
        url: None,
    }
}

impl World {
    /// The world as described above.
    pub async fn new() -> Self {
        let world = Self::empty().await;
        world.apply("acme", &acme()).await;
        world.apply("secret", &secret()).await;
        world.store.index_search().await.unwrap();
        world.model.catch_up(&world.store).await.unwrap();
        world
    }

    /// The world with a mailbox, `mail`: two mails tell of `acme/api#1`, and one answers them.
    pub async fn with_mail() -> Self {
        let world = Self::new().await;
        world.store.put_site(SourceId::of("acme"), &"tool.example".into()).await.unwrap();
        world.apply("mail", &mail()).await;
        world.model.catch_up(&world.store).await.unwrap();
        world
    }

    /// A world without anything in it.
    pub async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("mainstem.db").display());
        let clock = Arc::new(ManualClock::at(START));
        let options = StoreOptions { clock: clock.clone(), random: Arc::new(SeededRandom::new(1)) };
        let store = Store::open(&url, options).await.unwrap();
        let model = Arc::new(ReadModel::load(&store, clock.clone()).await.unwrap());
        let api = Api::new(store.clone(), model.clone(), clock.clone(), ApiSettings::default());
        Self { store, model, api: api.unwrap(), clock, _directory: directory }
    }

    /// Stores a batch as if a pull of this source had brought it.
    pub async fn apply(&self, source: &str, batch: &Batch) {
        let spec = SourceSpec {
            name: source.to_owned(),
            connector: "github".to_owned(),
            settings: json!({ "base_url": "https://tool.example" }),
            credential_kind: "token".to_owned(),
            credential_public: json!({}),
            credential: Some(CredentialRef::Env { name: "TOOL_TOKEN".to_owned() }),
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        let id = self.store.put_source(&spec, true).await.unwrap().id;
        let scope = Scope { key: "acme/api".into(), name: "acme/api".to_owned() };
        self.store.put_scopes(id, &[scope], |_| false).await.unwrap();
        let lease = self.store.acquire_lease(source, "test", Duration::from_secs(60)).await;
        let lease = lease.unwrap().unwrap();
        let context = BatchContext {
            lease: &lease,
            source: id,
            scope: "acme/api",
            cause: ChangeCause::Sync,
            answered: &[],
        };
        let batch = PreparedBatch::of(batch.clone()).await.unwrap();
        self.store.apply_batch(&context, &batch).await.unwrap();
        self.store.release_lease(&lease).await.unwrap();
    }

    /// The answer to a document, as bytes and status.
    pub async fn answer(&self, caller: &Caller, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        self.answer_body(caller, &body).await
    }

    /// The answer to a request's body.
    pub async fn answer_body(&self, caller: &Caller, body: &str) -> Answer {
        let question = Question {
            body: Bytes::copy_from_slice(body.as_bytes()),
            caller,
            accept: Some("application/graphql-response+json"),
            if_none_match: None,
            min_position: None,
            request_id: "test-1",
        };
        self.api.answer(question).await
    }

    /// The answer's JSON.
    pub async fn ask(&self, caller: &Caller, query: &str) -> Value {
        let answer = self.answer(caller, query, json!({})).await;
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The answer's data; there must be no errors.
    pub async fn data(&self, caller: &Caller, query: &str) -> Value {
        let mut answer = self.ask(caller, query).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }

    /// The code of the answer's first error.
    pub async fn code(&self, caller: &Caller, query: &str) -> String {
        let answer = self.ask(caller, query).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("no error for {query}: {answer}")).to_owned()
    }
}
