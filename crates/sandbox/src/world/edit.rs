//! Changes as people make them: each moves `updated_at`, leaves its event and gives the issue a new
//! version. What GitHub changes without moving `updated_at` stands in `relation.rs`.

use mainstem_model::Timestamp;

use crate::world::{
    Comment, CommentKey, Event, EventKey, EventKind, Issue, IssueKey, IssueTypeKey, Label,
    LabelKey, Malformation, MilestoneKey, Presence, RepositoryKey, StateReason, Text, UserKey,
    World,
};

/// What a new issue starts with.
#[derive(Debug, Clone, Default)]
pub struct NewIssue {
    /// Its title.
    pub title: String,
    /// Its text, if any.
    pub body: Option<String>,
    /// Names of labels; unknown ones are made.
    pub labels: Vec<String>,
    /// Logins; unknown ones are left out, as GitHub does.
    pub assignees: Vec<String>,
}

impl World {
    /// Makes an issue and returns its key.
    pub fn create_issue(&mut self, repository: RepositoryKey, new: NewIssue) -> IssueKey {
        let now = self.moments.advance();
        let key = self.add_issue(Issue {
            number: 0,
            repository,
            title: new.title.into(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            presence: Presence::Present,
            pull_request: None,
            body: new.body.map_or(Text::Empty, |body| Text::Written(body.into())),
            references: Box::default(),
            author: self.actor,
            state_reason: None,
            closed_by: None,
            issue_type: None,
            milestone: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            comments: Vec::new(),
            events: Vec::new(),
            blocked_by: Vec::new(),
            blocking: Vec::new(),
            parent: None,
            sub_issues: Vec::new(),
            closed_by_pulls: Vec::new(),
            duplicate_of: None,
            malformation: None,
            version: 0,
        });
        for label in new.labels {
            self.attach_label(key, &label, now);
        }
        for login in new.assignees {
            self.attach_assignee(key, &login, now);
        }
        key
    }

    /// Gives the issue another title.
    pub fn edit_title(&mut self, issue: IssueKey, title: &str) {
        let now = self.moments.advance();
        let old = std::mem::replace(&mut self.issue_mut(issue).title, title.into());
        self.record(issue, EventKind::Renamed(Box::new((old.into(), title.to_owned()))), now);
        self.touch(issue, now);
    }

    /// Gives the issue another text; an empty one is no text.
    pub fn edit_body(&mut self, issue: IssueKey, body: &str) {
        let now = self.moments.advance();
        self.issue_mut(issue).body =
            if body.is_empty() { Text::Empty } else { Text::Written(body.into()) };
        self.touch(issue, now);
    }

    /// Closes an open issue; a closed one only takes the new reason.
    pub fn close(&mut self, issue: IssueKey, reason: StateReason) {
        let now = self.moments.advance();
        let actor = self.actor;
        if self[issue].is_open() {
            self.count_open(issue, false);
            self.record(issue, EventKind::Closed(Some(reason), None), now);
            let closed = self.issue_mut(issue);
            closed.closed_at = Some(now);
            closed.closed_by = Some(actor);
            self.bump_counting(issue);
        }
        self.issue_mut(issue).state_reason = Some(reason);
        self.touch(issue, now);
    }

    /// Opens a closed issue again; nothing happens to an open one.
    pub fn reopen(&mut self, issue: IssueKey) {
        if self[issue].is_open() {
            return;
        }
        let now = self.moments.advance();
        self.count_open(issue, true);
        self.record(issue, EventKind::Reopened, now);
        let opened = self.issue_mut(issue);
        opened.closed_at = None;
        opened.closed_by = None;
        opened.state_reason = Some(StateReason::Reopened);
        self.touch(issue, now);
        self.bump_counting(issue);
    }

    /// Adds a label, and makes it where the repository has none of that name.
    pub fn add_label(&mut self, issue: IssueKey, name: &str) {
        let now = self.moments.advance();
        if self.attach_label(issue, name, now) {
            self.touch(issue, now);
        }
    }

    /// Removes a label; `false` where the issue does not carry it.
    pub fn remove_label(&mut self, issue: IssueKey, name: &str) -> bool {
        let Some(label) = self.label_of(self[issue].repository, name) else { return false };
        if !self[issue].labels.contains(&label) {
            return false;
        }
        let now = self.moments.advance();
        self.issue_mut(issue).labels.retain(|&other| other != label);
        self.record(issue, EventKind::Unlabeled(label), now);
        self.touch(issue, now);
        true
    }

    /// Makes these the labels of the issue, and no others.
    pub fn set_labels(&mut self, issue: IssueKey, names: &[String]) {
        let surplus: Vec<String> = self[issue]
            .labels
            .iter()
            .map(|&label| self[label].name.clone())
            .filter(|old| !names.iter().any(|name| name.eq_ignore_ascii_case(old)))
            .collect();
        for name in surplus {
            self.remove_label(issue, &name);
        }
        for name in names {
            self.add_label(issue, name);
        }
    }

    /// Makes these the assignees of the issue, and no others.
    pub fn set_assignees(&mut self, issue: IssueKey, logins: &[String]) {
        let surplus: Vec<String> = self[issue]
            .assignees
            .iter()
            .map(|&user| self[user].login.clone())
            .filter(|old| !logins.iter().any(|login| login.eq_ignore_ascii_case(old)))
            .collect();
        for login in surplus {
            self.unassign(issue, &login);
        }
        for login in logins {
            self.assign(issue, login);
        }
    }

    /// Assigns someone; `false` where there is nobody of that login.
    pub fn assign(&mut self, issue: IssueKey, login: &str) -> bool {
        let now = self.moments.advance();
        let known = self.attach_assignee(issue, login, now);
        if known {
            self.touch(issue, now);
        }
        known
    }

    /// Takes an assignment away; `false` where there was none.
    pub fn unassign(&mut self, issue: IssueKey, login: &str) -> bool {
        let Some(user) = self.user(login).filter(|user| self[issue].assignees.contains(user))
        else {
            return false;
        };
        let now = self.moments.advance();
        self.issue_mut(issue).assignees.retain(|&other| other != user);
        self.record(issue, EventKind::Unassigned(user), now);
        self.touch(issue, now);
        true
    }

    /// Puts the issue into a milestone of its repository, or into none.
    pub fn set_milestone(&mut self, issue: IssueKey, milestone: Option<MilestoneKey>) {
        let old = self[issue].milestone;
        if old == milestone {
            return;
        }
        let now = self.moments.advance();
        let open = self[issue].is_open();
        if let Some(old) = old {
            self.count_in_milestone(old, open, -1);
            self.record(issue, EventKind::Demilestoned(old), now);
        }
        if let Some(new) = milestone {
            self.count_in_milestone(new, open, 1);
            self.record(issue, EventKind::Milestoned(new), now);
        }
        self.issue_mut(issue).milestone = milestone;
        self.touch(issue, now);
    }

    /// Gives the issue a type, or none.
    pub fn set_issue_type(&mut self, issue: IssueKey, issue_type: Option<IssueTypeKey>) {
        let kind = match (self[issue].issue_type, issue_type) {
            (None, Some(new)) => EventKind::IssueTypeAdded(new),
            (Some(old), None) => EventKind::IssueTypeRemoved(old),
            (Some(old), Some(new)) if old != new => EventKind::IssueTypeChanged(old, new),
            _ => return,
        };
        let now = self.moments.advance();
        self.issue_mut(issue).issue_type = issue_type;
        self.record(issue, kind, now);
        self.touch(issue, now);
    }

    /// Comments as `author`.
    pub fn comment(&mut self, issue: IssueKey, author: UserKey, body: &str) -> CommentKey {
        let now = self.moments.advance();
        let key = self.add_comment(issue, author, Text::Written(body.into()), now);
        self.touch(issue, now);
        key
    }

    /// Gives a comment another text. The issue's `updated_at` moves too.
    pub fn edit_comment(&mut self, comment: CommentKey, body: &str) {
        let now = self.moments.advance();
        let version = self.next_version();
        let edited = &mut self.comments[comment.0 as usize];
        edited.body = Text::Written(body.into());
        edited.updated_at = now;
        edited.version = version;
        self.touch(self[comment].issue, now);
    }

    /// Deletes a comment.
    pub fn delete_comment(&mut self, comment: CommentKey) {
        let now = self.moments.advance();
        let issue = self[comment].issue;
        self.comments[comment.0 as usize].deleted = true;
        self.issue_mut(issue).comments.retain(|&other| other != comment);
        let repository = self[issue].repository;
        self.repositories[repository.0 as usize].comments.retain(|&other| other != comment);
        self.record(issue, EventKind::CommentDeleted, now);
        self.touch(issue, now);
    }

    /// Moves the issue to another repository: a new id, a new number, a redirect from the old one.
    /// Labels go along by name; the milestone stays behind. Nothing happens to a pull request.
    pub fn transfer(&mut self, issue: IssueKey, to: RepositoryKey) -> IssueKey {
        let from = self[issue].repository;
        if from == to || self[issue].is_pull_request() || !self.is_visible(issue) {
            return issue;
        }
        let now = self.moments.advance();
        let names: Vec<String> =
            self[issue].labels.iter().map(|&label| self[label].name.clone()).collect();
        self.set_milestone(issue, None);
        self.leave(issue, Presence::Present);
        let mut moved = self[issue].clone();
        moved.repository = to;
        moved.labels.clear();
        moved.events.clear();
        moved.updated_at = now;
        let new = self.add_issue(moved);
        for name in names {
            self.attach_label(new, &name, now);
        }
        for comment in self[new].comments.clone() {
            let version = self.next_version();
            self.comments[comment.0 as usize].issue = new;
            self.comments[comment.0 as usize].version = version;
            self.repositories[from.0 as usize].comments.retain(|&other| other != comment);
            self.repositories[to.0 as usize].comments.push(comment);
        }
        self.rename_in_relations(issue, new);
        self.issue_mut(issue).comments.clear();
        self.issue_mut(issue).presence = Presence::Transferred(new);
        self.record(new, EventKind::Transferred(from), now);
        self.touch(new, now);
        self.bump_neighbours(new);
        new
    }

    /// Deletes the issue: 410 from now on.
    pub fn delete(&mut self, issue: IssueKey) {
        self.leave(issue, Presence::Deleted);
    }

    /// Hides the issue: 404 from now on, as if access were lost.
    pub fn hide(&mut self, issue: IssueKey) {
        self.leave(issue, Presence::Hidden);
    }

    /// Shows a hidden issue again.
    pub fn show(&mut self, issue: IssueKey) {
        if self[issue].presence == Presence::Hidden {
            self.issue_mut(issue).presence = Presence::Present;
            self.count_open_if_open(issue, 1);
            self.bump(issue);
            self.bump_neighbours(issue);
        }
    }

    /// Hides a repository with all that is in it.
    pub fn hide_repository(&mut self, repository: RepositoryKey, hidden: bool) {
        self.repositories[repository.0 as usize].hidden = hidden;
        for issue in self[repository].issues.clone() {
            self.bump_neighbours(issue);
        }
        self.bump_repository(repository);
    }

    /// Gives a repository another name; the old one redirects.
    pub fn rename_repository(&mut self, repository: RepositoryKey, name: &str) {
        let old = self.full_name(repository).to_ascii_lowercase();
        self.former_names.insert(old, repository);
        name.clone_into(&mut self.repositories[repository.0 as usize].name);
        // Every record carries the repository's name in its URLs.
        for issue in self[repository].issues.clone() {
            self.bump(issue);
            for sub_issue in self[issue].sub_issues.clone() {
                self.bump(sub_issue);
            }
        }
        for comment in self[repository].comments.clone() {
            let version = self.next_version();
            self.comments[comment.0 as usize].version = version;
        }
        self.bump_repository(repository);
    }

    /// Makes the issue's record break its schema, or heals it.
    pub fn malform(&mut self, issue: IssueKey, how: Option<Malformation>) {
        self.issue_mut(issue).malformation = how.map(Box::new);
        self.bump(issue);
    }

    /// Gives `count` visible issues, spread over the whole site, another title. Returns them.
    pub fn bulk_edit(&mut self, count: usize) -> Vec<IssueKey> {
        let all: Vec<IssueKey> =
            self.visible_issues().filter(|&key| !self[key].is_pull_request()).collect();
        let step = (all.len() / count.max(1)).max(1);
        let chosen: Vec<IssueKey> = all.into_iter().step_by(step).take(count).collect();
        for &issue in &chosen {
            let title = format!("{} (revised)", self[issue].title);
            self.edit_title(issue, &title);
        }
        chosen
    }

    /// From now on every change happens at the same instant.
    pub fn freeze_time(&mut self) {
        self.moments.freeze();
    }

    /// Time goes on.
    pub fn thaw_time(&mut self) {
        self.moments.thaw();
    }

    fn leave(&mut self, issue: IssueKey, presence: Presence) {
        if self[issue].presence != Presence::Present {
            return;
        }
        self.count_open_if_open(issue, -1);
        self.issue_mut(issue).presence = presence;
        self.bump(issue);
        self.bump_neighbours(issue);
    }

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

    fn attach_label(&mut self, issue: IssueKey, name: &str, at: Timestamp) -> bool {
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

    fn attach_assignee(&mut self, issue: IssueKey, login: &str, at: Timestamp) -> bool {
        let Some(user) = self.user(login) else { return false };
        if !self[issue].assignees.contains(&user) {
            self.issue_mut(issue).assignees.push(user);
            self.record(issue, EventKind::Assigned(user), at);
            self.bump(issue);
        }
        true
    }

    fn count_open_if_open(&mut self, issue: IssueKey, change: i32) {
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

    fn count_open(&mut self, issue: IssueKey, open: bool) {
        let Issue { repository, milestone, .. } = self[issue];
        let change = if open { 1 } else { -1 };
        let count = &mut self.repositories[repository.0 as usize].open_issues;
        *count = count.saturating_add_signed(change);
        if let Some(milestone) = milestone {
            self.count_in_milestone(milestone, true, change);
            self.count_in_milestone(milestone, false, -change);
        }
    }

    fn count_in_milestone(&mut self, milestone: MilestoneKey, open: bool, change: i32) {
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

    fn bump_repository(&mut self, repository: RepositoryKey) {
        let version = self.next_version();
        self.repositories[repository.0 as usize].version = version;
    }

    /// The issues whose summaries count this one: their records change with its state.
    fn bump_counting(&mut self, issue: IssueKey) {
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
