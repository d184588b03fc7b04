//! Issues and pull requests.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use mainstem_model::Timestamp;
use serde_json_bytes::json;

use crate::generate::text;
use crate::graphql::connection::Connection;
use crate::graphql::event;
use crate::graphql::object::{Object, Record, Resolved, Thing, leaf, small, time, words};
use crate::ids::{DatabaseId, pull_request_id};
use crate::rest::{IssueQuery, Order, Wanted};
use crate::world::{Issue, IssueKey, RepositoryKey, StateReason, UserKey};

/// A field of an issue or a pull request.
pub(super) fn field<'w>(
    object: &Object<'w>,
    key: IssueKey,
    field: &str,
    info: &ResolveInfo<'_>,
) -> Resolved<'w> {
    let world = object.context.world;
    let issue = &world[key];
    let page = if issue.is_pull_request() { "pull" } else { "issues" };
    let path = format!("/{}/{page}/{}", world.full_name(issue.repository), issue.number);
    let id = if issue.is_pull_request() { pull_request_id(key) } else { key.database_id() };
    let users = || issue.assignees.iter().copied().map(Thing::User).collect();
    Ok(match field {
        "activeLockReason" => ResolvedValue::null(),
        "assignedActors" => return object.page(info, "AssigneeConnection", users()),
        "assignees" => return object.page(info, "UserConnection", users()),
        "author" => object.other(Thing::User(issue.author)),
        "authorAssociation" => leaf("MEMBER"),
        "body" | "bodyText" => leaf(text::issue_body(world, key).unwrap_or_default().into_owned()),
        "closed" => leaf(!issue.is_open()),
        "closedAt" => time(issue.closed_at),
        "comments" => {
            let comments = issue.comments.iter().copied().map(Thing::Comment).collect();
            return object.page(info, "IssueCommentConnection", comments);
        }
        "createdAt" => leaf(issue.created_at.to_string()),
        "databaseId" => small(id),
        "fullDatabaseId" => leaf(id.to_string()),
        "id" => leaf(world.issue_node_id(key)),
        "labels" => {
            let labels = issue.labels.iter().copied().map(Thing::Label).collect();
            return object.page(info, "LabelConnection", labels);
        }
        "locked" => leaf(false),
        "milestone" => object.maybe(issue.milestone.map(Thing::Milestone)),
        "number" => leaf(issue.number),
        "repository" => object.other(Thing::Repository(issue.repository)),
        "resourcePath" => leaf(path),
        "state" => leaf(state(issue)),
        "timelineItems" => return timeline(object, key, info),
        "title" => leaf(&*issue.title),
        "updatedAt" => leaf(issue.updated_at.to_string()),
        "url" => leaf(format!("{}{path}", object.context.base.site)),
        _ if issue.is_pull_request() => return pull_request_field(object, key, field, info),
        _ => return issue_field(object, key, field, info),
    })
}

fn state(issue: &Issue) -> &'static str {
    match &issue.pull_request {
        Some(pull) if pull.merged_at.is_some() => "MERGED",
        _ if issue.is_open() => "OPEN",
        _ => "CLOSED",
    }
}

pub(super) fn reason_word(reason: StateReason) -> String {
    reason.as_str().to_uppercase()
}

/// What only an issue has.
fn issue_field<'w>(
    object: &Object<'w>,
    key: IssueKey,
    field: &str,
    info: &ResolveInfo<'_>,
) -> Resolved<'w> {
    let world = object.context.world;
    let issue = &world[key];
    let issues = |keys: &[IssueKey]| world.visible(keys).map(Thing::Issue).collect();
    // The dependency that was added last comes first.
    let latest = |keys: &[IssueKey]| {
        world.visible(keys).collect::<Vec<_>>().into_iter().rev().map(Thing::Issue).collect()
    };
    Ok(match field {
        "blockedBy" => return object.page(info, "IssueConnection", latest(&issue.blocked_by)),
        "blocking" => return object.page(info, "IssueConnection", latest(&issue.blocking)),
        "closedByPullRequestsReferences" => {
            let all =
                info.arguments().get("includeClosedPrs").and_then(JsonValue::as_bool) == Some(true);
            let pulls = world
                .visible(&issue.closed_by_pulls)
                .filter(|&pull| all || state(&world[pull]) != "CLOSED")
                .map(Thing::Issue)
                .collect();
            return object.page(info, "PullRequestConnection", pulls);
        }
        "duplicateOf" => object.visible(issue.duplicate_of),
        "issueDependenciesSummary" => {
            let [blocked_by, blocking, total_blocked_by, total_blocking] =
                world.dependency_counts(key);
            let fields = json!({
                "blockedBy": blocked_by,
                "blocking": blocking,
                "totalBlockedBy": total_blocked_by,
                "totalBlocking": total_blocking,
            });
            ResolvedValue::object(Record { type_name: "IssueDependenciesSummary", fields })
        }
        "issueType" => object.maybe(issue.issue_type.map(Thing::IssueType)),
        "parent" => object.visible(issue.parent),
        "stateReason" => {
            issue.state_reason.map_or_else(ResolvedValue::null, |reason| leaf(reason_word(reason)))
        }
        "subIssues" => return object.page(info, "IssueConnection", issues(&issue.sub_issues)),
        "subIssuesSummary" => {
            let [total, completed] = world.sub_issue_counts(key);
            let percent = (completed * 100).checked_div(total).unwrap_or(0);
            let fields =
                json!({"total": total, "completed": completed, "percentCompleted": percent});
            ResolvedValue::object(Record { type_name: "SubIssuesSummary", fields })
        }
        _ => return Err(object.unknown_field_error(info)),
    })
}

