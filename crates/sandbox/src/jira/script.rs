//! Making things happen at the site, as JSON over HTTP. In Rust, the methods of
//! [`JiraSite`](crate::JiraSite) and of its [`World`] do the same.

use std::time::Duration;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::answer::Reply;
use crate::faults::Fault;
use crate::jira::access::Credential;
use crate::jira::answer::Refusal;
use crate::jira::catalogue::{IssueType, LinkType, Priority, Status};
use crate::jira::limits::Refused;
use crate::jira::site::JiraSite;
use crate::jira::world::{Edit, IssueKey, NewIssue, ProjectKey, ProjectStatus, UserKey, World};
use crate::keys::DatabaseId;
use crate::world::Malformation;

/// One thing to make happen, as `POST /_sandbox/script` takes it. Issues, projects and people are named
/// by key or id; statuses, types, priorities and link types by name.
///
/// `{"op": "edit", "issue": "ENG-7", "summary": "New", "priority": "High"}`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op", deny_unknown_fields)]
#[allow(missing_docs, reason = "each does what the method of the same name does")]
pub enum Script {
    CreateIssue {
        project: String,
        summary: String,
        #[serde(default)]
        description: String,
        #[serde(default)]
        issue_type: Option<String>,
        #[serde(default)]
        parent: Option<String>,
    },
    /// All that is given changes at once.
    Edit {
        issue: String,
        #[serde(default)]
        summary: Option<String>,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        priority: Option<String>,
        #[serde(default)]
        labels: Option<Vec<String>>,
        /// An empty name is nobody.
        #[serde(default)]
        assignee: Option<String>,
        #[serde(default)]
        status: Option<String>,
        /// An empty key is none.
        #[serde(default)]
        parent: Option<String>,
    },
    Comment {
        issue: String,
        body: String,
        #[serde(default)]
        author: Option<String>,
    },
    EditComment {
        id: u64,
        body: String,
    },
    DeleteComment {
        id: u64,
        /// Neither the issue's time nor its history shows it.
        #[serde(default)]
        silently: bool,
    },
    LogWork {
        issue: String,
        seconds: u32,
        #[serde(default)]
        note: String,
    },
    EditWorklog {
        id: u64,
        seconds: u32,
    },
    DeleteWorklog {
        id: u64,
    },
    Link {
        kind: String,
        /// The issue that "blocks".
        source: String,
        /// The issue that "is blocked by".
        target: String,
    },
    Unlink {
        id: u64,
    },
    LinkElsewhere {
        issue: String,
        url: String,
        title: String,
        #[serde(default)]
        relationship: Option<String>,
    },
    UnlinkElsewhere {
        id: u64,
    },
    Move {
        issue: String,
        to: String,
    },
    Delete {
        issue: String,
    },
    Archive {
        issue: String,
    },
    Hide {
        issue: String,
    },
    Show {
        issue: String,
    },
    Malform {
        issue: String,
        #[serde(default)]
        malformation: Option<Malformation>,
    },
    BulkEdit {
        count: usize,
    },
    HideProject {
        project: String,
        #[serde(default = "yes")]
        hidden: bool,
    },
    /// `live`, `archived` or `deleted`.
    ProjectStatus {
        project: String,
        status: String,
    },
    RenameProject {
        project: String,
        key: String,
    },
    /// Of one issue, where one is named.
    IndexLag {
        seconds: i64,
        #[serde(default)]
        issue: Option<String>,
    },
    TimeZone {
        name: String,
    },
    Deactivate {
        user: String,
    },
    FreezeTime {},
    ThawTime {},
    Fail {
        fault: Fault,
    },
    Heal {},
    Refuse {
        seconds: i64,
        refused: Refused,
    },
    SetBurst {
        #[serde(default)]
        per_second: Option<u32>,
    },
    SetPoints {
        per_hour: u32,
    },
    SetRequests {
        #[serde(default)]
        per_minute: Option<u32>,
    },
    PageLimit {
        issues: usize,
    },
    Require {
        credential: Credential,
    },
    RevokeToken {
        token: String,
    },
    Latency {
        milliseconds: u64,
    },
    ResetStats {},
}

const fn yes() -> bool {
    true
}

