//! A mailbox as it stands at one moment: its messages, each once, in their threads.
//!
//! It is made anew from a listing each time, and remembers the headers that it has read, because the
//! bytes of a message never change. So nothing that decides is kept between two readings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use mainstem_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::letter::{Broken, Letter, ThreadName};
use crate::mailbox::mbox::Mark;
use crate::mailbox::{Entry, Flags, Folder, Trouble};
use crate::message::Unreadable;
use crate::message::header::Header;
use crate::message::identity::Identity;
use crate::settings::EmailSettings;
use crate::signal::Kind;
use crate::thread::{Group, Item, ThreadId, threads};

/// How far a sender's clock may go ahead.
const CLOCK_AHEAD_SECONDS: i64 = 24 * 60 * 60;

/// A message of the mailbox, with all that its copies say.
#[derive(Debug, Clone)]
pub struct Message {
    pub letter: Arc<Letter>,
    /// The copy that came first.
    pub entry: Entry,
    /// The folders of all copies.
    pub folders: Vec<Arc<str>>,
    pub flags: Flags,
    /// When it was written, as far as that can be believed.
    pub at: Timestamp,
    pub received_at: Timestamp,
}

/// A thread.
#[derive(Debug, Clone)]
pub struct Thread {
    pub id: ThreadId,
    /// The folder that it is listed in.
    pub home: Arc<str>,
    /// Places in [`Snapshot::messages`], in the order in which they were written.
    pub members: Vec<usize>,
    /// Differs where anything about the thread does.
    pub digest: u64,
    /// Whether it holds a message that may begin a task.
    pub is_task: bool,
}

impl Thread {
    /// What a census says of it while nothing has changed.
    pub fn token(&self) -> String {
        format!("{:016x}", self.digest)
    }
}

/// A message that cannot be read.
#[derive(Debug, Clone)]
pub struct Unread {
    pub broken: Broken,
    pub entry: Entry,
}

/// The mailbox at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub messages: Vec<Message>,
    /// In the order of their ids.
    pub threads: Vec<Thread>,
    pub unread: Vec<Unread>,
}

impl Snapshot {
    /// The thread of this id.
    pub fn thread(&self, id: ThreadId) -> Option<&Thread> {
        let at = self.threads.binary_search_by_key(&id, |thread| thread.id).ok()?;
        self.threads.get(at)
    }

    /// The thread that a message is in now.
    pub fn thread_of(&self, message: Identity) -> Option<&Thread> {
        let at = self.messages.iter().position(|known| known.letter.identity == message)?;
        self.threads.iter().find(|thread| thread.members.contains(&at))
    }
}

/// The headers that were read so far.
#[derive(Debug, Default)]
pub struct Memory {
    /// By folder and name, for mailboxes that give names.
    named: HashMap<(Arc<str>, String), Read>,
    /// By folder, for those that do not: as long as the file is not written to.
    unnamed: HashMap<Arc<str>, (Mark, Vec<Listed>)>,
}

/// What reading a header gave.
type Read = Result<Arc<Letter>, Broken>;
/// A message as its folder lists it, and what reading its header gave.
type Listed = (Entry, Read);

impl Memory {
    /// Looks at a mailbox: lists its folders, and reads the headers that are new.
    ///
    /// # Errors
    /// Where a folder cannot be listed: a thread lies in several, so none can be told without all.
    pub fn look(&mut self, settings: &EmailSettings) -> Result<Snapshot, Trouble> {
        let mut folders = settings.mailbox.folders()?;
        folders.retain(|folder| settings.reads(&folder.name));
        let mut read = Vec::new();
        for folder in &folders {
            self.read_folder(settings, folder, &mut read)?;
        }
        let names: HashSet<&str> = folders.iter().map(|folder| &*folder.name).collect();
        self.unnamed.retain(|folder, _| names.contains(&**folder));
        Ok(assemble(settings, read))
    }

    fn read_folder(
        &mut self,
        settings: &EmailSettings,
        folder: &Folder,
        read: &mut Vec<Listed>,
    ) -> Result<(), Trouble> {
        let mark = settings.mailbox.mark(folder);
        let known = self.unnamed.get(&folder.name).filter(|(known, _)| Some(*known) == mark);
        if let Some((_, known)) = known {
            read.extend(known.iter().cloned());
            return Ok(());
        }
        let entries = settings.mailbox.list(folder)?;
        let trusted = settings.trusted_server.as_deref();
        let mut listed = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = (folder.name.clone(), entry.name.clone());
            let known = self.named.remove(&key).filter(|_| mark.is_none());
            let letter = match known {
                Some(known) => Some(known),
                None => letter(&entry, trusted).map_err(|error| Trouble::Failing {
                    path: folder.path.display().to_string(),
                    error,
                })?,
            };
            // What went while we looked is told by the next listing.
            listed.extend(letter.map(|letter| (entry, letter)));
        }
        match mark {
            Some(mark) => {
                self.unnamed.insert(folder.name.clone(), (mark, listed.clone()));
            }
            None => {
                // What is no longer listed is forgotten.
                self.named.retain(|(of, _), _| *of != folder.name);
                let named = listed.iter().map(|(entry, letter)| {
                    ((folder.name.clone(), entry.name.clone()), letter.clone())
                });
                self.named.extend(named);
            }
        }
        read.extend(listed);
        Ok(())
    }
}

