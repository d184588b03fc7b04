//! Reading what stands in a column as text, and saying where it stood when it cannot be read.

use serde::de::DeserializeOwned;

use crate::StoreError;

/// What stands at `place` (table, column and row) cannot be read.
pub(crate) fn unreadable(place: String, reason: impl ToString) -> StoreError {
    StoreError::Inconsistent { place, reason: reason.to_string() }
}

/// A column of JSON.
pub(crate) fn json<T: DeserializeOwned>(
    text: Option<&str>,
    place: impl FnOnce() -> String,
) -> Result<Option<T>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| unreadable(place(), error))
}

/// A column of a JSON list. Most lists are empty, and those cost no parser.
pub(crate) fn list<T: DeserializeOwned>(
    text: &str,
    place: impl FnOnce() -> String,
) -> Result<Vec<T>, StoreError> {
    if text == "[]" {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|error| unreadable(place(), error))
}

/// A column of one word out of a fixed set.
pub(crate) fn word<T>(
    text: &str,
    from_word: impl FnOnce(&str) -> Option<T>,
    place: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    from_word(text).ok_or_else(|| unreadable(place(), format!("{text:?} is not a known word")))
}

/// A column of a calendar date.
pub(crate) fn date(
    text: Option<&str>,
    place: impl FnOnce() -> String,
) -> Result<Option<mainstem_model::Date>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|error| unreadable(place(), error))
}
