//! A view: one immutable snapshot, seen with one caller's eyes. There is no other way to read.

use std::sync::Arc;

use mainstem_model::{PersonId, Position, ProjectId, SourceId, TaskId, Timestamp, Visibility};
use mainstem_store::FieldAsOf;

use crate::QueryError;
use crate::count::{GroupField, TaskCount};
use crate::filter::{PersonFilter, ProjectFilter, SourceFilter, TaskFilter};
use crate::order::TaskOrder;
use crate::page::{Page, PageRequest};
use crate::refs::{PersonRef, ProjectRef, SourceRef, TaskRef};

/// A snapshot seen with one caller's eyes. Cheap to clone; a query takes one for its whole life.
#[derive(Clone)]
pub struct View(Arc<Inner>);

struct Inner {}

/// Names a task within one view and its clones: what an owned resolver object keeps beside the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskOrdinal(pub(crate) u32);

/// A list of tasks.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// Which tasks; present ones only unless it names presence.
    pub filter: Option<TaskFilter>,
    /// Only these tasks, such as those that a search found, best first.
    pub among: Option<Vec<TaskId>>,
    /// In which order; where empty, that of `among`, else the newest update first.
    pub order: Vec<TaskOrder>,
    /// Which page.
    pub page: PageRequest,
}

impl View {
    /// The place in the change log that the snapshot stands at.
    #[must_use]
    pub fn position(&self) -> Position {
        todo!()
    }

    /// Grows with every published snapshot of this process, also where only sources or freshness
    /// changed: with (visibility, question) it names an answer that is exact.
    #[must_use]
    pub fn generation(&self) -> u64 {
        todo!()
    }

    /// What the caller may see.
    #[must_use]
    pub fn visibility(&self) -> &Visibility {
        todo!()
    }

    /// This view with every task as its tool had it at `at`. `undo` holds, for every field of a
    /// visible task that changed after `at`, the value it had then; fields that it does not name
    /// are as now, and so are links, people and projects. Tasks created after `at` are absent.
    #[must_use]
    pub fn as_of(&self, at: Timestamp, undo: Vec<FieldAsOf>) -> Self {
        todo!()
    }

    // Tasks.

    /// A page of tasks.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRef<'_>>, QueryError> {
        todo!()
    }

    /// A page of a list that was computed already, such as blockers or children.
    ///
    /// # Errors
    /// [`QueryError::Cursor`], [`QueryError::TooComplex`].
    pub fn page_of(
        &self,
        tasks: &[TaskOrdinal],
        order: &[TaskOrder],
        page: &PageRequest,
    ) -> Result<Page<TaskRef<'_>>, QueryError> {
        todo!()
    }

    /// The cursor of a task in a list of this order ([`TaskQuery::order`]), or in the order of
    /// `among` where that decides.
    #[must_use]
    pub fn cursor(&self, query: &TaskQuery, task: TaskRef<'_>) -> String {
        todo!()
    }

    /// Whether a task matches a filter, as a subscription asks.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn matches(&self, filter: &TaskFilter, task: TaskRef<'_>) -> Result<bool, QueryError> {
        todo!()
    }

    /// Counts by one or two fields, greatest first, then by value, absent values last.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn task_counts(
        &self,
        filter: Option<&TaskFilter>,
        by: &[GroupField],
    ) -> Result<Vec<TaskCount<'_>>, QueryError> {
        todo!()
    }

    /// The task of this id, or what it has become where it moved; in whatever presence.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<TaskRef<'_>> {
        todo!()
    }

    /// The task of this ordinal.
    #[must_use]
    pub fn task_at(&self, ordinal: TaskOrdinal) -> Option<TaskRef<'_>> {
        todo!()
    }

    /// The task that has this key now, else the one that once had it, whatever the case.
    ///
    /// # Errors
    /// [`QueryError::Ambiguous`] where several have it; `source` narrows it.
    pub fn task_by_key(
        &self,
        key: &str,
        source: Option<SourceId>,
    ) -> Result<Option<TaskRef<'_>>, QueryError> {
        todo!()
    }

    /// The task at this URL.
    ///
    /// # Errors
    /// [`QueryError::Ambiguous`] where several have it; `source` narrows it.
    pub fn task_by_url(
        &self,
        url: &str,
        source: Option<SourceId>,
    ) -> Result<Option<TaskRef<'_>>, QueryError> {
        todo!()
    }

    // People, projects, sources.

    /// A person with an identity in a visible source.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<PersonRef<'_>> {
        todo!()
    }

    /// A page of people, by name, then id.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn people(
        &self,
        filter: Option<&PersonFilter>,
        page: &PageRequest,
    ) -> Result<Page<PersonRef<'_>>, QueryError> {
        todo!()
    }

    /// The cursor of a person in [`View::people`].
    #[must_use]
    pub fn person_cursor(&self, person: PersonRef<'_>) -> String {
        todo!()
    }

    /// A project.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<ProjectRef<'_>> {
        todo!()
    }

    /// A page of projects, by key in natural order, then id.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn projects(
        &self,
        filter: Option<&ProjectFilter>,
        page: &PageRequest,
    ) -> Result<Page<ProjectRef<'_>>, QueryError> {
        todo!()
    }

    /// The cursor of a project in [`View::projects`].
    #[must_use]
    pub fn project_cursor(&self, project: ProjectRef<'_>) -> String {
        todo!()
    }

    /// A source.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<SourceRef<'_>> {
        todo!()
    }

    /// The source of this name.
    #[must_use]
    pub fn source_by_name(&self, name: &str) -> Option<SourceRef<'_>> {
        todo!()
    }

    /// A page of sources, by name.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn sources(
        &self,
        filter: Option<&SourceFilter>,
        page: &PageRequest,
    ) -> Result<Page<SourceRef<'_>>, QueryError> {
        todo!()
    }

    /// The cursor of a source in [`View::sources`].
    #[must_use]
    pub fn source_cursor(&self, source: SourceRef<'_>) -> String {
        todo!()
    }
}
