//! Servers that misbehave: each says just what a script says, over a connection in memory.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstem_connector::dial::{Connection as Line, Dial, DialError};
use mainstem_connector::{ConnectorError, Disposition};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

use crate::mailbox::imap::{Account, Address, Connection, ImapError, Listener, Login, Mark, Seen};

const SECRET: &str = "a-secret-that-must-not-show";

/// A network with one server.
struct Script {
    /// What it says first, and then to each line that it hears: words of the line, and what to say;
    /// `TAG` is the tag of the command. To what is not in here it says nothing.
    says: &'static str,
    answers: &'static [(&'static str, &'static str)],
    is_loopback: bool,
}

#[async_trait]
impl Dial for Script {
    async fn connect(&self, _: &str, _: u16) -> Result<Line, DialError> {
        let (here, there) = tokio::io::duplex(1 << 16);
        tokio::spawn(serve(there, self.says, self.answers));
        Ok(Line { stream: Box::new(here), is_loopback: self.is_loopback })
    }

    async fn secure(&self, _: &str, connection: Line) -> Result<Line, DialError> {
        Ok(Line { is_loopback: self.is_loopback, ..connection })
    }
}

async fn serve(stream: DuplexStream, says: &str, answers: &[(&str, &str)]) -> std::io::Result<()> {
    let (read, mut write) = tokio::io::split(stream);
    write.write_all(says.as_bytes()).await?;
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let tag = line.split(' ').next().unwrap_or_default();
        if let Some((_, answer)) = answers.iter().find(|(words, _)| line.contains(words)) {
            write.write_all(answer.replace("TAG", tag).as_bytes()).await?;
        }
    }
    Ok(())
}

impl Script {
    fn account(self, is_token: bool) -> Account {
        Account {
            address: Address { host: "mail.example".to_owned(), port: 143, tls: false },
            dial: Arc::new(self),
            login: Some(Login::new("me", SECRET.to_owned().into(), is_token).unwrap()),
        }
    }
}

type Answers = &'static [(&'static str, &'static str)];

const LOGS_IN: (&str, &str) =
    ("AUTHENTICATE", "TAG OK [CAPABILITY IMAP4rev1 CONDSTORE QRESYNC] in\r\n");
const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello\r\n";

