//! What clients see of the site, asked for as they ask.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod access;
mod faults;
mod generation;
mod graphql;
mod jira;
mod paging;
mod reading;
mod schema;
mod script;
mod support;
mod writing;
