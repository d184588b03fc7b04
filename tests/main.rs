//! One test binary; its tree mirrors the product.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod api;
mod architecture;
mod end_to_end;
mod read_model;
mod recorded;
mod store;
mod support;
mod sync;
