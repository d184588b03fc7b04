//! What a view hands out: references to tasks, people, projects, sources and links, each of which
//! knows whose eyes it is seen with.

use mainstem_model::{
    Away, Date, Identity, PersonId, Presence, PriorityLevel, Project, ProjectId, Source, SourceId,
    StatusCategory, TaskId, TaskKind, Timestamp, person,
};

use mainstem_store::ScopeState;

use crate::names::Symbol;
use crate::row::TaskRow;
use crate::snapshot::SourceRow;
use crate::view::{TaskOrdinal, View};

/// A task.
#[derive(Clone, Copy)]
pub struct TaskRef<'v> {
    pub(crate) view: &'v View,
    pub(crate) ordinal: u32,
    pub(crate) row: &'v TaskRow,
}

/// A person: those of their identities that the caller sees.
#[derive(Clone, Copy)]
pub struct PersonRef<'v> {
    pub(crate) view: &'v View,
    /// The leader, whether or not the caller sees that identity.
    pub(crate) symbol: Symbol,
    /// The first identity that the caller sees.
    pub(crate) first: &'v Identity,
}

/// A project.
#[derive(Clone, Copy)]
pub struct ProjectRef<'v> {
    pub(crate) view: &'v View,
    pub(crate) project: &'v Project,
}

/// A source.
#[derive(Clone, Copy)]
pub struct SourceRef<'v> {
    pub(crate) row: &'v SourceRow,
}

/// How one tool knows a person.
#[derive(Clone, Copy)]
pub struct IdentityRef<'v> {
    /// The tool.
    pub source: SourceRef<'v>,
    /// How it knows them.
    pub identity: &'v Identity,
}

