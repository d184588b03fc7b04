//! One mailbox: what each part of the contract leads to.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mainstem_connector::{ConnectorError, Disposition, Session};
use mainstem_model::record::{
    AbsenceRecord, Batch, CensusEntry, Cursor as StoredCursor, Hint, MoveRecord, Page, PageToken,
    Progress, Scope, ScopeKey,
};
use mainstem_model::{Presence, SourceError};

use crate::cursor::{BUCKETS, Cursor, Sum, bucket};
use crate::item_mail::ItemMail;
use crate::letter::ThreadName;
use crate::locator::Locator;
use crate::mailbox::Trouble;
use crate::normalize::{Draft, Stale};
use crate::settings::EmailSettings;
use crate::snapshot::{Memory, Snapshot, Thread, Unread};
use crate::thread::ThreadId;

/// How many tasks or messages fill a batch.
const BATCH_TASKS: usize = 100;
const BATCH_MESSAGES: usize = 500;
/// How many entries fill a page of a census.
const CENSUS_PAGE: usize = 1_000;
/// How often a mailbox that changes while it is read is looked at again.
const MOST_LOOKS: usize = 3;

/// A mailbox that is read. What it remembers saves reading and decides nothing.
#[derive(Clone)]
pub struct EmailSession(Arc<Reader>);

struct Reader {
    settings: EmailSettings,
    memory: Mutex<Memory>,
    latest: Mutex<Option<Arc<Snapshot>>>,
}

impl EmailSession {
    /// A session that has read nothing yet.
    pub fn new(source: &str, mut settings: EmailSettings) -> Self {
        settings.name.get_or_insert_with(|| source.to_owned());
        Self(Arc::new(Reader { settings, memory: Mutex::default(), latest: Mutex::default() }))
    }

    /// Does what reads files on a thread where that keeps nobody waiting.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ConnectorError> + Send + 'static,
    ) -> Result<T, ConnectorError> {
        let reader = Arc::clone(&self.0);
        let ended = tokio::task::spawn_blocking(move || work(&reader)).await;
        ended.unwrap_or_else(|stopped| Err(unreadable(format!("reading stopped: {stopped}"))))
    }
}

#[async_trait]
impl Session for EmailSession {
    async fn discover(&self, _page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError> {
        self.read(|reader| {
            let folders = reader.settings.mailbox.folders().map_err(told)?;
            let mut items: Vec<Scope> = folders
                .into_iter()
                .filter(|folder| reader.settings.reads(&folder.name))
                .map(|folder| Scope { key: folder.name.clone(), name: folder.name.to_string() })
                .collect();
            // One that is asked for and not there is a scope that cannot be read, not none.
            for asked in reader.settings.folders.iter().flatten() {
                if !items.iter().any(|scope| *scope.key == **asked) {
                    items.push(Scope { key: asked.as_str().into(), name: asked.clone() });
                }
            }
            Ok(Page { items, next: None })
        })
        .await
    }

    async fn pull(
        &self,
        scope: &ScopeKey,
        cursor: Option<&StoredCursor>,
    ) -> Result<Batch, ConnectorError> {
        let (scope, cursor) = (scope.clone(), Cursor::read(cursor)?);
        self.read(move |reader| reader.pull(&scope, &cursor)).await
    }

    async fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        let hints = hints.to_vec();
        self.read(move |reader| reader.fetch(&hints)).await
    }

    async fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        let scope = scope.clone();
        self.read(move |reader| reader.census(&scope, page)).await
    }
}

