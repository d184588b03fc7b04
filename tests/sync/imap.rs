//! A mailbox on a real server ends in the store as it is, and stays so while other programs use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Credential, Host, Registry};
use mainstem_connector_email::Email;
use mainstem_engine::{
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, Event, LogObserver,
    Observer, Sleeper, SyncOptions, SyncReport, TokioSleeper,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{
    Clock, CredentialRef, Presence, Source, SourceState, SystemClock, Task, Visibility,
};
use mainstem_store::{SourceSpec, Store, StoreOptions};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::dovecot::{Client, Dovecot, PASSWORD};
use crate::support::hub::Standstill;
use crate::support::wires::Wires;

/// A mailbox is reached by no HTTP.
struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        panic!("{} is asked for", request.url);
    }
}

/// What every source signs in with.
struct Secret(&'static str);

#[async_trait]
impl CredentialProvider for Secret {
    async fn credential(&self, source: &Source) -> Result<Option<Credential>, CredentialError> {
        Ok(Some(Credential {
            kind: source.credential_kind.clone(),
            public: source.credential_public.clone(),
            secret: self.0.into(),
        }))
    }
}

/// A mailbox of a test, other programs that use it, and the way to it.
struct Mailbox {
    user: String,
    client: Client,
    wires: Wires,
    clock: Arc<dyn Clock>,
}

impl Mailbox {
    fn new(clock: Arc<dyn Clock>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let user = format!("sync{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let server = Dovecot::shared();
        let client = server.client(&user);
        Self { user, client, wires: Wires::trusting(&server.certificate()), clock }
    }

    async fn declare(&self, store: &Store, poll_interval_seconds: u32) {
        let address = format!("imaps://127.0.0.1:{}", Dovecot::shared().secure_port);
        let spec = SourceSpec {
            name: "support".to_owned(),
            connector: "email".to_owned(),
            settings: serde_json::json!({"imap": address}),
            credential_kind: "password".to_owned(),
            credential_public: serde_json::json!({"username": self.user}),
            credential: Some(CredentialRef::Env { name: "UNUSED".to_owned() }),
            webhook: None,
            poll_interval_seconds,
            provisioned: true,
            paused: false,
        };
        store.put_source(&spec, true).await.unwrap();
    }

    /// An engine as a process has that has just started.
    fn engine(
        &self,
        store: &Store,
        sleeper: Arc<dyn Sleeper>,
        secret: &'static str,
        observer: Arc<dyn Observer>,
    ) -> Engine {
        Engine::new(EngineParts {
            store: store.clone(),
            registry: Registry::default().with(Email),
            host: Host {
                http: Arc::new(NoHttp),
                dial: Arc::new(self.wires.clone()),
                clock: Arc::clone(&self.clock),
                random: Arc::new(SeededRandom::new(1)),
            },
            sleeper,
            credentials: Arc::new(Secret(secret)),
            observer,
            requests: None,
            settings: EngineSettings::default(),
        })
        .unwrap()
    }

    /// Reads all of it, as a process does that has just started.
    async fn sync(&self, db: &TestDatabase, secret: &'static str) -> SyncReport {
        self.declare(&db.store, 60).await;
        let max_wait = Duration::from_secs(600);
        let options = SyncOptions { sources: None, max_wait, census: false, history: false };
        let engine = self.engine(&db.store, Arc::new(Standstill), secret, Arc::new(LogObserver));
        let report = engine.sync_once(&options, CancellationToken::new()).await.unwrap();
        db.clock.advance_seconds(60);
        report
    }
}

/// A message that is one of its thread.
fn mail(number: u32, answers: Option<u32>) -> String {
    let field = answers.map(|to| format!("In-Reply-To: <{to}@acme.example>\n")).unwrap_or_default();
    let re = if answers.is_some() { "Re: " } else { "" };
    format!(
        "From: Ann <ann{}@acme.example>\nTo: support@acme.example\nDate: Mon, 2 Nov 2026 09:00:00 +0000\n\
         Message-ID: <{number}@acme.example>\n{field}Subject: {re}Question {}\n\nText {number}\n",
        number % 7,
        answers.unwrap_or(number),
    )
}

async fn tasks(store: &Store) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    loop {
        let page = store.load_tasks(tasks.last().map(|task| task.id), 500).await.unwrap();
        if page.is_empty() {
            return tasks;
        }
        tasks.extend(page);
    }
}

/// Of the threads that are there: title, and status with folder.
async fn present(store: &Store) -> BTreeMap<String, String> {
    let present = tasks(store).await.into_iter().filter(|task| task.presence == Presence::Present);
    present.map(|task| (task.title, format!("{} in {}", task.status.name, task.scope))).collect()
}

both_databases! {
    async fn ten_thousand_messages_are_followed(db) {
        let mut mailbox = Mailbox::new(db.clock.clone());
        let client = &mut mailbox.client;
        for (folder, from) in [("INBOX", 0), ("Work", 4_000), ("Papiere", 8_000)] {
            if folder == "Work" {
                client.run("CREATE Work");
            }
            // Every fourth one answers the one before.
            let numbers = from..(from + if from == 8_000 { 2_000 } else { 4_000 });
            let messages: Vec<_> =
                numbers.map(|at| mail(at, (at % 4 == 3).then(|| at - 1))).collect();
            client.append(folder, messages.iter().map(String::as_str));
        }
        let report = mailbox.sync(&db, PASSWORD).await;
        assert!(report.ok, "{report:?}");
        let first = tasks(&db.store).await;
        assert_eq!(first.len(), 7_500);
        let ids: Vec<_> = first.iter().map(|task| task.id).collect();
        let mut comments = 0;
        for ids in ids.chunks(500) {
            let loaded = db.store.comments(ids, &Visibility::Everything, None, 1_000).await.unwrap();
            comments += loaded.values().map(|page| page.parts.len()).sum::<usize>();
        }
        assert_eq!(comments, 10_000);

        // Read, answered, put away, thrown away, removed, and written.
        let client = &mut mailbox.client;
        client.run("SELECT INBOX");
        client.run("UID STORE 1 +FLAGS (\\Seen)");
        client.run("UID STORE 2 +FLAGS (\\Answered \\Flagged)");
        client.run("UID MOVE 5 Papiere");
        client.run("UID MOVE 6 Trash");
        client.run("UID STORE 9 +FLAGS (\\Deleted)");
        client.run("EXPUNGE");
        client.append("Work", [&*mail(20_000, Some(1))]);
        let report = mailbox.sync(&db, PASSWORD).await;
        assert!(report.ok, "{report:?}");
        let shown = present(&db.store).await;
        let of = |title: &str| shown.get(title).map(String::as_str);
        assert_eq!(of("Question 0"), Some("read in INBOX"));
        assert_eq!(of("Question 1"), Some("answered in INBOX"));
        assert_eq!(of("Question 4"), Some("done in Papiere"));
        assert_eq!((of("Question 5"), of("Question 8")), (None, None));
        let gone: BTreeMap<_, _> = tasks(&db.store)
            .await
            .into_iter()
            .filter(|task| task.presence != Presence::Present)
            .map(|task| (task.title, task.presence))
            .collect();
        assert_eq!(gone["Question 5"], Presence::AccessLost);
        assert_eq!(gone["Question 8"], Presence::Deleted);
        assert_eq!(gone.len(), 2);

        // Every message gets another number: nothing is read as if it were new.
        mailbox.client.run("LOGOUT");
        let before = tasks(&db.store).await;
        Dovecot::shared().forget_numbers(&mailbox.user);
        mailbox.client = Dovecot::shared().client(&mailbox.user);
        let report = mailbox.sync(&db, PASSWORD).await;
        assert!(report.ok, "{report:?}");
        assert_eq!(tasks(&db.store).await, before);
    }
}

both_databases! {
    async fn a_credential_that_is_refused_pauses_the_source(db) {
        let mailbox = Mailbox::new(db.clock.clone());
        let report = mailbox.sync(&db, "a-wrong-password").await;
        assert!(!report.ok);
        let source = db.store.sources().await.unwrap().remove(0);
        let error = source.last_error.unwrap();
        assert_eq!(source.state, SourceState::NeedsCredential);
        assert_eq!(error.code, "CREDENTIAL_REFUSED");
        assert!(!error.message.contains("a-wrong-password"), "{}", error.message);
        assert!(mailbox.sync(&db, PASSWORD).await.ok);
    }
}

both_databases! {
    async fn what_happens_in_the_inbox_is_stored_at_once(db) {
        let mut mailbox = Mailbox::new(Arc::new(SystemClock));
        let store = by_the_clock(&db).await;
        let messages: Vec<_> = (0..500).map(|number| mail(number, None)).collect();
        mailbox.client.append("INBOX", messages.iter().map(String::as_str));
        // A poll is not what tells of it.
        mailbox.declare(&store, 86_400).await;
        let running = Running::of(&mailbox, &store);
        running.until(|shown| shown.len() == 500).await;
        let client = &mut mailbox.client;
        client.run("SELECT INBOX");
        // Whatever came before it listens is seen when it begins to.
        client.append("INBOX", [&*mail(900, None)]);
        running.until(|shown| shown.contains_key("Question 900")).await;

        let mut took = Vec::new();
        client.append("INBOX", [&*mail(1_000, None)]);
        took.push(running.until(|shown| shown.contains_key("Question 1000")).await);
        client.run("UID STORE 3 +FLAGS (\\Seen)");
        took.push(running.until(|shown| shown["Question 2"] == "read in INBOX").await);
        client.run("UID MOVE 4 Papiere");
        took.push(running.until(|shown| shown["Question 3"] == "done in Papiere").await);
        client.run("UID STORE 5 +FLAGS (\\Deleted)");
        client.run("EXPUNGE");
        took.push(running.until(|shown| !shown.contains_key("Question 4")).await);
        println!("seen after {took:?}");
        running.stop().await;
        assert!(took.iter().all(|took| *took < PATIENCE), "{took:?}");
    }
}

both_databases! {
    async fn what_is_not_told_any_more_is_seen_by_the_next_poll(db) {
        let mut mailbox = Mailbox::new(Arc::new(SystemClock));
        let store = by_the_clock(&db).await;
        mailbox.client.append("INBOX", [&*mail(0, None)]);
        mailbox.declare(&store, 5).await;
        // Every connection that waits is swallowed from its beginning.
        mailbox.wires.swallow_idles();
        let running = Running::of(&mailbox, &store);
        running.until(|shown| shown.len() == 1).await;
        mailbox.client.append("INBOX", [&*mail(1, None)]);
        let took = running.until(|shown| shown.len() == 2).await;
        running.stop().await;
        assert!(took < Duration::from_secs(5) + PATIENCE, "{took:?}");
    }
}

/// The store as a program opens it: engine and store go by the same clock.
async fn by_the_clock(db: &TestDatabase) -> Store {
    let random = Arc::new(SeededRandom::new(1));
    let options = StoreOptions { clock: Arc::new(SystemClock), random };
    Store::open(&db.url, options).await.unwrap()
}

/// What is held against a machine that does much else besides: an idle one takes less than a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// An engine that runs until it is told to stop, and rings whenever it has done something.
struct Running {
    cancellation: CancellationToken,
    task: JoinHandle<()>,
    bell: Arc<Bell>,
    store: Store,
}

#[derive(Default)]
struct Bell(Notify);

impl Observer for Bell {
    fn observe(&self, event: &Event<'_>) {
        LogObserver.observe(event);
        self.0.notify_one();
    }
}

impl Running {
    fn of(mailbox: &Mailbox, store: &Store) -> Self {
        let (cancellation, bell) = (CancellationToken::new(), Arc::new(Bell::default()));
        let engine = mailbox.engine(store, Arc::new(TokioSleeper), PASSWORD, bell.clone());
        let token = cancellation.clone();
        let task = tokio::spawn(async move { engine.run(token).await });
        Self { cancellation, task, bell, store: store.clone() }
    }

    /// Waits until the store shows something, and says how long that took.
    async fn until(&self, is_so: impl Fn(&BTreeMap<String, String>) -> bool) -> Duration {
        let began = Instant::now();
        let shown = async {
            while !is_so(&present(&self.store).await) {
                self.bell.0.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), shown).await.expect("it comes to be");
        began.elapsed()
    }

    async fn stop(self) {
        self.cancellation.cancel();
        self.task.await.unwrap();
    }
}
