//! What a Jira site tells by itself ends in the store, without a pass over it.

use async_trait::async_trait;
use mainstem_connector::http::{Http, Request};
use mainstem_connector::{Connector, Credential, Delivery, Settings};
use mainstem_connector_jira::Jira;
use mainstem_engine::{CredentialError, CredentialProvider, Engine, SyncOptions};
use mainstem_model::{
    ChangeCause, Clock, CredentialRef, LinkKind, Position, Presence, Source, SourceId, SourceState,
    Subject, Task, Webhook,
};
use mainstem_sandbox::jira::{self, LinkType, NewIssue, Undelivered};
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite};
use mainstem_store::SourceSpec;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::jira::{Account, SiteHttp, engine, spec};
use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::Contents;

const SECRET: &str = "the-secret-of-the-webhook";
const ADDRESS: &str = "https://hub.test/hooks/jira";
/// Everything that an administrator's webhook may tell of issues.
const EVENTS: [&str; 11] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
];

/// A site, a store that has read it, and the engine between them.
struct Hub {
    db: TestDatabase,
    site: JiraSite,
    engine: Engine,
    secret: &'static str,
    settings: Settings,
}

impl Hub {
    /// With a webhook that an administrator has set up.
    async fn new(db: TestDatabase, deployment: Deployment) -> Self {
        let webhook = Webhook {
            secret: CredentialRef::Env { name: "UNUSED".to_owned() },
            previous: None,
            register_at: None,
        };
        let spec = SourceSpec { webhook: Some(webhook), ..spec(deployment) };
        let hub = Self::reading(db, deployment, spec, Account::of(deployment), SECRET).await;
        let body = json!({"name": "hub", "url": ADDRESS, "events": EVENTS, "secret": SECRET});
        hub.ask("POST", "/rest/webhooks/1.0/webhook", &body).await;
        hub
    }

    async fn reading(
        db: TestDatabase,
        deployment: Deployment,
        spec: SourceSpec,
        credentials: impl CredentialProvider,
        secret: &'static str,
    ) -> Self {
        let options = JiraOptions { deployment, issues: 80, projects: 2, ..JiraOptions::default() };
        let site = JiraSite::new(options, db.clock.clone());
        let settings = Settings(spec.settings.clone());
        db.store.put_source(&spec, true).await.unwrap();
        let engine = engine(&db, &db.store, &site, credentials);
        let hub = Self { db, site, engine, secret, settings };
        hub.run_due().await;
        hub
    }

    fn source(&self) -> SourceId {
        SourceId::of("jira")
    }

    async fn run_due(&self) {
        self.engine.run_due(CancellationToken::new()).await.unwrap();
    }

    /// Asks the site as an administrator does.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut headers = axum::http::HeaderMap::new();
        // me@acme.example:a-token
        let credential = match self.settings.0["base_url"].as_str().unwrap().contains("/ex/jira/") {
            true => "Bearer a-token",
            false => "Basic bWVAYWNtZS5leGFtcGxlOmEtdG9rZW4=",
        };
        headers.insert("authorization", credential.parse().unwrap());
        let base = self.settings.0["base_url"].as_str().unwrap();
        let request = Request {
            method: method.parse().unwrap(),
            url: format!("{base}{path}").parse().unwrap(),
            headers,
            body: if body.is_null() { Default::default() } else { body.to_string().into() },
        };
        let answer = SiteHttp(self.site.clone()).send(request).await.unwrap();
        assert!(answer.status.is_success(), "{method} {path}: {:?}", answer);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Takes a delivery as the program does; says whether it was new.
    async fn hear(&self, delivery: &Undelivered) -> bool {
        let now = self.db.clock.now();
        let target = delivery.url.strip_prefix("https://hub.test").unwrap();
        let read = Delivery { headers: &delivery.headers, target, body: &delivery.body };
        let heard = Jira.read_webhook(&self.settings, &read, &self.secret.into(), now).unwrap();
        self.db.store.hear(self.source(), &delivery.body, &heard).await.unwrap()
    }

    /// Delivers everything once, and reads what it names.
    async fn deliver(&self) {
        for delivery in self.site.deliveries() {
            assert!(self.hear(&delivery).await);
        }
        self.run_due().await;
    }

    async fn contents(&self) -> Contents {
        Contents::of(&self.db.store).await
    }

    async fn task(&self, key: &str) -> Option<Task> {
        self.contents().await.tasks.into_iter().find(|task| task.key == key)
    }

    async fn state(&self) -> Source {
        self.db.store.sources().await.unwrap().remove(0)
    }

