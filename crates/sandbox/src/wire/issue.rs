//! Issues, and pull requests as the issues that they are too.

use serde_json::Value;

use crate::generate::text;
use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::{Issue, IssueKey, Malformation};

impl Wire<'_> {
    /// `issue`, as lists show it: without who closed it.
    pub fn issue(&mut self, key: IssueKey) {
        self.sound_or_not(key, |wire| wire.issue_fields(key));
    }

    /// `issue`, asked for by itself.
    pub fn single_issue(&mut self, key: IssueKey) {
        self.sound_or_not(key, |wire| {
            wire.issue_fields(key);
            wire.optional_field("closed_by", wire.world[key].closed_by, Wire::user);
        });
    }

    /// `issue`, with the repository that it is in.
    pub fn issue_with_repository(&mut self, key: IssueKey) {
        self.sound_or_not(key, |wire| {
            wire.issue_fields(key);
            wire.optional_field("repository", Some(wire.world[key].repository), Wire::repository);
        });
    }

    fn sound_or_not(&mut self, key: IssueKey, fields: impl FnOnce(&mut Self)) {
        match self.world[key].malformation.as_deref() {
            None => self.object(fields),
            Some(how) => {
                let sound = self.capture(|wire| wire.object(fields));
                let broken = malform(&sound, how);
                self.raw(&broken);
            }
        }
    }

    fn issue_fields(&mut self, key: IssueKey) {
        let world = self.world;
        let base = self.base;
        let issue = &world[key];
        let name = world.full_name(issue.repository);
        let repository = format!("{}/repos/{name}", base.api);
        let url = format!("{repository}/issues/{}", issue.number);
        let page = if issue.is_pull_request() { "pull" } else { "issues" };
        let html = format!("{}/{name}/{page}/{}", base.site, issue.number);

        self.plain("url", &url);
        self.plain("repository_url", &repository);
        self.plain("labels_url", format_args!("{url}/labels{{/name}}"));
        self.plain("comments_url", format_args!("{url}/comments"));
        self.plain("events_url", format_args!("{url}/events"));
        self.plain("html_url", &html);
        self.field("id", &key.database_id());
        self.plain("node_id", world.issue_node_id(key));
        self.field("number", &issue.number);
        self.field("title", &issue.title);
        self.optional_field("user", Some(issue.author), Wire::user);
        self.array_field("labels", issue.labels.iter().copied(), Wire::label);
        self.plain("state", if issue.is_open() { "open" } else { "closed" });
        self.field("locked", &false);
        self.optional_field("assignee", issue.assignees.first().copied(), Wire::user);
        self.array_field("assignees", issue.assignees.iter().copied(), Wire::user);
        self.optional_field("milestone", issue.milestone, Wire::milestone);
        self.field("comments", &issue.comments.len());
        self.time("created_at", Some(issue.created_at));
        self.time("updated_at", Some(issue.updated_at));
        self.time("closed_at", issue.closed_at);
        self.plain("author_association", "MEMBER");
        match issue.issue_type {
            Some(issue_type) => self.optional_field("type", Some(issue_type), Wire::issue_type),
            None => self.null("type"),
        }
        self.null("active_lock_reason");
        if let Some(pull) = &issue.pull_request {
            self.field("draft", &pull.draft);
            self.object_field("pull_request", |wire| {
                wire.plain("url", format_args!("{repository}/pulls/{}", issue.number));
                wire.plain("html_url", &html);
                wire.plain("diff_url", format_args!("{html}.diff"));
                wire.plain("patch_url", format_args!("{html}.patch"));
                wire.time("merged_at", pull.merged_at);
            });
        } else {
            self.relation_fields(key, issue);
        }
        self.field("body", &text::issue_body(world, key));
        self.reactions(&url);
        self.plain("timeline_url", format_args!("{url}/timeline"));
        self.null("performed_via_github_app");
        self.field("state_reason", &issue.state_reason.map(|reason| reason.as_str()));
    }

    fn relation_fields(&mut self, key: IssueKey, issue: &Issue) {
        let world = self.world;
        let base = self.base;
        let [total, completed] = world.sub_issue_counts(key);
        self.object_field("sub_issues_summary", |wire| {
            wire.field("total", &total);
            wire.field("completed", &completed);
            wire.field("percent_completed", &(completed * 100).checked_div(total).unwrap_or(0));
        });
        if let Some(parent) = issue.parent.filter(|&parent| world.is_visible(parent)) {
            let name = world.full_name(world[parent].repository);
            self.plain(
                "parent_issue_url",
                format_args!("{}/repos/{name}/issues/{}", base.api, world[parent].number),
            );
        }
        let [blocked_by, blocking, total_blocked_by, total_blocking] = world.dependency_counts(key);
        self.object_field("issue_dependencies_summary", |wire| {
            wire.field("blocked_by", &blocked_by);
            wire.field("total_blocked_by", &total_blocked_by);
            wire.field("blocking", &blocking);
            wire.field("total_blocking", &total_blocking);
        });
    }

    /// `reaction-rollup` of something at `url`; nobody reacts here.
    pub fn reactions(&mut self, url: &str) {
        self.object_field("reactions", |wire| {
            wire.plain("url", format_args!("{url}/reactions"));
            for reaction in [
                "total_count",
                "+1",
                "-1",
                "laugh",
                "hooray",
                "confused",
                "heart",
                "rocket",
                "eyes",
            ] {
                wire.field(reaction, &0);
            }
        });
    }
}

/// The record, broken as told. A field within another is named with a dot between them.
pub(crate) fn malform(sound: &[u8], how: &Malformation) -> Vec<u8> {
    let field = match how {
        Malformation::Truncated => return sound[..sound.len() / 2].to_vec(),
        Malformation::Replace { field, .. } | Malformation::Without { field } => field,
    };
    let Ok(mut record) = serde_json::from_slice::<Value>(sound) else { return sound.to_vec() };
    let (around, name) = field.rsplit_once('.').unwrap_or(("", field));
    let mut around = around.split('.').filter(|part| !part.is_empty());
    let holder = around.try_fold(&mut record, |holder, part| holder.get_mut(part));
    if let Some(Value::Object(holder)) = holder {
        match how {
            Malformation::Replace { value, .. } => holder.insert(name.to_owned(), value.clone()),
            _ => holder.remove(name),
        };
    }
    record.to_string().into_bytes()
}
