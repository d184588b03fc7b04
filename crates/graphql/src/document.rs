//! Documents: guarded, parsed and validated once, then kept, so that a dashboard's ever-changing
//! variables do not pay for parsing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::parser::{Error, parse_query, parse_schema};

use crate::engine::{Engine, Introspection};
use crate::error::Problem;
use crate::request::JsonMap;
use crate::types::{Types, inner};
use crate::{escapes, guard, rules, sdl};

/// Documents that are kept; when there are more, all are forgotten and read anew.
const MAX_KEPT: usize = 1_000;

/// The schema, and the documents that were read by it.
pub struct Documents {
    types: Types,
    engine: Engine,
    kept: Mutex<HashMap<String, Arc<ExecutableDocument>>>,
}

impl Documents {
    /// Reads the embedded schema.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    pub fn new() -> Result<Self, String> {
        let schema = parse_schema(sdl()).map_err(|error| error.to_string())?;
        let engine = Engine::new(&schema)?;
        Ok(Self { types: Types::new(&schema)?, engine, kept: Mutex::default() })
    }

    /// The schema's types.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// The document of this text.
    ///
    /// # Errors
    /// Why it is refused or invalid.
    pub async fn read(&self, text: &str) -> Result<Arc<ExecutableDocument>, Vec<Problem>> {
        if let Some(document) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(document.clone());
        }
        guard::check(text)
            .map_err(|refusal| vec![Problem::new(refusal.code(), refusal.to_string())])?;
        let document =
            parse_query(escapes::written_out(text)).map_err(|error| vec![unreadable(&error)])?;
        self.check_variable_types(&document)?;
        self.engine.validate(text, &document).await?;
        rules::check(&self.types, &document).map_err(|problem| vec![problem])?;
        let document = Arc::new(document);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MAX_KEPT {
            kept.clear();
        }
        kept.insert(text.to_owned(), document.clone());
        Ok(document)
    }

    /// Stands before the validation, which panics where a list of an unknown type has a default.
    fn check_variable_types(&self, document: &ExecutableDocument) -> Result<(), Vec<Problem>> {
        let operations = document.operations.iter();
        let variables = operations.flat_map(|(_, operation)| &operation.node.variable_definitions);
        for variable in variables {
            let name = inner(&variable.node.var_type.node);
            if self.types.get(name).is_none() {
                let problem = Problem::bad_input(format!("Unknown type \"{name}\""));
                return Err(vec![problem.located(variable.pos.line, variable.pos.column)]);
            }
        }
        Ok(())
    }

    /// What the schema says of itself, by response key: `__schema` and `__type` at the root.
    ///
    /// # Errors
    /// A variable cannot be used there.
    pub async fn introspect(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        operation_name: Option<&str>,
        variables: &JsonMap,
    ) -> Result<Introspection, Problem> {
        if !asks_about_schema(document, &operation.selection_set.node) {
            return Ok(Introspection::new());
        }
        self.engine.introspect(document, operation_name, variables).await
    }
}

/// The operation that is meant.
///
/// # Errors
/// There is none of that name, or no name is given and there are several.
pub fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, Problem> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own == name)),
        None => operations.next().filter(|_| operations.len() == 0),
    };
    found.map(|(_, operation)| &operation.node).ok_or_else(|| {
        Problem::bad_input(match name {
            Some(name) => format!("The document has no operation named \"{name}\"."),
            None => "The document has several operations; name one in operationName.".to_owned(),
        })
    })
}

/// Whether a field of the root asks about the schema.
fn asks_about_schema(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "__schema" | "__type"),
        Selection::InlineFragment(fragment) => {
            asks_about_schema(document, &fragment.node.selection_set.node)
        }
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .is_some_and(|fragment| asks_about_schema(document, &fragment.node.selection_set.node)),
    })
}

/// A document that the parser cannot read. The parser draws the place into its message; the locations
/// say the same without repeating the document.
fn unreadable(error: &Error) -> Problem {
    let drawn = error.to_string();
    let reason = drawn.rsplit_once("= ").map_or(drawn.as_str(), |(_, reason)| reason);
    let problem = Problem::bad_input(format!("The document cannot be read: {reason}."));
    error.positions().fold(problem, |problem, place| problem.located(place.line, place.column))
}
