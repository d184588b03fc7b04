//! Reading dependencies, sub-issues and parents.

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::wire::Wire;
use crate::world::{IssueKey, World};

fn related(call: &Call<'_>, world: &World, issues: &[IssueKey]) -> Reply {
    let issues: Vec<IssueKey> = world.visible(issues).collect();
    // The repository counts its open issues: its record changes with any of them.
    call.list_content(world, &issues, Wire::issue_with_repository)
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
    Ok(call.content(world, |wire| wire.issue_with_repository(parent)))
}
