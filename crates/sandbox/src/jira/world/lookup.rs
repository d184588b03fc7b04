//! Finding things, and what a client may see of them.

use crate::jira::Deployment;
use crate::jira::catalogue::Status;
use crate::jira::fields::Custom;
use crate::jira::world::{
    CommentKey, Issue, IssueKey, IssueName, Link, LinkKey, Presence, ProjectKey, ProjectStatus,
    RemoteLinkKey, UserKey, UserKind, WorklogKey, World,
};
use crate::keys::DatabaseId;

/// Why an issue cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// There is none.
    Nowhere,
    /// There is one, which the account may not see.
    Hidden,
}

impl World {
    /// The project with this key, former key or numeric id, whether or not the account sees it.
    #[must_use]
    pub fn project(&self, key_or_id: &str) -> Option<ProjectKey> {
        self.project_of_key(key_or_id)
            .or_else(|| self.project_keys().find(|&key| key.database_id().to_string() == key_or_id))
    }

    fn project_of_key(&self, key: &str) -> Option<ProjectKey> {
        let named = |name: &String| name.eq_ignore_ascii_case(key);
        self.project_keys().find(|&project| named(&self[project].key)).or_else(|| {
            self.project_keys().find(|&project| self[project].former_keys.iter().any(named))
        })
    }

    pub(crate) fn project_keys(&self) -> impl Iterator<Item = ProjectKey> + use<> {
        (0..self.projects.len() as u32).map(ProjectKey)
    }

    /// The issue with this key or former key, whether or not the account sees it.
    #[must_use]
    pub fn issue(&self, key: &str) -> Option<IssueKey> {
        let (project, number) = key.rsplit_once('-')?;
        let project = self.project_of_key(project)?;
        let name = IssueName { project, number: number.parse().ok()? };
        let now = self[project].by_number.get(&name.number);
        now.or_else(|| self.former_names.get(&name)).copied()
    }

    /// The issue with this key, former key or numeric id, if the account sees it.
    pub(crate) fn find(&self, id_or_key: &str) -> Result<IssueKey, Missing> {
        let found = if id_or_key.bytes().all(|byte| byte.is_ascii_digit()) {
            id_or_key.parse().ok().and_then(IssueKey::from_database_id)
        } else {
            self.issue(id_or_key)
        };
        let key =
            found.filter(|key| (key.0 as usize) < self.issues.len()).ok_or(Missing::Nowhere)?;
        let project = &self[self[key].name.project];
        match self[key].presence {
            Presence::Deleted => Err(Missing::Nowhere),
            _ if project.status == ProjectStatus::Deleted => Err(Missing::Nowhere),
            Presence::Hidden => Err(Missing::Hidden),
            _ if project.hidden => Err(Missing::Hidden),
            _ => Ok(key),
        }
    }

    /// Whether the account sees the issue.
    pub(crate) fn is_visible(&self, key: IssueKey) -> bool {
        let project = &self[self[key].name.project];
        !project.hidden
            && project.status != ProjectStatus::Deleted
            && matches!(self[key].presence, Presence::Present | Presence::Archived(_))
    }

    /// Whether a search may find the issue.
    pub(crate) fn is_searched(&self, key: IssueKey) -> bool {
        self.is_visible(key)
            && self[key].presence == Presence::Present
            && self[self[key].name.project].status == ProjectStatus::Live
    }

    /// Its key, such as `ENG-7`.
    #[must_use]
    pub fn issue_key(&self, issue: IssueKey) -> String {
        self.key_of(self[issue].name)
    }

    pub(crate) fn key_of(&self, name: IssueName) -> String {
        format!("{}-{}", self[name.project].key, name.number)
    }

    /// Its numeric id.
    #[must_use]
    pub fn issue_id(&self, issue: IssueKey) -> u64 {
        issue.database_id()
    }

    /// The work logged on it, in the order in which it was logged.
    #[must_use]
    pub fn worklogs_of(&self, issue: IssueKey) -> &[WorklogKey] {
        &self[issue].worklogs
    }

    /// Its links to elsewhere.
    #[must_use]
    pub fn remote_links_of(&self, issue: IssueKey) -> &[RemoteLinkKey] {
        &self[issue].remote_links
    }

    /// The id of a custom field, which differs from site to site.
    #[must_use]
    pub fn custom_field_id(&self, custom: Custom) -> String {
        self.fields.custom(custom).map_or_else(String::new, |field| field.id.clone())
    }

    /// The issues that are not deleted, in the order in which they were made.
    pub fn issues(&self) -> impl Iterator<Item = IssueKey> + '_ {
        (0..self.issues.len() as u32)
            .map(IssueKey)
            .filter(|&key| self[key].presence != Presence::Deleted)
    }

    /// The person whose login, account id or display name this is.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<UserKey> {
        (0..self.users.len() as u32).map(UserKey).find(|&key| {
            let user = &self[key];
            [&user.name, &user.account_id, &user.user_key, &user.display_name]
                .into_iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// Those who work here, without the account that reads the site.
    pub(crate) fn people(&self) -> impl Iterator<Item = UserKey> + '_ {
        (1..self.users.len() as u32)
            .map(UserKey)
            .filter(|&key| self[key].kind == UserKind::Person && self[key].active)
    }

    /// What clients name the account by.
    pub(crate) fn public_id(&self, user: UserKey) -> &str {
        match self.deployment {
            Deployment::Cloud => &self[user].account_id,
            Deployment::DataCenter => &self[user].user_key,
        }
    }

    /// What stands between `[~` and `]`.
    pub(crate) fn mention_name(&self, user: UserKey) -> String {
        match self.deployment {
            Deployment::Cloud => format!("accountid:{}", self[user].account_id),
            Deployment::DataCenter => self[user].name.clone(),
        }
    }

    /// The ways out of the issue's status, each by its id. The ids differ from type to type, as every
    /// type may have a workflow of its own.
    pub(crate) fn transitions(&self, issue: IssueKey) -> Vec<(u32, Status)> {
        let Issue { status, issue_type, .. } = &self[issue];
        Status::all()
            .filter(|to| to != status)
            .map(|to| (11 + 10 * u32::from(to.0) + u32::from(issue_type.0), to))
            .collect()
    }

    pub(crate) fn comment_by_id(&self, id: u64) -> Option<CommentKey> {
        CommentKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.comments.len() && !self[*key].deleted)
    }

    pub(crate) fn worklog_by_id(&self, id: u64) -> Option<WorklogKey> {
        WorklogKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.worklogs.len() && self[*key].deleted_at.is_none())
    }

    pub(crate) fn link_by_id(&self, id: u64) -> Option<LinkKey> {
        LinkKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.links.len() && !self[*key].deleted)
    }

    pub(crate) fn remote_link_by_id(&self, id: u64) -> Option<RemoteLinkKey> {
        RemoteLinkKey::from_database_id(id)
            .filter(|key| (key.0 as usize) < self.remote_links.len() && !self[*key].deleted)
    }

    /// The links of an issue whose other end the account sees too; `true` where the issue is the
    /// source.
    pub(crate) fn links_of(&self, issue: IssueKey) -> impl Iterator<Item = (LinkKey, &Link, bool)> {
        self[issue]
            .links
            .iter()
            .map(move |&link| (link, &self[link], self[link].source == issue))
            .filter(|(_, link, is_source)| {
                self.is_visible(if *is_source { link.target } else { link.source })
            })
    }
}
