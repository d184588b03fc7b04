//! Records: what a connector hands over. They name things by the tool's own ids; the store turns
//! those into Mainstem's ids. Every record is a whole snapshot with a version, and an older version
//! never overwrites a newer one, whichever way it came.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    Commit, Criterion, CustomField, Date, LinkKind, Presence, Priority, RemoteLink, Status,
    TaskKind, Timestamp,
};

/// The tool's own immutable id of something, such as GitHub's database id. Never shown.
pub type ExternalId = Arc<str>;

/// The key of a scope: the unit that is pulled with one cursor, such as one repository.
pub type ScopeKey = Arc<str>;

/// Where a pull goes on. Opaque outside its connector; it holds watermark, page and signpost
/// together, and is stored in the transaction that stores what it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// Where the next page of a listing starts. Opaque outside its connector, never stored for long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageToken(pub String);

/// One unit of pulling, as the tool offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its key, unique within the source.
    pub key: ScopeKey,
    /// The name people see.
    pub name: String,
}

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// Where the next one starts; `None` on the last.
    pub next: Option<PageToken>,
}

/// What one step of a pull, or one fetch, brings. A batch is a checkpoint: it is stored in one
/// transaction together with the cursor, so a crash costs what was read and not stored, three batches
/// at most.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// People that the other records name.
    pub people: Vec<PersonRecord>,
    /// Who is away.
    pub availabilities: Vec<AvailabilityRecord>,
    /// Projects that the tasks belong to.
    pub projects: Vec<ProjectRecord>,
    /// Tasks, whole.
    pub tasks: Vec<TaskRecord>,
    /// Comments, whole.
    pub comments: Vec<CommentRecord>,
    /// The complete list of comments of a task, where the tool was asked for all of them; what is
    /// in the store beyond it has been removed at the tool.
    pub comment_sets: Vec<PartSet>,
    /// Logged work, whole.
    pub worklogs: Vec<WorklogRecord>,
    /// As `comment_sets`, of worklogs.
    pub worklog_sets: Vec<PartSet>,
    /// Mail about items of other sources, a complete group at a time.
    pub notices: Vec<NoticeSet>,
    /// The complete links of a task to what lies outside its tool.
    pub remote_links: Vec<RemoteLinkSet>,
    /// The branches of tasks that carry something out.
    pub branches: Vec<BranchRecord>,
    /// The complete commits of tasks that carry something out.
    pub commits: Vec<CommitSet>,
    /// The complete native links that one task's payload states.
    pub relations: Vec<RelationRecord>,
    /// The past of tasks that are stored already; names every task whose past was read.
    pub histories: Vec<HistoryRecord>,
    /// Tasks that the tool now shows under another id.
    pub moves: Vec<MoveRecord>,
    /// Tasks that the tool no longer shows.
    pub absences: Vec<AbsenceRecord>,
    /// What became of every task of the scope that was shown so far, where the tool says it of the
    /// scope as a whole; never [`Presence::Present`].
    pub scope_absence: Option<Presence>,
    /// Records that could not be read; they do not sink the batch.
    pub quarantine: Vec<QuarantineRecord>,
    /// What should be fetched next, because this batch says that there is something to read.
    pub hints: Vec<Hint>,
    /// Where the pull goes on after this batch; `None` where the batch is not part of a pull.
    pub cursor: Option<Cursor>,
    /// Whether the pull has more to give right now. When false, the pass is complete.
    pub more: bool,
    /// Whether this pass may have missed something that a census would show, such as when a list
    /// shifted while its pages were turned: one is taken as soon as the pass is complete.
    pub wants_census: bool,
    /// How far the pass is, for a progress bar.
    pub progress: Option<Progress>,
}

/// How far a pass is. `total` is the tool's word or an upper estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Items read so far in this pass.
    pub done: u64,
    /// Items that the pass will read, as far as is known.
    pub total: Option<u64>,
}

