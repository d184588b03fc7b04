//! The engine: which source is worked on, and when.

use std::fmt;
use std::sync::Arc;

use mainstem_connector::{Host, Registry};
use mainstem_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::{CredentialProvider, Observer, RequestCounts, Sleeper, SyncOptions, SyncReport};

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
    /// How many scopes are pulled at the same time, over all sources.
    pub concurrent_scopes: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { concurrent_scopes: 8 }
    }
}

/// Keeps the store up to date with the tools. Cheap to clone; all clones share sessions and limits.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// An engine that does nothing yet.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes for this worker's name.
    pub fn new(parts: EngineParts) -> Result<Self, mainstem_model::random::NoRandomness> {
        todo!()
    }

    /// Works until it is cancelled: every second it looks for sources with something due. On
    /// cancellation it stops at the next batch, gives its leases back and returns.
    pub async fn run(&self, cancellation: CancellationToken) {
        todo!()
    }

    /// One round of [`run`](Self::run): works on every source that has something due and returns
    /// when that is done.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn run_due(&self, cancellation: CancellationToken) -> Result<(), StoreError> {
        todo!()
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
        todo!()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}
