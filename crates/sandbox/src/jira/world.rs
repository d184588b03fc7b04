//! What the site holds: people, projects, issues, their links, comments, work logs and history.
//!
//! Everything stands in one list per kind and is named by its place in it. Ids as clients see them
//! derive from the place.

mod edit;
mod history;
mod index;
mod life;
mod link;
mod lookup;
mod talk;

use std::collections::HashMap;

use mainstem_model::{Date, Timestamp};

use crate::jira::Deployment;
use crate::jira::catalogue::{IssueType, LinkType, Priority, Resolution, Status};
use crate::jira::fields::{Custom, Fields};
use crate::jira::text::Text;
use crate::keys::{database_ids, keys};
use crate::world::{Malformation, Moments};

pub use edit::{Edit, Written};
pub(crate) use index::{Index, Row};
pub use life::NewIssue;
pub(crate) use lookup::Missing;

keys! {
    /// Names a person or an app.
    UserKey => users: User,
    /// Names a project.
    ProjectKey => projects: Project,
    /// Names an issue.
    IssueKey => issues: Issue,
    /// Names a comment.
    CommentKey => comments: Comment,
    /// Names a work log.
    WorklogKey => worklogs: Worklog,
    /// Names one entry of an issue's history.
    HistoryKey => histories: History,
    /// Names a link between two issues.
    LinkKey => links: Link,
    /// Names a link to something elsewhere.
    RemoteLinkKey => remote_links: RemoteLink,
    /// Names a sprint.
    SprintKey => sprints: Sprint,
    /// Names a version of a project.
    VersionKey => versions: Version,
    /// Names a component of a project.
    ComponentKey => components: Component,
}

database_ids! {
    ProjectKey: 10_000, 1;
    IssueKey: 10_041, 3;
    CommentKey: 10_106, 1;
    WorklogKey: 10_053, 1;
    HistoryKey: 10_211, 2;
    LinkKey: 10_304, 1;
    RemoteLinkKey: 10_020, 1;
    SprintKey: 4, 1;
    VersionKey: 10_012, 1;
    ComponentKey: 10_025, 1;
}

/// The whole site. Read it freely; change it by the methods, which keep history, times, the index and
/// versions in step.
pub struct World {
    pub(crate) deployment: Deployment,
    /// The organisation's name at the code host.
    pub(crate) organization: String,
    pub(crate) fields: Fields,
    pub(crate) users: Vec<User>,
    pub(crate) projects: Vec<Project>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) worklogs: Vec<Worklog>,
    pub(crate) histories: Vec<History>,
    pub(crate) links: Vec<Link>,
    pub(crate) remote_links: Vec<RemoteLink>,
    pub(crate) sprints: Vec<Sprint>,
    pub(crate) versions: Vec<Version>,
    pub(crate) components: Vec<Component>,
    /// Names that issues had before they were moved.
    pub(crate) former_names: HashMap<IssueName, IssueKey>,
    pub(crate) moments: Moments,
    /// Who is taken to do what the methods do.
    pub(crate) actor: UserKey,
    /// What search knows, which may be less than there is.
    pub(crate) index: Index,
    /// Whether a link moves the time of both issues, as Jira's own code does.
    pub(crate) links_move_updated: bool,
    /// Counts every change.
    pub(crate) version: u64,
    /// What webhooks are to tell; `None` while nobody hears.
    pub(crate) happenings: Option<Vec<Happening>>,
}

