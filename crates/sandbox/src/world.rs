//! What the site holds: people, repositories, issues, pull requests, comments and events.
//!
//! Everything stands in one list per kind and is named by its place in it (a key). Ids as clients
//! see them derive from the key ([`crate::ids`]), so nothing is looked up in a map that arithmetic
//! can find.

mod edit;
mod life;
mod lookup;
mod moment;
mod record;
mod relation;

use std::collections::HashMap;

use mainstem_model::Timestamp;
use serde::Deserialize;

use crate::keys::keys;

pub use life::NewIssue;
pub(crate) use lookup::FoundRepository;
pub use moment::Moments;
pub use relation::RelationError;

keys! {
    /// Names a person, a bot or the organisation.
    UserKey => users: User,
    /// Names a repository.
    RepositoryKey => repositories: Repository,
    /// Names a label of one repository.
    LabelKey => labels: Label,
    /// Names a milestone of one repository.
    MilestoneKey => milestones: Milestone,
    /// Names an issue type of the organisation.
    IssueTypeKey => issue_types: IssueType,
    /// Names an issue or a pull request.
    IssueKey => issues: Issue,
    /// Names a comment.
    CommentKey => comments: Comment,
    /// Names an event.
    EventKey => events: Event,
}

/// The whole site. Read it freely; change it by the methods, which keep counts, events, times and
/// versions in step.
pub struct World {
    pub(crate) users: Vec<User>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) labels: Vec<Label>,
    pub(crate) milestones: Vec<Milestone>,
    pub(crate) issue_types: Vec<IssueType>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) events: Vec<Event>,
    /// Lower-case former `owner/name` to the repository that answers for it now.
    pub(crate) former_names: HashMap<String, RepositoryKey>,
    pub(crate) moments: Moments,
    /// Who is taken to do what the methods do.
    pub(crate) actor: UserKey,
    /// Counts every change; the source of all versions.
    pub(crate) version: u64,
}

/// The organisation is the first user.
pub(crate) const ORGANIZATION: UserKey = UserKey(0);

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A person.
    Person,
    /// An App.
    Bot,
    /// The organisation.
    Organization,
}

/// A person, a bot or the organisation.
#[derive(Debug, Clone)]
pub struct User {
    /// The name in URLs.
    pub login: String,
    /// The full name.
    pub name: String,
    /// What it is.
    pub kind: UserKind,
}

/// A repository of the organisation.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The name without its owner.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether clients are told that it does not exist.
    pub hidden: bool,
    pub(crate) language: &'static str,
    pub(crate) updated_at: Timestamp,
    /// The name that generated texts use, whatever it is called later.
    pub(crate) first_name: String,
    /// By number, counted from one.
    pub(crate) issues: Vec<IssueKey>,
    pub(crate) comments: Vec<CommentKey>,
    pub(crate) events: Vec<EventKey>,
    pub(crate) labels: Vec<LabelKey>,
    pub(crate) milestones: Vec<MilestoneKey>,
    pub(crate) open_issues: u32,
    pub(crate) version: u64,
}

/// A label of one repository.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its name, unique in the repository whatever the case.
    pub name: String,
    pub(crate) repository: RepositoryKey,
    pub(crate) color: String,
    pub(crate) description: Option<String>,
}

/// A milestone of one repository.
#[derive(Debug, Clone)]
pub struct Milestone {
    /// Its title.
    pub title: String,
    /// Counted from one in the repository.
    pub number: u32,
    /// When it should be reached.
    pub due_on: Option<Timestamp>,
    pub(crate) repository: RepositoryKey,
    pub(crate) description: String,
    pub(crate) creator: UserKey,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) open_issues: u32,
    pub(crate) closed_issues: u32,
    pub(crate) version: u64,
}

/// An issue type of the organisation.
#[derive(Debug, Clone)]
pub struct IssueType {
    /// Its name, such as `Bug`.
    pub name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) color: &'static str,
}

/// Why a closed issue was closed, or that an open one was opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateReason {
    /// The work is done.
    Completed,
    /// It will not be done.
    NotPlanned,
    /// Another issue says the same.
    Duplicate,
    /// It was closed and is open again.
    Reopened,
}

impl StateReason {
    /// The word of the REST interface.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not_planned",
            Self::Duplicate => "duplicate",
            Self::Reopened => "reopened",
        }
    }
}

/// Whether and how clients still find an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present,
    /// Deleted: 410.
    Deleted,
    /// Out of sight: 404.
    Hidden,
    /// Moved to another repository: 301.
    Transferred(IssueKey),
}

/// How a record on the wire is made to break its own schema.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Malformation {
    /// One field carries another value, such as `"id": "abc"`.
    Replace {
        /// Which field, such as `id` or `fields.status`.
        field: String,
        /// What stands there.
        value: serde_json::Value,
    },
    /// One field is missing.
    Without {
        /// Which field.
        field: String,
    },
    /// The record ends in the middle, and with it the page is no longer JSON.
    Truncated,
}

/// A text as written by someone, or one that the seed decides and that is made when asked for.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Seeded(u64),
    Written(Box<str>),
    Empty,
}

/// What a generated text says about another issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mention {
    Closes,
    BlockedBy,
    PartOf,
    SeeAlso,
}

