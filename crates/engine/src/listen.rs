//! Listening: a tool that says over an open connection that something has changed makes the next visit of
//! its source come at once. Such a connection may fall silent without a word, so nothing is put off
//! because of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mainstem_connector::Session;
use mainstem_model::{Source, SourceId, SourceState};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::engine::Shared;
use crate::lease::{HeldLease, Purpose};
use crate::reaction::react;

/// How long one piece of news waits for the next, so that a tool that never ends talking is not visited
/// without end.
const GAP: Duration = Duration::from_millis(250);
/// How long a worker waits where another one listens already.
const RETRY: Duration = Duration::from_secs(60);

/// The sources of which something was heard and that were not visited since.
#[derive(Default)]
pub(crate) struct Heard {
    sources: Mutex<HashSet<SourceId>>,
    bell: Notify,
}

impl Heard {
    /// Something was heard of a source.
    fn note(&self, source: SourceId) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
        self.bell.notify_one();
    }

    /// Whether something was heard of a source.
    pub(crate) fn of(&self, source: SourceId) -> bool {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).contains(&source)
    }

    /// The same; from now on it counts as seen.
    pub(crate) fn take(&self, source: SourceId) -> bool {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).remove(&source)
    }

    /// Answers when something is heard.
    pub(crate) async fn rings(&self) {
        self.bell.notified().await;
    }
}

/// The sources that are listened to.
#[derive(Default)]
pub(crate) struct Listeners(HashMap<SourceId, Listening>);

struct Listening {
    /// The session that is listened to; another one stands for another credential or other settings.
    session: Arc<dyn Session>,
    task: JoinHandle<()>,
    _stop: DropGuard,
}

impl Listeners {
    /// Sees to it that every source that can be listened to is, by the session by which it is read, and
    /// that one that is paused, removed or without a session is not.
    pub(crate) fn tend(&mut self, shared: &Arc<Shared>, sources: &[Source]) {
        let wanted = |id: SourceId| {
            sources.iter().any(|known| known.id == id && known.state != SourceState::Paused)
        };
        self.0.retain(|id, _| wanted(*id));
        for source in sources.iter().filter(|source| wanted(source.id)) {
            let memory = shared.memory(source.id);
            // While it is visited its session may become another.
            let Ok(memory) = memory.try_lock() else { continue };
            let session = memory.session.as_ref().map(|open| Arc::clone(&open.session));
            let session = session.filter(|session| session.listens());
            let known = self.0.get(&source.id).map(|listening| &listening.session);
            match (session, known) {
                (Some(session), Some(known)) if Arc::ptr_eq(&session, known) => {}
                (Some(session), _) => {
                    self.0.insert(source.id, Listening::begin(shared, source, session));
                }
                (None, _) => {
                    self.0.remove(&source.id);
                }
            }
        }
    }

    /// Stops all, and waits until they have.
    pub(crate) async fn end(self) {
        for Listening { task, _stop, .. } in self.0.into_values() {
            drop(_stop);
            // One that has panicked has said so.
            drop(task.await);
        }
    }
}

impl Listening {
    fn begin(shared: &Arc<Shared>, source: &Source, session: Arc<dyn Session>) -> Self {
        let stop = CancellationToken::new();
        let listening =
            listen(Arc::clone(shared), source.clone(), Arc::clone(&session), stop.clone());
        let task = tokio::spawn(listening);
        Self { session, task, _stop: stop.drop_guard() }
    }
}

/// Listens until it is stopped. Of several workers the one that holds the lease does: the others would
/// hear the same.
async fn listen(
    shared: Arc<Shared>,
    source: Source,
    session: Arc<dyn Session>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let lost = stop.child_token();
        match HeldLease::acquire(&shared, &source, Purpose::Listen, &lost).await {
            Ok(Some(held)) => {
                tokio::select! {
                    () = lost.cancelled() => {}
                    () = hear(&shared, &source, &*session) => {}
                }
                held.release().await;
            }
            Ok(None) => wait(&shared, RETRY, &stop).await,
            Err(error) => {
                tracing::debug!(source = source.name, %error, "no lease to listen");
                wait(&shared, RETRY, &stop).await;
            }
        }
    }
}

async fn hear(shared: &Shared, source: &Source, session: &dyn Session) {
    let mut failures = 0;
    loop {
        let wait = match session.listen().await {
            Ok(()) => {
                failures = 0;
                shared.heard.note(source.id);
                GAP
            }
            Err(error) => {
                // Once for each outage.
                if failures == 0 {
                    tracing::warn!(source = source.name, %error, "not listening; it is polled as before");
                }
                let now = shared.host.clock.now();
                let reaction = react(&error, failures, now, shared.host.random.as_ref());
                failures = failures.saturating_add(1);
                let micros = reaction.until.since(now);
                Duration::from_micros(u64::try_from(micros).unwrap_or_default())
            }
        };
        shared.sleeper.sleep(wait).await;
    }
}

async fn wait(shared: &Shared, duration: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = shared.sleeper.sleep(duration) => {}
    }
}
