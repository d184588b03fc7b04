//! The REST interface: which path asks what.

mod accounts;
mod apps;
mod cache;
mod call;
mod issues;
mod listing;
mod query;
mod relations;
mod write;

use crate::answer::{Refusal, Reply};
use crate::site::Site;

pub(crate) use accounts::rate_limit;
pub(crate) use cache::ListCache;
pub(crate) use call::Call;
pub(crate) use query::{IssueQuery, Order, Rank, Wanted, read_cursor, write_cursor};

/// Answers one request.
pub(crate) fn answer(site: &Site, call: &Call<'_>) -> Reply {
    let reply = match call.method {
        "GET" | "HEAD" => read(site, call),
        "POST"
            if matches!(call.segments.as_slice(), ["app", "installations", _, "access_tokens"]) =>
        {
            apps::access_token(site, call)
        }
        _ => write::write(site, call),
    };
    reply.unwrap_or_else(Reply::from)
}

fn read(site: &Site, call: &Call<'_>) -> Result<Reply, Refusal> {
    let world = site.world();
    let world = &*world;
    match call.segments.as_slice() {
        ["meta"] => Ok(accounts::meta(call)),
        ["user"] => accounts::viewer(call, world),
        ["user", "repos"] => accounts::own_repositories(call, world),
        ["users", login] => accounts::user(call, world, login),
        ["users", login, "repos"] => accounts::repositories(call, world, login),
        ["orgs", login] => accounts::organization(call, world, login),
        ["orgs", login, "repos"] => accounts::repositories(call, world, login),
        ["orgs", login, "issue-types"] => accounts::issue_types(call, world, login),
        ["app"] => apps::app(call, world),
        ["app", "installations"] => apps::installations(call, world),
        ["orgs", _, "installation"] | ["repos", _, _, "installation"] => {
            apps::installation(call, world)
        }
        ["installation", "repositories"] => apps::repositories(call, world),
        ["repositories", id, rest @ ..] => {
            let id = id.parse().map_err(|_| Refusal::NotFound)?;
            let repository = world.repository_by_id(id).ok_or(Refusal::NotFound)?;
            in_repository(site, call, world, repository, rest)
        }
        ["repos", owner, name, rest @ ..] => {
            let repository = call.repository(world, owner, name, rest)?;
            in_repository(site, call, world, repository, rest)
        }
        _ => Err(Refusal::NotFound),
    }
}

fn in_repository(
    site: &Site,
    call: &Call<'_>,
    world: &crate::world::World,
    repository: crate::world::RepositoryKey,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    match rest {
        [] => accounts::repository(call, world, repository),
        ["labels"] => issues::labels(call, world, repository),
        ["milestones"] => issues::milestones(call, world, repository),
        ["issue-types"] => accounts::all_issue_types(call, world),
        ["pulls"] => issues::pull_requests(site, call, world, repository),
        ["pulls", number] => issues::pull_request(call, world, repository, number),
        ["issues"] => issues::list(site, call, world, repository),
        ["issues", "comments"] => issues::repository_comments(site, call, world, repository),
        ["issues", "comments", id] => issues::comment(call, world, repository, id),
        ["issues", "events"] => issues::repository_events(site, call, world, repository),
        ["issues", number, rest @ ..] => {
            let issue = call.issue(world, repository, number, rest)?;
            match rest {
                [] => issues::issue(call, world, issue),
                ["comments"] => issues::comments(call, world, issue),
                ["events"] => issues::events(call, world, issue),
                ["timeline"] => issues::timeline(call, world, issue),
                ["labels"] => issues::issue_labels(call, world, issue),
                ["dependencies", "blocked_by"] => relations::blocked_by(call, world, issue),
                ["dependencies", "blocking"] => relations::blocking(call, world, issue),
                ["sub_issues"] => relations::sub_issues(call, world, issue),
                ["parent"] => relations::parent(call, world, issue),
                _ => Err(Refusal::NotFound),
            }
        }
        _ => Err(Refusal::NotFound),
    }
}
