//! The store's conformance suite: every test runs on SQLite and on PostgreSQL.

mod log;
mod property;
mod reads;
mod search;
mod tokens;