    async fn position(&self) -> Position {
        let log = self.db.store.read_log(Position(0), 100_000).await.unwrap();
        log.last().map_or(Position(0), |change| change.position)
    }
}

/// What people do.
fn work(world: &mut jira::World) {
    let [first, second, third, fourth] =
        ["ENG-3", "ENG-4", "ENG-5", "WEB-6"].map(|key| world.issue(key).unwrap());
    let author = world.issues().find_map(|issue| world[issue].assignee).unwrap();
    world.edit_summary(first, "Called otherwise");
    world.comment(second, author, "Heard at once");
    world.link(LinkType::named("Blocks").unwrap(), third, fourth).unwrap();
    let (started, worked) = (world.now(), 3_600);
    world.log_work(first, author, worked, started, "");
    let web = world.project("WEB").unwrap();
    world.create_issue(web, NewIssue { summary: "Quite new".into(), ..NewIssue::default() });
    let gone = world.issue("ENG-9").unwrap();
    world.delete(gone);
}

both_databases! {
    async fn what_is_done_at_jira_arrives_without_a_pass(db) {
        arrives(Hub::new(db, Deployment::Cloud).await).await;
    }
}

both_databases! {
    async fn what_is_done_at_data_center_arrives_without_a_pass(db) {
        arrives(Hub::new(db, Deployment::DataCenter).await).await;
    }
}

async fn arrives(hub: Hub) {
    let before = hub.contents().await;
    let position = hub.position().await;
    let scopes = hub.db.store.scopes(hub.source()).await.unwrap();
    hub.site.edit(work);
    hub.deliver().await;

    let after = hub.contents().await;
    let task = |key: &str| after.tasks.iter().find(|task| task.key == key).unwrap();
    let earlier = |key: &str| before.tasks.iter().find(|task| task.key == key).unwrap();
    assert_eq!(task("ENG-3").title, "Called otherwise");
    let spent = |task: &Task| task.time_spent_seconds.unwrap_or(0);
    assert_eq!(spent(task("ENG-3")) - spent(earlier("ENG-3")), 3_600);
    assert!(after.comments.iter().flatten().any(|comment| comment.body == "Heard at once"));
    assert!(after.tasks.iter().any(|task| task.title == "Quite new"));
    assert_eq!(task("ENG-9").presence, Presence::Deleted);
    // No pass was made, and the log says who told.
    assert_eq!(hub.db.store.scopes(hub.source()).await.unwrap(), scopes);
    let log = hub.db.store.read_log(position, 100_000).await.unwrap();
    let of_tasks: Vec<_> =
        log.iter().filter(|change| matches!(change.subject, Subject::Task(_))).collect();
    let linked = |change: &&mainstem_model::Change| {
        let ends = change.after.as_ref().map(|link| (&link["from"], &link["to"]));
        change.field == "links" && ends == Some((&json!("ENG-5"), &json!("WEB-6")))
    };
    assert!(of_tasks.iter().any(linked), "{of_tasks:?}");
    assert!(of_tasks.iter().all(|change| change.cause == ChangeCause::Webhook), "{of_tasks:?}");
}

both_databases! {
    async fn what_the_network_does_to_deliveries_is_made_up_for_by_the_next_pass(db) {
        let hub = Hub::new(db, Deployment::Cloud).await;
        for round in 0..3 {
            hub.db.clock.advance_seconds(3_600);
            hub.site.edit(|world| { world.bulk_edit(20); });
            let mut deliveries = hub.site.deliveries();
            assert!(deliveries.len() >= 20);
            // A fifth is lost, a fifth comes twice, and all of it the wrong way round.
            deliveries.reverse();
            for (place, delivery) in deliveries.iter().enumerate().filter(|(place, _)| place % 5 != round) {
                assert!(hub.hear(delivery).await);
                assert!(place % 5 != round + 1 || !hub.hear(delivery).await);
            }
            hub.run_due().await;
        }
        hub.db.clock.advance_seconds(3_600);
        hub.run_due().await;
        let contents = hub.contents().await;
        let world = hub.site.world();
        for task in contents.tasks {
            let issue = world.issue(&task.key).unwrap();
            assert_eq!(*task.title, *world[issue].summary, "{}", task.key);
        }
    }
}

