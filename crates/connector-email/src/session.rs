//! One mailbox: what each part of the contract leads to.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Address;
use mainstem_connector::{ConnectorError, Disposition, Session};
use mainstem_model::command::{Command, IdempotencyKey};
use mainstem_model::record::{
    AbsenceRecord, Batch, CensusEntry, Cursor as StoredCursor, Depth, Hint, MoveRecord, Page,
    PageToken, Progress, Scope, ScopeKey,
};
use mainstem_model::{Clock, Timestamp};
use mainstem_model::{Presence, SourceError};
use tokio::sync::watch;

use crate::cursor::{BUCKETS, Cursor, Sum, bucket};
use crate::item_mail::ItemMail;
use crate::letter::ThreadName;
use crate::locator::Locator;
use crate::mailbox::imap::decoded;
use crate::mailbox::{Entry, MailStore, Role, Trouble};
use crate::message::header::Header;
use crate::normalize::{Draft, Stale};
use crate::outbox::Outbox;
use crate::outbox::answer::Answer;
use crate::settings::EmailSettings;
use crate::signal::Kind;
use crate::snapshot::{Memory, Message, Snapshot, Thread, Unread};
use crate::thread::ThreadId;

/// How many tasks or messages fill a batch.
const BATCH_TASKS: usize = 100;
const BATCH_MESSAGES: usize = 500;
const HOUR: i64 = 60 * 60;
/// How many answers an hour go to a thread, and to a recipient.
const MOST_TO_THREAD: usize = 5;
const MOST_TO_RECIPIENT: usize = 20;
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
    outbox: Option<Outbox>,
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
    pub fn new(
        source: &str,
        mut settings: EmailSettings,
        store: MailStore,
        outbox: Option<Outbox>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        settings.name.get_or_insert_with(|| source.to_owned());
        let (memory, latest, news) = Default::default();
        Self(Arc::new(Kept { settings, store, outbox, clock, memory, latest, news }))
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

    async fn apply(
        &self,
        command: &Command,
        key: &IdempotencyKey,
    ) -> Result<Batch, ConnectorError> {
        let Command::Comment { task, body } = command;
        let Some(outbox) = &self.0.outbox else {
            return Err(ConnectorError::new(
                Disposition::GiveUp,
                "COMMAND_UNKNOWN",
                "this mailbox is read only; give `smtp = \"smtps://…\"` to answer mail from here",
            ));
        };
        let (from, key, body) = (outbox.from.clone(), key.clone(), body.clone());
        let locator = task.clone();
        let (answer, folder) =
            self.read(move |reader| reader.answer(&locator, &from, &body, &key)).await?;
        outbox.send(&folder, &answer).await?;
        let hint = Hint { external_id: None, locator: task.clone(), depth: Depth::Whole };
        // It is sent: an error would say that it was not. The next visit shows it.
        let read = self.fetch(&[hint]).await;
        Ok(read.unwrap_or_else(|error| {
            tracing::warn!(%error, "the thread of a sent message cannot be read again now");
            Batch::default()
        }))
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

/// What a folder lists: a thread, a message about an item of another tool, an automatic answer that is part
/// of no task, or a message that cannot be read.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Thread(&'a Thread),
    ItemMail(&'a ItemMail),
    AutoReply(usize),
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

    /// An answer to the last message of a thread that somebody else wrote, and where its copy goes.
    fn answer(
        &self,
        locator: &str,
        from: &Address,
        body: &str,
        key: &IdempotencyKey,
    ) -> Result<(Answer, String), ConnectorError> {
        let gone = || {
            let message = "the thread is not in the mailbox any more; nothing was sent";
            ConnectorError::new(Disposition::GiveUp, "THREAD_GONE", message)
        };
        let locator = locator.parse::<Locator>().map_err(|_| gone())?;
        let snapshot = self.look(None)?;
        let thread = became(&snapshot, locator, &mut Told::default()).ok_or_else(gone)?;
        let messages = || thread.members.iter().map(|at| &snapshot.messages[*at]);
        let settings = &snapshot.settings;
        let is_theirs =
            |message: &&Message| message.letter.kind == Kind::Person && !message.is_own(settings);
        let answered = messages().rfind(is_theirs).or_else(|| messages().next_back());
        let answered = answered.ok_or_else(gone)?;
        let raw = self.store.read_letter(&answered.entry).map_err(told)?.ok_or_else(gone)?;
        let (header, _) = Header::split(&raw).map_err(|_| gone())?;
        let answer = Answer::to(&header, from, body, key, self.kept.clock.now())?;
        let is_sent_before = messages()
            .any(|message| message.letter.message_id.as_ref() == Some(&answer.message_id));
        if !is_sent_before {
            may_send(&snapshot, thread, &answer, self.kept.clock.now())?;
        }
        let folders = self.store.folders().map_err(told)?;
        let by_role = folders.iter().find(|folder| folder.role == Some(Role::Sent));
        let folder = by_role.or_else(|| folders.iter().find(|one| settings.is_sent(&one.name)));
        let folder = folder.ok_or_else(|| {
            ConnectorError::new(
                Disposition::GiveUp,
                "NO_SENT_FOLDER",
                "the mailbox has no folder for sent mail; make one called \"Sent\", or name it in \
                 `sent_folders`",
            )
        })?;
        Ok((answer, self.store.server_name(folder)))
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

/// Sees that two programs do not answer each other for ever: so many answers an hour to a thread, and to
/// a recipient.
fn may_send(
    snapshot: &Snapshot,
    thread: &Thread,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), ConnectorError> {
    let since = now.plus_seconds(-HOUR);
    let is_recent = |message: &&Message| message.is_own(&snapshot.settings) && message.at > since;
    let times = |messages: &mut dyn Iterator<Item = &Message>| -> Vec<Timestamp> {
        messages.filter(is_recent).map(|message| message.at).collect()
    };
    let in_thread = times(&mut thread.members.iter().map(|at| &snapshot.messages[*at]));
    let to_recipients = answer.envelope.to().iter().map(|recipient| {
        let recipient = recipient.to_string().to_lowercase();
        let concerns = |message: &&Message| message.letter.people.contains(&recipient);
        (times(&mut snapshot.messages.iter().filter(concerns)), MOST_TO_RECIPIENT)
    });
    let full = std::iter::once((in_thread, MOST_TO_THREAD))
        .chain(to_recipients)
        .find(|(times, most)| times.len() >= *most);
    let Some((times, most)) = full else { return Ok(()) };
    let free_at = times.into_iter().min().unwrap_or(now).plus_seconds(HOUR);
    let wait = u64::try_from(free_at.since(now)).unwrap_or(0);
    Err(ConnectorError::new(
        Disposition::RetryAfter(Duration::from_micros(wait)),
        "TOO_MANY_ANSWERS",
        format!(
            "{most} answers went there within the last hour; this one waits until one more may go"
        ),
    ))
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
    let mut chosen: Vec<(u16, &[(ThreadId, Listed<'_>)])> = Vec::new();
    let (mut tasks, mut messages) = (0, 0);
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
                // It tells of an absence once, and nothing becomes of it.
                Listed::AutoReply(_) => now.add(*id, 1, false),
                Listed::Unread(unread) => now.add(*id, unread.entry.size, false),
            }
        }
        let known = cursor.buckets.get(&number).copied().unwrap_or_default();
        if now == known {
            continue;
        }
        chosen.push((number, held));
        for (_, of) in held {
            match of {
                Listed::Thread(thread) => {
                    tasks += 1;
                    messages += thread.members.len();
                }
                Listed::ItemMail(_) | Listed::AutoReply(_) => messages += 1,
                Listed::Unread(_) => {}
            }
        }
        lost |= known.has_lost(now);
        cursor.buckets.insert(number, now);
        if now == Sum::default() {
            cursor.buckets.remove(&number);
        }
        if tasks >= BATCH_TASKS || messages >= BATCH_MESSAGES {
            cursor.next = number + 1;
            more = cursor.next < BUCKETS;
            break;
        }
    }
    if !more {
        cursor.next = 0;
    }
    let chosen_entries = chosen.iter().flat_map(|(_, held)| held.iter()).flat_map(|(_, of)| {
        let places = match of {
            Listed::Thread(thread) => thread.members.as_slice(),
            Listed::ItemMail(mail) => std::slice::from_ref(&mail.message),
            Listed::AutoReply(at) => std::slice::from_ref(at),
            Listed::Unread(_) => &[],
        };
        places.iter().map(|at| &snapshot.messages[*at].entry)
    });
    store.expect(chosen_entries);
    let mut draft = Draft::new(snapshot, store);
    for (number, held) in chosen {
        if *scope == snapshot.item_home {
            draft.begin_group(number);
        }
        for (_, of) in held {
            match of {
                Listed::Thread(thread) => draft.add(thread)?,
                Listed::ItemMail(mail) => draft.add_item_mail(mail)?,
                Listed::AutoReply(at) => draft.add_absence(&snapshot.messages[*at])?,
                Listed::Unread(unread) => draft.put_aside(unread),
            }
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
    for mail in snapshot.item_mail.iter().filter(|_| *scope == snapshot.item_home) {
        let id = ThreadId::of(&ThreadName::Content(mail.identity));
        listed.entry(bucket(id)).or_default().push((id, Listed::ItemMail(mail)));
    }
    for at in snapshot.auto_replies.iter().filter(|_| *scope == snapshot.item_home) {
        let id = ThreadId::of(&ThreadName::Content(snapshot.messages[*at].letter.identity));
        listed.entry(bucket(id)).or_default().push((id, Listed::AutoReply(*at)));
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
