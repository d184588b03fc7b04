//! Rules of validation that the library leaves out or applies by half. They look at documents that
//! have passed the library's own, so every field, argument and fragment named in them is known.

mod merging;
mod usage;

use async_graphql::parser::types::{ExecutableDocument, Field, SelectionSet};
use async_graphql::{Name, Pos, Positioned};

use crate::error::Problem;
use crate::types::{FieldType, Types, root_type};

/// Checks a document.
///
/// # Errors
/// The first rule that it breaks, with the place.
pub fn check(types: &Types, document: &ExecutableDocument) -> Result<(), Problem> {
    // `...on` could not be told from the beginning of a type condition.
    if let Some(fragment) = document.fragments.get("on") {
        return Err(refused(fragment.pos, "A fragment must not be named \"on\"."));
    }
    for (_, operation) in document.operations.iter() {
        let root = Selected {
            parent: Name::new(root_type(operation.node.ty)),
            set: &operation.node.selection_set.node,
        };
        usage::check(types, document, &operation.node, &root)?;
        merging::check(types, document, root)?;
    }
    Ok(())
}

/// A selection set and the type of the objects that it selects from.
#[derive(Clone)]
struct Selected<'d> {
    parent: Name,
    set: &'d SelectionSet,
}

impl<'d> Selected<'d> {
    /// What a field selects from its value; nothing where that is a leaf.
    fn of(field: &'d Field, ty: &FieldType) -> Self {
        Self { parent: ty.inner.clone(), set: &field.selection_set.node }
    }
}

fn refused(place: Pos, message: impl Into<String>) -> Problem {
    Problem::bad_input(message).located(place.line, place.column)
}

/// The type of a field that the library has found good.
fn type_of<'t>(
    types: &'t Types,
    parent: &Name,
    field: &Positioned<Field>,
) -> Result<&'t FieldType, Problem> {
    let name = &field.node.name.node;
    types
        .field(parent, name)
        .ok_or_else(|| refused(field.pos, format!("{parent} has no field {name}.")))
}
