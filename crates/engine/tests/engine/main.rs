//! The engine against a tool in memory and a real store: what ends up in the store, what was asked
//! of the tool, and how the source is said to be doing. No test waits for real time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

mod census;
mod hints;
mod history;
mod leases;
mod listening;
mod passes;
mod reactions;
mod running;
mod sync_once;
mod telling;
