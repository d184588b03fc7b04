//! Dependencies, sub-issues and closing references. Changing them leaves events and new summaries,
//! but does not move `updated_at`: so GitHub was seen to behave, and a client must not rely on it.

use crate::world::{EventKind, Issue, IssueKey, World};

/// Why two issues cannot be related so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelationError {
    /// They already are.
    #[error("Issue is already related")]
    Already,
    /// They are not.
    #[error("Issue is not related")]
    NotRelated,
    /// One cannot wait for itself, nor for what waits for it.
    #[error("Issue dependencies cannot form a cycle")]
    Cycle,
    /// A pull request has neither dependencies nor sub-issues.
    #[error("Pull requests cannot be related")]
    PullRequest,
    /// It has another parent.
    #[error("Issue may only have one parent")]
    HasParent,
    /// A parent has at most 100 sub-issues and an issue at most 50 blockers.
    #[error("Too many related issues")]
    TooMany,
}

const MOST_SUB_ISSUES: usize = 100;
const MOST_DEPENDENCIES: usize = 50;

impl World {
    /// Makes `issue` wait for `blocker`.
    ///
    /// # Errors
    /// Where GitHub refuses it.
    pub fn add_dependency(
        &mut self,
        issue: IssueKey,
        blocker: IssueKey,
    ) -> Result<(), RelationError> {
        self.check_pair(issue, blocker)?;
        if self[issue].blocked_by.contains(&blocker) {
            return Err(RelationError::Already);
        }
        if self.waits_for(blocker, issue) {
            return Err(RelationError::Cycle);
        }
        if self[issue].blocked_by.len() >= MOST_DEPENDENCIES {
            return Err(RelationError::TooMany);
        }
        self.issue_mut(issue).blocked_by.push(blocker);
        self.issue_mut(blocker).blocking.push(issue);
        self.record_pair(
            issue,
            EventKind::BlockedByAdded(blocker),
            blocker,
            EventKind::BlockingAdded(issue),
        );
        Ok(())
    }

    /// Makes `issue` no longer wait for `blocker`.
    ///
    /// # Errors
    /// Where it did not.
    pub fn remove_dependency(
        &mut self,
        issue: IssueKey,
        blocker: IssueKey,
    ) -> Result<(), RelationError> {
        if !self[issue].blocked_by.contains(&blocker) {
            return Err(RelationError::NotRelated);
        }
        self.issue_mut(issue).blocked_by.retain(|&other| other != blocker);
        self.issue_mut(blocker).blocking.retain(|&other| other != issue);
        self.record_pair(
            issue,
            EventKind::BlockedByRemoved(blocker),
            blocker,
            EventKind::BlockingRemoved(issue),
        );
        Ok(())
    }

    /// Makes `sub_issue` a part of `parent`; it leaves its former parent only if `replace` says so.
    ///
    /// # Errors
    /// Where GitHub refuses it.
    pub fn add_sub_issue(
        &mut self,
        parent: IssueKey,
        sub_issue: IssueKey,
        replace: bool,
    ) -> Result<(), RelationError> {
        self.check_pair(parent, sub_issue)?;
        if std::iter::successors(Some(parent), |&above| self[above].parent)
            .any(|above| above == sub_issue)
        {
            return Err(RelationError::Cycle);
        }
        if self[parent].sub_issues.len() >= MOST_SUB_ISSUES {
            return Err(RelationError::TooMany);
        }
        match self[sub_issue].parent {
            Some(old) if old == parent => return Err(RelationError::Already),
            Some(old) if replace => self.remove_sub_issue(old, sub_issue)?,
            Some(_) => return Err(RelationError::HasParent),
            None => {}
        }
        self.issue_mut(parent).sub_issues.push(sub_issue);
        self.issue_mut(sub_issue).parent = Some(parent);
        self.record_pair(
            parent,
            EventKind::SubIssueAdded(sub_issue),
            sub_issue,
            EventKind::ParentIssueAdded(parent),
        );
        Ok(())
    }

    /// Takes `sub_issue` out of `parent`.
    ///
    /// # Errors
    /// Where it was no part of it.
    pub fn remove_sub_issue(
        &mut self,
        parent: IssueKey,
        sub_issue: IssueKey,
    ) -> Result<(), RelationError> {
        if self[sub_issue].parent != Some(parent) {
            return Err(RelationError::NotRelated);
        }
        self.issue_mut(parent).sub_issues.retain(|&other| other != sub_issue);
        self.issue_mut(sub_issue).parent = None;
        self.record_pair(
            parent,
            EventKind::SubIssueRemoved(sub_issue),
            sub_issue,
            EventKind::ParentIssueRemoved(parent),
        );
        Ok(())
    }

