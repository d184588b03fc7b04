//! The order of a list of tasks.

use std::cmp::Ordering;

use mainstem_model::{Date, TaskId};

use crate::QueryError;
use crate::names::Names;
use crate::row::TaskRow;
use crate::text;

/// The most steps of an order.
pub const MAX_STEPS: usize = 5;

/// What tasks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// When it came to be in the tool.
    CreatedAt,
    /// When the tool last changed it.
    UpdatedAt,
    /// When work is to start.
    StartOn,
    /// When it is due.
    DueOn,
    /// When it was closed.
    ClosedAt,
    /// Its key in natural order, whatever the case: `acme/api#9` stands before `acme/api#10`.
    Key,
    /// Its title, whatever the case, by its first 200 characters.
    Title,
    /// The common level; ascending is from URGENT to NONE.
    Priority,
    /// The common category, ascending as work moves, then the tool's own word.
    Status,
}

/// Which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Greatest first.
    Descending,
}

/// One step of an order. Absent values stand last whichever the direction; ties are broken by the
/// next step, at last by the task's id in the direction of the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskOrder {
    /// By what.
    pub field: OrderField,
    /// Which way.
    pub direction: Direction,
}

/// What one step compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    CreatedAt,
    UpdatedAt,
    StartOn,
    DueOn,
    ClosedAt,
    Priority,
    Category,
    Key,
    Title,
    StatusName,
    /// The place in a list that came from elsewhere.
    Rank,
    /// The name of a person, project or source.
    Name,
    /// Since when a link holds.
    Since,
}

/// A value that rows are ordered by; those of one step are of one kind, or absent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SortValue<'a> {
    Absent,
    Number(i64),
    Text(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) key: SortKey,
    pub(crate) descending: bool,
}

/// The newest update first: the order of a list that names none.
const NEWEST_FIRST: Step = Step { key: SortKey::UpdatedAt, descending: true };

/// The order of a list that came from elsewhere, best first.
pub(crate) const BY_RANK: &[Step] = &[Step { key: SortKey::Rank, descending: false }];

/// The steps of an order; without one, the newest update first.
///
/// # Errors
/// [`QueryError::TooComplex`] beyond [`MAX_STEPS`].
pub(crate) fn steps(order: &[TaskOrder]) -> Result<Vec<Step>, QueryError> {
    if order.len() > MAX_STEPS {
        return Err(QueryError::TooComplex { what: "the number of orderings", limit: MAX_STEPS });
    }
    if order.is_empty() {
        return Ok(vec![NEWEST_FIRST]);
    }
    let steps = order.iter().flat_map(|order| {
        let keys: &[SortKey] = match order.field {
            OrderField::CreatedAt => &[SortKey::CreatedAt],
            OrderField::UpdatedAt => &[SortKey::UpdatedAt],
            OrderField::StartOn => &[SortKey::StartOn],
            OrderField::DueOn => &[SortKey::DueOn],
            OrderField::ClosedAt => &[SortKey::ClosedAt],
            OrderField::Key => &[SortKey::Key],
            OrderField::Title => &[SortKey::Title],
            OrderField::Priority => &[SortKey::Priority],
            OrderField::Status => &[SortKey::Category, SortKey::StatusName],
        };
        let descending = order.direction == Direction::Descending;
        keys.iter().map(move |&key| Step { key, descending })
    });
    Ok(steps.collect())
}

impl SortKey {
    /// Whether its values are texts.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Key | Self::Title | Self::StatusName | Self::Name)
    }

    /// What it is of a task; the rank is not the task's own to know.
    pub(crate) fn of<'a>(self, row: &'a TaskRow, names: &'a Names) -> SortValue<'a> {
        match self {
            Self::CreatedAt => SortValue::Number(row.created_at.0),
            Self::UpdatedAt => SortValue::Number(row.updated_at.0),
            Self::StartOn => SortValue::date(row.start_on),
            Self::DueOn => SortValue::date(row.due_on),
            Self::ClosedAt => row.closed_at.map_or(SortValue::Absent, |at| SortValue::Number(at.0)),
            Self::Priority => SortValue::Number(row.level as i64),
            Self::Category => SortValue::Number(row.category as i64),
            Self::Key => SortValue::text(&row.key),
            Self::Title => SortValue::text(&row.title),
            Self::StatusName => names
                .statuses
                .get(row.status)
                .map_or(SortValue::Absent, |name| SortValue::text(name)),
            Self::Rank | Self::Name | Self::Since => SortValue::Absent,
        }
    }
}

