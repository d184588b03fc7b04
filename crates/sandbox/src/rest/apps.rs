//! Apps: one App with one installation on the organisation.

use axum::http::StatusCode;
use serde_json::json;

use crate::access::Caller;
use crate::answer::{Refusal, Reply};
use crate::ids::DatabaseId;
use crate::rest::accounts::visible_repositories;
use crate::rest::call::Call;
use crate::site::Site;
use crate::wire::Wire;
use crate::world::{ORGANIZATION, World};

/// The one installation.
pub const INSTALLATION_ID: u64 = 40_217_001;
const APP_ID: u64 = 310_411;

fn require_app(call: &Call<'_>) -> Result<(), Refusal> {
    match call.caller {
        Caller::App(_) => Ok(()),
        _ => Err(Refusal::Unauthorized("A JSON web token could not be decoded")),
    }
}

/// Gives out a token for an hour; `repository_ids` and `permissions` may narrow it and are told back.
pub(super) fn access_token(site: &Site, call: &Call<'_>) -> Result<Reply, Refusal> {
    require_app(call)?;
    let ["app", "installations", id, ..] = call.segments.as_slice() else {
        return Err(Refusal::NotFound);
    };
    if id.parse() != Ok(INSTALLATION_ID) {
        return Err(Refusal::NotFound);
    }
    let (token, expires_at) = site.desk().access.mint(site.0.clock.now());
    let body = json!({
        "token": token,
        "expires_at": expires_at,
        "permissions": permissions(),
        "repository_selection": "all",
    });
    Ok(Reply::json(StatusCode::CREATED, body.to_string()))
}

fn permissions() -> serde_json::Value {
    json!({"issues": "write", "metadata": "read", "pull_requests": "read"})
}

pub(super) fn app(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    require_app(call)?;
    let created = world.repositories.first().map_or(world.now(), |first| first.created_at);
    Ok(call.content(world, |wire| {
        wire.object(|wire| {
            wire.field("id", &APP_ID);
            wire.plain("slug", "mainstem");
            wire.plain("node_id", format_args!("A_{APP_ID}"));
            wire.optional_field("owner", Some(ORGANIZATION), Wire::user);
            wire.plain("name", "Mainstem");
            wire.null("description");
            wire.plain("external_url", &call.base.site);
            wire.plain("html_url", format_args!("{}/apps/mainstem", call.base.site));
            wire.time("created_at", Some(created));
            wire.time("updated_at", Some(created));
            wire.field("permissions", &permissions());
            wire.field("events", &["issues", "issue_comment", "pull_request"]);
        });
    }))
}

pub(super) fn installation(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    require_app(call)?;
    match call.segments.as_slice() {
        ["orgs", login, _] if world.user(login) == Some(ORGANIZATION) => {}
        ["repos", owner, name, _] => {
            call.repository(world, owner, name, &["installation"])?;
        }
        _ => return Err(Refusal::NotFound),
    }
    Ok(call.content(world, |wire| installation_record(wire)))
}

pub(super) fn installations(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    require_app(call)?;
    Ok(call.list_content(world, &[INSTALLATION_ID], |wire, _| installation_record(wire)))
}

fn installation_record(wire: &mut Wire<'_>) {
    let base = wire.base;
    let created =
        wire.world.repositories.first().map_or(wire.world.now(), |first| first.created_at);
    wire.object(|wire| {
        wire.field("id", &INSTALLATION_ID);
        wire.optional_field("account", Some(ORGANIZATION), Wire::user);
        wire.plain("repository_selection", "all");
        wire.plain(
            "access_tokens_url",
            format_args!("{}/app/installations/{INSTALLATION_ID}/access_tokens", base.api),
        );
        wire.plain("repositories_url", format_args!("{}/installation/repositories", base.api));
        wire.plain(
            "html_url",
            format_args!("{}/settings/installations/{INSTALLATION_ID}", base.site),
        );
        wire.field("app_id", &APP_ID);
        wire.plain("app_slug", "mainstem");
        wire.field("target_id", &ORGANIZATION.database_id());
        wire.plain("target_type", "Organization");
        wire.field("permissions", &permissions());
        wire.field("events", &["issues", "issue_comment", "pull_request"]);
        wire.time("created_at", Some(created));
        wire.time("updated_at", Some(created));
        wire.null("single_file_name");
        wire.null("suspended_by");
        wire.null("suspended_at");
    });
}

pub(super) fn repositories(call: &Call<'_>, world: &World) -> Result<Reply, Refusal> {
    if !matches!(call.caller, Caller::Installation(_)) {
        return Err(Refusal::Forbidden(
            "You must authenticate with an installation access token in order to list repositories for an installation.",
        ));
    }
    let all = visible_repositories(world);
    let (page, link) = call.page_of(world, &all);
    let reply = call.content(world, |wire| {
        wire.object(|wire| {
            wire.field("total_count", &all.len());
            wire.plain("repository_selection", "all");
            wire.array_field("repositories", page.iter().copied(), Wire::repository);
        });
    });
    Ok(reply.with_link(link))
}
