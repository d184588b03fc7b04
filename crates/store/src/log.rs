//! The change log: reading it, waiting for it, and the feeds that come from it.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// The newest position.
    pub async fn head(&self) -> Result<Position, StoreError> { todo!() }
    /// Entries after a position, in order, without gaps.
    pub async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Change>, StoreError> { todo!() }
    /// Waits until the log may have grown past `position`: woken by a commit in this process at
    /// once, by others within `at_most`.
    pub async fn wait_past(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> { todo!() }
    /// The public feed: entries about tasks that match, in order.
    pub async fn changes(&self, query: &ChangeQuery) -> Result<Vec<Change>, StoreError> { todo!() }
    /// The newest-first history of each of several tasks.
    pub async fn task_changes(&self, tasks: &[TaskId], query: &TaskChangeQuery) -> Result<HashMap<TaskId, Vec<Change>>, StoreError> { todo!() }
}
