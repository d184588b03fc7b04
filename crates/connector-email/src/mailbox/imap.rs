//! A mailbox on a server, read over IMAP and never written to: folders are opened for reading only
//! (`EXAMINE`), and texts are fetched so that nobody counts as having read them (`BODY.PEEK`).
//!
//! What is remembered, a connection and what each folder listed last, saves asking and decides nothing.

mod address;
mod connection;
mod error;
mod folder;
mod listener;
mod response;
mod utf7;
mod value;
mod wire;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mainstem_connector::ConnectorError;
use tokio::runtime::Handle;
use tokio::sync::watch;

pub use address::Address;
pub use connection::{Account, Connection, Login};
pub use error::ImapError;
pub use folder::named;
pub use response::{Fetched, Response};
pub use utf7::decoded;

use super::{Entry, Folder, Place, Role, Trouble};
use folder::set;
pub use folder::{Mark, Seen};
pub use listener::Listener;
use response::Status;

/// How much of a message is read: the texts of a message stand before what is attached.
pub const MOST_TEXT_BYTES: usize = 512 * 1024;
/// How much of a header is read: one byte more than makes a header too long.
const MOST_HEADER_BYTES: usize = 256 * 1024 + 1;
/// How much of what follows the header is read with it, to know the message again.
pub const START_BYTES: usize = 2 * 1024;
/// How many headers one command asks for.
const HEADERS_AT_ONCE: usize = 100;
/// How many bytes of texts one command asks for, and of how many messages.
const TEXT_BYTES_AT_ONCE: u64 = 2 * 1024 * 1024;
const TEXTS_AT_ONCE: usize = 100;
/// How far ahead is looked for what can be asked for together.
const LOOKED_AHEAD: usize = 1_000;
/// How many messages are searched for together.
const SEARCHED_AT_ONCE: usize = 20;
/// How many folders a mailbox may have.
const MOST_FOLDERS: usize = 2_000;

/// What of a message is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Its header and the first [`START_BYTES`] behind it.
    Start,
    /// Its first [`MOST_TEXT_BYTES`].
    Text,
}

/// A mailbox on a server, for as long as somebody waits for what is read.
#[derive(Clone)]
pub struct Imap {
    kept: Arc<Kept>,
    /// Closed when nobody waits any more.
    waiting: Option<watch::Receiver<()>>,
}

struct Kept {
    account: Account,
    runtime: Handle,
    line: Mutex<Option<Line>>,
    seen: Mutex<HashMap<Arc<str>, Seen>>,
    /// Of each folder that was looked at what the server calls it, and what it was like.
    marks: Mutex<BTreeMap<Arc<str>, (String, Mark)>>,
    ahead: Mutex<Ahead>,
    listener: Listener,
}

/// A connection and the folder that is open on it.
struct Line {
    connection: Connection,
    /// Its name and its validity.
    open: Option<(Arc<str>, u32)>,
}

/// What is read soon, so that it can be asked for together.
#[derive(Default)]
struct Ahead {
    expected: VecDeque<Entry>,
    read: Read,
}

/// Messages that were read, by folder and name.
type Read = HashMap<(Arc<str>, String), Vec<u8>>;

impl Imap {
    /// A mailbox that was not looked at yet. Connections are made by this runtime.
    pub fn new(account: Account, runtime: Handle) -> Self {
        let listener = Listener::new(account.clone());
        Self {
            kept: Arc::new(Kept {
                account,
                runtime,
                line: Mutex::default(),
                seen: Mutex::default(),
                marks: Mutex::default(),
                ahead: Mutex::default(),
                listener,
            }),
            waiting: None,
        }
    }

    /// Whose mailbox it is.
    pub fn account(&self) -> &Account {
        &self.kept.account
    }

