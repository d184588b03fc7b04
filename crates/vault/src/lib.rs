//! Sealing secrets: key ring, key ids, rotation, associated data. It does not know what a secret is for.

#![allow(clippy::todo, unused_variables, reason = "being built")]

mod format;
mod key_file;
mod key_ring;
mod random;

pub use key_file::KeyFileError;
pub use key_ring::{KeyRing, OpenError, SealError, SealedFor};
pub use random::OsRandom;
