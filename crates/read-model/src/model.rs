//! The model: the newest snapshot, and the loop that keeps it exact.

use std::sync::Arc;
use std::time::Duration;

use mainstem_model::{Clock, Position, Visibility};
use mainstem_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{LoadError, View};

/// The read model of one replica.
pub struct ReadModel {}

/// The model did not reach the position in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the read model stands at position {}, not yet at {}", reached.0, wanted.0)]
pub struct Behind {
    /// Where it stands.
    pub reached: Position,
    /// Where it should stand.
    pub wanted: Position,
}

impl ReadModel {
    /// Reads the whole store, then what happened meanwhile.
    ///
    /// # Errors
    /// [`LoadError`] where the store cannot be read.
    pub async fn load(store: &Store, clock: Arc<dyn Clock>) -> Result<Self, LoadError> {
        todo!()
    }

    /// The newest snapshot, seen with these eyes.
    #[must_use]
    pub fn view(&self, visibility: &Visibility) -> View {
        todo!()
    }

    /// Where the newest snapshot stands in the change log.
    #[must_use]
    pub fn position(&self) -> Position {
        todo!()
    }

    /// The number of the newest snapshot; grows with every one that is published.
    #[must_use]
    pub fn generation(&self) -> u64 {
        todo!()
    }

    /// Waits until the model stands at `position` or past it.
    ///
    /// # Errors
    /// [`Behind`] where `timeout` passes first.
    pub async fn at_least(&self, position: Position, timeout: Duration) -> Result<(), Behind> {
        todo!()
    }

    /// Brings the model up to the store's newest change and freshness, once.
    ///
    /// # Errors
    /// [`LoadError`] where the store cannot be read; the model stays as it is.
    pub async fn catch_up(&self, store: &Store) -> Result<(), LoadError> {
        todo!()
    }

    /// Keeps the model up to date until it is cancelled. A failed read is retried with a growing
    /// pause, and logged when it begins and when it ends.
    pub async fn follow(&self, store: &Store, cancellation: CancellationToken) {
        todo!()
    }

    /// Microseconds since the model last knew itself to be up to date with the store: what readiness
    /// shows.
    #[must_use]
    pub fn behind_micros(&self) -> i64 {
        todo!()
    }
}
