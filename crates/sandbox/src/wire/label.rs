//! Labels, milestones and issue types.

use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::{IssueTypeKey, LabelKey, MilestoneKey};

impl Wire<'_> {
    /// `label`.
    pub fn label(&mut self, key: LabelKey) {
        let world = self.world;
        let base = self.base;
        let label = &world[key];
        self.object(|wire| {
            wire.field("id", &key.database_id());
            wire.plain("node_id", world.label_node_id(key));
            wire.plain(
                "url",
                format_args!(
                    "{}/repos/{}/labels/{}",
                    base.api,
                    world.full_name(label.repository),
                    escape(&label.name)
                ),
            );
            wire.field("name", &label.name);
            wire.field("color", &label.color);
            wire.field("default", &is_default_label(&label.name));
            wire.field("description", &label.description);
        });
    }

    /// `milestone`.
    pub fn milestone(&mut self, key: MilestoneKey) {
        let world = self.world;
        let base = self.base;
        let milestone = &world[key];
        let name = world.full_name(milestone.repository);
        let number = milestone.number;
        self.object(|wire| {
            wire.plain("url", format_args!("{}/repos/{name}/milestones/{number}", base.api));
            wire.plain("html_url", format_args!("{}/{name}/milestone/{number}", base.site));
            wire.plain(
                "labels_url",
                format_args!("{}/repos/{name}/milestones/{number}/labels", base.api),
            );
            wire.field("id", &key.database_id());
            wire.plain("node_id", world.milestone_node_id(key));
            wire.field("number", &number);
            wire.field("title", &milestone.title);
            wire.field("description", &milestone.description);
            wire.optional_field("creator", Some(milestone.creator), Wire::user);
            wire.field("open_issues", &milestone.open_issues);
            wire.field("closed_issues", &milestone.closed_issues);
            wire.plain("state", if milestone.closed_at.is_some() { "closed" } else { "open" });
            wire.time("created_at", Some(milestone.created_at));
            wire.time("updated_at", Some(milestone.updated_at));
            wire.time("due_on", milestone.due_on);
            wire.time("closed_at", milestone.closed_at);
        });
    }

    /// `issue-type`.
    pub fn issue_type(&mut self, key: IssueTypeKey) {
        let world = self.world;
        let issue_type = &world[key];
        let created = world.repositories.first().map_or(world.now(), |first| first.created_at);
        self.object(|wire| {
            wire.field("id", &key.database_id());
            wire.plain("node_id", world.issue_type_node_id(key));
            wire.field("name", &issue_type.name);
            wire.field("description", &issue_type.description);
            wire.plain("color", issue_type.color);
            wire.time("created_at", Some(created));
            wire.time("updated_at", Some(created));
            wire.field("is_enabled", &true);
        });
    }
}

/// A text as one segment of a URL's path.
pub(crate) fn escape(text: &str) -> String {
    let mut url = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// Whether every new repository has a label of this name.
pub(crate) fn is_default_label(name: &str) -> bool {
    matches!(name, "bug" | "documentation" | "enhancement" | "duplicate")
}
