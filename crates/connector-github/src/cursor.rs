//! Where a pull of a repository goes on.

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Timestamp;
use mainstem_model::record;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::pull::count::Count;

/// Where a pull of a repository goes on, as JSON in the stored cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What the repository was called. Under another name every key changes, so all is read again.
    pub repository: String,
    /// What is being read.
    pub stage: Stage,
}

/// What is being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Everything.
    First(First),
    /// What has changed.
    Changes(Changes),
    /// Nothing: the last pass is complete.
    Idle(Marks),
}

/// A list that a repository has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Issues and pull requests.
    Issues,
    /// The comments of all of them.
    Comments,
}

/// A first pass. It reads in order of creation, which no edit disturbs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// When the pass began, by GitHub's clock: later changes belong to the next pass.
    pub signpost: Timestamp,
    /// The events that had happened by then.
    pub events: EventsMark,
    /// What there was then.
    #[serde(default)]
    pub count: Option<Count>,
    /// The list that is being read.
    pub list: List,
    /// Its next page.
    pub next: Next,
    /// How many pages it has at least, as far as is known; 0 before the first is read.
    pub pages: u32,
    /// What tells the last page read from others, so that one that is repeated ends the list.
    #[serde(default)]
    pub before: Option<u64>,
    /// Items read so far.
    pub done: u64,
    /// Issues that there are, or an upper estimate; once their list has ended, those read.
    pub issues: u64,
    /// Comments that the issues read so far count.
    pub comments: u64,
    /// Whether this repository was read before, so that links may have to end.
    pub again: bool,
}

/// The next page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// By number, so that several can be under way.
    Number(u32),
    /// By GitHub's own link, one after the other: it serves no high numbers.
    Link(Url),
}

/// What the last complete pass has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Of issues and pull requests.
    pub issues: Mark,
    /// Of comments.
    pub comments: Mark,
    /// Of events.
    pub events: EventsMark,
}

/// How far a list that is ordered by its changes has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The latest change seen.
    pub since: Timestamp,
    /// The version of the page that starts there, so that an unchanged one costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// How far the list of events has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsMark {
    /// The newest event seen.
    pub newest: u64,
    /// As for [`Mark::etag`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// An incremental pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// When the pass began, by GitHub's clock: no mark moves beyond it.
    pub signpost: Timestamp,
    /// Where it began.
    pub from: Marks,
    /// The list that is being read.
    pub list: List,
    /// Where that list is being read.
    pub reading: Reading,
    /// What the next pass starts from, as far as it is known.
    pub to: Marks,
    /// Items read so far.
    pub done: u64,
}

/// Where a list ordered by its changes is being read. Every page starts at the last change seen, so
/// that an edit, which moves an item to the end, skips nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The bound of the next request.
    pub since: Timestamp,
    /// More than a page of items that bear the very same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Plateau>,
}

/// Items of one and the same second have to be paged by number. While they are, an edit may move
/// one out and shift the others across the page's edge; so they are read until a reading brings
/// the same items as the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plateau {
    /// The next page, counted from 1.
    pub page: u32,
    /// The items of this reading so far, as a sum that does not depend on their order.
    pub digest: u64,
    /// The whole reading before.
    pub previous: Option<u64>,
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
