//! Comments and logged work.

use mainstem_model::Timestamp;

use crate::jira::text::Text;
use crate::jira::world::{
    Change, Comment, CommentKey, Happening, IssueKey, UserKey, Worklog, WorklogKey, World,
};

impl World {
    /// Adds a comment.
    pub fn comment(&mut self, issue: IssueKey, author: UserKey, markup: &str) -> CommentKey {
        self.comment_with(issue, author, Text::wiki(markup))
    }

    pub(crate) fn comment_with(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        body: Text,
    ) -> CommentKey {
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let key = self.add_comment(issue, author, body, at);
        self.happen(Happening::Comment("created", key));
        self.finish(issue, Vec::new(), at);
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
        self.comments.push(Comment {
            issue,
            created_at: at,
            updated_at: at,
            author,
            update_author: author,
            body,
            deleted: false,
        });
        self.issues[issue.0 as usize].comments.push(key);
        key
    }

    /// Gives a comment another text. As in Jira's own code this moves the issue's time and leaves
    /// nothing in its history.
    pub fn edit_comment(&mut self, comment: CommentKey, markup: &str) {
        self.edit_comment_with(comment, Text::wiki(markup));
    }

    pub(crate) fn edit_comment_with(&mut self, comment: CommentKey, body: Text) {
        let issue = self[comment].issue;
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let actor = self.actor;
        let edited = &mut self.comments[comment.0 as usize];
        edited.body = body;
        edited.updated_at = at;
        edited.update_author = actor;
        self.happen(Happening::Comment("updated", comment));
        self.finish(issue, Vec::new(), at);
    }

    /// Deletes a comment. As in Jira's own code the history keeps what it said, and the issue's time
    /// moves.
    pub fn delete_comment(&mut self, comment: CommentKey) {
        let issue = self[comment].issue;
        self.hold_in_index(issue);
        let at = self.moments.advance();
        self.remove_comment(comment);
        self.happen(Happening::Comment("deleted", comment));
        let said = self[comment].body.clone();
        self.finish(issue, vec![Change::CommentDeleted(said)], at);
    }

    /// Deletes a comment so that neither the issue's time nor its history shows it.
    pub fn delete_comment_silently(&mut self, comment: CommentKey) {
        self.remove_comment(comment);
        self.version += 1;
    }

    fn remove_comment(&mut self, comment: CommentKey) {
        let issue = self[comment].issue;
        self.comments[comment.0 as usize].deleted = true;
        self.issues[issue.0 as usize].comments.retain(|&other| other != comment);
    }

    /// Logs work and takes it from the remaining estimate.
    pub fn log_work(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        seconds: u32,
        started_at: Timestamp,
        comment: &str,
    ) -> WorklogKey {
        self.log_work_with(issue, author, seconds, started_at, Text::wiki(comment))
    }

    pub(crate) fn log_work_with(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        seconds: u32,
        started_at: Timestamp,
        comment: Text,
    ) -> WorklogKey {
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let key = self.add_worklog(issue, author, seconds, started_at, comment, at);
        self.happen(Happening::Worklog("created", key));
        let changes = self.count_work(issue, i64::from(seconds), Change::Worklog(key));
        self.finish(issue, changes, at);
        key
    }

    pub(crate) fn add_worklog(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        seconds: u32,
        started_at: Timestamp,
        comment: Text,
        at: Timestamp,
    ) -> WorklogKey {
        let key = WorklogKey(self.worklogs.len() as u32);
        self.worklogs.push(Worklog {
            issue,
            seconds,
            started_at,
            author,
            update_author: author,
            comment,
            created_at: at,
            updated_at: at,
            deleted_at: None,
        });
        self.issues[issue.0 as usize].worklogs.push(key);
        key
    }

    /// Changes how long a piece of logged work took.
    pub fn edit_worklog(&mut self, worklog: WorklogKey, seconds: u32) {
        let issue = self[worklog].issue;
        self.hold_in_index(issue);
        let at = self.moments.advance();
        let actor = self.actor;
        let edited = &mut self.worklogs[worklog.0 as usize];
        let difference = i64::from(seconds) - i64::from(edited.seconds);
        edited.seconds = seconds;
        edited.updated_at = at;
        edited.update_author = actor;
        self.happen(Happening::Worklog("updated", worklog));
        let changes = self.count_work(issue, difference, Change::Worklog(worklog));
        self.finish(issue, changes, at);
    }

    /// Deletes a piece of logged work.
    pub fn delete_worklog(&mut self, worklog: WorklogKey) {
        let issue = self[worklog].issue;
        self.hold_in_index(issue);
        let at = self.moments.advance();
        self.worklogs[worklog.0 as usize].deleted_at = Some(at);
        self.issues[issue.0 as usize].worklogs.retain(|&other| other != worklog);
        let seconds = i64::from(self[worklog].seconds);
        self.happen(Happening::Worklog("deleted", worklog));
        let changes = self.count_work(issue, -seconds, Change::WorklogRemoved(worklog));
        self.finish(issue, changes, at);
    }

    pub(crate) fn count_work(
        &mut self,
        issue: IssueKey,
        seconds: i64,
        told: Change,
    ) -> Vec<Change> {
        let counted = &mut self.issues[issue.0 as usize];
        let spent = counted.time_spent;
        counted.time_spent = (i64::from(spent) + seconds).max(0) as u32;
        let mut changes = vec![Change::TimeSpent(spent, counted.time_spent)];
        if let Some(remaining) = counted.remaining_estimate {
            let left = (i64::from(remaining) - seconds).max(0) as u32;
            counted.remaining_estimate = Some(left);
            changes.push(Change::RemainingEstimate(Some(remaining), Some(left)));
        }
        changes.push(told);
        changes
    }
}