impl JiraSite {
    pub(crate) fn run_control(&self, method: &str, segments: &[&str], body: &[u8]) -> Reply {
        match (method, segments) {
            ("GET", ["_sandbox", "stats"]) => {
                let stats = serde_json::to_vec(&self.stats()).unwrap_or_default();
                Reply::json(StatusCode::OK, stats)
            }
            ("POST", ["_sandbox", "script"]) => match serde_json::from_slice::<Script>(body) {
                Ok(script) => self.run(script).unwrap_or_else(Reply::from),
                Err(reason) => Refusal::bad(reason.to_string()).into(),
            },
            _ => Refusal::new(StatusCode::NOT_FOUND, "There is no such control.").into(),
        }
    }

    fn run(&self, script: Script) -> Result<Reply, Refusal> {
        match script {
            Script::Fail { fault } => self.fail(fault),
            Script::Heal {} => self.heal(),
            Script::Refuse { seconds, refused } => self.refuse_for(seconds, refused),
            Script::SetBurst { per_second } => self.set_burst(per_second),
            Script::SetPoints { per_hour } => self.set_points(per_hour),
            Script::SetRequests { per_minute } => self.set_requests(per_minute),
            Script::PageLimit { issues } => self.set_page_limit(issues),
            Script::Require { credential } => self.require(credential),
            Script::RevokeToken { token } => self.revoke_token(&token),
            Script::Latency { milliseconds } => {
                self.set_latency(Duration::from_millis(milliseconds));
            }
            Script::ResetStats {} => self.reset_stats(),
            in_the_world => return self.edit(|world| run_in(world, in_the_world)),
        }
        Ok(done())
    }
}

fn done() -> Reply {
    Reply::json(StatusCode::OK, json!({"done": true}).to_string())
}

/// What a script made, so that the caller can go on with it.
fn made(id: u64) -> Reply {
    Reply::json(StatusCode::OK, json!({"done": true, "id": id}).to_string())
}

fn made_issue(world: &World, issue: IssueKey) -> Reply {
    let body = json!({"done": true, "id": issue.database_id(), "key": world.issue_key(issue)});
    Reply::json(StatusCode::OK, body.to_string())
}

fn unknown(kind: &str, name: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("There is no {kind} {name:?}."))
}

/// The issue of that key or id, hidden or not.
fn issue(world: &World, name: &str) -> Result<IssueKey, Refusal> {
    let by_id = || {
        let key = name.parse().ok().and_then(IssueKey::from_database_id)?;
        ((key.0 as usize) < world.issues.len()).then_some(key)
    };
    world.issue(name).or_else(by_id).ok_or_else(|| unknown("issue", name))
}

fn project(world: &World, name: &str) -> Result<ProjectKey, Refusal> {
    world.project(name).ok_or_else(|| unknown("project", name))
}

fn user(world: &World, name: &str) -> Result<UserKey, Refusal> {
    world.user(name).ok_or_else(|| unknown("user", name))
}

fn status(name: &str) -> Result<Status, Refusal> {
    Status::named(name).ok_or_else(|| unknown("status", name))
}

fn comment(world: &World, id: u64) -> Result<crate::jira::world::CommentKey, Refusal> {
    world.comment_by_id(id).ok_or_else(|| unknown("comment", &id.to_string()))
}

fn worklog(world: &World, id: u64) -> Result<crate::jira::world::WorklogKey, Refusal> {
    world.worklog_by_id(id).ok_or_else(|| unknown("work log", &id.to_string()))
}

