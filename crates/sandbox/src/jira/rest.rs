//! The interface: which path asks what.

mod admin;
mod agile;
mod call;
mod fieldset;
mod histories;
mod issues;
mod search;
mod token;
mod webhooks;
mod worklogs;
mod write;

use axum::http::StatusCode;

use crate::answer::Reply;
use crate::jira::answer::{Refusal, page, unauthenticated};
use crate::jira::{Deployment, JiraSite};

pub(crate) use call::{Call, Interface, Shown};

/// What a handler has to say.
pub(crate) type Answered = Result<Shown, Refusal>;

/// Answers one request, and says how many points it costs.
pub(crate) fn answer(site: &JiraSite, call: &Call<'_>) -> (Reply, u32) {
    if site.world().index_is_due() {
        site.world_mut().settle_index();
    }
    let answered = match call.interface {
        Interface::Gateway => admin::gateway(site, call),
        Interface::Agile => agile::read(site, call),
        Interface::Webhooks => webhooks::of_administrators(site, call),
        Interface::Nowhere => Ok(dead_link()),
        Interface::Documents | Interface::Markup => platform(site, call),
    };
    match answered {
        Ok(shown) => (shown.reply, 1 + shown.objects),
        Err(refusal) => (refusal.into(), 1),
    }
}

/// What a path that leads nowhere gives: a page for people.
fn dead_link() -> Shown {
    Shown::nothing_of(page(
        StatusCode::NOT_FOUND,
        "Oops, you've found a dead link. - JIRA",
        "Oops, you've found a dead link.",
    ))
}

fn platform(site: &JiraSite, call: &Call<'_>) -> Answered {
    let cloud = site.0.deployment == Deployment::Cloud;
    let world = site.world();
    let segments = call.segments.as_slice();
    // What anybody may ask.
    match (call.method, segments) {
        ("GET", ["serverInfo"]) => return Ok(admin::server_info(call, &world)),
        ("GET", ["field"]) => return Ok(admin::fields(call, &world)),
        ("GET", ["status"]) => return Ok(admin::statuses(call, &world)),
        ("GET", ["statuscategory"]) => return Ok(admin::status_categories(call)),
        ("GET", ["priority"]) => return Ok(admin::priorities(call, &world)),
        ("GET", ["resolution"]) => return Ok(admin::resolutions(call, &world)),
        ("GET", ["issuetype"]) => return Ok(admin::issue_types(call, &world)),
        ("GET", ["issueLinkType"]) => return Ok(admin::link_types(call, &world)),
        ("GET", ["project"]) => return Ok(admin::projects(call, &world)),
        ("GET", ["project", "search"]) if cloud => return Ok(admin::project_page(call, &world)),
        ("GET", ["project", name]) => return admin::project(call, &world, name),
        ("GET", ["project", name, "securitylevel"]) if cloud => {
            return admin::security_levels(call, &world, name);
        }
        ("GET" | "POST", ["search", "jql"]) if cloud => {
            return search::by_token(site, call, &world);
        }
        ("POST", ["search", "approximate-count"]) if cloud => {
            return search::count(site, call, &world);
        }
        ("GET" | "POST", ["search"]) if cloud => return Err(search::gone()),
        ("GET" | "POST", ["search"]) => return search::by_number(site, call, &world),
        ("GET", ["issue", name, rest @ ..]) => return issues::read(call, &world, name, rest),
        _ => {}
    }
    if !call.caller.is_known() {
        return Ok(Shown::nothing_of(unauthenticated()));
    }
    if cloud && segments.first() == Some(&"webhook") {
        drop(world);
        return webhooks::of_apps(site, call);
    }
    match (call.method, segments) {
        ("GET", ["myself"]) => Ok(admin::myself(call, &world)),
        ("GET", ["user"]) => admin::user(call, &world),
        ("GET", ["issueLink", id]) => issues::link(call, &world, id),
        ("GET", ["worklog", "updated"]) => Ok(worklogs::updated(call, &world)),
        ("GET", ["worklog", "deleted"]) => Ok(worklogs::deleted(call, &world)),
        ("POST", ["worklog", "list"]) => worklogs::list(call, &world),
        ("POST", ["issue", "bulkfetch"]) if cloud => issues::bulk(call, &world),
        ("POST", ["changelog", "bulkfetch"]) if cloud => histories::bulk(call, &world),
        ("GET" | "HEAD", _) => Ok(dead_link()),
        _ => {
            drop(world);
            write::write(call, &mut site.world_mut())
        }
    }
}
