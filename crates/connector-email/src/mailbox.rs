//! Where messages lie: a mailbox is folders, a folder is messages with flags. Nothing is ever written
//! to one.

pub mod maildir;
pub mod mbox;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstem_model::Timestamp;

use crate::message::MOST_MESSAGE_BYTES;

/// How much is read of a message that is too large to be read: its header ends before that.
const BEGINNING_BYTES: u64 = 300 * 1024;

/// A mailbox on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// A folder of folders, one file a message.
    Maildir(PathBuf),
    /// One file with all messages, or a folder of such files.
    Mbox(PathBuf),
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// What people call it, levels parted by `/`; the first one is `INBOX`.
    pub name: Arc<str>,
    /// Where it lies.
    pub path: PathBuf,
}

/// A message as its folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub folder: Arc<str>,
    /// The mailbox's own name of the message, which no flag changes.
    pub name: String,
    pub place: Place,
    /// In bytes.
    pub size: u64,
    /// When it came in; `None` where the mailbox does not say.
    pub received_at: Option<Timestamp>,
    /// When its flags or its folder last changed; `None` where the mailbox does not say.
    pub changed_at: Option<Timestamp>,
    pub flags: Flags,
}

/// Where the bytes of a message are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file of its own.
    File(PathBuf),
    /// In a file of many, from this byte on.
    Within { file: PathBuf, start: u64 },
}

/// What a person did with a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub seen: bool,
    pub answered: bool,
    pub flagged: bool,
    pub draft: bool,
    /// Waits to be removed.
    pub deleted: bool,
    /// In small letters, sorted.
    pub keywords: Vec<String>,
}

/// Why a mailbox cannot be listed now.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It is not there, or we may not look.
    #[error(
        "{path} cannot be read ({reason}); see that it is there and that this program may read it"
    )]
    NotVisible { path: String, reason: io::ErrorKind },
    /// A program writes to it.
    #[error(
        "{path} is locked by another program ({path}.lock is there); it is read when the lock is gone"
    )]
    Locked { path: String },
    /// The disk.
    #[error("{path} cannot be read now: {error}")]
    Failing { path: String, error: io::Error },
}

impl Trouble {
    fn of(path: &Path, error: io::Error) -> Self {
        let (path, reason) = (path.display().to_string(), error.kind());
        match reason {
            io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory => Self::NotVisible { path, reason },
            _ => Self::Failing { path, error },
        }
    }
}

impl Local {
    /// Its folders, by name.
    ///
    /// # Errors
    /// Where the mailbox is not there.
    pub fn folders(&self) -> Result<Vec<Folder>, Trouble> {
        let mut folders = match self {
            Self::Maildir(root) => maildir::folders(root)?,
            Self::Mbox(root) => mbox::folders(root)?,
        };
        folders.sort();
        folders.dedup_by(|one, other| one.name == other.name);
        Ok(folders)
    }

    /// What a folder is worth listing again for: anything else means that nothing has changed.
    /// `None` where it has to be listed to know.
    pub fn mark(&self, folder: &Folder) -> Option<mbox::Mark> {
        match self {
            Self::Maildir(_) => None,
            Self::Mbox(_) => mbox::Mark::of(&folder.path),
        }
    }

    /// The messages of a folder.
    ///
    /// # Errors
    /// Where the folder is not there, or is being written to.
    pub fn list(&self, folder: &Folder) -> Result<Vec<Entry>, Trouble> {
        match self {
            Self::Maildir(_) => maildir::list(folder),
            Self::Mbox(_) => mbox::list(folder),
        }
    }

    /// The names of all messages, also of those in folders that are not read.
    pub fn names(&self) -> HashSet<String> {
        match self {
            Self::Maildir(_) => {
                let folders = self.folders().unwrap_or_default();
                let entries =
                    folders.iter().flat_map(|folder| self.list(folder).unwrap_or_default());
                entries.map(|entry| entry.name).collect()
            }
            // Its messages have no names that last.
            Self::Mbox(_) => HashSet::new(),
        }
    }
}

impl Entry {
    /// The bytes of the message; its beginning where it is too large to be read.
    ///
    /// # Errors
    /// Where it is no longer there under this name.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let wanted = if self.size > MOST_MESSAGE_BYTES { BEGINNING_BYTES } else { self.size };
        let mut bytes = Vec::new();
        match &self.place {
            Place::File(path) => {
                File::open(path)?.take(wanted).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Place::Within { file, start } => {
                let mut file = File::open(file)?;
                file.seek(SeekFrom::Start(*start))?;
                file.take(wanted).read_to_end(&mut bytes)?;
                Ok(mbox::unescaped(bytes))
            }
        }
    }
}
