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
    CredentialError, CredentialProvider, Engine, EngineParts, EngineSettings, LogObserver, Sleeper,
    SyncOptions, SyncReport, TokioSleeper,
};
use mainstem_model::random::SeededRandom;
use mainstem_model::{
    Clock, CredentialRef, Position, Presence, Source, SourceState, SystemClock, Task, Visibility,
};
use mainstem_read_model::{PageRequest, ReadModel, TaskQuery};
use mainstem_store::{SourceSpec, Store, StoreOptions};
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
    fn engine(&self, store: &Store, sleeper: Arc<dyn Sleeper>, secret: &'static str) -> Engine {
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
            observer: Arc::new(LogObserver),
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
        let engine = self.engine(&db.store, Arc::new(Standstill), secret);
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

/// How fast each thing is to be seen. Dovecot itself waits half a second before it tells of anything.
const BAR: Duration = Duration::from_secs(1);
/// How often each thing is done in each folder at most, until it was seen as fast as that: a machine that does
/// much else besides does not always let it.
const MOST_ROUNDS: u32 = 9;

both_databases! {
    async fn what_happens_in_any_folder_is_visible_within_a_second(db) {
        let mut mailbox = Mailbox::new(Arc::new(SystemClock));
        let store = by_the_clock(&db).await;
        let client = &mut mailbox.client;
        client.run("CREATE Work");
        for (folder, from, until) in [("INBOX", 1, 500), ("Work", 501, 600)] {
            let messages: Vec<_> = (from..=until).map(|number| mail(number, None)).collect();
            client.append(folder, messages.iter().map(String::as_str));
        }
        // A poll is not what tells of it.
        mailbox.declare(&store, 86_400).await;
        let running = Running::of(&mailbox, &store).await;
        running.until(|shown| shown.len() == 600).await;
        let client = &mut mailbox.client;
        client.run("SELECT Work");
        // Whatever came before it listens is seen when it begins to.
        client.append("INBOX", [&*mail(900, None)]);
        running.until(|shown| shown.contains_key("Question 900")).await;
        client.append("Work", [&*mail(901, None)]);
        running.until(|shown| shown.contains_key("Question 901")).await;

        let mut took: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for (folder, first) in (1..=MOST_ROUNDS)
            .flat_map(|round| [("INBOX", 10 * round), ("Work", 500 + 10 * round)])
        {
            let title = |number: u32| format!("Question {number}");
            let (new, read, moved, removed) = (1_000 + first, first + 1, first + 2, first + 3);
            client.run(&format!("SELECT {folder}"));
            let [to_read, to_move, to_remove] = [read, moved, removed]
                .map(|number| client.find(&format!("{number}@acme.example")));
            let mut seen = |what, duration| took.entry(what).or_default().push(duration);
            running.settled().await;
            client.append(folder, [&*mail(new, None)]);
            seen("new mail", running.until(|shown| shown.contains_key(&title(new))).await);
            running.settled().await;
            client.run(&format!("UID STORE {to_read} +FLAGS (\\Seen)"));
            seen("flag", running.until(|shown| shown[&title(read)] == "read").await);
            running.settled().await;
            client.run(&format!("UID MOVE {to_move} Papiere"));
            seen("move", running.until(|shown| shown[&title(moved)] == "done").await);
            running.settled().await;
            client.run(&format!("UID STORE {to_remove} +FLAGS (\\Deleted)"));
            client.run("EXPUNGE");
            seen("removal", running.until(|shown| !shown.contains_key(&title(removed))).await);
            if took.values().all(|took| took.iter().any(|took| *took < BAR)) && folder == "Work" {
                break;
            }
        }
        running.stop().await;
        for (what, took) in &mut took {
            took.sort();
            println!("{what}: {took:?}");
            assert!(took[0] < BAR, "{what}: {took:?}");
        }
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
        let running = Running::of(&mailbox, &store).await;
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

/// What is held against a machine that does much else besides.
const PATIENCE: Duration = Duration::from_secs(10);
/// When nothing will come any more.
const TOO_LATE: Duration = Duration::from_secs(120);

/// An engine, and a read model that follows it, until they are told to stop.
struct Running {
    cancellation: CancellationToken,
    model: Arc<ReadModel>,
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    async fn of(mailbox: &Mailbox, store: &Store) -> Self {
        let cancellation = CancellationToken::new();
        let engine = mailbox.engine(store, Arc::new(TokioSleeper), PASSWORD);
        let model = Arc::new(ReadModel::load(store, Arc::new(SystemClock)).await.unwrap());
        let (stop, following) = (cancellation.clone(), Arc::clone(&model));
        let until = (cancellation.clone(), store.clone());
        let tasks = [
            tokio::spawn(async move { engine.run(stop).await }),
            tokio::spawn(async move { following.follow(&until.1, until.0).await }),
        ];
        Self { cancellation, model, tasks }
    }

    /// Waits until the read model shows something, and says how long that took. It is asked by title and
    /// status.
    async fn until(&self, is_so: impl Fn(&BTreeMap<String, String>) -> bool) -> Duration {
        let began = Instant::now();
        loop {
            let Position(seen) = self.model.position();
            let view = self.model.view(&Visibility::Everything);
            let all = TaskQuery { page: PageRequest::first(10_000), ..TaskQuery::default() };
            let tasks = view.tasks(&all).unwrap().items.into_iter();
            let shown = tasks.map(|task| (task.title().to_owned(), task.status_name().to_owned()));
            if is_so(&shown.collect()) {
                return began.elapsed();
            }
            self.model.at_least(Position(seen + 1), TOO_LATE).await.expect("it comes to be");
        }
    }

    /// Waits until nothing has changed for a second: what was told before is not what tells of the next.
    async fn settled(&self) {
        loop {
            let Position(seen) = self.model.position();
            if self.model.at_least(Position(seen + 1), Duration::from_secs(1)).await.is_err() {
                return;
            }
        }
    }

    async fn stop(self) {
        self.cancellation.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
