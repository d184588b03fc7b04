//! Finding things in the world.

use crate::ids::DatabaseId;
use crate::world::{
    CommentKey, Event, Issue, IssueKey, IssueTypeKey, LabelKey, MilestoneKey, ORGANIZATION,
    Presence, RepositoryKey, UserKey, UserKind, World,
};

/// How a repository was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoundRepository {
    Here(RepositoryKey),
    /// By a name that it no longer has.
    Moved(RepositoryKey),
}

impl World {
    /// `owner/name` of a repository.
    #[must_use]
    pub fn full_name(&self, repository: RepositoryKey) -> String {
        format!("{}/{}", self[ORGANIZATION].login, self[repository].name)
    }

    /// The repository that is called `owner/name` now, in any case, hidden or not.
    #[must_use]
    pub fn repository(&self, full_name: &str) -> Option<RepositoryKey> {
        let (owner, name) = full_name.split_once('/')?;
        if !owner.eq_ignore_ascii_case(&self[ORGANIZATION].login) {
            return None;
        }
        let place = self
            .repositories
            .iter()
            .position(|repository| repository.name.eq_ignore_ascii_case(name))?;
        Some(RepositoryKey(place as u32))
    }

    /// The visible repository that answers for `owner/name`, also by a former name.
    pub(crate) fn find_repository(&self, full_name: &str) -> Option<FoundRepository> {
        let found = match self.repository(full_name) {
            Some(key) => FoundRepository::Here(key),
            None => {
                FoundRepository::Moved(*self.former_names.get(&full_name.to_ascii_lowercase())?)
            }
        };
        let (FoundRepository::Here(key) | FoundRepository::Moved(key)) = found;
        (!self[key].hidden).then_some(found)
    }

    pub(crate) fn repository_by_id(&self, id: u64) -> Option<RepositoryKey> {
        RepositoryKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.repositories.len() && !self[*key].hidden)
    }

    /// The issue or pull request of this number, whatever became of it.
    #[must_use]
    pub fn issue(&self, full_name: &str, number: u32) -> Option<IssueKey> {
        self.issue_of(self.repository(full_name)?, number)
    }

    pub(crate) fn issue_of(&self, repository: RepositoryKey, number: u32) -> Option<IssueKey> {
        self[repository].issues.get((number as usize).checked_sub(1)?).copied()
    }

    /// The present issue of this database id.
    pub(crate) fn issue_by_id(&self, id: u64) -> Option<IssueKey> {
        IssueKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.issues.len() && self.is_visible(*key))
    }

    pub(crate) fn comment_by_id(&self, id: u64) -> Option<CommentKey> {
        CommentKey::from_database_id(id).filter(|key| {
            self.comments
                .get(key.0 as usize)
                .is_some_and(|comment| !comment.deleted && self.is_visible(comment.issue))
        })
    }

    /// The account of this login, in any case.
    #[must_use]
    pub fn user(&self, login: &str) -> Option<UserKey> {
        let place = self.users.iter().position(|user| user.login.eq_ignore_ascii_case(login))?;
        Some(UserKey(place as u32))
    }

    /// Everybody who can be assigned.
    pub fn people(&self) -> impl Iterator<Item = UserKey> {
        (0..self.users.len() as u32).map(UserKey).filter(|&key| self[key].kind == UserKind::Person)
    }

    /// Every repository, hidden or not.
    pub fn repositories(&self) -> impl Iterator<Item = RepositoryKey> + use<> {
        (0..self.repositories.len() as u32).map(RepositoryKey)
    }

    /// Every issue and pull request that clients can find, in the order of their making.
    pub fn visible_issues(&self) -> impl Iterator<Item = IssueKey> {
        (0..self.issues.len() as u32).map(IssueKey).filter(|&key| self.is_visible(key))
    }

    /// What happened to the issue, oldest first.
    pub fn events(&self, issue: IssueKey) -> impl Iterator<Item = &Event> {
        self[issue].events.iter().map(|&event| &self[event])
    }

    /// The issues that merging the pull request closes.
    #[must_use]
    pub fn closes(&self, pull: IssueKey) -> &[IssueKey] {
        self[pull].pull_request.as_ref().map_or(&[], |pull| &pull.closes)
    }

    /// Whether clients can find the issue.
    #[must_use]
    pub fn is_visible(&self, issue: IssueKey) -> bool {
        let Issue { presence, repository, .. } = self[issue];
        presence == Presence::Present && !self[repository].hidden
    }

    pub(crate) fn visible<'a>(
        &'a self,
        issues: &'a [IssueKey],
    ) -> impl Iterator<Item = IssueKey> + 'a {
        issues.iter().copied().filter(|&issue| self.is_visible(issue))
    }

    pub(crate) fn label_of(&self, repository: RepositoryKey, name: &str) -> Option<LabelKey> {
        self[repository]
            .labels
            .iter()
            .copied()
            .find(|&label| self[label].name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn milestone_of(
        &self,
        repository: RepositoryKey,
        number: u32,
    ) -> Option<MilestoneKey> {
        self[repository]
            .milestones
            .iter()
            .copied()
            .find(|&milestone| self[milestone].number == number)
    }

    /// The issue type of this name, in any case.
    #[must_use]
    pub fn issue_type(&self, name: &str) -> Option<IssueTypeKey> {
        self.issue_types().find(|&key| self[key].name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn issue_types(&self) -> impl Iterator<Item = IssueTypeKey> + use<> {
        (0..self.issue_types.len() as u32).map(IssueTypeKey)
    }

    /// Open and all blockers, then open and all issues that wait.
    pub(crate) fn dependency_counts(&self, issue: IssueKey) -> [usize; 4] {
        let counts = |others: &[IssueKey]| {
            let open = self.visible(others).filter(|&other| self[other].is_open()).count();
            [open, self.visible(others).count()]
        };
        let [blocked_by, total_blocked_by] = counts(&self[issue].blocked_by);
        let [blocking, total_blocking] = counts(&self[issue].blocking);
        [blocked_by, blocking, total_blocked_by, total_blocking]
    }

    /// All sub-issues and those that are done.
    pub(crate) fn sub_issue_counts(&self, issue: IssueKey) -> [usize; 2] {
        let sub_issues = &self[issue].sub_issues;
        let completed =
            self.visible(sub_issues).filter(|&sub_issue| !self[sub_issue].is_open()).count();
        [self.visible(sub_issues).count(), completed]
    }

    /// The site's present time.
    #[must_use]
    pub fn now(&self) -> mainstem_model::Timestamp {
        self.moments.now()
    }
}
