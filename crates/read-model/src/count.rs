//! Counts of tasks by one or two fields.

use mainstem_model::{
    PersonId, Presence, PriorityLevel, ProjectId, SourceId, StatusCategory, TaskKind,
};

/// A field that tasks are counted by. A task counts once under each of its assignees and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupField {
    /// The tool's own status word.
    Status,
    /// The common category.
    StatusCategory,
    /// Those who are to do it.
    Assignee,
    /// Who wrote it.
    Author,
    /// Its project.
    Project,
    /// Its source.
    Source,
    /// Its kind.
    Kind,
    /// Its labels.
    Label,
    /// The common priority level.
    Priority,
    /// Its milestone.
    Milestone,
    /// Its sprint.
    Sprint,
    /// Whether the tool still shows it.
    Presence,
}

/// A value that a group shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupValue<'v> {
    /// A status word, label, milestone or sprint.
    Text(&'v str),
    /// A category.
    StatusCategory(StatusCategory),
    /// A person, whom the view shows.
    Person(PersonId),
    /// A project.
    Project(ProjectId),
    /// A source.
    Source(SourceId),
    /// A kind.
    Kind(TaskKind),
    /// A priority level.
    Priority(PriorityLevel),
    /// A presence.
    Presence(Presence),
}

/// How many tasks share these values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskCount<'v> {
    /// One value for each field asked for, in that order; `None` where tasks have none.
    pub values: Vec<Option<GroupValue<'v>>>,
    /// Tasks, never 0.
    pub count: u64,
}
