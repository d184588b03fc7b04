//! The vocabulary of Mainstem: what a task, a person, a link or a change *is*, whichever tool it
//! comes from. Pure data, ids, time and randomness. No I/O, no SQL, no wire format, no GraphQL.
//!
//! Two families live here:
//!
//! * **Records** ([`record`]): what a connector hands over. They name things by the tool's own ids.
//! * **Entities** (the other modules): what the store keeps and the API shows. They name things by
//!   Mainstem's ids ([`id`]), which derive from the tool's ids and so never depend on arrival order.

pub mod access;
pub mod change;
pub mod clock;
pub mod command;
pub mod comment;
pub mod id;
pub mod link;
pub mod merging;
pub mod notice;
pub mod person;
pub mod project;
pub mod random;
pub mod record;
pub mod source;
pub mod task;
pub mod time;
pub mod worklog;

pub use access::{Scope as TokenScope, Visibility};
pub use change::{Change, ChangeCause, Position, Subject};
pub use clock::{Clock, SystemClock};
pub use comment::Comment;
pub use id::{
    ChangeId, CommentId, LinkId, NodeId, NoticeId, PersonId, ProjectId, SourceId, TaskId, TokenId,
    WorklogId,
};
pub use link::{Evidence, Link, LinkEnd, LinkKind, LinkOrigin, LinkReview, LinkState};
pub use notice::Notice;
pub use person::{Away, Identity};
pub use project::Project;
pub use random::Random;
pub use source::{CredentialRef, Source, SourceError, SourceState, Webhook};
pub use task::{
    Commit, Criterion, CustomField, Presence, Priority, PriorityLevel, RemoteLink, Status,
    StatusCategory, Task, TaskDetail, TaskKind,
};
pub use time::{Date, Timestamp};
pub use worklog::Worklog;
