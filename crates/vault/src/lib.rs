//! Sealing secrets: key ring, key ids, rotation, associated data. It does not know what a secret is for.

mod format;
mod key_file;
mod key_ring;
mod padding;
mod random;

pub use key_file::KeyFileError;
pub use key_ring::{KeyRing, OpenError, SealError, SealedFor};
pub use random::OsRandom;
