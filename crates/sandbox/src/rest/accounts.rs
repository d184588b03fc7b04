//! Accounts, repositories and what the site says about itself.

use axum::http::StatusCode;
use mainstem_model::Timestamp;
use serde_json::json;

use crate::access::Caller;
use crate::answer::{Refusal, Reply};
use crate::limits::{Limits, Resource};
use crate::rest::call::Call;
use crate::wire::Wire;
use crate::world::{ORGANIZATION, RepositoryKey, UserKey, World};

pub(super) fn meta(call: &Call<'_>) -> Reply {
    let enterprise = call.base.api != call.base.site;
    let mut meta = json!({"verifiable_password_authentication": false});
    if enterprise {
        meta["installed_version"] = json!("3.19.0");
    }
    Reply::json(StatusCode::OK, meta.to_string())
}

/// `/rate_limit`, which costs nothing.
pub(crate) fn rate_limit(limits: &mut Limits, account: &str, now: Timestamp) -> Reply {
    let core = limits.quota(account, Resource::Core, now);
    let graphql = limits.quota(account, Resource::GraphQl, now);
    let body =
        json!({"resources": {"core": core, "search": core, "graphql": graphql}, "rate": core});
    Reply::json(StatusCode::OK, body.to_string())
}

pub(super) fn viewer(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    match &call.caller {
        Caller::Anonymous => Err(Refusal::Unauthorized("Requires authentication")),
        Caller::Person(_) => Ok(call.content(world, |wire| wire.public_user(world.actor))),
        Caller::Installation(_) | Caller::App(_) => {
            Err(Refusal::Forbidden("Resource not accessible by integration"))
        }
    }
}

fn find_user(world: &World, login: &str) -> Result<UserKey, Refusal> {
    world.user(&login.replace("%5B", "[").replace("%5D", "]")).ok_or(Refusal::NotFound)
}

pub(super) fn user(call: &Call<'_>, world: &World, login: &str) -> Result<Reply, Refusal> {
    let user = find_user(world, login)?;
    Ok(call.content(world, |wire| wire.public_user(user)))
}

pub(super) fn organization(call: &Call<'_>, world: &World, login: &str) -> Result<Reply, Refusal> {
    if find_user(world, login)? != ORGANIZATION {
        return Err(Refusal::NotFound);
    }
    Ok(call.content(world, Wire::organization))
}

/// Repositories of an account, by name; only the organisation has any.
pub(super) fn repositories(call: &Call<'_>, world: &World, login: &str) -> Result<Reply, Refusal> {
    let owner = find_user(world, login)?;
    let repositories = if owner == ORGANIZATION { visible_repositories(world) } else { Vec::new() };
    Ok(call.list_content(world, &repositories, Wire::repository))
}

/// Everything that the person behind the token sees.
pub(super) fn own_repositories(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    match call.caller {
        Caller::Anonymous => Err(Refusal::Unauthorized("Requires authentication")),
        _ => Ok(call.list_content(world, &visible_repositories(world), Wire::repository)),
    }
}

pub(super) fn visible_repositories(world: &World) -> Vec<RepositoryKey> {
    let mut repositories: Vec<_> = world.repositories().filter(|&key| !world[key].hidden).collect();
    repositories.sort_by(|&one, &other| world[one].name.cmp(&world[other].name));
    repositories
}

pub(super) fn repository(
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    Ok(call.content(world, |wire| wire.full_repository(repository)))
}

pub(super) fn issue_types(call: &Call<'_>, world: &World, login: &str) -> Result<Reply, Refusal> {
    if find_user(world, login)? != ORGANIZATION {
        return Err(Refusal::NotFound);
    }
    all_issue_types(call, world)
}

pub(super) fn all_issue_types(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    Ok(call.content(world, |wire| wire.array(world.issue_types(), Wire::issue_type)))
}