/// A person as the tool knows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PersonRecord {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// What people type to mention them.
    pub handle: Option<String>,
    /// The name people see, where the tool gives one.
    pub name: Option<String>,
    /// Mail address, where the tool shows one.
    pub email: Option<String>,
    /// The name is what somebody wrote of themselves, such as the sender of a mail, and not what an
    /// account of the tool is called: the name of any account goes before it.
    pub self_asserted: bool,
}

/// That somebody is away, as they said it themselves: a connector gives only what the tool vouches for,
/// and nothing that names no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityRecord {
    /// Who, by external id.
    pub person: ExternalId,
    /// The last day of it. It ends with that day in UTC, for nobody says in which zone they live.
    pub until: Date,
    /// The words that say so.
    pub quote: String,
    /// Where a person can read them.
    pub url: Option<String>,
    /// When they were said: what somebody said last holds, whichever arrives last.
    pub said_at: Timestamp,
}

/// A project as the tool knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRecord {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// What people call it.
    pub key: String,
    /// Its full name.
    pub name: String,
    /// Where a person sees it.
    pub url: Option<String>,
}

/// A task of this source named by another record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskReference {
    /// What the tool calls it, in the same form as [`TaskRecord::key`].
    pub key: String,
    /// The tool's immutable id, where the payload gives it.
    pub external_id: Option<ExternalId>,
}

/// What a payload says of the task that another is a part of. GitHub's lists leave it out even where
/// there is one, so silence is not the same as "none".
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum ParentRecord {
    /// The payload does not say: what is stored stays, and does not count as a difference.
    #[default]
    Unsaid,
    /// It says that there is none.
    None,
    /// It names it.
    Is(TaskReference),
}

/// A task, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRecord {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// What the connector needs to ask for this one again; opaque outside it.
    pub locator: String,
    /// The project, by external id; it must be in the store or in the same batch.
    pub project: ExternalId,
    /// What people call it.
    pub key: String,
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
    /// Who is to do it, by external id, in the tool's order.
    pub assignees: Vec<ExternalId>,
    /// Who wrote it, by external id.
    pub author: Option<ExternalId>,
    /// Labels, in the tool's order.
    pub labels: Vec<String>,
    /// Milestone or fix version.
    pub milestone: Option<String>,
    /// Sprint or iteration.
    pub sprint: Option<String>,
    /// The task that this one is a part of.
    pub parent: ParentRecord,
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
    /// Original estimate in seconds.
    pub estimate_seconds: Option<i64>,
    /// Time logged in seconds.
    pub time_spent_seconds: Option<i64>,
    /// Markdown.
    pub body: Option<String>,
    /// What has to hold before it is done.
    pub criteria: Vec<Criterion>,
    /// The tool's custom fields.
    pub fields: Vec<CustomField>,
    /// Grows whenever the tool changes the task: microseconds of its updated time, a sequence, a
    /// modification counter. Equal versions with another content are accepted, older ones never.
    pub version: i64,
    /// What a census will say of the task while nothing has changed; see [`CensusEntry::token`].
    pub census_token: Option<String>,
    /// What the tool tells of the task's past, as far as this payload goes.
    pub history: Vec<HistoryEntry>,
    /// The payload as it came, kept compressed so that a better normalizer can be run again.
    pub raw: Bytes,
}

/// What the tool tells of the past of a task that is stored already. The task itself stays as it is;
/// what is newer than its stored reading is left for its next one.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRecord {
    /// The task, by external id.
    pub task: ExternalId,
    /// Its past changes; empty where there were none, or where a hint asks for it to be read whole.
    pub entries: Vec<HistoryEntry>,
}

/// One past change as the tool tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Names this change within its task for ever, whichever way the tool tells of it, so that it is
    /// logged once.
    pub key: String,
    /// What changed.
    pub change: HistoryChange,
    /// Who did it, by external id.
    pub actor: Option<ExternalId>,
    /// When it happened in the tool.
    pub occurred_at: Timestamp,
}

