//! The queue of what should be fetched.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Adds hints to a source's queue; one that waits already is not doubled.
    pub async fn push_hints(&self, source: SourceId, scope: &str, hints: &[Hint]) -> Result<(), StoreError> { todo!() }
    /// The hints that are due, oldest first, all of one depth. Taking them counts an attempt and
    /// puts them off, in a commit of its own, so that one that kills the process is seen; after
    /// five attempts a hint is parked in quarantine.
    pub async fn take_hints(&self, lease: &Lease, source: SourceId, limit: usize) -> Result<Vec<QueuedHint>, StoreError> { todo!() }
}
