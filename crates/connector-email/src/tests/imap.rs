//! A mailbox on a real server, as a session tells of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{
    Connector, ConnectorError, Credential, Disposition, Host, Session, Settings,
};
use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::record::{Batch, Cursor, ScopeKey};
use serde_json::{Value, json};

use super::dovecot::{Client, Dovecot, PASSWORD, TOKEN_KEY};
use super::wires::Wires;
use crate::Email;

/// How a source is declared.
pub struct Account {
    pub settings: Value,
    pub kind: &'static str,
    pub username: String,
    pub secret: String,
}

/// How the mailbox of a user is declared.
pub fn account(server: &Dovecot, user: &str) -> Account {
    Account {
        settings: json!({"imap": format!("imaps://127.0.0.1:{}", server.secure_port)}),
        kind: "password",
        username: user.to_owned(),
        secret: PASSWORD.to_owned(),
    }
}

/// A network that trusts a server.
pub fn wires(server: &Dovecot) -> Wires {
    Wires::trusting(&server.certificate())
}

/// A mailbox is reached by no HTTP.
pub struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        panic!("{} is asked for", request.url);
    }
}

/// Opens a session, as a process does that has just started.
pub async fn open(
    account: &Account,
    wires: &Wires,
    clock: Arc<ManualClock>,
) -> Result<Box<dyn Session>, ConnectorError> {
    let host = Host {
        http: Arc::new(NoHttp),
        dial: Arc::new(wires.clone()),
        clock,
        random: Arc::new(SeededRandom::new(1)),
    };
    let credential = Credential {
        kind: account.kind.to_owned(),
        public: json!({"username": account.username}),
        secret: account.secret.clone().into(),
    };
    Email.connect("mail", &Settings(account.settings.clone()), Some(&credential), &host).await
}

/// A mailbox of one test, read over connections of its own.
struct Mailbox {
    client: Client,
    account: Account,
    wires: Wires,
}

impl Mailbox {
    fn of(user: &str) -> Self {
        Self::on(Dovecot::shared(), user)
    }

    fn on(server: &Dovecot, user: &str) -> Self {
        Self { client: server.client(user), account: account(server, user), wires: wires(server) }
    }

    async fn session(&self) -> Box<dyn Session> {
        open(&self.account, &self.wires, Arc::default()).await.unwrap()
    }

    /// The title and the status of each thread, as a process sees it that has just started.
    async fn shown(&self) -> BTreeMap<String, String> {
        let session = self.session().await;
        let mut shown = BTreeMap::new();
        for scope in scopes(&*session).await {
            let tasks = pass(&*session, &scope, &mut None).await.tasks;
            shown.extend(tasks.into_iter().map(|task| (task.title, task.status.name)));
        }
        shown
    }
}

async fn scopes(session: &dyn Session) -> Vec<ScopeKey> {
    let page = session.discover(None).await.unwrap();
    page.items.into_iter().map(|scope| scope.key).collect()
}

