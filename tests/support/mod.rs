//! What every integration test stands on: databases of its own and records to put into them.

pub mod database;
#[allow(dead_code, reason = "the tests of the mail connector use more of it")]
pub mod dovecot;
pub mod hub;
pub mod postgres;
pub mod property;
pub mod records;
#[allow(dead_code, reason = "the tests of the mail connector use more of it")]
pub mod wires;
