//! Making things happen at the site: as methods for tests in Rust, as JSON over HTTP for others.

use std::time::Duration;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Refusal, Reply, error};
use crate::faults::Fault;
use crate::limits::{Refused, Resource};
use crate::site::Site;
use crate::world::{IssueKey, Malformation, RepositoryKey, StateReason, UserKey, World};

impl Site {
    /// Lets coming requests run into a fault. Faults wait in line; each request meets one at most.
    pub fn fail(&self, fault: Fault) {
        self.desk().faults.add(fault);
    }

    /// Forgets the faults that still wait and every time in which requests are refused.
    pub fn heal(&self) {
        let mut desk = self.desk();
        desk.faults.clear();
        desk.limits.admit_again();
    }

    /// Refuses every request for a number of seconds of the site's clock. Requests that come after
    /// the first refusal and before the end are counted in [`crate::stats::Stats::while_told_to_wait`].
    pub fn refuse_for(&self, seconds: i64, refused: Refused) {
        let until = self.0.clock.now().plus_seconds(seconds);
        self.desk().limits.refuse_until(until, refused);
    }

    /// What an hour grants to each account, from now on.
    pub fn set_limit(&self, resource: Resource, limit: u32) {
        self.desk().limits.set_limit(resource, limit);
    }

    /// From now on only this token, and others required before, are let in.
    pub fn require_token(&self, token: &str) {
        self.desk().access.require(token);
    }

    /// This token is good for nothing any more.
    pub fn revoke_token(&self, token: &str) {
        self.desk().access.revoke(token);
    }
}

/// One thing to make happen, as `POST /_sandbox/script` takes it.
///
/// `{"op": "edit_title", "repository": "acme/api", "number": 7, "title": "New"}`
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op", deny_unknown_fields)]
#[allow(missing_docs, reason = "each does what the method of the same name does")]
pub enum Script {
    CreateIssue {
        repository: String,
        title: String,
        #[serde(default)]
        body: Option<String>,
    },
    EditTitle {
        repository: String,
        number: u32,
        title: String,
    },
    EditBody {
        repository: String,
        number: u32,
        body: String,
    },
    Close {
        repository: String,
        number: u32,
        #[serde(default)]
        reason: Option<StateReason>,
    },
    Reopen {
        repository: String,
        number: u32,
    },
    AddLabel {
        repository: String,
        number: u32,
        label: String,
    },
    RemoveLabel {
        repository: String,
        number: u32,
        label: String,
    },
    Assign {
        repository: String,
        number: u32,
        login: String,
    },
    Unassign {
        repository: String,
        number: u32,
        login: String,
    },
    Comment {
        repository: String,
        number: u32,
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
    },
    AddDependency {
        repository: String,
        number: u32,
        blocker: IssueName,
        #[serde(default)]
        moves_updated_at: bool,
    },
    RemoveDependency {
        repository: String,
        number: u32,
        blocker: IssueName,
        #[serde(default)]
        moves_updated_at: bool,
    },
    AddSubIssue {
        repository: String,
        number: u32,
        sub_issue: IssueName,
    },
    RemoveSubIssue {
        repository: String,
        number: u32,
        sub_issue: IssueName,
    },
    Connect {
        repository: String,
        number: u32,
        issue: IssueName,
    },
    Disconnect {
        repository: String,
        number: u32,
        issue: IssueName,
    },
    SetDraft {
        repository: String,
        number: u32,
        draft: bool,
    },
    Push {
        repository: String,
        number: u32,
        message: String,
    },
    ForcePush {
        repository: String,
        number: u32,
        messages: Vec<String>,
    },
    Transfer {
        repository: String,
        number: u32,
        to: String,
    },
    Delete {
        repository: String,
        number: u32,
    },
    Hide {
        repository: String,
        number: u32,
    },
    Show {
        repository: String,
        number: u32,
    },
    Malform {
        repository: String,
        number: u32,
        #[serde(default)]
        malformation: Option<Malformation>,
    },
    BulkEdit {
        count: usize,
    },
    HideRepository {
        repository: String,
        #[serde(default = "yes")]
        hidden: bool,
    },
    RenameRepository {
        repository: String,
        name: String,
    },
    FreezeTime {},
    ThawTime {},
    Fail {
        fault: Fault,
    },
    Heal {},
    PrimaryLimit {
        seconds: i64,
        #[serde(default = "forbidden")]
        status: u16,
    },
    SecondaryLimit {
        seconds: i64,
        #[serde(default)]
        retry_after: Option<i64>,
    },
    Unauthorized {
        seconds: i64,
    },
    SetLimit {
        limit: u32,
        #[serde(default)]
        graphql: bool,
    },
    RequireToken {
        token: String,
    },
    RevokeToken {
        token: String,
    },
    Latency {
        milliseconds: u64,
    },
    ResetStats {},
}

