//! Bulky parts, by id.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Bodies, criteria and custom fields.
    pub async fn details(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, TaskDetail>, StoreError> { todo!() }
    /// A page of each task's comments, oldest first, and how many each has in all.
    pub async fn comments(&self, tasks: &[TaskId], after: Option<CommentId>, limit: u32) -> Result<HashMap<TaskId, CommentPage>, StoreError> { todo!() }
    /// One comment.
    pub async fn comment(&self, id: CommentId) -> Result<Option<Comment>, StoreError> { todo!() }
    /// The raw payload of the last version of a task.
    pub async fn raw_payload(&self, task: TaskId) -> Result<Option<Vec<u8>>, StoreError> { todo!() }
}
