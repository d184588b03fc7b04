//! A mailbox ends in the store as it is.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_email::Email;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver,
    SyncOptions,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{Presence, Source, StatusCategory, TaskKind};
use mainstem_store::SourceSpec;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Standstill};

/// A mailbox on the disk is reached by no network.
struct NoNetwork;

#[async_trait]
impl Http for NoNetwork {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        panic!("{} is asked for", request.url);
    }
}

/// It takes no credential.
struct NoCredential;

#[async_trait]
impl CredentialProvider for NoCredential {
    async fn credential(&self, _: &Source) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}

/// A Maildir with an inbox and a folder for what is done.
struct Maildir(TempDir);

impl Maildir {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for path in ["cur", "new", "tmp", ".Done/cur", ".Done/new", ".Done/tmp"] {
            fs::create_dir_all(folder.path().join("mail").join(path)).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("mail").join(name)
    }

    fn deliver(&self, number: u32, from: &str, references: &str, subject: &str) {
        let text = format!(
            "From: {from}@acme.example\nTo: support@acme.example\nDate: Mon, 2 Nov 2026 09:{number:02}:00 +0000\n\
             Message-ID: <{number}@acme.example>\nReferences: {references}\nSubject: {subject}\n\nText {number}\n"
        );
        fs::write(self.path(&format!("new/17936100{number:02}.{number}.host")), text).unwrap();
    }

    /// Reads all of it, as a process does that has just started.
    async fn sync(&self, db: &TestDatabase) -> Contents {
        let spec = SourceSpec {
            name: "support".to_owned(),
            connector: "email".to_owned(),
            settings: serde_json::json!({"maildir": self.path("")}),
            credential_kind: String::new(),
            credential_public: serde_json::json!({}),
            credential: None,
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        db.store.put_source(&spec, true).await.unwrap();
        let engine = Engine::new(EngineParts {
            store: db.store.clone(),
            registry: Registry::default().with(Email),
            host: Host {
                http: Arc::new(NoNetwork),
                dial: Arc::new(NoDial),
                clock: db.clock.clone(),
                random: Arc::new(SeededRandom::new(1)),
            },
            sleeper: Arc::new(Standstill),
            credentials: Arc::new(NoCredential),
            observer: Arc::new(LogObserver),
            requests: None,
            settings: EngineSettings::default(),
        })
        .unwrap();
        let max_wait = Duration::from_secs(600);
        let options = SyncOptions { sources: None, max_wait, census: false, history: false };
        let report = engine.sync_once(&options, CancellationToken::new()).await.unwrap();
        assert!(report.ok, "{report:?}");
        db.clock.advance_seconds(60);
        Contents::of(&db.store).await
    }
}

/// What a store holds of each thread that is there: title, status and how many comments.
fn threads(contents: &Contents) -> Vec<(&str, &str, usize)> {
    let tasks = contents.tasks.iter().zip(&contents.comments);
    let present = tasks.filter(|(task, _)| task.presence == Presence::Present);
    let mut threads: Vec<_> = present
        .map(|(task, comments)| (&*task.title, &*task.status.name, comments.len()))
        .collect();
    threads.sort_unstable();
    threads
}

both_databases! {
    async fn a_mailbox_is_followed(db) {
        let mailbox = Maildir::new();
        mailbox.deliver(1, "ann", "", "Pump");
        mailbox.deliver(2, "bob", "<1@acme.example>", "Re: Pump");
        mailbox.deliver(5, "cy", "<4@acme.example>", "Re: Valve");
        mailbox.deliver(6, "ann", "", "Gone soon");
        let first = mailbox.sync(&db).await;
        assert_eq!(
            threads(&first),
            [("Gone soon", "unread", 1), ("Pump", "unread", 2), ("Re: Valve", "unread", 1)]
        );
        assert!(first.tasks.iter().all(|task| task.kind == TaskKind::Email));
        let pump = first.tasks.iter().find(|task| task.title == "Pump").unwrap();
        assert_eq!(pump.scope, "INBOX");

        // One is put away, one is removed, and of one the beginning comes, which names another root.
        for number in [1, 2] {
            let name = format!("17936100{number:02}.{number}.host");
            fs::rename(
                mailbox.path(&format!("new/{name}")),
                mailbox.path(&format!(".Done/cur/{name}:2,S")),
            )
            .unwrap();
        }
        fs::remove_file(mailbox.path("new/1793610006.6.host")).unwrap();
        mailbox.deliver(4, "dee", "<3@acme.example>", "Re: Valve");
        let second = mailbox.sync(&db).await;
        assert_eq!(threads(&second), [("Pump", "done", 2), ("Re: Valve", "unread", 2)]);
        let find = |title: &str| second.tasks.iter().find(|task| task.title == title).unwrap();
        assert_eq!((find("Pump").id, find("Pump").scope.as_str()), (pump.id, "Done"));
        assert_eq!(find("Pump").status.category, StatusCategory::Done);
        assert_eq!(find("Gone soon").presence, Presence::Deleted);

        // Nothing more happens: nothing more is written.
        let third = mailbox.sync(&db).await;
        assert_eq!(third.tasks, second.tasks);
        assert_eq!(third.comments, second.comments);
    }
}