    /// What the server calls a folder.
    pub fn server_name<'f>(&self, folder: &'f Folder) -> &'f str {
        server_name(folder)
    }

    /// The same mailbox; what is under way is given up when `waiting` is closed.
    pub fn while_waiting(&self, waiting: watch::Receiver<()>) -> Self {
        Self { kept: Arc::clone(&self.kept), waiting: Some(waiting) }
    }

    /// Answers when something may have changed since a folder was last looked at: in the inbox (in the
    /// first folder, where the inbox is not read), and in every other one where the server tells that.
    pub async fn listen(&self) -> Result<(), ConnectorError> {
        let name = {
            let marks = lock(&self.kept.marks);
            let first = marks.get("INBOX").or_else(|| marks.values().next());
            first.map_or_else(|| "INBOX".to_owned(), |(name, _)| name.clone())
        };
        let known = |name: &str| {
            let marks = lock(&self.kept.marks);
            marks.values().find(|(known, _)| known == name).map(|(_, mark)| *mark)
        };
        let heard = self.kept.listener.listen(&name, known).await;
        heard.map_err(|error| error.told(&self.kept.account.address.host))
    }

    /// Its folders.
    pub fn folders(&self) -> Result<Vec<Folder>, Trouble> {
        let listed = self.ask(async |line| {
            let with_roles = ["SPECIAL-USE", "LIST-EXTENDED"];
            let command = match with_roles.iter().all(|capability| line.connection.can(capability))
            {
                true => "LIST \"\" \"*\" RETURN (SPECIAL-USE)",
                false => "LIST \"\" \"*\"",
            };
            line.connection.ask(command, "to list folders").await
        })?;
        let mut folders: Vec<Folder> = Vec::new();
        for response in listed {
            let Response::List(listed) = response else { continue };
            let has = |attribute: &str| listed.attributes.iter().any(|known| known == attribute);
            // One that would end the line of a command cannot be asked for.
            let named = !listed.name.is_empty() && !listed.name.contains(char::is_control);
            if has("\\noselect") || has("\\nonexistent") || !named {
                continue;
            }
            let mut key = key(&listed.name, listed.delimiter);
            if folders.iter().any(|folder| *folder.name == *key) {
                key.clone_from(&listed.name);
            }
            let views = ["\\all", "\\drafts", "\\flagged", "\\important", "\\junk", "\\trash"];
            let role = if has("\\sent") {
                Some(Role::Sent)
            } else if has("\\archive") {
                Some(Role::Archive)
            } else if views.iter().any(|view| has(view)) {
                Some(Role::LeftOut)
            } else {
                None
            };
            folders.push(Folder { name: key.into(), path: PathBuf::from(&listed.name), role });
            if folders.len() > MOST_FOLDERS {
                return Err(self.trouble(ImapError::TooMuch));
            }
        }
        folders.sort();
        let is_there = |name: &Arc<str>| folders.iter().any(|folder| folder.name == *name);
        lock(&self.kept.seen).retain(|name, _| is_there(name));
        lock(&self.kept.marks).retain(|name, _| is_there(name));
        Ok(folders)
    }

    /// The messages of a folder.
    pub fn list(&self, folder: &Folder) -> Result<Vec<Entry>, Trouble> {
        let name = server_name(folder);
        let mut all = lock(&self.kept.seen);
        let seen = all.entry(folder.name.clone()).or_default();
        self.ask(async |line| {
            line.open = None;
            seen.refresh(&mut line.connection, name).await?;
            line.open = Some((folder.name.clone(), seen.mark.validity));
            Ok(())
        })?;
        let noted = (name.to_owned(), seen.mark);
        lock(&self.kept.marks).insert(folder.name.clone(), noted);
        let validity = seen.mark.validity;
        let entry = |(uid, message): (&u32, &folder::Message)| Entry {
            folder: folder.name.clone(),
            name: format!("{validity}.{uid}"),
            place: Place::OnServer { name: name.into(), validity, uid: *uid },
            size: message.size,
            received_at: message.received_at,
            changed_at: None,
            flags: message.flags.clone(),
        };
        Ok(seen.messages.iter().map(entry).collect())
    }

    /// Says what will be read next, in this order.
    pub fn expect(&self, entries: Vec<Entry>) {
        *lock(&self.kept.ahead) = Ahead { expected: entries.into(), read: Read::new() };
    }

    /// Reads a message; `None` where it is not there any more.
    pub fn read(&self, entry: &Entry, extent: Extent) -> Result<Option<Vec<u8>>, Trouble> {
        let mut ahead = lock(&self.kept.ahead);
        let key = (entry.folder.clone(), entry.name.clone());
        if let Some(read) = ahead.read.remove(&key) {
            return Ok(Some(read));
        }
        let together = ahead.together(entry, extent);
        let read = self.fetch(&together, extent)?;
        ahead.read.extend(read);
        Ok(ahead.read.remove(&key))
    }

    /// Which of these Message-IDs are those of messages in any folder.
    pub fn held(&self, ids: &HashSet<String>) -> Result<HashSet<String>, Trouble> {
        // What a text in quotes cannot hold is in no Message-ID that a program would write.
        let is_plain =
            |id: &&String| !id.is_empty() && id.bytes().all(|byte| (33..127).contains(&byte));
        let ids: Vec<&String> = ids.iter().filter(is_plain).collect();
        let mut held = HashSet::new();
        if ids.is_empty() {
            return Ok(held);
        }
        for folder in self.folders()? {
            let name = server_name(&folder);
            for ids in ids.chunks(SEARCHED_AT_ONCE) {
                let found = self.ask(async |line| {
                    line.open(&folder.name, name).await?;
                    if line.search(&any_of(ids)).await? {
                        let mut found = Vec::new();
                        for id in ids {
                            if line.search(&any_of(&[*id])).await? {
                                found.push((*id).clone());
                            }
                        }
                        return Ok(found);
                    }
                    Ok(Vec::new())
                })?;
                held.extend(found);
            }
        }
        Ok(held)
    }

    /// Reads messages of one folder.
    fn fetch(&self, entries: &[Entry], extent: Extent) -> Result<Read, Trouble> {
        let mut uids: Vec<u32> = entries.iter().filter_map(uid).collect();
        uids.sort_unstable();
        let Some(Entry { folder, place: Place::OnServer { name, validity, .. }, .. }) =
            entries.first()
        else {
            return Ok(Read::new());
        };
        let what = match extent {
            Extent::Start => {
                format!("BODY.PEEK[HEADER]<0.{MOST_HEADER_BYTES}> BODY.PEEK[TEXT]<0.{START_BYTES}>")
            }
            Extent::Text => format!("BODY.PEEK[]<0.{MOST_TEXT_BYTES}>"),
        };
        let command = format!("UID FETCH {} ({what})", set(&uids));
        let heard = self.ask(async |line| {
            // Under another validity these numbers name other messages.
            if line.open(folder, name).await? != *validity {
                return Ok(Vec::new());
            }
            line.connection.ask(&command, "to read messages").await
        })?;
        let bytes = |fetched: &Fetched| match (extent, fetched) {
            (Extent::Start, Fetched { header: Some(header), text, .. }) => {
                Some([&header[..], text.as_deref().unwrap_or_default()].concat())
            }
            (Extent::Text, Fetched { whole: Some(whole), .. }) => Some(whole.to_vec()),
            _ => None,
        };
        let read = heard.iter().filter_map(|response| {
            let Response::Fetch(fetched) = response else { return None };
            // Who tells of messages that were not asked for is not believed.
            let uid = fetched.uid.filter(|uid| uids.binary_search(uid).is_ok())?;
            Some(((folder.clone(), format!("{validity}.{uid}")), bytes(fetched)?))
        });
        Ok(read.collect())
    }

    /// Asks something over the connection that is open, or over a new one. After an error that leaves it
    /// in doubt the connection is dropped; one that had been open may have ended for no reason that
    /// concerns us, so that is tried once more.
    fn ask<T>(
        &self,
        mut doing: impl AsyncFnMut(&mut Line) -> Result<T, ImapError>,
    ) -> Result<T, Trouble> {
        let mut held = lock(&self.kept.line);
        let asked = self.wait_for(async {
            let mut reused = held.take();
            loop {
                let may_be_stale = reused.is_some();
                let mut line = match reused.take() {
                    Some(line) => line,
                    None => Line::new(&self.kept.account).await?,
                };
                match doing(&mut line).await {
                    Err(ImapError::Closed { .. } | ImapError::Broken(_)) if may_be_stale => {}
                    // One that is refused otherwise may be refused on this connection for ever.
                    Err(error @ ImapError::NotVisible { .. }) => {
                        *held = Some(line);
                        return Err(error);
                    }
                    Err(error) => return Err(error),
                    Ok(answer) => {
                        *held = Some(line);
                        return Ok(answer);
                    }
                }
            }
        });
        asked.map_err(|error| self.trouble(error))
    }

    /// Waits on this thread, which is one that may wait, until it is done or nobody wants it any more.
    fn wait_for<T>(
        &self,
        doing: impl Future<Output = Result<T, ImapError>>,
    ) -> Result<T, ImapError> {
        let mut waiting = self.waiting.clone();
        let given_up = async move {
            match &mut waiting {
                // Nothing is ever sent: it ends with its other end.
                Some(waiting) => while waiting.changed().await.is_ok() {},
                None => std::future::pending().await,
            }
        };
        self.kept.runtime.block_on(async {
            tokio::select! {
                done = doing => done,
                () = given_up => Err(ImapError::GivenUp),
            }
        })
    }

    fn trouble(&self, error: ImapError) -> Trouble {
        Trouble::Server { host: self.kept.account.address.host.clone(), error }
    }
}

