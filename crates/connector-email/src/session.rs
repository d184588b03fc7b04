//! One mailbox: what each part of the contract leads to.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mainstem_connector::{ConnectorError, Disposition, Session};
use mainstem_model::record::{
    AbsenceRecord, Batch, CensusEntry, Cursor as StoredCursor, Hint, MoveRecord, Page, PageToken,
    Progress, Scope, ScopeKey,
};
use mainstem_model::{Clock, Timestamp};
use mainstem_model::{Presence, SourceError};
use tokio::sync::watch;

use crate::cursor::{BUCKETS, Cursor, Sum, bucket};
use crate::locator::Locator;
use crate::mailbox::imap::decoded;
use crate::mailbox::{Entry, MailStore, Trouble};
use crate::normalize::{Draft, Stale};
use crate::settings::EmailSettings;
use crate::snapshot::{Memory, Snapshot, Thread, Unread};
use crate::thread::ThreadId;

/// How many tasks or comments fill a batch.
const BATCH_TASKS: usize = 100;
const BATCH_COMMENTS: usize = 500;
/// How many entries fill a page of a census.
const CENSUS_PAGE: usize = 1_000;
/// How often a mailbox that changes while it is read is looked at again.
const MOST_LOOKS: usize = 3;
/// For how long several folders that are read one after the other share one look at the mailbox: each
/// look lists every folder.
const SHARED_SECONDS: i64 = 10;

/// A mailbox that is read. What it remembers saves reading and decides nothing.
#[derive(Clone)]
pub struct EmailSession(Arc<Kept>);

struct Kept {
    settings: EmailSettings,
    store: MailStore,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    latest: Mutex<Option<Look>>,
    /// How often the mailbox has said that something changed.
    news: AtomicU64,
}

/// A look at the mailbox.
struct Look {
    snapshot: Arc<Snapshot>,
    began: Timestamp,
    /// What [`Kept::news`] was before it.
    news: u64,
    /// The folders whose passes have begun with it; it was not made for a pass where there is none.
    used: HashSet<ScopeKey>,
}

/// A mailbox that is read for somebody who waits.
struct Reader {
    kept: Arc<Kept>,
    store: MailStore,
}

impl EmailSession {
    /// A session that has read nothing yet.
    pub fn new(settings: EmailSettings, store: MailStore, clock: Arc<dyn Clock>) -> Self {
        let (memory, latest, news) = Default::default();
        Self(Arc::new(Kept { settings, store, clock, memory, latest, news }))
    }

    /// Reads on a thread where that keeps nobody waiting, until it is done or nobody waits any more.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, ConnectorError> + Send + 'static,
    ) -> Result<T, ConnectorError> {
        let (_waiting, gone) = watch::channel(());
        let reader = Reader { kept: Arc::clone(&self.0), store: self.0.store.while_waiting(gone) };
        let ended = tokio::task::spawn_blocking(move || work(&reader)).await;
        ended.unwrap_or_else(|stopped| Err(unreadable(format!("reading stopped: {stopped}"))))
    }
}