impl Step {
    /// Compares two values of this step: absent ones last whichever the direction.
    pub(crate) fn compare(self, left: SortValue<'_>, right: SortValue<'_>) -> Ordering {
        let order = match (left, right) {
            (SortValue::Absent, SortValue::Absent) => return Ordering::Equal,
            (SortValue::Absent, _) => return Ordering::Greater,
            (_, SortValue::Absent) => return Ordering::Less,
            (SortValue::Number(left), SortValue::Number(right)) => left.cmp(&right),
            (SortValue::Text(left), SortValue::Text(right)) => match self.key {
                SortKey::Key => text::compare_natural(left, right),
                _ => text::compare(left, right),
            },
            // A step has values of one kind; a cursor with another kind was refused.
            _ => Ordering::Equal,
        };
        if self.descending { order.reverse() } else { order }
    }

    /// Bytes that order the texts of this step as [`Step::compare`] does, but for its direction.
    pub(crate) fn text(self, value: SortValue<'_>) -> Vec<u8> {
        match value {
            SortValue::Text(text) if self.key == SortKey::Key => text::natural_bytes(text),
            SortValue::Text(text) => text::fold(text).into_bytes(),
            SortValue::Absent | SortValue::Number(_) => Vec::new(),
        }
    }

    /// A number that orders as [`Step::compare`] does, for a quick first comparison: smaller comes
    /// first. Texts have none of use.
    pub(crate) fn weight(self, value: SortValue<'_>) -> i64 {
        match value {
            SortValue::Absent => i64::MAX,
            SortValue::Number(number) if self.descending => !number,
            SortValue::Number(number) => number,
            SortValue::Text(_) => 0,
        }
    }
}

impl<'a> SortValue<'a> {
    /// A text by its first 200 characters, so that a cursor stays short.
    pub(crate) fn text(text: &'a str) -> Self {
        let end = text.char_indices().nth(200).map_or(text.len(), |(end, _)| end);
        Self::Text(&text[..end])
    }

    fn date(date: Option<Date>) -> Self {
        date.map_or(Self::Absent, |date| Self::Number(day_number(date)))
    }
}

/// A number that orders as dates do.
pub(crate) fn day_number(date: Date) -> i64 {
    (i64::from(date.year()) << 9) | (i64::from(date.month()) << 5) | i64::from(date.day())
}

/// A row's place in a sorted order: value (absent: [`ABSENT`]), the first half of its id, ordinal.
/// Half an id (60 bits of it) keeps places small; two tasks of one value that share it stand in the
/// order of their ordinals.
pub(crate) type Place = (i64, u64, u32);

/// The half of an id that a place has.
pub(crate) fn half(id: TaskId) -> u64 {
    id.0.as_u64_pair().0
}

/// Stands for an absent value in a sorted order; no date or priority reaches it.
pub(crate) const ABSENT: i64 = i64::MAX;

/// The orders that are kept sorted, because lists are asked for in them all the time.
#[derive(Clone, Default)]
pub(crate) struct Orders {
    created_at: imbl::OrdSet<Place>,
    updated_at: imbl::OrdSet<Place>,
    due_on: imbl::OrdSet<Place>,
    priority: imbl::OrdSet<Place>,
}

impl Orders {
    /// The sorted order of a key, where one is kept.
    pub(crate) fn get(&self, key: SortKey) -> Option<&imbl::OrdSet<Place>> {
        match key {
            SortKey::CreatedAt => Some(&self.created_at),
            SortKey::UpdatedAt => Some(&self.updated_at),
            SortKey::DueOn => Some(&self.due_on),
            SortKey::Priority => Some(&self.priority),
            _ => None,
        }
    }

    /// Replaces the places of an ordinal.
    pub(crate) fn replace(&mut self, ordinal: u32, old: Option<&TaskRow>, new: Option<&TaskRow>) {
        let shift = |set: &mut imbl::OrdSet<Place>, value: fn(&TaskRow) -> i64| {
            let place = |row: &TaskRow| (value(row), half(row.id), ordinal);
            let (old, new) = (old.map(place), new.map(place));
            if old == new {
                return;
            }
            if let Some(old) = old {
                set.remove(&old);
            }
            if let Some(new) = new {
                set.insert(new);
            }
        };
        shift(&mut self.created_at, |row| row.created_at.0);
        shift(&mut self.updated_at, |row| row.updated_at.0);
        shift(&mut self.due_on, |row| row.due_on.map_or(ABSENT, day_number));
        shift(&mut self.priority, |row| row.level as i64);
    }
}
