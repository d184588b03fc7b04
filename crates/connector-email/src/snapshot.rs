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

use crate::about::says_site_in_text;
use crate::item_mail::{ItemMail, item_mail, items};
use crate::letter::{Broken, Letter, ThreadName};
use crate::mailbox::mbox::Mark;
use crate::mailbox::{Entry, Flags, Folder, MailStore, Trouble};
use crate::message::header::Header;
use crate::message::identity::Identity;
use crate::message::{MOST_MESSAGE_BYTES, Unreadable};
use crate::settings::EmailSettings;
use crate::signal::Kind;
use crate::thread::{Group, Item, ThreadId, threads};

/// What every mailbox calls its first folder.
const INBOX: &str = "INBOX";
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
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The settings, with what the mailbox says of its folders.
    pub settings: EmailSettings,
    /// The folders that are read.
    pub folders: Vec<Arc<str>>,
    pub messages: Vec<Message>,
    /// In the order of their ids.
    pub threads: Vec<Thread>,
    pub unread: Vec<Unread>,
    /// Mail about items of other tools, in the order of identities.
    pub item_mail: Vec<ItemMail>,
    /// Automatic answers that are part of no task, by their places in `messages`: who wrote one may be away
    /// all the same.
    pub auto_replies: Vec<usize>,
    /// The folder that lists these two, wherever it lies, so that none seems to come and go with a
    /// folder: the first one.
    pub item_home: Arc<str>,
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
    pub fn look(
        &mut self,
        settings: &EmailSettings,
        store: &MailStore,
    ) -> Result<Snapshot, Trouble> {
        let mut folders = store.folders()?;
        folders.retain(|folder| settings.reads_folder(folder));
        let settings = settings.knowing(&folders);
        let mut read = Vec::new();
        for folder in &folders {
            self.read_folder(&settings, store, folder, &mut read)?;
        }
        let names: HashSet<&str> = folders.iter().map(|folder| &*folder.name).collect();
        self.unnamed.retain(|folder, _| names.contains(&**folder));
        let folders: Vec<Arc<str>> = folders.into_iter().map(|folder| folder.name).collect();
        let first = folders.iter().find(|folder| ***folder == *INBOX).or(folders.first()).cloned();
        let mut snapshot = assemble(settings, folders, read);
        snapshot.item_home = first.unwrap_or_default();
        Ok(snapshot)
    }

    /// Remembers of a message that it cannot be read, which showed only in its text.
    pub fn put_aside(&mut self, entry: &Entry, broken: Broken) {
        self.named.insert((entry.folder.clone(), entry.name.clone()), Err(broken));
    }

    fn read_folder(
        &mut self,
        settings: &EmailSettings,
        store: &MailStore,
        folder: &Folder,
        read: &mut Vec<Listed>,
    ) -> Result<(), Trouble> {
        let mark = store.mark(folder);
        let known = self.unnamed.get(&folder.name).filter(|(known, _)| Some(*known) == mark);
        if let Some((_, known)) = known {
            read.extend(known.iter().cloned());
            return Ok(());
        }
        let entries = store.list(folder)?;
        let key = |entry: &Entry| (folder.name.clone(), entry.name.clone());
        store.expect(entries.iter().filter(|entry| !self.named.contains_key(&key(entry))));
        let trusted = settings.trusted_server.as_deref();
        let mut listed = Vec::with_capacity(entries.len());
        for entry in entries {
            let known = self.named.get(&key(&entry)).filter(|_| mark.is_none());
            let letter = match known {
                Some(known) => Some(known.clone()),
                None => letter(store, &entry, trusted)?,
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
fn letter(
    store: &MailStore,
    entry: &Entry,
    trusted_server: Option<&str>,
) -> Result<Option<Read>, Trouble> {
    match read_letter(store, entry) {
        Ok(raw) => Ok(raw.map(|raw| Letter::read(&raw, entry, trusted_server).map(Arc::new))),
        Err(Trouble::NotVisible { reason: io::ErrorKind::PermissionDenied, .. }) => {
            let named = Identity::of(&Header::default(), entry.name.as_bytes(), None);
            let names = ThreadName::Content(named);
            Ok(Some(Err(Broken { names, reason: Unreadable::NotPermitted })))
        }
        Err(error) => Err(error),
    }
}

/// What of a message is needed to know what it is; `None` where it is not there any more.
fn read_letter(store: &MailStore, entry: &Entry) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(start) = store.read_letter(entry)? else { return Ok(None) };
    let is_cut = (start.len() as u64) < entry.size.min(MOST_MESSAGE_BYTES);
    let wants_text =
        is_cut && Header::split(&start).is_ok_and(|(header, _)| says_site_in_text(&header));
    if wants_text { store.read(entry) } else { Ok(Some(start)) }
}

impl Unread {
    /// The beginning of the message, as it came.
    pub fn raw(&self, store: &MailStore, most: usize) -> Bytes {
        let mut raw = store.read(&self.entry).ok().flatten().unwrap_or_default();
        raw.truncate(most);
        raw.into()
    }
}

/// Puts what was read together.
fn assemble(settings: EmailSettings, folders: Vec<Arc<str>>, read: Vec<Listed>) -> Snapshot {
    let mut snapshot = Snapshot {
        settings,
        folders,
        messages: Vec::new(),
        threads: Vec::new(),
        unread: Vec::new(),
        item_mail: Vec::new(),
        auto_replies: Vec::new(),
        item_home: Arc::default(),
    };
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
            // To everybody: no conversation.
            (Kind::Bulk | Kind::Notice(None), _) => {}
            // Anybody may say that an item needs somebody's attention.
            (Kind::Notice(Some(_)), _) if !letter.is_believed(&snapshot.settings) => {}
            (_, Some(known)) => snapshot.messages[*known].add_copy(entry),
            (_, None) => {
                places.insert(letter.identity, snapshot.messages.len());
                snapshot.messages.push(Message::new(entry, letter));
            }
        }
    }
    let about = items(&snapshot.messages);
    let conversation: Vec<usize> =
        (0..snapshot.messages.len()).filter(|at| about[*at].is_none()).collect();
    let in_threads = conversation.iter().map(|at| &snapshot.messages[*at]);
    let in_threads: Vec<Item<'_>> = in_threads
        .map(|message| Item {
            letter: &message.letter,
            at: message.at,
            received_at: message.received_at,
        })
        .collect();
    let mut groups = threads(&in_threads);
    for member in groups.iter_mut().flat_map(|group| &mut group.members) {
        *member = conversation[*member];
    }
    snapshot.threads = groups
        .into_iter()
        .map(|group| thread(&snapshot.settings, &snapshot.messages, group))
        .collect();
    let tasks = snapshot.threads.iter().filter(|thread| thread.is_task);
    let in_tasks: HashSet<usize> =
        tasks.flat_map(|thread| thread.members.iter().copied()).collect();
    let messages = snapshot.messages.iter().enumerate();
    snapshot.auto_replies = messages
        .filter(|(at, message)| message.letter.may_tell_of_absence() && !in_tasks.contains(at))
        .map(|(at, _)| at)
        .collect();
    snapshot.item_mail = item_mail(&snapshot.settings, &snapshot.messages, about);
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
