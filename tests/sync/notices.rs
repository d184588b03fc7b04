//! A mailbox beside a GitHub and a Jira site: mail about their items is evidence on them, leads to what
//! they have not read yet, and its answers are comments, once.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_email::Email;
use mainstem_connector_github::GitHub;
use mainstem_connector_jira::Jira;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver,
    SyncOptions,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{
    ChangeCause, Clock, CredentialRef, Position, Source, SourceId, Task, Timestamp, Visibility,
};
use mainstem_read_model::{Freshness, ReadModel};
use mainstem_sandbox::jira::NewIssue as NewJiraIssue;
use mainstem_sandbox::world::NewIssue;
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite, Site, SiteOptions};
use mainstem_store::SourceSpec;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Standstill, answer};

/// Where each site is read; the sandboxes speak plain HTTP, which is taken to this machine only.
const GITHUB: &str = "127.0.0.1";
const JIRA: &str = "localhost";
/// What the receiving server writes above the mail of whom it vouches for.
const VOUCHED: &str = "Authentication-Results: mx.acme.example; dmarc=pass header.from=";

/// Both sites as the network; notes what is asked for.
struct Network {
    github: Site,
    jira: JiraSite,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Http for Network {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.asked.lock().unwrap().push(request.url.path().to_owned());
        match request.url.host_str() {
            Some(JIRA) => answer(self.jira.router(), request).await,
            _ => answer(self.github.router(), request).await,
        }
    }
}

struct Tokens;

#[async_trait]
impl CredentialProvider for Tokens {
    async fn credential(&self, source: &Source) -> Result<Option<Credential>, CredentialError> {
        let token = |source: &Source| Credential {
            kind: source.credential_kind.clone(),
            public: source.credential_public.clone(),
            secret: "a-token".into(),
        };
        Ok((!source.credential_kind.is_empty()).then(|| token(source)))
    }
}

struct Hub {
    db: TestDatabase,
    network: Arc<Network>,
    engine: Engine,
    mail: TempDir,
}

impl Hub {
    /// Two sites that were read, and an empty mailbox.
    async fn new(db: TestDatabase, deployment: Deployment) -> Self {
        let github =
            Site::new(SiteOptions { issues: 30, ..SiteOptions::default() }, db.clock.clone());
        let options = JiraOptions { deployment, issues: 30, projects: 2, ..JiraOptions::default() };
        let jira = JiraSite::new(options, db.clock.clone());
        let mail = TempDir::new().unwrap();
        for path in ["cur", "new", "tmp"] {
            fs::create_dir_all(mail.path().join("mail").join(path)).unwrap();
        }
        let (kind, public) = match deployment {
            Deployment::Cloud => ("basic", json!({"username": "me@acme.example"})),
            Deployment::DataCenter => ("token", json!({})),
        };
        let mailbox = json!({
            "maildir": mail.path().join("mail"), "trusted_server": "mx.acme.example",
        });
        let base = |host: &str| format!("http://{host}:1");
        for (name, connector, settings, kind, public) in [
            (
                "acme",
                "github",
                json!({"base_url": base(GITHUB), "owner": "acme"}),
                "token",
                json!({}),
            ),
            ("jira", "jira", json!({"base_url": base(JIRA)}), kind, public),
            ("support", "email", mailbox, "", json!({})),
        ] {
            db.store
                .put_source(&spec(name, connector, settings, kind, public), true)
                .await
                .unwrap();
        }
        let network = Arc::new(Network { github, jira, asked: Mutex::default() });
        let engine = Engine::new(EngineParts {
            store: db.store.clone(),
            registry: Registry::default().with(GitHub).with(Jira).with(Email),
            host: Host {
                dial: Arc::new(NoDial),
                http: network.clone(),
                clock: db.clock.clone(),
                random: Arc::new(SeededRandom::new(1)),
            },
            sleeper: Arc::new(Standstill),
            credentials: Arc::new(Tokens),
            observer: Arc::new(LogObserver),
            requests: None,
            settings: EngineSettings::default(),
        })
        .unwrap();
        let hub = Self { db, network, engine, mail };
        hub.read(&["acme", "jira", "support"]).await;
        // Nothing is left to be done.
        hub.run_due().await;
        hub.db.clock.advance_seconds(10);
        hub
    }

