//! Answers that leave the mailbox: how one is written, and how it is handed to a server.

pub mod answer;
pub mod smtp;
