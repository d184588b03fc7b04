//! Coming and going: making, moving, hiding and deleting issues and repositories, and the passing of
//! time.

use crate::world::{
    EventKind, Issue, IssueKey, Malformation, Presence, RepositoryKey, Text, World,
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
}
