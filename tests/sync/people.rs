//! Somebody whom three tools know is one person: by the address that two of them show, and by an
//! admin's word for the third, which shows none.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
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
use mainstem_graphql::{Api, ApiSettings, Caller, Question};
use mainstem_model::random::SeededRandom;
use mainstem_model::{Clock, CredentialRef, Identity, Source, SourceId, TokenId, TokenScope};
use mainstem_model::{Task, Visibility};
use mainstem_read_model::ReadModel;
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite, Site, SiteOptions};
use mainstem_store::SourceSpec;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Standstill, answer};

/// Three tools and the store that they end in.
struct Tools {
    db: TestDatabase,
    network: Arc<Network>,
    mail: TempDir,
}

/// The sites, each at a port of its own.
struct Network {
    github: Site,
    jira: JiraSite,
}

#[async_trait]
impl Http for Network {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        match request.url.port() {
            Some(1) => answer(self.github.router(), request).await,
            _ => answer(self.jira.router(), request).await,
        }
    }
}

struct Credentials;

#[async_trait]
impl CredentialProvider for Credentials {
    async fn credential(&self, source: &Source) -> Result<Option<Credential>, CredentialError> {
        let credential = Credential {
            kind: "token".to_owned(),
            public: json!({}),
            secret: "a-token".to_owned().into(),
        };
        Ok(Some(credential).filter(|_| source.connector != "email"))
    }
}

impl Tools {
    async fn new(db: TestDatabase) -> Self {
        let github = SiteOptions { issues: 40, pull_requests: 10, ..SiteOptions::default() };
        let jira = JiraOptions {
            deployment: Deployment::DataCenter,
            issues: 40,
            shows_emails: true,
            ..JiraOptions::default()
        };
        let network = Arc::new(Network {
            github: Site::new(github, db.clock.clone()),
            jira: JiraSite::new(jira, db.clock.clone()),
        });
        let mail = TempDir::new().unwrap();
        for path in ["cur", "new", "tmp"] {
            fs::create_dir_all(mail.path().join(path)).unwrap();
        }
        let tools = Self { db, network, mail };
        tools
            .declare("hub", "github", json!({"base_url": "http://127.0.0.1:1", "owner": "acme"}))
            .await;
        tools.declare("jira", "jira", json!({"base_url": "http://127.0.0.1:2"})).await;
        let maildir: PathBuf = tools.mail.path().into();
        tools
            .declare(
                "support",
                "email",
                json!({"maildir": maildir, "trusted_server": "mx.acme.example"}),
            )
            .await;
        tools
    }

    async fn declare(&self, name: &str, connector: &str, settings: Value) {
        let reads_files = connector == "email";
        let spec = SourceSpec {
            name: name.to_owned(),
            connector: connector.to_owned(),
            settings,
            credential_kind: if reads_files { String::new() } else { "token".to_owned() },
            credential_public: json!({}),
            credential: (!reads_files).then(|| CredentialRef::Env { name: "UNUSED".to_owned() }),
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        self.db.store.put_source(&spec, true).await.unwrap();
    }

    /// Delivers a mail whose sender the server vouches for, or does not.
    fn deliver(&self, number: u32, from: &str, vouched: bool, fields: &str, body: &str) {
        let domain = from.trim_end_matches('>').rsplit('@').next().unwrap();
        let result = if vouched { "pass" } else { "fail" };
        let text = format!(
            "Authentication-Results: mx.acme.example; dmarc={result} header.from={domain}\n\
             From: {from}\nTo: support@acme.example\nDate: Thu, 1 Jan 2026 09:{number:02}:00 +0000\n\
             Message-ID: <{number}@acme.example>\n{fields}\n{body}\n"
        );
        fs::write(self.mail.path().join(format!("new/17672600{number:02}.{number}.host")), text)
            .unwrap();
    }

    /// Reads all three, as a process does that has just started.
    async fn sync(&self) {
        let engine = Engine::new(EngineParts {
            store: self.db.store.clone(),
            registry: Registry::default().with(GitHub).with(Jira).with(Email),
            host: Host {
                dial: Arc::new(NoDial),
                http: self.network.clone(),
                clock: self.db.clock.clone(),
                random: Arc::new(SeededRandom::new(1)),
            },
            sleeper: Arc::new(Standstill),
            credentials: Arc::new(Credentials),
            observer: Arc::new(LogObserver),
            requests: None,
            settings: EngineSettings::default(),
        })
        .unwrap();
        let max_wait = Duration::from_secs(600);
        let options = SyncOptions { sources: None, max_wait, census: false, history: false };
        let report = engine.sync_once(&options, CancellationToken::new()).await.unwrap();
        assert!(report.ok, "{report:?}");
        self.db.clock.advance_seconds(60);
    }

    /// What a process that has just started answers.
    async fn ask(&self, query: &str) -> Value {
        let clock: Arc<dyn Clock> = self.db.clock.clone();
        let model = Arc::new(ReadModel::load(&self.db.store, clock.clone()).await.unwrap());
        let api = Api::new(self.db.store.clone(), model, clock, ApiSettings::default()).unwrap();
        let caller = Caller {
            token: TokenId(uuid::Uuid::nil()),
            token_name: "tests".into(),
            scope: TokenScope::Admin,
            visibility: Visibility::Everything,
        };
        let question = Question {
            body: json!({ "query": query }).to_string().into(),
            caller: &caller,
            accept: None,
            if_none_match: None,
            min_position: None,
            request_id: "test",
        };
        let answer = api.answer(question).await;
        let mut answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].take()
    }