/// A mention in a generated text; it keeps saying so when the link itself is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    pub mention: Mention,
    pub issue: IssueKey,
}

/// What only a pull request has.
#[derive(Debug, Clone)]
pub(crate) struct PullRequest {
    pub draft: bool,
    pub merged_at: Option<Timestamp>,
    pub branch: Box<str>,
    /// The issues that merging closes.
    pub closes: Vec<IssueKey>,
    /// Oldest first.
    pub commits: Vec<Commit>,
}

/// A commit of a pull request.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    /// What its hash is made of.
    pub seed: u64,
    pub message: Text,
    pub committed_at: Timestamp,
}

/// An issue or a pull request.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u32,
    /// Where it lives.
    pub repository: RepositoryKey,
    /// Its title.
    pub title: Box<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, as the site tells it.
    pub updated_at: Timestamp,
    /// When it was closed; open where empty.
    pub closed_at: Option<Timestamp>,
    /// Whether and how clients find it.
    pub presence: Presence,
    pub(crate) pull_request: Option<Box<PullRequest>>,
    pub(crate) body: Text,
    pub(crate) references: Box<[Reference]>,
    pub(crate) author: UserKey,
    pub(crate) state_reason: Option<StateReason>,
    pub(crate) closed_by: Option<UserKey>,
    pub(crate) issue_type: Option<IssueTypeKey>,
    pub(crate) milestone: Option<MilestoneKey>,
    pub(crate) labels: Vec<LabelKey>,
    pub(crate) assignees: Vec<UserKey>,
    pub(crate) comments: Vec<CommentKey>,
    pub(crate) events: Vec<EventKey>,
    pub(crate) blocked_by: Vec<IssueKey>,
    pub(crate) blocking: Vec<IssueKey>,
    pub(crate) parent: Option<IssueKey>,
    pub(crate) sub_issues: Vec<IssueKey>,
    /// The pull requests whose merging closes this issue.
    pub(crate) closed_by_pulls: Vec<IssueKey>,
    pub(crate) duplicate_of: Option<IssueKey>,
    pub(crate) malformation: Option<Box<Malformation>>,
    pub(crate) version: u64,
}

impl Issue {
    /// Whether it is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether it is a pull request.
    #[must_use]
    pub const fn is_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }
}

/// A comment on an issue or a pull request.
#[derive(Debug, Clone)]
pub struct Comment {
    /// What it comments on.
    pub issue: IssueKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// Whether it is gone.
    pub deleted: bool,
    pub(crate) author: UserKey,
    pub(crate) body: Text,
    pub(crate) version: u64,
}

/// What happened to an issue.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// A label was added.
    Labeled(LabelKey),
    /// A label was removed.
    Unlabeled(LabelKey),
    /// Someone was assigned.
    Assigned(UserKey),
    /// Someone is no longer assigned.
    Unassigned(UserKey),
    /// Put into a milestone.
    Milestoned(MilestoneKey),
    /// Taken out of a milestone.
    Demilestoned(MilestoneKey),
    /// The title changed, from the first to the second.
    Renamed(Box<(String, String)>),
    /// Closed, by a pull request where one did it.
    Closed(Option<StateReason>, Option<IssueKey>),
    /// Opened again.
    Reopened,
    /// A pull request was merged.
    Merged,
    /// A pull request is a draft again.
    ConvertedToDraft,
    /// A pull request is ready for review.
    ReadyForReview,
    /// An issue type was given.
    IssueTypeAdded(IssueTypeKey),
    /// The issue type was taken away.
    IssueTypeRemoved(IssueTypeKey),
    /// The issue type changed, from the first to the second.
    IssueTypeChanged(IssueTypeKey, IssueTypeKey),
    /// It is now blocked by the other.
    BlockedByAdded(IssueKey),
    /// It is no longer blocked by the other.
    BlockedByRemoved(IssueKey),
    /// It now blocks the other.
    BlockingAdded(IssueKey),
    /// It no longer blocks the other.
    BlockingRemoved(IssueKey),
    /// The other became its sub-issue.
    SubIssueAdded(IssueKey),
    /// The other is no longer its sub-issue.
    SubIssueRemoved(IssueKey),
    /// The other became its parent.
    ParentIssueAdded(IssueKey),
    /// The other is no longer its parent.
    ParentIssueRemoved(IssueKey),
    /// The other mentions it; `true` where merging the other closes it.
    CrossReferenced(IssueKey, bool),
    /// The two were linked by hand: one is a pull request whose merging closes the other.
    Connected(IssueKey),
    /// The two are no longer linked by hand.
    Disconnected(IssueKey),
    /// It came from another repository.
    Transferred(RepositoryKey),
    /// It says the same as the other.
    MarkedAsDuplicate(IssueKey),
    /// A comment was deleted.
    CommentDeleted,
}

impl EventKind {
    /// Whether it is one that only the timeline shows.
    #[must_use]
    pub const fn is_cross_reference(&self) -> bool {
        matches!(self, Self::CrossReferenced(..))
    }
}

/// One entry of an issue's history.
#[derive(Debug, Clone)]
pub struct Event {
    /// What it happened to.
    pub issue: IssueKey,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    pub(crate) actor: UserKey,
}
