//! A mailbox that people use, as a session tells of it.

use std::fs;
use std::path::{Path, PathBuf};

use mainstem_connector::{Disposition, Session, Settings};
use mainstem_model::record::{Batch, Cursor, Depth, Hint, TaskRecord};
use mainstem_model::{Presence, StatusCategory, TaskKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::local;
use crate::session::EmailSession;
use crate::settings::EmailSettings;

/// A Maildir with the folders that most have.
pub struct Maildir(TempDir);

impl Maildir {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for path in ["", ".Done", ".Sent", ".Trash"] {
            for part in ["cur", "new", "tmp"] {
                fs::create_dir_all(folder.path().join("mail").join(path).join(part)).unwrap();
            }
        }
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("mail").join(name)
    }

    pub fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub fn session(&self, more: Value) -> EmailSession {
        session(&self.path(""), "maildir", more)
    }
}

fn session(path: &Path, kind: &str, more: Value) -> EmailSession {
    let mut settings = json!({kind: path});
    settings.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    local(EmailSettings::read(&Settings(settings)).unwrap())
}

/// A whole pass over a folder, and where the next one goes on.
pub async fn pass(session: &EmailSession, scope: &str, cursor: &mut Option<Cursor>) -> Batch {
    let mut whole = Batch::default();
    loop {
        let batch = session.pull(&scope.into(), cursor.as_ref()).await.unwrap();
        whole.tasks.extend(batch.tasks);
        whole.comments.extend(batch.comments);
        whole.comment_sets.extend(batch.comment_sets);
        whole.people.extend(batch.people);
        whole.availabilities.extend(batch.availabilities);
        whole.quarantine.extend(batch.quarantine);
        whole.notices.extend(batch.notices);
        whole.wants_census |= batch.wants_census;
        *cursor = batch.cursor;
        if !batch.more {
            return whole;
        }
    }
}

fn mail(id: &str, from: &str, fields: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: support@acme.example\nDate: Mon, 2 Nov 2026 09:00:00 +0000\nMessage-ID: <{id}>\n{fields}\n{body}\n"
    )
}

fn only(batch: &Batch) -> &TaskRecord {
    assert_eq!(batch.tasks.len(), 1, "{:?}", batch.tasks);
    &batch.tasks[0]
}

fn status(batch: &Batch) -> (&str, StatusCategory) {
    let status = &only(batch).status;
    (&status.name, status.category)
}

#[tokio::test]
async fn a_thread_is_a_task_and_a_message_a_comment() {
    let mailbox = Maildir::new();
    mailbox.put(
        "new/1793610000.1.host",
        &mail(
            "1@acme.example",
            "=?utf-8?q?Ann_=C3=84?= <Ann@acme.example>",
            "Subject: Pump\n",
            "Due: 2026-12-01\nAssignee: bob@acme.example\n\n- [ ] order a seal\n\n-- \nAnn",
        ),
    );
    let answer = mail(
        "2@acme.example",
        "bob@acme.example",
        "In-Reply-To: <1@acme.example>\nSubject: Re: Pump\nContent-Type: multipart/mixed; boundary=b\n",
        "--b\nContent-Type: text/html\n\n<p>On it.</p><blockquote>Due</blockquote>\n--b\nContent-Type: application/pdf; name=\"a/b.pdf\"\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--",
    );
    mailbox.put("new/1793610100.2.host", &answer);
    let batch = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    let task = only(&batch);
    assert_eq!((task.kind, task.title.as_str()), (TaskKind::Email, "Pump"));
    assert!(task.key.starts_with("mail:") && task.key.len() == 15, "{}", task.key);
    assert_eq!(task.url.as_deref(), Some("mid:1@acme.example"));
    assert_eq!(task.author.as_deref(), Some("ann@acme.example"));
    assert_eq!(task.assignees.iter().map(|id| &**id).collect::<Vec<_>>(), ["bob@acme.example"]);
    assert_eq!(task.due_on.unwrap().to_string(), "2026-12-01");
    assert_eq!(task.criteria[0].text, "order a seal");
    assert_eq!(task.created_at.to_string(), "2026-11-02T09:00:00Z");
    assert_eq!(status(&batch), ("unread", StatusCategory::Todo));
    assert!(task.fields.iter().any(|field| {
        field.name == "due date found in"
            && field.value == "“Due: 2026-12-01”, ann@acme.example at 2026-11-02T09:00:00Z"
    }));
    let bodies: Vec<&str> = batch.comments.iter().map(|comment| &*comment.body).collect();
    assert_eq!(
        bodies,
        [
            "Due: 2026-12-01\nAssignee: bob@acme.example\n\n- [ ] order a seal\n\n[… signature …]",
            "On it.\n\n[… 1 quoted line …]\n\nAttachments, not opened:\n\n- b.pdf (application/pdf, 2 bytes)",
        ]
    );
    assert_eq!(batch.comment_sets[0].parts.len(), 2);
    let ann =
        batch.people.iter().find(|person| &*person.external_id == "ann@acme.example").unwrap();
    assert_eq!(
        (ann.name.as_deref(), ann.email.as_deref()),
        (Some("Ann Ä"), Some("ann@acme.example"))
    );
}

