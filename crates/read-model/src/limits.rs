//! The limits of a filter, so that no question costs more than its answer is worth.

use crate::QueryError;
use crate::filter::{
    Comparison, Filter, LinkPredicate, PersonPredicate, ProjectPredicate, SourcePredicate,
    TaskPredicate, TextPredicate,
};

/// The deepest nesting of `And`, `Or`, `Not` and the filters of related things.
pub const MAX_DEPTH: usize = 8;
/// The most predicates in one filter.
pub const MAX_PREDICATES: usize = 200;
/// The most values in one `In` or `Nin`.
pub const MAX_VALUES: usize = 1_000;

/// What counts towards the limits of a filter.
#[derive(Default)]
pub(crate) struct Size {
    depth: usize,
    predicates: usize,
    values: usize,
}

/// A predicate with one value.
const ONE: Size = Size { depth: 0, predicates: 1, values: 1 };

impl Size {
    /// Adds what stands beside it.
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            predicates: self.predicates + other.predicates,
            values: self.values.max(other.values),
        }
    }

    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// A predicate that can tell its size.
pub(crate) trait Measured {
    fn size(&self) -> Size;
}

/// Holds a filter to the limits of depth, predicates and values.
///
/// # Errors
/// [`QueryError::TooComplex`] names the limit.
pub(crate) fn check<P: Measured>(filter: &Filter<P>) -> Result<(), QueryError> {
    let size = filter.size();
    for (found, what, limit) in [
        (size.depth, "the depth of a filter", MAX_DEPTH),
        (size.predicates, "the number of predicates in a filter", MAX_PREDICATES),
        (size.values, "the number of values in a list", MAX_VALUES),
    ] {
        if found > limit {
            return Err(QueryError::TooComplex { what, limit });
        }
    }
    Ok(())
}

impl<P: Measured> Measured for Filter<P> {
    fn size(&self) -> Size {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                filters.iter().map(Self::size).fold(Size::default(), Size::beside).deeper()
            }
            Self::Not(filter) => filter.size().deeper(),
            Self::Is(predicate) => predicate.size(),
        }
    }
}

impl<T> Measured for Comparison<T> {
    fn size(&self) -> Size {
        let values = match self {
            Self::In(values) | Self::Nin(values) => values.len(),
            _ => 1,
        };
        Size { depth: 0, predicates: 1, values }
    }
}

impl Measured for TextPredicate {
    fn size(&self) -> Size {
        match self {
            Self::Is(comparison) => comparison.size(),
            Self::Contains(_) => ONE,
        }
    }
}

impl Measured for TaskPredicate {
    fn size(&self) -> Size {
        match self {
            Self::Id(c) | Self::ParentId(c) => c.size(),
            Self::Kind(c) => c.size(),
            Self::StatusCategory(c) => c.size(),
            Self::PriorityLevel(c) => c.size(),
            Self::Presence(c) => c.size(),
            Self::StartOn(c) | Self::DueOn(c) => c.size(),
            Self::CreatedAt(c) | Self::UpdatedAt(c) | Self::StartedAt(c) | Self::ClosedAt(c) => {
                c.size()
            }
            Self::Estimate(c) | Self::TimeSpent(c) => c.size(),
            Self::Key(text)
            | Self::Title(text)
            | Self::Url(text)
            | Self::StatusName(text)
            | Self::PriorityName(text)
            | Self::Milestone(text)
            | Self::Sprint(text)
            | Self::ParentKey(text) => text.size(),
            Self::Assignees(_, filter) | Self::Author(filter) => filter.size().deeper(),
            Self::Labels(_, filter) => filter.size().deeper(),
            Self::Project(filter) => filter.size().deeper(),
            Self::Source(filter) => filter.size().deeper(),
            Self::AuthorIsNull(_)
            | Self::ParentIsNull(_)
            | Self::IsReady(_)
            | Self::IsBlocked(_)
            | Self::CrossTool(_) => ONE,
            Self::BlockedFor(c) => c.size(),
            Self::BlockedBy(_, filter) | Self::Blocks(_, filter) => filter.size().deeper(),
        }
    }
}

impl Measured for LinkPredicate {
    fn size(&self) -> Size {
        match self {
            Self::Kind(c) => c.size(),
            Self::Origin(c) => c.size(),
            Self::Review(c) => c.size(),
            Self::State(c) => c.size(),
            Self::Since(c) | Self::Until(c) => c.size(),
            Self::CrossTool(_) => ONE,
            Self::From(filter) | Self::To(filter) | Self::Task(filter) => filter.size().deeper(),
        }
    }
}

impl Measured for PersonPredicate {
    fn size(&self) -> Size {
        match self {
            Self::Id(comparison) => comparison.size(),
            Self::Name(text) | Self::Handle(text) | Self::Email(text) => text.size(),
        }
    }
}

impl Measured for ProjectPredicate {
    fn size(&self) -> Size {
        match self {
            Self::Id(comparison) => comparison.size(),
            Self::Key(text) | Self::Name(text) => text.size(),
            Self::Source(filter) => filter.size().deeper(),
        }
    }
}

impl Measured for SourcePredicate {
    fn size(&self) -> Size {
        match self {
            Self::Id(comparison) => comparison.size(),
            Self::Name(text) | Self::Connector(text) => text.size(),
        }
    }
}
