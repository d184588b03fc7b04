//! Boards and sprints: one board for each project.

use axum::http::StatusCode;

use crate::jira::JiraSite;
use crate::jira::answer::{Refusal, unauthenticated};
use crate::jira::rest::{Answered, Call, Shown, dead_link};
use crate::jira::wire::{Wire, board_id, sprint_state};
use crate::jira::world::{ProjectKey, ProjectStatus, SprintKey, World};
use crate::keys::DatabaseId;

const PAGE: usize = 50;

pub(super) fn read(site: &JiraSite, call: &Call<'_>) -> Answered {
    let world = site.world();
    if !call.caller.is_known() {
        return Ok(Shown::nothing_of(unauthenticated()));
    }
    match (call.method, call.segments.as_slice()) {
        ("GET", ["board"]) => {
            let wanted = call.parameter("projectKeyOrId").and_then(|name| world.project(name));
            let boards: Vec<ProjectKey> = boards(&world)
                .filter(|project| wanted.is_none_or(|wanted| wanted == *project))
                .collect();
            let page = call.page(&boards, PAGE, PAGE);
            Ok(call.show(&world, StatusCode::OK, page.items.len(), |wire| {
                page.write(wire, call, Wire::board);
            }))
        }
        ("GET", ["board", id]) => {
            let board = board(&world, id)?;
            Ok(call.show(&world, StatusCode::OK, 1, |wire| wire.board(board)))
        }
        ("GET", ["board", id, "sprint"]) => {
            let project = board(&world, id)?;
            let states = call.parameter("state").unwrap_or("future,active,closed");
            let sprints: Vec<SprintKey> = world[project]
                .sprints
                .iter()
                .copied()
                .filter(|&key| {
                    states.split(',').any(|state| state == sprint_state(world[key].state))
                })
                .collect();
            let page = call.page(&sprints, PAGE, PAGE);
            Ok(call.show(&world, StatusCode::OK, page.items.len(), |wire| {
                page.write(wire, call, Wire::sprint);
            }))
        }
        ("GET", ["sprint", id]) => {
            let sprint = id
                .parse()
                .ok()
                .and_then(SprintKey::from_database_id)
                .filter(|key| (key.0 as usize) < world.sprints.len())
                .filter(|&key| boards(&world).any(|project| project == world[key].project))
                .ok_or_else(|| {
                    Refusal::new(StatusCode::NOT_FOUND, "The requested sprint does not exist.")
                })?;
            Ok(call.show(&world, StatusCode::OK, 1, |wire| wire.sprint(sprint)))
        }
        _ => Ok(dead_link()),
    }
}

fn boards(world: &World) -> impl Iterator<Item = ProjectKey> + '_ {
    world
        .project_keys()
        .filter(|&key| !world[key].hidden && world[key].status == ProjectStatus::Live)
}

fn board(world: &World, id: &str) -> Result<ProjectKey, Refusal> {
    boards(world).find(|&project| board_id(project).to_string() == id).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "The requested board cannot be viewed because it either does not exist or you do not have permission to view it.",
        )
    })
}
