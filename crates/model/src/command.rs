//! What a tool is asked to do.

/// A write to a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A comment on a task. On a thread of mail it is an answer to its last message.
    Comment {
        /// The task, as [`TaskRecord::locator`](crate::record::TaskRecord::locator) says.
        task: String,
        /// Markdown.
        body: String,
    },
}

/// Names a command for ever, however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(pub String);
