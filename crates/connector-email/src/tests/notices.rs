//! Notifications and the answers to them, as a session hands them over. The layouts are those that GitHub
//! and Jira write; every word is made up.

use std::fs;

use mainstem_connector::Session as _;
use mainstem_model::record::{Batch, Cursor, NoticeKind, NoticeRecord};
use serde_json::{Value, json};

use super::mailbox::{Maildir, pass};

/// A comment on an issue, as github.com sends it to somebody who is mentioned in it.
fn github(number: u32, comment: u32) -> String {
    format!(
        "Received: from out-1.smtp.github.com by mx.acme.example; Mon, 2 Nov 2026 09:00:02 +0000\n\
         Date: Mon, 02 Nov 2026 01:00:00 -0800\n\
         From: Bob <notifications@github.com>\n\
         Reply-To: acme/api <reply+AAAB5OTOKEN@reply.github.com>\n\
         To: acme/api <api@noreply.github.com>\n\
         Cc: Ann <ann@acme.example>, Mention <mention@noreply.github.com>\n\
         Message-ID: <acme/api/issues/{number}/{comment}@github.com>\n\
         In-Reply-To: <acme/api/issues/{number}@github.com>\n\
         References: <acme/api/issues/{number}@github.com>\n\
         Subject: Re: [acme/api] The pump leaks (Issue #{number})\n\
         Mime-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=\"--==_mimepart_1\"; charset=UTF-8\n\
         Content-Transfer-Encoding: 7bit\n\
         Precedence: list\n\
         X-GitHub-Sender: bob\n\
         X-GitHub-Recipient: ann\n\
         X-GitHub-Reason: mention\n\
         List-ID: acme/api <api.acme.github.com>\n\
         List-Archive: https://github.com/acme/api\n\
         List-Post: <mailto:reply+AAAB5OTOKEN@reply.github.com>\n\
         List-Unsubscribe: <mailto:unsub+AAAB5OTOKEN@reply.github.com>\n\
         X-Auto-Response-Suppress: All\n\
         X-GitHub-Recipient-Address: ann@acme.example\n\n\n\
         ----==_mimepart_1\nContent-Type: text/plain; charset=UTF-8\n\n\
         @ann does the seal come this week?\n\n-- \n\
         Reply to this email directly or view it on GitHub:\n\
         https://github.com/acme/api/issues/{number}#issuecomment-{comment}\n\
         You are receiving this because you were mentioned.\n\
         ----==_mimepart_1\nContent-Type: text/html; charset=UTF-8\n\n<p>@ann</p>\n----==_mimepart_1--\n"
    )
}

/// A comment on an issue, as a Data Center sends it.
const DATA_CENTER: &str = "From: \"Bob Builder (Jira)\" <jira@acme.example>\n\
    To: ann@acme.example\nDate: Mon, 2 Nov 2026 09:01:00 +0000 (UTC)\n\
    Message-ID: <JIRA.10042.1793610000000.155.1793610060000@Atlassian.JIRA>\n\
    In-Reply-To: <JIRA.10042.1793610000000@Atlassian.JIRA>\n\
    References: <JIRA.10042.1793610000000@Atlassian.JIRA> <JIRA.10042.1793610000123@node1>\n\
    Subject: [jira] [Commented] (ENG-42) The pump leaks\nMIME-Version: 1.0\n\
    Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\
    X-JIRA-FingerPrint: 30527f35849b9dde25b450d4833f0394\nAuto-Submitted: auto-generated\nPrecedence: bulk\n\n\
    \x20   [ https://jira.acme.example/browse/ENG-42?focusedCommentId=7 ]\n\n\
    Bob Builder commented on ENG-42:\n--------------------------------\n\nIt leaks again.\n";

/// An answer of a person.
fn answer(id: &str, from: &str, to: &str, references: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: {to}\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <{id}>\n\
         References: {references}\nSubject: Re: [acme/api] The pump leaks\n\n{text}\n\n\
         On Mon, 2 Nov 2026 at 09:00, Bob wrote:\n> does it come\n"
    )
}

const TO_COLLEAGUES: &str = "team@acme.example";
const ISSUE: &str = "<acme/api/issues/7@github.com>";

/// Of each notice: what kind it is, its item, its words.
fn told(batch: &Batch) -> Vec<(&'static str, String, String)> {
    let records = batch.notices.iter().flat_map(|set| &set.notices);
    let mut told: Vec<_> = records
        .map(|record| {
            let kind = match record.kind {
                NoticeKind::Told { .. } => "told",
                NoticeKind::Reply { .. } => "reply",
                NoticeKind::ReplyToTool => "to tool",
            };
            (kind, format!("{} {}", record.site, record.key), record.body.clone())
        })
        .collect();
    told.sort();
    told
}

