//! Comparisons of single values.

use mainstem_read_model::{Comparison, Filter, TextFilter, TextPredicate};
use serde::{Deserialize, Deserializer};

/// A comparison as it is given. What is left out or null compares nothing; what is given must all hold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compare<T> {
    eq: Option<T>,
    neq: Option<T>,
    #[serde(rename = "in")]
    any: Option<Vec<T>>,
    #[serde(rename = "nin")]
    none: Option<Vec<T>>,
    lt: Option<T>,
    lte: Option<T>,
    gt: Option<T>,
    gte: Option<T>,
    is_null: Option<bool>,
}

impl<T> Compare<T> {
    /// A filter in which every comparison holds.
    pub fn read<P>(self, predicate: impl Fn(Comparison<T>) -> P) -> Filter<P> {
        let comparisons = [
            self.eq.map(Comparison::Eq),
            self.neq.map(Comparison::Neq),
            self.any.map(Comparison::In),
            self.none.map(Comparison::Nin),
            self.lt.map(Comparison::Lt),
            self.lte.map(Comparison::Lte),
            self.gt.map(Comparison::Gt),
            self.gte.map(Comparison::Gte),
            self.is_null.map(Comparison::IsNull),
        ];
        Filter::all(comparisons.into_iter().flatten().map(|c| Filter::Is(predicate(c))).collect())
    }
}

/// A comparison of a text as it is given.
#[derive(Deserialize)]
pub struct CompareText {
    contains: Option<String>,
    #[serde(flatten)]
    compare: Compare<String>,
}

impl CompareText {
    /// A filter in which every comparison holds.
    pub fn read<P>(self, predicate: impl Fn(TextPredicate) -> P) -> Filter<P> {
        let contains =
            self.contains.map(|text| Filter::Is(predicate(TextPredicate::Contains(text))));
        let compare = self.compare.read(|comparison| predicate(TextPredicate::Is(comparison)));
        Filter::all(contains.into_iter().chain([compare]).collect())
    }

    /// The same on the text itself.
    pub fn text(self) -> TextFilter {
        self.read(|predicate| predicate)
    }
}

/// A comparison of a yes or no as it is given.
#[derive(Deserialize)]
pub struct CompareBoolean {
    eq: Option<bool>,
    neq: Option<bool>,
}

impl CompareBoolean {
    /// A filter in which both comparisons hold.
    pub fn read<P>(self, predicate: impl Fn(bool) -> P) -> Filter<P> {
        let wanted = [self.eq, self.neq.map(|value| !value)];
        Filter::all(
            wanted.into_iter().flatten().map(|value| Filter::Is(predicate(value))).collect(),
        )
    }
}

/// Whole seconds, given as an ISO 8601 duration.
pub struct Seconds(pub i64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let duration = text.parse::<jiff::SignedDuration>().map_err(|_| {
            serde::de::Error::custom(
                "a duration is given in hours, minutes and seconds, such as PT1H30M",
            )
        })?;
        Ok(Self(duration.as_secs()))
    }
}
