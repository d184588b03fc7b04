//! Sealing secrets: key ring, key ids, rotation, associated data. It does not know what a secret is for.

mod random;

pub use random::OsRandom;
