//! Fields of one response key have to make one value: on objects that may be the same they are the
//! same field with the same arguments, and on any two objects their values have the same shape.
//!
//! Both are asked of all fields of a key at once and not of each pair, so that the work grows with the
//! selections, which the guard has bounded, and not with their square.

use std::collections::HashSet;

use async_graphql::parser::types::{BaseType, ExecutableDocument, Field, Selection, Type};
use async_graphql::{Name, Positioned};
use indexmap::IndexMap;

use super::{Selected, refused, type_of};
use crate::error::Problem;
use crate::types::{FieldType, NamedType, Types};

/// Checks all that an operation selects.
///
/// # Errors
/// Two fields that cannot share a key.
pub fn check(
    types: &Types,
    document: &ExecutableDocument,
    root: Selected<'_>,
) -> Result<(), Problem> {
    let merging = Merging { types, document };
    merging.check_shapes(vec![root.clone()])?;
    merging.check_fields(vec![root])
}

struct Merging<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
}

/// A field and where it stands.
#[derive(Clone)]
struct Asked<'d> {
    parent: Name,
    field: &'d Positioned<Field>,
    ty: &'d FieldType,
}

/// Fields by response key.
type Collected<'d> = IndexMap<&'d Name, Vec<Asked<'d>>>;

impl<'d> Merging<'d> {
    /// Whatever the objects are, the values of one key have one shape.
    fn check_shapes(&self, sets: Vec<Selected<'d>>) -> Result<(), Problem> {
        for (key, fields) in self.collect(sets)? {
            let first = &fields[0];
            if let Some(other) =
                fields.iter().find(|other| !self.same_shape(&first.ty.ty, &other.ty.ty))
            {
                let (one, other_type) = (&first.ty.ty, &other.ty.ty);
                return Err(refused(
                    other.field.pos,
                    format!("{key} stands for a {one} and for a {other_type}; give them aliases."),
                ));
            }
            self.check_shapes(inner(&fields))?;
        }
        Ok(())
    }

    /// On objects that may be the same, one key is one field with one set of arguments.
    fn check_fields(&self, sets: Vec<Selected<'d>>) -> Result<(), Problem> {
        for (key, fields) in self.collect(sets)? {
            for fields in self.on_one_object(fields) {
                let first = &fields[0];
                if let Some(other) =
                    fields.iter().find(|other| differ(&first.field.node, &other.field.node))
                {
                    return Err(refused(
                        other.field.pos,
                        format!(
                            "{key} stands for different fields or arguments; give them aliases."
                        ),
                    ));
                }
                self.check_fields(inner(&fields))?;
            }
        }
        Ok(())
    }

    /// Groups of fields that may be asked of one object: those of each object type, each with those
    /// of the interfaces.
    fn on_one_object(&self, fields: Vec<Asked<'d>>) -> Vec<Vec<Asked<'d>>> {
        let is_object =
            |asked: &Asked<'_>| matches!(self.types.get(&asked.parent), Some(NamedType::Object(_)));
        let (of_objects, of_interfaces): (Vec<_>, Vec<_>) = fields.into_iter().partition(is_object);
        let mut groups: IndexMap<Name, Vec<Asked<'d>>> = IndexMap::new();
        for asked in of_objects {
            let group = groups.entry(asked.parent.clone());
            group.or_insert_with(|| of_interfaces.clone()).push(asked);
        }
        if groups.is_empty() { vec![of_interfaces] } else { groups.into_values().collect() }
    }

    /// The fields of these sets together, fragments written out, each fragment once.
    fn collect(&self, sets: Vec<Selected<'d>>) -> Result<Collected<'d>, Problem> {
        let (mut fields, mut spread) = (Collected::new(), HashSet::new());
        for set in sets {
            self.collect_from(&set, &mut fields, &mut spread)?;
        }
        Ok(fields)
    }

    fn collect_from(
        &self,
        from: &Selected<'d>,
        fields: &mut Collected<'d>,
        spread: &mut HashSet<&'d Name>,
    ) -> Result<(), Problem> {
        for selection in &from.set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let (parent, ty) =
                        (from.parent.clone(), type_of(self.types, &from.parent, field)?);
                    let asked = Asked { parent, field, ty };
                    fields.entry(&field.node.response_key().node).or_default().push(asked);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(&from.parent, |on| &on.node.on.node).clone();
                    let set = &fragment.node.selection_set.node;
                    self.collect_from(&Selected { parent, set }, fields, spread)?;
                }
                Selection::FragmentSpread(named) => {
                    let name = &named.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if spread.insert(name) {
                        let parent = fragment.node.type_condition.node.on.node.clone();
                        let set = &fragment.node.selection_set.node;
                        self.collect_from(&Selected { parent, set }, fields, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn same_shape(&self, one: &Type, other: &Type) -> bool {
        one.nullable == other.nullable
            && match (&one.base, &other.base) {
                (BaseType::List(one), BaseType::List(other)) => self.same_shape(one, other),
                (BaseType::Named(one), BaseType::Named(other)) => {
                    one == other || !self.is_leaf(one) && !self.is_leaf(other)
                }
                _ => false,
            }
    }

    fn is_leaf(&self, name: &Name) -> bool {
        matches!(self.types.get(name), Some(NamedType::Scalar | NamedType::Enum(_)))
    }
}

/// What these fields select from their values.
fn inner<'d>(fields: &[Asked<'d>]) -> Vec<Selected<'d>> {
    fields.iter().map(|asked| Selected::of(&asked.field.node, asked.ty)).collect()
}

fn differ(one: &Field, other: &Field) -> bool {
    one.name != other.name
        || one.arguments.len() != other.arguments.len()
        || one.arguments.iter().any(|(name, value)| other.get_argument(&name.node) != Some(value))
}
