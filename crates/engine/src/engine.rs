//! The engine: which source is worked on, and when.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mainstem_connector::{ConnectorError, Host, Registry};
use mainstem_model::random::NoRandomness;
use mainstem_model::{SourceError, SourceId, Timestamp};
use mainstem_store::{Store, StoreError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::follow::follow_continually;
use crate::listen::{Heard, Listeners};
use crate::memory::SourceMemory;
use crate::sync_once::sync_once;
use crate::visits::Visits;
use crate::{
    CredentialProvider, Event, Observer, RequestCounts, Sleeper, SyncOptions, SyncReport, metering,
};

/// How often the engine looks for work.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What an engine is made of.
pub struct EngineParts {
    /// Where everything ends up.
    pub store: Store,
    /// The kinds of tool that it knows.
    pub registry: Registry,
    /// The network, the time and the randomness that connectors and back-off use.
    pub host: Host,
    /// How it waits.
    pub sleeper: Arc<dyn Sleeper>,
    /// Where credentials come from.
    pub credentials: Arc<dyn CredentialProvider>,
    /// Who hears what happens.
    pub observer: Arc<dyn Observer>,
    /// Reads how many requests were sent so far, where they are counted.
    pub requests: Option<RequestCounter>,
    /// Limits.
    pub settings: EngineSettings,
}

/// Reads how many requests were sent so far.
pub type RequestCounter = Arc<dyn Fn() -> RequestCounts + Send + Sync>;

/// Limits of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// How many calls of connectors are under way at the same time, over all sources. Each holds at
    /// most one batch in memory; two more of the same scope may be on their way into the store.
    pub concurrent_calls: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { concurrent_calls: 8 }
    }
}

/// Keeps the store up to date with the tools. Cheap to clone; all clones share sessions and limits.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

/// What all work of an engine shares.
pub(crate) struct Shared {
    pub store: Store,
    pub registry: Registry,
    pub host: Host,
    pub sleeper: Arc<dyn Sleeper>,
    pub credentials: Arc<dyn CredentialProvider>,
    observer: Arc<dyn Observer>,
    pub requests: Option<RequestCounter>,
    /// The name under which this worker holds leases.
    pub owner: String,
    /// Bounds the calls of connectors, over all sources.
    pub permits: Arc<Semaphore>,
    /// What tools have said by themselves.
    pub heard: Heard,
    memories: Mutex<HashMap<SourceId, Arc<SourceLock>>>,
}

/// What is remembered of a source; whoever works on it holds the lock.
pub(crate) type SourceLock = tokio::sync::Mutex<SourceMemory>;

impl Engine {
    /// An engine that does nothing yet.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes for this worker's name.
    pub fn new(parts: EngineParts) -> Result<Self, NoRandomness> {
        let mut name = [0; 8];
        parts.host.random.fill(&mut name)?;
        Ok(Self(Arc::new(Shared {
            store: parts.store,
            registry: parts.registry,
            host: parts.host,
            sleeper: parts.sleeper,
            credentials: parts.credentials,
            observer: parts.observer,
            requests: parts.requests,
            owner: format!("{:016x}", u64::from_be_bytes(name)),
            permits: Arc::new(Semaphore::new(parts.settings.concurrent_calls.max(1))),
            heard: Heard::default(),
            memories: Mutex::default(),
        })))
    }

    /// Works until it is cancelled: every second it looks for sources with something due, it listens to
    /// those that say by themselves that something has changed, and it keeps the search index and the
    /// links that texts state at the newest change. On cancellation each source stops at its next
    /// batch and gives its lease back; then this returns.
    pub async fn run(&self, cancellation: CancellationToken) {
        let shared = &self.0;
        let following = tokio::spawn(follow_continually(Arc::clone(shared), cancellation.clone()));
        let mut visits = Visits::default();
        let mut listeners = Listeners::default();
        let mut store_answers = true;
        while !cancellation.is_cancelled() {
            match visits.begin_due(shared, &cancellation).await {
                Ok(sources) => {
                    listeners.tend(shared, &sources);
                    store_answers = true;
                }
                // Once for each outage, not once a second.
                Err(error) if store_answers => {
                    tracing::error!(%error, "the sources cannot be read; trying again every second");
                    store_answers = false;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = cancellation.cancelled() => {}
                () = shared.sleeper.sleep(LOOK_EVERY) => {}
                () = shared.heard.rings() => {}
            }
        }
        listeners.end().await;
        visits.end().await;
        if following.await.is_err() {
            tracing::error!(
                "following the changes has panicked; searches stay exact, but are slower, and links \
                 that texts state come with the next start"
            );
        }
    }

    /// One round of [`run`](Self::run): works on every source that has something due and returns
    /// when that is done.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn run_due(&self, cancellation: CancellationToken) -> Result<(), StoreError> {
        let mut visits = Visits::default();
        visits.begin_due(&self.0, &cancellation).await?;
        visits.end().await;
        Ok(())
    }

    /// Brings sources up to date once, whatever their schedule: one pass of every scope, then the
    /// hints until none is left. What goes wrong with a source stands in the report.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn sync_once(
        &self,
        options: &SyncOptions,
        cancellation: CancellationToken,
    ) -> Result<SyncReport, StoreError> {
        sync_once(&self.0, options, &cancellation).await
    }
}

impl Shared {
    /// Tells of something that happened.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        metering::count(event);
        self.observer.observe(event);
    }

    /// Tells of a failure; answers it as the store keeps it.
    pub(crate) fn tell_failed(
        &self,
        source: &str,
        scope: Option<&str>,
        error: &ConnectorError,
        next_at: Timestamp,
    ) -> SourceError {
        let error = SourceError {
            code: error.code.to_owned(),
            message: error.message.clone(),
            at: self.host.clock.now(),
        };
        self.tell(&Event::Failed { source, scope, error: &error, next_at });
        error
    }

    /// What is remembered of a source.
    pub(crate) fn memory(&self, source: SourceId) -> Arc<SourceLock> {
        Arc::clone(
            self.memories.lock().unwrap_or_else(PoisonError::into_inner).entry(source).or_default(),
        )
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("owner", &self.0.owner).finish_non_exhaustive()
    }
}