#[tokio::test]
async fn what_people_do_with_mail_is_its_status() {
    let mailbox = Maildir::new();
    mailbox.put("new/1793610000.1.host", &mail("1@x", "ann@acme.example", "Subject: Q\n", "x"));
    let session = mailbox.session(json!({}));
    let mut cursor = None;
    assert_eq!(
        status(&pass(&session, "INBOX", &mut cursor).await),
        ("unread", StatusCategory::Todo)
    );
    assert!(pass(&session, "INBOX", &mut cursor).await.tasks.is_empty());
    let mut name = "new/1793610000.1.host".to_owned();
    for (next, expected) in [
        ("cur/1793610000.1.host:2,S", ("read", StatusCategory::Todo)),
        ("cur/1793610000.1.host:2,RS", ("answered", StatusCategory::InProgress)),
        ("cur/1793610000.1.host:2,FRSa", ("done", StatusCategory::Done)),
    ] {
        mailbox.put("dovecot-keywords", "0 Done\n");
        mailbox.rename(&name, next);
        name = next.to_owned();
        // Whether or not the process lived on.
        let before = cursor.clone();
        assert_eq!(
            status(&pass(&mailbox.session(json!({})), "INBOX", &mut cursor.clone()).await),
            expected
        );
        assert_eq!(status(&pass(&session, "INBOX", &mut cursor).await), expected, "{next}");
        assert_ne!(before, cursor);
    }
    mailbox.put(".Done/dovecot-keywords", "1 Urgent\n");
    mailbox.rename(&name, ".Done/cur/1793610000.1.host:2,Sb");
    let left = pass(&session, "INBOX", &mut cursor).await;
    assert!(left.tasks.is_empty() && left.wants_census);
    let done = pass(&session, "Done", &mut None).await;
    assert_eq!(status(&done), ("done", StatusCategory::Done));
    assert_eq!(only(&done).labels, ["urgent"]);
    assert!(only(&done).closed_at.is_some());
    // What the owner sent makes it answered, in whatever folder it lies.
    mailbox.rename(".Done/cur/1793610000.1.host:2,Sb", "cur/1793610000.1.host:2,S");
    mailbox.put(
        ".Sent/cur/1793620000.2.host:2,S",
        &mail("2@x", "support@acme.example", "References: <1@x>\nSubject: Re: Q\n", "y"),
    );
    let answered = pass(&session, "INBOX", &mut cursor).await;
    assert_eq!(status(&answered), ("answered", StatusCategory::InProgress));
    assert_eq!(answered.comments.len(), 2);
    assert!(pass(&session, "Sent", &mut None).await.tasks.is_empty());
}

