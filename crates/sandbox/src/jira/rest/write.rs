//! Writing: issues, comments, work, links, and moves from status to status.

use axum::http::StatusCode;
use serde_json::Value;

use crate::jira::answer::Refusal;
use crate::jira::catalogue::{IssueType, LinkType};
use crate::jira::rest::{Answered, Call, Shown, dead_link, fieldset, issues, worklogs};
use crate::jira::text::Text;
use crate::jira::world::{IssueKey, NewIssue, ProjectKey, VIEWER, World};
use crate::keys::DatabaseId;

pub(super) fn write(call: &Call<'_>, world: &mut World) -> Answered {
    let before = std::mem::replace(&mut world.actor, VIEWER);
    let answered = carry_out(call, world);
    world.actor = before;
    answered
}

fn carry_out(call: &Call<'_>, world: &mut World) -> Answered {
    match (call.method, call.segments.as_slice()) {
        ("POST", ["issue"]) => create(call, world),
        ("PUT", ["issue", name]) => update(call, world, name),
        ("DELETE", ["issue", name]) => delete(call, world, name),
        ("POST", ["issue", name, "transitions"]) => transition(call, world, name),
        ("POST", ["issue", name, "comment"]) => comment(call, world, name),
        ("PUT", ["issue", name, "comment", id]) => {
            let issue = call.issue(world, name)?;
            let comment = issues::of_issue(world, issue, id)?;
            let body: Value = call.json()?;
            let text = read_text(call, &body["body"], "comment")?;
            world.edit_comment_with(comment, text);
            Ok(call.show(world, StatusCode::OK, 0, |wire| wire.comment(comment)))
        }
        ("DELETE", ["issue", name, "comment", id]) => {
            let issue = call.issue(world, name)?;
            let comment = issues::of_issue(world, issue, id)?;
            world.delete_comment(comment);
            Ok(Shown::empty(StatusCode::NO_CONTENT))
        }
        ("POST", ["issue", name, "worklog"]) => log_work(call, world, name),
        ("DELETE", ["issue", name, "worklog", id]) => {
            let issue = call.issue(world, name)?;
            let worklog = worklogs::find(world, issue, id)?;
            world.delete_worklog(worklog);
            Ok(Shown::empty(StatusCode::NO_CONTENT))
        }
        ("POST", ["issue", name, "remotelink"]) => link_elsewhere(call, world, name),
        ("DELETE", ["issue", name, "remotelink", id]) => {
            let issue = call.issue(world, name)?;
            let link = issues::remote_link(world, issue, id)?;
            world.unlink_elsewhere(link);
            Ok(Shown::empty(StatusCode::NO_CONTENT))
        }
        ("POST", ["issueLink"]) => link(call, world),
        ("DELETE", ["issueLink", id]) => {
            let key = id.parse().ok().and_then(|id| world.link_by_id(id)).ok_or_else(|| {
                Refusal::new(StatusCode::NOT_FOUND, format!("No issue link with id '{id}' exists."))
            })?;
            world.unlink(key);
            Ok(Shown::empty(StatusCode::NO_CONTENT))
        }
        _ => Ok(dead_link()),
    }
}

fn read_text(call: &Call<'_>, value: &Value, field: &str) -> Result<Text, Refusal> {
    let text = fieldset::text(call, value).map_err(|wrong| Refusal::field(field, wrong))?;
    if matches!(text, Text::Empty) {
        return Err(Refusal::field(field, "Comment body can not be empty!"));
    }
    Ok(text)
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let body: Value = call.json()?;
    let fields = &body["fields"];
    let project = project(world, &fields["project"])
        .ok_or_else(|| Refusal::field("project", "valid project is required"))?;
    let issue_type = ["id", "name"]
        .into_iter()
        .find_map(|key| fields["issuetype"][key].as_str())
        .and_then(|word| IssueType::of_id(word).or_else(|| IssueType::named(word)))
        .ok_or_else(|| Refusal::field("issuetype", "Specify a valid issue type"))?;
    let mut edit = fieldset::edit(call, world, project, None, &body)?;
    let summary = edit
        .summary
        .take()
        .ok_or_else(|| Refusal::field("summary", "You must specify a summary of the issue."))?;
    let issue = world.create_issue_with(
        project,
        NewIssue { summary, issue_type, ..NewIssue::default() },
        edit,
    );
    Ok(call.show(world, StatusCode::CREATED, 0, |wire| {
        let id = issue.database_id();
        let key = wire.world.issue_key(issue);
        wire.object(|wire| {
            wire.plain("id", id);
            wire.plain("key", key);
            wire.plain("self", format_args!("{}/issue/{id}", call.base.api));
        });
    }))
}