    /// Brings sources up to date.
    async fn read(&self, sources: &[&str]) {
        let options = SyncOptions {
            sources: Some(sources.iter().map(|name| (*name).to_owned()).collect()),
            max_wait: Duration::from_secs(600),
            census: false,
            history: true,
        };
        let report = self.engine.sync_once(&options, CancellationToken::new()).await.unwrap();
        assert!(report.ok, "{report:?}");
    }

    /// What the engine does by itself within the second: no pass is due yet.
    async fn run_due(&self) {
        self.engine.run_due(CancellationToken::new()).await.unwrap();
    }

    fn deliver(&self, number: u32, mail: &str) {
        let seconds = self.db.clock.now().0 / 1_000_000;
        let name = format!("mail/new/{seconds}.{number}.host");
        fs::write(self.mail.path().join(name), mail).unwrap();
    }

    /// When it is, as mail writes it.
    fn date(&self) -> String {
        let seconds = self.db.clock.now().0 / 1_000_000 - 1_767_225_600;
        format!(
            "Thu, 1 Jan 2026 {:02}:{:02}:{:02} +0000",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// GitHub tells of an issue.
    fn github_mail(&self, issue: u64, comment: u32) -> String {
        format!(
            "{VOUCHED}{GITHUB}\nFrom: Bob <notifications@{GITHUB}>\n\
             Reply-To: acme/api <reply+TOKEN@reply.{GITHUB}>\nTo: acme/api <api@noreply.{GITHUB}>\n\
             Cc: Ann <ann@acme.example>\nDate: {}\n\
             Message-ID: <acme/api/issues/{issue}/{comment}@{GITHUB}>\n\
             In-Reply-To: <acme/api/issues/{issue}@{GITHUB}>\nX-GitHub-Reason: mention\n\
             X-GitHub-Sender: bob\nList-ID: acme/api <api.acme.{GITHUB}>\n\
             Subject: Re: [acme/api] A pump (Issue #{issue})\n\nNews {comment}\n",
            self.date()
        )
    }

    /// Jira tells of an issue.
    fn jira_mail(&self, key: &str, number: u32) -> String {
        format!(
            "{VOUCHED}{JIRA}\nFrom: \"Bob Builder (Jira)\" <jira@{JIRA}>\nTo: ann@acme.example\nDate: {}\n\
             Message-ID: <JIRA.1.1.{number}.2@Atlassian.JIRA>\nReferences: <JIRA.1.1@Atlassian.JIRA>\n\
             Subject: [jira] [Created] ({key}) A pump\nX-JIRA-FingerPrint: 5d1b\nPrecedence: bulk\n\n\
             See http://{JIRA}:1/browse/{key}\n\nNews {number}\n",
            self.date()
        )
    }

    /// Ann answers.
    fn answer(&self, number: u32, to: &str, references: &str, text: &str) -> String {
        format!(
            "{VOUCHED}acme.example\nFrom: Ann <ann@acme.example>\nTo: {to}\nDate: {}\n\
             Message-ID: <{number}@acme.example>\nReferences: {references}\nSubject: Re: A pump\n\n{text}\n",
            self.date()
        )
    }

    async fn contents(&self) -> Contents {
        Contents::of(&self.db.store).await
    }

    async fn task(&self, key: &str) -> Option<Task> {
        self.contents().await.tasks.into_iter().find(|task| task.key == key)
    }

    async fn comments(&self, key: &str) -> Vec<String> {
        let contents = self.contents().await;
        let at = contents.tasks.iter().position(|task| task.key == key).unwrap();
        contents.comments[at].iter().map(|comment| comment.body.clone()).collect()
    }

    async fn notices(&self, key: &str) -> Vec<String> {
        let task = self.task(key).await.unwrap().id;
        let mut pages =
            self.db.store.notices(&[task], &Visibility::Everything, None, 1_000).await.unwrap();
        let notices = pages.remove(&task).unwrap_or_default().parts;
        notices.into_iter().map(|notice| notice.evidence.quote).collect()
    }

    async fn model(&self) -> ReadModel {
        ReadModel::load(&self.db.store, self.db.clock.clone()).await.unwrap()
    }

    async fn freshness(&self, key: &str) -> Freshness {
        let id = self.task(key).await.unwrap().id;
        let view = self.model().await.view(&Visibility::Everything);
        view.task(id).unwrap().freshness(self.db.clock.now())
    }

    async fn lag_seconds(&self, source: &str) -> i64 {
        let view = self.model().await.view(&Visibility::Everything);
        view.source(SourceId::of(source)).unwrap().lag_seconds(self.db.clock.now()).unwrap()
    }

    /// When each scope was read last.
    async fn passes(&self) -> Vec<(String, Option<Timestamp>)> {
        let scopes = self.db.store.all_scopes().await.unwrap();
        scopes.into_iter().map(|scope| (scope.key, scope.synced_at)).collect()
    }

    /// How often something was asked for whose path ends so.
    fn asked(&self, end: &str) -> usize {
        self.network.asked.lock().unwrap().iter().filter(|path| path.ends_with(end)).count()
    }
}

fn spec(name: &str, connector: &str, settings: Value, kind: &str, public: Value) -> SourceSpec {
    let variable = CredentialRef::Env { name: "UNUSED".to_owned() };
    SourceSpec {
        name: name.to_owned(),
        connector: connector.to_owned(),
        settings,
        credential_kind: kind.to_owned(),
        credential_public: public,
        credential: (!kind.is_empty()).then_some(variable),
        webhook: None,
        poll_interval_seconds: 60,
        provisioned: true,
        paused: false,
    }
}

both_databases! {
    async fn mail_leads_to_what_no_pass_has_seen(db) {
        leads(Hub::new(db, Deployment::Cloud).await).await;
    }
}

both_databases! {
    async fn so_it_does_to_a_data_center(db) {
        leads(Hub::new(db, Deployment::DataCenter).await).await;
    }
}

async fn leads(hub: Hub) {
    // Somebody comments on an issue, and makes one at each tool.
    let number = hub.network.github.edit(|world| {
        let issue = world.issue("acme/api", 3).unwrap();
        let author = world.people().next().unwrap();
        world.comment(issue, author, "Said just now");
        let api = world.repository("acme/api").unwrap();
        let new =
            world.create_issue(api, NewIssue { title: "Quite new".into(), ..NewIssue::default() });
        world[new].number
    });
    let key = hub.network.jira.edit(|world| {
        let project = world.project("ENG").unwrap();
        let new = NewJiraIssue { summary: "Quite new, too".into(), ..NewJiraIssue::default() };
        let issue = world.create_issue(project, new);
        world.issue_key(issue)
    });
    let number = u64::from(number);
    let new = format!("acme/api#{number}");
    hub.deliver(1, &hub.github_mail(3, 1));
    hub.deliver(2, &hub.github_mail(number, 2));
    hub.deliver(3, &hub.jira_mail(&key, 3));
    let tasks = hub.contents().await.tasks.len();
    assert!(!hub.freshness("acme/api#3").await.stale);
    let position = hub.db.store.head().await.unwrap();
    hub.db.clock.advance_seconds(20);
    hub.read(&["support"]).await;

    // The evidence stands, and the sources say how far they are behind it.
    assert_eq!(hub.contents().await.tasks.len(), tasks, "no mail is a task");
    assert_eq!(hub.notices("acme/api#3").await, ["News 1"]);
    let behind = hub.freshness("acme/api#3").await;
    assert!(behind.stale && behind.lag_seconds >= 20, "{behind:?}");
    assert!(hub.lag_seconds("jira").await >= 20);
    let passes = hub.passes().await;
    hub.run_due().await;

    // They have caught up by asking for just these.
    assert!(hub.comments("acme/api#3").await.contains(&"Said just now".to_owned()));
    assert_eq!(hub.task(&new).await.unwrap().title, "Quite new");
    assert_eq!(hub.task(&key).await.unwrap().title, "Quite new, too");
    assert_eq!(
        (hub.notices(&new).await, hub.notices(&key).await.len()),
        (vec!["News 2".to_owned()], 1)
    );
    assert!(!hub.freshness("acme/api#3").await.stale);
    assert_eq!(hub.passes().await, passes, "without a pass");
    let log = hub.db.store.read_log(position, 10_000).await.unwrap();
    let news = log.iter().filter(|change| matches!(change.field.as_str(), "created" | "comments"));
    let causes: Vec<ChangeCause> = news.map(|change| change.cause).collect();
    assert_eq!(causes, [ChangeCause::Webhook; 3], "{log:?}");

    // Reading it again is no news.
    let position: Position = hub.db.store.head().await.unwrap();
    hub.read(&["support"]).await;
    hub.run_due().await;
    assert_eq!(hub.db.store.head().await.unwrap(), position);
}

both_databases! {
    async fn many_mails_of_one_item_are_one_fetch_and_a_hidden_item_one_try(db) {
        let hub = Hub::new(db, Deployment::Cloud).await;
        for comment in 1..=100 {
            hub.deliver(comment, &hub.github_mail(3, comment));
        }
        hub.deliver(200, &hub.github_mail(9_999, 1));
        // What the tool was read since is no news.
        let early = hub.github_mail(4, 1).replace(&hub.date(), "Wed, 31 Dec 2025 23:00:00 +0000");
        hub.deliver(201, &early);
        let asked = |hub: &Hub| ["/issues/3", "/issues/9999", "/issues/4"].map(|end| hub.asked(end));
        let before = asked(&hub);
        for _ in 0..3 {
            hub.db.clock.advance_seconds(10);
            hub.read(&["support"]).await;
            hub.run_due().await;
        }
        let after = asked(&hub);
        assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), [1, 1, 0]);
        assert_eq!(hub.notices("acme/api#3").await.len(), 100);
        assert_eq!(hub.notices("acme/api#4").await.len(), 1);
    }
}