#[tokio::test]
async fn what_is_gone_is_told_apart() {
    let mailbox = Maildir::new();
    let text = |id: &str, fields: &str| mail(id, "ann@acme.example", fields, id);
    for name in ["deleted", "moved", "trashed", "child"] {
        let fields = if name == "child" {
            "References: <parent@x>\nSubject: Re: Q\n"
        } else {
            "Subject: Q\n"
        };
        mailbox.put(&format!("new/1793610000.{name}.host"), &text(&format!("{name}@x"), fields));
    }
    let session = mailbox.session(json!({}));
    let before = pass(&session, "INBOX", &mut None).await;
    let hint = |name: &str| {
        let message =
            before.comments.iter().find(|comment| comment.body == format!("{name}@x")).unwrap();
        let task = before
            .tasks
            .iter()
            .find(|task| Some(&task.external_id) == message.task.external_id.as_ref());
        let task = task.unwrap();
        Hint {
            external_id: Some(task.external_id.clone()),
            locator: task.locator.clone(),
            depth: Depth::Whole,
        }
    };
    fs::remove_file(mailbox.path("new/1793610000.deleted.host")).unwrap();
    mailbox.rename("new/1793610000.moved.host", ".Trash/cur/1793610000.moved.host:2,S");
    mailbox.rename("new/1793610000.trashed.host", "cur/1793610000.trashed.host:2,T");
    // The child named a parent that named another: now that it is here, the thread is called after that.
    mailbox.put(
        "new/1793600000.parent.host",
        &text("parent@x", "References: <root@x>\nSubject: Re: Q\n"),
    );
    let hints: Vec<Hint> = ["deleted", "moved", "trashed", "child"].map(hint).into();
    let batch = session.fetch(&hints).await.unwrap();
    let told: Vec<_> = batch.absences.iter().map(|absence| absence.presence).collect();
    assert_eq!(told, [Presence::Deleted, Presence::AccessLost, Presence::AccessLost]);
    assert_eq!(Some(&batch.moves[0].from), hints[3].external_id.as_ref());
    assert_eq!(batch.moves[0].to, only(&batch).external_id);
    assert_eq!(batch.comments.len(), 2);
}

#[tokio::test]
async fn copies_are_one_message_and_namesakes_two() {
    let mailbox = Maildir::new();
    let text = mail("1@x", "ann@acme.example", "Subject: Q\n", "hello");
    mailbox.put("new/1793610000.1.host", &format!("Received: from a by b\n{text}"));
    mailbox.put(".Done/cur/1793610001.2.host:2,S", &text.replace('\n', "\r\n"));
    mailbox
        .put("new/1793610002.3.host", &mail("1@x", "eve@evil.example", "Subject: Q\n", "another"));
    let batch = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    assert_eq!(only(&batch).author.as_deref(), Some("ann@acme.example"));
    let bodies: Vec<&str> = batch.comments.iter().map(|comment| &*comment.body).collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies.contains(&"hello") && bodies.contains(&"another"));
}

#[tokio::test]
async fn programs_begin_no_task() {
    let mailbox = Maildir::new();
    for (name, text) in [
        (
            "away",
            mail(
                "2@x",
                "bob@acme.example",
                "Auto-Submitted: auto-replied\nReferences: <1@x>\nSubject: Away\n",
                "I am away until 8 December 2026.",
            ),
        ),
        (
            "alone",
            mail(
                "3@x",
                "bob@acme.example",
                "Auto-Submitted: auto-generated\nSubject: Backup\n",
                "done",
            ),
        ),
        (
            "bounce",
            mail(
                "4@x",
                "MAILER-DAEMON@acme.example",
                "Return-Path: <>\nSubject: failed\n",
                "no such user",
            ),
        ),
        (
            "news",
            mail(
                "5@x",
                "news@shop.example",
                "List-Unsubscribe: <https://shop.example>\nSubject: Sale\n",
                "buy",
            ),
        ),
        (
            "github",
            mail(
                "acme/api/issues/7@github.com",
                "notifications@github.com",
                "X-GitHub-Reason: assign\nSubject: [acme/api] Bug (#7)\n",
                "x",
            ),
        ),
        ("question", mail("1@x", "ann@acme.example", "Subject: Q\n", "x")),
    ] {
        mailbox.put(&format!("new/1793610000.{name}.host"), &text);
    }
    let batch = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    let task = only(&batch);
    assert_eq!(task.title, "Q");
    assert_eq!(batch.comments.len(), 2);
    let away = task.fields.iter().find(|field| field.name == "away").unwrap();
    assert_eq!(away.value, "bob@acme.example until 2026-12-08: “I am away until 8 December 2026.”");
}

