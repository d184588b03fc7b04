//! What ordinary clients write.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::Value;

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::rest::issues::find_comment;
use crate::site::Site;
use crate::wire::Wire;
use crate::world::{
    IssueKey, IssueTypeKey, MilestoneKey, NewIssue, RepositoryKey, StateReason, World,
};

/// Carries out one change.
pub(super) fn write(site: &Site, call: &Call<'_>) -> Result<Reply, Refusal> {
    if matches!(call.caller, crate::access::Caller::Anonymous) {
        return Err(Refusal::Unauthorized("Requires authentication"));
    }
    let mut world = site.world_mut();
    let world = &mut *world;
    match call.segments.as_slice() {
        ["repos", owner, name, rest @ ..] => {
            let repository = call.repository(world, owner, name, rest)?;
            in_repository(call, world, repository, rest)
        }
        ["repositories", id, rest @ ..] => {
            let id = id.parse().map_err(|_| Refusal::NotFound)?;
            let repository = world.repository_by_id(id).ok_or(Refusal::NotFound)?;
            in_repository(call, world, repository, rest)
        }
        _ => Err(Refusal::NotFound),
    }
}

fn in_repository(
    call: &Call<'_>,
    world: &mut World,
    repository: RepositoryKey,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    match (call.method, rest) {
        ("POST", ["issues"]) => create(call, world, repository),
        ("PATCH", ["issues", "comments", id]) => {
            let comment = find_comment(world, repository, id)?;
            let Body { body } = call.json()?;
            world.edit_comment(comment, &body);
            Ok(shown(call, world, StatusCode::OK, |wire| wire.comment(comment)))
        }
        ("DELETE", ["issues", "comments", id]) => {
            let comment = find_comment(world, repository, id)?;
            world.delete_comment(comment);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (_, ["issues", number, rest @ ..]) => {
            let issue = call.issue(world, repository, number, rest)?;
            on_issue(call, world, issue, rest)
        }
        _ => Err(Refusal::NotFound),
    }
}

fn on_issue(
    call: &Call<'_>,
    world: &mut World,
    issue: IssueKey,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    match (call.method, rest) {
        ("PATCH", []) => update(call, world, issue),
        ("POST", ["comments"]) => {
            let Body { body } = call.json()?;
            let comment = world.comment(issue, world.actor, &body);
            Ok(shown(call, world, StatusCode::CREATED, |wire| wire.comment(comment)))
        }
        ("POST", ["labels"]) => {
            for name in call.json::<Labels>()?.names() {
                world.add_label(issue, &name);
            }
            Ok(labels(call, world, issue))
        }
        ("DELETE", ["labels", name]) => {
            let name = unescape(name);
            if !world.remove_label(issue, &name) {
                return Err(Refusal::NotFound);
            }
            Ok(labels(call, world, issue))
        }
        ("POST" | "DELETE", ["assignees"]) => {
            let Assignees { assignees } = call.json()?;
            for login in &assignees {
                if call.method == "POST" {
                    world.assign(issue, login);
                } else {
                    world.unassign(issue, login);
                }
            }
            let status = if call.method == "POST" { StatusCode::CREATED } else { StatusCode::OK };
            Ok(shown(call, world, status, |wire| wire.single_issue(issue)))
        }
        ("POST", ["dependencies", "blocked_by"]) => {
            let IssueId { issue_id } = call.json()?;
            let blocker = world.issue_by_id(issue_id).ok_or(Refusal::NotFound)?;
            world.add_dependency(issue, blocker)?;
            Ok(shown(call, world, StatusCode::CREATED, |wire| wire.issue_with_repository(issue)))
        }
        ("DELETE", ["dependencies", "blocked_by", id]) => {
            let blocker =
                id.parse().ok().and_then(|id| world.issue_by_id(id)).ok_or(Refusal::NotFound)?;
            world.remove_dependency(issue, blocker)?;
            Ok(shown(call, world, StatusCode::OK, |wire| wire.issue_with_repository(issue)))
        }
        ("POST", ["sub_issues"]) => {
            let SubIssue { sub_issue_id, replace_parent } = call.json()?;
            let sub_issue = world.issue_by_id(sub_issue_id).ok_or(Refusal::NotFound)?;
            world.add_sub_issue(issue, sub_issue, replace_parent)?;
            Ok(shown(call, world, StatusCode::CREATED, |wire| wire.issue_with_repository(issue)))
        }
        ("DELETE", ["sub_issue"]) => {
            let SubIssue { sub_issue_id, .. } = call.json()?;
            let sub_issue = world.issue_by_id(sub_issue_id).ok_or(Refusal::NotFound)?;
            world.remove_sub_issue(issue, sub_issue)?;
            Ok(shown(call, world, StatusCode::OK, |wire| wire.issue_with_repository(issue)))
        }
        _ => Err(Refusal::NotFound),
    }
}

#[derive(Deserialize)]
struct Body {
    body: String,
}

#[derive(Deserialize)]
struct IssueId {
    issue_id: u64,
}

#[derive(Deserialize)]
struct SubIssue {
    sub_issue_id: u64,
    #[serde(default)]
    replace_parent: bool,
}

#[derive(Deserialize)]
struct Assignees {
    assignees: Vec<String>,
}

/// Labels as `{"labels": [...]}` or as a bare list, by name or as `{"name": ...}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    Wrapped { labels: Vec<LabelName> },
    Bare(Vec<LabelName>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LabelName {
    Bare(String),
    Wrapped { name: String },
}

impl LabelName {
    fn into_name(self) -> String {
        match self {
            Self::Bare(name) | Self::Wrapped { name } => name,
        }
    }
}

impl Labels {
    fn names(self) -> Vec<String> {
        let (Self::Wrapped { labels } | Self::Bare(labels)) = self;
        labels.into_iter().map(LabelName::into_name).collect()
    }
}

/// Tells an absent field from one that is `null`.
#[allow(clippy::option_option, reason = "absent, null and present are three things here")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct IssueFields {
    title: Option<Value>,
    #[serde(deserialize_with = "present")]
    body: Option<Option<String>>,
    state: Option<String>,
    state_reason: Option<StateReason>,
    labels: Option<Vec<LabelName>>,
    assignees: Option<Vec<String>>,
    #[serde(deserialize_with = "present")]
    milestone: Option<Option<u32>>,
    #[serde(rename = "type", deserialize_with = "present")]
    issue_type: Option<Option<String>>,
}

impl IssueFields {
    fn title(&self) -> Result<Option<String>, Refusal> {
        match &self.title {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(title)) if title.trim().is_empty() => {
                Err(Refusal::Invalid("Issue", "title", "missing_field"))
            }
            Some(Value::String(title)) => Ok(Some(title.clone())),
            Some(other) => Ok(Some(other.to_string())),
        }
    }

    fn milestone(
        &self,
        world: &World,
        repository: RepositoryKey,
    ) -> Result<Option<Option<MilestoneKey>>, Refusal> {
        self.milestone
            .map(|number| {
                number
                    .map(|number| {
                        world.milestone_of(repository, number).ok_or(Refusal::Invalid(
                            "Issue",
                            "milestone",
                            "invalid",
                        ))
                    })
                    .transpose()
            })
            .transpose()
    }

    fn issue_type(&self, world: &World) -> Result<Option<Option<IssueTypeKey>>, Refusal> {
        self.issue_type
            .as_ref()
            .map(|name| {
                name.as_ref()
                    .map(|name| {
                        world.issue_type(name).ok_or(Refusal::Invalid("Issue", "type", "invalid"))
                    })
                    .transpose()
            })
            .transpose()
    }
}

