//! What a view hands out: references to tasks, people, projects, sources and links, each of which
//! knows whose eyes it is seen with.

use mainstem_model::{
    Date, Evidence, LinkId, LinkKind, LinkOrigin, LinkReview, PersonId, Presence, PriorityLevel,
    ProjectId, Source, SourceId, StatusCategory, TaskId, TaskKind, Timestamp,
};
use mainstem_store::ScopeState;

use crate::view::{TaskOrdinal, View};

/// A task.
#[derive(Clone, Copy)]
pub struct TaskRef<'v> {
    view: &'v View,
    ordinal: u32,
}

/// A person.
#[derive(Clone, Copy)]
pub struct PersonRef<'v> {
    view: &'v View,
}

/// A project.
#[derive(Clone, Copy)]
pub struct ProjectRef<'v> {
    view: &'v View,
}

/// A source.
#[derive(Clone, Copy)]
pub struct SourceRef<'v> {
    view: &'v View,
}

/// An edge between two tasks that the caller may see. Edges to a task in a hidden source do not
/// exist for the caller.
#[derive(Clone, Copy)]
pub struct LinkRef<'v> {
    view: &'v View,
}

/// One end of a link.
#[derive(Clone, Copy)]
pub struct LinkEndRef<'v> {
    /// The task, where it is in the store.
    pub task: Option<TaskRef<'v>>,
    /// The task's present key; where it is not in the store, what the link calls it.
    pub key: &'v str,
}

/// How one tool knows a person.
#[derive(Clone, Copy)]
pub struct IdentityRef<'v> {
    /// The tool.
    pub source: SourceRef<'v>,
    /// The tool's own immutable id.
    pub external_id: &'v str,
    /// What people type to mention them.
    pub handle: Option<&'v str>,
}

/// How fresh a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The store shows the tool as it stood then: when the last complete pass of the task's scope
    /// began, or the tool's last change of the task, whichever is later.
    pub synced_at: Timestamp,
    /// When the tool last changed the task.
    pub source_updated_at: Timestamp,
    /// Seconds from `synced_at` to now, never negative.
    pub lag_seconds: i64,
    /// No pass has been completed, or the last one lies more than three poll intervals back.
    pub stale: bool,
}

/// What a person has to do, as far as the caller sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Workload {
    /// Present tasks that are open.
    pub open_tasks: u64,
    /// Of those, in progress.
    pub in_progress: u64,
    /// Of those, due before today (UTC).
    pub overdue: u64,
    /// Of those, held up by something open.
    pub blocked: u64,
    /// Seconds of estimates not yet spent, over the open tasks.
    pub remaining_seconds: i64,
}

#[allow(missing_docs, reason = "each is the field of mainstem_model::Task of its name")]
impl<'v> TaskRef<'v> {
    /// Names the task within this view and its clones.
    #[must_use]
    pub fn ordinal(self) -> TaskOrdinal {
        todo!()
    }
    #[must_use]
    pub fn id(self) -> TaskId {
        todo!()
    }
    #[must_use]
    pub fn key(self) -> &'v str {
        todo!()
    }
    pub fn previous_keys(self) -> impl ExactSizeIterator<Item = &'v str> {
        std::iter::empty()
    }
    #[must_use]
    pub fn kind(self) -> TaskKind {
        todo!()
    }
    #[must_use]
    pub fn title(self) -> &'v str {
        todo!()
    }
    #[must_use]
    pub fn url(self) -> Option<&'v str> {
        todo!()
    }
    #[must_use]
    pub fn status_name(self) -> &'v str {
        todo!()
    }
    #[must_use]
    pub fn status_category(self) -> StatusCategory {
        todo!()
    }
    #[must_use]
    pub fn priority_name(self) -> Option<&'v str> {
        todo!()
    }
    #[must_use]
    pub fn priority_level(self) -> PriorityLevel {
        todo!()
    }
    /// Those of the assignees whom the caller may see, in the tool's order.
    pub fn assignees(self) -> impl Iterator<Item = PersonRef<'v>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn author(self) -> Option<PersonRef<'v>> {
        todo!()
    }
    pub fn labels(self) -> impl ExactSizeIterator<Item = &'v str> {
        std::iter::empty()
    }
    #[must_use]
    pub fn milestone(self) -> Option<&'v str> {
        todo!()
    }
    #[must_use]
    pub fn sprint(self) -> Option<&'v str> {
        todo!()
    }
    #[must_use]
    pub fn start_on(self) -> Option<Date> {
        todo!()
    }
    #[must_use]
    pub fn due_on(self) -> Option<Date> {
        todo!()
    }
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        todo!()
    }
    #[must_use]
    pub fn updated_at(self) -> Timestamp {
        todo!()
    }
    #[must_use]
    pub fn started_at(self) -> Option<Timestamp> {
        todo!()
    }
    #[must_use]
    pub fn closed_at(self) -> Option<Timestamp> {
        todo!()
    }
    #[must_use]
    pub fn estimate_seconds(self) -> Option<i64> {
        todo!()
    }
    #[must_use]
    pub fn time_spent_seconds(self) -> Option<i64> {
        todo!()
    }
    #[must_use]
    pub fn presence(self) -> Presence {
        todo!()
    }
    #[must_use]
    pub fn source_id(self) -> SourceId {
        todo!()
    }
    /// `None` only in the moment before a new source's own row is known.
    #[must_use]
    pub fn source(self) -> Option<SourceRef<'v>> {
        todo!()
    }
    /// `None` only in the moment before a new project's own row is known.
    #[must_use]
    pub fn project(self) -> Option<ProjectRef<'v>> {
        todo!()
    }
    /// The task that this one is a part of, where it is in the store and visible.
    #[must_use]
    pub fn parent(self) -> Option<TaskRef<'v>> {
        todo!()
    }
    /// Its parts, by id.
    #[must_use]
    pub fn children(self) -> Vec<TaskOrdinal> {
        todo!()
    }
    /// Tasks that must finish first, by id. `open_only`: those that are open and not deleted, and
    /// the way to others leads through open ones only. `transitive`: all that can be reached, at
    /// most 10,000, this task itself never among them.
    #[must_use]
    pub fn blocked_by(self, open_only: bool, transitive: bool) -> Vec<TaskOrdinal> {
        todo!()
    }
    /// Tasks that wait for this one; as [`TaskRef::blocked_by`].
    #[must_use]
    pub fn blocks(self, open_only: bool, transitive: bool) -> Vec<TaskOrdinal> {
        todo!()
    }
    /// Its links of these kinds and origins (all where `None`), by kind, direction, other end.
    #[must_use]
    pub fn links(
        self,
        kinds: Option<&[LinkKind]>,
        origins: Option<&[LinkOrigin]>,
    ) -> Vec<LinkRef<'v>> {
        todo!()
    }
    /// Open (BACKLOG or TODO), present, and nothing open that the caller sees blocks it.
    #[must_use]
    pub fn is_ready(self) -> bool {
        todo!()
    }
    /// Open, and something open that the caller sees blocks it.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        todo!()
    }
    #[must_use]
    pub fn freshness(self, now: Timestamp) -> Freshness {
        todo!()
    }
}

