//! Answers from a mailbox on a real server, handed to a server that follows a script.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mainstem_connector::dial::{Connection, Dial, DialError};
use mainstem_connector::{
    Connector, ConnectorError, Credential, Disposition, Host, Session, Settings,
};
use mainstem_model::Clock;
use mainstem_model::clock::ManualClock;
use mainstem_model::command::{Command, IdempotencyKey};
use mainstem_model::random::SeededRandom;
use mainstem_model::record::Batch;
use serde_json::json;

use super::dovecot::{Client, Dovecot, PASSWORD};
use super::imap::NoHttp;
use super::wires::Wires;
use crate::Email;
use crate::outbox::smtp::tests::{Fake, GOES_AHEAD, Script, WITHOUT_TLS};

const SMTP: &str = "smtp.acme.example";
const TAKES_ALL: Script = &[WITHOUT_TLS, GOES_AHEAD];

/// The way to both servers.
#[derive(Clone)]
struct Ways {
    mail: Wires,
    smtp: Fake,
}

#[async_trait]
impl Dial for Ways {
    async fn connect(&self, host: &str, port: u16) -> Result<Connection, DialError> {
        match host == SMTP {
            true => self.smtp.connect(host, port).await,
            false => self.mail.connect(host, port).await,
        }
    }

    async fn secure(&self, host: &str, connection: Connection) -> Result<Connection, DialError> {
        match host == SMTP {
            true => self.smtp.secure(host, connection).await,
            false => self.mail.secure(host, connection).await,
        }
    }
}

/// A mailbox with a question in it.
struct Desk {
    client: Client,
    user: String,
    clock: Arc<ManualClock>,
    /// The way to the mail server of the process that starts next.
    wires: Wires,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn of(user: &str) -> Self {
        let server = Dovecot::shared();
        let mut client = server.client(user);
        client.append(
            "INBOX",
            ["From: Ann <ann@customer.example>\nTo: support@acme.example\n\
              Date: Mon, 2 Nov 2026 09:00:00 +0000\nMessage-ID: <1@customer.example>\n\
              Subject: Two invoices\n\nWhich one do we pay?\n"],
        );
        let clock = Arc::new(ManualClock::at("2026-11-02T12:00:00Z".parse().unwrap()));
        let wires = Wires::trusting(&server.certificate());
        Self { client, user: user.to_owned(), clock, wires, heard: Arc::default() }
    }

    /// A process that has just started, beside a server that follows this script.
    async fn session(&self, script: Script) -> Box<dyn Session> {
        let server = Dovecot::shared();
        let smtp = Fake { script, is_loopback: false, heard: Arc::clone(&self.heard) };
        let mail = self.wires.clone();
        let host = Host {
            http: Arc::new(NoHttp),
            dial: Arc::new(Ways { mail, smtp }),
            clock: self.clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        let settings = json!({
            "imap": format!("imaps://127.0.0.1:{}", server.secure_port),
            "smtp": format!("smtps://{SMTP}"),
            "from": "support@acme.example",
        });
        let credential = Credential {
            kind: "password".to_owned(),
            public: json!({"username": self.user}),
            secret: PASSWORD.to_owned().into(),
        };
        Email.connect("mail", &Settings(settings), Some(&credential), &host).await.unwrap()
    }

    /// Answers the question, as a process does that has just started.
    async fn answer(&self, script: Script, key: &str) -> Result<Batch, ConnectorError> {
        let session = self.session(script).await;
        let found = session.pull(&"INBOX".into(), None).await.unwrap();
        let command = Command::Comment {
            task: found.tasks[0].locator.clone(),
            body: "The second one.".to_owned(),
        };
        session.apply(&command, &IdempotencyKey(key.to_owned())).await
    }

    /// How many messages were begun so far.
    fn begun(&self) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| *line == "DATA").count()
    }

    /// The flags of each message in the folder of sent mail.
    fn copies(&mut self) -> Vec<String> {
        self.client.run("SELECT Gesendet");
        let told = self.client.run("UID FETCH 1:* (FLAGS)");
        told.into_iter().filter(|line| line.contains("FETCH")).collect()
    }
}

