//! Everything that a question can reach, as one object that knows what it stands for.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;

use crate::generate::text;
use crate::graphql::connection::Connection;
use crate::graphql::{Context, commit, event, issue};
use crate::ids::DatabaseId;
use crate::world::{
    CommentKey, EventKey, IssueKey, IssueTypeKey, LabelKey, MilestoneKey, ORGANIZATION,
    RepositoryKey, UserKey, UserKind,
};

pub(super) type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

/// What an object stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    User(UserKey),
    Repository(RepositoryKey),
    Issue(IssueKey),
    Comment(CommentKey),
    Label(LabelKey),
    Milestone(MilestoneKey),
    IssueType(IssueTypeKey),
    Event(EventKey),
    /// A pull request's commit, by its place.
    Commit(IssueKey, usize),
}

/// A thing in its context.
#[derive(Clone, Copy)]
pub(super) struct Object<'w> {
    pub context: &'w Context<'w>,
    pub thing: Thing,
}

impl<'w> Object<'w> {
    pub fn other<'a>(&self, thing: Thing) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        ResolvedValue::object(Object { context: self.context, thing })
    }

    /// The thing, or null where there is none.
    pub fn maybe<'a>(&self, thing: Option<Thing>) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        thing.map_or_else(ResolvedValue::null, |thing| self.other(thing))
    }

    /// The issue, or null where it is out of sight.
    pub fn visible<'a>(&self, issue: Option<IssueKey>) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        self.maybe(issue.filter(|&issue| self.context.world.is_visible(issue)).map(Thing::Issue))
    }

    pub fn page<'a>(
        &self,
        info: &ResolveInfo<'_>,
        connection: &'static str,
        things: Vec<Thing>,
    ) -> Resolved<'a>
    where
        'w: 'a,
    {
        Ok(ResolvedValue::object(Connection::of_list(self.context, connection, things, info)?))
    }

    fn user(&self, key: UserKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let Context { world, base, .. } = *self.context;
        let user = &world[key];
        Ok(match field {
            "avatarUrl" => leaf(format!("{}/avatars/u/{}?v=4", base.site, key.database_id())),
            "databaseId" => small(key.database_id()),
            "email" => leaf(""),
            "id" => leaf(world.user_node_id(key)),
            // Only REST says in a bot's name that it is one.
            "login" => leaf(user.login.trim_end_matches("[bot]")),
            "name" => leaf(user.name.as_str()),
            "resourcePath" => leaf(format!("/{}", user.login)),
            "url" => leaf(format!("{}/{}", base.site, user.login)),
            "repositories" => {
                let repositories = world
                    .repositories()
                    .filter(|&key| !world[key].hidden)
                    .map(Thing::Repository)
                    .collect();
                return self.page(info, "RepositoryConnection", repositories);
            }
            _ => return Err(self.unknown_field_error(info)),
        })
    }

    fn repository(&self, key: RepositoryKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let Context { world, base, .. } = *self.context;
        let repository = &world[key];
        let name = world.full_name(key);
        Ok(match field {
            "createdAt" => leaf(repository.created_at.to_string()),
            "databaseId" => small(key.database_id()),
            "description" => leaf(repository.description.as_str()),
            "id" => leaf(world.repository_node_id(key)),
            "isArchived" | "isPrivate" => leaf(false),
            "issue" => return issue::by_number(self, key, info, false),
            "pullRequest" => return issue::by_number(self, key, info, true),
            "issues" => return issue::list(self, key, info, false),
            "pullRequests" => return issue::list(self, key, info, true),
            "issueTypes" => {
                let types = world.issue_types().map(Thing::IssueType).collect();
                return self.page(info, "IssueTypeConnection", types);
            }
            "labels" => {
                let labels = repository.labels.iter().copied().map(Thing::Label).collect();
                return self.page(info, "LabelConnection", labels);
            }
            "milestones" => {
                let states = words(info, "states");
                let milestones = repository
                    .milestones
                    .iter()
                    .copied()
                    .filter(|&key| {
                        let state = if world[key].closed_at.is_some() { "CLOSED" } else { "OPEN" };
                        states.is_empty() || states.contains(&state)
                    })
                    .map(Thing::Milestone)
                    .collect();
                return self.page(info, "MilestoneConnection", milestones);
            }
            "name" => leaf(repository.name.as_str()),
            "nameWithOwner" => leaf(name),
            "owner" => self.other(Thing::User(ORGANIZATION)),
            "resourcePath" => leaf(format!("/{name}")),
            "updatedAt" => leaf(repository.updated_at.to_string()),
            "url" => leaf(format!("{}/{name}", base.site)),
            _ => return Err(self.unknown_field_error(info)),
        })
    }

    fn comment(&self, key: CommentKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let Context { world, base, .. } = *self.context;
        let comment = &world[key];
        let issue = &world[comment.issue];
        let page = if issue.is_pull_request() { "pull" } else { "issues" };
        let path = format!(
            "/{}/{page}/{}#issuecomment-{}",
            world.full_name(issue.repository),
            issue.number,
            key.database_id()
        );
        Ok(match field {
            "author" => self.other(Thing::User(comment.author)),
            "authorAssociation" => leaf("MEMBER"),
            "body" | "bodyText" => leaf(text::comment_body(world, key).into_owned()),
            "createdAt" => leaf(comment.created_at.to_string()),
            "databaseId" => small(key.database_id()),
            "fullDatabaseId" => leaf(key.database_id().to_string()),
            "id" => leaf(world.comment_node_id(key)),
            "issue" => self.other(Thing::Issue(comment.issue)),
            "pullRequest" => {
                self.maybe(Some(Thing::Issue(comment.issue)).filter(|_| issue.is_pull_request()))
            }
            "repository" => self.other(Thing::Repository(issue.repository)),
            "resourcePath" => leaf(path),
            "updatedAt" => leaf(comment.updated_at.to_string()),
            "url" => leaf(format!("{}{path}", base.site)),
            _ => return Err(self.unknown_field_error(info)),
        })
    }

    fn label(&self, key: LabelKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let Context { world, base, .. } = *self.context;
        let label = &world[key];
        Ok(match field {
            "color" => leaf(label.color.as_str()),
            "description" => label.description.as_deref().map_or_else(ResolvedValue::null, leaf),
            "id" => leaf(world.label_node_id(key)),
            "isDefault" => leaf(crate::wire::is_default_label(&label.name)),
            "name" => leaf(label.name.as_str()),
            "url" => leaf(format!(
                "{}/{}/labels/{}",
                base.site,
                world.full_name(label.repository),
                crate::wire::escape(&label.name)
            )),
            _ => return Err(self.unknown_field_error(info)),
        })
    }

    fn milestone(&self, key: MilestoneKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let Context { world, base, .. } = *self.context;
        let milestone = &world[key];
        let closed = milestone.closed_at.is_some();
        Ok(match field {
            "closed" => leaf(closed),
            "closedAt" => time(milestone.closed_at),
            "createdAt" => leaf(milestone.created_at.to_string()),
            "creator" => self.other(Thing::User(milestone.creator)),
            "description" => leaf(milestone.description.as_str()),
            "dueOn" => time(milestone.due_on),
            "id" => leaf(world.milestone_node_id(key)),
            "number" => leaf(milestone.number),
            "state" => leaf(if closed { "CLOSED" } else { "OPEN" }),
            "title" => leaf(milestone.title.as_str()),
            "updatedAt" => leaf(milestone.updated_at.to_string()),
            "url" => leaf(format!(
                "{}/{}/milestone/{}",
                base.site,
                world.full_name(milestone.repository),
                milestone.number
            )),
            _ => return Err(self.unknown_field_error(info)),
        })
    }

    fn issue_type(&self, key: IssueTypeKey, field: &str, info: &ResolveInfo<'_>) -> Resolved<'w> {
        let world = self.context.world;
        let issue_type = &world[key];
        Ok(match field {
            "color" => leaf(issue_type.color.to_uppercase()),
            "description" => leaf(issue_type.description),
            "id" => leaf(world.issue_type_node_id(key)),
            "isEnabled" => leaf(true),
            "isPrivate" => leaf(false),
            "name" => leaf(issue_type.name),
            _ => return Err(self.unknown_field_error(info)),
        })
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        let world = self.context.world;
        match self.thing {
            Thing::User(key) => match world[key].kind {
                UserKind::Person => "User",
                UserKind::Bot => "Bot",
                UserKind::Organization => "Organization",
            },
            Thing::Repository(_) => "Repository",
            Thing::Issue(key) if world[key].is_pull_request() => "PullRequest",
            Thing::Issue(_) => "Issue",
            Thing::Comment(_) => "IssueComment",
            Thing::Label(_) => "Label",
            Thing::Milestone(_) => "Milestone",
            Thing::IssueType(_) => "IssueType",
            Thing::Event(key) => world[key].kind.type_name(),
            Thing::Commit(..) => "PullRequestCommit",
        }
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let field = info.field_name();
        match self.thing {
            Thing::User(key) => self.user(key, field, info),
            Thing::Repository(key) => self.repository(key, field, info),
            Thing::Issue(key) => issue::field(self, key, field, info),
            Thing::Comment(key) => self.comment(key, field, info),
            Thing::Label(key) => self.label(key, field, info),
            Thing::Milestone(key) => self.milestone(key, field, info),
            Thing::IssueType(key) => self.issue_type(key, field, info),
            Thing::Event(key) => event::field(self, key, field, info),
            Thing::Commit(key, place) => commit::field(self, key, place, field, info),
        }
    }
}

