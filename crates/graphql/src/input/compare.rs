//! Comparisons of single values. What is given must all hold; null compares nothing.

use mainstem_read_model::{Comparison, Filter, TextPredicate, WorkingTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value as JsonValue;

use super::value::parse;
use crate::error::Problem;
use crate::request::JsonMap;

/// A filter in which every part of an input object holds, as `read` understands it.
pub fn all<P>(
    value: &JsonValue,
    mut read: impl FnMut(&str, &JsonValue) -> Result<Filter<P>, Problem>,
) -> Result<Filter<P>, Problem> {
    let parts = value.as_object().into_iter().flat_map(JsonMap::iter);
    let given = parts.filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| read(name.as_str(), value)).collect::<Result<_, _>>().map(Filter::all)
}

/// A part of an input object that the schema does not have.
pub fn unknown<T>(name: &str) -> Result<T, Problem> {
    Err(Problem::bad_input(format!("{name} is not a part of this filter.")))
}

/// A comparison of a value that has an order, may be absent, or both.
pub fn compare<T: DeserializeOwned, P>(
    value: &JsonValue,
    predicate: impl Fn(Comparison<T>) -> P,
) -> Result<Filter<P>, Problem> {
    all(value, |name, value| comparison(name, value).map(|one| Filter::Is(predicate(one))))
}

/// A comparison of a text.
pub fn compare_text<P>(
    value: &JsonValue,
    predicate: impl Fn(TextPredicate) -> P,
) -> Result<Filter<P>, Problem> {
    all(value, |name, value| {
        let one = match name {
            "contains" => TextPredicate::Contains(parse(value)?),
            _ => TextPredicate::Is(comparison(name, value)?),
        };
        Ok(Filter::Is(predicate(one)))
    })
}

/// A comparison of a length of time.
pub fn compare_duration<P>(
    value: &JsonValue,
    predicate: impl Fn(Comparison<i64>) -> P,
) -> Result<Filter<P>, Problem> {
    compare(value, |comparison| predicate(mapped(comparison, |seconds: Seconds| seconds.0)))
}

/// A comparison of a length of working time.
pub fn compare_working_time<P>(
    value: &JsonValue,
    predicate: impl Fn(Comparison<WorkingTime>) -> P,
) -> Result<Filter<P>, Problem> {
    compare(value, |comparison| predicate(mapped(comparison, |working: Working| working.0)))
}

/// A comparison of a yes or no.
pub fn compare_boolean<P>(
    value: &JsonValue,
    predicate: impl Fn(bool) -> P,
) -> Result<Filter<P>, Problem> {
    all(value, |name, value| {
        let given: bool = parse(value)?;
        Ok(Filter::Is(predicate(if name == "neq" { !given } else { given })))
    })
}

fn comparison<T: DeserializeOwned>(
    name: &str,
    value: &JsonValue,
) -> Result<Comparison<T>, Problem> {
    Ok(match name {
        "eq" => Comparison::Eq(parse(value)?),
        "neq" => Comparison::Neq(parse(value)?),
        "in" => Comparison::In(parse(value)?),
        "nin" => Comparison::Nin(parse(value)?),
        "lt" => Comparison::Lt(parse(value)?),
        "lte" => Comparison::Lte(parse(value)?),
        "gt" => Comparison::Gt(parse(value)?),
        "gte" => Comparison::Gte(parse(value)?),
        "isNull" => Comparison::IsNull(parse(value)?),
        _ => return unknown(name),
    })
}

/// Whole seconds, given as an ISO 8601 duration.
struct Seconds(i64);

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

/// Working days and whole seconds, given as an ISO 8601 duration.
struct Working(WorkingTime);

impl<'de> Deserialize<'de> for Working {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = || {
            serde::de::Error::custom(
                "working time is given in days, hours, minutes and seconds, such as P1D or PT4H",
            )
        };
        let span = text.parse::<jiff::Span>().map_err(|_| refused())?;
        let days = i64::from(span.get_days());
        let rest = span.days(0);
        if rest.get_years() != 0 || rest.get_months() != 0 || rest.get_weeks() != 0 {
            return Err(refused());
        }
        let rest = jiff::SignedDuration::try_from(rest).map_err(|_| refused())?;
        Ok(Self(WorkingTime { days, seconds: rest.as_secs() }))
    }
}

fn mapped<T, U>(comparison: Comparison<T>, to: impl Fn(T) -> U) -> Comparison<U> {
    let all = |values: Vec<T>| values.into_iter().map(&to).collect();
    match comparison {
        Comparison::Eq(value) => Comparison::Eq(to(value)),
        Comparison::Neq(value) => Comparison::Neq(to(value)),
        Comparison::In(values) => Comparison::In(all(values)),
        Comparison::Nin(values) => Comparison::Nin(all(values)),
        Comparison::Lt(value) => Comparison::Lt(to(value)),
        Comparison::Lte(value) => Comparison::Lte(to(value)),
        Comparison::Gt(value) => Comparison::Gt(to(value)),
        Comparison::Gte(value) => Comparison::Gte(to(value)),
        Comparison::IsNull(absent) => Comparison::IsNull(absent),
    }
}