fn create(call: &Call<'_>, world: &mut World, repository: RepositoryKey) -> Result<Reply, Refusal> {
    let fields: IssueFields = call.json()?;
    let title = fields.title()?.ok_or(Refusal::Invalid("Issue", "title", "missing_field"))?;
    let milestone = fields.milestone(world, repository)?.flatten();
    let issue_type = fields.issue_type(world)?.flatten();
    let issue = world.create_issue(
        repository,
        NewIssue {
            title,
            body: fields.body.flatten(),
            labels: fields.labels.into_iter().flatten().map(LabelName::into_name).collect(),
            assignees: fields.assignees.unwrap_or_default(),
        },
    );
    if milestone.is_some() {
        world.set_milestone(issue, milestone);
    }
    if issue_type.is_some() {
        world.set_issue_type(issue, issue_type);
    }
    let url = format!(
        "{}/repos/{}/issues/{}",
        call.base.api,
        world.full_name(repository),
        world[issue].number
    );
    Ok(shown(call, world, StatusCode::CREATED, |wire| wire.single_issue(issue))
        .with(LOCATION, &url))
}

fn update(call: &Call<'_>, world: &mut World, issue: IssueKey) -> Result<Reply, Refusal> {
    let fields: IssueFields = call.json()?;
    let repository = world[issue].repository;
    // All that can be wrong is looked at before anything changes.
    let title = fields.title()?;
    let milestone = fields.milestone(world, repository)?;
    let issue_type = fields.issue_type(world)?;
    let state = match fields.state.as_deref() {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => return Err(Refusal::Invalid("Issue", "state", "invalid")),
    };
    if let Some(title) = title.filter(|title| **title != *world[issue].title) {
        world.edit_title(issue, &title);
    }
    if let Some(body) = fields.body {
        world.edit_body(issue, &body.unwrap_or_default());
    }
    match state {
        Some(false) => world.close(issue, fields.state_reason.unwrap_or(StateReason::Completed)),
        Some(true) => world.reopen(issue),
        None => {}
    }
    if let Some(labels) = fields.labels {
        let names: Vec<String> = labels.into_iter().map(LabelName::into_name).collect();
        world.set_labels(issue, &names);
    }
    if let Some(assignees) = fields.assignees {
        world.set_assignees(issue, &assignees);
    }
    if let Some(milestone) = milestone {
        world.set_milestone(issue, milestone);
    }
    if let Some(issue_type) = issue_type {
        world.set_issue_type(issue, issue_type);
    }
    Ok(shown(call, world, StatusCode::OK, |wire| wire.single_issue(issue)))
}

fn labels(call: &Call<'_>, world: &World, issue: IssueKey) -> Reply {
    shown(call, world, StatusCode::OK, |wire| {
        wire.array(world[issue].labels.iter().copied(), Wire::label)
    })
}

/// What was written, as it is now.
fn shown(
    call: &Call<'_>,
    world: &World,
    status: StatusCode,
    write: impl FnOnce(&mut Wire<'_>),
) -> Reply {
    let mut wire = Wire::new(world, &call.base);
    write(&mut wire);
    Reply::json(status, wire.into_bytes())
}

fn unescape(segment: &str) -> String {
    let query = format!("name={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(query.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}
