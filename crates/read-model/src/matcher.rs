//! Predicates on texts, prepared to be asked of many.

use crate::filter::{Comparison, TextPredicate};
use crate::text;

/// A comparison without its negation, and whether it was negated.
pub(crate) fn positive<T: Ord + Clone>(comparison: &Comparison<T>) -> (bool, Comparison<T>) {
    match comparison {
        Comparison::Neq(value) => (true, Comparison::Eq(value.clone())),
        Comparison::Nin(values) => (true, Comparison::In(values.clone()).sorted()),
        other => (false, other.sorted()),
    }
}

/// A test of one text, prepared.
pub(crate) enum TextMatcher {
    Equal(String),
    Compares(Comparison<String>),
    /// Compares folded texts.
    ComparesFolded(Comparison<String>),
    Contains(String),
}

impl TextMatcher {
    /// The test without its negation, and whether it was negated. `folds`: whatever the case.
    pub(crate) fn split(predicate: &TextPredicate, folds: bool) -> (bool, Self) {
        match predicate {
            TextPredicate::Contains(needle) => (false, Self::Contains(text::fold(needle))),
            TextPredicate::Is(comparison) if folds => {
                let (negated, comparison) = positive(&comparison.map(|value| text::fold(value)));
                (negated, Self::ComparesFolded(comparison))
            }
            TextPredicate::Is(comparison) => match positive(comparison) {
                (negated, Comparison::Eq(value)) => (negated, Self::Equal(value)),
                (negated, comparison) => (negated, Self::Compares(comparison)),
            },
        }
    }

    pub(crate) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Equal(wanted) => wanted == value,
            Self::Compares(comparison) => comparison.holds(Some(value)),
            Self::ComparesFolded(comparison) => comparison.holds(Some(text::fold(value).as_str())),
            Self::Contains(needle) => text::contains(value, needle),
        }
    }

    pub(crate) fn matches_option(&self, value: Option<&str>) -> bool {
        match value {
            Some(value) => self.matches(value),
            None => matches!(
                self,
                Self::Compares(Comparison::IsNull(true))
                    | Self::ComparesFolded(Comparison::IsNull(true))
            ),
        }
    }
}
