//! Work logged on a task.

use crate::{PersonId, SourceId, TaskId, Timestamp, WorklogId};

/// Work that somebody logged on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklog {
    /// Derives from source and external id.
    pub id: WorklogId,
    /// The task it was done for.
    pub task: TaskId,
    /// The source it was read from.
    pub source: SourceId,
    /// Who did it.
    pub author: Option<PersonId>,
    /// When the work began.
    pub started_at: Timestamp,
    /// How long it took, in seconds.
    pub time_spent_seconds: i64,
    /// Markdown.
    pub note: Option<String>,
}
