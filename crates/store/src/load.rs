//! Loading whole tables for the read model, page by page, or particular rows by id.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Tasks with an id above `after`, by id.
    pub async fn load_tasks(&self, after: Option<TaskId>, limit: u32) -> Result<Vec<Task>, StoreError> { todo!() }
    /// These tasks, in no order; those that do not exist are left out.
    pub async fn tasks_by_id(&self, ids: &[TaskId]) -> Result<Vec<Task>, StoreError> { todo!() }
    /// Current links (without an end), page by page in the order of (stated_by, id).
    pub async fn load_links(&self, after: Option<(TaskId, LinkId)>, limit: u32) -> Result<Vec<Link>, StoreError> { todo!() }
    /// Current links that these tasks state.
    pub async fn links_stated_by(&self, tasks: &[TaskId]) -> Result<Vec<Link>, StoreError> { todo!() }
    /// Everyone.
    pub async fn load_people(&self) -> Result<Vec<Person>, StoreError> { todo!() }
    /// These people.
    pub async fn people_by_id(&self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> { todo!() }
    /// Every project.
    pub async fn load_projects(&self) -> Result<Vec<Project>, StoreError> { todo!() }
    /// These projects.
    pub async fn projects_by_id(&self, ids: &[ProjectId]) -> Result<Vec<Project>, StoreError> { todo!() }
    /// Ids under which a task was once known, and the task that it is now. A `movedTo` entry in the
    /// log says that this list has grown.
    pub async fn redirects(&self) -> Result<Vec<(TaskId, TaskId)>, StoreError> { todo!() }
}
