//! A Jira site, of either kind, ends in the store as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_jira::Jira;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver,
    SyncOptions, SyncReport,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{Clock, CredentialRef, LinkKind, Presence, Source, SourceState, Task};
use mainstem_sandbox::jira::{self, LinkType, NewIssue, ProjectStatus, Status};
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

/// An account at a site.
#[derive(Clone)]
pub struct Account {
    base_url: String,
    kind: &'static str,
    public: serde_json::Value,
    secret: String,
}

impl Account {
    /// As each kind of site takes it.
    pub fn of(deployment: Deployment) -> Self {
        let (kind, public) = match deployment {
            Deployment::Cloud => ("basic", serde_json::json!({"username": "me@acme.example"})),
            Deployment::DataCenter => ("token", serde_json::json!({})),
        };
        let base_url = "http://127.0.0.1:1".to_owned();
        Self { base_url, kind, public, secret: "a-token".to_owned() }
    }
}

#[async_trait]
impl CredentialProvider for Account {
    async fn credential(&self, _: &Source) -> Result<Option<Credential>, CredentialError> {
        let (kind, public) = (self.kind.to_owned(), self.public.clone());
        Ok(Some(Credential { kind, public, secret: self.secret.clone().into() }))
    }
}

/// A source that reads the site.
pub fn spec(deployment: Deployment) -> SourceSpec {
    spec_of(&Account::of(deployment))
}