/// What becomes of opening a connection.
async fn opened(
    says: &'static str,
    answers: Answers,
    is_loopback: bool,
    is_token: bool,
) -> Result<(), ConnectorError> {
    let account = Script { says, answers, is_loopback }.account(is_token);
    let opened = Connection::open(&account).await;
    opened.map(drop).map_err(|error| error.told("mail.example"))
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_reaction() {
    use Disposition::{BackOff, GiveUp, PauseSource};
    let (clear, tokens): (&str, &str) = (
        "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n",
        "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hi\r\n",
    );
    // what it says first, what it answers, whether it is on this machine, whether we hold a token
    let table: &[(&'static str, Answers, bool, bool, Disposition, &str)] = &[
        ("* BYE too busy\r\n", &[], true, false, BackOff, "INTERRUPTED"),
        ("HTTP/1.1 400 Bad Request\r\n", &[], true, false, BackOff, "UNREADABLE_ANSWER"),
        ("", &[], true, false, BackOff, "INTERRUPTED"),
        // Encryption is not offered, is hidden, or cannot be asked for any more.
        (
            "* OK [CAPABILITY IMAP4rev1] hi\r\n",
            &[("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n")],
            false,
            false,
            GiveUp,
            "NOT_ENCRYPTED",
        ),
        ("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n", &[], false, false, GiveUp, "NOT_ENCRYPTED"),
        (
            clear,
            &[
                ("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK\r\n"),
                ("STARTTLS", "TAG NO later\r\n"),
            ],
            false,
            false,
            BackOff,
            "TOOL_FAILING",
        ),
        // Words put into the connection before it is secure.
        (
            clear,
            &[
                ("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK\r\n"),
                ("STARTTLS", "TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"),
            ],
            false,
            false,
            BackOff,
            "INJECTED",
        ),
        (
            "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n",
            &[],
            true,
            false,
            GiveUp,
            "CREDENTIAL_KIND_NOT_TAKEN",
        ),
        (GREETING, &[], true, true, GiveUp, "CREDENTIAL_KIND_NOT_TAKEN"),
        (
            GREETING,
            &[("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] no\r\n")],
            true,
            false,
            PauseSource,
            "CREDENTIAL_REFUSED",
        ),
        (
            GREETING,
            &[("AUTHENTICATE", "TAG NO no\r\n")],
            true,
            false,
            PauseSource,
            "CREDENTIAL_REFUSED",
        ),
        (
            GREETING,
            &[("AUTHENTICATE", "TAG NO [EXPIRED] no\r\n")],
            true,
            false,
            PauseSource,
            "CREDENTIAL_REFUSED",
        ),
        (
            GREETING,
            &[("AUTHENTICATE", "TAG NO [UNAVAILABLE] no\r\n")],
            true,
            false,
            BackOff,
            "TOOL_FAILING",
        ),
        (
            GREETING,
            &[("AUTHENTICATE", "TAG NO [INUSE] no\r\n")],
            true,
            false,
            BackOff,
            "TOOL_FAILING",
        ),
        (GREETING, &[("AUTHENTICATE", "TAG BAD what\r\n")], true, false, BackOff, "TOOL_FAILING"),
        (GREETING, &[("AUTHENTICATE", "* BYE not now\r\n")], true, false, BackOff, "INTERRUPTED"),
        // It takes any tag for its own.
        (GREETING, &[("AUTHENTICATE", "A0 OK in\r\n")], true, false, BackOff, "UNREADABLE_ANSWER"),
        (GREETING, &[("AUTHENTICATE", "+ \r\n+ \r\n")], true, false, BackOff, "INTERRUPTED"),
        // What it does not like about a token it says first.
        (
            tokens,
            &[
                ("AUTHENTICATE", "+ \r\n"),
                ("dXNlcj", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"),
                ("", "M1 NO [AUTHENTICATIONFAILED] no\r\n"),
            ],
            true,
            true,
            PauseSource,
            "CREDENTIAL_REFUSED",
        ),
        (
            "* OK [CAPABILITY IMAP4rev1] hi\r\n",
            &[("LOGIN", "+ go\r\n"), ("me {", "+ go\r\n"), ("a-secret", "M1 NO no\r\n")],
            true,
            false,
            PauseSource,
            "CREDENTIAL_REFUSED",
        ),
    ];
    for (says, answers, is_loopback, is_token, disposition, code) in table {
        let told = opened(says, answers, *is_loopback, *is_token).await.unwrap_err();
        assert_eq!(
            (told.disposition, told.code),
            (*disposition, *code),
            "{says} {answers:?}: {told}"
        );
    }
}

#[tokio::test]
async fn a_server_cannot_make_us_show_the_secret() {
    let echo: Answers = &[
        ("LOGIN", "+ go\r\n"),
        ("me {", "+ go\r\n"),
        (
            "a-secret",
            "M1 NO no such password: a-secret-that-must-not-show \x1b[31m and a long tale of why that is\r\n",
        ),
    ];
    let told = opened("* OK [CAPABILITY IMAP4rev1] hi\r\n", echo, true, false).await.unwrap_err();
    assert!(told.message.contains("no such password: …"), "{told}");
    assert!(!told.message.contains(SECRET) && !told.message.contains('\x1b'), "{told}");
}

/// What becomes of looking at a folder.
async fn looked(answers: Answers) -> Result<Seen, ConnectorError> {
    let all: Vec<_> = [LOGS_IN].into_iter().chain(answers.iter().copied()).collect();
    let account = Script { says: GREETING, answers: all.leak(), is_loopback: true }.account(false);
    let told = |error: ImapError| error.told("mail.example");
    let mut connection = Connection::open(&account).await.map_err(told)?;
    let mut seen = Seen::default();
    seen.refresh(&mut connection, "INBOX").await.map_err(told)?;
    Ok(seen)
}

#[tokio::test(start_paused = true)]
async fn nothing_that_a_server_says_of_a_folder_does_harm() {
    const OPENED: &str = "* 1 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 8]\r\n* OK [HIGHESTMODSEQ 5]\r\nTAG OK\r\n";
    let table: &[(Answers, &str)] = &[
        (&[("EXAMINE", "TAG NO [UNAVAILABLE] no\r\n")], "TOOL_FAILING"),
        (&[("EXAMINE", "TAG NO [NOPERM] no\r\n")], "SCOPE_NOT_VISIBLE"),
        (&[("EXAMINE", "TAG NO [NONEXISTENT] no\r\n")], "SCOPE_NOT_VISIBLE"),
        (&[("EXAMINE", "* 1 EXISTS\r\nTAG OK\r\n")], "UNREADABLE_ANSWER"),
        (&[("EXAMINE", "* OK [UIDVALIDITY 0]\r\nTAG OK\r\n")], "UNREADABLE_ANSWER"),
        (
            &[("EXAMINE", "* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 1]\r\nTAG OK\r\n")],
            "ANSWER_TOO_LARGE",
        ),
        (&[("EXAMINE", "* -1 EXISTS\r\n* OK [UIDVALIDITY -1]\r\nTAG OK\r\n")], "UNREADABLE_ANSWER"),
        (&[("EXAMINE", "* BYE\r\n")], "INTERRUPTED"),
        (&[("EXAMINE", "garbage\r\n")], "UNREADABLE_ANSWER"),
        (&[("EXAMINE", "OTHER OK\r\n")], "UNREADABLE_ANSWER"),
        (&[("EXAMINE", "")], "INTERRUPTED"),
        (
            &[("EXAMINE", OPENED), ("FETCH", "* 1 FETCH (UID 0 FLAGS ())\r\nTAG OK\r\n")],
            "UNREADABLE_ANSWER",
        ),
        (
            &[("EXAMINE", OPENED), ("FETCH", "* 1 FETCH (UID -7 FLAGS ())\r\nTAG OK\r\n")],
            "UNREADABLE_ANSWER",
        ),
        (
            &[
                ("EXAMINE", OPENED),
                ("FETCH", "* 1 FETCH (UID 7 FLAGS (((((((((((((((((((((\r\nTAG OK\r\n"),
            ],
            "UNREADABLE_ANSWER",
        ),
        (
            &[("EXAMINE", OPENED), ("FETCH", "* 1 FETCH (UID 7 BODY[] {4294967295}\r\n")],
            "ANSWER_TOO_LARGE",
        ),
        (
            &[("EXAMINE", OPENED), ("FETCH", "* 1 FETCH (UID 7 BODY[] {-1}\r\n")],
            "UNREADABLE_ANSWER",
        ),
        (&[("EXAMINE", OPENED), ("FETCH", "* 1 FETCH (UID 7 BODY[] {10}\r\nshort")], "INTERRUPTED"),
        (&[("EXAMINE", OPENED), ("FETCH", "TAG BAD what\r\n")], "TOOL_FAILING"),
    ];
    for (answers, code) in table {
        let told = looked(answers).await.unwrap_err();
        assert_eq!(told.code, *code, "{answers:?}: {told}");
    }
    // Of messages that nobody has asked for nothing is believed that matters: they are gone at once.
    let seen = looked(&[
        ("EXAMINE", OPENED),
        ("UID FETCH", "* 1 FETCH (UID 9 FLAGS () RFC822.SIZE 3)\r\n* 1 FETCH (UID 7 FLAGS () RFC822.SIZE 3)\r\nTAG OK\r\n"),
        ("FETCH", "* 1 FETCH (UID 7 FLAGS ())\r\nTAG OK\r\n"),
    ])
    .await
    .unwrap();
    assert_eq!(seen.messages.keys().collect::<Vec<_>>(), [&7]);
}

/// What a server is heard to say within five minutes, by somebody who knows two folders. It can do these
/// things, and says so to these commands.
async fn heard(capabilities: &str, notify: &str, idle: &str) -> Option<Result<(), ConnectorError>> {
    let logs_in = format!("TAG OK [CAPABILITY IMAP4rev1 {capabilities}] in\r\n");
    let answers = [
        ("AUTHENTICATE", logs_in.as_str()),
        (
            "EXAMINE",
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 8]\r\n* OK [HIGHESTMODSEQ 5]\r\nTAG OK\r\n",
        ),
        ("NOTIFY", notify),
        ("IDLE", idle),
    ];
    let answers: Vec<(&str, &str)> =
        answers.map(|(words, answer)| (words, &*answer.to_owned().leak())).into();
    let account =
        Script { says: GREETING, answers: answers.leak(), is_loopback: true }.account(false);
    let known = |name: &str| {
        let mark = Mark { validity: 1, next: 8, messages: 3, change: Some(5) };
        ["INBOX", "Work"].contains(&name).then_some(mark)
    };
    let listener = Listener::new(account);
    let listening = listener.listen("INBOX", known);
    let heard = tokio::time::timeout(Duration::from_secs(300), listening).await.ok()?;
    Some(heard.map_err(|error| error.told("mail.example")))
}

#[tokio::test(start_paused = true)]
async fn what_a_server_tells_by_itself_is_heard_of_every_folder_that_is_read() {
    const ALL: &str = "IDLE CONDSTORE NOTIFY";
    const SAME: &str =
        "* STATUS Work (MESSAGES 3 UIDNEXT 8 UIDVALIDITY 1 UNSEEN 2 HIGHESTMODSEQ 5)\r\nTAG OK\r\n";
    // Whatever it says to a command that it does not offer would be heard.
    const NEW: &str = "* STATUS Work (UIDNEXT 9)\r\nTAG OK\r\n";
    const QUIET: &str = "+ idling\r\n";
    let nothing: Option<Result<(), &str>> = None;
    // what it can do, what it says to NOTIFY and to IDLE, what is heard
    for (capabilities, notify, idle, expected) in [
        ("IDLE CONDSTORE", NEW, QUIET, nothing),
        ("IDLE NOTIFY", NEW, QUIET, nothing),
        ("CONDSTORE NOTIFY", NEW, "* 4 EXISTS\r\n", nothing),
        ("IDLE CONDSTORE", NEW, "+ idling\r\n* 4 EXISTS\r\n", Some(Ok(()))),
        // It does not want to: the inbox is heard as before.
        (ALL, "TAG NO too much\r\n", QUIET, nothing),
        (ALL, "TAG NO too much\r\n", "+ idling\r\n* 2 EXPUNGE\r\n", Some(Ok(()))),
        (ALL, "TAG BAD what\r\n", "+ idling\r\n* 2 EXPUNGE\r\n", Some(Ok(()))),
        (ALL, "* BYE enough\r\n", QUIET, Some(Err("INTERRUPTED"))),
        // What has happened before it was asked.
        (ALL, SAME, QUIET, nothing),
        (ALL, NEW, QUIET, Some(Ok(()))),
        (ALL, "* STATUS Work (UIDVALIDITY 2)\r\nTAG OK\r\n", QUIET, Some(Ok(()))),
        (ALL, "* STATUS Work (MESSAGES 2)\r\nTAG OK\r\n", QUIET, Some(Ok(()))),
        (ALL, "* STATUS Work (HIGHESTMODSEQ 6)\r\nTAG OK\r\n", QUIET, Some(Ok(()))),
        (ALL, "* STATUS Work (HIGHESTMODSEQ 0)\r\nTAG OK\r\n", QUIET, nothing),
        (ALL, "* STATUS Trash (UIDNEXT 9)\r\nTAG OK\r\n", QUIET, nothing),
        (ALL, "* STATUS Work\r\nTAG OK\r\n", QUIET, Some(Err("UNREADABLE_ANSWER"))),
        // What happens then, whoever may have seen it already.
        (ALL, SAME, "+ idling\r\n* STATUS Work (HIGHESTMODSEQ 5)\r\n", Some(Ok(()))),
        (ALL, SAME, "+ idling\r\n* STATUS Work (HIGHESTMODSEQ 6)\r\n", Some(Ok(()))),
        (ALL, SAME, "+ idling\r\n* STATUS {4}\r\nWork (HIGHESTMODSEQ 6)\r\n", Some(Ok(()))),
        (ALL, SAME, "+ idling\r\n* STATUS Trash (HIGHESTMODSEQ 6)\r\n", nothing),
        (
            ALL,
            SAME,
            "+ idling\r\n* OK [NOTIFICATIONOVERFLOW] enough\r\n",
            Some(Err("TOOL_FAILING")),
        ),
    ] {
        let heard = heard(capabilities, notify, idle).await;
        let told = heard.map(|heard| heard.map_err(|error| error.code));
        assert_eq!(told, expected, "{capabilities} {notify} {idle}");
    }
}

/// One byte a second, for ever.
struct Trickle;

#[async_trait]
impl Dial for Trickle {
    async fn connect(&self, _: &str, _: u16) -> Result<Line, DialError> {
        let (here, mut there) = tokio::io::duplex(64);
        tokio::spawn(async move {
            while there.write_all(b"*").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let _ = there.read(&mut []).await;
        });
        Ok(Line { stream: Box::new(here), is_loopback: true })
    }

    async fn secure(&self, _: &str, connection: Line) -> Result<Line, DialError> {
        Ok(connection)
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_its_time_is_given_up_after_a_minute() {
    let account = Account {
        dial: Arc::new(Trickle),
        ..Script { says: "", answers: &[], is_loopback: true }.account(false)
    };
    let begins = tokio::time::Instant::now();
    let told = Connection::open(&account).await.map(drop).unwrap_err().told("mail.example");
    assert_eq!((told.disposition, told.code), (Disposition::BackOff, "INTERRUPTED"));
    assert_eq!(begins.elapsed().as_secs(), 60);
}
