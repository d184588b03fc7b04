//! Commits of pull requests.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo, ResolvedValue};
use serde_json_bytes::json;

use crate::generate::text;
use crate::graphql::object::{Object, Record, Resolved, Thing, leaf};
use crate::wire::commit_hash;
use crate::world::IssueKey;

/// A field of the commit at a place of a pull request.
pub(super) fn field<'w>(
    object: &Object<'w>,
    key: IssueKey,
    place: usize,
    field: &str,
    info: &ResolveInfo<'_>,
) -> Resolved<'w> {
    let world = object.context.world;
    let issue = &world[key];
    let commit = issue.pull_request.as_ref().and_then(|pull| pull.commits.get(place));
    let Some(commit) = commit else { return Err(object.unknown_field_error(info)) };
    let oid = commit_hash(commit.seed);
    let repository = world.full_name(issue.repository);
    let path = format!("/{repository}/pull/{}/commits/{oid}", issue.number);
    let site = &object.context.base.site;
    Ok(match field {
        "commit" => {
            let path = format!("/{repository}/commit/{oid}");
            let fields = json!({
                "committedDate": commit.committed_at.to_string(),
                "message": text::commit_message(commit),
                "oid": oid,
                "resourcePath": path,
                "url": format!("{site}{path}"),
            });
            ResolvedValue::object(Record { type_name: "Commit", fields })
        }
        "pullRequest" => object.other(Thing::Issue(key)),
        "resourcePath" => leaf(path),
        "url" => leaf(format!("{site}{path}")),
        _ => return Err(object.unknown_field_error(info)),
    })
}
