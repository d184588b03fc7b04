//! Single values out of arguments.

use apollo_compiler::response::{JsonMap, JsonValue};
use serde::de::DeserializeOwned;

use crate::error::Problem;

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
    serde_json_bytes::from_value(value.clone())
        .map_err(|error| Problem::bad_input(format!("An argument cannot be used: {error}.")))
}