/// How fresh a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The store shows the tool as it stood then: when the last complete pass of the task's scope
    /// began, or the tool's last change of the task, whichever is later; but not after something of which
    /// a webhook or a mail has told and that is not read yet.
    pub synced_at: Timestamp,
    /// When the tool last changed the task.
    pub source_updated_at: Timestamp,
    /// Seconds from `synced_at` to now, never negative.
    pub lag_seconds: i64,
    /// No pass has been completed, or the last one lies more than three poll intervals back, or there is
    /// something of which a webhook or a mail has told and that is not read yet.
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
        TaskOrdinal(self.ordinal)
    }

    #[must_use]
    pub fn id(self) -> TaskId {
        self.row.id
    }

    #[must_use]
    pub fn key(self) -> &'v str {
        &self.row.key
    }

    pub fn previous_keys(self) -> impl ExactSizeIterator<Item = &'v str> {
        self.row.previous_keys.iter().map(|key| &**key)
    }

    #[must_use]
    pub fn kind(self) -> TaskKind {
        self.row.kind
    }

    #[must_use]
    pub fn title(self) -> &'v str {
        &self.row.title
    }

    #[must_use]
    pub fn url(self) -> Option<&'v str> {
        self.row.url.as_deref()
    }

    #[must_use]
    pub fn status_name(self) -> &'v str {
        self.view.names().statuses.get(self.row.status).map_or("", |name| name)
    }

    #[must_use]
    pub fn status_category(self) -> StatusCategory {
        self.row.category
    }

    #[must_use]
    pub fn priority_name(self) -> Option<&'v str> {
        self.view.names().priorities.get(self.row.priority).map(|name| &**name)
    }

    #[must_use]
    pub fn priority_level(self) -> PriorityLevel {
        self.row.level
    }

    /// Those of the assignees whom the caller may see, each once, in the tool's order.
    pub fn assignees(self) -> impl Iterator<Item = PersonRef<'v>> {
        let people = self.view.snapshot().people.each_leader(&self.row.assignees);
        people.filter_map(move |symbol| self.view.person_ref(symbol))
    }

    #[must_use]
    pub fn author(self) -> Option<PersonRef<'v>> {
        self.view.person_ref(self.row.author)
    }

    pub fn labels(self) -> impl ExactSizeIterator<Item = &'v str> {
        let labels = &self.view.names().labels;
        self.row.labels.iter().map(|label| labels.get(*label).map_or("", |name| name))
    }

    #[must_use]
    pub fn milestone(self) -> Option<&'v str> {
        self.view.names().milestones.get(self.row.milestone).map(|name| &**name)
    }

    #[must_use]
    pub fn sprint(self) -> Option<&'v str> {
        self.view.names().sprints.get(self.row.sprint).map(|name| &**name)
    }

    #[must_use]
    pub fn start_on(self) -> Option<Date> {
        self.row.start_on
    }

    #[must_use]
    pub fn due_on(self) -> Option<Date> {
        self.row.due_on
    }

    #[must_use]
    pub fn created_at(self) -> Timestamp {
        self.row.created_at
    }

    #[must_use]
    pub fn updated_at(self) -> Timestamp {
        self.row.updated_at
    }

    #[must_use]
    pub fn started_at(self) -> Option<Timestamp> {
        self.row.started_at
    }

    #[must_use]
    pub fn closed_at(self) -> Option<Timestamp> {
        self.row.closed_at
    }

    #[must_use]
    pub fn estimate_seconds(self) -> Option<i64> {
        self.row.estimate
    }

    #[must_use]
    pub fn time_spent_seconds(self) -> Option<i64> {
        self.row.time_spent
    }

    #[must_use]
    pub fn presence(self) -> Presence {
        self.row.presence
    }

    #[must_use]
    pub fn source_id(self) -> SourceId {
        self.view
            .names()
            .sources
            .get(self.row.source)
            .map_or(SourceId(uuid::Uuid::nil()), |id| id.0)
    }

    /// `None` only in the moment before a new source's own row is known.
    #[must_use]
    pub fn source(self) -> Option<SourceRef<'v>> {
        self.view.source_ref(self.row.source)
    }

    /// `None` only in the moment before a new project's own row is known.
    #[must_use]
    pub fn project(self) -> Option<ProjectRef<'v>> {
        self.view.project_ref(self.row.project)
    }

    /// The task that this one is a part of, where it is in the store and visible.
    #[must_use]
    pub fn parent(self) -> Option<TaskRef<'v>> {
        self.view.task_ref(self.view.parent_of(self.row)?)
    }

    /// Its present parts, by id.
    #[must_use]
    pub fn children(self) -> Vec<TaskOrdinal> {
        let children = self.view.snapshot().children(self.ordinal);
        let present = |row: &TaskRow| row.presence == Presence::Present;
        self.by_id(children.into_iter().filter(|child| self.view.row(*child).is_some_and(present)))
    }

    pub(crate) fn by_id(self, ordinals: impl Iterator<Item = u32>) -> Vec<TaskOrdinal> {
        let seen = ordinals.filter(|ordinal| self.view.universe().contains(*ordinal));
        let mut tasks: Vec<_> = self.view.snapshot().row_ids(seen).collect();
        tasks.sort_unstable();
        tasks.into_iter().map(|(_, ordinal)| TaskOrdinal(ordinal)).collect()
    }

    /// Open (BACKLOG or TODO), present, and nothing open that the caller sees blocks it.
    #[must_use]
    pub fn is_ready(self) -> bool {
        self.view.is_ready(self.ordinal, self.row)
    }

    /// Open, present, and something open that the caller sees blocks it.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        self.view.is_blocked(self.ordinal, self.row)
    }

    /// How fresh it is at `now`.
    #[must_use]
    pub fn freshness(self, now: Timestamp) -> Freshness {
        let pass = self.view.snapshot().synced.get(self.row.scope as usize).copied().flatten();
        let updated = self.row.updated_at;
        let synced_at = pass.map_or(updated, |pass| pass.max(updated));
        let source = self.source();
        let news =
            source.and_then(|source| source.row.unread_news.get(&Some(self.row.id)).copied());
        let synced_at = news.map_or(synced_at, |told_at| told_at.min(synced_at));
        let interval = source.map_or(0, |source| source.get().poll_interval_seconds);
        let patience = i64::from(interval).saturating_mul(3_000_000);
        Freshness {
            synced_at,
            source_updated_at: updated,
            lag_seconds: (now.since(synced_at) / 1_000_000).max(0),
            stale: news.is_some() || pass.is_none_or(|pass| now.since(pass) > patience),
        }
    }
}

