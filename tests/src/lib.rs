//! The integration tests live in `main.rs`; this empty library makes the folder a workspace member.
