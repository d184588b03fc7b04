//! Comments.

use crate::generate::text;
use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::CommentKey;

impl Wire<'_> {
    /// `issue-comment`.
    pub fn comment(&mut self, key: CommentKey) {
        self.object(|wire| wire.comment_fields(key));
    }

    pub(super) fn comment_fields(&mut self, key: CommentKey) {
        let world = self.world;
        let base = self.base;
        let comment = &world[key];
        let issue = &world[comment.issue];
        let name = world.full_name(issue.repository);
        let id = key.database_id();
        let url = format!("{}/repos/{name}/issues/comments/{id}", base.api);
        let page = if issue.is_pull_request() { "pull" } else { "issues" };
        self.plain("url", &url);
        self.plain(
            "html_url",
            format_args!("{}/{name}/{page}/{}#issuecomment-{id}", base.site, issue.number),
        );
        self.plain("issue_url", format_args!("{}/repos/{name}/issues/{}", base.api, issue.number));
        self.field("id", &id);
        self.plain("node_id", world.comment_node_id(key));
        self.optional_field("user", Some(comment.author), Wire::user);
        self.time("created_at", Some(comment.created_at));
        self.time("updated_at", Some(comment.updated_at));
        self.field("body", &text::comment_body(world, key));
        self.plain("author_association", "MEMBER");
        self.reactions(&url);
        self.null("performed_via_github_app");
    }
}