impl Line {
    async fn new(account: &Account) -> Result<Self, ImapError> {
        let mut connection = Connection::open(account).await?;
        if connection.can("QRESYNC") {
            let (done, _) = connection.try_ask("ENABLE QRESYNC").await?;
            if done.status != Status::Ok {
                connection.cannot("QRESYNC");
            }
        }
        Ok(Self { connection, open: None })
    }

    /// Opens a folder, where it is not open already. Answers its validity.
    async fn open(&mut self, folder: &Arc<str>, name: &str) -> Result<u32, ImapError> {
        if let Some((open, validity)) = &self.open
            && open == folder
        {
            return Ok(*validity);
        }
        self.open = None;
        let Mark { validity, .. } = folder::open(&mut self.connection, name).await?;
        self.open = Some((folder.clone(), validity));
        Ok(validity)
    }

    /// Whether the open folder holds what is searched for.
    async fn search(&mut self, condition: &str) -> Result<bool, ImapError> {
        let heard = self.connection.ask(&format!("UID SEARCH {condition}"), "to search").await?;
        let finds = |told: &Response| matches!(told, Response::Search(found) if !found.is_empty());
        Ok(heard.iter().any(finds))
    }
}

/// The condition that a message has one of these Message-IDs.
fn any_of(ids: &[&String]) -> String {
    let one = |id: &&String| format!("HEADER Message-ID {}", named(&format!("<{id}>")));
    let alternatives: Vec<String> = ids.iter().map(one).collect();
    // `OR` takes two conditions: all but the last one stand behind one each.
    format!("{}{}", "OR ".repeat(ids.len().saturating_sub(1)), alternatives.join(" "))
}

