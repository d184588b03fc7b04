//! Sources: what a person declared, and how each is doing.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Adds or changes a source. Where it changes nothing, nothing is written.
    /// With `replace` false an existing name is [`StoreError::Conflict`].
    pub async fn put_source(&self, spec: &SourceSpec, replace: bool) -> Result<Source, StoreError> { todo!() }
    /// Removes a source with everything that was read from it.
    pub async fn remove_source(&self, source: SourceId) -> Result<bool, StoreError> { todo!() }
    /// Every source, by name.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> { todo!() }
    /// Sets what the last attempt showed. Written, and logged for read models, only where it differs.
    pub async fn set_source_state(&self, source: SourceId, state: SourceState, error: Option<SourceError>) -> Result<(), StoreError> { todo!() }
    /// Asks for a pass of every scope as soon as possible.
    pub async fn request_sync(&self, source: SourceId) -> Result<(), StoreError> { todo!() }
    /// Keeps the sealed secret of a source.
    pub async fn set_secret(&self, source: SourceId, sealed: &[u8]) -> Result<(), StoreError> { todo!() }
    /// The sealed secret of a source.
    pub async fn secret(&self, source: SourceId) -> Result<Option<Vec<u8>>, StoreError> { todo!() }
}
