//! Links: typed, directed edges between tasks, within one tool or across tools.

use serde::{Deserialize, Serialize};

use crate::task::words;
use crate::{LinkId, SourceId, TaskId, Timestamp};

words! {
    /// What an edge says: `from KIND to`, as in `from BLOCKS to`.
    LinkKind {
        /// `from` must finish before `to` can.
        Blocks = "BLOCKS",
        /// The two have to do with each other.
        Relates = "RELATES",
        /// `from` says the same as `to`.
        Duplicates = "DUPLICATES",
        /// `from` (a pull request) carries out `to`.
        Implements = "IMPLEMENTS",
        /// The text of `from` names `to`.
        Mentions = "MENTIONS",
        /// Both record the same work in different tools.
        Mirrors = "MIRRORS",
    }
}

words! {
    /// Where an edge comes from.
    LinkOrigin {
        /// The tool's own link.
        Native = "NATIVE",
        /// Read from text.
        Inferred = "INFERRED",
        /// Made through this API.
        Declared = "DECLARED",
    }
}

words! {
    /// What a person said of an edge.
    LinkReview {
        /// Nothing yet.
        Unreviewed = "UNREVIEWED",
        /// It is right.
        Confirmed = "CONFIRMED",
        /// It is wrong, and must not come back.
        Rejected = "REJECTED",
    }
}

/// One end of a link. The key always says what was named; the id is there where the tool gave its
/// immutable id. Whether the task is in the store is for the reader to find out, by id, else by key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkEnd {
    /// The id that the task has, or will have once it arrives.
    pub task: Option<TaskId>,
    /// What the tool called it when the link was read.
    pub key: String,
}

impl LinkEnd {
    /// What makes this end the same end: the id where it is known, else the key.
    #[must_use]
    pub fn identity(&self) -> String {
        self.task.map_or_else(|| self.key.to_lowercase(), |id| id.to_string())
    }
}

/// Where a link was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The words that say so.
    pub quote: String,
    /// Where a person can read them.
    pub url: Option<String>,
    /// When they were read.
    pub seen_at: Timestamp,
}

/// A typed, directed edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Derives from kind, origin and both ends.
    pub id: LinkId,
    /// What the edge says.
    pub kind: LinkKind,
    /// Where it starts.
    pub from: LinkEnd,
    /// Where it leads.
    pub to: LinkEnd,
    /// Where it comes from.
    pub origin: LinkOrigin,
    /// 0 to 1; 1 for native and declared links.
    pub confidence: f64,
    /// What a person said of it.
    pub review: LinkReview,
    /// The task whose payload states it: it is visible only to those who may see that task.
    pub stated_by: TaskId,
    /// The source of `stated_by`.
    pub source: SourceId,
    /// Why we believe it.
    pub evidence: Vec<Evidence>,
    /// Since when it holds.
    pub since: Timestamp,
    /// Until when it held; `None` while it holds.
    pub until: Option<Timestamp>,
}