#[tokio::test]
async fn a_sender_for_whom_nobody_vouches_comments_at_most() {
    let mailbox = Maildir::new();
    let vouched = "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\n";
    let forged = "Authentication-Results: evil.example; dmarc=pass header.from=acme.example\n";
    let put = |name: &str, text: String| mailbox.put(&format!("new/1793610000.{name}.host"), &text);
    put(
        "1",
        format!(
            "{vouched}{}",
            mail("1@x", "Ann <ann@acme.example>", "Subject: Q\n", "Due: 2026-12-01")
        ),
    );
    put(
        "2",
        mail(
            "2@x",
            "Boss <boss@acme.example>",
            "References: <1@x>\nSubject: Re: Q\n",
            "Due: 2027-01-01\nAssignee: eve@evil.example\n- [x] close it",
        ),
    );
    put(
        "3",
        format!("{forged}{}", mail("3@x", "Boss <boss@acme.example>", "Subject: Pay\n", "now")),
    );
    put(
        "4",
        format!(
            "{vouched}{}",
            mail("4@x", "Boss <boss@acme.example>, eve@evil.example", "Subject: Pay\n", "now")
        ),
    );
    put("5", format!("{vouched}{}", mail("5@x", "boss@acrne.example", "Subject: Pay\n", "now")));
    put(
        "6",
        format!(
            "{vouched}From: eve@evil.example\n{}",
            mail("6@x", "boss@acme.example", "Subject: Pay\n", "now")
        ),
    );
    let batch =
        pass(&mailbox.session(json!({"trusted_server": "mx.acme.example"})), "INBOX", &mut None)
            .await;
    let task = only(&batch);
    assert_eq!(
        (task.title.as_str(), task.due_on.unwrap().to_string()),
        ("Q", "2026-12-01".to_owned())
    );
    assert!(task.assignees.is_empty() && task.criteria.is_empty());
    assert_eq!(batch.comments.len(), 2);
    // Whoever wrote as the boss is not the boss, here or in any other tool.
    let mut people: Vec<_> =
        batch.people.iter().map(|one| (&*one.external_id, &one.name, &one.email)).collect();
    people.sort_unstable();
    let (name, address) = (Some("Ann".to_owned()), Some("ann@acme.example".to_owned()));
    assert_eq!(
        people,
        [("ann@acme.example", &name, &address), ("unverified:boss@acme.example", &None, &None)]
    );
    assert_eq!(batch.quarantine.len(), 1);
    assert!(batch.quarantine[0].reason.starts_with("From: "), "{}", batch.quarantine[0].reason);
    // Where nobody is asked for his word, everybody may begin one.
    let open = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    assert_eq!(open.tasks.len(), 4);
}