/// Something that webhooks tell of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happening {
    IssueCreated(IssueKey),
    /// With the entry of its history, where there is one.
    IssueUpdated(IssueKey, Option<HistoryKey>),
    IssueDeleted(IssueKey),
    /// `created`, `updated` or `deleted`.
    Comment(&'static str, CommentKey),
    Worklog(&'static str, WorklogKey),
    Link(&'static str, LinkKey),
}

impl World {
    pub(crate) fn happen(&mut self, happening: Happening) {
        if let Some(happenings) = &mut self.happenings {
            happenings.push(happening);
        }
    }
}

/// The account that reads the site.
pub(crate) const VIEWER: UserKey = UserKey(0);

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A person.
    Person,
    /// An app.
    App,
    /// A customer of a service desk.
    Customer,
}

/// A person or an app.
#[derive(Debug, Clone)]
pub struct User {
    /// The name that people see.
    pub display_name: String,
    /// The login of Data Center; the part of the address before `@` elsewhere.
    pub name: String,
    /// What it is.
    pub kind: UserKind,
    /// Whether it may still sign in.
    pub active: bool,
    /// Whether others see its address.
    pub shows_email: bool,
    /// An IANA name, such as `Europe/Berlin`.
    pub time_zone: String,
    pub(crate) account_id: String,
    /// What Data Center calls the account for ever, unlike its name.
    pub(crate) user_key: String,
}

/// Whether a project is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectStatus {
    /// It is.
    Live,
    /// It was put away: seen by those who look for it, and not searched.
    Archived,
    /// It is in the bin.
    Deleted,
}

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// What its issues' keys begin with.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Whether it is in use.
    pub status: ProjectStatus,
    /// Whether the account may not see it (any more).
    pub hidden: bool,
    /// The id of the level that hides issues from the account, where the project has one.
    pub(crate) security_level: Option<u32>,
    pub(crate) former_keys: Vec<String>,
    pub(crate) lead: UserKey,
    /// The number of the next issue.
    pub(crate) next_number: u32,
    pub(crate) by_number: HashMap<u32, IssueKey>,
    pub(crate) versions: Vec<VersionKey>,
    pub(crate) components: Vec<ComponentKey>,
    pub(crate) sprints: Vec<SprintKey>,
}

/// A version of a project.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its name.
    pub name: String,
    pub(crate) release_date: Date,
    pub(crate) released: bool,
}

/// A component of a project.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name.
    pub name: String,
    pub(crate) project: ProjectKey,
}

/// Where a sprint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SprintState {
    /// Being planned.
    Future,
    /// Being worked on.
    Active,
    /// Over.
    Closed,
}

/// A sprint of a project's board.
#[derive(Debug, Clone)]
pub struct Sprint {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: SprintState,
    pub(crate) project: ProjectKey,
    pub(crate) goal: &'static str,
    pub(crate) starts: Timestamp,
    pub(crate) ends: Timestamp,
}

/// A project and a number in it: what a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueName {
    /// The project.
    pub project: ProjectKey,
    /// The number in it.
    pub number: u32,
}

/// Whether and how clients still find an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present,
    /// Put away: it can be read by its id and is never found by a search.
    Archived(Timestamp),
    /// Deleted.
    Deleted,
    /// The account may not see it.
    Hidden,
}

/// The value of a custom field.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomValue {
    /// The place of the choice in the field's list.
    Choice(u8),
    /// Several of them.
    Choices(Vec<u8>),
    /// A choice and, where there is one, the place of the choice below it (0 or 1).
    Cascade(u8, Option<u8>),
    /// A person.
    User(UserKey),
    /// Several people.
    Users(Vec<UserKey>),
    /// A number.
    Number(f64),
    /// A date.
    Date(Date),
    /// A date and a time.
    Time(Timestamp),
    /// A line of text, or several paragraphs in wiki markup, as the field has it.
    Text(String),
    /// Labels.
    Labels(Vec<String>),
}

