//! A workbench: a tool in memory, a store in a temporary file, time that a test moves.

pub mod log;
mod time;
mod tool;

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, Event, LogObserver,
    Observer,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{CredentialRef, Presence, Source, SourceId, SourceState, Task};
use mainstem_store::{ScopeState, SourceSpec, Store, StoreOptions};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

pub use time::TestTime;
pub use tool::{CENSUS_INTERVAL_SECONDS, FETCH_LIMIT, PAGE, Tool};

/// What no log line may hold.
pub const SECRET: &str = "a-secret-that-must-not-show";
pub const SOURCE: &str = "acme";
pub const POLL_SECONDS: u32 = 60;

/// Everything that a test needs.
pub struct Bench {
    pub time: Arc<TestTime>,
    pub tool: Arc<Tool>,
    pub store: Store,
    pub engine: Engine,
    pub events: Arc<Events>,
    pub credentials: Arc<Credentials>,
    folder: tempfile::TempDir,
}

impl Bench {
    /// A source with one scope, `board`, of so many tasks.
    pub async fn new(tasks: u32) -> Self {
        let bench = Self::empty().await;
        bench.tool.add_scope("board");
        for task in 1..=tasks {
            bench.tool.edit("board", task);
        }
        bench.add_source(SOURCE).await;
        bench
    }

    /// No source yet.
    pub async fn empty() -> Self {
        log::keep();
        let time = Arc::new(TestTime::new());
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), &time).await;
        let tool = Arc::new(Tool::default());
        let events = Arc::new(Events::default());
        let credentials = Arc::new(Credentials::default());
        credentials.set(SECRET);
        let engine = engine(&store, &time, &tool, &events, &credentials, 1);
        Self { time, tool, store, engine, events, credentials, folder }
    }

    pub async fn add_source(&self, name: &str) -> Source {
        self.store.put_source(&spec(name), true).await.unwrap()
    }

    /// Another worker on the same database, as after a restart or on another machine.
    pub async fn another(&self, seed: u64) -> (Store, Engine) {
        let store = open(self.folder.path(), &self.time).await;
        let engine = engine(&store, &self.time, &self.tool, &self.events, &self.credentials, seed);
        (store, engine)
    }

    /// One round of the loop.
    pub async fn run_due(&self) {
        self.engine.run_due(CancellationToken::new()).await.unwrap();
    }

    pub fn source_id(&self) -> SourceId {
        SourceId::of(SOURCE)
    }

    pub async fn source(&self) -> Source {
        self.store
            .sources()
            .await
            .unwrap()
            .into_iter()
            .find(|source| source.name == SOURCE)
            .unwrap()
    }

    pub async fn state(&self) -> (SourceState, Option<String>) {
        let source = self.source().await;
        (source.state, source.last_error.map(|error| error.code))
    }

    pub async fn scope(&self) -> ScopeState {
        self.store.scopes(self.source_id()).await.unwrap().remove(0)
    }

    pub async fn tasks(&self) -> Vec<Task> {
        self.store.load_tasks(None, 10_000).await.unwrap()
    }

    /// Keys and versions of the tasks in the store that the tool shows, in order.
    pub async fn present(&self) -> Vec<(String, String)> {
        let mut present: Vec<_> = self
            .tasks()
            .await
            .into_iter()
            .filter(|task| task.presence == Presence::Present)
            .map(|task| (task.key, task.title))
            .collect();
        present.sort();
        present
    }

    /// The tasks that the log says became known, in the order of the log.
    pub async fn created(&self) -> Vec<String> {
        let log = self.store.read_log(mainstem_model::Position(0), 100_000).await.unwrap();
        log.into_iter()
            .filter(|change| change.field == "created")
            .map(|change| change.after.unwrap()["key"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The store holds exactly what the tool shows, and the log names each task once.
    pub async fn assert_converged(&self) {
        assert_eq!(self.present().await, self.tool.shown());
        let mut created = self.created().await;
        let all = created.len();
        created.sort();
        created.dedup();
        assert_eq!(created.len(), all, "a task became known twice");
    }
}

/// The declaration of a source.
pub fn spec(name: &str) -> SourceSpec {
    SourceSpec {
        name: name.to_owned(),
        connector: "fake".to_owned(),
        settings: serde_json::json!({}),
        credential_kind: "token".to_owned(),
        credential_public: serde_json::json!({}),
        credential: Some(CredentialRef::Env { name: "TOKEN".to_owned() }),
        webhook: None,
        poll_interval_seconds: POLL_SECONDS,
        provisioned: false,
        paused: false,
    }
}

async fn open(folder: &Path, time: &Arc<TestTime>) -> Store {
    let url = format!("sqlite://{}", folder.join("store.db").display());
    let options = StoreOptions {
        clock: Arc::<TestTime>::clone(time),
        random: Arc::new(SeededRandom::new(3)),
    };
    Store::open(&url, options).await.unwrap()
}

fn engine(
    store: &Store,
    time: &Arc<TestTime>,
    tool: &Arc<Tool>,
    events: &Arc<Events>,
    credentials: &Arc<Credentials>,
    seed: u64,
) -> Engine {
    let tool = Arc::clone(tool);
    let requests = Arc::clone(&tool);
    Engine::new(EngineParts {
        store: store.clone(),
        registry: Registry::default().with(tool::FakeConnector(tool)),
        host: Host {
            http: Arc::new(NoHttp),
            dial: Arc::new(NoDial),
            clock: Arc::<TestTime>::clone(time),
            random: Arc::new(SeededRandom::new(seed)),
        },
        sleeper: Arc::<TestTime>::clone(time),
        credentials: Arc::<Credentials>::clone(credentials),
        observer: Arc::<Events>::clone(events),
        requests: Some(Arc::new(move || mainstem_engine::RequestCounts {
            sent: requests.calls().len() as u64,
            not_modified: 0,
        })),
        settings: EngineSettings::default(),
    })
    .unwrap()
}

/// The fake tool needs no network.
struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        panic!("nothing should be sent to {}", request.url)
    }
}

