//! A hub and a made-up GitHub site in one process, with no socket between them: the engine's requests
//! go straight to the site's router, so a test decides which of them are answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_github::GitHub;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver, Sleeper,
    SyncOptions, SyncReport,
};
use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::{
    Comment, CredentialRef, Link, LinkKind, Position, RemoteLink, Source, Subject, Task, TaskId,
    Visibility, Worklog,
};
use mainstem_sandbox::{Site, SiteOptions};
use mainstem_store::{SourceSpec, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::database::TestDatabase;

/// The name of the only source.
pub const SOURCE: &str = "acme";

/// A store, a site, and what leads from one to the other.
pub struct Hub {
    pub database: TestDatabase,
    pub site: Site,
    clock: Arc<ManualClock>,
}

impl Hub {
    /// A hub with one source that reads the whole organisation of a new site.
    pub async fn new(database: TestDatabase, options: SiteOptions) -> Self {
        let clock = database.clock.clone();
        let site = Site::new(options, clock.clone());
        let hub = Self { database, site, clock };
        hub.declare(&hub.database.store).await;
        hub
    }

    /// Declares the source in a store.
    pub async fn declare(&self, store: &Store) -> Source {
        let spec = SourceSpec {
            name: SOURCE.to_owned(),
            connector: "github".to_owned(),
            settings: serde_json::json!({"base_url": "http://127.0.0.1:1", "owner": "acme"}),
            credential_kind: "token".to_owned(),
            credential_public: serde_json::json!({}),
            credential: Some(CredentialRef::Env { name: "UNUSED".to_owned() }),
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        store.put_source(&spec, true).await.unwrap()
    }

    /// An engine as a process that has just started has one.
    pub fn engine(&self, store: &Store, http: Arc<dyn Http>) -> Engine {
        Engine::new(EngineParts {
            store: store.clone(),
            registry: Registry::default().with(GitHub),
            host: Host {
                http,
                dial: Arc::new(NoDial),
                clock: self.clock.clone(),
                random: Arc::new(SeededRandom::new(1)),
            },
            sleeper: Arc::new(Standstill),
            credentials: Arc::new(AnyToken),
            observer: Arc::new(LogObserver),
            requests: None,
            settings: EngineSettings::default(),
        })
        .unwrap()
    }

    /// The site as the network of an engine.
    pub fn network(&self) -> Arc<SiteHttp> {
        Arc::new(SiteHttp {
            site: self.site.clone(),
            answered: AtomicU64::new(0),
            answers: u64::MAX,
            silent: Notify::new(),
        })
    }

    /// Brings the store up to date.
    pub async fn sync(&self) -> SyncReport {
        self.sync_into(&self.database.store, &SyncOptions::default()).await
    }

    /// Brings a store up to date.
    pub async fn sync_into(&self, store: &Store, options: &SyncOptions) -> SyncReport {
        self.engine(store, self.network())
            .sync_once(options, CancellationToken::new())
            .await
            .unwrap()
    }

    /// Brings the store up to date with a process that dies after this many answers; says whether it did.
    pub async fn sync_and_die(&mut self, after: u64, options: &SyncOptions) -> bool {
        let network = Arc::new(SiteHttp {
            site: self.site.clone(),
            answered: AtomicU64::new(0),
            answers: after,
            silent: Notify::new(),
        });
        let engine = self.engine(&self.database.store, network.clone());
        let died = tokio::select! {
            () = network.silent.notified() => true,
            report = engine.sync_once(options, CancellationToken::new()) => {
                report.unwrap();
                false
            }
        };
        drop(engine);
        self.database.reopen().await;
        // The dead process holds its lease until that runs out.
        self.clock.advance_seconds(600);
        died
    }

    /// Makes time pass for the hub and the site.
    pub fn pass_time(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }
}

/// The site as the network: no socket, and no answer after a while where a test wants that.
pub struct SiteHttp {
    site: Site,
    answered: AtomicU64,
    answers: u64,
    silent: Notify,
}

#[async_trait]
impl Http for SiteHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if self.answered.fetch_add(1, Ordering::SeqCst) >= self.answers {
            self.silent.notify_one();
            return std::future::pending().await;
        }
        answer(self.site.router(), request).await
    }
}

