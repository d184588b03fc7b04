//! A server that follows a script: what it answers, line by line, and what it heard.

use async_trait::async_trait;
use mainstem_model::Timestamp;
use mainstem_model::command::IdempotencyKey;
use tokio::io::DuplexStream;

use super::*;
use crate::message::header::Header;

/// What the server says to a line that begins so; the first that fits counts. `!` ends the connection.
pub type Script = &'static [(&'static str, &'static str)];

#[derive(Clone)]
pub struct Fake {
    pub script: Script,
    pub is_loopback: bool,
    pub heard: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Dial for Fake {
    async fn connect(&self, _host: &str, _port: u16) -> Result<Connection, DialError> {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let fake = self.clone();
        tokio::spawn(async move {
            let _ = fake.serve(theirs, true).await;
        });
        Ok(Connection { stream: Box::new(ours), is_loopback: self.is_loopback })
    }

    /// TLS is the network's matter: here it is a mark in what was heard.
    async fn secure(&self, _host: &str, connection: Connection) -> Result<Connection, DialError> {
        self.heard.lock().unwrap().push("(TLS)".to_owned());
        Ok(connection)
    }
}

impl Fake {
    async fn serve(&self, stream: DuplexStream, greets: bool) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        if greets {
            stream.get_mut().write_all(b"220 mx.example ESMTP\r\n").await?;
        }
        let mut in_message = false;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            if in_message && line != "." {
                continue;
            }
            self.heard.lock().unwrap().push(line.to_owned());
            let fits = |(start, _): &&(&str, &str)| line.starts_with(start);
            let said = self.script.iter().find(fits).map_or("250 ok\r\n", |(_, said)| said);
            if said == "!" {
                return Ok(());
            }
            stream.get_mut().write_all(said.as_bytes()).await?;
            in_message = said.starts_with("354");
        }
    }
}

async fn sent(
    script: Script,
    address: &str,
    is_loopback: bool,
) -> (Result<(), SendError>, Vec<String>) {
    let fake = Fake { script, is_loopback, heard: Arc::default() };
    let dial: Arc<dyn Dial> = Arc::new(fake.clone());
    let raw = b"From: dana@supplier.example\nMessage-ID: <1@supplier.example>\nSubject: s\n\n";
    let (header, _) = Header::split(raw).unwrap();
    let from = "support@acme.example".parse().unwrap();
    let key = IdempotencyKey("k".into());
    let answer = Answer::to(&header, &from, ".\nx", &key, Timestamp::default()).unwrap();
    let login = Login::new("support@acme.example", "hunter2".to_owned().into(), false).unwrap();
    let server = Address::read_smtp(address).unwrap();
    let outcome = send(&dial, &server, Some(&login), &answer).await;
    let heard = fake.heard.lock().unwrap().clone();
    (outcome, heard)
}

const WITH_TLS: (&str, &str) = ("EHLO", "250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n");
pub const WITHOUT_TLS: (&str, &str) = ("EHLO", "250-mx.example\r\n250 AUTH PLAIN\r\n");
pub const GOES_AHEAD: (&str, &str) = ("DATA", "354 go ahead\r\n");