/// The most tasks that a walk along the graph answers with.
pub const MAX_REACHED: usize = 10_000;

impl<'v> PersonRef<'v> {
    /// The smallest id of their identities that the caller sees. Others see others, so it may differ
    /// by the caller; the id of any identity finds the person.
    #[must_use]
    pub fn id(self) -> PersonId {
        self.first.id
    }

    /// What they are called, see [`mainstem_model::person::called`].
    #[must_use]
    pub fn name(self) -> &'v str {
        person::called(self.view.identities(self.symbol)).unwrap_or_default()
    }

    /// Mail address, where a visible source shows one.
    #[must_use]
    pub fn email(self) -> Option<&'v str> {
        person::email(self.view.identities(self.symbol))
    }

    /// Those in visible sources, by id.
    pub fn identities(self) -> impl Iterator<Item = IdentityRef<'v>> {
        self.view.identities(self.symbol).filter_map(move |identity| {
            Some(IdentityRef { source: self.view.source(identity.source)?, identity })
        })
    }

    /// Their absence at `now`, as they told of it in a visible source.
    #[must_use]
    pub fn away(self, now: Timestamp) -> Option<&'v Away> {
        person::away(self.view.identities(self.symbol), now)
    }

    /// What they have to do at `now`.
    #[must_use]
    pub fn workload(self, now: Timestamp) -> Workload {
        let today = now.date();
        let mut workload = Workload::default();
        for ordinal in self.view.assigned_to(self.symbol).iter() {
            let Some(row) = self.view.row(ordinal).filter(|row| row.waits()) else { continue };
            workload.open_tasks += 1;
            workload.in_progress += u64::from(row.category == StatusCategory::InProgress);
            workload.overdue += u64::from(row.due_on.is_some_and(|due| due < today));
            workload.blocked += u64::from(self.view.is_blocked(ordinal, row));
            let left = row.estimate.map_or(0, |estimate| {
                estimate.saturating_sub(row.time_spent.unwrap_or_default()).max(0)
            });
            workload.remaining_seconds = workload.remaining_seconds.saturating_add(left);
        }
        workload
    }
}

#[allow(missing_docs, reason = "each is the field of mainstem_model::Project of its name")]
impl<'v> ProjectRef<'v> {
    #[must_use]
    pub fn id(self) -> ProjectId {
        self.project.id
    }

    #[must_use]
    pub fn key(self) -> &'v str {
        &self.project.key
    }

    #[must_use]
    pub fn name(self) -> &'v str {
        &self.project.name
    }

    #[must_use]
    pub fn url(self) -> Option<&'v str> {
        self.project.url.as_deref()
    }

    /// `None` only in the moment before a new source's own row is known.
    #[must_use]
    pub fn source(self) -> Option<SourceRef<'v>> {
        self.view.source(self.project.source)
    }
}

impl<'v> SourceRef<'v> {
    /// The source as it is configured and doing.
    #[must_use]
    pub fn get(self) -> &'v Source {
        &self.row.source
    }

    /// Its scopes, by key, without what moves with every batch: cursor, next run, failures.
    #[must_use]
    pub fn scopes(self) -> &'v [ScopeState] {
        &self.row.scopes
    }

    /// Seconds since the oldest of its scopes' last complete passes, or since the oldest news of which a
    /// webhook or a mail has told and that is not read yet; never negative, `None` before each of its
    /// scopes has been passed.
    #[must_use]
    pub fn lag_seconds(self, now: Timestamp) -> Option<i64> {
        let passes: Option<Vec<_>> = self.row.scopes.iter().map(|scope| scope.synced_at).collect();
        let news = self.row.unread_news.values().copied();
        let oldest = passes?.into_iter().min()?;
        let oldest = news.chain([oldest]).min()?;
        Some((now.since(oldest) / 1_000_000).max(0))
    }
}