both_databases! {
    async fn a_delivery_that_comes_again_asks_for_nothing(db) {
        let hub = Hub::new(db, Deployment::Cloud).await;
        hub.site.edit(work);
        let deliveries = hub.site.deliveries();
        for delivery in &deliveries {
            assert!(hub.hear(delivery).await);
        }
        hub.run_due().await;
        let (contents, position) = (hub.contents().await, hub.position().await);
        hub.site.reset_stats();
        for _ in 0..10 {
            for delivery in &deliveries {
                // Whoever replays it gives it another identifier, which nothing is signed over.
                let mut replayed = delivery.clone();
                replayed.headers.insert("x-atlassian-webhook-identifier", "fresh".parse().unwrap());
                assert!(!hub.hear(&replayed).await);
            }
            hub.run_due().await;
        }
        assert_eq!(hub.site.stats().requests, 0);
        assert_eq!((hub.contents().await, hub.position().await), (contents, position));
        // After a week it is heard again, and changes nothing all the same.
        hub.db.clock.advance_seconds(8 * 86_400);
        hub.run_due().await;
        let position = hub.position().await;
        hub.site.edit(|world| {
            let issue = world.issue("WEB-3").unwrap();
            world.edit_summary(issue, "Only this");
        });
        hub.deliver().await;
        assert!(hub.hear(&deliveries[0]).await);
        hub.db.clock.advance_seconds(10);
        hub.run_due().await;
        assert_eq!(hub.position().await, Position(position.0 + 1));
    }
}

both_databases! {
    async fn a_flood_about_one_issue_is_one_reading_and_then_one_every_five_seconds(db) {
        let hub = Hub::new(db, Deployment::Cloud).await;
        let fetches = || hub.site.stats().by_endpoint.get("POST /issue/bulkfetch").copied().unwrap_or(0);
        let flood = async |from: u32| {
            hub.site.edit(|world| {
                let issue = world.issue("ENG-3").unwrap();
                for number in from..from + 200 {
                    world.edit_summary(issue, &format!("Edit {number}"));
                }
            });
            for delivery in hub.site.deliveries() {
                assert!(hub.hear(&delivery).await);
            }
        };
        let before = fetches();
        flood(0).await;
        hub.run_due().await;
        assert_eq!(fetches() - before, 1);
        assert_eq!(hub.task("ENG-3").await.unwrap().title, "Edit 199");
        // What comes while it is being read waits.
        flood(200).await;
        let lease = hub.db.store.acquire_lease("source:jira", "test", std::time::Duration::from_secs(60));
        let lease = lease.await.unwrap().unwrap();
        let take = async || hub.db.store.take_hints(&lease, hub.source(), ChangeCause::Webhook, 10).await.unwrap();
        assert_eq!(take().await.len(), 1);
        flood(400).await;
        assert_eq!(take().await, []);
        hub.db.clock.advance_seconds(4);
        flood(600).await;
        assert_eq!(take().await, []);
        hub.db.clock.advance_seconds(1);
        assert_eq!(take().await.len(), 1);
    }
}

both_databases! {
    async fn nothing_comes_in_that_was_not_asked_for(db) {
        let spec = SourceSpec {
            settings: json!({"base_url": "http://127.0.0.1:1", "projects": ["ENG"]}),
            ..spec(Deployment::Cloud)
        };
        let hub = Hub::reading(db, Deployment::Cloud, spec, Account::of(Deployment::Cloud), SECRET).await;
        let body = json!({"name": "hub", "url": ADDRESS, "events": EVENTS, "secret": SECRET});
        hub.ask("POST", "/rest/webhooks/1.0/webhook", &body).await;
        let count = hub.contents().await.tasks.len();
        hub.site.edit(|world| {
            let [eng, web] = ["ENG", "WEB"].map(|key| world.project(key).unwrap());
            world.create_issue(web, NewIssue::default());
            let [inside, outside] = ["ENG-3", "WEB-3"].map(|key| world.issue(key).unwrap());
            world.edit_summary(outside, "None of our business");
            world.link(LinkType::named("Blocks").unwrap(), inside, outside);
            world.create_issue(eng, NewIssue::default());
        });
        hub.deliver().await;
        let contents = hub.contents().await;
        assert_eq!(contents.tasks.len(), count + 1);
        assert!(contents.tasks.iter().all(|task| task.key.starts_with("ENG-")));
        assert_eq!(hub.db.store.quarantined(hub.source(), 10).await.unwrap(), []);
    }
}

/// An app's access token, while it is good for webhooks too.
struct Token;

#[async_trait]
impl CredentialProvider for Token {
    async fn credential(&self, _: &Source) -> Result<Option<Credential>, CredentialError> {
        let (kind, public) = ("token".to_owned(), json!({}));
        Ok(Some(Credential { kind, public, secret: "a-token".into() }))
    }
}

