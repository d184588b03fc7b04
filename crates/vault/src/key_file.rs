//! The file that keeps the keys.

use std::path::Path;

use mainstem_model::random::{NoRandomness, Random};

use crate::KeyRing;

/// Why a key file cannot be used. It never holds a part of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Others than its owner may read it.
    #[error("the key file {path} has mode {mode:04o}: others can read it; run chmod 600 {path}")]
    Mode {
        /// Its path.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// There is no key in it.
    #[error("the key file {path} holds no key")]
    Empty {
        /// Its path.
        path: String,
    },
    /// A line is no key.
    #[error("the key file {path}, line {line}: {reason}")]
    Line {
        /// Its path.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// No random bytes to make a key from.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl KeyRing {
    /// Reads the keys of a file: one in each line, as base64 of 32 bytes, optionally after its id.
    /// The first one seals; all of them open. Empty lines and lines that start with `#` are skipped.
    ///
    /// # Errors
    /// Where the file is missing, readable by others, or holds something else than keys.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        todo!()
    }

    /// As [`from_file`](Self::from_file), and makes the file with one new key where there is none.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), or where the file cannot be made.
    pub fn from_file_or_new(path: &Path, random: &dyn Random) -> Result<Self, KeyFileError> {
        todo!()
    }
}
