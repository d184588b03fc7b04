//! Changes as people make them: each moves `updated_at`, leaves its event and gives the issue a new
//! version. What GitHub changes without moving `updated_at` stands in `relation.rs`.

use crate::world::{
    CommentKey, Commit, EventKind, IssueKey, IssueTypeKey, MilestoneKey, StateReason, Text,
    UserKey, World,
};

/// Tells the seeds of commits that were pushed from those that were made up.
const PUSHED: u64 = 1 << 63;

impl World {
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

    /// Opens a closed issue again; nothing happens to an open one, nor to a merged pull request.
    pub fn reopen(&mut self, issue: IssueKey) {
        let pull_request = self[issue].pull_request.as_ref();
        let merged = pull_request.is_some_and(|pull| pull.merged_at.is_some());
        if merged || self[issue].is_open() {
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

    /// Makes an open pull request a draft, or ready for review; nothing happens to anything else.
    pub fn set_draft(&mut self, pull: IssueKey, draft: bool) {
        let open = self[pull].is_open();
        match &mut self.issue_mut(pull).pull_request {
            Some(pull) if open && pull.draft != draft => pull.draft = draft,
            _ => return,
        }
        let now = self.moments.advance();
        let kind = if draft { EventKind::ConvertedToDraft } else { EventKind::ReadyForReview };
        self.record(pull, kind, now);
        self.touch(pull, now);
    }

    /// Pushes a commit to the branch of an open pull request; `false` where it is none.
    pub fn push(&mut self, pull: IssueKey, message: &str) -> bool {
        self.push_commits(pull, &[message], false)
    }

    /// Pushes these commits to the branch of an open pull request in the place of all that it had;
    /// `false` where it is none. The event that GitHub leaves of it is left out.
    pub fn force_push(&mut self, pull: IssueKey, messages: &[&str]) -> bool {
        self.push_commits(pull, messages, true)
    }

    fn push_commits(&mut self, key: IssueKey, messages: &[&str], anew: bool) -> bool {
        let now = self.moments.advance();
        let version = self.next_version();
        let issue = self.issue_mut(key);
        let open = issue.is_open();
        let Some(pull) = issue.pull_request.as_mut().filter(|_| open) else { return false };
        if anew {
            pull.commits.clear();
        }
        pull.commits.extend(messages.iter().zip(0..).map(|(message, place): (_, u64)| Commit {
            seed: PUSHED | version << 16 | place,
            message: Text::Written((*message).into()),
            committed_at: now,
        }));
        self.touch(key, now);
        true
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
}
