//! The filter language: the one implementation, for present rows and for rows as of a past moment.
//!
//! A filter is a tree of `And`, `Or` and `Not` over predicates on fields. Null (an absent value)
//! equals nothing: `Eq`, `In`, `Lt`, … do not match it; `Neq` and `Nin` are the exact negations of
//! `Eq` and `In`, so they do.

use mainstem_model::{
    Date, PersonId, Presence, PriorityLevel, ProjectId, SourceId, StatusCategory, TaskId, TaskKind,
    Timestamp,
};

use crate::QueryError;

/// The deepest nesting of `And`, `Or`, `Not` and the filters of related things.
pub const MAX_DEPTH: usize = 8;
/// The most predicates in one filter.
pub const MAX_PREDICATES: usize = 200;
/// The most values in one `In` or `Nin`.
pub const MAX_VALUES: usize = 1_000;

/// A boolean expression over predicates `P`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter<P> {
    /// All of them hold; of none, always.
    And(Vec<Self>),
    /// One of them holds; of none, never.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The predicate holds.
    Is(P),
}

impl<P> Filter<P> {
    /// The filter that all of `filters` make together. Nested `And`s become one, so that writing
    /// fields side by side does not count as depth.
    #[must_use]
    pub fn all(filters: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(filters.len());
        for filter in filters {
            match filter {
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::And(flat) }
    }
}

/// Compares a value that may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Comparison<T> {
    /// Equal.
    Eq(T),
    /// Not equal, or absent.
    Neq(T),
    /// One of these.
    In(Vec<T>),
    /// None of these, or absent.
    Nin(Vec<T>),
    /// Less, earlier, before in the order of the enum.
    Lt(T),
    /// Less or equal.
    Lte(T),
    /// Greater.
    Gt(T),
    /// Greater or equal.
    Gte(T),
    /// Absent (true) or present (false).
    IsNull(bool),
}

/// Compares a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TextPredicate {
    /// As a whole, case-sensitive (keys: case-insensitive), ordered by code points.
    Is(Comparison<String>),
    /// Holds this text anywhere, whatever the case.
    Contains(String),
}

/// A filter on one text.
pub type TextFilter = Filter<TextPredicate>;
/// A filter on tasks.
pub type TaskFilter = Filter<TaskPredicate>;
/// A filter on people.
pub type PersonFilter = Filter<PersonPredicate>;
/// A filter on projects.
pub type ProjectFilter = Filter<ProjectPredicate>;
/// A filter on sources.
pub type SourceFilter = Filter<SourcePredicate>;

/// How many elements of a list have to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// At least one.
    Some,
    /// Not one; holds for an empty list.
    None,
    /// All; holds for an empty list.
    Every,
}

/// A predicate on one field of a task.
///
/// Unless a filter names [`TaskPredicate::Presence`] somewhere, it is taken to ask for present
/// tasks only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TaskPredicate {
    /// Its id.
    Id(Comparison<TaskId>),
    /// Its key or one of its previous keys, case-insensitive. `Neq` and `Nin` hold where none of
    /// them is equal.
    Key(TextPredicate),
    /// Its kind.
    Kind(Comparison<TaskKind>),
    /// Its title.
    Title(TextPredicate),
    /// Its URL.
    Url(TextPredicate),
    /// The tool's own status word.
    StatusName(TextPredicate),
    /// The common category; ordered as work moves.
    StatusCategory(Comparison<StatusCategory>),
    /// The tool's own priority word.
    PriorityName(TextPredicate),
    /// The common level; ordered from URGENT to NONE.
    PriorityLevel(Comparison<PriorityLevel>),
    /// Those who are to do it.
    Assignees(Quantifier, PersonFilter),
    /// It has an author whom the filter matches.
    Author(PersonFilter),
    /// It has no author (true) or has one (false).
    AuthorIsNull(bool),
    /// Its labels.
    Labels(Quantifier, TextFilter),
    /// Its milestone.
    Milestone(TextPredicate),
    /// Its sprint.
    Sprint(TextPredicate),
    /// It has a parent in the store that the caller sees, and the parent's key (or a previous one)
    /// matches, case-insensitive.
    ParentKey(TextPredicate),
    /// The same by the parent's id.
    ParentId(Comparison<TaskId>),
    /// The caller sees no parent of it in the store (true) or sees one (false).
    ParentIsNull(bool),
    /// When work is to start.
    StartOn(Comparison<Date>),
    /// When it is due.
    DueOn(Comparison<Date>),
    /// When it came to be in the tool.
    CreatedAt(Comparison<Timestamp>),
    /// When the tool last changed it.
    UpdatedAt(Comparison<Timestamp>),
    /// When work began.
    StartedAt(Comparison<Timestamp>),
    /// When it was closed.
    ClosedAt(Comparison<Timestamp>),
    /// Original estimate in seconds.
    Estimate(Comparison<i64>),
    /// Time logged in seconds.
    TimeSpent(Comparison<i64>),
    /// Its project.
    Project(ProjectFilter),
    /// Its source.
    Source(SourceFilter),
    /// Whether the tool still shows it.
    Presence(Comparison<Presence>),
    /// Open, not started, and nothing open blocks it, as far as the caller sees.
    IsReady(bool),
    /// Something open blocks it, as far as the caller sees.
    IsBlocked(bool),
}

/// A predicate on a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonPredicate {
    /// Their id.
    Id(Comparison<PersonId>),
    /// Their name.
    Name(TextPredicate),
    /// One of their handles in the sources that the caller sees, case-insensitive. `Neq` and `Nin`
    /// hold where none of them is equal.
    Handle(TextPredicate),
    /// Their mail address, case-insensitive.
    Email(TextPredicate),
}

/// A predicate on a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProjectPredicate {
    /// Its id.
    Id(Comparison<ProjectId>),
    /// Its key, case-insensitive.
    Key(TextPredicate),
    /// Its name.
    Name(TextPredicate),
    /// Its source.
    Source(SourceFilter),
}

/// A predicate on a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourcePredicate {
    /// Its id.
    Id(Comparison<SourceId>),
    /// Its name.
    Name(TextPredicate),
    /// The kind of connector.
    Connector(TextPredicate),
}

impl<P> Filter<P> {
    /// Holds a filter to the limits of depth, predicates and values.
    ///
    /// # Errors
    /// [`QueryError::TooComplex`] names the limit.
    pub(crate) fn check(&self) -> Result<(), QueryError> {
        todo!()
    }
}
