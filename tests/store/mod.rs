//! The store's conformance suite: every test runs on SQLite and on PostgreSQL.

mod apply;
mod census;
mod history;
mod inferences;
mod leases;
mod links;
mod log;
mod moves;
mod notices;
mod nul;
mod parts;
mod people;
mod property;
mod reads;
mod search;
mod tokens;
