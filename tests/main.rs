//! One test binary; its tree mirrors the product.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod architecture;
mod store;
mod support;