fn row(kind: &'static str, item: &str, words: &str) -> (&'static str, String, String) {
    (kind, item.to_owned(), words.to_owned())
}

const ITEM: &str = "github.com acme/api#7";
const WORDS: &str = "@ann does the seal come this week?";

async fn read(messages: &[&str], more: Value) -> Batch {
    let mailbox = Maildir::new();
    for (number, message) in messages.iter().enumerate() {
        mailbox.put(&format!("new/17936100{number:02}.{number}.host"), message);
    }
    pass(&mailbox.session(more), "INBOX", &mut None).await
}

#[tokio::test]
async fn a_notification_is_evidence_and_no_task() {
    let batch = read(&[&github(7, 123), DATA_CENTER], json!({})).await;
    assert!(batch.tasks.is_empty() && batch.comments.is_empty() && batch.people.is_empty());
    let records: Vec<&NoticeRecord> = batch.notices.iter().flat_map(|set| &set.notices).collect();
    let of = |key: &str| *records.iter().find(|record| record.key == key).unwrap();
    let (github, jira) = (of("acme/api#7"), of("ENG-42"));
    assert_eq!((&*github.site, github.body.as_str()), ("github.com", WORDS));
    let kind = NoticeKind::Told { event: Some("mention".into()), actor: Some("bob".into()) };
    assert_eq!(github.kind, kind);
    assert_eq!(
        github.url.as_deref(),
        Some("https://github.com/acme/api/issues/7#issuecomment-123")
    );
    assert_eq!(github.sent_at.to_string(), "2026-11-02T09:00:00Z");
    assert_eq!(&*jira.site, "jira.acme.example");
    let kind =
        NoticeKind::Told { event: Some("commented".into()), actor: Some("Bob Builder".into()) };
    assert_eq!(jira.kind, kind);
    assert_eq!(jira.url.as_deref(), Some("https://jira.acme.example/browse/ENG-42"));
    assert!(jira.body.contains("It leaks again."), "{}", jira.body);
    // Addresses that answer in Ann's name are nobody's to know.
    assert!(!format!("{batch:?}").contains("TOKEN"));
}

#[tokio::test]
async fn answers_are_comments_once() {
    let direct = "acme/api <reply+AAAB5OTOKEN@reply.github.com>";
    let jira = "<JIRA.10042.1793610000000@Atlassian.JIRA>";
    let server = "jira.acme.example ENG-42";
    let at = |id: &str, to: &str, references: &str, text: &str| {
        answer(id, "ann@acme.example", to, references, text)
    };
    for (messages, expected) in [
        // To colleagues: nothing shows that the tool hears of it.
        (
            vec![
                github(7, 123),
                at("1@a", TO_COLLEAGUES, "<acme/api/issues/7/123@github.com>", "Yes."),
            ],
            vec![row("reply", ITEM, "Yes.\n\n[… 1 quoted line …]"), row("told", ITEM, WORDS)],
        ),
        // To GitHub: it makes the comment.
        (
            vec![github(7, 123), at("1@a", direct, ISSUE, "Yes.")],
            vec![row("to tool", ITEM, ""), row("told", ITEM, WORDS)],
        ),
        // Further down the thread, and with the notification thrown away.
        (
            vec![
                at("1@a", TO_COLLEAGUES, ISSUE, "Yes."),
                answer(
                    "2@a",
                    "bob@acme.example",
                    TO_COLLEAGUES,
                    &format!("{ISSUE} <1@a>"),
                    "Good.",
                ),
            ],
            vec![
                row("reply", ITEM, "Good.\n\n[… 1 quoted line …]"),
                row("reply", ITEM, "Yes.\n\n[… 1 quoted line …]"),
            ],
        ),
        // Jira does not say that it takes answers.
        (
            vec![DATA_CENTER.to_owned(), at("1@a", "jira@acme.example", jira, "Mended.")],
            vec![row("reply", server, "Mended.\n\n[… 1 quoted line …]"), row("told", server, "")],
        ),
        // It says so.
        (
            vec![
                format!("Reply-To: jira@acme.example\n{DATA_CENTER}"),
                at("1@a", "jira@acme.example", jira, "Mended."),
            ],
            vec![row("to tool", server, ""), row("told", server, "")],
        ),
    ] {
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let batch = read(&messages, json!({})).await;
        assert!(batch.tasks.is_empty() && batch.comments.is_empty(), "{messages:?}");
        let mut told = told(&batch);
        for row in told.iter_mut().filter(|row| row.0 == "told" && row.1 == server) {
            row.2.clear();
        }
        assert_eq!(told, expected, "{messages:?}");
    }
}

