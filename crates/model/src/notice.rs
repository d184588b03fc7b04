//! Notices: mail in which a tool tells of one of its items, as evidence on that item.

use crate::{Evidence, NoticeId, PersonId, SourceId, TaskId, Timestamp};

/// A mail in which a tool tells of one of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Derives from source and external id.
    pub id: NoticeId,
    /// The task that it is about, which is of another source.
    pub task: TaskId,
    /// The mailbox that it was read from.
    pub source: SourceId,
    /// Why it was sent, in the tool's word: `mention`, `assign`, `commented`.
    pub event: Option<String>,
    /// Whose doing it tells of, where the tool of the task knows a person by what the mail calls them.
    pub actor: Option<PersonId>,
    /// What the mail calls whose doing it tells of.
    pub actor_name: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Its words, where a person reads at the tool what it tells of, and when we read it.
    pub evidence: Evidence,
}
