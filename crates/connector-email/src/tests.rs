//! A mailbox through the public surface, and messages and servers that nobody means well with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../../../tests/support/dovecot.rs"]
pub mod dovecot;
mod hostile;
pub mod imap;
mod mailbox;
mod notices;
mod outbox;
mod scripted;
mod threads;
#[path = "../../../tests/support/wires.rs"]
#[allow(dead_code, reason = "the tests of the whole use more of it")]
pub mod wires;

use std::sync::Arc;

use mainstem_model::clock::ManualClock;

use crate::mailbox::{Entry, Flags, MailStore, Place};
use crate::session::EmailSession;
use crate::settings::{EmailSettings, Location};

/// A session that reads local mail.
pub fn local(settings: EmailSettings) -> EmailSession {
    let Location::Local(local) = settings.location.clone() else { panic!("it is on a server") };
    EmailSession::new(
        "mail",
        settings,
        MailStore::Local(local),
        None,
        Arc::new(ManualClock::default()),
    )
}

/// A message of so many bytes that lies in a file.
pub fn entry(size: usize) -> Entry {
    Entry {
        folder: "INBOX".into(),
        name: "1".to_owned(),
        place: Place::File("1".into()),
        size: size as u64,
        received_at: None,
        changed_at: None,
        flags: Flags::default(),
    }
}
