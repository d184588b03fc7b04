//! Postings: for every value that a task can be filtered or counted by, the set of ordinals that
//! have it. A set is shared with older snapshots until it changes; the first change after a publish
//! copies it (8 KB for each 65,536 tasks at most).

use std::sync::Arc;

use mainstem_model::{Presence, PriorityLevel, StatusCategory, TaskKind};
use roaring::RoaringBitmap;

use crate::names::{NONE, Symbol};
use crate::row::TaskRow;

/// A set of ordinals, or of symbols.
pub(crate) type Set = Arc<RoaringBitmap>;

/// One set for each symbol of a dictionary, and one for "no value".
#[derive(Clone, Default)]
pub(crate) struct BySymbol {
    none: Set,
    sets: imbl::Vector<Set>,
}

impl BySymbol {
    /// Those that have this value; `None` where nobody ever had it.
    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Set> {
        if symbol == NONE { Some(&self.none) } else { self.sets.get(symbol as usize) }
    }

    /// Every set with its symbol, that of "no value" included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Symbol, &Set)> {
        (0..).zip(self.sets.iter()).chain(std::iter::once((NONE, &self.none)))
    }

    pub(crate) fn insert(&mut self, symbol: Symbol, ordinal: u32) {
        Arc::make_mut(self.slot(symbol)).insert(ordinal);
    }

    pub(crate) fn remove(&mut self, symbol: Symbol, ordinal: u32) {
        Arc::make_mut(self.slot(symbol)).remove(ordinal);
    }

    fn slot(&mut self, symbol: Symbol) -> &mut Set {
        if symbol == NONE {
            return &mut self.none;
        }
        while self.sets.len() <= symbol as usize {
            self.sets.push_back(Set::default());
        }
        &mut self.sets[symbol as usize]
    }

    /// Moves an ordinal from one value to another.
    fn shift(&mut self, ordinal: u32, old: Option<Symbol>, new: Option<Symbol>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.remove(old, ordinal);
        }
        if let Some(new) = new {
            self.insert(new, ordinal);
        }
    }

    /// Moves an ordinal from one list of values to another.
    fn shift_list(&mut self, ordinal: u32, old: Option<&[Symbol]>, new: Option<&[Symbol]>) {
        if old == new {
            return;
        }
        for symbol in listed(old) {
            self.remove(symbol, ordinal);
        }
        for symbol in listed(new) {
            self.insert(symbol, ordinal);
        }
    }
}

/// The symbols of a list, [`NONE`] for an empty one.
fn listed(list: Option<&[Symbol]>) -> impl Iterator<Item = Symbol> + '_ {
    let empty = list.is_some_and(<[Symbol]>::is_empty).then_some(NONE);
    list.unwrap_or_default().iter().copied().chain(empty)
}

/// Every posting of a snapshot.
#[derive(Clone, Default)]
pub(crate) struct Postings {
    /// Every task.
    pub(crate) all: Set,
    pub(crate) kind: BySymbol,
    pub(crate) category: BySymbol,
    pub(crate) level: BySymbol,
    pub(crate) presence: BySymbol,
    pub(crate) source: BySymbol,
    pub(crate) project: BySymbol,
    pub(crate) status: BySymbol,
    pub(crate) priority: BySymbol,
    pub(crate) milestone: BySymbol,
    pub(crate) sprint: BySymbol,
    pub(crate) author: BySymbol,
    pub(crate) assignee: BySymbol,
    pub(crate) label: BySymbol,
    /// It is open, so that it can hold others up.
    pub(crate) open: Set,
    /// Nothing open is in its way; for eyes that see everything.
    pub(crate) ready: Set,
    /// Something open is in its way; for eyes that see everything.
    pub(crate) blocked: Set,
    /// Those of `blocked` where another source has a part in it, so that it depends on the eyes.
    pub(crate) blocked_across: Set,
    /// A link says, of this task, that another one records the same.
    pub(crate) mirroring: Set,
}

impl Postings {
    /// Replaces what is known of an ordinal; readiness is not touched.
    pub(crate) fn replace(&mut self, ordinal: u32, old: Option<&TaskRow>, new: Option<&TaskRow>) {
        if old.is_some() != new.is_some() {
            put(&mut self.all, ordinal, new.is_some());
        }
        if old.is_some_and(TaskRow::is_open) != new.is_some_and(TaskRow::is_open) {
            put(&mut self.open, ordinal, new.is_some_and(TaskRow::is_open));
        }
        let shift = |set: &mut BySymbol, symbol: fn(&TaskRow) -> Symbol| {
            set.shift(ordinal, old.map(symbol), new.map(symbol));
        };
        shift(&mut self.kind, |row| row.kind.symbol());
        shift(&mut self.category, |row| row.category.symbol());
        shift(&mut self.level, |row| row.level.symbol());
        shift(&mut self.presence, |row| row.presence.symbol());
        shift(&mut self.source, |row| row.source);
        shift(&mut self.project, |row| row.project);
        shift(&mut self.status, |row| row.status);
        shift(&mut self.priority, |row| row.priority);
        shift(&mut self.milestone, |row| row.milestone);
        shift(&mut self.sprint, |row| row.sprint);
        shift(&mut self.author, |row| row.author);
        self.assignee.shift_list(
            ordinal,
            old.map(|row| &*row.assignees),
            new.map(|row| &*row.assignees),
        );
        self.label.shift_list(ordinal, old.map(|row| &*row.labels), new.map(|row| &*row.labels));
    }
}

/// Puts an ordinal into a set or takes it out; copies a shared set only where that changes it.
pub(crate) fn put(set: &mut Set, ordinal: u32, belongs: bool) {
    if set.contains(ordinal) == belongs {
        return;
    }
    let set = Arc::make_mut(set);
    if belongs {
        set.insert(ordinal)
    } else {
        set.remove(ordinal)
    };
}

/// An enum whose variants serve as symbols.
pub(crate) trait Variant: Copy + Ord + 'static {
    /// Every variant, in order.
    const VARIANTS: &'static [Self];
    /// The place in that list.
    fn symbol(self) -> Symbol;
}

macro_rules! variants {
    ($($name:ident)*) => {$(
        impl Variant for $name {
            const VARIANTS: &'static [Self] = Self::ALL;
            fn symbol(self) -> Symbol {
                self as Symbol
            }
        }
    )*};
}

variants! { TaskKind StatusCategory PriorityLevel Presence }