/// The credential of every source; `None` where it is missing.
#[derive(Default)]
pub struct Credentials(Mutex<Option<String>>);

impl Credentials {
    pub fn set(&self, secret: &str) {
        *self.0.lock().unwrap() = Some(secret.to_owned());
    }

    pub fn remove(&self) {
        *self.0.lock().unwrap() = None;
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    async fn credential(&self, _source: &Source) -> Result<Option<Credential>, CredentialError> {
        let Some(secret) = self.0.lock().unwrap().clone() else {
            return Err(CredentialError {
                code: "CREDENTIAL_MISSING",
                message: "set TOKEN".to_owned(),
            });
        };
        Ok(Some(Credential {
            kind: "token".to_owned(),
            public: serde_json::json!({}),
            secret: SecretString::from(secret),
        }))
    }
}

type Reaction = Box<dyn FnMut(&str) + Send>;

/// What the engine told, one line for each event, and what a test does about it.
#[derive(Default)]
pub struct Events {
    lines: Mutex<Vec<String>>,
    reaction: Mutex<Option<Reaction>>,
}

impl Events {
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The lines that start so.
    pub fn of(&self, kind: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with(kind)).collect()
    }

    /// Does something whenever an event is told.
    pub fn react(&self, reaction: impl FnMut(&str) + Send + 'static) {
        *self.reaction.lock().unwrap() = Some(Box::new(reaction));
    }
}

impl Observer for Events {
    fn observe(&self, event: &Event<'_>) {
        LogObserver.observe(event);
        let line = match event {
            Event::PassStarted { scope, first, .. } => format!("started {scope} first={first}"),
            Event::BatchStored { scope, applied, .. } => {
                format!("stored {scope} rows={}", applied.rows())
            }
            Event::PassFinished { scope, .. } => format!("finished {scope}"),
            Event::HintsAnswered { hints, .. } => format!("hints {hints}"),
            Event::HistoryStored { scope, tasks, .. } => format!("past {scope} {tasks}"),
            Event::HistoryFinished { scope, .. } => format!("past of {scope} known"),
            Event::CensusFinished { scope, .. } => format!("census {scope}"),
            Event::Failed { scope, error, .. } => {
                format!("failed {} {}", scope.unwrap_or("-"), error.code)
            }
            Event::StateChanged { before, after, .. } => {
                format!("state {} {}", before.as_str(), after.as_str())
            }
            Event::LeaseLost { source } => format!("lost {source}"),
        };
        self.lines.lock().unwrap().push(line.clone());
        if let Some(reaction) = self.reaction.lock().unwrap().as_mut() {
            reaction(&line);
        }
    }
}
