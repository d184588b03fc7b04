//! Leases: the right to write, held by one worker at a time.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Takes the lease `name` for `owner`, where it is free or has run out. Its fence is one higher
    /// than the last holder's.
    pub async fn acquire_lease(&self, name: &str, owner: &str, ttl: Duration) -> Result<Option<Lease>, StoreError> { todo!() }
    /// Extends a lease that is still ours; [`StoreError::Fenced`] where it is not.
    pub async fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> { todo!() }
    /// Gives a lease back.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> { todo!() }
}
