//! Single issues and what belongs to them.

use axum::http::StatusCode;
use serde::Deserialize;

use crate::jira::Deployment;
use crate::jira::answer::Refusal;
use crate::jira::rest::{Answered, Call, dead_link, histories, worklogs};
use crate::jira::wire::{Selection, Unnamed, Wire};
use crate::jira::world::{CommentKey, IssueKey, Missing, RemoteLinkKey, World};
use crate::keys::DatabaseId;

const EMBEDDED_HISTORIES: usize = 100;
const MOST_COMMENTS: usize = 5_000;
const MOST_FETCHED: usize = 100;

impl Call<'_> {
    /// The issue that a path names.
    ///
    /// # Errors
    /// Where there is none that the caller may see.
    pub fn issue(&self, world: &World, name: &str) -> Result<IssueKey, Refusal> {
        let signed_in = self.caller.is_known();
        world
            .find(name)
            .and_then(|key| if signed_in { Ok(key) } else { Err(Missing::Hidden) })
            .map_err(|missing| Refusal::missing(world.deployment, missing, signed_in))
    }
}

pub(super) fn read(call: &Call<'_>, world: &World, name: &str, rest: &[&str]) -> Answered {
    let issue = call.issue(world, name)?;
    let cloud = world.deployment == Deployment::Cloud;
    match rest {
        [] => Ok(call.show(world, StatusCode::OK, 1, |wire| whole(wire, call, issue))),
        ["comment"] => comments(call, world, issue),
        ["comment", id] => {
            let comment = of_issue(world, issue, id)?;
            Ok(call.show(world, StatusCode::OK, 1, |wire| wire.comment(comment)))
        }
        ["worklog"] => Ok(worklogs::of_issue(call, world, issue)),
        ["worklog", id] => {
            let worklog = worklogs::find(world, issue, id)?;
            Ok(call.show(world, StatusCode::OK, 1, |wire| wire.worklog(worklog)))
        }
        // Data Center has the history in the issue only.
        ["changelog"] if cloud => Ok(histories::of_issue(call, world, issue)),
        ["transitions"] => Ok(call.show(world, StatusCode::OK, 0, |wire| {
            wire.object(|wire| {
                wire.plain("expand", "transitions");
                wire.array_field("transitions", world.transitions(issue), Wire::transition);
            });
        })),
        ["remotelink"] => {
            let links = &world[issue].remote_links;
            Ok(call.show(world, StatusCode::OK, links.len(), |wire| {
                wire.array(links.iter().copied(), |wire, link| {
                    wire.remote_link(issue.database_id(), link);
                });
            }))
        }
        ["remotelink", id] => {
            let link = remote_link(world, issue, id)?;
            Ok(call.show(world, StatusCode::OK, 1, |wire| {
                wire.remote_link(issue.database_id(), link);
            }))
        }
        _ => Ok(dead_link()),
    }
}

/// The remote link of that id, if it is one of that issue.
pub(super) fn remote_link(
    world: &World,
    issue: IssueKey,
    id: &str,
) -> Result<RemoteLinkKey, Refusal> {
    id.parse()
        .ok()
        .and_then(|id| world.remote_link_by_id(id))
        .filter(|&link| world[link].issue == issue)
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                format!("Remote link with id '{id}' does not exist."),
            )
        })
}

/// An issue by itself, with all its fields unless some are named.
fn whole(wire: &mut Wire<'_>, call: &Call<'_>, issue: IssueKey) {
    let mut selection =
        Selection::read(&wire.world.fields, &call.parameters("fields"), Unnamed::All);
    selection.ids_only = false;
    let expand = call.expand(call.parameter("expand"), EMBEDDED_HISTORIES);
    wire.single_issue(issue, &selection, expand);
}

fn comments(call: &Call<'_>, world: &World, issue: IssueKey) -> Answered {
    let mut all: Vec<CommentKey> = world[issue].comments.clone();
    match call.parameter("orderBy") {
        None | Some("created" | "+created") => {}
        Some("-created") => all.reverse(),
        Some(other) => {
            return Err(Refusal::bad(format!("Invalid order by field '{other}'.")));
        }
    }
    // Data Center gives all to those who do not say how many.
    let usual = match world.deployment {
        Deployment::Cloud => 100,
        Deployment::DataCenter => MOST_COMMENTS,
    };
    let page = call.page(&all, usual, MOST_COMMENTS);
    Ok(call.show(world, StatusCode::OK, page.items.len(), |wire| {
        page.write_older(wire, "comments", Wire::comment);
    }))
}

/// The comment of that id, if it is one on that issue.
pub(super) fn of_issue(world: &World, issue: IssueKey, id: &str) -> Result<CommentKey, Refusal> {
    id.parse()
        .ok()
        .and_then(|id| world.comment_by_id(id))
        .filter(|&comment| world[comment].issue == issue)
        .ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, format!("Can not find a comment for the id: {id}."))
        })
}

/// A link between two issues.
pub(super) fn link(call: &Call<'_>, world: &World, id: &str) -> Answered {
    let base = &call.base;
    let key = id
        .parse()
        .ok()
        .and_then(|id| world.link_by_id(id))
        .filter(|&key| world.is_visible(world[key].source) && world.is_visible(world[key].target))
        .ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, format!("No issue link with id '{id}' exists."))
        })?;
    Ok(call.show(world, StatusCode::OK, 1, |wire| {
        wire.object(|wire| {
            wire.plain("id", id);
            wire.plain("self", format_args!("{}/issueLink/{id}", base.api));
            wire.optional_field("type", Some(world[key].kind), Wire::link_type);
            // Here the names are those of the ends, not of what is seen from one of them.
            wire.optional_field("inwardIssue", Some(world[key].source), Wire::issue_reference);
            wire.optional_field("outwardIssue", Some(world[key].target), Wire::issue_reference);
        });
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bulk {
    issue_ids_or_keys: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    expand: Vec<String>,
}

/// Cloud: up to a hundred issues at once, in the order of their ids. Those that cannot be had are left
/// out and told of.
pub(super) fn bulk(call: &Call<'_>, world: &World) -> Answered {
    let request: Bulk = call.json()?;
    if request.issue_ids_or_keys.len() > MOST_FETCHED {
        return Err(Refusal::bad(
            "The number of issues requested is greater than the maximum of 100.",
        ));
    }
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for name in &request.issue_ids_or_keys {
        match world.find(name) {
            Ok(key) => found.push(key),
            Err(_) => errors.push(name),
        }
    }
    found.sort_unstable();
    found.dedup();
    let selection = Selection::read(&world.fields, &request.fields, Unnamed::All);
    let expand = call.expand(Some(&request.expand.join(",")), 40);
    Ok(call.show(world, StatusCode::OK, found.len(), |wire| {
        wire.object(|wire| {
            wire.plain("expand", "schema,names");
            wire.array_field("issues", found.iter().copied(), |wire, key| {
                wire.issue(key, &selection, expand);
            });
            wire.array_field("issueErrors", errors, |wire, name| {
                wire.object(|wire| {
                    wire.field("id", name);
                    wire.plain(
                        "errorMessage",
                        "Issue does not exist or you do not have permission to see it.",
                    );
                });
            });
        });
    }))
}
