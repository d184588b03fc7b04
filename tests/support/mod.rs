//! What every integration test stands on: databases of its own and records to put into them.

pub mod database;
pub mod dovecot;
pub mod hub;
pub mod postgres;
pub mod property;
pub mod records;
pub mod wires;