/// What a site answers, with no socket between.
pub async fn answer(site: axum::Router, request: Request) -> Result<Response, HttpError> {
    let host = request.url.host_str().unwrap_or_default().to_owned();
    let authority = request.url.authority().to_owned();
    let mut call = axum::http::Request::builder()
        .method(request.method)
        .uri(request.url.as_str())
        .header("host", authority)
        .body(Body::from(request.body))
        .unwrap();
    call.headers_mut().extend(request.headers);
    call.headers_mut().remove("accept-encoding");
    let answer = site.oneshot(call).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|error| HttpError::Interrupted { host, reason: error.to_string() })?;
    Ok(Response { status: parts.status, headers: parts.headers, body })
}

/// Time stands still while a sync is under way, so nothing that waits ever wakes: a lease is never
/// renewed because it never comes near its end.
pub struct Standstill;

#[async_trait]
impl Sleeper for Standstill {
    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }
}

/// The site lets any token in.
struct AnyToken;

#[async_trait]
impl CredentialProvider for AnyToken {
    async fn credential(&self, _: &Source) -> Result<Option<Credential>, CredentialError> {
        Ok(Some(Credential {
            kind: "token".to_owned(),
            public: serde_json::json!({}),
            secret: "a-token".into(),
        }))
    }
}

/// Everything that a store knows of the tools, in a form that two stores can be compared by.
#[derive(Debug, PartialEq)]
pub struct Contents {
    pub tasks: Vec<Task>,
    pub bodies: Vec<Option<String>>,
    pub comments: Vec<Vec<Comment>>,
    pub worklogs: Vec<Vec<Worklog>>,
    pub remote_links: Vec<Vec<RemoteLink>>,
    /// Kind, from and to of the links: since when differs with when a link was learned.
    pub links: Vec<(LinkKind, String, String)>,
    /// Of each task, each change of a field that the tool tells the past of: field and value after. The
    /// items of a list are in order here, and a difference that was seen may bear another time.
    pub histories: Vec<Vec<(String, String)>>,
}

/// The fields that GitHub tells the past of.
const TOLD: [&str; 6] = ["assignees", "kind", "labels", "milestone", "status", "title"];

impl Contents {
    /// Reads a store whole.
    pub async fn of(store: &Store) -> Self {
        let mut tasks: Vec<Task> = Vec::new();
        loop {
            let page = store.load_tasks(tasks.last().map(|task| task.id), 500).await.unwrap();
            if page.is_empty() {
                break;
            }
            tasks.extend(page);
        }
        let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
        let details = store.details(&ids).await.unwrap();
        let mut comments =
            store.comments(&ids, &Visibility::Everything, None, 1_000).await.unwrap();
        let mut worklogs =
            store.worklogs(&ids, &Visibility::Everything, None, 1_000).await.unwrap();
        let mut links: Vec<Link> = Vec::new();
        loop {
            let after = links.last().map(|link| (link.stated_by, link.id, link.since));
            let page = store.load_links(after, 500).await.unwrap();
            if page.is_empty() {
                break;
            }
            links.extend(page);
        }
        let mut links: Vec<_> = links
            .iter()
            .filter(|link| link.until.is_none())
            .map(|link| (link.kind, link.from.identity(), link.to.identity()))
            .collect();
        links.sort();
        let mut told = histories(store).await;
        Self {
            histories: ids.iter().map(|id| told.remove(id).unwrap_or_default()).collect(),
            bodies: ids
                .iter()
                .map(|id| details.get(id).and_then(|detail| detail.body.clone()))
                .collect(),
            worklogs: ids.iter().map(|id| worklogs.remove(id).unwrap_or_default().parts).collect(),
            remote_links: ids
                .iter()
                .map(|id| {
                    details.get(id).map(|detail| detail.remote_links.clone()).unwrap_or_default()
                })
                .collect(),
            comments: ids
                .iter()
                .map(|id| {
                    let mut comments = comments.remove(id).unwrap_or_default().parts;
                    comments.sort_by_key(|comment| comment.id);
                    comments
                })
                .collect(),
            tasks,
            links,
        }
    }
}

async fn histories(store: &Store) -> BTreeMap<TaskId, Vec<(String, String)>> {
    let mut histories: BTreeMap<TaskId, Vec<(String, String)>> = BTreeMap::new();
    let mut after = Position(0);
    loop {
        let page = store.read_log(after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.position;
        for change in page.into_iter().filter(|change| TOLD.contains(&change.field.as_str())) {
            let Subject::Task(task) = change.subject else { continue };
            let value = match change.after {
                Some(serde_json::Value::Array(mut items)) => {
                    items.sort_by_key(ToString::to_string);
                    items.into()
                }
                value => value.unwrap_or_default(),
            };
            histories.entry(task).or_default().push((change.field, value.to_string()));
        }
    }
    for history in histories.values_mut() {
        history.sort();
    }
    histories
}
