//! Coming and going: making, moving, archiving, hiding and deleting issues and projects, and the passing
//! of time.

use mainstem_model::Timestamp;

use crate::jira::catalogue::{IssueType, Priority, Status};
use crate::jira::text::Text;
use crate::jira::world::{
    Change, Edit, Happening, Issue, IssueKey, IssueName, Presence, ProjectKey, ProjectStatus,
    UserKey, World,
};
use crate::world::Malformation;

/// What a new issue starts with.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// Its title.
    pub summary: String,
    /// Its description, in wiki markup; an empty one is none.
    pub description: String,
    /// What it is.
    pub issue_type: IssueType,
    /// Who works on it.
    pub assignee: Option<UserKey>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The issue or epic that it is part of.
    pub parent: Option<IssueKey>,
}

impl Default for NewIssue {
    fn default() -> Self {
        Self {
            summary: "New issue".into(),
            description: String::new(),
            issue_type: IssueType::TASK,
            assignee: None,
            labels: Vec::new(),
            parent: None,
        }
    }
}

impl World {
    /// Makes an issue and returns its key.
    pub fn create_issue(&mut self, project: ProjectKey, new: NewIssue) -> IssueKey {
        self.create_issue_with(project, new, Edit::default())
    }

    /// The same, with more fields; those leave nothing in the history.
    pub(crate) fn create_issue_with(
        &mut self,
        project: ProjectKey,
        new: NewIssue,
        more: Edit,
    ) -> IssueKey {
        let at = self.moments.advance();
        let mut issue = Issue::blank(at, self.actor);
        issue.summary = new.summary.into();
        issue.description = Text::wiki(&new.description);
        issue.issue_type = new.issue_type;
        issue.assignee = new.assignee;
        issue.labels = new.labels.into_iter().map(String::into_boxed_str).collect();
        let key = self.add_issue(project, issue);
        if let Some(parent) = new.parent {
            self.issues[key.0 as usize].parent = Some(parent);
            self.issues[parent.0 as usize].children.push(key);
        }
        self.apply(key, more, at, &mut Vec::new());
        self.announce_to_index(key, true);
        self.happen(Happening::IssueCreated(key));
        key
    }

    pub(crate) fn add_issue(&mut self, project: ProjectKey, mut issue: Issue) -> IssueKey {
        let key = IssueKey(self.issues.len() as u32);
        issue.name = self.take_name(project, key);
        self.issues.push(issue);
        self.version += 1;
        key
    }

    fn take_name(&mut self, project: ProjectKey, issue: IssueKey) -> IssueName {
        let home = &mut self.projects[project.0 as usize];
        let number = home.next_number;
        home.next_number += 1;
        home.by_number.insert(number, issue);
        IssueName { project, number }
    }

    /// Moves the issue to another project: the id stays, the key changes, and the old key leads to it
    /// for ever. Versions and components stay behind, sub-tasks come along. Nothing happens within a
    /// project.
    pub fn move_issue(&mut self, issue: IssueKey, to: ProjectKey) {
        let from = self[issue].name;
        if from.project == to {
            return;
        }
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let new = self.take_name(to, issue);
        self.projects[from.project.0 as usize].by_number.remove(&from.number);
        self.former_names.insert(from, issue);
        let moved = &mut self.issues[issue.0 as usize];
        moved.name = new;
        let mut changes: Vec<Change> = moved
            .fix_versions
            .drain(..)
            .map(|version| Change::FixVersion(Some(version), None))
            .chain(moved.components.drain(..).map(|part| Change::Component(Some(part), None)))
            .collect();
        changes.push(Change::Moved(from, new));
        self.finish(issue, changes, at);
        for part in self[issue].children.clone() {
            if self[part].issue_type.is_sub_task() {
                self.move_issue(part, to);
            }
        }
    }

    /// Deletes an issue, its sub-tasks, and every link to them. Nothing is left to tell of it but the
    /// links' removal in the histories of their other ends.
    pub fn delete(&mut self, issue: IssueKey) {
        if self[issue].presence == Presence::Deleted {
            return;
        }
        self.set_presence(issue, Presence::Deleted);
        self.happen(Happening::IssueDeleted(issue));
        let children = self[issue].children.clone();
        for child in children {
            if self[child].issue_type.is_sub_task() {
                self.delete(child);
            } else {
                self.issues[child.0 as usize].parent = None;
            }
        }
        for link in self[issue].links.clone() {
            self.unlink(link);
        }
        if let Some(parent) = self[issue].parent {
            self.issues[parent.0 as usize].children.retain(|&child| child != issue);
        }
    }

