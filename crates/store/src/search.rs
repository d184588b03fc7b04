//! Full-text search.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Tasks whose key, title, labels or body hold every word of `text` (the last one as a prefix),
    /// best first, at most `limit`. Exact to the last committed change.
    pub async fn search(&self, text: &str, visibility: &Visibility, limit: u32) -> Result<Vec<TaskId>, StoreError> { todo!() }
    /// Brings the search index up to the newest change; answers how many tasks were indexed.
    pub async fn index_search(&self) -> Result<u64, StoreError> { todo!() }
}