/// What changed, in terms of whole values, never of single elements added to a list.
#[derive(Debug, Clone, PartialEq)]
pub enum HistoryChange {
    /// A field whose value is plain JSON, in the form of [`crate::Change`].
    Value {
        /// The field as the API names it.
        field: &'static str,
        /// JSON null where there was none.
        before: serde_json::Value,
        /// JSON null where there is none.
        after: serde_json::Value,
    },
    /// The task that it is a part of.
    Parent {
        /// Which it was.
        before: Option<TaskReference>,
        /// Which it is.
        after: Option<TaskReference>,
    },
    /// A field that lists people, by external id.
    People {
        /// The field as the API names it.
        field: &'static str,
        /// Who it listed.
        before: Vec<ExternalId>,
        /// Whom it lists.
        after: Vec<ExternalId>,
    },
}

/// A comment, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct CommentRecord {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// The task it stands on; where only the key is known, the store looks it up, and keeps the
    /// comment until the task arrives.
    pub task: TaskReference,
    /// Who wrote it, by external id.
    pub author: Option<ExternalId>,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Where a person reads it.
    pub url: Option<String>,
    /// As for [`TaskRecord::version`].
    pub version: i64,
    /// The payload as it came; empty where it is a part of the task's.
    pub raw: Bytes,
}

/// Work that somebody logged on a task, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct WorklogRecord {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// As for [`CommentRecord::task`].
    pub task: TaskReference,
    /// Who did the work, by external id.
    pub author: Option<ExternalId>,
    /// When the work began.
    pub started_at: Timestamp,
    /// How long it took, in seconds.
    pub time_spent_seconds: i64,
    /// Markdown.
    pub note: Option<String>,
    /// When the tool last changed the entry.
    pub updated_at: Timestamp,
    /// As for [`TaskRecord::version`].
    pub version: i64,
    /// The payload as it came; empty where it is a part of the task's.
    pub raw: Bytes,
}

/// Every part of one kind (comment, worklog) that a task has at the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSet {
    /// The task, by external id.
    pub task: ExternalId,
    /// All of them, by external id.
    pub parts: Vec<ExternalId>,
}

/// All mail about items of other sources that one group of a mailbox holds; what is in the store of
/// the group beyond it is not in the mailbox any more. A mail never changes its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeSet {
    /// Names the group within its source.
    pub group: String,
    /// All of them.
    pub notices: Vec<NoticeRecord>,
}

/// A mail of this source about an item of another source. Only what the connector believes is handed
/// over: a mail that anybody could have written is no evidence.
///
/// There is no payload: the header of a notification holds addresses with which its reader's answers
/// and subscriptions are managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// The mailbox's own immutable id.
    pub external_id: ExternalId,
    /// Where the item is read, as [`Site`] says it.
    pub site: Site,
    /// What the tool calls the item, in the same form as [`TaskRecord::key`].
    pub key: String,
    /// What kind of mail it is.
    pub kind: NoticeKind,
    /// A quote of its words where the tool wrote it; Markdown, whole, where a person did.
    pub body: String,
    /// When it was sent, as far as that can be believed.
    pub sent_at: Timestamp,
    /// Where a person reads it.
    pub url: Option<String>,
    /// As for [`TaskRecord::version`].
    pub version: i64,
}

/// Where people read a tool: the host in small letters, and the path below which it stands, without
/// port and slash at the end, such as `github.com` or `acme.example/jira`.
pub type Site = Arc<str>;

/// What kind of mail about an item it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// The tool tells of something.
    Told {
        /// Why it was sent, in the tool's word.
        event: Option<String>,
        /// Whose doing it is: what the tool calls them.
        actor: Option<String>,
    },
    /// A person answers, and not to the tool: a comment on the item.
    Reply {
        /// Who wrote it, by external id.
        author: Option<ExternalId>,
    },
    /// A person answers to the tool, which makes a comment of it by itself.
    ReplyToTool,
}