/// What a folder lists: a thread, a message about an item of another tool, or one that cannot be read.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Thread(&'a Thread),
    ItemMail(&'a ItemMail),
    Unread(&'a Unread),
}

impl Reader {
    /// The mailbox as it stands now.
    fn look(&self) -> Result<Arc<Snapshot>, ConnectorError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = Arc::new(memory.look(&self.settings).map_err(told)?);
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The mailbox as it stood when it was last looked at: in the middle of a pass that is fresh
    /// enough, for the next pass finds what has changed since.
    fn latest(&self) -> Result<Arc<Snapshot>, ConnectorError> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        latest.map_or_else(|| self.look(), Ok)
    }

    fn pull(&self, scope: &ScopeKey, cursor: &Cursor) -> Result<Batch, ConnectorError> {
        self.see(scope)?;
        let begins = cursor.next == 0;
        self.steadily(begins, |snapshot| step(&self.settings, snapshot, scope, cursor.clone()))
    }

    /// Does something with the mailbox; where a message moved meanwhile, again with a fresh look.
    fn steadily<T>(
        &self,
        fresh: bool,
        work: impl Fn(&Snapshot) -> Result<T, Stale>,
    ) -> Result<T, ConnectorError> {
        let mut snapshot = if fresh { self.look()? } else { self.latest()? };
        for _ in 0..MOST_LOOKS {
            match work(&snapshot) {
                Ok(done) => return Ok(done),
                Err(Stale::Moved) => snapshot = self.look()?,
                Err(Stale::Failing(error)) => return Err(unreadable(error.to_string())),
            }
        }
        Err(unreadable("it changes faster than it can be read".to_owned()))
    }

    /// Sees that a folder is there.
    fn see(&self, scope: &ScopeKey) -> Result<(), ConnectorError> {
        let folders = self.settings.mailbox.folders().map_err(told)?;
        if folders.iter().any(|folder| folder.name == *scope && self.settings.reads(scope)) {
            return Ok(());
        }
        Err(ConnectorError::new(
            Disposition::GiveUp,
            SourceError::SCOPE_NOT_VISIBLE,
            format!(
                "the mailbox has no folder {scope:?}; see how it is called, and correct `folders`"
            ),
        ))
    }

    fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        self.steadily(true, |snapshot| {
            let mut draft = Draft::new(&self.settings, snapshot);
            let mut told = Told::default();
            let mut added = HashSet::new();
            for hint in hints {
                let Ok(locator) = hint.locator.parse::<Locator>() else {
                    tracing::warn!(
                        locator = hint.locator,
                        "a hint that names no thread is left out"
                    );
                    continue;
                };
                if let Some(thread) = self.became(snapshot, &locator, &mut told)
                    && added.insert(thread.id)
                {
                    draft.add(thread)?;
                }
            }
            for unread in told.unread {
                draft.put_aside(unread);
            }
            let batch = draft.finish();
            Ok(Batch { moves: told.moves, absences: told.absences, ..batch })
        })
    }

    /// The thread that a locator leads to now; otherwise notes what became of it.
    fn became<'s>(
        &self,
        snapshot: &'s Snapshot,
        locator: &Locator,
        told: &mut Told<'s>,
    ) -> Option<&'s Thread> {
        let is_task = |thread: &&Thread| thread.is_task;
        if let Some(thread) = snapshot.thread(locator.thread).filter(is_task) {
            return Some(thread);
        }
        let id = || locator.thread.text().into();
        if let Some(thread) = snapshot.thread_of(locator.message).filter(is_task) {
            let to = thread.id.text().into();
            told.moves.push(MoveRecord { from: id(), to, scope: thread.home.clone() });
            return Some(thread);
        }
        let named = |unread: &&Unread| ThreadId::of(&unread.broken.names) == locator.thread;
        let unread: Vec<&Unread> = snapshot.unread.iter().filter(named).collect();
        if unread.is_empty() {
            let names = told.names.get_or_insert_with(|| self.settings.mailbox.names());
            let elsewhere = !locator.name.is_empty() && names.contains(&locator.name);
            let presence = if elsewhere { Presence::AccessLost } else { Presence::Deleted };
            told.absences.push(AbsenceRecord { task: id(), presence });
        }
        told.unread.extend(unread);
        None
    }

    fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        self.see(scope)?;
        let snapshot = if page.is_none() { self.look()? } else { self.latest()? };
        let after = page.and_then(|PageToken(id)| ThreadId::parse(&id));
        let listed = snapshot.threads.iter().filter(|thread| {
            thread.is_task && thread.home == *scope && after.is_none_or(|after| thread.id > after)
        });
        let items: Vec<CensusEntry> = listed
            .take(CENSUS_PAGE)
            .map(|thread| CensusEntry {
                external_id: thread.id.text().into(),
                locator: Locator::of(thread.id, &snapshot.messages[thread.members[0]]).to_string(),
                token: Some(thread.token()),
            })
            .collect();
        let full = items.len() == CENSUS_PAGE;
        let next =
            items.last().filter(|_| full).map(|last| PageToken(last.external_id.to_string()));
        Ok(Page { items, next })
    }
}