/// A whole pass over a folder, and where the next one goes on. Where the session asks to be asked again
/// later it is, as the engine does: a server whose files are taken away fails on the connections that it has.
async fn pass(session: &dyn Session, scope: &str, cursor: &mut Option<Cursor>) -> Batch {
    let mut whole = Batch::default();
    let mut failures = 0;
    loop {
        let batch = match session.pull(&scope.into(), cursor.as_ref()).await {
            Ok(batch) => batch,
            Err(error) if error.disposition == Disposition::BackOff && failures < 2 => {
                failures += 1;
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        whole.tasks.extend(batch.tasks);
        whole.comments.extend(batch.comments);
        whole.quarantine.extend(batch.quarantine);
        whole.wants_census |= batch.wants_census;
        *cursor = batch.cursor;
        if !batch.more {
            return whole;
        }
    }
}

fn mail(id: &str, subject: &str, more: &str) -> String {
    format!(
        "From: Ann <ann@acme.example>\nTo: support@acme.example\nDate: Mon, 2 Nov 2026 09:00:00 +0000\n\
         Message-ID: <{id}@acme.example>\nSubject: {subject}\n{more}\nText of {id}\n"
    )
}

#[tokio::test]
async fn a_mailbox_is_read_and_left_as_it_is() {
    let mut mailbox = Mailbox::of("reading");
    let client = &mut mailbox.client;
    client.run("CREATE \"Entw&APw-rfe neu\"");
    client.run("CREATE Work/Open");
    client.append("INBOX", [&*mail("1", "Pump", ""), &mail("2", "Valve", "")]);
    let answer = mail("3", "Re: Pump", "In-Reply-To: <1@acme.example>\n").replace("09:", "10:");
    client.append("Gesendet", [&*answer]);
    client.append("Entw&APw-rfe neu", [&*mail("4", "Plan", "")]);
    client.append("Papiere", [&*mail("5", "Old", "")]);
    client.append("Trash", [&*mail("6", "Junk", "")]);
    client.append("Work/Open", [&*mail("7", "Bolt", "")]);
    let session = mailbox.session().await;
    let found = session.discover(None).await.unwrap().items;
    let found: Vec<_> = found.iter().map(|scope| (&*scope.key, &*scope.name)).collect();
    assert_eq!(
        found,
        [
            ("Entw&APw-rfe neu", "Entwürfe neu"),
            ("Gesendet", "Gesendet"),
            ("INBOX", "INBOX"),
            ("Papiere", "Papiere"),
            // What holds other folders alone is none.
            ("Work/Open", "Work/Open"),
        ]
    );
    let shown = mailbox.shown().await;
    let shown: Vec<_> = shown.iter().map(|(title, status)| (&**title, &**status)).collect();
    // The server says which folder holds what was sent, and which one what is done.
    assert_eq!(
        shown,
        [
            ("Bolt", "unread"),
            ("Old", "done"),
            ("Plan", "unread"),
            ("Pump", "answered"),
            ("Valve", "unread")
        ]
    );
    let batch = pass(&*session, "INBOX", &mut None).await;
    let pump = batch.tasks.iter().find(|task| task.title == "Pump").unwrap();
    assert!(pump.key.starts_with("mail:"), "{}", pump.key);
    let texts: Vec<_> = batch.comments.iter().map(|comment| &*comment.body).collect();
    assert!(texts.contains(&"Text of 1") && texts.contains(&"Text of 3"), "{texts:?}");
    // Nobody counts as having read anything.
    mailbox.client.run("SELECT INBOX");
    assert!(mailbox.client.run("UID SEARCH SEEN").contains(&"* SEARCH".to_owned()));

    // A folder is named as people see it, and one that is left out is read where it is named.
    mailbox.account.settings["folders"] = json!(["Entwürfe neu", "Trash"]);
    let shown = mailbox.shown().await;
    assert_eq!(shown.into_keys().collect::<Vec<_>>(), ["Junk", "Plan"]);
}

#[tokio::test]
async fn attachments_stay_where_they_are() {
    let mut mailbox = Mailbox::of("attachments");
    let attached = "QUJD".repeat(400_000);
    let large = mail("1", "Large", "Content-Type: multipart/mixed; boundary=b\n").replace(
        "Text of 1",
        &format!(
            "--b\n\nThe text\n--b\nContent-Type: application/pdf; name=a.pdf\n\
             Content-Transfer-Encoding: base64\n\n{attached}\n--b--"
        ),
    );
    mailbox.client.append("INBOX", [&*large]);
    let batch = pass(&*mailbox.session().await, "INBOX", &mut None).await;
    let body = &batch.comments[0].body;
    assert!(
        body.starts_with("The text\n\n[… of 1563 KiB only the first 512 KiB were read"),
        "{body}"
    );
    assert!(body.contains("a.pdf (application/pdf"), "{body}");
}

#[tokio::test]
async fn what_was_read_is_read_once() {
    let mut mailbox = Mailbox::of("once");
    let ids: Vec<_> = (0..150).map(|id| mail(&id.to_string(), &format!("Q{id}"), "")).collect();
    mailbox.client.append("INBOX", ids.iter().map(String::as_str));
    let session = mailbox.session().await;
    let mut cursor = None;
    assert_eq!(pass(&*session, "INBOX", &mut cursor).await.tasks.len(), 150);
    let before = mailbox.wires.commands();
    assert_eq!(pass(&*session, "INBOX", &mut cursor).await.tasks.len(), 0);
    // The list of folders, and each of three that are read is opened.
    assert_eq!(mailbox.wires.commands() - before, 4);
}

/// What other programs do, and what the next pass tells of it; each on a server that counts changes
/// and remembers what is gone, on one that does not, and on one that only counts.
#[tokio::test]
async fn changes_are_seen_whatever_the_server_can_do() {
    let poor = Dovecot::start("imap_capability = IMAP4rev1 UIDPLUS MOVE MULTIAPPEND LITERAL+");
    let middling =
        Dovecot::start("imap_capability = IMAP4rev1 UIDPLUS MOVE MULTIAPPEND LITERAL+ CONDSTORE");
    for server in [Dovecot::shared(), &poor, &middling] {
        let mut mailbox = Mailbox::on(server, "changes");
        let ids: Vec<_> = (0..20).map(|id| mail(&id.to_string(), &format!("Q{id}"), "")).collect();
        mailbox.client.append("INBOX", ids.iter().map(String::as_str));
        let session = mailbox.session().await;
        let mut cursor = None;
        assert_eq!(pass(&*session, "INBOX", &mut cursor).await.tasks.len(), 20);
        let client = &mut mailbox.client;
        client.run("SELECT INBOX");
        let title = |batch: &Batch, title: &str| {
            batch.tasks.iter().find(|task| task.title == title).map(|task| task.status.name.clone())
        };

        client.run("UID STORE 3 +FLAGS (\\Answered Work)");
        let batch = pass(&*session, "INBOX", &mut cursor).await;
        assert_eq!(title(&batch, "Q2").as_deref(), Some("answered"));

        client.run("UID STORE 3 -FLAGS (\\Answered)");
        client.append("INBOX", [&*mail("new", "New", "")]);
        let batch = pass(&*session, "INBOX", &mut cursor).await;
        assert_eq!(title(&batch, "Q2").as_deref(), Some("unread"));
        assert_eq!(title(&batch, "New").as_deref(), Some("unread"));

        // As many come as go.
        client.run("UID STORE 5 +FLAGS (\\Deleted)");
        client.run("EXPUNGE");
        client.append("INBOX", [&*mail("newer", "Newer", "")]);
        let batch = pass(&*session, "INBOX", &mut cursor).await;
        assert_eq!(title(&batch, "Newer").as_deref(), Some("unread"));
        let listed = session.census(&"INBOX".into(), None).await.unwrap().items;
        assert_eq!(listed.len(), 21);

        client.run("UID MOVE 7 Papiere");
        pass(&*session, "INBOX", &mut cursor).await;
        let batch = pass(&*session, "Papiere", &mut None).await;
        assert_eq!(title(&batch, "Q6").as_deref(), Some("done"));
        assert_eq!(session.census(&"INBOX".into(), None).await.unwrap().items.len(), 20);
    }
}

#[tokio::test]
async fn new_numbers_double_nothing_and_lose_nothing() {
    let mut mailbox = Mailbox::of("numbers");
    let ids: Vec<_> = (0..300).map(|id| mail(&id.to_string(), &format!("Q{id}"), "")).collect();
    mailbox.client.append("INBOX", ids.iter().map(String::as_str));
    let session = mailbox.session().await;
    let first = session.pull(&"INBOX".into(), None).await.unwrap();
    assert!(first.more && !first.tasks.is_empty());

    // In the middle of a pass, the server gives every message another number.
    let validity = |client: &mut Client| {
        let told = client.run("STATUS INBOX (UIDVALIDITY)");
        told.into_iter().find(|line| line.contains("UIDVALIDITY")).unwrap()
    };
    let before = validity(&mut mailbox.client);
    mailbox.client.run("LOGOUT");
    Dovecot::shared().forget_numbers("numbers");
    mailbox.client = Dovecot::shared().client("numbers");
    assert_ne!(validity(&mut mailbox.client), before);

    let mut cursor = first.cursor;
    let rest = pass(&*session, "INBOX", &mut cursor).await;
    let mut titles: Vec<_> =
        first.tasks.iter().chain(&rest.tasks).map(|task| task.title.clone()).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 300);
    assert_eq!(first.tasks.len() + rest.tasks.len(), 300);
    // Neither the same process nor one that starts anew finds anything that differs.
    assert_eq!(pass(&*session, "INBOX", &mut cursor).await.tasks.len(), 0);
    assert_eq!(pass(&*mailbox.session().await, "INBOX", &mut cursor).await.tasks.len(), 0);
}

#[tokio::test]
async fn a_copy_is_the_same_message() {
    let mut mailbox = Mailbox::of("copies");
    mailbox.client.append("INBOX", [&*mail("1", "Pump", "")]);
    // What was sent came back over a server that put its mark on it.
    mailbox
        .client
        .append("Gesendet", [&*format!("Received: by mx.acme.example\n{}", mail("1", "Pump", ""))]);
    mailbox.client.run("SELECT INBOX");
    mailbox.client.run("UID COPY 1 Papiere");
    let session = mailbox.session().await;
    let mut found = (0, 0);
    for scope in scopes(&*session).await {
        let batch = pass(&*session, &scope, &mut None).await;
        found = (found.0 + batch.tasks.len(), found.1 + batch.comments.len());
    }
    assert_eq!(found, (1, 1));
}

/// An access token that the server checks by its signature.
fn token(user: &str, expires_at: i64) -> String {
    let claims = json!({"email": user, "sub": user, "iat": 1_700_000_000, "exp": expires_at});
    let key = jsonwebtoken::EncodingKey::from_secret(TOKEN_KEY);
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}

#[tokio::test]
async fn each_way_in_opens_for_those_who_may() {
    let server = Dovecot::shared();
    let clear = format!("imap://127.0.0.1:{}", server.port);
    let secure = format!("imaps://127.0.0.1:{}", server.secure_port);
    let (good, expired) = (token("ways", 4_000_000_000), token("ways", 1_700_000_001));
    let none: Option<(Disposition, &str)> = None;
    let refused = Some((Disposition::PauseSource, "CREDENTIAL_REFUSED"));
    for (address, is_far, kind, secret, expected) in [
        (&secure, false, "password", PASSWORD, none),
        (&secure, true, "password", PASSWORD, none),
        // In clear on this machine; by STARTTLS to any other.
        (&clear, false, "password", PASSWORD, none),
        (&clear, true, "password", PASSWORD, none),
        (&secure, false, "oauth2", &good, none),
        (&clear, true, "oauth2", &good, none),
        (&secure, false, "password", "wrong", refused),
        (&secure, false, "oauth2", &expired, refused),
        (&secure, false, "oauth2", "no token", refused),
        (
            &secure,
            false,
            "password",
            "two\nlines",
            Some((Disposition::PauseSource, "CREDENTIAL_UNUSABLE")),
        ),
    ] {
        let wires = wires(server);
        if is_far {
            wires.go_far();
        }
        let account = Account {
            settings: json!({"imap": address}),
            kind,
            username: "ways".to_owned(),
            secret: secret.to_owned(),
        };
        let opened = open(&account, &wires, Arc::default()).await;
        let outcome = match opened {
            Ok(session) => session.discover(None).await.map(drop),
            Err(error) => Err(error),
        };
        let case = format!("{address} far={is_far} {kind} {secret:.8}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains(secret), "{case}");
        let told = outcome.err().map(|error| (error.disposition, error.code));
        assert_eq!(told, expected, "{case}");
    }
}

#[tokio::test]
async fn a_server_that_proves_no_name_is_not_spoken_to() {
    let server = Dovecot::shared();
    let account = account(server, "unproved");
    let session = open(&account, &Wires::trusting(&[]), Arc::default()).await.unwrap();
    let error = session.discover(None).await.unwrap_err();
    assert_eq!((error.disposition, error.code), (Disposition::BackOff, "UNREACHABLE"));
    assert!(error.message.contains("certificate"), "{}", error.message);
}

#[tokio::test]
async fn a_folder_that_is_not_there_says_so() {
    let mut mailbox = Mailbox::of("missing");
    mailbox.account.settings["folders"] = json!(["INBOX", "Nowhere"]);
    let session = mailbox.session().await;
    let error = session.pull(&"Nowhere".into(), None).await.unwrap_err();
    assert_eq!((error.disposition, error.code), (Disposition::GiveUp, "SCOPE_NOT_VISIBLE"));
    assert!(session.pull(&"INBOX".into(), None).await.is_ok());
}
