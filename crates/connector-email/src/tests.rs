//! A mailbox through the public surface, and messages that nobody means well with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod hostile;
mod mailbox;
mod notices;
mod threads;
