//! The site itself: what it is, who asks, its projects, and what an administrator has set up.

use axum::http::StatusCode;
use serde_json::json;

use crate::answer::Reply;
use crate::jira::answer::Refusal;
use crate::jira::catalogue::{Category, IssueType, LinkType, Priority, Resolution, Status};
use crate::jira::fields::{Field, Kind};
use crate::jira::rest::{Answered, Call, Shown, dead_link, search};
use crate::jira::wire::{Wire, told_time};
use crate::jira::world::{ProjectKey, ProjectStatus, VIEWER, World};
use crate::jira::{Deployment, JiraSite};
use crate::keys::DatabaseId;

const PROJECTS: usize = 50;
const MOST_PROJECTS: usize = 100;

/// What the gateway says of the sites that an access token is good for.
pub(super) fn gateway(site: &JiraSite, call: &Call<'_>) -> Answered {
    if call.segments != ["oauth", "token", "accessible-resources"] {
        return Ok(dead_link());
    }
    let world = site.world();
    let body = json!([{
        "id": site.cloud_id(),
        "url": call.base.site,
        "name": world.organization,
        "scopes": ["read:jira-work", "read:jira-user", "write:jira-work", "manage:jira-webhook"],
        "avatarUrl": format!("{}/avatar.png", call.base.site),
    }]);
    Ok(Shown::nothing_of(Reply::json(StatusCode::OK, body.to_string())))
}

pub(super) fn server_info(call: &Call<'_>, world: &World) -> Shown {
    let site = &call.base.site;
    call.show(world, StatusCode::OK, 0, |wire| {
        let zone = wire.world.zone.clone();
        wire.object(|wire| {
            wire.plain("baseUrl", site);
            match world.deployment {
                Deployment::Cloud => {
                    wire.plain("displayUrl", site);
                    wire.plain("version", "1001.0.0-SNAPSHOT");
                    wire.field("versionNumbers", &[1001, 0, 0]);
                    wire.plain("deploymentType", "Cloud");
                    wire.field("buildNumber", &100_291);
                }
                Deployment::DataCenter => {
                    wire.plain("version", "9.12.7");
                    wire.field("versionNumbers", &[9, 12, 7]);
                    wire.plain("deploymentType", "Server");
                    wire.field("buildNumber", &9_120_007);
                }
            }
            wire.plain("buildDate", "2026-04-02T00:00:00.000+0000");
            wire.plain("serverTime", told_time(&zone, world.now()));
            wire.plain("scmInfo", "f2b8ab2b1e2a4b7a1c1c7b1a0f9d8e7c6b5a4f3e");
            wire.field("serverTitle", &format!("{} Jira", world.organization));
            if world.deployment == Deployment::Cloud {
                wire.object_field("defaultLocale", |wire| wire.plain("locale", "en_US"));
                wire.plain("serverTimeZone", "Etc/UTC");
            }
        });
    })
}

pub(super) fn myself(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 1, |wire| wire.viewer(VIEWER))
}

pub(super) fn user(call: &Call<'_>, world: &World) -> Answered {
    let name = ["accountId", "username", "key"].into_iter().find_map(|name| call.parameter(name));
    let user = name.and_then(|name| world.user(name)).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "Specified user does not exist or you do not have required permissions",
        )
    })?;
    Ok(call.show(world, StatusCode::OK, 1, |wire| wire.user(user)))
}

pub(super) fn statuses(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| wire.array(Status::all(), Wire::status))
}

pub(super) fn status_categories(call: &Call<'_>) -> Shown {
    let list: Vec<_> = Category::ALL
        .iter()
        .map(|category| {
            json!({
                "self": format!("{}/statuscategory/{}", call.base.api, category.id()),
                "id": category.id(),
                "key": category.key(),
                "colorName": category.color(),
                "name": category.name(),
            })
        })
        .collect();
    Shown::nothing_of(Reply::json(StatusCode::OK, json!(list).to_string()))
}

pub(super) fn priorities(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| {
        wire.array(Priority::all(), Wire::described_priority);
    })
}

pub(super) fn resolutions(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| wire.array(Resolution::all(), Wire::resolution))
}

pub(super) fn issue_types(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| wire.array(IssueType::all(), Wire::issue_type))
}

pub(super) fn link_types(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| {
        wire.object(|wire| wire.array_field("issueLinkTypes", LinkType::all(), Wire::link_type));
    })
}

pub(super) fn fields(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| {
        let cloud = world.deployment == Deployment::Cloud;
        let bare = [
            ("issuekey", "Key", &["id", "issue", "issuekey", "key"][..]),
            ("thumbnail", "Images", &[]),
        ];
        let all = bare.into_iter().map(Err).chain(world.fields.iter().map(Ok));
        wire.array(all, |wire, field| match field {
            // The key and the pictures are listed, and have no type.
            Err((id, name, clauses)) => wire.object(|wire| {
                wire.field_head(id, name, cloud, false);
                wire.field("navigable", &true);
                wire.field("clauseNames", &clauses);
            }),
            Ok(field) => wire.object(|wire| {
                let is_custom = field.custom.is_some();
                wire.field_head(&field.id, field.name, cloud, is_custom);
                wire.field("navigable", &field.navigable);
                if is_custom {
                    let clauses = [format!("cf[{}]", field.custom_id), field.name.to_owned()];
                    wire.field("clauseNames", &clauses);
                } else {
                    wire.field("clauseNames", &field.clause_names);
                }
                wire.key("schema");
                wire.field_schema(field);
            }),
        });
    })
}

