//! Links: typed, directed edges between tasks, within one tool or across tools.

use serde::{Deserialize, Serialize};

use crate::task::words;
use crate::{CommentId, LinkId, SourceId, TaskId, Timestamp};

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

words! {
    /// How a link stands.
    LinkState {
        /// It holds, and of `BLOCKS`: both ends are open, so it holds up.
        Active = "ACTIVE",
        /// It is a `BLOCKS` that holds nothing up any more: one of its ends is finished or gone.
        Settled = "SETTLED",
        /// It holds, but one of its ends is not in the store.
        Unbound = "UNBOUND",
        /// A person rejected it.
        Rejected = "REJECTED",
        /// It holds no more.
        Ended = "ENDED",
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
    /// The host at which people read what has this key, where a text gave an address: the key then
    /// means no task of another site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

impl LinkEnd {
    /// An end that is known by its id, if at all, and by its key in whichever tool.
    #[must_use]
    pub const fn new(task: Option<TaskId>, key: String) -> Self {
        Self { task, key, site: None }
    }

    /// The project that a key such as `ENG-42` names, where no address says that it is a key at all:
    /// `UTF-8` looks like one, and only a project of that name makes it one.
    #[must_use]
    pub fn bare_project(&self) -> Option<&str> {
        let (project, number) = self.key.rsplit_once('-')?;
        let is_key = project.starts_with(|c: char| c.is_ascii_uppercase())
            && project
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_key && self.task.is_none() && self.site.is_none()).then_some(project)
    }

    /// What makes this end the same end: the id where it is known, else the key, at its site.
    #[must_use]
    pub fn identity(&self) -> String {
        match (self.task, &self.site) {
            (Some(id), _) => id.to_string(),
            (None, Some(site)) => format!("{site} {}", self.key).to_lowercase(),
            (None, None) => self.key.to_lowercase(),
        }
    }
}

/// Where a link was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The words that say so.
    pub quote: String,
    /// Where a person can read them.
    pub url: Option<String>,
    /// The comment that they stand in, where they are not the task's own title or text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<CommentId>,
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

impl Link {
    /// The id that follows from kind, origin and both ends.
    #[must_use]
    pub fn derived_id(&self) -> LinkId {
        let (from, to) = (self.from.identity(), self.to.identity());
        LinkId::of(self.kind.as_str(), self.origin.as_str(), &from, &to)
    }
}