/// A source that registers its webhook itself.
async fn registering(db: TestDatabase) -> Hub {
    let options = JiraOptions { issues: 80, projects: 2, ..JiraOptions::default() };
    let cloud_id = JiraSite::new(options, db.clock.clone()).cloud_id().to_owned();
    let webhook = Webhook {
        secret: CredentialRef::Env { name: "UNUSED".to_owned() },
        previous: None,
        register_at: Some(ADDRESS.to_owned()),
    };
    let spec = SourceSpec {
        settings: json!({"base_url": format!("http://127.0.0.1:1/ex/jira/{cloud_id}")}),
        credential_kind: "token".to_owned(),
        credential_public: json!({}),
        webhook: Some(webhook),
        ..spec(Deployment::Cloud)
    };
    Hub::reading(db, Deployment::Cloud, spec, Token, "sandbox-client-secret").await
}

both_databases! {
    async fn an_apps_webhook_is_registered_and_prolonged_for_ever(db) {
        let hub = registering(db).await;
        let list = async || hub.ask("GET", "/rest/api/3/webhook", &Value::Null).await["values"].clone();
        let days_left = |registered: &Value| {
            let end = registered[0]["expirationDate"].as_i64().unwrap() / 1_000;
            (end - hub.db.clock.now().seconds()) / 86_400
        };
        let first = list().await;
        assert_eq!(first.as_array().unwrap().len(), 1);
        assert_eq!(first[0]["jqlFilter"], "project IN (\"ENG\", \"WEB\")");
        for day in 0..70 {
            hub.db.clock.advance_seconds(86_400);
            hub.run_due().await;
            let registered = list().await;
            assert_eq!(registered.as_array().unwrap().len(), 1, "day {day}");
            assert_eq!(registered[0]["id"], first[0]["id"], "it is prolonged, not made anew");
            assert!(days_left(&registered) >= 9, "day {day}: {registered}");
        }
        assert!(hub.site.stats().by_endpoint["PUT /webhook/refresh"] <= 4);
        // No event tells of links; the changelog does.
        let blocks = async || {
            hub.contents().await.links.iter().filter(|(kind, ..)| *kind == LinkKind::Blocks).count()
        };
        let before = blocks().await;
        hub.site.edit(|world| {
            let [one, other] = ["ENG-5", "WEB-6"].map(|key| world.issue(key).unwrap());
            world.link(LinkType::named("Blocks").unwrap(), one, other);
        });
        hub.deliver().await;
        assert!(blocks().await > before);
        assert_eq!(hub.state().await.state, SourceState::Healthy);
    }
}

both_databases! {
    async fn a_webhook_for_other_projects_is_replaced(db) {
        let hub = registering(db).await;
        let old = json!({"url": ADDRESS, "webhooks": [
            {"jqlFilter": "project = ENG", "events": ["jira:issue_created"]},
        ]});
        hub.ask("POST", "/rest/api/3/webhook", &old).await;
        hub.site.edit(|world| {
            let web = world.project("WEB").unwrap();
            world.hide_project(web, true);
        });
        hub.db.clock.advance_seconds(2 * 86_400);
        hub.run_due().await;
        let registered = hub.ask("GET", "/rest/api/3/webhook", &Value::Null).await;
        assert_eq!(registered["total"], 1, "{registered}");
        assert_eq!(registered["values"][0]["jqlFilter"], "project IN (\"ENG\")");
    }
}

both_databases! {
    async fn a_webhook_that_cannot_be_registered_shows_and_stops_nothing(db) {
        let webhook = Webhook {
            secret: CredentialRef::Env { name: "UNUSED".to_owned() },
            previous: None,
            register_at: Some(ADDRESS.to_owned()),
        };
        // An API token is no app.
        let spec = SourceSpec { webhook: Some(webhook), ..spec(Deployment::Cloud) };
        let hub = Hub::reading(db, Deployment::Cloud, spec, Account::of(Deployment::Cloud), SECRET).await;
        for _ in 0..3 {
            let source = hub.state().await;
            assert_eq!(source.state, SourceState::Degraded);
            let error = source.last_error.unwrap();
            assert_eq!(error.code, "WEBHOOK_NOT_REGISTERED");
            assert!(error.message.contains("manage:jira-webhook"), "{}", error.message);
            hub.db.clock.advance_seconds(600);
            hub.site.edit(|world| { world.bulk_edit(1); });
            hub.run_due().await;
        }
        let report = hub.engine.sync_once(&SyncOptions::default(), CancellationToken::new()).await.unwrap();
        assert_eq!(report.totals.tasks_changed, 0, "the passes have read everything");
    }
}
