//! Projects and what belongs to them; statuses, types and the other things that an administrator sets up.

use crate::jira::Deployment;
use crate::jira::catalogue::{IssueType, LinkType, Priority, Resolution, Status};
use crate::jira::wire::Wire;
use crate::jira::world::{
    ComponentKey, ProjectKey, ProjectStatus, SprintKey, SprintState, VersionKey,
};
use crate::keys::DatabaseId;

impl Wire<'_> {
    /// The project as an issue names it.
    pub fn project_of_issue(&mut self, key: ProjectKey) {
        self.object(|wire| wire.project_fields(key));
    }

    /// The project in a list of projects.
    pub fn project(&mut self, key: ProjectKey) {
        let world = self.world;
        let project = &world[key];
        self.object(|wire| {
            wire.plain("expand", "description,lead,issueTypes,url,projectKeys,permissions,insight");
            wire.project_fields(key);
            match world.deployment {
                Deployment::Cloud => {
                    wire.plain("style", "classic");
                    wire.field("isPrivate", &false);
                    match project.status {
                        ProjectStatus::Live => {}
                        ProjectStatus::Archived => wire.field("archived", &true),
                        ProjectStatus::Deleted => wire.field("deleted", &true),
                    }
                }
                Deployment::DataCenter => {
                    wire.field("archived", &(project.status == ProjectStatus::Archived));
                }
            }
        });
    }

    /// A project asked for by itself.
    pub fn whole_project(&mut self, key: ProjectKey) {
        let world = self.world;
        let project = &world[key];
        self.object(|wire| {
            wire.plain("expand", "description,lead,issueTypes,url,projectKeys,permissions,insight");
            wire.project_fields(key);
            wire.plain("description", "");
            wire.optional_field("lead", Some(project.lead), Wire::user);
            wire.array_field("components", project.components.iter().copied(), Wire::component);
            wire.array_field("versions", project.versions.iter().copied(), Wire::version);
            wire.array_field("issueTypes", IssueType::all(), Wire::issue_type);
            wire.plain("assigneeType", "UNASSIGNED");
            wire.object_field("roles", |_| {});
            if world.deployment == Deployment::DataCenter {
                wire.field("archived", &(project.status == ProjectStatus::Archived));
            }
        });
    }

    fn project_fields(&mut self, key: ProjectKey) {
        let world = self.world;
        let base = self.base;
        let project = &world[key];
        let id = key.database_id();
        self.plain("self", format_args!("{}/project/{id}", base.api));
        self.plain("id", id);
        self.plain("key", &project.key);
        self.field("name", &project.name);
        self.plain("projectTypeKey", "software");
        if world.deployment == Deployment::Cloud {
            self.field("simplified", &false);
        }
        let avatar = 10_540 + id % 30;
        self.object_field("avatarUrls", |wire| {
            for (size, word) in [
                ("48x48", ""),
                ("24x24", "?size=small"),
                ("16x16", "?size=xsmall"),
                ("32x32", "?size=medium"),
            ] {
                let url = format_args!(
                    "{}/universal_avatar/view/type/project/avatar/{avatar}{word}",
                    base.api
                );
                wire.plain(size, url);
            }
        });
    }

    pub fn status(&mut self, status: Status) {
        let base = self.base;
        let entry = status.entry();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/status/{}", base.api, entry.id));
            wire.field("description", &entry.description);
            wire.plain("iconUrl", format_args!("{}/images/icons/statuses/generic.png", base.site));
            wire.field("name", &entry.name);
            wire.plain("id", entry.id);
            let category = entry.category;
            wire.object_field("statusCategory", |wire| {
                wire.plain("self", format_args!("{}/statuscategory/{}", base.api, category.id()));
                wire.field("id", &category.id());
                wire.plain("key", category.key());
                wire.plain("colorName", category.color());
                wire.plain("name", category.name());
            });
        });
    }

    pub fn issue_type(&mut self, kind: IssueType) {
        let base = self.base;
        let cloud = self.world.deployment == Deployment::Cloud;
        let entry = kind.entry();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/issuetype/{}", base.api, entry.id));
            wire.plain("id", entry.id);
            wire.field("description", &entry.description);
            let icon = format_args!(
                "{}/universal_avatar/view/type/issuetype/avatar/{}?size=medium",
                base.api, entry.avatar
            );
            wire.plain("iconUrl", icon);
            wire.plain("name", entry.name);
            wire.field("subtask", &kind.is_sub_task());
            wire.field("avatarId", &entry.avatar);
            if cloud {
                wire.field("hierarchyLevel", &entry.hierarchy_level);
            }
        });
    }

    pub fn priority(&mut self, priority: Priority) {
        let base = self.base;
        let entry = priority.entry();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/priority/{}", base.api, entry.id));
            let icon = entry.name.to_lowercase();
            wire.plain("iconUrl", format_args!("{}/images/icons/priorities/{icon}.svg", base.site));
            wire.plain("name", entry.name);
            wire.plain("id", entry.id);
        });
    }

    /// A priority in the list of all.
    pub fn described_priority(&mut self, priority: Priority) {
        let base = self.base;
        let entry = priority.entry();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/priority/{}", base.api, entry.id));
            wire.plain("statusColor", "#999999");
            wire.field("description", &entry.description);
            let icon = entry.name.to_lowercase();
            wire.plain("iconUrl", format_args!("{}/images/icons/priorities/{icon}.svg", base.site));
            wire.plain("name", entry.name);
            wire.plain("id", entry.id);
        });
    }

    pub fn resolution(&mut self, resolution: Resolution) {
        let base = self.base;
        let entry = resolution.entry();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/resolution/{}", base.api, entry.id));
            wire.plain("id", entry.id);
            wire.field("description", &entry.description);
            wire.field("name", &entry.name);
        });
    }

    pub fn link_type(&mut self, kind: LinkType) {
        let base = self.base;
        let entry = kind.entry();
        self.object(|wire| {
            wire.plain("id", entry.id);
            wire.plain("name", entry.name);
            wire.plain("inward", entry.inward);
            wire.plain("outward", entry.outward);
            wire.plain("self", format_args!("{}/issueLinkType/{}", base.api, entry.id));
        });
    }

    pub fn version(&mut self, key: VersionKey) {
        let world = self.world;
        let base = self.base;
        let version = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/version/{id}", base.api));
            wire.plain("id", id);
            wire.plain("description", "");
            wire.field("name", &version.name);
            wire.field("archived", &false);
            wire.field("released", &version.released);
            wire.plain("releaseDate", version.release_date);
        });
    }

    pub fn component(&mut self, key: ComponentKey) {
        let world = self.world;
        let base = self.base;
        let id = key.database_id();
        self.object(|wire| {
            wire.plain("self", format_args!("{}/component/{id}", base.api));
            wire.plain("id", id);
            wire.field("name", &world[key].name);
        });
    }

    /// A board: one for each project, with the project's sprints.
    pub fn board(&mut self, project: ProjectKey) {
        let world = self.world;
        let base = self.base;
        let id = board_id(project);
        self.object(|wire| {
            wire.field("id", &id);
            wire.plain("self", format_args!("{}/board/{id}", base.api));
            wire.field("name", &format!("{} board", world[project].key));
            wire.plain("type", "scrum");
            wire.object_field("location", |wire| {
                wire.field("projectId", &project.database_id());
                wire.field("displayName", &world[project].name);
                wire.field("projectName", &world[project].name);
                wire.plain("projectKey", &world[project].key);
                wire.plain("projectTypeKey", "software");
            });
        });
    }

    /// A sprint of a board.
    pub fn sprint(&mut self, key: SprintKey) {
        let world = self.world;
        let base = self.base;
        let sprint = &world[key];
        let id = key.database_id();
        self.object(|wire| {
            wire.field("id", &id);
            wire.plain("self", format_args!("{}/sprint/{id}", base.api));
            wire.plain("state", sprint_state(sprint.state));
            wire.field("name", &sprint.name);
            wire.plain("startDate", milliseconds(sprint.starts));
            wire.plain("endDate", milliseconds(sprint.ends));
            if sprint.state == SprintState::Closed {
                wire.plain("completeDate", milliseconds(sprint.ends));
            }
            wire.field("originBoardId", &board_id(sprint.project));
            wire.field("goal", &sprint.goal);
        });
    }
}

pub(crate) fn board_id(project: ProjectKey) -> u64 {
    u64::from(project.0) + 1
}

pub(crate) const fn sprint_state(state: SprintState) -> &'static str {
    match state {
        SprintState::Future => "future",
        SprintState::Active => "active",
        SprintState::Closed => "closed",
    }
}

/// Such as `2026-03-01T09:30:00.000Z`.
pub(super) fn milliseconds(time: mainstem_model::Timestamp) -> String {
    crate::jira::wire::told_time(&jiff::tz::TimeZone::UTC, time).replace("+0000", "Z")
}
