//! Tasks: one piece of work, whichever tool it lives in.

use serde::{Deserialize, Serialize};

use crate::{Date, PersonId, ProjectId, SourceId, TaskId, Timestamp};

/// Declares an enum whose variants have one fixed word each, the word that the API, the change log
/// and the database use.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that the API, the change log and the database use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The variant of this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of work a task is.
    TaskKind {
        /// Plain work.
        Task = "TASK",
        /// A defect.
        Bug = "BUG",
        /// A user story or feature.
        Story = "STORY",
        /// A body of work with children.
        Epic = "EPIC",
        /// A part of another task.
        Subtask = "SUBTASK",
        /// A GitHub issue of no closer kind.
        Issue = "ISSUE",
        /// A GitHub pull request.
        PullRequest = "PULL_REQUEST",
        /// A mail thread.
        Email = "EMAIL",
    }
}

words! {
    /// Whether the tool still shows the task.
    Presence {
        /// The tool shows it.
        Present = "PRESENT",
        /// The tool says that it is gone for good.
        Deleted = "DELETED",
        /// It was put away: the tool keeps it, and lists it no more.
        Archived = "ARCHIVED",
        /// The account no longer sees it; it may still exist.
        AccessLost = "ACCESS_LOST",
    }
}

words! {
    /// The common category of a status, in the order in which work moves.
    StatusCategory {
        /// Noted, not planned.
        Backlog = "BACKLOG",
        /// Planned, not started.
        Todo = "TODO",
        /// Being worked on.
        InProgress = "IN_PROGRESS",
        /// Finished.
        Done = "DONE",
        /// Ended without being finished.
        Canceled = "CANCELED",
    }
}

impl StatusCategory {
    /// Whether work in this category is neither finished nor given up.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Canceled)
    }
}

words! {
    /// The common level of a priority, most pressing first.
    PriorityLevel {
        /// Now.
        Urgent = "URGENT",
        /// Soon.
        High = "HIGH",
        /// In its turn.
        Medium = "MEDIUM",
        /// When there is time.
        Low = "LOW",
        /// The tool says nothing.
        None = "NONE",
    }
}

/// The tool's own word beside the common category.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Status {
    /// The tool's own word, such as `In Review`.
    pub name: String,
    /// The common category.
    pub category: StatusCategory,
}

/// The tool's own word beside the common level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Priority {
    /// The tool's own word; `None` where the tool says nothing.
    pub name: Option<String>,
    /// The common level.
    pub level: PriorityLevel,
}

impl Priority {
    /// No priority given.
    pub const NONE: Self = Self { name: None, level: PriorityLevel::None };
}

/// One acceptance criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What has to hold.
    pub text: String,
    /// Whether it holds.
    pub met: bool,
}

/// A custom field of the tool, by the name people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// The name people see.
    pub name: String,
    /// Its value as JSON: text, number, boolean, date text, or a list of these.
    pub value: serde_json::Value,
}

/// A link of a task to what lies outside its tool, such as a page or a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteLink {
    /// What people read.
    pub title: String,
    /// Where it leads; always `http` or `https`.
    pub url: String,
    /// What the tool says that the other is to the task, such as `mentioned in`.
    pub relationship: Option<String>,
}

/// A commit of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// What its author says of it, the first line its subject.
    pub message: String,
    /// When it was committed, where that can be read: it is the committer's word. A rebase commits anew.
    pub committed_at: Option<Timestamp>,
    /// Where people read it.
    pub url: String,
}

/// What one filters, orders, groups and links by: the part of a task that the read model holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Derives from source and external id.
    pub id: TaskId,
    /// The source it was read from.
    pub source: SourceId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// What people call it: `ENG-42`, `acme/api#7`.
    pub key: String,
    /// What people called it before it moved, oldest first.
    pub previous_keys: Vec<String>,
    /// The kind of work.
    pub kind: TaskKind,
    /// One line.
    pub title: String,
    /// Where a person reads it.
    pub url: Option<String>,
    /// The tool's status with its category.
    pub status: Status,
    /// The tool's priority with its level.
    pub priority: Priority,
    /// Who is to do it, in the tool's order.
    pub assignees: Vec<PersonId>,
    /// Who wrote it.
    pub author: Option<PersonId>,
    /// Labels, in the tool's order.
    pub labels: Vec<String>,
    /// Milestone or fix version.
    pub milestone: Option<String>,
    /// Sprint or iteration.
    pub sprint: Option<String>,
    /// The task that this one is a part of.
    pub parent: Option<crate::LinkEnd>,
    /// When work is to start.
    pub start_on: Option<Date>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// When it came to be in the tool.
    pub created_at: Timestamp,
    /// When the tool last changed it.
    pub updated_at: Timestamp,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When it was last opened again after it had been closed, as far as its tool or this hub has seen.
    pub reopened_at: Option<Timestamp>,
    /// Original estimate in seconds.
    pub estimate_seconds: Option<i64>,
    /// Time logged in seconds.
    pub time_spent_seconds: Option<i64>,
    /// Whether the tool still shows it.
    pub presence: Presence,
    /// The scope (see [`crate::record`]) that keeps it fresh.
    pub scope: String,
}

/// The bulky part of a task, loaded by id when it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskDetail {
    /// Markdown.
    pub body: Option<String>,
    /// What has to hold before it is done.
    pub criteria: Vec<Criterion>,
    /// The tool's custom fields.
    pub fields: Vec<CustomField>,
    /// Links to what lies outside the tool.
    pub remote_links: Vec<RemoteLink>,
}
