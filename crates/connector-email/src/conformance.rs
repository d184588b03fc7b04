//! The suite that every connector runs, against a Maildir and an mbox on the disk.
//!
//! A mailbox has no credential, no limits and no network, so the check of troubles on the way has
//! nothing to say of it; what a mailbox that is not there leads to stands in `tests`. It has no
//! past either.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use mainstem_connector::conformance::{self, Trouble};
use mainstem_connector::{ConnectorError, Session, Settings};
use mainstem_model::record::ScopeKey;
use serde_json::json;
use tempfile::TempDir;

use crate::letter::ThreadName;
use crate::session::EmailSession;
use crate::settings::EmailSettings;
use crate::thread::ThreadId;

const THREADS: usize = 300;

/// A mailbox of [`THREADS`] threads, every third of them with an answer.
struct OnDisk {
    folder: TempDir,
    is_maildir: bool,
    /// The messages of an mbox, by the number of their thread.
    messages: Mutex<Vec<(usize, String)>>,
}

fn message(thread: usize, answer: bool, subject: &str) -> String {
    let (own, field) = match answer {
        false => (format!("{thread}@acme.example"), String::new()),
        true => {
            (format!("{thread}.1@acme.example"), format!("References: <{thread}@acme.example>\n"))
        }
    };
    format!(
        "From: Ann <ann{}@acme.example>\nTo: support@acme.example\nDate: Mon, 2 Nov 2026 09:{:02}:00 +0000\n\
         Message-ID: <{own}>\n{field}Subject: {subject}\n\nHello {thread}\n",
        thread % 7,
        thread % 60,
    )
}

fn key(thread: usize) -> String {
    let id = ThreadId::of(&ThreadName::MessageId(format!("{thread}@acme.example")));
    format!("mail:{}", &id.text()[..10])
}

impl OnDisk {
    fn new(is_maildir: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let mut messages = Vec::new();
        for thread in 0..THREADS {
            messages.push((thread, message(thread, false, &format!("Question {thread}"))));
            if thread % 3 == 0 {
                messages.push((thread, message(thread, true, &format!("Re: Question {thread}"))));
            }
        }
        let site = Self { folder, is_maildir, messages: Mutex::default() };
        if is_maildir {
            for path in ["cur", "new", "tmp", ".Trash/cur", ".Trash/new"] {
                fs::create_dir_all(site.root().join(path)).unwrap();
            }
        }
        for (at, (thread, text)) in messages.iter().enumerate() {
            site.put(&format!("new/17900000{at:02}.{thread}.host"), *thread, text);
        }
        site.write();
        site
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    fn put(&self, name: &str, thread: usize, text: &str) {
        match self.is_maildir {
            true => fs::write(self.root().join(name), text).unwrap(),
            false => self.messages.lock().unwrap().push((thread, text.to_owned())),
        }
    }

    /// Takes away what a thread consists of.
    fn remove(&self, thread: usize) {
        self.messages.lock().unwrap().retain(|(of, _)| *of != thread);
        for path in self.files(thread) {
            fs::remove_file(path).unwrap();
        }
    }

    fn files(&self, thread: usize) -> Vec<PathBuf> {
        let Ok(listed) = fs::read_dir(self.root().join("new")) else { return Vec::new() };
        let of_thread =
            |path: &PathBuf| path.to_string_lossy().contains(&format!(".{thread}.host"));
        listed.map(|entry| entry.unwrap().path()).filter(of_thread).collect()
    }

    fn write(&self) {
        if !self.is_maildir {
            let messages = self.messages.lock().unwrap();
            let text = |(_, text): &(usize, String)| {
                format!("From ann@acme.example Mon Nov  2 09:00:00 2026\n{text}\n")
            };
            fs::write(self.root(), messages.iter().map(text).collect::<String>()).unwrap();
        }
    }

    fn replace(&self, thread: usize, text: &str) -> String {
        self.remove(thread);
        self.put(&format!("new/1790009999.{thread}.host"), thread, text);
        self.write();
        key(thread)
    }
}

#[async_trait]
impl conformance::Site for OnDisk {
    async fn connect(&self) -> Result<Box<dyn Session>, ConnectorError> {
        let kind = if self.is_maildir { "maildir" } else { "mbox" };
        let settings = EmailSettings::read(&Settings(json!({kind: self.root()}))).unwrap();
        Ok(Box::new(EmailSession::new("mail", settings)))
    }

    fn scope(&self) -> ScopeKey {
        "INBOX".into()
    }

    fn requests(&self) -> u64 {
        0
    }

    fn pass_time(&self, _seconds: i64) {}

    fn retitle(&self, title: &str) -> String {
        self.replace(7, &message(7, false, title))
    }

    fn delete(&self) -> String {
        self.remove(8);
        self.write();
        key(8)
    }

    fn hide(&self) -> String {
        for path in self.files(10) {
            let name = path.file_name().unwrap().to_owned();
            fs::rename(path, self.root().join(".Trash/cur").join(name)).unwrap();
        }
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
        panic!("a mailbox runs into no {trouble:?}");
    }
}

macro_rules! checks {
    ($($check:ident on $mailboxes:expr;)*) => {
        $(
            #[tokio::test]
            async fn $check() {
                for is_maildir in $mailboxes {
                    conformance::$check(&OnDisk::new(is_maildir)).await;
                }
            }
        )*
    };
}

checks! {
    a_pull_ends_and_replays on [true, false];
    an_unchanged_site_costs_little on [true, false];
    an_edit_arrives on [true, false];
    a_census_lists_what_was_pulled on [true, false];
    a_fetch_gives_what_the_pull_gave on [true, false];
    // A message of an mbox cannot be put out of sight.
    what_is_gone_comes_back_as_an_absence on [true];
    a_malformed_record_does_not_sink_its_page on [true, false];
    a_dropped_step_is_harmless on [true, false];
}
