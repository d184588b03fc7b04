//! The API from outside: a request's bytes in, an answer's bytes out, over a real store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod answers;
mod availability;
mod documents;
mod everything;
mod limits;
mod mutations;
mod notices;
mod parts;
mod world;
