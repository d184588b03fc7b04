//! A Jira site, of either kind, ends in the store as it is.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_jira::Jira;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver,
    SyncOptions,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{CredentialRef, LinkKind, Presence, Source};
use mainstem_sandbox::jira::{self, LinkType, NewIssue, Status};
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite};
use mainstem_store::{SourceSpec, Store};
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Standstill, answer};

pub struct SiteHttp(pub JiraSite);

#[async_trait]
impl Http for SiteHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        answer(self.0.router(), request).await
    }
}

/// The account, as each kind of site takes it.
pub struct Account(pub Deployment);

#[async_trait]
impl CredentialProvider for Account {
    async fn credential(&self, _: &Source) -> Result<Option<Credential>, CredentialError> {
        let (kind, public) = match self.0 {
            Deployment::Cloud => ("basic", serde_json::json!({"username": "me@acme.example"})),
            Deployment::DataCenter => ("token", serde_json::json!({})),
        };
        Ok(Some(Credential { kind: kind.to_owned(), public, secret: "a-token".into() }))
    }
}

/// A source that reads the site.
pub fn spec(deployment: Deployment) -> SourceSpec {
    let (kind, public) = match deployment {
        Deployment::Cloud => ("basic", serde_json::json!({"username": "me@acme.example"})),
        Deployment::DataCenter => ("token", serde_json::json!({})),
    };
    SourceSpec {
        name: "jira".to_owned(),
        connector: "jira".to_owned(),
        settings: serde_json::json!({"base_url": "http://127.0.0.1:1"}),
        credential_kind: kind.to_owned(),
        credential_public: public,
        credential: Some(CredentialRef::Env { name: "UNUSED".to_owned() }),
        webhook: None,
        poll_interval_seconds: 60,
        provisioned: true,
        paused: false,
    }
}

/// An engine whose network is the site.
pub fn engine(
    database: &TestDatabase,
    store: &Store,
    site: &JiraSite,
    credentials: impl CredentialProvider,
) -> Engine {
    Engine::new(EngineParts {
        store: store.clone(),
        registry: Registry::default().with(Jira),
        host: Host {
            http: Arc::new(SiteHttp(site.clone())),
            clock: database.clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        },
        sleeper: Arc::new(Standstill),
        credentials: Arc::new(credentials),
        observer: Arc::new(LogObserver),
        requests: None,
        settings: EngineSettings::default(),
    })
    .unwrap()
}

async fn sync(database: &TestDatabase, store: &Store, site: &JiraSite, deployment: Deployment) {
    store.put_source(&spec(deployment), true).await.unwrap();
    let engine = engine(database, store, site, Account(deployment));
    let options = SyncOptions {
        sources: None,
        max_wait: Duration::from_secs(600),
        census: true,
        history: true,
    };
    let report = engine.sync_once(&options, CancellationToken::new()).await.unwrap();
    assert!(report.ok, "{report:?}");
}

/// What people do in an hour.
fn work(world: &mut jira::World) {
    let [first, second, third, fourth] =
        [3, 4, 5, 6].map(|number| world.issue(&format!("ENG-{number}")).unwrap());
    let somebody = world[first].assignee;
    world.edit_summary(first, "Called otherwise");
    world.transition(second, Status::named("In Review").unwrap());
    world.assign(second, somebody);
    world.link(LinkType::named("Blocks").unwrap(), third, first);
    world.link(LinkType::named("Dependency").unwrap(), second, third);
    let web = world.project("WEB").unwrap();
    world.move_issue(fourth, web);
    let gone = world.issue("ENG-9").unwrap();
    world.delete(gone);
    let summary = "Made while others worked".to_owned();
    let made = world.create_issue(web, NewIssue { summary, ..NewIssue::default() });
    if let Some(author) = somebody {
        world.comment(made, author, "Is *that* so?");
    }
    world.bulk_edit(20);
}

both_databases! {
    async fn an_incremental_sync_of_cloud_ends_where_a_first_one_does(db) {
        converges(db, Deployment::Cloud, Presence::AccessLost).await;
    }
}

both_databases! {
    async fn an_incremental_sync_of_data_center_ends_where_a_first_one_does(db) {
        converges(db, Deployment::DataCenter, Presence::Deleted).await;
    }
}

async fn converges(db: TestDatabase, deployment: Deployment, gone: Presence) {
    let of_all = TestDatabase::sqlite().await;
    let options = JiraOptions { deployment, issues: 160, ..JiraOptions::default() };
    let site = JiraSite::new(options, db.clock.clone());
    sync(&db, &db.store, &site, deployment).await;
    let first = Contents::of(&db.store).await;
    for _ in 0..2 {
        db.clock.advance_seconds(3_600);
        site.edit(work_once);
        sync(&db, &db.store, &site, deployment).await;
    }
    let changed = Contents::of(&db.store).await;
    sync(&db, &of_all.store, &site, deployment).await;
    let whole = Contents::of(&of_all.store).await;

    let is_gone = |task: &&mainstem_model::Task| task.presence != Presence::Present;
    let lost: Vec<_> = changed.tasks.iter().filter(is_gone).collect();
    assert!(lost.iter().any(|task| task.key == "ENG-9" && task.presence == gone));
    let present = |contents: &Contents| -> Vec<(String, String, String, Option<String>)> {
        let mut tasks: Vec<_> = contents
            .tasks
            .iter()
            .zip(&contents.bodies)
            .filter(|(task, _)| task.presence == Presence::Present)
            .map(|(task, body)| {
                let status = format!("{:?} {:?}", task.status, task.assignees.len());
                (task.key.clone(), task.title.clone(), status, body.clone())
            })
            .collect();
        tasks.sort();
        tasks
    };
    assert_eq!(present(&changed), present(&whole));
    assert!(changed.tasks.iter().any(|task| task.previous_keys == ["ENG-6"]));
    let blocks = |contents: &Contents| {
        contents.links.iter().filter(|(kind, ..)| *kind == LinkKind::Blocks).count()
    };
    assert_eq!(blocks(&changed), blocks(&whole));
    assert!(blocks(&changed) >= blocks(&first));
    let comments = |contents: &Contents| contents.comments.iter().map(Vec::len).sum::<usize>();
    assert!(comments(&changed) >= comments(&whole) && comments(&whole) > 0);
}

/// The second hour is quiet.
fn work_once(world: &mut jira::World) {
    if world.issue("ENG-9").is_some_and(|issue| world[issue].presence == jira::Presence::Present) {
        work(world);
    }
}