fn project(world: &World, value: &Value) -> Option<ProjectKey> {
    let name = value["key"].as_str().or_else(|| value["id"].as_str())?;
    world.project(name).filter(|&project| !world[project].hidden)
}

fn update(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let body: Value = call.json()?;
    let project = world[issue].name.project;
    let edit = fieldset::edit(call, world, project, Some(issue), &body)?;
    world.edit(issue, edit);
    Ok(Shown::empty(StatusCode::NO_CONTENT))
}

fn delete(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let has_parts = world[issue].children.iter().any(|&part| world[part].issue_type.is_sub_task());
    if has_parts && call.parameter("deleteSubtasks") != Some("true") {
        let key = world.issue_key(issue);
        return Err(Refusal::bad(format!(
            "The issue '{key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks."
        )));
    }
    world.delete(issue);
    Ok(Shown::empty(StatusCode::NO_CONTENT))
}

fn transition(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let body: Value = call.json()?;
    let wanted = &body["transition"]["id"];
    let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let known = world.transitions(issue);
    let to = known.into_iter().find(|(id, _)| id.to_string() == wanted).ok_or_else(|| {
        Refusal::bad(format!("Transition id '{wanted}' is not valid for this issue."))
    })?;
    let project = world[issue].name.project;
    let mut edit = fieldset::edit(call, world, project, Some(issue), &body)?;
    edit.status = Some(to.1);
    world.edit(issue, edit);
    Ok(Shown::empty(StatusCode::NO_CONTENT))
}

fn comment(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let body: Value = call.json()?;
    let text = read_text(call, &body["body"], "comment")?;
    let comment = world.comment_with(issue, VIEWER, text);
    Ok(call.show(world, StatusCode::CREATED, 0, |wire| wire.comment(comment)))
}

fn log_work(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let body: Value = call.json()?;
    let seconds = body["timeSpentSeconds"]
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok())
        .or_else(|| fieldset::seconds(body["timeSpent"].as_str()?))
        .filter(|&seconds| seconds > 0)
        .ok_or_else(|| Refusal::field("timeLogged", "Worklog must not be null."))?;
    let started = body["started"].as_str().and_then(fieldset::time).unwrap_or_else(|| world.now());
    let comment =
        fieldset::text(call, &body["comment"]).map_err(|wrong| Refusal::field("comment", wrong))?;
    let worklog = world.log_work_with(issue, VIEWER, seconds, started, comment);
    Ok(call.show(world, StatusCode::CREATED, 0, |wire| wire.worklog(worklog)))
}

fn link_elsewhere(call: &Call<'_>, world: &mut World, name: &str) -> Answered {
    let issue = call.issue(world, name)?;
    let body: Value = call.json()?;
    let [url, title] = ["url", "title"].map(|key| body["object"][key].as_str());
    let (Some(url), Some(title)) = (url, title) else {
        return Err(Refusal::field("object", "'url' and 'title' are required."));
    };
    let link = world.link_elsewhere(issue, url, title, body["relationship"].as_str());
    Ok(call.show(world, StatusCode::CREATED, 0, |wire| {
        let (id, issue) = (link.database_id(), issue.database_id());
        wire.object(|wire| {
            wire.field("id", &id);
            wire.plain("self", format_args!("{}/issue/{issue}/remotelink/{id}", call.base.api));
        });
    }))
}

/// Answers with nothing at all, not even the id of the link.
fn link(call: &Call<'_>, world: &mut World) -> Answered {
    let body: Value = call.json()?;
    let kind = ["id", "name"]
        .into_iter()
        .find_map(|key| body["type"][key].as_str())
        .and_then(|word| LinkType::of_id(word).or_else(|| LinkType::named(word)))
        .ok_or_else(|| {
            let name = body["type"]["name"].as_str().unwrap_or_default();
            Refusal::new(
                StatusCode::NOT_FOUND,
                format!("No issue link type with name '{name}' found."),
            )
        })?;
    let end = |side: &str| -> Result<IssueKey, Refusal> {
        let name = ["key", "id"].into_iter().find_map(|key| body[side][key].as_str());
        call.issue(world, name.unwrap_or_default())
    };
    let (source, target) = (end("inwardIssue")?, end("outwardIssue")?);
    let text = match &body["comment"]["body"] {
        Value::Null => None,
        value => Some(read_text(call, value, "comment")?),
    };
    world.link(kind, source, target);
    if let Some(text) = text {
        // It goes to the issue that the body calls inward, as the interface says.
        world.comment_with(source, VIEWER, text);
    }
    Ok(Shown::empty(StatusCode::CREATED))
}
