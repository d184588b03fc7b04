//! The filter language: the one implementation, for present rows and for rows as of a past moment.
//!
//! A filter is a tree of `And`, `Or` and `Not` over predicates on fields. Null (an absent value)
//! equals nothing: `Eq`, `In`, `Lt`, … do not match it; `Neq` and `Nin` are the exact negations of
//! `Eq` and `In`, so they do.

use mainstem_model::{
    Date, LinkKind, LinkOrigin, LinkReview, LinkState, PersonId, Presence, PriorityLevel,
    ProjectId, SourceId, StatusCategory, TaskId, TaskKind, Timestamp,
};

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
/// A filter on links.
pub type LinkFilter = Filter<LinkPredicate>;
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
    /// The tasks that block it, open or not, as far as the caller sees.
    BlockedBy(Quantifier, Box<TaskFilter>),
    /// The tasks that it blocks, likewise.
    Blocks(Quantifier, Box<TaskFilter>),
    /// For how much of the team's working time something has blocked it that still does; absent where
    /// nothing does.
    BlockedFor(Comparison<WorkingTime>),
    /// It has a link to a task of another source that the caller sees; one that was rejected does not
    /// count.
    CrossTool(bool),
}

/// A predicate on a link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LinkPredicate {
    /// What it says.
    Kind(Comparison<LinkKind>),
    /// Where it comes from.
    Origin(Comparison<LinkOrigin>),
    /// What a person said of it.
    Review(Comparison<LinkReview>),
    /// How it stands.
    State(Comparison<LinkState>),
    /// Since when it holds.
    Since(Comparison<Timestamp>),
    /// When it ended.
    Until(Comparison<Timestamp>),
    /// Its ends are in two sources.
    CrossTool(bool),
    /// The task that it starts from.
    From(TaskFilter),
    /// The task that it leads to.
    To(TaskFilter),
    /// One of both.
    Task(TaskFilter),
}

/// A length of working time, as people give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkingTime {
    /// Working days of the team.
    pub days: i64,
    /// Seconds.
    pub seconds: i64,
}

/// A predicate on a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonPredicate {
    /// The id of any of their identities that the caller sees.
    Id(Comparison<PersonId>),
    /// Their name.
    Name(TextPredicate),
    /// One of their handles in the sources that the caller sees, case-insensitive. `Neq` and `Nin`
    /// hold where none of them is equal.
    Handle(TextPredicate),
    /// One of their mail addresses in the sources that the caller sees; as for handles.
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

impl TaskFilter {
    /// Whether time alone changes what matches.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.any(&|predicate| match predicate {
            TaskPredicate::BlockedFor(_) => true,
            TaskPredicate::BlockedBy(_, filter) | TaskPredicate::Blocks(_, filter) => {
                filter.depends_on_time()
            }
            _ => false,
        })
    }
}

impl LinkFilter {
    /// Whether time alone changes what matches.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.any(&|predicate| match predicate {
            LinkPredicate::From(filter)
            | LinkPredicate::To(filter)
            | LinkPredicate::Task(filter) => filter.depends_on_time(),
            _ => false,
        })
    }
}

impl<P> Filter<P> {
    /// Whether it holds, given what each predicate says.
    pub(crate) fn holds(&self, says: &impl Fn(&P) -> bool) -> bool {
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.holds(says)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(says)),
            Self::Not(filter) => !filter.holds(says),
            Self::Is(predicate) => says(predicate),
        }
    }

    /// Whether any predicate in it is such.
    pub(crate) fn any(&self, such: &impl Fn(&P) -> bool) -> bool {
        match self {
            Self::And(filters) | Self::Or(filters) => filters.iter().any(|filter| filter.any(such)),
            Self::Not(filter) => filter.any(such),
            Self::Is(predicate) => such(predicate),
        }
    }

    /// The same expression over what `prepare` makes of its predicates.
    pub(crate) fn map<Q>(&self, prepare: &impl Fn(&P) -> Q) -> Filter<Q> {
        let all = |filters: &[Self]| filters.iter().map(|filter| filter.map(prepare)).collect();
        match self {
            Self::And(filters) => Filter::And(all(filters)),
            Self::Or(filters) => Filter::Or(all(filters)),
            Self::Not(filter) => Filter::Not(Box::new(filter.map(prepare))),
            Self::Is(predicate) => Filter::Is(prepare(predicate)),
        }
    }
}

impl<T> Comparison<T> {
    /// The same comparison with what `prepare` makes of its values.
    pub(crate) fn map<U>(&self, prepare: impl Fn(&T) -> U) -> Comparison<U> {
        match self {
            Self::Eq(value) => Comparison::Eq(prepare(value)),
            Self::Neq(value) => Comparison::Neq(prepare(value)),
            Self::In(values) => Comparison::In(values.iter().map(prepare).collect()),
            Self::Nin(values) => Comparison::Nin(values.iter().map(prepare).collect()),
            Self::Lt(value) => Comparison::Lt(prepare(value)),
            Self::Lte(value) => Comparison::Lte(prepare(value)),
            Self::Gt(value) => Comparison::Gt(prepare(value)),
            Self::Gte(value) => Comparison::Gte(prepare(value)),
            Self::IsNull(null) => Comparison::IsNull(*null),
        }
    }
}

impl<T: Ord + Clone> Comparison<T> {
    /// The same comparison with its list of values sorted, as [`Comparison::holds`] needs it.
    pub(crate) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        if let Self::In(values) | Self::Nin(values) = &mut sorted {
            values.sort_unstable();
        }
        sorted
    }
}

impl<T: Ord> Comparison<T> {
    /// Whether it holds for a value. Lists have to be [sorted](Comparison::sorted).
    pub(crate) fn holds<V: Ord + ?Sized>(&self, value: Option<&V>) -> bool
    where
        T: std::borrow::Borrow<V>,
    {
        let Some(value) = value else {
            return matches!(self, Self::Neq(_) | Self::Nin(_) | Self::IsNull(true));
        };
        let among = |values: &[T]| {
            values.binary_search_by(|candidate| candidate.borrow().cmp(value)).is_ok()
        };
        match self {
            Self::Eq(wanted) => value == wanted.borrow(),
            Self::Neq(wanted) => value != wanted.borrow(),
            Self::In(wanted) => among(wanted),
            Self::Nin(wanted) => !among(wanted),
            Self::Lt(bound) => value < bound.borrow(),
            Self::Lte(bound) => value <= bound.borrow(),
            Self::Gt(bound) => value > bound.borrow(),
            Self::Gte(bound) => value >= bound.borrow(),
            Self::IsNull(null) => !null,
        }
    }
}