/// What only a pull request has.
fn pull_request_field<'w>(
    object: &Object<'w>,
    key: IssueKey,
    field: &str,
    info: &ResolveInfo<'_>,
) -> Resolved<'w> {
    let issue = &object.context.world[key];
    let Some(pull) = &issue.pull_request else { return Err(object.unknown_field_error(info)) };
    Ok(match field {
        "baseRefName" => leaf("main"),
        "commits" => {
            let commits = (0..pull.commits.len()).map(|place| Thing::Commit(key, place)).collect();
            return object.page(info, "PullRequestCommitConnection", commits);
        }
        "headRefName" => leaf(&*pull.branch),
        "isDraft" => leaf(pull.draft),
        "merged" => leaf(pull.merged_at.is_some()),
        "mergedAt" => time(pull.merged_at),
        "mergedBy" => {
            object.maybe(issue.closed_by.filter(|_| pull.merged_at.is_some()).map(Thing::User))
        }
        "closingIssuesReferences" => {
            let issues = object.context.world.visible(&pull.closes).map(Thing::Issue).collect();
            return object.page(info, "IssueConnection", issues);
        }
        _ => return Err(object.unknown_field_error(info)),
    })
}

fn timeline<'w>(object: &Object<'w>, key: IssueKey, info: &ResolveInfo<'_>) -> Resolved<'w> {
    let world = object.context.world;
    let wanted = words(info, "itemTypes");
    let since = instant(info.arguments().get("since"))?;
    let things = world
        .timeline(key)
        .into_iter()
        .filter(|entry| since.is_none_or(|since| event::entry_time(world, *entry) >= since))
        .map(event::thing)
        .filter(|&thing| {
            wanted.is_empty() || wanted.contains(&event::item_type(world, thing).as_str())
        })
        .collect();
    let connection = if world[key].is_pull_request() {
        "PullRequestTimelineItemsConnection"
    } else {
        "IssueTimelineItemsConnection"
    };
    object.page(info, connection, things)
}

fn instant(value: Option<&JsonValue>) -> Result<Option<Timestamp>, FieldError> {
    value
        .and_then(JsonValue::as_str)
        .map(|text| {
            text.parse()
                .map_err(|_| FieldError { message: format!("`{text}` is not a valid DateTime.") })
        })
        .transpose()
}

/// The issue or pull request of a number. A transferred one is gone: nothing redirects here.
pub(super) fn by_number<'w>(
    object: &Object<'w>,
    repository: RepositoryKey,
    info: &ResolveInfo<'_>,
    pull_request: bool,
) -> Resolved<'w> {
    let world = object.context.world;
    let number = info.arguments().get("number").and_then(JsonValue::as_i64).unwrap_or_default();
    u32::try_from(number)
        .ok()
        .and_then(|number| world.issue_of(repository, number))
        .filter(|&key| world.is_visible(key) && world[key].is_pull_request() == pull_request)
        .map(|key| object.other(Thing::Issue(key)))
        .ok_or_else(|| {
            let word = if pull_request { "a PullRequest" } else { "an Issue" };
            FieldError {
                message: format!("Could not resolve to {word} with the number of {number}."),
            }
        })
}

/// The issues or the pull requests of a repository.
pub(super) fn list<'w>(
    object: &Object<'w>,
    repository: RepositoryKey,
    info: &ResolveInfo<'_>,
    pull_requests: bool,
) -> Resolved<'w> {
    let world = object.context.world;
    let order = info.arguments().get("orderBy");
    let word = |key: &str| order.and_then(|order| order.get(key)).and_then(JsonValue::as_str);
    let filter = info.arguments().get("filterBy").filter(|filter| !filter.is_null());
    let filtered = |key: &str| filter.and_then(|filter| filter.get(key));
    let user = |key: &str| match filtered(key) {
        None => Wanted::Anything,
        Some(JsonValue::Null) => Wanted::Nothing,
        Some(login) => match login.as_str() {
            Some("*") => Wanted::Something,
            Some(login) => world.user(login).map_or(Wanted::Impossible, Wanted::Only),
            None => Wanted::<UserKey>::Impossible,
        },
    };
    let list = |value: Option<&JsonValue>| -> Vec<String> {
        let words = value.and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
        words.iter().filter_map(JsonValue::as_str).map(str::to_owned).collect()
    };
    let mut labels = list(info.arguments().get("labels"));
    labels.extend(list(filtered("labels")));
    let mut states = list(info.arguments().get("states"));
    states.extend(list(filtered("states")));
    let query = IssueQuery {
        pull_requests: Some(pull_requests),
        since: instant(filtered("since"))?,
        labels: labels.iter().map(|name| world.label_of(repository, name)).collect(),
        assignee: user("assignee"),
        creator: user("createdBy"),
        order: match word("field") {
            Some("UPDATED_AT") => Order::Updated,
            Some("COMMENTS") => Order::Comments,
            _ => Order::Created,
        },
        ascending: word("direction") != Some("DESC"),
        ..IssueQuery::all(repository)
    };
    let things = query
        .run(world)
        .into_iter()
        .filter(|&key| {
            states.is_empty() || states.iter().any(|wanted| wanted == state(&world[key]))
        })
        .map(|key| (query.rank(world, key), Thing::Issue(key)))
        .collect();
    let name = if pull_requests { "PullRequestConnection" } else { "IssueConnection" };
    let connection = Connection::of_ranked(object.context, name, things, query.ascending, info)?;
    Ok(ResolvedValue::object(connection))
}
