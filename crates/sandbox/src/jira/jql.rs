//! JQL, as far as connectors speak it: reading a query, and finding the issues that it asks for.

mod query;
mod run;
mod words;

use std::cmp::Ordering;

pub(crate) use query::{Operand, Operator, OrderBy, Term, Tree, parse};
pub(crate) use run::{Compiled, compile};

/// What a result is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortField {
    Created,
    Updated,
    Key,
    Id,
}

/// The value of a field that a result is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortValue {
    Number(i64),
    Key(String, u32),
}

/// Compares two rows of sort values, each field in its direction.
pub(crate) fn compare(
    order: &[(SortField, bool)],
    one: &[SortValue],
    other: &[SortValue],
) -> Ordering {
    for ((place, value), other) in one.iter().enumerate().zip(other) {
        let descends = order.get(place).is_some_and(|(_, descends)| *descends);
        let compared = value.cmp(other);
        if compared != Ordering::Equal {
            return if descends { compared.reverse() } else { compared };
        }
    }
    Ordering::Equal
}
