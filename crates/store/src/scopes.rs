//! Scopes: the units that are pulled with one cursor.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Makes the scopes of a source just these: new ones are due at once; those that are gone stop
    /// being pulled, and their tasks stay.
    pub async fn put_scopes(&self, source: SourceId, scopes: &[Scope]) -> Result<(), StoreError> { todo!() }
    /// The scopes of a source, by key.
    pub async fn scopes(&self, source: SourceId) -> Result<Vec<ScopeState>, StoreError> { todo!() }
    /// The scopes of every source, for freshness and completeness.
    pub async fn all_scopes(&self) -> Result<Vec<ScopeState>, StoreError> { todo!() }
    /// Writes down how a pass ended and when the next one is due.
    pub async fn finish_pass(&self, lease: &Lease, scope: &str, outcome: &PassOutcome) -> Result<(), StoreError> { todo!() }
}
