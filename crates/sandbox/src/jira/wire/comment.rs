//! Comments, work logs and links to elsewhere, and texts within them.

use mainstem_model::Timestamp;

use crate::jira::text::{self, Text};
use crate::jira::wire::{Wire, told_time};
use crate::jira::world::{CommentKey, RemoteLinkKey, WorklogKey};
use crate::keys::DatabaseId;

impl Wire<'_> {
    pub fn moment(&mut self, key: &str, time: Timestamp) {
        let told = told_time(&self.world.zone, time);
        self.plain(key, told);
    }

    pub fn optional_moment(&mut self, key: &str, time: Option<Timestamp>) {
        match time {
            Some(time) => self.moment(key, time),
            None => self.null(key),
        }
    }

    /// A text, as a document or in wiki markup.
    pub fn text(&mut self, key: &str, text: &Text) {
        let view = self.world;
        if view.documents {
            match text::document(view, text) {
                Some(document) => {
                    self.key(key);
                    self.raw(document.as_bytes());
                }
                None => self.null(key),
            }
        } else {
            self.field(key, &text::wiki(view, text));
        }
    }

    pub fn comment(&mut self, key: CommentKey) {
        let world = self.world;
        let base = self.base;
        let comment = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            let issue = comment.issue.database_id();
            wire.plain("self", format_args!("{}/issue/{issue}/comment/{id}", base.api));
            wire.plain("id", id);
            wire.optional_field("author", Some(comment.author), Wire::user);
            wire.text("body", &comment.body);
            wire.optional_field("updateAuthor", Some(comment.update_author), Wire::user);
            wire.moment("created", comment.created_at);
            wire.moment("updated", comment.updated_at);
            if world.deployment == crate::jira::Deployment::Cloud {
                wire.field("jsdPublic", &true);
            }
        });
    }

    pub fn worklog(&mut self, key: WorklogKey) {
        let world = self.world;
        let base = self.base;
        let worklog = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            let issue = worklog.issue.database_id();
            wire.plain("self", format_args!("{}/issue/{issue}/worklog/{id}", base.api));
            wire.optional_field("author", Some(worklog.author), Wire::user);
            wire.optional_field("updateAuthor", Some(worklog.update_author), Wire::user);
            match (&worklog.comment, world.documents) {
                (Text::Empty, true) => {}
                (Text::Empty, false) => wire.plain("comment", ""),
                (text, _) => wire.text("comment", text),
            }
            wire.moment("created", worklog.created_at);
            wire.moment("updated", worklog.updated_at);
            wire.moment("started", worklog.started_at);
            wire.plain("timeSpent", duration(worklog.seconds));
            wire.field("timeSpentSeconds", &worklog.seconds);
            wire.plain("id", id);
            wire.plain("issueId", issue);
        });
    }

    pub fn remote_link(&mut self, issue: u64, key: RemoteLinkKey) {
        let world = self.world;
        let base = self.base;
        let link = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            wire.field("id", &id);
            wire.plain("self", format_args!("{}/issue/{issue}/remotelink/{id}", base.api));
            wire.object_field("application", |_| {});
            if let Some(relationship) = &link.relationship {
                wire.field("relationship", relationship);
            }
            wire.object_field("object", |wire| {
                wire.field("url", &link.url);
                wire.field("title", &link.title);
                wire.object_field("icon", |_| {});
                wire.object_field("status", |wire| {
                    wire.field("resolved", &link.resolved);
                    wire.object_field("icon", |_| {});
                });
            });
        });
    }
}

/// Such as `1w 2d 3h 15m`, with days of eight hours and weeks of five days.
pub(super) fn duration(seconds: u32) -> String {
    let mut left = seconds / 60;
    let mut parts = Vec::new();
    for (minutes, unit) in [(5 * 8 * 60, 'w'), (8 * 60, 'd'), (60, 'h'), (1, 'm')] {
        if left >= minutes {
            parts.push(format!("{}{unit}", left / minutes));
            left %= minutes;
        }
    }
    if parts.is_empty() { "0m".to_owned() } else { parts.join(" ") }
}
