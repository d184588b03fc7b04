//! The file that keeps the keys.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mainstem_model::Random;
use zeroize::Zeroizing;

use crate::KeyRing;
use crate::format::KEY_BYTES;
use crate::key_ring::{Key, SealError};

/// Why a key file cannot be used. It never holds a part of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error(
        "the key file {path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}"
    )]
    Mode {
        /// Its path.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// There is no key in it.
    #[error(
        "the key file {path} holds no key; put one in, or remove the file to have a new one made"
    )]
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
    /// No key could be made.
    #[error(transparent)]
    Make(#[from] SealError),
}

impl KeyRing {
    /// Reads the keys of a file: one a line, as base64 of 32 bytes, optionally after its id. The
    /// first one seals, all of them open. Empty lines and lines that start with `#` are skipped.
    ///
    /// # Errors
    /// Where the file is missing, readable by others, or holds something else than keys.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        let name = || path.display().to_string();
        let failed = |source| KeyFileError::File { path: name(), source };
        refuse_readable_by_others(path)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let keys = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, text)| {
                read_key(text).map_err(|reason| KeyFileError::Line { path: name(), line, reason })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(keys).ok_or_else(|| KeyFileError::Empty { path: name() })
    }

    /// As [`from_file`](Self::from_file), and makes the file with one new key where there is none.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), or where the file cannot be made.
    pub fn from_file_or_new(path: &Path, random: &dyn Random) -> Result<Self, KeyFileError> {
        match create(path, random) {
            // Somebody was first: theirs is the key.
            Err(KeyFileError::File { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists => {}
            created => created?,
        }
        Self::from_file(path)
    }
}

/// Reads `[id] base64`. The reason for a refusal holds nothing of the line.
fn read_key(text: &str) -> Result<Key, String> {
    let (id, encoded) = match text.split_once(char::is_whitespace) {
        Some((id, encoded)) => (Some(id), encoded.trim()),
        None => (None, text),
    };
    let decoded = STANDARD.decode(encoded).map(Zeroizing::new).map_err(|_| {
        format!("this is not the base64 of a key; give {KEY_BYTES} bytes in one line, as made by: openssl rand -base64 {KEY_BYTES}")
    })?;
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    if decoded.len() != KEY_BYTES {
        return Err(format!("a key has {KEY_BYTES} bytes in one line, this has {}", decoded.len()));
    }
    bytes.copy_from_slice(&decoded);
    let key = Key::new(bytes).map_err(|error| error.to_string())?;
    match id {
        Some(id) if id != key.id_text() => {
            Err("this key does not belong to the id before it".to_owned())
        }
        _ => Ok(key),
    }
}

/// Makes the file with one key, whole or not at all: it appears under its name only when it is on disk.
fn create(path: &Path, random: &dyn Random) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::File { path: path.display().to_string(), source };
    if path.exists() {
        return Ok(());
    }
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    random.fill(bytes.as_mut()).map_err(SealError::from)?;
    let encoded = Zeroizing::new(STANDARD.encode(bytes.as_ref()));
    let id = Key::new(bytes)?.id_text();
    let line = Zeroizing::new(format!("{id} {}\n", encoded.as_str()));
    let draft = path.with_added_extension(format!("{id}.new"));
    let written = (|| {
        let mut file = options().open(&draft)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        // Unlike a rename, a link never replaces a key that somebody else has just made.
        fs::hard_link(&draft, path)
    })();
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(failed)
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let name = || path.display().to_string();
    let metadata =
        fs::metadata(path).map_err(|source| KeyFileError::File { path: name(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::Mode { path: name(), mode }) }
}

/// Elsewhere the permissions of the folder decide; there are no mode bits to look at.
#[cfg(not(unix))]
fn refuse_readable_by_others(_path: &Path) -> Result<(), KeyFileError> {
    Ok(())
}
