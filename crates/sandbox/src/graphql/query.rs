//! Where questions begin.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use serde_json::json;

use crate::graphql::Context;
use crate::graphql::object::{Object, Record, Resolved, Thing};
use crate::ids::Named;
use crate::world::{FoundRepository, UserKind};

/// The root.
pub(super) struct Root<'w>(pub &'w Context<'w>);

impl<'w> Root<'w> {
    fn object(&self, thing: Thing) -> Object<'w> {
        Object { context: self.0, thing }
    }

    /// The visible thing of a node id.
    fn named(&self, id: &str) -> Option<Thing> {
        let world = self.0.world;
        match world.named(id)? {
            Named::User(key) => Some(Thing::User(key)),
            Named::Repository(key) => Some(Thing::Repository(key)).filter(|_| !world[key].hidden),
            Named::Issue(key) => Some(Thing::Issue(key)).filter(|_| world.is_visible(key)),
            Named::Comment(key) => Some(Thing::Comment(key))
                .filter(|_| !world[key].deleted && world.is_visible(world[key].issue)),
            Named::Label(key) => {
                Some(Thing::Label(key)).filter(|_| !world[world[key].repository].hidden)
            }
            Named::Milestone(key) => {
                Some(Thing::Milestone(key)).filter(|_| !world[world[key].repository].hidden)
            }
            Named::IssueType(key) => Some(Thing::IssueType(key)),
        }
    }

    fn nodes<'a>(&'a self, info: &'a ResolveInfo<'a>) -> ResolvedValue<'a> {
        let ids = info
            .arguments()
            .get("ids")
            .and_then(JsonValue::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let alias =
            info.field_selections().first().map_or("nodes", |field| field.response_key().as_str());
        ResolvedValue::list(ids.iter().enumerate().map(move |(place, id)| {
            let id = id.as_str().unwrap_or_default();
            match self.named(id) {
                Some(thing) => ResolvedValue::object(self.object(thing)),
                None => {
                    // An error at one place of a list must not take the others with it.
                    self.0.errors.borrow_mut().push(json!({
                        "type": "NOT_FOUND",
                        "path": [alias, place],
                        "message": unresolved(id),
                    }));
                    ResolvedValue::null()
                }
            }
        }))
    }

    fn repository(&self, owner: &str, name: &str, follow: bool) -> Result<Thing, FieldError> {
        let full_name = format!("{owner}/{name}");
        match self.0.world.find_repository(&full_name) {
            Some(FoundRepository::Here(key)) => Ok(Thing::Repository(key)),
            Some(FoundRepository::Moved(key)) if follow => Ok(Thing::Repository(key)),
            _ => {
                let message =
                    format!("Could not resolve to a Repository with the name '{full_name}'.");
                Err(FieldError { message })
            }
        }
    }

    fn account(&self, login: &str, kind: UserKind, word: &str) -> Result<Thing, FieldError> {
        let world = self.0.world;
        world.user(login).filter(|&key| world[key].kind == kind).map(Thing::User).ok_or_else(|| {
            FieldError {
                message: format!("Could not resolve to {word} with the login of '{login}'."),
            }
        })
    }
}

fn unresolved(id: &str) -> String {
    format!("Could not resolve to a node with the global id of '{id}'.")
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        "Query"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let text =
            |name| info.arguments().get(name).and_then(JsonValue::as_str).unwrap_or_default();
        let thing = match info.field_name() {
            "viewer" => Thing::User(self.0.world.actor),
            "user" => self.account(text("login"), UserKind::Person, "a User")?,
            "organization" => {
                self.account(text("login"), UserKind::Organization, "an Organization")?
            }
            "repository" => {
                let follow = info.arguments().get("followRenames").and_then(JsonValue::as_bool)
                    != Some(false);
                self.repository(text("owner"), text("name"), follow)?
            }
            "node" => self
                .named(text("id"))
                .ok_or_else(|| FieldError { message: unresolved(text("id")) })?,
            "nodes" => return Ok(self.nodes(info)),
            "rateLimit" => {
                let fields = serde_json_bytes::to_value(&self.0.rate_limit).unwrap_or_default();
                return Ok(ResolvedValue::object(Record { type_name: "RateLimit", fields }));
            }
            _ => return Err(self.unknown_field_error(info)),
        };
        Ok(ResolvedValue::object(self.object(thing)))
    }
}