    /// Links a pull request to an issue that its merging closes, by hand: no text says so.
    ///
    /// # Errors
    /// Where they are linked already, or are not a pull request and an issue.
    pub fn connect(&mut self, pull: IssueKey, issue: IssueKey) -> Result<(), RelationError> {
        if self[issue].is_pull_request() {
            return Err(RelationError::PullRequest);
        }
        let closes = self.closed_by_merging(pull)?;
        if closes.contains(&issue) {
            return Err(RelationError::Already);
        }
        closes.push(issue);
        self.issue_mut(issue).closed_by_pulls.push(pull);
        self.record_pair(pull, EventKind::Connected(issue), issue, EventKind::Connected(pull));
        Ok(())
    }

    /// Takes a link that was made by hand away.
    ///
    /// # Errors
    /// Where there is none.
    pub fn disconnect(&mut self, pull: IssueKey, issue: IssueKey) -> Result<(), RelationError> {
        let closes = self.closed_by_merging(pull)?;
        if !closes.contains(&issue) {
            return Err(RelationError::NotRelated);
        }
        closes.retain(|&other| other != issue);
        self.issue_mut(issue).closed_by_pulls.retain(|&other| other != pull);
        self.record_pair(
            pull,
            EventKind::Disconnected(issue),
            issue,
            EventKind::Disconnected(pull),
        );
        Ok(())
    }

    fn closed_by_merging(&mut self, pull: IssueKey) -> Result<&mut Vec<IssueKey>, RelationError> {
        let pull = self.issue_mut(pull).pull_request.as_mut().ok_or(RelationError::NotRelated)?;
        Ok(&mut pull.closes)
    }

    /// Moves `updated_at` of an issue to now and changes nothing else, as some changes of relations
    /// were reported to do.
    pub fn move_updated_at(&mut self, issue: IssueKey) {
        let now = self.moments.advance();
        self.touch(issue, now);
    }

    fn check_pair(&self, one: IssueKey, other: IssueKey) -> Result<(), RelationError> {
        if one == other {
            Err(RelationError::Cycle)
        } else if self[one].is_pull_request() || self[other].is_pull_request() {
            Err(RelationError::PullRequest)
        } else {
            Ok(())
        }
    }

    /// Whether `issue` waits for `blocker`, directly or through others.
    pub(crate) fn waits_for(&self, issue: IssueKey, blocker: IssueKey) -> bool {
        let mut seen = std::collections::HashSet::new();
        let mut stack = vec![issue];
        while let Some(issue) = stack.pop() {
            if issue == blocker {
                return true;
            }
            if seen.insert(issue) {
                stack.extend(&self[issue].blocked_by);
            }
        }
        false
    }

    fn record_pair(&mut self, one: IssueKey, first: EventKind, other: IssueKey, second: EventKind) {
        let now = self.moments.advance();
        self.record(one, first, now);
        self.record(other, second, now);
        self.bump(one);
        self.bump(other);
    }

    /// Puts `new` in the place of `old` in every relation.
    pub(crate) fn rename_in_relations(&mut self, old: IssueKey, new: IssueKey) {
        let Issue { blocked_by, blocking, parent, sub_issues, closed_by_pulls, .. } =
            self[new].clone();
        let rename = |list: &mut Vec<IssueKey>| {
            for entry in list.iter_mut().filter(|entry| **entry == old) {
                *entry = new;
            }
        };
        for other in blocked_by {
            rename(&mut self.issue_mut(other).blocking);
        }
        for other in blocking {
            rename(&mut self.issue_mut(other).blocked_by);
        }
        for other in sub_issues {
            self.issue_mut(other).parent = Some(new);
        }
        if let Some(parent) = parent {
            rename(&mut self.issue_mut(parent).sub_issues);
        }
        for pull in closed_by_pulls {
            if let Some(pull) = &mut self.issue_mut(pull).pull_request {
                rename(&mut pull.closes);
            }
        }
        let gone = self.issue_mut(old);
        gone.blocked_by.clear();
        gone.blocking.clear();
        gone.sub_issues.clear();
        gone.closed_by_pulls.clear();
        gone.parent = None;
    }
}