/// An issue, named from outside.
#[derive(Debug, Clone, Deserialize)]
pub struct IssueName {
    /// `owner/name`.
    pub repository: String,
    /// Its number there.
    pub number: u32,
}

const fn yes() -> bool {
    true
}

const fn forbidden() -> u16 {
    403
}

impl Site {
    /// Answers what is asked below `/_sandbox`.
    pub(crate) fn run_control(&self, method: &str, segments: &[&str], body: &[u8]) -> Reply {
        match (method, segments) {
            ("GET", ["_sandbox", "stats"]) => {
                let stats = serde_json::to_vec(&self.stats()).unwrap_or_default();
                Reply::json(StatusCode::OK, stats)
            }
            ("POST", ["_sandbox", "script"]) => match serde_json::from_slice::<Script>(body) {
                Ok(script) => self.run(script).unwrap_or_else(Reply::from),
                Err(reason) => error(StatusCode::BAD_REQUEST, &reason.to_string()),
            },
            _ => Refusal::NotFound.into(),
        }
    }

    fn run(&self, script: Script) -> Result<Reply, Refusal> {
        match script {
            Script::Fail { fault } => self.fail(fault),
            Script::Heal {} => self.heal(),
            Script::PrimaryLimit { seconds, status } => {
                self.refuse_for(seconds, Refused::Primary(status))
            }
            Script::SecondaryLimit { seconds, retry_after } => {
                self.refuse_for(seconds, Refused::Secondary { retry_after });
            }
            Script::Unauthorized { seconds } => self.refuse_for(seconds, Refused::Unauthorized),
            Script::SetLimit { limit, graphql } => {
                self.set_limit(if graphql { Resource::GraphQl } else { Resource::Core }, limit);
            }
            Script::RequireToken { token } => self.require_token(&token),
            Script::RevokeToken { token } => self.revoke_token(&token),
            Script::Latency { milliseconds } => {
                self.set_latency(Duration::from_millis(milliseconds))
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

/// What a script made or moved, so that the caller can go on with it.
fn made(world: &World, issue: IssueKey) -> Reply {
    use crate::ids::DatabaseId;
    let body = json!({
        "done": true,
        "id": issue.database_id(),
        "number": world[issue].number,
        "repository": world.full_name(world[issue].repository),
    });
    Reply::json(StatusCode::OK, body.to_string())
}

fn repository(world: &World, name: &str) -> Result<RepositoryKey, Refusal> {
    world.repository(name).ok_or(Refusal::NotFound)
}

fn issue(world: &World, name: &str, number: u32) -> Result<IssueKey, Refusal> {
    world.issue(name, number).ok_or(Refusal::NotFound)
}

fn named(world: &World, name: &IssueName) -> Result<IssueKey, Refusal> {
    issue(world, &name.repository, name.number)
}

fn found(done: bool) -> Result<(), Refusal> {
    if done { Ok(()) } else { Err(Refusal::NotFound) }
}

fn run_in(world: &mut World, script: Script) -> Result<Reply, Refusal> {
    match script {
        Script::CreateIssue { repository: name, title, body } => {
            let repository = repository(world, &name)?;
            let new = crate::world::NewIssue { title, body, ..Default::default() };
            let issue = world.create_issue(repository, new);
            return Ok(made(world, issue));
        }
        Script::EditTitle { repository, number, title } => {
            world.edit_title(issue(world, &repository, number)?, &title);
        }
        Script::EditBody { repository, number, body } => {
            world.edit_body(issue(world, &repository, number)?, &body)
        }
        Script::Close { repository, number, reason } => {
            world.close(
                issue(world, &repository, number)?,
                reason.unwrap_or(StateReason::Completed),
            );
        }
        Script::Reopen { repository, number } => world.reopen(issue(world, &repository, number)?),
        Script::AddLabel { repository, number, label } => {
            world.add_label(issue(world, &repository, number)?, &label)
        }
        Script::RemoveLabel { repository, number, label } => {
            found(world.remove_label(issue(world, &repository, number)?, &label))?;
        }
        Script::Assign { repository, number, login } => {
            found(world.assign(issue(world, &repository, number)?, &login))?;
        }
        Script::Unassign { repository, number, login } => {
            found(world.unassign(issue(world, &repository, number)?, &login))?;
        }
        Script::Comment { repository, number, body, author } => {
            use crate::ids::DatabaseId;
            let author: UserKey = match author {
                Some(login) => world.user(&login).ok_or(Refusal::NotFound)?,
                None => world.actor,
            };
            let comment = world.comment(issue(world, &repository, number)?, author, &body);
            return Ok(Reply::json(
                StatusCode::OK,
                json!({"done": true, "id": comment.database_id()}).to_string(),
            ));
        }
        Script::EditComment { id, body } => {
            world.edit_comment(world.comment_by_id(id).ok_or(Refusal::NotFound)?, &body);
        }
        Script::DeleteComment { id } => {
            world.delete_comment(world.comment_by_id(id).ok_or(Refusal::NotFound)?)
        }
        Script::AddDependency { repository, number, blocker, moves_updated_at } => {
            let issue = issue(world, &repository, number)?;
            world.add_dependency(issue, named(world, &blocker)?)?;
            if moves_updated_at {
                world.move_updated_at(issue);
            }
        }
        Script::RemoveDependency { repository, number, blocker, moves_updated_at } => {
            let issue = issue(world, &repository, number)?;
            world.remove_dependency(issue, named(world, &blocker)?)?;
            if moves_updated_at {
                world.move_updated_at(issue);
            }
        }
        Script::AddSubIssue { repository, number, sub_issue } => {
            world.add_sub_issue(
                issue(world, &repository, number)?,
                named(world, &sub_issue)?,
                false,
            )?;
        }
        Script::RemoveSubIssue { repository, number, sub_issue } => {
            world
                .remove_sub_issue(issue(world, &repository, number)?, named(world, &sub_issue)?)?;
        }
        Script::Connect { repository, number, issue: closed } => {
            world.connect(issue(world, &repository, number)?, named(world, &closed)?)?;
        }
        Script::Disconnect { repository, number, issue: closed } => {
            world.disconnect(issue(world, &repository, number)?, named(world, &closed)?)?;
        }
        Script::SetDraft { repository, number, draft } => {
            world.set_draft(issue(world, &repository, number)?, draft);
        }
        Script::Push { repository, number, message } => {
            found(world.push(issue(world, &repository, number)?, &message))?;
        }
        Script::ForcePush { repository, number, messages } => {
            let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
            found(world.force_push(issue(world, &repository, number)?, &messages))?;
        }
        Script::Transfer { repository: name, number, to } => {
            let moved = world.transfer(issue(world, &name, number)?, repository(world, &to)?);
            return Ok(made(world, moved));
        }
        Script::Delete { repository, number } => world.delete(issue(world, &repository, number)?),
        Script::Hide { repository, number } => world.hide(issue(world, &repository, number)?),
        Script::Show { repository, number } => world.show(issue(world, &repository, number)?),
        Script::Malform { repository, number, malformation } => {
            world.malform(issue(world, &repository, number)?, malformation);
        }
        Script::BulkEdit { count } => {
            let edited = world.bulk_edit(count).len();
            return Ok(Reply::json(
                StatusCode::OK,
                json!({"done": true, "edited": edited}).to_string(),
            ));
        }
        Script::HideRepository { repository: name, hidden } => {
            world.hide_repository(repository(world, &name)?, hidden);
        }
        Script::RenameRepository { repository: old, name } => {
            world.rename_repository(repository(world, &old)?, &name);
        }
        Script::FreezeTime {} => world.freeze_time(),
        Script::ThawTime {} => world.thaw_time(),
        // The rest happens at the desk, not in the world.
        _ => return Err(Refusal::NotFound),
    }
    Ok(done())
}