#[tokio::test]
async fn a_message_is_handed_over() {
    let (outcome, heard) = sent(&[WITHOUT_TLS, GOES_AHEAD], "smtps://mx.example", false).await;
    assert_eq!(outcome, Ok(()));
    let verbs: Vec<_> = heard.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(verbs, ["(TLS)", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", ".", "QUIT"]);
    assert!(heard[4].contains("dana@supplier.example"), "{heard:?}");
}

#[tokio::test]
async fn starttls_comes_before_the_password() {
    let script: Script = &[WITH_TLS, ("STARTTLS", "220 go ahead\r\n"), GOES_AHEAD];
    let (outcome, heard) = sent(script, "smtp://mx.example", false).await;
    assert_eq!(outcome, Ok(()));
    let verbs: Vec<_> = heard.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(verbs[..5], ["EHLO", "STARTTLS", "(TLS)", "EHLO", "AUTH"]);
}

#[tokio::test]
async fn without_tls_nothing_leaves_this_machine() {
    let (outcome, heard) = sent(&[WITHOUT_TLS, GOES_AHEAD], "smtp://mx.example", false).await;
    let Err(SendError::NotSent(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.code, error.disposition), ("SMTP_NOT_SECURE", Disposition::GiveUp));
    assert!(!heard.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
    let (outcome, _) = sent(&[WITHOUT_TLS, GOES_AHEAD], "smtp://mx.example", true).await;
    assert_eq!(outcome, Ok(()));
    // What stands behind the word that TLS begins was put there by somebody in between.
    let injected: Script = &[WITH_TLS, ("STARTTLS", "220 go ahead\r\n250 AUTH PLAIN\r\n")];
    let (outcome, _) = sent(injected, "smtp://mx.example", true).await;
    assert!(matches!(outcome, Err(SendError::NotSent(error)) if error.code == "SMTP_NOT_SECURE"));
}

#[tokio::test]
async fn a_refusal_says_what_happens_next() {
    let cases: [(Script, &str, Disposition); 6] = [
        (
            &[WITHOUT_TLS, ("AUTH", "535 5.7.8 no\r\n")],
            "CREDENTIAL_REFUSED",
            Disposition::PauseSource,
        ),
        (&[("EHLO", "250 mx.example\r\n")], "CREDENTIAL_REFUSED", Disposition::PauseSource),
        (&[WITHOUT_TLS, ("AUTH", "454 later\r\n")], "MAIL_REFUSED", Disposition::BackOff),
        (&[WITHOUT_TLS, ("RCPT", "550 5.1.1 nobody\r\n")], "MAIL_REFUSED", Disposition::GiveUp),
        (&[WITHOUT_TLS, ("MAIL", "451 later\r\n")], "MAIL_REFUSED", Disposition::BackOff),
        (
            &[WITHOUT_TLS, GOES_AHEAD, (".", "552 too large\r\n")],
            "MAIL_REFUSED",
            Disposition::GiveUp,
        ),
    ];
    for (script, code, disposition) in cases {
        let (outcome, _) = sent(script, "smtps://mx.example", false).await;
        let Err(SendError::NotSent(error)) = outcome else { panic!("{script:?}: {outcome:?}") };
        assert_eq!((error.code, error.disposition), (code, disposition), "{script:?}");
        assert!(!error.message.contains("hunter2"), "{}", error.message);
    }
}

#[tokio::test]
async fn what_is_not_known_is_said_to_be() {
    for silent in ["!", "garbage\r\n"] {
        let script: Script = match silent {
            "!" => &[WITHOUT_TLS, GOES_AHEAD, (".", "!")],
            _ => &[WITHOUT_TLS, GOES_AHEAD, (".", "garbage\r\n")],
        };
        let (outcome, _) = sent(script, "smtps://mx.example", false).await;
        assert!(matches!(outcome, Err(SendError::Unknown(_))), "{silent:?}: {outcome:?}");
    }
    // Before the message nothing is unknown.
    let (outcome, _) = sent(&[WITHOUT_TLS, ("RCPT", "!")], "smtps://mx.example", false).await;
    assert!(matches!(outcome, Err(SendError::NotSent(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_server_that_never_stops_is_left() {
    let endless: &'static str = Box::leak("250-x\r\n".repeat(20_000).into_boxed_str());
    let script: Script = Box::leak(Box::new([("EHLO", endless)]));
    let (outcome, _) = sent(script, "smtps://mx.example", false).await;
    assert!(matches!(outcome, Err(SendError::NotSent(_))), "{outcome:?}");
}

#[test]
fn an_address_names_a_server_and_nothing_else() {
    let of = |host: &str, port, tls| Some(Address { host: host.to_owned(), port, tls });
    for (text, expected) in [
        ("smtps://mx.example", of("mx.example", 465, true)),
        ("smtp://mx.example:2525/", of("mx.example", 2525, false)),
        ("mx.example", None),
        ("imaps://mx.example", None),
        ("smtps://me:secret@mx.example", None),
        ("smtps://mx.example/x", None),
    ] {
        assert_eq!(Address::read_smtp(text), expected, "{text}");
    }
}
