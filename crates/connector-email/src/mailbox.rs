//! Where messages lie: a mailbox is folders, a folder is messages with flags. Nothing is ever written
//! to one.

pub mod imap;
pub mod maildir;
pub mod mbox;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstem_connector::ConnectorError;
use mainstem_model::Timestamp;
use tokio::sync::watch;

use crate::letter::Letter;
use crate::message::MOST_MESSAGE_BYTES;
use crate::message::header::Header;
use crate::message::identity::Identity;
use imap::{Extent, Imap, ImapError};

/// How much is read of a message that is too large to be read: its header ends before that.
const BEGINNING_BYTES: u64 = 300 * 1024;

/// A mailbox.
#[derive(Clone)]
pub enum MailStore {
    /// On this machine.
    Local(Local),
    /// On a server.
    Server(Imap),
}

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
    /// What it is known by: levels parted by `/`, the first one is `INBOX`, in the writing of the
    /// mailbox (modified UTF-7).
    pub name: Arc<str>,
    /// Where it lies: a path of this machine, or what the server calls it.
    pub path: PathBuf,
    /// What the mailbox says that it is for.
    pub role: Option<Role>,
}

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What the owner of the mailbox wrote.
    Sent,
    /// What is done.
    Archive,
    /// No conversations, or those of other folders once more.
    LeftOut,
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
    /// In a folder of a server, under this number as long as the folder's validity is this one.
    OnServer { name: Arc<str>, validity: u32, uid: u32 },
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
    /// The server.
    #[error("{host}: {error}")]
    Server { host: String, error: ImapError },
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
}

impl MailStore {
    /// The same mailbox; what is under way at a server is given up when `waiting` is closed.
    pub fn while_waiting(&self, waiting: watch::Receiver<()>) -> Self {
        match self {
            Self::Local(local) => Self::Local(local.clone()),
            Self::Server(imap) => Self::Server(imap.while_waiting(waiting)),
        }
    }

    /// Answers when a server says that something has changed.
    ///
    /// # Errors
    /// Where it cannot be listened to now.
    pub async fn listen(&self) -> Result<(), ConnectorError> {
        match self {
            Self::Local(_) => std::future::pending().await,
            Self::Server(imap) => imap.listen().await,
        }
    }

    /// Its folders, by name.
    ///
    /// # Errors
    /// Where there is no mailbox.
    pub fn folders(&self) -> Result<Vec<Folder>, Trouble> {
        match self {
            Self::Local(local) => local.folders(),
            Self::Server(imap) => imap.folders(),
        }
    }

    /// What differs where a folder whose messages have no names was written to.
    pub fn mark(&self, folder: &Folder) -> Option<mbox::Mark> {
        match self {
            Self::Local(local) => local.mark(folder),
            Self::Server(_) => None,
        }
    }

    /// The messages of a folder.
    ///
    /// # Errors
    /// Where the folder is not there, or is being written to.
    pub fn list(&self, folder: &Folder) -> Result<Vec<Entry>, Trouble> {
        match self {
            Self::Local(local) => local.list(folder),
            Self::Server(imap) => imap.list(folder),
        }
    }

    /// Says which messages will be read next, in this order: a server is asked for several together.
    pub fn expect<'e>(&self, entries: impl IntoIterator<Item = &'e Entry>) {
        if let Self::Server(imap) = self {
            imap.expect(entries.into_iter().cloned().collect());
        }
    }

    /// Reads of a message what [`Letter`] is made of; `None` where it is no longer there under this name.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read_letter(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Trouble> {
        match self {
            Self::Local(_) => self.read(entry),
            Self::Server(imap) => imap.read(entry, Extent::Start),
        }
    }

    /// Reads a message, or its beginning where it is too large; `None` where it is no longer there
    /// under this name.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Trouble> {
        match self {
            Self::Local(_) => match entry.read_file() {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Trouble::of(&entry.file(), error)),
            },
            Self::Server(imap) => imap.read(entry, Extent::Text),
        }
    }

    /// What whoever keeps the mail calls a folder.
    pub fn server_name(&self, folder: &Folder) -> String {
        match self {
            Self::Local(_) => folder.name.to_string(),
            Self::Server(imap) => imap.server_name(folder).to_owned(),
        }
    }

    /// Which of these [lasting names](Entry::lasting_name) are those of messages somewhere in the mailbox.
    ///
    /// # Errors
    /// Where it cannot be searched.
    pub fn held(&self, names: &HashSet<String>) -> Result<HashSet<String>, Trouble> {
        match self {
            // A message of an mbox has no name that lasts.
            Self::Local(Local::Mbox(_)) => Ok(HashSet::new()),
            Self::Local(local) => {
                let folders = local.folders()?;
                let entries =
                    folders.iter().flat_map(|folder| local.list(folder).unwrap_or_default());
                let held = entries.map(|entry| entry.name).filter(|name| names.contains(name));
                Ok(held.collect())
            }
            Self::Server(imap) => imap.held(names),
        }
    }
}

impl Entry {
    /// A name that goes with the message where it is moved: of a file its own; on a server, where
    /// every folder counts anew, the Message-ID.
    pub fn lasting_name(&self, letter: &Letter) -> String {
        match self.place {
            Place::OnServer { .. } => letter.message_id.clone().unwrap_or_default(),
            Place::File(_) | Place::Within { .. } => self.name.clone(),
        }
    }

    /// What makes this message the same one wherever it lies. `body` is what was read of its text.
    pub fn identity(&self, header: &Header<'_>, body: &[u8]) -> Identity {
        match self.place {
            Place::OnServer { .. } => {
                Identity::of(header, &body[..body.len().min(imap::START_BYTES)], None)
            }
            _ if self.size > MOST_MESSAGE_BYTES => Identity::of(header, &[], Some(self.size)),
            _ => Identity::of(header, body, None),
        }
    }

    /// The file that it is in.
    fn file(&self) -> PathBuf {
        match &self.place {
            Place::File(file) | Place::Within { file, .. } => file.clone(),
            Place::OnServer { .. } => PathBuf::new(),
        }
    }

    fn read_file(&self) -> io::Result<Vec<u8>> {
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
            Place::OnServer { .. } => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