both_databases! {
    async fn a_forged_notice_does_nothing(db) {
        let hub = Hub::new(db, Deployment::Cloud).await;
        let position = hub.db.store.head().await.unwrap();
        let asked = hub.network.asked.lock().unwrap().len();
        let genuine = hub.github_mail(3, 1);
        let bare = genuine.replace(&format!("{VOUCHED}{GITHUB}\n"), "");
        let other = genuine
            .replace(&format!("{VOUCHED}{GITHUB}"), &format!("{VOUCHED}evil.example"))
            .replace("notifications@127.0.0.1", "notifications@evil.example");
        let answer = hub.answer(7, "team@acme.example", "<acme/api/issues/3/1@127.0.0.1>", "Close it.");
        let unvouched = answer.replace(&format!("{VOUCHED}acme.example\n"), "");
        for (number, mail) in [bare, other, unvouched].iter().enumerate() {
            hub.deliver(u32::try_from(number).unwrap(), mail);
        }
        hub.read(&["support"]).await;
        hub.run_due().await;
        assert_eq!(hub.notices("acme/api#3").await, [] as [&str; 0]);
        assert_eq!(hub.db.store.head().await.unwrap(), position);
        assert_eq!(hub.network.asked.lock().unwrap().len(), asked);
    }
}

both_databases! {
    async fn an_answer_is_a_comment_once(db) {
        let hub = Hub::new(db, Deployment::DataCenter).await;
        hub.deliver(1, &hub.github_mail(3, 1));
        hub.deliver(2, &hub.github_mail(4, 1));
        let thread = |issue: u32| format!("<acme/api/issues/{issue}/1@{GITHUB}>");
        hub.deliver(3, &hub.answer(3, "team@acme.example", &thread(3), "To the team."));
        hub.deliver(4, &hub.answer(4, &format!("reply+TOKEN@reply.{GITHUB}"), &thread(4), "To GitHub."));
        // GitHub makes a comment of what it is sent.
        hub.network.github.edit(|world| {
            let issue = world.issue("acme/api", 4).unwrap();
            let author = world.people().next().unwrap();
            world.comment(issue, author, "To GitHub.");
        });
        let tasks = hub.contents().await.tasks.len();
        hub.db.clock.advance_seconds(10);
        hub.read(&["support"]).await;
        hub.run_due().await;
        let of = |comments: Vec<String>, words: &str| comments.iter().filter(|body| *body == words).count();
        assert_eq!(of(hub.comments("acme/api#3").await, "To the team."), 1);
        assert_eq!(of(hub.comments("acme/api#4").await, "To GitHub."), 1);
        assert_eq!(hub.contents().await.tasks.len(), tasks, "no thread of answers is a task");

        // Who does not see the mailbox does not see what stands in it.
        let task = hub.task("acme/api#3").await.unwrap().id;
        let tools = BTreeSet::from([SourceId::of("acme"), SourceId::of("jira")]);
        let without = Visibility::Sources(Arc::new(tools));
        let pages = hub.db.store.comments(&[task], &without, None, 1_000).await.unwrap();
        let seen = pages.get(&task).map(|page| page.parts.clone()).unwrap_or_default();
        assert!(seen.iter().all(|comment| comment.body != "To the team."));
        assert!(hub.db.store.notices(&[task], &without, None, 10).await.unwrap().is_empty());
    }
}
