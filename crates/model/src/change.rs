//! The change log: the heart of Mainstem. Everything that happens next starts from it.

use serde::{Deserialize, Serialize};

use crate::task::words;
use crate::{PersonId, ProjectId, SourceId, TaskId, Timestamp};

/// A place in the change log. Positions grow by one, become visible in order and leave no gap.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position(pub i64);

words! {
    /// What made us learn of a change.
    ChangeCause {
        /// A pull from the tool.
        Sync = "SYNC",
        /// The tool told us, by a webhook or a mail.
        Webhook = "WEBHOOK",
        /// A command that we carried out.
        Command = "COMMAND",
        /// A rule.
        Rule = "RULE",
        /// A call of this API.
        Api = "API",
    }
}

/// What an entry of the log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field, a link, a comment or a worklog of a task: what the public feed shows.
    Task(TaskId),
    /// A person became known or changed. Internal: it keeps read models exact.
    Person(PersonId),
    /// A project became known or changed. Internal.
    Project(ProjectId),
    /// A source was added, changed or removed. Internal.
    Source(SourceId),
}

/// One entry of the change log. For a task: one field changing once.
///
/// `field` is the name that the API uses (`title`, `status`, `assignees`, …), or:
/// * `created` — the task became known; `before` is null, `after` is `{"key", "title"}`;
/// * `comments` — a comment was added (`before` null), edited, or removed (`after` null);
///   values are `{"id", "updatedAt"}`;
/// * `worklogs` — the same of logged work;
/// * `notices` — the same of mail about the task; it belongs to the mailbox's source, as does a comment
///   that is an answer by mail;
/// * `links` — a link appeared (`before` null) or ended (`after` null); values are
///   `{"kind", "from", "to"}` with the keys of both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands in the log.
    pub position: Position,
    /// The source it belongs to, which decides who may see it.
    pub source: SourceId,
    /// What it is about.
    pub subject: Subject,
    /// The name of the field, as the API names it.
    pub field: String,
    /// JSON: `status` is `{"name", "category"}`, people are lists of global ids, dates are text.
    pub before: Option<serde_json::Value>,
    /// The value after the change; same form as `before`.
    pub after: Option<serde_json::Value>,
    /// Who did it in the tool, where the tool says so.
    pub actor: Option<PersonId>,
    /// When it happened in the tool.
    pub occurred_at: Timestamp,
    /// When this hub came to know.
    pub learned_at: Timestamp,
    /// What made us learn of it.
    pub cause: ChangeCause,
}