/// Reads a message; `None` where it is not there any more.
fn letter(entry: &Entry, trusted_server: Option<&str>) -> io::Result<Option<Read>> {
    match entry.read() {
        Ok(raw) => Ok(Some(Letter::read(&raw, entry.size, trusted_server).map(Arc::new))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let named = Identity::of(&Header::default(), entry.name.as_bytes(), None);
            let names = ThreadName::Content(named);
            Ok(Some(Err(Broken { names, reason: Unreadable::NotPermitted })))
        }
        Err(error) => Err(error),
    }
}

impl Unread {
    /// The beginning of the message, as it came.
    pub fn raw(&self, most: usize) -> Bytes {
        let mut raw = self.entry.read().unwrap_or_default();
        raw.truncate(most);
        raw.into()
    }
}

/// Puts what was read together.
fn assemble(settings: &EmailSettings, read: Vec<Listed>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut places: HashMap<Identity, usize> = HashMap::new();
    let mut entries: Vec<(Entry, Arc<Letter>)> = Vec::new();
    for (entry, read) in read {
        if entry.flags.draft || entry.flags.deleted {
            continue;
        }
        match read {
            Ok(letter) => entries.push((entry, letter)),
            Err(broken) => snapshot.unread.push(Unread { broken, entry }),
        }
    }
    entries.sort_by(|(one, _), (other, _)| {
        (one.received_at, &one.folder, &one.name).cmp(&(
            other.received_at,
            &other.folder,
            &other.name,
        ))
    });
    for (entry, letter) in entries {
        match (&letter.kind, places.get(&letter.identity)) {
            // About an item of another tool, or to everybody: no conversation.
            (Kind::Notice(_) | Kind::Bulk, _) => {}
            (_, Some(known)) => snapshot.messages[*known].add_copy(entry),
            (_, None) => {
                places.insert(letter.identity, snapshot.messages.len());
                snapshot.messages.push(Message::new(entry, letter));
            }
        }
    }
    let items: Vec<Item<'_>> = snapshot
        .messages
        .iter()
        .map(|message| Item {
            letter: &message.letter,
            at: message.at,
            received_at: message.received_at,
        })
        .collect();
    let groups = threads(&items);
    snapshot.threads =
        groups.into_iter().map(|group| thread(settings, &snapshot.messages, group)).collect();
    snapshot
}

impl Message {
    fn new(entry: Entry, letter: Arc<Letter>) -> Self {
        let received_at = entry.received_at.or(letter.sent_at).unwrap_or_default();
        let latest = received_at.plus_seconds(CLOCK_AHEAD_SECONDS);
        let at = letter.sent_at.filter(|sent| sent.0 > 0 && *sent <= latest).unwrap_or(received_at);
        let (folders, flags) = (vec![entry.folder.clone()], entry.flags.clone());
        Self { letter, entry, folders, flags, at, received_at }
    }

    fn add_copy(&mut self, copy: Entry) {
        if !self.folders.contains(&copy.folder) {
            self.folders.push(copy.folder);
        }
        self.flags.seen |= copy.flags.seen;
        self.flags.answered |= copy.flags.answered;
        self.flags.flagged |= copy.flags.flagged;
        self.flags.keywords.extend(copy.flags.keywords);
        self.flags.keywords.sort();
        self.flags.keywords.dedup();
        self.entry.changed_at = self.entry.changed_at.max(copy.changed_at);
    }

    /// Whether the owner of the mailbox wrote it.
    pub fn is_own(&self, settings: &EmailSettings) -> bool {
        self.folders.iter().any(|folder| settings.is_sent(folder))
    }

    /// Whether its sender is who it says, as far as somebody has to vouch for that.
    pub fn is_vouched_for(&self, settings: &EmailSettings) -> bool {
        !settings.require_authentication || self.letter.authenticated || self.is_own(settings)
    }

    /// Whether it may begin a task, and say what becomes of one.
    pub fn may_act(&self, settings: &EmailSettings) -> bool {
        self.is_vouched_for(settings) && self.letter.kind == Kind::Person
    }
}

fn thread(settings: &EmailSettings, messages: &[Message], group: Group) -> Thread {
    let members = || group.members.iter().map(|at| &messages[*at]);
    let lies = |message: &Message| !message.is_own(settings);
    let open = members()
        .filter(|message| lies(message))
        .find_map(|message| message.folders.iter().find(|folder| !settings.is_done(folder)));
    let anywhere =
        members().filter(|message| lies(message)).find_map(|message| message.folders.first());
    let home = open.or(anywhere).or_else(|| members().find_map(|message| message.folders.first()));
    Thread {
        id: group.id,
        home: home.cloned().unwrap_or_else(|| "INBOX".into()),
        digest: digest(members()),
        is_task: members().any(|message| message.may_act(settings)),
        members: group.members,
    }
}

/// A sum of all that a thread is made from.
fn digest<'a>(members: impl Iterator<Item = &'a Message>) -> u64 {
    let mut hasher = Sha256::new();
    for message in members {
        let Flags { seen, answered, flagged, keywords, .. } = &message.flags;
        hasher.update(message.letter.identity.bytes());
        hasher.update([u8::from(*seen), u8::from(*answered), u8::from(*flagged)]);
        let folders: BTreeMap<&str, ()> =
            message.folders.iter().map(|folder| (&**folder, ())).collect();
        for text in folders.keys().copied().chain(keywords.iter().map(String::as_str)) {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
    }
    let mut start = [0; 8];
    start.copy_from_slice(&hasher.finalize()[..8]);
    u64::from_be_bytes(start)
}