#[allow(missing_docs, reason = "each is the field of mainstem_model::Person of its name")]
impl<'v> PersonRef<'v> {
    #[must_use]
    pub fn id(self) -> PersonId {
        todo!()
    }
    #[must_use]
    pub fn name(self) -> &'v str {
        todo!()
    }
    #[must_use]
    pub fn email(self) -> Option<&'v str> {
        todo!()
    }
    /// Those in visible sources.
    pub fn identities(self) -> impl Iterator<Item = IdentityRef<'v>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn workload(self, now: Timestamp) -> Workload {
        todo!()
    }
}

#[allow(missing_docs, reason = "each is the field of mainstem_model::Project of its name")]
impl<'v> ProjectRef<'v> {
    #[must_use]
    pub fn id(self) -> ProjectId {
        todo!()
    }
    #[must_use]
    pub fn key(self) -> &'v str {
        todo!()
    }
    #[must_use]
    pub fn name(self) -> &'v str {
        todo!()
    }
    #[must_use]
    pub fn url(self) -> Option<&'v str> {
        todo!()
    }
    /// `None` only in the moment before a new source's own row is known.
    #[must_use]
    pub fn source(self) -> Option<SourceRef<'v>> {
        todo!()
    }
}

impl<'v> SourceRef<'v> {
    /// The source as it is configured and doing.
    #[must_use]
    pub fn get(self) -> &'v Source {
        todo!()
    }
    /// Its scopes, by key.
    #[must_use]
    pub fn scopes(self) -> &'v [ScopeState] {
        todo!()
    }
    /// Seconds since the oldest of its scopes' last complete passes; `None` before the first.
    #[must_use]
    pub fn lag_seconds(self, now: Timestamp) -> Option<i64> {
        todo!()
    }
}

#[allow(missing_docs, reason = "each is the field of mainstem_model::Link of its name")]
impl<'v> LinkRef<'v> {
    #[must_use]
    pub fn id(self) -> LinkId {
        todo!()
    }
    #[must_use]
    pub fn kind(self) -> LinkKind {
        todo!()
    }
    #[must_use]
    pub fn origin(self) -> LinkOrigin {
        todo!()
    }
    #[must_use]
    pub fn from(self) -> LinkEndRef<'v> {
        todo!()
    }
    #[must_use]
    pub fn to(self) -> LinkEndRef<'v> {
        todo!()
    }
    /// Whether both ends are in the store, in two sources.
    #[must_use]
    pub fn cross_tool(self) -> bool {
        todo!()
    }
    #[must_use]
    pub fn confidence(self) -> f64 {
        todo!()
    }
    #[must_use]
    pub fn review(self) -> LinkReview {
        todo!()
    }
    #[must_use]
    pub fn evidence(self) -> &'v [Evidence] {
        todo!()
    }
    #[must_use]
    pub fn since(self) -> Timestamp {
        todo!()
    }
}