#[tokio::test]
async fn a_thread_among_people_stays_a_task() {
    let question = "From: cy@acme.example\nTo: ann@acme.example\nDate: Mon, 2 Nov 2026 08:00:00 +0000\n\
                    Message-ID: <q@acme.example>\nSubject: The pump leaks\n\nDo you know?\n";
    let answer = answer(
        "1@a",
        "ann@acme.example",
        "cy@acme.example",
        &format!("<q@acme.example> {ISSUE}"),
        "See there.",
    );
    let batch = read(&[&github(7, 123), question, &answer], json!({})).await;
    // Whoever answers in it may refer to an item, and does not take the thread away with that.
    assert_eq!(batch.tasks.len(), 1, "{:?}", batch.tasks);
    assert_eq!(batch.tasks[0].title, "The pump leaks");
}

#[tokio::test]
async fn whom_nobody_vouches_for_says_nothing() {
    let trust = json!({"trusted_server": "mx.acme.example"});
    let vouched = |mail: &str, domain: &str| {
        format!("Authentication-Results: mx.acme.example; dmarc=pass header.from={domain}\n{mail}")
    };
    let reply = answer("1@a", "ann@acme.example", TO_COLLEAGUES, ISSUE, "Yes.");
    let forged_domain =
        github(7, 123).replace("notifications@github.com", "notifications@evil.example");
    for (messages, expected) in [
        (vec![github(7, 123), reply.clone()], vec![]),
        (vec![vouched(&forged_domain, "evil.example")], vec![]),
        (vec![vouched(&github(7, 123), "evil.example")], vec![]),
        (
            vec![vouched(&github(7, 123), "github.com"), reply.clone()],
            vec![row("told", ITEM, WORDS)],
        ),
        (
            vec![vouched(&github(7, 123), "github.com"), vouched(&reply, "acme.example")],
            vec![row("reply", ITEM, "Yes.\n\n[… 1 quoted line …]"), row("told", ITEM, WORDS)],
        ),
    ] {
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let batch = read(&messages, trust.clone()).await;
        assert!(batch.tasks.is_empty(), "{messages:?}");
        assert_eq!(told(&batch), expected, "{messages:?}");
    }
}

#[tokio::test]
async fn copies_moves_and_removals_are_told_by_one_folder() {
    let mailbox = Maildir::new();
    mailbox.put("new/1793610000.1.host", &github(7, 123));
    mailbox.put(".Done/cur/1793610000.9.host:2,S", &github(7, 123));
    mailbox.put("new/1793610001.2.host", &github(8, 5));
    let session = mailbox.session(json!({}));
    let (mut inbox, mut done): (Option<Cursor>, Option<Cursor>) = (None, None);
    let first = pass(&session, "INBOX", &mut inbox).await;
    assert_eq!(told(&first).len(), 2);
    assert!(pass(&session, "Done", &mut done).await.notices.is_empty());

    // Put away and read: nothing is said again but what the same group holds.
    mailbox.rename("new/1793610001.2.host", ".Done/cur/1793610001.2.host:2,S");
    let moved = pass(&session, "INBOX", &mut inbox).await;
    assert!(moved.notices.is_empty() && !moved.wants_census);
    assert!(pass(&session, "Done", &mut done).await.notices.is_empty());

    // Removed for good: its group is told without it.
    fs::remove_file(mailbox.path(".Done/cur/1793610001.2.host:2,S")).unwrap();
    let fewer = pass(&session, "INBOX", &mut inbox).await;
    assert!(!fewer.wants_census);
    let groups: Vec<_> = fewer.notices.iter().map(|set| &set.group).collect();
    let of_first = |key: &str| {
        let holds = |set: &&mainstem_model::record::NoticeSet| {
            set.notices.iter().any(|record| record.key == key)
        };
        &first.notices.iter().find(holds).unwrap().group
    };
    assert_eq!(groups, [of_first("acme/api#8")]);
    assert!(told(&fewer).iter().all(|row| row.1 == ITEM), "{:?}", told(&fewer));
    let listed = session.census(&"INBOX".into(), None).await.unwrap();
    assert!(listed.items.is_empty());
}
