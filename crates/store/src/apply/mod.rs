//! Storing a batch.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Stores a batch in one transaction: fence, upserts that an older version never wins, change
    /// log, quarantine, hints, cursor. Records that change nothing write nothing.
    ///
    /// `answered` are the hints that this batch answers; they leave the queue in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where the lease is no longer ours: nothing was written.
    pub async fn apply_batch(&self, context: &BatchContext<'_>, batch: &Batch) -> Result<Applied, StoreError> { todo!() }
}
