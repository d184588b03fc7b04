//! Single values out of arguments.

use serde::de::DeserializeOwned;
use serde_json::Value as JsonValue;

use crate::error::Problem;
use crate::request::JsonMap;

/// The argument of this name; `None` where it is left out or null.
///
/// # Errors
/// `BAD_USER_INPUT` where the type allows the value but its meaning does not: a text that is no date.
pub fn get<T: DeserializeOwned>(values: &JsonMap, name: &str) -> Result<Option<T>, Problem> {
    match values.get(name).filter(|value| !value.is_null()) {
        Some(value) => parse(value).map(Some).map_err(|problem| problem.with("argument", name)),
        None => Ok(None),
    }
}

/// The argument of this name, which the schema requires.
///
/// # Errors
/// As [`get`].
pub fn require<T: DeserializeOwned>(values: &JsonMap, name: &str) -> Result<T, Problem> {
    get(values, name)?.ok_or_else(|| Problem::bad_input(format!("{name} is required.")))
}

/// A value of a scalar, an enum, or a list of them.
pub fn parse<T: DeserializeOwned>(value: &JsonValue) -> Result<T, Problem> {
    T::deserialize(value)
        .map_err(|error| Problem::bad_input(format!("An argument cannot be used: {error}.")))
}
