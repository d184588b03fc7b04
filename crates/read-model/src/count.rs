//! Counts of tasks by one or two fields.

use std::borrow::Cow;
use std::collections::HashMap;

use mainstem_model::{
    PersonId, Presence, PriorityLevel, ProjectId, SourceId, StatusCategory, TaskKind,
};
use roaring::RoaringBitmap;

use crate::names::Symbol;
use crate::postings::Variant;
use crate::refs::PersonRef;
use crate::row::TaskRow;
use crate::snapshot::Snapshot;
use crate::view::View;

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

/// The most fields that tasks are counted by at once.
pub const MAX_FIELDS: usize = 2;

/// Beyond this many cells, counts are kept for the cells that occur only.
const MAX_DENSE: usize = 1 << 20;

/// Counts rows by the values of up to [`MAX_FIELDS`] fields.
pub(crate) fn tally<'v>(
    view: &'v View,
    rows: &RoaringBitmap,
    by: &[GroupField],
) -> Vec<TaskCount<'v>> {
    let widths: Vec<usize> = by.iter().map(|field| field.width(view) + 1).collect();
    let counts = count_by_sets(view, rows, by, &widths)
        .unwrap_or_else(|| count_by_rows(view, rows, by, &widths));
    let name = |(mut cell, count): (usize, u64)| {
        let mut values: Vec<_> = by
            .iter()
            .zip(&widths)
            .rev()
            .map(|(field, width)| {
                let value = field.value(view, cell % width);
                cell /= width;
                value
            })
            .collect();
        values.reverse();
        TaskCount { values, count }
    };
    let mut named: Vec<_> = counts.into_iter().map(name).collect();
    named.sort_unstable_by(|left, right| {
        let absent = |count: &TaskCount<'_>| -> Vec<bool> {
            count.values.iter().map(Option::is_none).collect()
        };
        right
            .count
            .cmp(&left.count)
            .then_with(|| absent(left).cmp(&absent(right)))
            .then_with(|| left.values.cmp(&right.values))
    });
    named
}

/// Counts by intersecting the sets of values, where that is less work than to look at each row.
fn count_by_sets(
    view: &View,
    rows: &RoaringBitmap,
    by: &[GroupField],
    widths: &[usize],
) -> Option<Vec<(usize, u64)>> {
    if widths.iter().product::<usize>() as u64 > rows.len() {
        return None;
    }
    let mut cells = vec![(0, Cow::Borrowed(rows))];
    let (last, before) = by.split_last()?;
    for (field, width) in before.iter().zip(widths) {
        let sets: Vec<_> = field.sets(view)?.collect();
        let split = |(cell, within): &(usize, Cow<'_, RoaringBitmap>)| {
            let parts = sets.iter().map(|(value, set)| (cell * width + value, &**within & &**set));
            let parts = parts.filter(|(_, within)| !within.is_empty());
            parts.map(|(cell, within)| (cell, Cow::Owned(within))).collect::<Vec<_>>()
        };
        cells = cells.iter().flat_map(split).collect();
    }
    let width = widths.last()?;
    let sets: Vec<_> = last.sets(view)?.collect();
    let counts = cells.iter().flat_map(|(cell, within)| {
        sets.iter().map(move |(value, set)| (cell * width + value, within.intersection_len(set)))
    });
    Some(counts.filter(|(_, count)| *count > 0).collect())
}

/// Counts row by row.
fn count_by_rows(
    view: &View,
    rows: &RoaringBitmap,
    by: &[GroupField],
    widths: &[usize],
) -> Vec<(usize, u64)> {
    let cells: usize = widths.iter().product();
    let mut counts = if cells <= MAX_DENSE {
        Counts::Dense(vec![0; cells])
    } else {
        Counts::Sparse(HashMap::new())
    };
    for ordinal in rows {
        let Some(row) = view.row(ordinal) else { continue };
        match by {
            [first, second] => first.each(row, view, |value| {
                second.each(row, view, |other| counts.add(value * widths[1] + other));
            }),
            [first] => first.each(row, view, |value| counts.add(value)),
            _ => counts.add(0),
        }
    }
    match counts {
        Counts::Dense(counts) => {
            let counts = counts.into_iter().map(u64::from).enumerate();
            counts.filter(|(_, count)| *count > 0).collect()
        }
        Counts::Sparse(counts) => {
            counts.into_iter().map(|(cell, count)| (cell, u64::from(count))).collect()
        }
    }
}

enum Counts {
    Dense(Vec<u32>),
    Sparse(HashMap<usize, u32>),
}

impl Counts {
    fn add(&mut self, cell: usize) {
        match self {
            Self::Dense(counts) => counts[cell] += 1,
            Self::Sparse(counts) => *counts.entry(cell).or_default() += 1,
        }
    }
}

