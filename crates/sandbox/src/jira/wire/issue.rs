//! Issues, with the fields that a caller wants.

use crate::jira::Deployment;
use crate::jira::catalogue::Status;
use crate::jira::wire::{Selection, Wire};
use crate::jira::world::{HistoryKey, IssueKey, Presence};
use crate::keys::DatabaseId;
use crate::wire::malform;

/// What else a caller wants to see of an issue.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expand {
    pub names: bool,
    pub schema: bool,
    pub transitions: bool,
    pub rendered_fields: bool,
    /// The most histories that stand within an issue, if any do.
    pub histories: Option<usize>,
}

impl Wire<'_> {
    /// An issue of a list.
    pub fn issue(&mut self, key: IssueKey, selection: &Selection, expand: Expand) {
        self.sound_or_not(key, |wire| wire.issue_members(key, selection, expand));
    }

    /// An issue by itself, which tells the names and types of its fields itself.
    pub fn single_issue(&mut self, key: IssueKey, selection: &Selection, expand: Expand) {
        self.sound_or_not(key, |wire| {
            wire.issue_members(key, selection, expand);
            wire.names_and_schema(selection, expand.names, expand.schema);
        });
    }

    fn sound_or_not(&mut self, key: IssueKey, members: impl FnOnce(&mut Self)) {
        match self.world[key].malformation.as_deref() {
            None => self.object(members),
            Some(how) => {
                let sound = self.capture(|wire| wire.object(members));
                let broken = malform(&sound, how);
                self.raw(&broken);
            }
        }
    }

    fn issue_members(&mut self, key: IssueKey, selection: &Selection, expand: Expand) {
        let world = self.world;
        let base = self.base;
        let id = key.database_id();
        if selection.ids_only {
            return self.plain("id", id);
        }
        let expands = "operations,versionedRepresentations,editmeta,changelog,renderedFields";
        self.plain("expand", expands);
        self.plain("id", id);
        self.plain("self", format_args!("{}/issue/{id}", base.api));
        self.plain("key", world.issue_key(key));
        if let Some(most) = expand.histories {
            self.embedded_histories(key, most);
        }
        if expand.rendered_fields {
            self.rendered_fields(key);
        }
        if expand.transitions {
            self.array_field("transitions", world.transitions(key), Wire::transition);
        }
        if !selection.is_empty() {
            self.object_field("fields", |wire| {
                for &place in &selection.places {
                    wire.issue_field(key, world.fields.at(place), selection.embedded_comments);
                }
            });
        }
    }

    /// A way out of a status, by its id.
    pub fn transition(&mut self, (id, to): (u32, Status)) {
        self.object(|wire| {
            wire.plain("id", id);
            wire.field("name", &to.name());
            wire.optional_field("to", Some(to), Wire::status);
            for (flag, value) in [
                ("hasScreen", false),
                ("isGlobal", true),
                ("isInitial", false),
                ("isConditional", false),
            ] {
                wire.field(flag, &value);
            }
        });
    }

    /// Cloud shows the latest first and no more than it likes; Data Center all, the oldest first.
    fn embedded_histories(&mut self, key: IssueKey, most: usize) {
        let world = self.world;
        let histories = &world[key].histories;
        let shown: Vec<HistoryKey> = match world.deployment {
            Deployment::Cloud => histories.iter().rev().take(most).copied().collect(),
            Deployment::DataCenter => histories.clone(),
        };
        self.object_field("changelog", |wire| {
            wire.field("startAt", &0);
            wire.field("maxResults", &shown.len());
            wire.field("total", &histories.len());
            wire.array_field("histories", shown.iter().copied(), Wire::history);
        });
    }

    /// The description as a person would see it; other fields are not rendered.
    fn rendered_fields(&mut self, key: IssueKey) {
        let world = self.world;
        let html = world.told_text(&world[key].description).map(|text| {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            format!("<p>{}</p>", escaped.replace("\n\n", "</p>\n<p>").replace('\n', "<br/>\n"))
        });
        self.object_field("renderedFields", |wire| wire.field("description", &html));
    }

    /// What stands in for an issue within another: a few fields. Sub-tasks and parents look alike.
    pub fn issue_reference(&mut self, key: IssueKey) {
        let world = self.world;
        let base = self.base;
        let issue = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            wire.plain("id", id);
            wire.plain("key", world.issue_key(key));
            wire.plain("self", format_args!("{}/issue/{id}", base.api));
            wire.object_field("fields", |wire| {
                wire.field("summary", &issue.summary);
                wire.optional_field("status", Some(issue.status), Wire::status);
                wire.optional_field("priority", Some(issue.priority), Wire::priority);
                wire.optional_field("issuetype", Some(issue.issue_type), Wire::issue_type);
            });
        });
    }

    pub fn archived_fields(&mut self, key: IssueKey, wants_date: bool) {
        let archived = match self.world[key].presence {
            Presence::Archived(at) => Some(at),
            _ => None,
        };
        if wants_date {
            self.optional_moment("archiveddate", archived);
        } else {
            let by = archived.map(|_| self.world.actor);
            self.optional_field("archivedby", by, Wire::user);
        }
    }
}