/// What became of threads that are not there any more.
#[derive(Default)]
struct Told<'s> {
    moves: Vec<MoveRecord>,
    absences: Vec<AbsenceRecord>,
    unread: Vec<&'s Unread>,
    /// Of all messages of the mailbox, once they were asked for.
    names: Option<HashSet<String>>,
}

/// One step of a pass over a folder.
fn step(
    settings: &EmailSettings,
    snapshot: &Snapshot,
    scope: &ScopeKey,
    mut cursor: Cursor,
) -> Result<Batch, Stale> {
    let listed = listed(snapshot, scope);
    let first = cursor.buckets.is_empty() || cursor.next > 0;
    if cursor.next == 0 {
        cursor.done = 0;
    }
    let mut draft = Draft::new(settings, snapshot);
    let mut lost = false;
    let mut more = false;
    for number in cursor.next..BUCKETS {
        let held = listed.get(&number).map_or(&[][..], Vec::as_slice);
        let mut now = Sum::default();
        for (id, of) in held {
            match of {
                Listed::Thread(thread) => now.add(*id, thread.digest, true),
                // Those that go are missing from their group: no census is needed to find that.
                Listed::ItemMail(mail) => now.add(*id, mail.digest(), false),
                Listed::Unread(unread) => now.add(*id, unread.entry.size, false),
            }
        }
        let known = cursor.buckets.get(&number).copied().unwrap_or_default();
        if now == known {
            continue;
        }
        if *scope == snapshot.item_home {
            draft.begin_group(number);
        }
        for (_, of) in held {
            match of {
                Listed::Thread(thread) => draft.add(thread)?,
                Listed::ItemMail(mail) => draft.add_item_mail(mail)?,
                Listed::Unread(unread) => draft.put_aside(unread),
            }
        }
        lost |= known.has_lost(now);
        cursor.buckets.insert(number, now);
        if now == Sum::default() {
            cursor.buckets.remove(&number);
        }
        if draft.tasks() >= BATCH_TASKS || draft.messages() >= BATCH_MESSAGES {
            cursor.next = number + 1;
            more = cursor.next < BUCKETS;
            break;
        }
    }
    if !more {
        cursor.next = 0;
    }
    cursor.done += draft.tasks() as u64;
    let threads = listed.values().flatten().filter(|(_, of)| matches!(of, Listed::Thread(_)));
    let total = first.then(|| threads.count() as u64);
    let mut batch = draft.finish();
    batch.progress = Some(Progress { done: cursor.done, total });
    // A list of what is there names nothing that is not there any more.
    batch.wants_census = lost;
    batch.more = more;
    batch.cursor = cursor.write().ok();
    Ok(batch)
}

/// What a folder lists, by bucket, each in the order of ids.
fn listed<'s>(
    snapshot: &'s Snapshot,
    scope: &ScopeKey,
) -> BTreeMap<u16, Vec<(ThreadId, Listed<'s>)>> {
    let mut listed: BTreeMap<u16, Vec<(ThreadId, Listed<'s>)>> = BTreeMap::new();
    for thread in &snapshot.threads {
        if thread.is_task && thread.home == *scope {
            listed.entry(bucket(thread.id)).or_default().push((thread.id, Listed::Thread(thread)));
        }
    }
    for mail in snapshot.item_mail.iter().filter(|_| *scope == snapshot.item_home) {
        let id = ThreadId::of(&ThreadName::Content(mail.identity));
        listed.entry(bucket(id)).or_default().push((id, Listed::ItemMail(mail)));
    }
    for unread in &snapshot.unread {
        let id = ThreadId::of(&unread.broken.names);
        if unread.entry.folder == *scope {
            listed.entry(bucket(id)).or_default().push((id, Listed::Unread(unread)));
        }
    }
    listed
}

fn told(trouble: Trouble) -> ConnectorError {
    let (disposition, code) = match &trouble {
        Trouble::NotVisible { .. } => (Disposition::GiveUp, SourceError::SCOPE_NOT_VISIBLE),
        Trouble::Locked { .. } => (Disposition::BackOff, "MAILBOX_LOCKED"),
        Trouble::Failing { .. } => (Disposition::BackOff, "MAILBOX_UNREADABLE"),
    };
    ConnectorError::new(disposition, code, trouble.to_string())
}

fn unreadable(reason: String) -> ConnectorError {
    let message = format!("the mailbox cannot be read now: {reason}");
    ConnectorError::new(Disposition::BackOff, "MAILBOX_UNREADABLE", message)
}