#[tokio::test]
async fn an_answer_is_sent_once() {
    let mut desk = Desk::of("answers");
    for _ in 0..2 {
        let batch = desk.answer(TAKES_ALL, "a").await.unwrap();
        assert_eq!(batch.tasks[0].status.name, "answered");
        let bodies: Vec<_> = batch.comments.iter().map(|comment| &*comment.body).collect();
        assert_eq!(bodies, ["Which one do we pay?", "The second one."]);
    }
    assert_eq!(desk.begun(), 1);
    let copies = desk.copies();
    assert!(copies.len() == 1 && !copies[0].contains("Draft"), "{copies:?}");
    desk.answer(TAKES_ALL, "b").await.unwrap();
    assert_eq!((desk.begun(), desk.copies().len()), (2, 2));
}

#[tokio::test]
async fn what_cannot_be_read_again_is_sent_all_the_same() {
    let mut desk = Desk::of("breaks");
    // To take the mark off the copy is the last thing that the server does.
    desk.wires.break_after("-FLAGS.SILENT");
    let batch = desk.answer(TAKES_ALL, "a").await.unwrap();
    assert_eq!((batch.tasks.len(), desk.begun()), (0, 1));
    desk.wires = Wires::trusting(&Dovecot::shared().certificate());
    let batch = desk.answer(TAKES_ALL, "a").await.unwrap();
    assert_eq!((batch.comments.len(), desk.begun(), desk.copies().len()), (2, 1, 1));
}

#[tokio::test]
async fn what_is_not_known_is_not_tried_again() {
    let mut desk = Desk::of("doubts");
    let silent: Script = &[WITHOUT_TLS, GOES_AHEAD, (".", "!")];
    for script in [silent, TAKES_ALL] {
        let error = desk.answer(script, "a").await.unwrap_err();
        assert_eq!(error.code, ConnectorError::OUTCOME_UNKNOWN);
        assert!(error.message.contains("Gesendet"), "{error}");
    }
    assert_eq!(desk.begun(), 1);
    assert!(desk.copies()[0].contains("Draft"));
    // Somebody asked, and it had come.
    desk.client.run("UID STORE 1:* -FLAGS (\\Draft)");
    let batch = desk.answer(TAKES_ALL, "a").await.unwrap();
    assert_eq!((batch.comments.len(), desk.begun()), (2, 1));
}

#[tokio::test]
async fn what_is_refused_can_be_tried_again() {
    let mut desk = Desk::of("refusals");
    let refuses: Script = &[WITHOUT_TLS, ("RCPT", "451 later\r\n")];
    let error = desk.answer(refuses, "a").await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("MAIL_REFUSED", Disposition::BackOff));
    assert!(desk.copies().is_empty());
    desk.answer(TAKES_ALL, "a").await.unwrap();
    assert_eq!((desk.begun(), desk.copies().len()), (1, 1));
}

#[tokio::test]
async fn no_loop_goes_on_for_long() {
    let desk = Desk::of("loops");
    for key in ["1", "2", "3", "4", "5"] {
        desk.answer(TAKES_ALL, key).await.unwrap();
        desk.clock.advance_seconds(60);
    }
    let error = desk.answer(TAKES_ALL, "6").await.unwrap_err();
    assert_eq!(error.code, "TOO_MANY_ANSWERS");
    let Disposition::RetryAfter(wait) = error.disposition else { panic!("{error:?}") };
    desk.clock.advance_seconds(i64::try_from(wait.as_secs()).unwrap() + 1);
    assert!(desk.clock.now() > "2026-11-02T13:00:00Z".parse().unwrap());
    desk.answer(TAKES_ALL, "6").await.unwrap();
    assert_eq!(desk.begun(), 6);
}
