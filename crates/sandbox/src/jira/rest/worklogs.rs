//! Logged work: of one issue, and what changed anywhere.

use axum::http::StatusCode;
use mainstem_model::Timestamp;
use serde::Deserialize;

use crate::jira::answer::Refusal;
use crate::jira::rest::{Answered, Call, Shown};
use crate::jira::wire::Wire;
use crate::jira::world::{IssueKey, WorklogKey, World};
use crate::keys::DatabaseId;

const MOST_WORKLOGS: usize = 5_000;
const MOST_CHANGES: usize = 1_000;
/// Changes younger than this are not told yet.
const QUIET_SECONDS: i64 = 60;

/// The work logged on one issue.
pub(super) fn of_issue(call: &Call<'_>, world: &World, issue: IssueKey) -> Shown {
    let bound = |name: &str| call.parameter(name).and_then(|number| number.parse::<i64>().ok());
    let (after, before) = (bound("startedAfter"), bound("startedBefore"));
    let all: Vec<WorklogKey> = world[issue]
        .worklogs
        .iter()
        .copied()
        .filter(|&key| {
            let started = world[key].started_at.0.div_euclid(1_000);
            after.is_none_or(|after| started > after)
                && before.is_none_or(|before| started < before)
        })
        .collect();
    let page = call.page(&all, MOST_WORKLOGS, MOST_WORKLOGS);
    call.show(world, StatusCode::OK, page.items.len(), |wire| {
        page.write_older(wire, "worklogs", Wire::worklog);
    })
}

/// The work log of that id, if it is one on that issue.
pub(super) fn find(world: &World, issue: IssueKey, id: &str) -> Result<WorklogKey, Refusal> {
    id.parse()
        .ok()
        .and_then(|id| world.worklog_by_id(id))
        .filter(|&worklog| world[worklog].issue == issue)
        .ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, format!("Cannot find worklog with id: '{id}'."))
        })
}

/// Work logs that were made or changed since a moment.
pub(super) fn updated(call: &Call<'_>, world: &World) -> Shown {
    changed(call, world, |world, key| {
        let worklog = &world[key];
        worklog.deleted_at.is_none().then_some(worklog.updated_at)
    })
}

/// Work logs that were deleted since a moment.
pub(super) fn deleted(call: &Call<'_>, world: &World) -> Shown {
    changed(call, world, |world, key| world[key].deleted_at)
}

fn changed(
    call: &Call<'_>,
    world: &World,
    when: impl Fn(&World, WorklogKey) -> Option<Timestamp>,
) -> Shown {
    let since = call.parameter("since").and_then(|number| number.parse::<i64>().ok()).unwrap_or(0);
    let latest = world.now().plus_seconds(-QUIET_SECONDS).0.div_euclid(1_000);
    let mut all: Vec<(i64, WorklogKey)> = (0..world.worklogs.len() as u32)
        .map(WorklogKey)
        .filter(|&key| world.is_visible(world[key].issue))
        .filter_map(|key| Some((when(world, key)?.0.div_euclid(1_000), key)))
        .filter(|(time, _)| (since..=latest).contains(time))
        .collect();
    all.sort_unstable();
    let is_last = !call.endless && all.len() <= MOST_CHANGES;
    all.truncate(MOST_CHANGES);
    let until = all.last().map_or(latest, |(time, _)| *time);
    call.show(world, StatusCode::OK, all.len(), |wire| {
        wire.object(|wire| {
            wire.array_field("values", all, |wire, (time, key)| {
                wire.object(|wire| {
                    wire.field("worklogId", &key.database_id());
                    wire.field("updatedTime", &time);
                    wire.array_field("properties", std::iter::empty::<()>(), |_, ()| {});
                });
            });
            wire.field("since", &since);
            wire.field("until", &until);
            wire.plain("self", call.next_page(&format!("since={since}")));
            if !is_last {
                wire.plain("nextPage", call.next_page(&format!("since={until}")));
            }
            wire.field("lastPage", &is_last);
        });
    })
}

#[derive(Debug, Deserialize)]
struct Ids {
    ids: Vec<u64>,
}

/// Work logs by their ids; those that cannot be had are left out.
pub(super) fn list(call: &Call<'_>, world: &World) -> Answered {
    let Ids { ids } = call.json()?;
    if ids.is_empty() || ids.len() > MOST_CHANGES {
        return Err(Refusal::bad("The number of worklog ids must be between 1 and 1000."));
    }
    let found: Vec<WorklogKey> = ids
        .into_iter()
        .filter_map(|id| world.worklog_by_id(id))
        .filter(|&key| world.is_visible(world[key].issue))
        .collect();
    Ok(call.show(world, StatusCode::OK, found.len(), |wire| {
        wire.array(found.iter().copied(), Wire::worklog);
    }))
}