impl Ahead {
    /// What is asked for together with this one: what is expected next of its folder.
    fn together(&mut self, entry: &Entry, extent: Extent) -> Vec<Entry> {
        let is_it =
            |expected: &Entry| expected.name == entry.name && expected.folder == entry.folder;
        let Some(at) = self.expected.iter().position(is_it) else { return vec![entry.clone()] };
        let (most, mut budget) = match extent {
            Extent::Start => (HEADERS_AT_ONCE, u64::MAX),
            Extent::Text => (TEXTS_AT_ONCE, TEXT_BYTES_AT_ONCE),
        };
        let mut together = Vec::new();
        let mut others = Vec::new();
        for place in 0..at + LOOKED_AHEAD {
            let Some(expected) = self.expected.pop_front() else { break };
            let size = expected.size.min(MOST_TEXT_BYTES as u64);
            let is_next = place > at && expected.folder == entry.folder;
            if place == at || (is_next && together.len() < most && size <= budget) {
                budget = budget.saturating_sub(size);
                together.push(expected);
            } else {
                others.push(expected);
            }
        }
        others.into_iter().rev().for_each(|expected| self.expected.push_front(expected));
        together
    }
}

fn uid(entry: &Entry) -> Option<u32> {
    match entry.place {
        Place::OnServer { uid, .. } => Some(uid),
        _ => None,
    }
}

/// What the server calls a folder.
fn server_name(folder: &Folder) -> &str {
    folder.path.to_str().unwrap_or(&folder.name)
}

/// The name with its levels parted by `/`, otherwise as the server writes it; `INBOX` is written in
/// any case.
fn key(name: &str, delimiter: Option<char>) -> String {
    let key = match delimiter {
        Some(delimiter) if delimiter != '/' && !name.contains('/') => name.replace(delimiter, "/"),
        _ => name.to_owned(),
    };
    match key.split_once('/') {
        _ if key.eq_ignore_ascii_case("inbox") => "INBOX".to_owned(),
        Some((first, rest)) if first.eq_ignore_ascii_case("inbox") => format!("INBOX/{rest}"),
        _ => key,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_its_levels_parted_alike() {
        for (name, delimiter, expected) in [
            ("inbox", Some('.'), "INBOX"),
            ("INBOX.Work.Open", Some('.'), "INBOX/Work/Open"),
            ("Work/Open", Some('/'), "Work/Open"),
            ("a/b.c", Some('.'), "a/b.c"),
            ("Inboxes", None, "Inboxes"),
        ] {
            assert_eq!(key(name, delimiter), expected);
        }
    }
}