    /// Puts an issue away: no search finds it, and it can still be read by its id.
    pub fn archive(&mut self, issue: IssueKey) {
        let at = self.moments.advance();
        self.set_presence(issue, Presence::Archived(at));
    }

    /// Takes the account's right to see an issue.
    pub fn hide(&mut self, issue: IssueKey) {
        let project = self[issue].name.project;
        self.projects[project.0 as usize].security_level = Some(10_000);
        self.set_presence(issue, Presence::Hidden);
    }

    /// Brings back an issue that was archived or hidden; nothing brings back a deleted one.
    pub fn show(&mut self, issue: IssueKey) {
        if self[issue].presence != Presence::Deleted {
            self.set_presence(issue, Presence::Present);
        }
    }

    fn set_presence(&mut self, issue: IssueKey, presence: Presence) {
        self.issues[issue.0 as usize].presence = presence;
        self.version += 1;
    }

    /// Takes or gives back the account's right to see a project.
    pub fn hide_project(&mut self, project: ProjectKey, hidden: bool) {
        self.projects[project.0 as usize].hidden = hidden;
        self.version += 1;
    }

    /// Archives a project, puts it into the bin, or takes it out again.
    pub fn set_project_status(&mut self, project: ProjectKey, status: ProjectStatus) {
        self.projects[project.0 as usize].status = status;
        self.version += 1;
    }

    /// Gives the project another key. All its issues' keys change with it, the old ones lead to them
    /// for ever, and no issue's time or history tells of it.
    pub fn rename_project(&mut self, project: ProjectKey, key: &str) {
        let renamed = &mut self.projects[project.0 as usize];
        let before = std::mem::replace(&mut renamed.key, key.to_uppercase());
        renamed.former_keys.push(before);
        self.version += 1;
    }

    /// Breaks the issue's record on the wire, or mends it.
    pub fn malform(&mut self, issue: IssueKey, malformation: Option<Malformation>) {
        self.issues[issue.0 as usize].malformation = malformation.map(Box::new);
        self.version += 1;
    }

    /// Changes have the same time from now on.
    pub fn freeze_time(&mut self) {
        self.moments.freeze();
    }

    /// Time goes on.
    pub fn thaw_time(&mut self) {
        self.moments.thaw();
    }

    /// The present time of the site.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.moments.now()
    }

    /// Who is taken to do what the methods do, from now on.
    pub fn act_as(&mut self, user: UserKey) {
        self.actor = user;
    }

    /// The account's own time zone, from now on: searches read their dates in it.
    pub fn set_time_zone(&mut self, name: &str) {
        self.users[0].time_zone = name.to_owned();
        self.version += 1;
    }

    /// Locks somebody out; their work stays.
    pub fn deactivate(&mut self, user: UserKey) {
        self.users[user.0 as usize].active = false;
        self.version += 1;
    }
}

impl Issue {
    /// An issue with nothing in it but a time and an author; the name is given when it is added.
    pub(crate) fn blank(at: Timestamp, author: UserKey) -> Self {
        Self {
            name: IssueName { project: ProjectKey(0), number: 0 },
            summary: "".into(),
            created_at: at,
            updated_at: at,
            status: Status::TO_DO,
            issue_type: IssueType::TASK,
            presence: Presence::Present,
            assignee: None,
            description: Text::Empty,
            priority: Priority::MEDIUM,
            resolution: None,
            category_changed_at: at,
            reporter: author,
            creator: author,
            parent: None,
            children: Vec::new(),
            labels: Vec::new(),
            components: Vec::new(),
            fix_versions: Vec::new(),
            sprints: Vec::new(),
            due: None,
            original_estimate: None,
            remaining_estimate: None,
            time_spent: 0,
            custom: Vec::new(),
            comments: Vec::new(),
            worklogs: Vec::new(),
            histories: Vec::new(),
            links: Vec::new(),
            remote_links: Vec::new(),
            malformation: None,
        }
    }
}
