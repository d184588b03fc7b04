//! Every algorithm against a slow and obvious one, and against what nobody should ask of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod calendar;
mod conflicts;
mod cycles;
mod hostile;
mod reach;
mod schedule;
mod shift;
mod support;