/// An issue.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Where it lives, and its number there.
    pub name: IssueName,
    /// Its title.
    pub summary: Box<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, as the site tells it.
    pub updated_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// What it is.
    pub issue_type: IssueType,
    /// Whether and how clients find it.
    pub presence: Presence,
    /// Who works on it.
    pub assignee: Option<UserKey>,
    pub(crate) description: Text,
    pub(crate) priority: Priority,
    pub(crate) resolution: Option<(Resolution, Timestamp)>,
    pub(crate) category_changed_at: Timestamp,
    pub(crate) reporter: UserKey,
    pub(crate) creator: UserKey,
    /// The issue that a sub-task is part of, or the epic of any other issue.
    pub(crate) parent: Option<IssueKey>,
    pub(crate) children: Vec<IssueKey>,
    pub(crate) labels: Vec<Box<str>>,
    pub(crate) components: Vec<ComponentKey>,
    pub(crate) fix_versions: Vec<VersionKey>,
    pub(crate) sprints: Vec<SprintKey>,
    pub(crate) due: Option<Date>,
    pub(crate) original_estimate: Option<u32>,
    pub(crate) remaining_estimate: Option<u32>,
    pub(crate) time_spent: u32,
    pub(crate) custom: Vec<(Custom, CustomValue)>,
    pub(crate) comments: Vec<CommentKey>,
    pub(crate) worklogs: Vec<WorklogKey>,
    pub(crate) histories: Vec<HistoryKey>,
    pub(crate) links: Vec<LinkKey>,
    pub(crate) remote_links: Vec<RemoteLinkKey>,
    pub(crate) malformation: Option<Box<Malformation>>,
}

/// A comment on an issue.
#[derive(Debug, Clone)]
pub struct Comment {
    /// What it comments on.
    pub issue: IssueKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    pub(crate) author: UserKey,
    pub(crate) update_author: UserKey,
    pub(crate) body: Text,
    pub(crate) deleted: bool,
}

/// Time that somebody spent on an issue.
#[derive(Debug, Clone)]
pub struct Worklog {
    /// On what.
    pub issue: IssueKey,
    /// How long, in seconds.
    pub seconds: u32,
    /// From when on.
    pub started_at: Timestamp,
    pub(crate) author: UserKey,
    pub(crate) update_author: UserKey,
    pub(crate) comment: Text,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// A link from one issue to another; the type says how it reads from either end.
#[derive(Debug, Clone)]
pub struct Link {
    /// What it says.
    pub kind: LinkType,
    /// The issue that "blocks", where it blocks.
    pub source: IssueKey,
    /// The issue that "is blocked by".
    pub target: IssueKey,
    pub(crate) deleted: bool,
}

/// A link to something elsewhere.
#[derive(Debug, Clone)]
pub struct RemoteLink {
    /// The issue that it stands on.
    pub issue: IssueKey,
    /// Where it leads.
    pub url: String,
    /// What it is called.
    pub title: String,
    pub(crate) relationship: Option<String>,
    pub(crate) resolved: bool,
    pub(crate) deleted: bool,
}

/// What changed at once, by one person.
#[derive(Debug, Clone)]
pub struct History {
    pub(crate) author: UserKey,
    pub(crate) created_at: Timestamp,
    pub(crate) changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Summary(Box<str>, Box<str>),
    Description(Text, Text),
    Status(Status, Status),
    Resolution(Option<Resolution>, Option<Resolution>),
    Assignee(Option<UserKey>, Option<UserKey>),
    Priority(Priority, Priority),
    IssueType(IssueType, IssueType),
    Labels(Box<str>, Box<str>),
    /// A version that the issue is no longer, or is now, planned for.
    FixVersion(Option<VersionKey>, Option<VersionKey>),
    Component(Option<ComponentKey>, Option<ComponentKey>),
    Sprints(Box<[SprintKey]>, Box<[SprintKey]>),
    /// The parent before and after, and what it was called at the time.
    Parent(Option<(IssueKey, IssueName)>, Option<(IssueKey, IssueName)>),
    DueDate(Option<Date>, Option<Date>),
    OriginalEstimate(Option<u32>, Option<u32>),
    RemainingEstimate(Option<u32>, Option<u32>),
    TimeSpent(u32, u32),
    Worklog(WorklogKey),
    WorklogRemoved(WorklogKey),
    /// Whether a link was added, how it reads from here, and what the other end was called.
    Link(bool, &'static str, IssueName),
    RemoteLink(RemoteLinkKey),
    RemoteLinkRemoved(RemoteLinkKey),
    Moved(IssueName, IssueName),
    /// A comment was deleted; this is what it said.
    CommentDeleted(Text),
    /// A custom field, before and after, as people read it.
    Custom(Custom, Option<Box<str>>, Option<Box<str>>),
}
