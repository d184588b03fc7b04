//! Where a pull of a project goes on.

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Timestamp;
use mainstem_model::record;
use serde::{Deserialize, Serialize};

/// Where a pull of a project goes on, as JSON in the stored cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The project's key. Under another one every issue's key changes, so all is read again.
    pub project: String,
    /// What is being read.
    pub stage: Stage,
}

/// What is being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Everything, in order of creation, which no edit disturbs.
    First(Pass),
    /// What has changed, in order of change.
    Changes(Pass),
    /// Nothing: the last pass is complete. The latest change seen.
    Idle(Timestamp),
    /// Nothing: the project is archived. Once it is back, everything is read again.
    Archived,
}

/// A pass that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The latest change known when the pass began.
    pub from: Timestamp,
    /// The latest change seen since: the next pass begins there.
    pub latest: Timestamp,
    /// Where the list is being read: in one place, or in several side by side.
    pub lanes: Vec<Reading>,
    /// Issues read so far.
    pub done: u64,
}

/// Where a list is being read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The bound of the query, in milliseconds since 1970, on a whole minute; 0 for none.
    pub since: i64,
    /// Its other bound, which is not among what it finds; 0 for none.
    pub until: i64,
    /// The page of that query.
    pub place: Place,
    /// What tells the page before from others, so that one that is repeated ends the list.
    pub before: Option<u64>,
}

/// A page of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The first.
    #[default]
    First,
    /// Cloud: the one that a token names.
    Token(String),
    /// Data Center: the one that begins with this number.
    Number {
        /// Counted from 0. It lies a little before the end of the page before.
        start_at: u64,
        /// The ids that the page before ended with. The page must show one of them: an edit moves an
        /// issue to the end of the list, and all those behind it to the front.
        tail: Vec<String>,
    },
}

impl Cursor {
    /// Reads a stored cursor.
    ///
    /// # Errors
    /// [`Disposition::RestartScope`] where another version wrote it.
    pub fn read(cursor: &record::Cursor) -> Result<Self, ConnectorError> {
        serde_json::from_str(&cursor.0).map_err(|_| {
            ConnectorError::new(
                Disposition::RestartScope,
                "CURSOR_UNREADABLE",
                "the place where the last pull stopped cannot be read; all is read again",
            )
        })
    }

    /// As it is stored.
    pub fn write(&self) -> Result<record::Cursor, ConnectorError> {
        serde_json::to_string(self).map(record::Cursor).map_err(|error| {
            ConnectorError::new(Disposition::BackOff, "CURSOR_UNWRITABLE", error.to_string())
        })
    }
}