#[async_trait]
impl Session for EmailSession {
    async fn discover(&self, _page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError> {
        self.read(|reader| {
            let settings = &reader.kept.settings;
            let folders = reader.store.folders().map_err(told)?;
            let mut items: Vec<Scope> = folders
                .into_iter()
                .filter(|folder| settings.reads_folder(folder))
                .map(|folder| Scope { name: decoded(&folder.name), key: folder.name })
                .collect();
            // One that is asked for and not there is a scope that cannot be read, not none.
            for asked in settings.folders.iter().flatten() {
                if !items.iter().any(|scope| *scope.key == **asked || scope.name == *asked) {
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

    fn listens(&self) -> bool {
        matches!(self.0.store, MailStore::Server(_))
    }

    async fn listen(&self) -> Result<(), ConnectorError> {
        let heard = self.0.store.listen().await;
        self.0.news.fetch_add(1, Ordering::SeqCst);
        heard
    }
}

/// What a folder lists: a thread, or a message that cannot be read.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Thread(&'a Thread),
    Unread(&'a Unread),
}

impl Reader {
    /// The mailbox as it stands now.
    fn look(&self, scope: Option<&ScopeKey>) -> Result<Arc<Snapshot>, ConnectorError> {
        let (began, news) = (self.kept.clock.now(), self.kept.news.load(Ordering::SeqCst));
        let mut memory = self.kept.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = memory.look(&self.kept.settings, &self.store).map_err(told)?;
        let snapshot = Arc::new(snapshot);
        let used = scope.cloned().into_iter().collect();
        *self.kept.latest.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Look { snapshot: Arc::clone(&snapshot), began, news, used });
        Ok(snapshot)
    }

    /// The mailbox as it stood when it was last looked at: in the middle of a pass that is fresh
    /// enough, for the next pass finds what has changed since.
    fn latest(&self) -> Result<Arc<Snapshot>, ConnectorError> {
        let latest = self.kept.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = latest.as_ref().map(|look| Arc::clone(&look.snapshot));
        drop(latest);
        known.map_or_else(|| self.look(None), Ok)
    }

    /// The mailbox as a pass over a folder begins: a new look, or the one with which the pass over
    /// another folder has just begun.
    fn shared(&self, scope: &ScopeKey) -> Result<Arc<Snapshot>, ConnectorError> {
        let earliest = self.kept.clock.now().plus_seconds(-SHARED_SECONDS);
        let news = self.kept.news.load(Ordering::SeqCst);
        let is_fresh =
            |look: &&mut Look| look.began > earliest && look.news == news && !look.used.is_empty();
        let mut latest = self.kept.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = latest.as_mut().filter(is_fresh)
            && look.used.insert(scope.clone())
        {
            return Ok(Arc::clone(&look.snapshot));
        }
        drop(latest);
        self.look(Some(scope))
    }

    fn pull(&self, scope: &ScopeKey, cursor: &Cursor) -> Result<Batch, ConnectorError> {
        let snapshot = if cursor.next == 0 { self.shared(scope)? } else { self.latest()? };
        self.steadily(snapshot, |snapshot| {
            see(snapshot, scope)?;
            Ok(step(snapshot, &self.store, scope, cursor.clone()))
        })
    }

    /// Does something with the mailbox; where a message moved meanwhile, again with a fresh look.
    fn steadily<T>(
        &self,
        mut snapshot: Arc<Snapshot>,
        work: impl Fn(&Snapshot) -> Result<Result<T, Stale>, ConnectorError>,
    ) -> Result<T, ConnectorError> {
        let mut looks = 0;
        while looks < MOST_LOOKS {
            match work(&snapshot)? {
                Ok(done) => return Ok(done),
                Err(Stale::Moved) => looks += 1,
                Err(Stale::Failing(trouble)) => return Err(told(trouble)),
                // There are ever less of these.
                Err(Stale::Broken(broken)) => {
                    let mut memory =
                        self.kept.memory.lock().unwrap_or_else(PoisonError::into_inner);
                    broken.into_iter().for_each(|(entry, why)| memory.put_aside(&entry, why));
                }
            }
            snapshot = self.look(None)?;
        }
        Err(unreadable("it changes faster than it can be read".to_owned()))
    }

    fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        self.steadily(self.look(None)?, |snapshot| {
            let mut told = Told::default();
            let mut threads = Vec::new();
            let mut added = HashSet::new();
            for hint in hints {
                let Ok(locator) = hint.locator.parse::<Locator>() else {
                    tracing::warn!(
                        locator = hint.locator,
                        "a hint that names no thread is left out"
                    );
                    continue;
                };
                if let Some(thread) = became(snapshot, locator, &mut told)
                    && added.insert(thread.id)
                {
                    threads.push(thread);
                }
            }
            let absences = self.absences(told.gone)?;
            let mut draft = Draft::new(snapshot, &self.store);
            self.store.expect(entries(snapshot, threads.iter().copied()));
            for thread in threads {
                if let Err(stale) = draft.add(thread) {
                    return Ok(Err(stale));
                }
            }
            for unread in told.unread {
                draft.put_aside(unread);
            }
            let batch = draft.finish();
            Ok(batch.map(|batch| Batch { moves: told.moves, absences, ..batch }))
        })
    }

    /// What is left of threads of which no message is there.
    fn absences(&self, gone: Vec<Locator>) -> Result<Vec<AbsenceRecord>, ConnectorError> {
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        let names = gone.iter().map(|locator| locator.name.clone()).filter(|name| !name.is_empty());
        let held = self.store.held(&names.collect()).map_err(told)?;
        let absence = |locator: Locator| {
            let elsewhere = held.contains(&locator.name);
            let presence = if elsewhere { Presence::AccessLost } else { Presence::Deleted };
            AbsenceRecord { task: locator.thread.text().into(), presence }
        };
        Ok(gone.into_iter().map(absence).collect())
    }

    fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        let snapshot = if page.is_none() { self.look(None)? } else { self.latest()? };
        see(&snapshot, scope)?;
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
    unread: Vec<&'s Unread>,
    gone: Vec<Locator>,
}

/// Sees that a folder is there.
fn see(snapshot: &Snapshot, scope: &ScopeKey) -> Result<(), ConnectorError> {
    if snapshot.folders.contains(scope) {
        return Ok(());
    }
    Err(ConnectorError::new(
        Disposition::GiveUp,
        SourceError::SCOPE_NOT_VISIBLE,
        format!("the mailbox has no folder {scope:?}; see how it is called, and correct `folders`"),
    ))
}

/// The thread that a locator leads to now; otherwise notes what became of it.
fn became<'s>(snapshot: &'s Snapshot, locator: Locator, told: &mut Told<'s>) -> Option<&'s Thread> {
    let is_task = |thread: &&Thread| thread.is_task;
    let known = snapshot.thread(locator.thread).filter(is_task);
    if let Some(thread) = known.or_else(|| snapshot.thread_of(locator.message).filter(is_task)) {
        // Its folder may be another one now, whoever asked for it, and so may its name.
        let (from, to) = (locator.thread.text().into(), thread.id.text().into());
        told.moves.push(MoveRecord { from, to, scope: thread.home.clone() });
        return Some(thread);
    }
    let named = |unread: &&Unread| ThreadId::of(&unread.broken.names) == locator.thread;
    let unread: Vec<&Unread> = snapshot.unread.iter().filter(named).collect();
    if unread.is_empty() {
        told.gone.push(locator);
    }
    told.unread.extend(unread);
    None
}

/// The messages of threads, as their folders list them.
fn entries<'s>(
    snapshot: &'s Snapshot,
    threads: impl Iterator<Item = &'s Thread>,
) -> impl Iterator<Item = &'s Entry> {
    threads.flat_map(|thread| thread.members.iter().map(|at| &snapshot.messages[*at].entry))
}

/// One step of a pass over a folder.
fn step(
    snapshot: &Snapshot,
    store: &MailStore,
    scope: &ScopeKey,
    mut cursor: Cursor,
) -> Result<Batch, Stale> {
    let listed = listed(snapshot, scope);
    let first = cursor.buckets.is_empty() || cursor.next > 0;
    if cursor.next == 0 {
        cursor.done = 0;
    }
    let mut chosen: Vec<Listed<'_>> = Vec::new();
    let (mut tasks, mut comments) = (0, 0);
    let mut lost = false;
    let mut more = false;
    for number in cursor.next..BUCKETS {
        let held = listed.get(&number).map_or(&[][..], Vec::as_slice);
        let mut now = Sum::default();
        for (id, of) in held {
            match of {
                Listed::Thread(thread) => now.add(*id, thread.digest, true),
                Listed::Unread(unread) => now.add(*id, unread.entry.size, false),
            }
        }
        let known = cursor.buckets.get(&number).copied().unwrap_or_default();
        if now == known {
            continue;
        }
        for (_, of) in held {
            chosen.push(*of);
            if let Listed::Thread(thread) = of {
                tasks += 1;
                comments += thread.members.len();
            }
        }
        lost |= known.has_lost(now);
        cursor.buckets.insert(number, now);
        if now == Sum::default() {
            cursor.buckets.remove(&number);
        }
        if tasks >= BATCH_TASKS || comments >= BATCH_COMMENTS {
            cursor.next = number + 1;
            more = cursor.next < BUCKETS;
            break;
        }
    }
    if !more {
        cursor.next = 0;
    }
    let chosen_threads = chosen.iter().filter_map(|of| match of {
        Listed::Thread(thread) => Some(*thread),
        Listed::Unread(_) => None,
    });
    store.expect(entries(snapshot, chosen_threads));
    let mut draft = Draft::new(snapshot, store);
    for of in chosen {
        match of {
            Listed::Thread(thread) => draft.add(thread)?,
            Listed::Unread(unread) => draft.put_aside(unread),
        }
    }
    cursor.done += draft.tasks() as u64;
    let threads = listed.values().flatten().filter(|(_, of)| matches!(of, Listed::Thread(_)));
    let total = first.then(|| threads.count() as u64);
    let mut batch = draft.finish()?;
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
        Trouble::Server { host, error } => return error.told(host),
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