#[tokio::test]
async fn who_is_away_is_told_where_the_server_vouches_and_a_date_is_named() {
    let mailbox = Maildir::new();
    let vouched = "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\n";
    let put = |id: u32, vouch: &str, automatic: &str, who: &str, body: &str| {
        let fields = format!("{automatic}References: <1@x>\nSubject: Re: Q\n");
        let text = format!("{vouch}{}", mail(&format!("{id}@x"), who, &fields, body));
        mailbox.put(&format!("new/1793610000.{id}.host"), &text);
    };
    let away = "Auto-Submitted: auto-replied\n";
    put(1, vouched, "", "ann@acme.example", "hello");
    put(2, vouched, away, "bob@acme.example", "I am away until 8 December 2026.");
    put(3, "", away, "eve@acme.example", "I am away until 8 December 2026.");
    put(4, vouched, away, "cy@acme.example", "I am away until further notice.");
    // A person who writes of an absence has not set an answer for everybody.
    put(5, vouched, "", "dee@acme.example", "I am away until 8 December 2026.");
    let settings = json!({"trusted_server": "mx.acme.example"});
    let batch = pass(&mailbox.session(settings), "INBOX", &mut None).await;
    assert_eq!(batch.comments.len(), 5);
    let told: Vec<_> = batch
        .availabilities
        .iter()
        .map(|one| (&*one.person, one.until.to_string(), one.quote.as_str(), one.url.as_deref()))
        .collect();
    let quote = "I am away until 8 December 2026.";
    let expected = ("bob@acme.example", "2026-12-08".to_owned(), quote, Some("mid:2@x"));
    assert_eq!(told, [expected]);
    // In an archive nobody vouches for anybody.
    let archive = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    assert_eq!(archive.availabilities, []);
}

#[tokio::test]
async fn an_absence_is_heard_wherever_the_answer_that_tells_of_it_belongs() {
    let mailbox = Maildir::new();
    let put = |id: u32, from: &str, vouched: bool, fields: &str, body: &str| {
        let domain = from.rsplit('@').next().unwrap();
        let vouch = if vouched { "pass" } else { "fail" };
        let text = format!(
            "Authentication-Results: mx.acme.example; dmarc={vouch} header.from={domain}\n{}",
            mail(&format!("{id}@x"), from, fields, body)
        );
        mailbox.put(&format!("new/1793610000.{id}.host"), &text);
    };
    let answers = "Auto-Submitted: auto-replied\nReferences: <gone@x>\nSubject: Re: Q\n";
    let away = "I am away until 8 December 2026.";
    put(1, "ann@acme.example", true, answers, away);
    // To what a tool told of an item.
    let told = "X-GitHub-Reason: mention\nReferences: <acme/api/issues/7@github.com>\nSubject: 7\n";
    put(2, "notifications@github.com", true, told, "When?");
    let answers_it = "Auto-Submitted: auto-replied\nReferences: <2@x>\nSubject: Re: 7\n";
    put(3, "bob@acme.example", true, answers_it, away);
    // Not vouched for; no end; what answers nothing; what goes to many.
    put(4, "eve@acme.example", false, answers, away);
    put(5, "cy@acme.example", true, answers, "I am away.");
    put(
        6,
        "root@acme.example",
        true,
        "Auto-Submitted: auto-generated\nSubject: x\n",
        "kept until 8 December 2026",
    );
    put(7, "dee@acme.example", true, &format!("List-Id: <l.acme.example>\n{answers}"), away);
    let session = mailbox.session(json!({"trusted_server": "mx.acme.example"}));
    let mut cursor = None;
    let batch = pass(&session, "INBOX", &mut cursor).await;
    assert!(batch.tasks.is_empty() && batch.comments.is_empty());
    let mut told: Vec<_> = batch.availabilities.iter().map(|one| &*one.person).collect();
    told.sort_unstable();
    assert_eq!(told, ["ann@acme.example", "bob@acme.example"]);
    for away in &batch.availabilities {
        assert!(batch.people.iter().any(|person| person.external_id == away.person));
    }
    // Each is told of once, and what goes is not missed.
    assert!(pass(&session, "INBOX", &mut cursor).await.availabilities.is_empty());
    fs::remove_file(mailbox.path("new/1793610000.1.host")).unwrap();
    let batch = pass(&session, "INBOX", &mut cursor).await;
    assert!(batch.availabilities.is_empty() && !batch.wants_census);
}

