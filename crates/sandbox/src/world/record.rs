//! Keeping the books: lists, counts, events and versions in step with every change.

use mainstem_model::Timestamp;

use crate::world::{
    Comment, CommentKey, Event, EventKey, EventKind, Issue, IssueKey, Label, LabelKey,
    MilestoneKey, RepositoryKey, Text, UserKey, World,
};

impl World {
    pub(crate) fn add_issue(&mut self, mut issue: Issue) -> IssueKey {
        let key = IssueKey(self.issues.len() as u32);
        let repository = &mut self.repositories[issue.repository.0 as usize];
        repository.issues.push(key);
        issue.number = repository.issues.len() as u32;
        self.issues.push(issue);
        self.count_open_if_open(key, 1);
        self.bump(key);
        key
    }

    pub(crate) fn add_comment(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        body: Text,
        at: Timestamp,
    ) -> CommentKey {
        let key = CommentKey(self.comments.len() as u32);
        let version = self.next_version();
        self.comments.push(Comment {
            issue,
            created_at: at,
            updated_at: at,
            deleted: false,
            author,
            body,
            version,
        });
        let repository = self[issue].repository;
        self.repositories[repository.0 as usize].comments.push(key);
        self.issue_mut(issue).comments.push(key);
        self.bump(issue);
        key
    }

    pub(crate) fn record(&mut self, issue: IssueKey, kind: EventKind, at: Timestamp) {
        let actor = self.actor;
        self.record_by(issue, actor, kind, at);
    }

    pub(crate) fn record_by(
        &mut self,
        issue: IssueKey,
        actor: UserKey,
        kind: EventKind,
        at: Timestamp,
    ) {
        let key = EventKey(self.events.len() as u32);
        self.events.push(Event { issue, kind, created_at: at, actor });
        let repository = self[issue].repository;
        self.repositories[repository.0 as usize].events.push(key);
        self.issue_mut(issue).events.push(key);
    }

    pub(super) fn attach_label(&mut self, issue: IssueKey, name: &str, at: Timestamp) -> bool {
        let repository = self[issue].repository;
        let label = match self.label_of(repository, name) {
            Some(label) => label,
            None => self.add_label_to_repository(repository, name, "ededed", None),
        };
        if self[issue].labels.contains(&label) {
            return false;
        }
        self.issue_mut(issue).labels.push(label);
        self.record(issue, EventKind::Labeled(label), at);
        self.bump(issue);
        true
    }

    pub(crate) fn add_label_to_repository(
        &mut self,
        repository: RepositoryKey,
        name: &str,
        color: &str,
        description: Option<&str>,
    ) -> LabelKey {
        let key = LabelKey(self.labels.len() as u32);
        self.labels.push(Label {
            name: name.to_owned(),
            repository,
            color: color.to_owned(),
            description: description.map(str::to_owned),
        });
        self.repositories[repository.0 as usize].labels.push(key);
        self.bump_repository(repository);
        key
    }

    pub(super) fn attach_assignee(&mut self, issue: IssueKey, login: &str, at: Timestamp) -> bool {
        let Some(user) = self.user(login) else { return false };
        if !self[issue].assignees.contains(&user) {
            self.issue_mut(issue).assignees.push(user);
            self.record(issue, EventKind::Assigned(user), at);
            self.bump(issue);
        }
        true
    }

    pub(super) fn count_open_if_open(&mut self, issue: IssueKey, change: i32) {
        let Issue { repository, milestone, .. } = self[issue];
        let open = self[issue].is_open();
        if open {
            let count = &mut self.repositories[repository.0 as usize].open_issues;
            *count = count.saturating_add_signed(change);
        }
        if let Some(milestone) = milestone {
            self.count_in_milestone(milestone, open, change);
        }
    }

    pub(super) fn count_open(&mut self, issue: IssueKey, open: bool) {
        let Issue { repository, milestone, .. } = self[issue];
        let change = if open { 1 } else { -1 };
        let count = &mut self.repositories[repository.0 as usize].open_issues;
        *count = count.saturating_add_signed(change);
        if let Some(milestone) = milestone {
            self.count_in_milestone(milestone, true, change);
            self.count_in_milestone(milestone, false, -change);
        }
    }

    pub(super) fn count_in_milestone(&mut self, milestone: MilestoneKey, open: bool, change: i32) {
        let version = self.next_version();
        let milestone = &mut self.milestones[milestone.0 as usize];
        let count = if open { &mut milestone.open_issues } else { &mut milestone.closed_issues };
        *count = count.saturating_add_signed(change);
        milestone.version = version;
    }

    pub(crate) fn issue_mut(&mut self, issue: IssueKey) -> &mut Issue {
        &mut self.issues[issue.0 as usize]
    }

    /// The issue changed, and its `updated_at` with it.
    pub(crate) fn touch(&mut self, issue: IssueKey, at: Timestamp) {
        self.issue_mut(issue).updated_at = at;
        self.bump(issue);
    }

    /// The issue's record changed, but `updated_at` stays as it was.
    pub(crate) fn bump(&mut self, issue: IssueKey) {
        let version = self.next_version();
        self.issue_mut(issue).version = version;
        self.bump_repository(self[issue].repository);
    }

    pub(super) fn bump_repository(&mut self, repository: RepositoryKey) {
        let version = self.next_version();
        self.repositories[repository.0 as usize].version = version;
    }

    /// The issues whose summaries count this one: their records change with its state.
    pub(super) fn bump_counting(&mut self, issue: IssueKey) {
        let Issue { blocked_by, blocking, parent, .. } = &self[issue];
        let counting: Vec<IssueKey> =
            blocked_by.iter().chain(blocking).chain(parent).copied().collect();
        for other in counting {
            self.bump(other);
        }
    }

    /// The same and the sub-issues, which name their parent: their records change when it comes or
    /// goes.
    pub(crate) fn bump_neighbours(&mut self, issue: IssueKey) {
        self.bump_counting(issue);
        for sub_issue in self[issue].sub_issues.clone() {
            self.bump(sub_issue);
        }
    }

    pub(crate) fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }
}
