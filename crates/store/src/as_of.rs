//! What the store held at an earlier moment.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// For every field of a visible task that changed after `at` (by `occurred_at`): the value that it had at `at`.
    pub async fn as_of(&self, at: Timestamp, visibility: &Visibility) -> Result<Vec<FieldAsOf>, StoreError> { todo!() }
}
