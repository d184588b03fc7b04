//! Documents: guarded, parsed and validated once, then kept, so that a dashboard's ever-changing
//! variables do not pay for parsing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::collections::HashMap as TypeMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::request::RequestError;
use apollo_compiler::response::{GraphQLError, JsonMap};
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Schema, introspection};

use crate::error::Problem;
use crate::{guard, sdl};

/// Documents that are kept; when there are more, all are forgotten and read anew.
const MAX_KEPT: usize = 1_000;
/// Errors that one answer lists.
const MAX_ERRORS: usize = 10;

/// The schema, and the documents that were read by it.
pub struct Documents {
    schema: Valid<Schema>,
    implementers: TypeMap<Name, Implementers>,
    kept: Mutex<HashMap<String, Arc<Valid<ExecutableDocument>>>>,
}

impl Documents {
    /// Reads the embedded schema.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    pub fn new() -> Result<Self, String> {
        let schema = Schema::parse_and_validate(sdl(), "schema.graphql")
            .map_err(|invalid| invalid.errors.to_string())?;
        let implementers = schema.implementers_map();
        Ok(Self { schema, implementers, kept: Mutex::default() })
    }

    /// The schema.
    pub fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// The document of this text.
    ///
    /// # Errors
    /// Why it is refused or invalid.
    pub fn read(&self, text: &str) -> Result<Arc<Valid<ExecutableDocument>>, Vec<Problem>> {
        if let Some(document) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(document.clone());
        }
        guard::check(text)
            .map_err(|refusal| vec![Problem::new(refusal.code(), refusal.to_string())])?;
        let document = Arc::new(self.parse(text)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MAX_KEPT {
            kept.clear();
        }
        kept.insert(text.to_owned(), document.clone());
        Ok(document)
    }

    /// A syntax error ends it before validation, so that the validator sees only what the guard saw.
    fn parse(&self, text: &str) -> Result<Valid<ExecutableDocument>, Vec<Problem>> {
        Parser::new()
            .recursion_limit(2 * guard::MAX_NESTING)
            .parse_ast(text, "document")
            .map_err(|invalid| problems(&invalid.errors))?
            .to_executable_validate(&self.schema)
            .map_err(|invalid| problems(&invalid.errors))
    }

    /// What the schema says of itself, by response key: `__schema` and `__type` at the root.
    ///
    /// # Errors
    /// Why the operation asks too much or too deep.
    pub fn introspect(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
    ) -> Result<JsonMap, Problem> {
        let asked = |name: &str| matches!(name, "__schema" | "__type");
        if !operation.root_fields(document).any(|field| asked(field.name.as_str())) {
            return Ok(JsonMap::new());
        }
        let refused = |error: RequestError| problem(&error.to_graphql_error(&document.sources));
        introspection::check_max_depth(document, operation).map_err(refused)?;
        let response = introspection::partial_execute(
            &self.schema,
            &self.implementers,
            document,
            operation,
            variables,
        )
        .map_err(refused)?;
        match response.errors.first() {
            Some(error) => Err(problem(error)),
            None => Ok(response.data.unwrap_or_default()),
        }
    }
}

/// An error of the compiler as a caller sees it.
pub fn problem(error: &GraphQLError) -> Problem {
    error.locations.iter().fold(Problem::bad_input(&error.message), |problem, place| {
        problem.located(place.line, place.column)
    })
}

fn problems(diagnostics: &DiagnosticList) -> Vec<Problem> {
    diagnostics.iter().take(MAX_ERRORS).map(|diagnostic| problem(&diagnostic.to_json())).collect()
}
