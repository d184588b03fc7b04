//! Comments on a task.

use crate::{CommentId, PersonId, SourceId, TaskId, Timestamp};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Derives from source and external id.
    pub id: CommentId,
    /// The task it stands on.
    pub task: TaskId,
    /// The source it was read from.
    pub source: SourceId,
    /// Who wrote it.
    pub author: Option<PersonId>,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Where a person reads it.
    pub url: Option<String>,
}