/// Every link that a task has to what lies outside its tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteLinkSet {
    /// The task, by external id.
    pub task: ExternalId,
    /// All of them, in an order that stays while nothing changes.
    pub links: Vec<RemoteLink>,
}

/// The branch on which a task (a pull request) carries something out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRecord {
    /// The task, by external id.
    pub task: ExternalId,
    /// What the branch is called.
    pub name: String,
}

/// Every commit with which a task (a pull request) carries something out, as far as the connector reads
/// them. What is in the store beyond it has been replaced, as by a push that rewrites the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSet {
    /// The task, by external id.
    pub task: ExternalId,
    /// All of them, in the tool's order.
    pub commits: Vec<Commit>,
}

/// The complete links that one task's payload states, as of one reading. Links of the same
/// task in the store that are missing here have ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationRecord {
    /// The task whose payload this is, by external id.
    pub task: ExternalId,
    /// Its links, either direction, direction already normalised: `from KIND to`.
    pub links: Vec<LinkRecord>,
    /// The kinds of which these are all; links of other kinds stay as they are.
    pub kinds: &'static [LinkKind],
    /// The task that it is a part of; a change is logged as field `parent` of the task.
    pub parent: ParentRecord,
    /// When the tool was asked, by the tool's own clock, in microseconds; an older reading never
    /// overwrites a newer one.
    pub version: i64,
    /// As for [`TaskRecord::census_token`]; replaces it.
    pub census_token: Option<String>,
}

/// One link of the tool's own.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRecord {
    /// What the edge says.
    pub kind: LinkKind,
    /// Where it starts.
    pub from: TaskReference,
    /// Where it leads.
    pub to: TaskReference,
    /// Since when, where the tool says so.
    pub since: Option<Timestamp>,
}

/// A task that the tool now shows under another id (a GitHub transfer). The older identity stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRecord {
    /// The id under which we knew it.
    pub from: ExternalId,
    /// The id under which the tool shows it; a task record of this id is in the same batch.
    pub to: ExternalId,
    /// The scope whose listings show it from now on, whether or not that one is read here.
    pub scope: ScopeKey,
}

/// A task that the tool no longer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsenceRecord {
    /// The task, by external id.
    pub task: ExternalId,
    /// What the tool said of it: never [`Presence::Present`].
    pub presence: Presence,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRecord {
    /// What the tool calls it, as far as could be read; a hash of the payload otherwise.
    pub external_id: String,
    /// What kind of record it was meant to be: `issue`, `comment`, …
    pub kind: String,
    /// Why it could not be read: names the field, never a secret.
    pub reason: String,
    /// The payload as it came.
    pub raw: Bytes,
}

/// Something that should be asked for: by a webhook, a census, or a batch that says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hint {
    /// The tool's own immutable id, where it is known.
    pub external_id: Option<ExternalId>,
    /// What the connector needs to ask for it; opaque outside it.
    pub locator: String,
    /// How much to read.
    pub depth: Depth,
}

/// Something that a webhook or a mail says has changed. It is a hint, never the truth: what became of it is
/// fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What to read again.
    pub hint: Hint,
    /// The scope that it belongs to by the tool's word, from which it is read even where it is new.
    /// Without one, or where this source does not read that scope, it is read only where it is stored
    /// already.
    pub scope: Option<ScopeKey>,
}

/// How much of a task a fetch reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Its native links only.
    Relations,
    /// Its past, its native links, and its remote links where the past tells of any, of a task that is
    /// stored already.
    History,
    /// The task, its comments, its worklogs, its history and its links, native and remote; also tells
    /// what became of it.
    Whole,
}

/// What a census says of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusEntry {
    /// The tool's own immutable id.
    pub external_id: ExternalId,
    /// What the connector needs to ask for it.
    pub locator: String,
    /// A cheap fingerprint of what does not reliably move the task's updated time: number of
    /// comments, of links, of link events. A task whose stored token differs is fetched whole.
    pub token: Option<String>,
}