impl Wire<'_> {
    fn field_head(&mut self, id: &str, name: &str, cloud: bool, is_custom: bool) {
        self.plain("id", id);
        if cloud {
            self.plain("key", id);
        }
        self.field("name", &name);
        if cloud && is_custom {
            self.field("untranslatedName", &name);
        }
        self.field("custom", &is_custom);
        self.field("orderable", &true);
        self.field("searchable", &true);
    }

    /// The type of a field.
    pub fn field_schema(&mut self, field: &Field) {
        self.object(|wire| {
            wire.plain("type", field.schema_type);
            if let Some(items) = field.items {
                wire.plain("items", items);
            }
            match (field.custom, field.kind) {
                (Some(custom), Kind::Custom(_)) => {
                    wire.plain("custom", custom);
                    wire.field("customId", &field.custom_id);
                }
                _ => wire.plain("system", &field.id),
            }
        });
    }
}

fn seen(call: &Call<'_>, world: &World) -> Vec<ProjectKey> {
    if !call.caller.is_known() {
        return Vec::new();
    }
    let mut keys: Vec<ProjectKey> =
        world.project_keys().filter(|&key| !world[key].hidden).collect();
    keys.sort_by(|&one, &other| world[one].key.cmp(&world[other].key));
    keys
}

/// All projects at once.
pub(super) fn projects(call: &Call<'_>, world: &World) -> Shown {
    let with_archived = call.parameter("includeArchived") == Some("true");
    let shown: Vec<ProjectKey> = seen(call, world)
        .into_iter()
        .filter(|&key| match world[key].status {
            ProjectStatus::Live => true,
            ProjectStatus::Archived => with_archived,
            ProjectStatus::Deleted => false,
        })
        .collect();
    if shown.is_empty() {
        return search::nothing(call, world);
    }
    call.show(world, StatusCode::OK, shown.len(), |wire| {
        wire.array(shown.iter().copied(), Wire::project);
    })
}

/// Cloud: projects page by page, live ones unless others are asked for.
pub(super) fn project_page(call: &Call<'_>, world: &World) -> Shown {
    let list = |name: &str| -> Vec<String> {
        let values = call.parameters(name);
        values.iter().flat_map(|list| list.split(',')).map(str::to_owned).collect()
    };
    let (states, keys, ids) = (list("status"), list("keys"), list("id"));
    let all: Vec<ProjectKey> = seen(call, world)
        .into_iter()
        .filter(|&key| {
            let state = match world[key].status {
                ProjectStatus::Live => "live",
                ProjectStatus::Archived => "archived",
                ProjectStatus::Deleted => "deleted",
            };
            let in_state = if states.is_empty() {
                state == "live"
            } else {
                states.iter().any(|wanted| wanted == state)
            };
            in_state
                && (keys.is_empty() || keys.contains(&world[key].key))
                && (ids.is_empty() || ids.contains(&key.database_id().to_string()))
        })
        .collect();
    let page = call.page(&all, PROJECTS, MOST_PROJECTS);
    call.show(world, StatusCode::OK, page.items.len(), |wire| {
        page.write(wire, call, Wire::project);
    })
}

/// One project, by its key, a key that it had, or its id.
pub(super) fn project(call: &Call<'_>, world: &World, name: &str) -> Answered {
    let found = seen_project(call, world, name)?;
    Ok(call.show(world, StatusCode::OK, 1, |wire| wire.whole_project(found)))
}

/// The security levels of a project.
pub(super) fn security_levels(call: &Call<'_>, world: &World, name: &str) -> Answered {
    let found = seen_project(call, world, name)?;
    Ok(call.show(world, StatusCode::OK, 0, |wire| {
        wire.object(|wire| {
            wire.array_field("levels", world[found].security_level.iter(), |wire, level| {
                wire.object(|wire| {
                    wire.plain("id", level);
                    wire.plain("name", "Insiders");
                });
            });
        });
    }))
}

fn seen_project(call: &Call<'_>, world: &World, name: &str) -> Result<ProjectKey, Refusal> {
    let found = world.project(name).filter(|&key| {
        call.caller.is_known() && !world[key].hidden && world[key].status != ProjectStatus::Deleted
    });
    found.ok_or_else(|| {
        let by = if name.bytes().all(|byte| byte.is_ascii_digit()) { "id" } else { "key" };
        Refusal::new(
            StatusCode::NOT_FOUND,
            format!("No project could be found with {by} '{name}'."),
        )
    })
}
