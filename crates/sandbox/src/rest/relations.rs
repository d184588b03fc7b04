//! Reading dependencies, sub-issues and parents.

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::rest::issues::issue_version;
use crate::wire::Wire;
use crate::world::{IssueKey, World};

fn related(call: &Call<'_>, world: &World, issues: &[IssueKey]) -> Reply {
    let issues: Vec<IssueKey> = world.visible(issues).collect();
    call.list(world, &issues, |key| issue_version(world, key), Wire::issue_with_repository)
}

pub(super) fn blocked_by(
    call: &Call<'_>,
    world: &World,
    issue: IssueKey,
) -> Result<Reply, Refusal> {
    Ok(related(call, world, &world[issue].blocked_by))
}

pub(super) fn blocking(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    Ok(related(call, world, &world[issue].blocking))
}

pub(super) fn sub_issues(
    call: &Call<'_>,
    world: &World,
    issue: IssueKey,
) -> Result<Reply, Refusal> {
    Ok(related(call, world, &world[issue].sub_issues))
}

pub(super) fn parent(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    let parent =
        world[issue].parent.filter(|&parent| world.is_visible(parent)).ok_or(Refusal::NotFound)?;
    Ok(call.record(world, parent, issue_version(world, parent), Wire::issue_with_repository))
}
