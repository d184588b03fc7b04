//! The census: ids at the source beside ids in the store.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Starts a census of a scope; a previous unfinished one is forgotten.
    pub async fn begin_census(&self, lease: &Lease, source: SourceId, scope: &str) -> Result<CensusRun, StoreError> { todo!() }
    /// Notes one page of it.
    pub async fn record_census(&self, lease: &Lease, run: &CensusRun, entries: &[CensusEntry]) -> Result<(), StoreError> { todo!() }
    /// Compares it with the store: what is missing at the source and what has another token is
    /// queued to be fetched whole. Where more than a fifth (and more than ten) of the scope's tasks
    /// are missing, none of the missing is queued and the outcome says so: that is lost access, not
    /// deletion. Tasks that came after the census began do not count as missing.
    pub async fn finish_census(&self, lease: &Lease, run: &CensusRun) -> Result<CensusOutcome, StoreError> { todo!() }
}