#[tokio::test]
async fn an_mbox_may_grow_and_be_written_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mail.mbox");
    let entry = |id: &str, fields: &str, body: &str| {
        let text = mail(id, "ann@acme.example", &format!("Subject: {id}\n{fields}"), body);
        format!("From ann@acme.example Mon Nov  2 10:00:00 2026\n{text}\n")
    };
    let one = entry("1@x", "", "hello\n\n>From here on\nFrom the middle\nbye");
    fs::write(&path, &one).unwrap();
    let session = session(&path, "mbox", json!({}));
    let mut cursor = None;
    let batch = pass(&session, "INBOX", &mut cursor).await;
    assert_eq!(batch.comments[0].body, "hello\n\nFrom here on\nFrom the middle\nbye");
    assert_eq!(only(&batch).updated_at.to_string(), "2026-11-02T10:00:00Z");
    // Another message comes, and the flags of the first one are noted in its header.
    let answered = one.replace("Subject: 1@x\n", "Subject: 1@x\nStatus: RO\nX-Status: A\n");
    fs::write(&path, format!("{answered}{}", entry("2@x", "", "second"))).unwrap();
    let batch = pass(&session, "INBOX", &mut cursor).await;
    assert_eq!(batch.tasks.len(), 2);
    let first = batch.tasks.iter().find(|task| task.title == "1@x").unwrap();
    assert_eq!(first.status.category, StatusCategory::InProgress);
    // The first one is expunged.
    fs::write(&path, entry("2@x", "", "second")).unwrap();
    let batch = pass(&session, "INBOX", &mut cursor).await;
    assert!(batch.tasks.is_empty() && batch.wants_census);
    // A program writes to it.
    fs::write(folder.path().join("mail.mbox.lock"), "").unwrap();
    fs::write(&path, entry("3@x", "", "third")).unwrap();
    let error = session.pull(&"INBOX".into(), cursor.as_ref()).await.unwrap_err();
    assert_eq!((error.disposition, error.code), (Disposition::BackOff, "MAILBOX_LOCKED"));
}

#[tokio::test]
async fn what_is_no_message_is_left_alone() {
    let mailbox = Maildir::new();
    mailbox.put("secret", &mail("9@x", "ann@acme.example", "Subject: secret\n", "x"));
    std::os::unix::fs::symlink(mailbox.path("secret"), mailbox.path("new/1793610000.link.host"))
        .unwrap();
    fs::create_dir(mailbox.path("new/1793610000.folder.host")).unwrap();
    mailbox.put("new/.hidden", &mail("8@x", "ann@acme.example", "Subject: hidden\n", "x"));
    mailbox.put(
        "cur/1793610000.draft.host:2,D",
        &mail("7@x", "ann@acme.example", "Subject: draft\n", "x"),
    );
    mailbox.put("new/1793610000.noise.host", "\0\u{1}\u{2}");
    let batch = pass(&mailbox.session(json!({})), "INBOX", &mut None).await;
    assert!(batch.tasks.is_empty(), "{:?}", batch.tasks);
    assert_eq!(batch.quarantine.len(), 1);
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_says_so() {
    let folder = TempDir::new().unwrap();
    for kind in ["maildir", "mbox"] {
        let session = session(&folder.path().join("nothing"), kind, json!({}));
        for error in [
            session.discover(None).await.unwrap_err(),
            session.pull(&"INBOX".into(), None).await.unwrap_err(),
            session.census(&"INBOX".into(), None).await.unwrap_err(),
            session.fetch(&[]).await.unwrap_err(),
        ] {
            assert_eq!((error.disposition, error.code), (Disposition::GiveUp, "SCOPE_NOT_VISIBLE"));
            assert!(error.message.contains("nothing"), "{}", error.message);
        }
    }
    let mailbox = Maildir::new();
    let session = mailbox.session(json!({"folders": ["INBOX", "Missing"]}));
    let scopes = session.discover(None).await.unwrap().items;
    assert_eq!(scopes.iter().map(|scope| &*scope.key).collect::<Vec<_>>(), ["INBOX", "Missing"]);
    let error = session.pull(&"Missing".into(), None).await.unwrap_err();
    assert!(error.message.contains("Missing"), "{}", error.message);
}