/// An object of which every field is known beforehand.
pub(super) struct Record {
    pub type_name: &'static str,
    pub fields: JsonValue,
}

impl ObjectValue for Record {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match self.fields.get(info.field_name()) {
            Some(value) => Ok(ResolvedValue::leaf(value.clone())),
            None => Err(self.unknown_field_error(info)),
        }
    }
}

pub(super) fn leaf<'a>(value: impl Into<JsonValue>) -> ResolvedValue<'a> {
    ResolvedValue::leaf(value)
}

pub(super) fn time<'a>(time: Option<mainstem_model::Timestamp>) -> ResolvedValue<'a> {
    time.map_or_else(ResolvedValue::null, |time| leaf(time.to_string()))
}

/// A database id as an `Int`; null where it no longer fits, which is why `fullDatabaseId` exists.
pub(super) fn small<'a>(id: u64) -> ResolvedValue<'a> {
    i32::try_from(id).map_or_else(|_| ResolvedValue::null(), leaf)
}

/// The words of a list of enum values; empty where the argument is not given.
pub(super) fn words<'a>(info: &'a ResolveInfo<'_>, argument: &str) -> Vec<&'a str> {
    info.arguments()
        .get(argument)
        .and_then(JsonValue::as_array)
        .map(|words| words.iter().filter_map(JsonValue::as_str).collect())
        .unwrap_or_default()
}
