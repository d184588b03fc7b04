//! Reads argument values, whose shape the schema has checked, into what the read model takes.

mod compare;
pub mod filter;
mod order;
mod value;

pub use order::{group_field, orders};
pub use value::{get, require};
