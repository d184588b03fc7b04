//! One task as the model keeps it: texts once, everything that repeats as a symbol.

use mainstem_model::{
    Date, LinkEnd, Presence, PriorityLevel, StatusCategory, Task, TaskId, TaskKind, Timestamp,
};

use crate::names::{NONE, Names, Symbol};

#[derive(Clone, PartialEq)]
pub(crate) struct TaskRow {
    pub(crate) id: TaskId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) source: Symbol,
    pub(crate) project: Symbol,
    pub(crate) scope: Symbol,
    pub(crate) status: Symbol,
    pub(crate) priority: Symbol,
    pub(crate) author: Symbol,
    pub(crate) milestone: Symbol,
    pub(crate) sprint: Symbol,
    pub(crate) kind: TaskKind,
    pub(crate) category: StatusCategory,
    pub(crate) level: PriorityLevel,
    pub(crate) presence: Presence,
    pub(crate) start_on: Option<Date>,
    pub(crate) due_on: Option<Date>,
    pub(crate) key: Box<str>,
    pub(crate) title: Box<str>,
    pub(crate) url: Option<Box<str>>,
    pub(crate) assignees: Box<[Symbol]>,
    pub(crate) labels: Box<[Symbol]>,
    pub(crate) previous_keys: Box<[Box<str>]>,
    pub(crate) parent: Option<Box<LinkEnd>>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) reopened_at: Option<Timestamp>,
    pub(crate) estimate: Option<i64>,
    pub(crate) time_spent: Option<i64>,
}

impl TaskRow {
    pub(crate) fn of(task: &Task, names: &mut Names) -> Self {
        Self {
            id: task.id,
            created_at: task.created_at,
            updated_at: task.updated_at,
            source: names.sources.intern(&task.source),
            project: names.projects.intern(&task.project),
            scope: names.scopes.intern_scope(task.source, &task.scope),
            status: names.statuses.intern(task.status.name.as_str()),
            priority: task
                .priority
                .name
                .as_deref()
                .map_or(NONE, |name| names.priorities.intern(name)),
            author: task.author.map_or(NONE, |author| names.people.intern(&author)),
            milestone: task.milestone.as_deref().map_or(NONE, |name| names.milestones.intern(name)),
            sprint: task.sprint.as_deref().map_or(NONE, |name| names.sprints.intern(name)),
            kind: task.kind,
            category: task.status.category,
            level: task.priority.level,
            presence: task.presence,
            start_on: task.start_on,
            due_on: task.due_on,
            key: task.key.as_str().into(),
            title: task.title.as_str().into(),
            url: task.url.as_deref().map(Into::into),
            assignees: distinct(task.assignees.iter().map(|id| names.people.intern(id))),
            labels: distinct(task.labels.iter().map(|label| names.labels.intern(label.as_str()))),
            previous_keys: task.previous_keys.iter().map(|key| key.as_str().into()).collect(),
            parent: task.parent.clone().map(Box::new),
            started_at: task.started_at,
            closed_at: task.closed_at,
            reopened_at: task.reopened_at,
            estimate: task.estimate_seconds,
            time_spent: task.time_spent_seconds,
        }
    }

    /// The present key, then the previous ones.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.key).chain(self.previous_keys.iter().map(|key| &**key))
    }

    /// Since when it is open, where it is.
    pub(crate) fn open_since(&self) -> Timestamp {
        self.created_at.max(self.reopened_at.unwrap_or_default())
    }

    /// Whether it can hold others up.
    pub(crate) fn is_open(&self) -> bool {
        self.category.is_open() && matches!(self.presence, Presence::Present | Presence::AccessLost)
    }

    /// Whether it can be held up.
    pub(crate) fn waits(&self) -> bool {
        self.category.is_open() && self.presence == Presence::Present
    }

    /// Whether it could be begun, were nothing in its way.
    pub(crate) fn may_begin(&self) -> bool {
        self.presence == Presence::Present
            && matches!(self.category, StatusCategory::Backlog | StatusCategory::Todo)
    }
}

/// Each symbol once, where it first stands: a list is counted by its values.
pub(crate) fn distinct(symbols: impl Iterator<Item = Symbol>) -> Box<[Symbol]> {
    let mut list = Vec::with_capacity(symbols.size_hint().0);
    for symbol in symbols {
        if !list.contains(&symbol) {
            list.push(symbol);
        }
    }
    list.into()
}
