//! The model against slow and obvious ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod as_of;
mod changes;
mod counts;
mod cursors;
mod follow;
mod graph;
mod limits;
mod naive;
mod pages;
mod visibility;
mod world;