fn run_in(world: &mut World, script: Script) -> Result<Reply, Refusal> {
    match script {
        Script::CreateIssue { project: home, summary, description, issue_type, parent } => {
            let home = project(world, &home)?;
            let issue_type = match issue_type {
                Some(name) => {
                    IssueType::named(&name).ok_or_else(|| unknown("issue type", &name))?
                }
                None => IssueType::TASK,
            };
            let parent = parent.map(|name| issue(world, &name)).transpose()?;
            let new = NewIssue { summary, description, issue_type, parent, ..NewIssue::default() };
            let made = world.create_issue(home, new);
            return Ok(made_issue(world, made));
        }
        Script::Edit {
            issue: name,
            summary,
            description,
            priority,
            labels,
            assignee,
            status: to,
            parent,
        } => {
            let key = issue(world, &name)?;
            let mut edit = Edit { summary, labels, ..Edit::default() };
            if let Some(description) = description {
                edit = edit.describe(&description);
            }
            if let Some(name) = priority {
                let found = Priority::named(&name).ok_or_else(|| unknown("priority", &name))?;
                edit.priority = Some(found);
            }
            if let Some(name) = assignee {
                let found = if name.is_empty() { None } else { Some(user(world, &name)?) };
                edit.assignee = Some(found);
            }
            if let Some(name) = to {
                edit.status = Some(status(&name)?);
            }
            if let Some(name) = parent {
                let found = if name.is_empty() { None } else { Some(issue(world, &name)?) };
                edit.parent = Some(found);
            }
            world.edit(key, edit);
        }
        Script::Comment { issue: name, body, author } => {
            let author = match author {
                Some(name) => user(world, &name)?,
                None => world.actor,
            };
            let key = issue(world, &name)?;
            return Ok(made(world.comment(key, author, &body).database_id()));
        }
        Script::EditComment { id, body } => world.edit_comment(comment(world, id)?, &body),
        Script::DeleteComment { id, silently } => {
            let key = comment(world, id)?;
            if silently {
                world.delete_comment_silently(key);
            } else {
                world.delete_comment(key);
            }
        }
        Script::LogWork { issue: name, seconds, note } => {
            let key = issue(world, &name)?;
            let (author, now) = (world.actor, world.now());
            return Ok(made(world.log_work(key, author, seconds, now, &note).database_id()));
        }
        Script::EditWorklog { id, seconds } => world.edit_worklog(worklog(world, id)?, seconds),
        Script::DeleteWorklog { id } => world.delete_worklog(worklog(world, id)?),
        Script::Link { kind, source, target } => {
            let kind = LinkType::named(&kind).ok_or_else(|| unknown("link type", &kind))?;
            let (source, target) = (issue(world, &source)?, issue(world, &target)?);
            let link = world.link(kind, source, target);
            let link = link.ok_or_else(|| Refusal::bad("They are linked so already."))?;
            return Ok(made(link.database_id()));
        }
        Script::Unlink { id } => {
            let found = world.link_by_id(id);
            world.unlink(found.ok_or_else(|| unknown("link", &id.to_string()))?);
        }
        Script::LinkElsewhere { issue: name, url, title, relationship } => {
            let key = issue(world, &name)?;
            let link = world.link_elsewhere(key, &url, &title, relationship.as_deref());
            return Ok(made(link.database_id()));
        }
        Script::UnlinkElsewhere { id } => {
            let found = world.remote_link_by_id(id);
            let link = found.ok_or_else(|| unknown("remote link", &id.to_string()))?;
            world.unlink_elsewhere(link);
        }
        Script::Move { issue: name, to } => {
            let key = issue(world, &name)?;
            world.move_issue(key, project(world, &to)?);
            return Ok(made_issue(world, key));
        }
        Script::Delete { issue: name } => world.delete(issue(world, &name)?),
        Script::Archive { issue: name } => world.archive(issue(world, &name)?),
        Script::Hide { issue: name } => world.hide(issue(world, &name)?),
        Script::Show { issue: name } => world.show(issue(world, &name)?),
        Script::Malform { issue: name, malformation } => {
            world.malform(issue(world, &name)?, malformation);
        }
        Script::BulkEdit { count } => {
            let edited = world.bulk_edit(count).len();
            let body = json!({"done": true, "edited": edited});
            return Ok(Reply::json(StatusCode::OK, body.to_string()));
        }
        Script::HideProject { project: name, hidden } => {
            world.hide_project(project(world, &name)?, hidden);
        }
        Script::ProjectStatus { project: name, status } => {
            let status = match status.as_str() {
                "live" => ProjectStatus::Live,
                "archived" => ProjectStatus::Archived,
                "deleted" => ProjectStatus::Deleted,
                other => return Err(unknown("project status", other)),
            };
            world.set_project_status(project(world, &name)?, status);
        }
        Script::RenameProject { project: name, key } => {
            world.rename_project(project(world, &name)?, &key);
        }
        Script::IndexLag { seconds, issue: None } => world.set_index_lag(seconds),
        Script::IndexLag { seconds, issue: Some(name) } => {
            world.set_index_lag_of(issue(world, &name)?, seconds);
        }
        Script::TimeZone { name } => {
            if jiff::tz::TimeZone::get(&name).is_err() {
                return Err(unknown("time zone", &name));
            }
            world.set_time_zone(&name);
        }
        Script::Deactivate { user: name } => world.deactivate(user(world, &name)?),
        Script::FreezeTime {} => world.freeze_time(),
        Script::ThawTime {} => world.thaw_time(),
        // The rest happens at the desk, not in the world.
        _ => return Err(Refusal::bad("This is not done in the world.")),
    }
    Ok(done())
}