impl GroupField {
    /// How many values there are, "none" left out.
    fn width(self, view: &View) -> usize {
        let names = view.names();
        match self {
            Self::Status => names.statuses.len(),
            Self::StatusCategory => StatusCategory::ALL.len(),
            Self::Assignee | Self::Author => names.people.len(),
            Self::Project => names.projects.len(),
            Self::Source => names.sources.len(),
            Self::Kind => TaskKind::ALL.len(),
            Self::Label => names.labels.len(),
            Self::Priority => PriorityLevel::ALL.len(),
            Self::Milestone => names.milestones.len(),
            Self::Sprint => names.sprints.len(),
            Self::Presence => Presence::ALL.len(),
        }
    }

    /// The set of each value with its cell; `None` where sets do not tell what the caller sees.
    fn sets(self, view: &View) -> Option<impl Iterator<Item = (usize, Cow<'_, RoaringBitmap>)>> {
        let Snapshot { postings, people, .. } = view.snapshot();
        let of_people = matches!(self, Self::Assignee | Self::Author);
        let hides = of_people && view.hidden_people().is_some_and(|hidden| !hidden.is_empty());
        if view.is_past() || hides {
            return None;
        }
        let sets = match self {
            Self::Status => &postings.status,
            Self::StatusCategory => &postings.category,
            Self::Assignee => &postings.assignee,
            Self::Author => &postings.author,
            Self::Project => &postings.project,
            Self::Source => &postings.source,
            Self::Kind => &postings.kind,
            Self::Label => &postings.label,
            Self::Priority => &postings.level,
            Self::Milestone => &postings.milestone,
            Self::Sprint => &postings.sprint,
            Self::Presence => &postings.presence,
        };
        let all = |leader| {
            let sets = people.symbols(leader).filter_map(|symbol| sets.get(symbol));
            Cow::Owned(sets.fold(RoaringBitmap::new(), |union, set| union | &**set))
        };
        let merged = people.merged().filter(move |_| of_people).map(move |one| (one, all(one)));
        let alone = sets.iter().filter(move |(symbol, _)| !of_people || people.is_alone(*symbol));
        let alone = alone.map(|(symbol, set)| (symbol, Cow::Borrowed(&**set)));
        Some(alone.chain(merged).map(|(symbol, set)| (symbol.wrapping_add(1) as usize, set)))
    }

    /// Calls `count` with the cell of each value of a row: 0 for none, else its symbol plus one.
    fn each(self, row: &TaskRow, view: &View, mut count: impl FnMut(usize)) {
        let people = &view.snapshot().people;
        let hidden = view.hidden_people();
        let shown = |leader: &Symbol| hidden.is_none_or(|hidden| !hidden.contains(*leader));
        let one = |symbol: Symbol| symbol.wrapping_add(1) as usize;
        match self {
            Self::Status => count(one(row.status)),
            Self::StatusCategory => count(one(row.category.symbol())),
            Self::Author => {
                let author = Some(people.leader(row.author)).filter(shown);
                count(author.map_or(0, one));
            }
            Self::Project => count(one(row.project)),
            Self::Source => count(one(row.source)),
            Self::Kind => count(one(row.kind.symbol())),
            Self::Priority => count(one(row.level.symbol())),
            Self::Milestone => count(one(row.milestone)),
            Self::Sprint => count(one(row.sprint)),
            Self::Presence => count(one(row.presence.symbol())),
            Self::Label if row.labels.is_empty() => count(0),
            Self::Label => row.labels.iter().for_each(|label| count(one(*label))),
            Self::Assignee => {
                let mut any = false;
                for person in people.each_leader(&row.assignees).filter(shown) {
                    any = true;
                    count(one(person));
                }
                if !any {
                    count(0);
                }
            }
        }
    }

    /// The value of a cell.
    fn value(self, view: &View, cell: usize) -> Option<GroupValue<'_>> {
        let index = cell.checked_sub(1)?;
        let symbol = index as Symbol;
        let names = view.names();
        Some(match self {
            Self::Status => GroupValue::Text(names.statuses.get(symbol)?),
            Self::Label => GroupValue::Text(names.labels.get(symbol)?),
            Self::Milestone => GroupValue::Text(names.milestones.get(symbol)?),
            Self::Sprint => GroupValue::Text(names.sprints.get(symbol)?),
            Self::StatusCategory => GroupValue::StatusCategory(*StatusCategory::ALL.get(index)?),
            Self::Kind => GroupValue::Kind(*TaskKind::ALL.get(index)?),
            Self::Priority => GroupValue::Priority(*PriorityLevel::ALL.get(index)?),
            Self::Presence => GroupValue::Presence(*Presence::ALL.get(index)?),
            Self::Assignee | Self::Author => {
                let person = view.person_ref(symbol).map(PersonRef::id);
                GroupValue::Person(person.or_else(|| Some(names.people.get(symbol)?.0))?)
            }
            Self::Project => GroupValue::Project(names.projects.get(symbol)?.0),
            Self::Source => GroupValue::Source(names.sources.get(symbol)?.0),
        })
    }
}
