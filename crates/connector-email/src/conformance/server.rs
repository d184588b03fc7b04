//! The suite against a real server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mainstem_connector::conformance::{self, Trouble};
use mainstem_connector::{ConnectorError, Session};
use mainstem_model::clock::ManualClock;
use mainstem_model::record::ScopeKey;

use super::{THREADS, key, message};
use crate::tests::dovecot::{Client, Dovecot};
use crate::tests::imap::{account, open, wires};
use crate::tests::wires::Wires;

/// A mailbox of [`THREADS`] threads on a server.
struct OnServer {
    user: String,
    client: Mutex<Client>,
    wires: Wires,
    clock: Arc<ManualClock>,
}

impl OnServer {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let user = format!("conformance{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let server = Dovecot::shared();
        let mut client = server.client(&user);
        let mut messages = Vec::new();
        for thread in 0..THREADS {
            messages.push(message(thread, false, &format!("Question {thread}")));
            if thread % 3 == 0 {
                messages.push(message(thread, true, &format!("Re: Question {thread}")));
            }
        }
        client.append("INBOX", messages.iter().map(String::as_str));
        Self { user, client: Mutex::new(client), wires: wires(server), clock: Arc::default() }
    }

    /// Does something to what a thread consists of.
    fn with(&self, thread: usize, doing: &str) {
        let mut client = self.client.lock().unwrap();
        client.run("SELECT INBOX");
        for id in [format!("{thread}@acme.example"), format!("{thread}.1@acme.example")] {
            if thread.is_multiple_of(3) || !id.contains(".1@") {
                let uids = client.find(&id);
                client.run(&doing.replace("UIDS", &uids));
            }
        }
        client.run("EXPUNGE");
    }

    fn remove(&self, thread: usize) {
        self.with(thread, "UID STORE UIDS +FLAGS (\\Deleted)");
    }

    fn replace(&self, thread: usize, text: &str) -> String {
        self.remove(thread);
        self.client.lock().unwrap().append("INBOX", [text]);
        key(thread)
    }
}

#[async_trait]
impl conformance::Site for OnServer {
    async fn connect(&self) -> Result<Box<dyn Session>, ConnectorError> {
        let account = account(Dovecot::shared(), &self.user);
        open(&account, &self.wires, self.clock.clone()).await
    }

    fn scope(&self) -> ScopeKey {
        "INBOX".into()
    }

    fn requests(&self) -> u64 {
        self.wires.commands()
    }

    fn pass_time(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    fn retitle(&self, title: &str) -> String {
        self.replace(7, &message(7, false, title))
    }

    fn delete(&self) -> String {
        self.remove(8);
        key(8)
    }

    fn hide(&self) -> String {
        self.with(10, "UID MOVE UIDS Trash");
        key(10)
    }

    fn malform(&self) -> String {
        let parts = "--x\n\ntext\n".repeat(1_001);
        let text = message(11, false, "Parts").replace(
            "\n\nHello",
            &format!("\nContent-Type: multipart/mixed; boundary=x\n\n{parts}Hello"),
        );
        self.replace(11, &text)
    }

    fn trouble(&self, trouble: Option<Trouble>) {
        panic!("what {trouble:?} leads to stands in `tests`");
    }
}

macro_rules! checks {
    ($($check:ident)*) => {
        $(
            #[tokio::test]
            async fn $check() {
                conformance::$check(&OnServer::new()).await;
            }
        )*
    };
}

checks! {
    a_pull_ends_and_replays
    an_unchanged_site_costs_little
    an_edit_arrives
    a_census_lists_what_was_pulled
    a_fetch_gives_what_the_pull_gave
    what_is_gone_comes_back_as_an_absence
    a_malformed_record_does_not_sink_its_page
    a_dropped_step_is_harmless
}