    /// Somebody of this source who has open tasks to do, and how many tasks in all.
    async fn somebody(&self, source: &str) -> (Identity, usize) {
        let source = SourceId::of(source);
        let tasks = Contents::of(&self.db.store).await.tasks;
        let identities = self.db.store.load_identities().await.unwrap();
        let theirs = |identity: &Identity| {
            let assigned = |task: &&Task| task.assignees.contains(&identity.id);
            tasks.iter().filter(assigned).count()
        };
        let found = identities
            .into_iter()
            .filter(|identity| identity.source == source)
            .max_by_key(|identity| (theirs(identity), identity.id))
            .unwrap();
        let count = theirs(&found);
        (found, count)
    }

    /// The names of the sources that know a person, what they are called, and how many tasks they have.
    async fn person(&self, id: mainstem_model::PersonId) -> (BTreeSet<String>, Value, Value) {
        let query = format!(
            "{{ node(id: \"{id}\") {{ ... on Person {{ name identities {{ source {{ name }} }}
                tasks {{ totalCount }} }} }} }}"
        );
        let mut data = self.ask(&query).await;
        let person = &mut data["node"];
        let sources = person["identities"].as_array().unwrap().iter();
        let sources =
            sources.map(|identity| identity["source"]["name"].as_str().unwrap().to_owned());
        (sources.collect(), person["name"].clone(), person["tasks"]["totalCount"].clone())
    }
}

fn names(sources: &[&str]) -> BTreeSet<String> {
    sources.iter().map(|name| (*name).to_owned()).collect()
}

both_databases! {
    async fn one_person_over_three_tools(db) {
        let mut tools = Tools::new(db).await;
        tools.sync().await;
        let (in_jira, jira_tasks) = tools.somebody("jira").await;
        let (in_github, github_tasks) = tools.somebody("hub").await;
        assert!(jira_tasks > 0 && github_tasks > 0);
        let address = in_jira.email.clone().unwrap();

        // They write a mail, and somebody else writes one in their name.
        let me = format!("Whatever I Like <{}>", address.to_uppercase());
        tools.deliver(1, &me, true, "Subject: Pump\n", &format!("Assignee: {address}"));
        tools.deliver(2, &me, false, "References: <1@acme.example>\nSubject: Re: Pump\n", "pay now");
        tools.sync().await;
        let name = json!(in_jira.name);
        let known = (names(&["jira", "support"]), name.clone(), json!(jira_tasks + 1));
        assert_eq!(tools.person(in_jira.id).await, known);
        let in_mail = SourceId::of("support").person(&address.to_lowercase());
        assert_eq!(tools.person(in_mail).await, known);
        let query = "{ tasks(filter: {title: {eq: \"Pump\"}}) { nodes { comments { nodes { author { name identities { externalId } } } } } } }";
        let authors = tools.ask(query).await["tasks"]["nodes"][0]["comments"]["nodes"].clone();
        assert_eq!(authors[0]["author"]["name"], name);
        let stranger = format!("unverified:{}", address.to_lowercase());
        assert_eq!(authors[1]["author"], json!({"name": stranger, "identities": [{"externalId": stranger}]}));

        // Their automatic answer says until when they are away; nobody else can say it for them.
        let away = "Auto-Submitted: auto-replied\nReferences: <1@acme.example>\nSubject: Away\n";
        tools.deliver(3, &me, true, away, "I am away until 9 January 2026.");
        tools.deliver(4, &me, false, away, "I am away until 9 March 2026.");
        tools.sync().await;
        let query = format!("{{ node(id: \"{}\") {{ ... on Person {{ availability {{ available until evidence {{ quote }} }} }} }} }}", in_jira.id);
        let gone = json!({"available": false, "until": "2026-01-10T00:00:00Z", "evidence": {"quote": "I am away until 9 January 2026."}});
        assert_eq!(tools.ask(&query).await["node"]["availability"], gone);
        tools.db.clock.advance_seconds(9 * 86_400);
        let there = json!({"available": true, "until": null, "evidence": null});
        assert_eq!(tools.ask(&query).await["node"]["availability"], there);

        // GitHub shows no address; an admin knows.
        let merge = format!(
            "mutation {{ mergePeople(input: {{people: [\"{}\", \"{}\"]}}) {{ person {{ id }} }} }}",
            in_mail, in_github.id
        );
        tools.ask(&merge).await;
        let one = (names(&["hub", "jira", "support"]), name, json!(jira_tasks + github_tasks + 1));
        assert_eq!(tools.person(in_github.id).await, one);
        // That holds after a restart, after everything was read once more, and while a tool is away.
        tools.db.reopen().await;
        tools.db.store.remove_source(SourceId::of("hub")).await.unwrap();
        assert_eq!(tools.person(in_jira.id).await, known);
        tools.declare("hub", "github", json!({"base_url": "http://127.0.0.1:1", "owner": "acme"})).await;
        tools.sync().await;
        assert_eq!(tools.person(in_github.id).await, one);
    }
}
