//! Pull requests as `/pulls` shows them.

use crate::generate::text;
use crate::ids::pull_request_id;
use crate::wire::Wire;
use crate::world::{Issue, IssueKey, ORGANIZATION};

impl Wire<'_> {
    /// `pull-request-simple`.
    pub fn pull_request(&mut self, key: IssueKey) {
        self.object(|wire| wire.pull_request_fields(key));
    }

    /// `pull-request`.
    pub fn full_pull_request(&mut self, key: IssueKey) {
        let issue = &self.world[key];
        let merged = issue.pull_request.as_ref().is_some_and(|pull| pull.merged_at.is_some());
        self.object(|wire| {
            wire.pull_request_fields(key);
            wire.field("merged", &merged);
            wire.field("mergeable", &issue.is_open().then_some(true));
            wire.field("rebaseable", &issue.is_open().then_some(true));
            wire.plain("mergeable_state", if issue.is_open() { "clean" } else { "unknown" });
            wire.optional_field("merged_by", issue.closed_by.filter(|_| merged), Wire::user);
            wire.field("comments", &issue.comments.len());
            wire.field("review_comments", &0);
            wire.field("maintainer_can_modify", &false);
            let commits = issue.pull_request.as_ref().map_or(0, |pull| pull.commits.len());
            wire.field("commits", &commits);
            for (count, factor) in [("additions", 37), ("deletions", 11), ("changed_files", 3)] {
                wire.field(count, &(factor * (1 + issue.number % 7)));
            }
        });
    }

    fn pull_request_fields(&mut self, key: IssueKey) {
        let world = self.world;
        let base = self.base;
        let issue = &world[key];
        let Some(pull) = &issue.pull_request else { return };
        let name = world.full_name(issue.repository);
        let repository = format!("{}/repos/{name}", base.api);
        let url = format!("{repository}/pulls/{}", issue.number);
        let issue_url = format!("{repository}/issues/{}", issue.number);
        let html = format!("{}/{name}/pull/{}", base.site, issue.number);
        let head = commit_hash(pull.commits.last().map_or(0, |commit| commit.seed));
        self.plain("url", &url);
        self.field("id", &pull_request_id(key));
        self.plain("node_id", world.issue_node_id(key));
        self.plain("html_url", &html);
        self.plain("diff_url", format_args!("{html}.diff"));
        self.plain("patch_url", format_args!("{html}.patch"));
        self.plain("issue_url", &issue_url);
        self.field("number", &issue.number);
        self.plain("state", if issue.is_open() { "open" } else { "closed" });
        self.field("locked", &false);
        self.field("title", &issue.title);
        self.optional_field("user", Some(issue.author), Wire::user);
        self.field("body", &text::issue_body(world, key));
        self.time("created_at", Some(issue.created_at));
        self.time("updated_at", Some(issue.updated_at));
        self.time("closed_at", issue.closed_at);
        self.time("merged_at", pull.merged_at);
        match pull.merged_at {
            Some(_) => self.plain("merge_commit_sha", commit_hash(u64::from(key.0) + (1 << 40))),
            None => self.null("merge_commit_sha"),
        }
        self.optional_field("assignee", issue.assignees.first().copied(), Wire::user);
        self.array_field("assignees", issue.assignees.iter().copied(), Wire::user);
        self.array_field("requested_reviewers", std::iter::empty(), Wire::user);
        self.array_field("requested_teams", std::iter::empty(), Wire::user);
        self.array_field("labels", issue.labels.iter().copied(), Wire::label);
        self.optional_field("milestone", issue.milestone, Wire::milestone);
        self.field("draft", &pull.draft);
        self.plain("commits_url", format_args!("{url}/commits"));
        self.plain("review_comments_url", format_args!("{url}/comments"));
        self.plain("review_comment_url", format_args!("{repository}/pulls/comments{{/number}}"));
        self.plain("comments_url", format_args!("{issue_url}/comments"));
        self.plain("statuses_url", format_args!("{repository}/statuses/{head}"));
        self.branch("head", issue, &pull.branch, &head);
        self.branch("base", issue, "main", &commit_hash(u64::from(issue.repository.0) + (1 << 41)));
        self.links(&url, &issue_url, &html, &head, &repository);
        self.plain("author_association", "MEMBER");
        self.null("auto_merge");
        self.null("active_lock_reason");
    }

    fn branch(&mut self, key: &str, issue: &Issue, branch: &str, commit: &str) {
        let owner = &self.world[ORGANIZATION].login;
        self.object_field(key, |wire| {
            wire.field("label", &format!("{owner}:{branch}"));
            wire.field("ref", &branch);
            wire.plain("sha", commit);
            wire.optional_field("user", Some(ORGANIZATION), Wire::user);
            wire.optional_field("repo", Some(issue.repository), Wire::repository);
        });
    }

    fn links(&mut self, url: &str, issue_url: &str, html: &str, head: &str, repository: &str) {
        self.object_field("_links", |wire| {
            for (link, href) in [
                ("self", url.to_owned()),
                ("html", html.to_owned()),
                ("issue", issue_url.to_owned()),
                ("comments", format!("{issue_url}/comments")),
                ("review_comments", format!("{url}/comments")),
                ("review_comment", format!("{repository}/pulls/comments{{/number}}")),
                ("commits", format!("{url}/commits")),
                ("statuses", format!("{repository}/statuses/{head}")),
            ] {
                wire.object_field(link, |wire| wire.plain("href", &href));
            }
        });
    }
}

/// Forty hexadecimal digits that stand for a commit.
pub(crate) fn commit_hash(number: u64) -> String {
    let mixed = crate::generate::mix(number);
    format!("{mixed:016x}{:016x}{:08x}", crate::generate::mix(mixed), mixed as u32)
}
