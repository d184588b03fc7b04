//! The GraphQL library's own schema. It validates documents by its rules and answers questions about
//! the schema; what is asked of data never reaches it.

mod build;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextValidation,
};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, ServiceDocument};
use async_graphql::{
    CacheControl, Name, Request, Response, ServerError, ValidationResult, Value, Variables, dynamic,
};
use serde_json::Value as JsonValue;

use crate::error::Problem;
use crate::request::JsonMap;

/// Errors that one answer lists.
const MAX_ERRORS: usize = 10;

/// The schema as the library knows it.
pub struct Engine(dynamic::Schema);

/// What the schema says of itself by response key: JSON as text, its keys in the order asked for.
pub type Introspection = HashMap<Name, String>;

impl Engine {
    /// The schema of this text.
    ///
    /// # Errors
    /// The reason why it makes no schema.
    pub fn new(schema: &ServiceDocument) -> Result<Self, String> {
        let builder = build::schema(schema)?.extension(NoData);
        builder.finish().map(Self).map_err(|error| error.to_string())
    }

    /// Applies the library's rules of validation; nothing is executed. What they leave out is in
    /// [`crate::rules`].
    ///
    /// # Errors
    /// What is wrong with the document, the first few reasons.
    pub async fn validate(
        &self,
        text: &str,
        document: &ExecutableDocument,
    ) -> Result<(), Vec<Problem>> {
        let mut request = Request::new(text);
        request.set_parsed_query(document.clone());
        // Every operation is validated; one has to be named for the library to accept the request.
        if let DocumentOperations::Multiple(operations) = &document.operations {
            request.operation_name = operations.keys().next().map(Name::to_string);
        }
        let errors = self.0.execute(request).await.errors;
        if errors.is_empty() {
            return Ok(());
        }
        Err(errors.iter().take(MAX_ERRORS).map(problem).collect())
    }

    /// Answers the fields `__schema` and `__type` of a valid document.
    ///
    /// # Errors
    /// A variable in them that cannot be used.
    pub async fn introspect(
        &self,
        document: &ExecutableDocument,
        operation_name: Option<&str>,
        variables: &JsonMap,
    ) -> Result<Introspection, Problem> {
        let mut request = Request::new(String::new())
            .variables(Variables::from_json(JsonValue::Object(variables.clone())))
            .data(Introspect)
            .only_introspection();
        request.set_parsed_query(document.clone());
        request.operation_name = operation_name.map(str::to_owned);
        let response = self.0.execute(request).await;
        if let Some(error) = response.errors.first() {
            return Err(problem(error));
        }
        let Value::Object(fields) = response.data else { return Ok(Introspection::new()) };
        Ok(fields.into_iter().map(|(key, value)| (key, json(&value))).collect())
    }
}

fn json(value: &Value) -> String {
    // What the schema says is made of maps with text keys, so it always is JSON.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// An error of the library as a caller sees it.
fn problem(error: &ServerError) -> Problem {
    error.locations.iter().fold(Problem::bad_input(&error.message), |problem, place| {
        problem.located(place.line, place.column)
    })
}

/// Marks a request that asks about the schema; its document is valid already.
struct Introspect;

/// Keeps the library from executing what asks for data, and from validating twice.
struct NoData;

impl ExtensionFactory for NoData {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for NoData {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        if context.data_opt::<Introspect>().is_none() {
            return next.run(context).await;
        }
        Ok(ValidationResult { cache_control: CacheControl::default(), complexity: 0, depth: 0 })
    }

    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if context.data_opt::<Introspect>().is_none() {
            return Response::default();
        }
        next.run(context, operation_name).await
    }
}