fn spec_of(account: &Account) -> SourceSpec {
    SourceSpec {
        name: "jira".to_owned(),
        connector: "jira".to_owned(),
        settings: serde_json::json!({"base_url": account.base_url}),
        credential_kind: account.kind.to_owned(),
        credential_public: account.public.clone(),
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
            dial: Arc::new(NoDial),
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

/// Reads all of a site, which nothing may hinder.
async fn sync(database: &TestDatabase, store: &Store, site: &JiraSite, deployment: Deployment) {
    let report = try_sync(database, store, site, deployment).await;
    assert!(report.ok, "{report:?}");
}

/// Reads what can be read of a site.
async fn try_sync(
    database: &TestDatabase,
    store: &Store,
    site: &JiraSite,
    deployment: Deployment,
) -> SyncReport {
    sync_as(database, store, site, Account::of(deployment)).await
}

async fn sync_as(
    database: &TestDatabase,
    store: &Store,
    site: &JiraSite,
    account: Account,
) -> SyncReport {
    store.put_source(&spec_of(&account), true).await.unwrap();
    let engine = engine(database, store, site, account);
    let options = SyncOptions {
        sources: None,
        max_wait: Duration::from_secs(600),
        census: true,
        history: true,
    };
    engine.sync_once(&options, CancellationToken::new()).await.unwrap()
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
    // Work on an issue that nobody else touches: logged often, changed, removed.
    let busy = world.issue("ENG-12").unwrap();
    if let Some(author) = somebody {
        let began = world.now();
        let logged: Vec<_> = (1..=25)
            .map(|n| world.log_work(busy, author, n * 60, began, "Paired *again*"))
            .collect();
        world.edit_worklog(logged[3], 7_200);
        world.delete_worklog(logged[4]);
    }
    let linked = world.issue("ENG-13").unwrap();
    world.link_elsewhere(linked, "https://wiki.example/plan", "Plan", Some("mentioned in"));
    world.link_elsewhere(linked, "https://wiki.example/draft", "Draft", None);
    let unlinked = world.issues().find(|&issue| {
        world[issue].presence == jira::Presence::Present && !world.remote_links_of(issue).is_empty()
    });
    let unlinked = world.remote_links_of(unlinked.unwrap())[0];
    world.unlink_elsewhere(unlinked);
    world.bulk_edit(20);
}

both_databases! {
    async fn an_incremental_sync_of_cloud_ends_where_a_first_one_does(db) {
        converges(db, Deployment::Cloud).await;
    }
}

both_databases! {
    async fn an_incremental_sync_of_data_center_ends_where_a_first_one_does(db) {
        converges(db, Deployment::DataCenter).await;
    }
}

async fn converges(db: TestDatabase, deployment: Deployment) {
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
    assert!(lost.iter().any(|task| task.key == "ENG-9" && task.presence == Presence::Deleted));
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
    // Who was not there when it moved learns its former key from the changelog.
    for contents in [&changed, &whole] {
        assert!(contents.tasks.iter().any(|task| task.previous_keys == ["ENG-6"]));
    }
    let blocks = |contents: &Contents| {
        contents.links.iter().filter(|(kind, ..)| *kind == LinkKind::Blocks).count()
    };
    assert_eq!(blocks(&changed), blocks(&whole));
    assert!(blocks(&changed) >= blocks(&first));
    let worklogs = |contents: &Contents| -> BTreeMap<_, _> {
        let of_tasks = contents.tasks.iter().zip(&contents.worklogs);
        let present = of_tasks.filter(|(task, _)| task.presence == Presence::Present);
        present.map(|(task, worklogs)| (task.key.clone(), worklogs.clone())).collect()
    };
    assert_eq!(worklogs(&changed), worklogs(&whole));
    assert!(worklogs(&whole)["ENG-12"].len() >= 24);
    let links = |contents: &Contents| -> BTreeMap<_, _> {
        let of_tasks = contents.tasks.iter().zip(&contents.remote_links);
        let present = of_tasks.filter(|(task, _)| task.presence == Presence::Present);
        present.map(|(task, links)| (task.key.clone(), links.clone())).collect()
    };
    assert_eq!(links(&changed), links(&whole));
    assert!(links(&whole)["ENG-13"].iter().any(|link| link.title == "Plan"));
    let linked = |contents| links(contents).values().filter(|links| !links.is_empty()).count();
    assert!(linked(&first) > 1, "the first pass and its history tell of some");
    let comments = |contents: &Contents| contents.comments.iter().map(Vec::len).sum::<usize>();
    assert!(comments(&changed) >= comments(&whole) && comments(&whole) > 0);
}

/// The second hour is quiet.
fn work_once(world: &mut jira::World) {
    if world.issue("ENG-9").is_some_and(|issue| world[issue].presence == jira::Presence::Present) {
        work(world);
    }
}

both_databases! {
    async fn each_absence_is_told_apart_on_cloud(db) {
        told_apart(db, Deployment::Cloud).await;
    }
}

both_databases! {
    async fn each_absence_is_told_apart_on_data_center(db) {
        told_apart(db, Deployment::DataCenter).await;
    }
}

async fn told_apart(db: TestDatabase, deployment: Deployment) {
    let options = JiraOptions { deployment, issues: 160, ..JiraOptions::default() };
    let site = JiraSite::new(options, db.clock.clone());
    sync(&db, &db.store, &site, deployment).await;
    let before = Contents::of(&db.store).await;
    db.clock.advance_seconds(3_600);
    site.edit(|world| {
        let [moved, deleted, archived] =
            [1, 2, 3].map(|number| world.issue(&format!("ENG-{number}")).unwrap());
        let hidden = world.issue("WEB-4").unwrap();
        let web = world.project("WEB").unwrap();
        world.move_issue(moved, web);
        world.delete(deleted);
        world.archive(archived);
        world.hide(hidden);
    });
    sync(&db, &db.store, &site, deployment).await;
    let now = |contents: &Contents, key: &str| {
        let known = |task: &&Task| task.key == key || task.previous_keys.iter().any(|k| k == key);
        contents.tasks.iter().find(known).cloned().unwrap()
    };
    let after = Contents::of(&db.store).await;
    for (key, presence) in [
        ("ENG-1", Presence::Present),
        ("ENG-2", Presence::Deleted),
        ("ENG-3", Presence::Archived),
        ("WEB-4", Presence::AccessLost),
    ] {
        assert_eq!(now(&after, key).presence, presence, "{key} on {deployment:?}");
        assert_eq!(now(&after, key).id, now(&before, key).id, "{key}");
    }
    assert!(now(&after, "ENG-1").key.starts_with("WEB-"));

    // What is taken out of the archive and what is shown again is as it was.
    site.edit(|world| {
        for key in ["ENG-3", "WEB-4"] {
            let issue = world.issue(key).unwrap();
            world.show(issue);
        }
    });
    db.clock.advance_seconds(3_600);
    sync(&db, &db.store, &site, deployment).await;
    let back = Contents::of(&db.store).await;
    for key in ["ENG-3", "WEB-4"] {
        assert_eq!(now(&back, key), now(&before, key), "{key} on {deployment:?}");
    }
}

both_databases! {
    async fn losing_a_project_raises_an_alarm_and_deletes_nothing_on_cloud(db) {
        loses_a_project(&db, Deployment::Cloud).await;
    }
}

both_databases! {
    async fn losing_a_project_raises_an_alarm_and_deletes_nothing_on_data_center(db) {
        loses_a_project(&db, Deployment::DataCenter).await;
    }
}

async fn loses_a_project(db: &TestDatabase, deployment: Deployment) {
    let options = JiraOptions { deployment, issues: 160, ..JiraOptions::default() };
    let site = JiraSite::new(options, db.clock.clone());
    sync(db, &db.store, &site, deployment).await;
    let before = Contents::of(&db.store).await;
    let of = |contents: &Contents, presence: Presence| -> Vec<String> {
        let is_of = |task: &&Task| task.key.starts_with("WEB-") && task.presence == presence;
        contents.tasks.iter().filter(is_of).map(|task| task.key.clone()).collect()
    };
    let hide = |hidden| {
        site.edit(|world| {
            let project = world.project("WEB").unwrap();
            world.hide_project(project, hidden);
        });
        db.clock.advance_seconds(7_200);
    };
    hide(true);
    let report = try_sync(db, &db.store, &site, deployment).await;
    assert!(!report.ok);
    let all = of(&before, Presence::Present);
    assert_eq!(of(&Contents::of(&db.store).await, Presence::Present), all, "{deployment:?}");
    let source = db.store.sources().await.unwrap().remove(0);
    assert_eq!(source.state, SourceState::Degraded);
    let error = source.last_error.unwrap();
    assert_eq!(error.code, "SCOPE_NOT_VISIBLE");
    assert!(error.message.contains("mainstem source accept-loss jira --scope WEB"), "{error:?}");

    // It is back before anybody does anything.
    hide(false);
    sync(db, &db.store, &site, deployment).await;
    assert_eq!(Contents::of(&db.store).await.tasks, before.tasks);

    // It does not come back, and a person says so.
    hide(true);
    try_sync(db, &db.store, &site, deployment).await;
    let accepted = db.store.accept_loss(source.id, None).await.unwrap();
    let accepted: Vec<_> = accepted.iter().map(|loss| (&*loss.scope, loss.tasks)).collect();
    assert_eq!(accepted, [("WEB", all.len() as i64)]);
    try_sync(db, &db.store, &site, deployment).await;
    assert_eq!(of(&Contents::of(&db.store).await, Presence::AccessLost), all, "{deployment:?}");
    // The project is let go, and with it the alarm.
    db.clock.advance_seconds(7_200);
    sync(db, &db.store, &site, deployment).await;
    let source = db.store.sources().await.unwrap().remove(0);
    assert_eq!((source.state, source.last_error), (SourceState::Healthy, None));

    hide(false);
    sync(db, &db.store, &site, deployment).await;
    assert_eq!(of(&Contents::of(&db.store).await, Presence::Present), all, "{deployment:?}");
}

both_databases! {
    async fn a_project_that_is_archived_or_in_the_bin_ends_as_that_on_cloud(db) {
        archives_a_project(&db, Deployment::Cloud).await;
    }
}

both_databases! {
    async fn a_project_that_is_archived_or_in_the_bin_ends_as_that_on_data_center(db) {
        archives_a_project(&db, Deployment::DataCenter).await;
    }
}

async fn archives_a_project(db: &TestDatabase, deployment: Deployment) {
    let options = JiraOptions { deployment, issues: 160, ..JiraOptions::default() };
    let site = JiraSite::new(options, db.clock.clone());
    sync(db, &db.store, &site, deployment).await;
    let presences = async || -> BTreeSet<&'static str> {
        let contents = Contents::of(&db.store).await;
        let of_web = contents.tasks.iter().filter(|task| task.key.starts_with("WEB-"));
        of_web.map(|task| task.presence.as_str()).collect()
    };
    let set = |status| {
        site.edit(|world| {
            let project = world.project("WEB").unwrap();
            world.set_project_status(project, status);
        });
        db.clock.advance_seconds(7_200);
    };
    for (status, expected) in [
        (ProjectStatus::Archived, "ARCHIVED"),
        (ProjectStatus::Live, "PRESENT"),
        (ProjectStatus::Archived, "ARCHIVED"),
        (ProjectStatus::Live, "PRESENT"),
    ] {
        set(status);
        sync(db, &db.store, &site, deployment).await;
        assert_eq!(presences().await, [expected].into(), "{deployment:?}");
    }
    set(ProjectStatus::Deleted);
    assert!(!try_sync(db, &db.store, &site, deployment).await.ok);
    assert_eq!(presences().await, ["PRESENT"].into());
    let source = db.store.sources().await.unwrap().remove(0);
    db.store.accept_loss(source.id, Some("WEB")).await.unwrap();
    try_sync(db, &db.store, &site, deployment).await;
    assert_eq!(presences().await, ["DELETED"].into(), "{deployment:?}");
}

both_databases! {
    async fn an_access_token_is_used_until_it_ends_and_then_a_new_one_is_asked_for(db) {
        let site = JiraSite::new(JiraOptions { issues: 60, ..JiraOptions::default() }, db.clock.clone());
        let account = |ends_in: i64| {
            let ends_at = db.clock.now().plus_seconds(ends_in);
            let claims = format!(r#"{{"exp":{}}}"#, ends_at.seconds());
            let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
            let secret = format!("e30.{encoded}.c2ln");
            site.require(jira::Credential::OAuth { token: secret.clone() });
            let base_url = format!("http://127.0.0.1:1/ex/jira/{}", site.cloud_id());
            let public = serde_json::json!({});
            (ends_at, Account { base_url, kind: "token", public, secret })
        };
        let (ends_at, first) = account(3_600);
        assert!(sync_as(&db, &db.store, &site, first.clone()).await.ok);
        let source = async || db.store.sources().await.unwrap().remove(0);
        assert_eq!(source().await.credential_expires_at, Some(ends_at));

        db.clock.advance_seconds(3_600);
        assert!(!sync_as(&db, &db.store, &site, first).await.ok);
        let paused = source().await;
        assert_eq!(paused.state, SourceState::NeedsCredential);
        assert_eq!(paused.last_error.unwrap().code, "CREDENTIAL_EXPIRED");

        let (ends_at, renewed) = account(3_600);
        let report = sync_as(&db, &db.store, &site, renewed).await;
        assert!(report.ok, "{report:?}");
        let healthy = source().await;
        assert_eq!(healthy.credential_expires_at, Some(ends_at));
        assert_eq!((healthy.state, healthy.last_error), (SourceState::Healthy, None));
    }
}
