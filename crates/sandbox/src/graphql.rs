//! The GraphQL interface: a document is checked against GitHub's schema and executed over the world
//! as it is at that moment.

mod commit;
mod connection;
mod cost;
mod event;
mod issue;
mod object;
mod query;

use std::cell::RefCell;
use std::sync::LazyLock;

use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{GraphQLError, JsonMap};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Caller;
use crate::answer::{Refusal, Reply, error};
use crate::graphql::cost::Cost;
use crate::graphql::query::Root;
use crate::limits::Resource;
use crate::rest::Call;
use crate::site::Site;
use crate::wire::Base;
use crate::world::World;

static SCHEMA: LazyLock<Option<Valid<Schema>>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("graphql/schema.graphql"), "schema.graphql")
        .inspect_err(|errors| tracing::error!(%errors, "the sandbox's GraphQL schema is not valid"))
        .ok()
});

#[derive(Deserialize)]
struct Question {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

/// What every object needs to answer.
pub(super) struct Context<'w> {
    pub world: &'w World,
    pub base: &'w Base,
    pub rate_limit: Value,
    /// Errors about things that are null beside others that are not.
    pub errors: RefCell<Vec<Value>>,
}

/// Answers one document.
pub(crate) fn answer(site: &Site, call: &Call<'_>) -> Reply {
    if call.method != "POST" {
        return Refusal::NotFound.into();
    }
    if call.caller == Caller::Anonymous {
        return Refusal::Unauthorized("This endpoint requires you to be authenticated.").into();
    }
    let Ok(question) = serde_json::from_slice::<Question>(call.body) else {
        return error(StatusCode::BAD_REQUEST, "Problems parsing JSON");
    };
    let Some(schema) = SCHEMA.as_ref() else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "Server Error");
    };
    let document =
        match ExecutableDocument::parse_and_validate(schema, question.query, "query.graphql") {
            Ok(document) => document,
            Err(wrong) => {
                let errors = wrong.errors.iter().map(|error| plain(&error.to_json())).collect();
                return reply(None, errors);
            }
        };
    match document.operations.get(question.operation_name.as_deref()) {
        Ok(operation) => {
            let variables = question.variables.unwrap_or_default();
            execute(site, call, schema, &document, operation, &variables)
        }
        Err(wrong) => reply(None, vec![json!({"message": wrong.message().to_string()})]),
    }
}

fn execute(
    site: &Site,
    call: &Call<'_>,
    schema: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &JsonMap,
) -> Reply {
    let variables = match coerce_variable_values(schema, operation, variables) {
        Ok(variables) => variables,
        Err(wrong) => return reply(None, vec![plain(&wrong.to_graphql_error(&document.sources))]),
    };
    let cost = Cost::of(document, operation, &variables);
    if let Some(refused) = cost.refusal() {
        return reply(None, vec![refused]);
    }
    let now = site.0.clock.now();
    let account = call.caller.account();
    let rate_limit = {
        let mut desk = site.desk();
        desk.limits.charge(account, Resource::GraphQl, cost.points(), now);
        let quota = desk.limits.quota(account, Resource::GraphQl, now);
        json!({
            "cost": cost.points(),
            "limit": quota.limit,
            "nodeCount": cost.nodes(),
            "remaining": quota.remaining,
            "resetAt": mainstem_model::Timestamp::from_seconds(quota.reset),
            "used": quota.used,
        })
    };
    let world = site.world();
    let context =
        Context { world: &world, base: &call.base, rate_limit, errors: RefCell::default() };
    let execution = Execution::new(schema, document)
        .operation(operation)
        .coerced_variable_values(&variables)
        .enable_schema_introspection(true);
    match execution.execute_sync(&Root(&context)) {
        Ok(answer) => {
            let mut errors = context.errors.take();
            errors.extend(answer.errors.iter().map(plain));
            reply(Some(serde_json::to_value(&answer.data).unwrap_or_default()), errors)
        }
        Err(wrong) => reply(None, vec![plain(&wrong.to_graphql_error(&document.sources))]),
    }
}

/// An error as GitHub words it: the type stands beside the message.
fn plain(error: &GraphQLError) -> Value {
    let mut plain = serde_json::to_value(error).unwrap_or_default();
    let message = error.message.strip_prefix("resolver error: ").unwrap_or(&error.message);
    plain["message"] = json!(message);
    if message.starts_with("Could not resolve to") {
        plain["type"] = json!("NOT_FOUND");
    } else if message.starts_with("You must provide a `first` or `last`") {
        plain["type"] = json!("MISSING_PAGINATION_BOUNDARIES");
    } else if message.starts_with("Requesting ") {
        plain["type"] = json!("EXCESSIVE_PAGINATION");
    }
    plain
}

fn reply(data: Option<Value>, errors: Vec<Value>) -> Reply {
    let mut body = serde_json::Map::new();
    if let Some(data) = data {
        body.insert("data".into(), data);
    }
    if !errors.is_empty() {
        body.insert("errors".into(), errors.into());
    }
    Reply::json(StatusCode::OK, Value::Object(body).to_string())
}
