//! Values have to fit where they stand, in every operation and whether or not what they stand in is
//! skipped: variables by their types, words of enums as words. No directive may stand on a variable.

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, InputValueDefinition, OperationDefinition, Selection,
    Type, VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::{ConstValue, Value};

use super::{Selected, refused, type_of};
use crate::error::Problem;
use crate::types::{NamedType, Types};

/// Checks every value in an operation.
///
/// # Errors
/// The first one that does not fit.
pub fn check(
    types: &Types,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    root: &Selected<'_>,
) -> Result<(), Problem> {
    let variables = &operation.variable_definitions;
    if let Some(directive) = variables.iter().flat_map(|variable| &variable.node.directives).next()
    {
        let name = &directive.node.name.node;
        return Err(refused(directive.pos, format!("@{name} must not stand on a variable.")));
    }
    let condition = Type { base: BaseType::Named(Name::new("Boolean")), nullable: false };
    let mut usage = Usage { types, document, variables, condition, spread: HashSet::new() };
    usage.directives(&operation.directives)?;
    usage.selections(root)
}

struct Usage<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
    variables: &'d [Positioned<VariableDefinition>],
    /// The type of the argument `if` of `@skip` and `@include`; no other directive takes one.
    condition: Type,
    /// The fragments that were looked at.
    spread: HashSet<&'d Name>,
}

/// Where a value stands: the type that is meant, and whether something stands in for an absent value.
#[derive(Clone, Copy)]
struct Place<'t> {
    ty: &'t Type,
    defaulted: bool,
}

impl<'t> Place<'t> {
    fn of(definition: &'t InputValueDefinition) -> Self {
        Self { ty: &definition.ty.node, defaulted: definition.default_value.is_some() }
    }
}

impl<'d> Usage<'d> {
    fn selections(&mut self, from: &Selected<'d>) -> Result<(), Problem> {
        for selection in &from.set.items {
            self.directives(selection.node.directives())?;
            match &selection.node {
                Selection::Field(field) => {
                    let ty = type_of(self.types, &from.parent, field)?;
                    for (name, value) in &field.node.arguments {
                        self.among(&ty.arguments, &name.node, &value.node, value.pos)?;
                    }
                    self.selections(&Selected::of(&field.node, ty))?;
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(&from.parent, |on| &on.node.on.node).clone();
                    let set = &fragment.node.selection_set.node;
                    self.selections(&Selected { parent, set })?;
                }
                Selection::FragmentSpread(named) => {
                    let name = &named.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.spread.insert(name) {
                        self.directives(&fragment.node.directives)?;
                        let parent = fragment.node.type_condition.node.on.node.clone();
                        let set = &fragment.node.selection_set.node;
                        self.selections(&Selected { parent, set })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), Problem> {
        let place = Place { ty: &self.condition, defaulted: false };
        let mut arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
        arguments.try_for_each(|(_, value)| self.value(place, &value.node, value.pos))
    }

    /// A value that is given to one of several arguments or input fields.
    fn among(
        &self,
        definitions: &[InputValueDefinition],
        name: &str,
        value: &Value,
        at: Pos,
    ) -> Result<(), Problem> {
        match definitions.iter().find(|definition| definition.name.node == name) {
            Some(definition) => self.value(Place::of(definition), value, at),
            None => Err(refused(at, format!("There is no {name} here."))),
        }
    }

    fn value(&self, place: Place<'_>, value: &Value, at: Pos) -> Result<(), Problem> {
        let items_of = |ty| Place { ty, defaulted: false };
        match (value, &place.ty.base) {
            (Value::Variable(name), _) => self.variable(place, name, at),
            (Value::List(items), BaseType::List(ty)) => {
                items.iter().try_for_each(|item| self.value(items_of(ty), item, at))
            }
            // One value stands for a list of one.
            (value, BaseType::List(ty)) => self.value(items_of(ty), value, at),
            (value, BaseType::Named(name)) => match (value, self.types.get(name)) {
                (Value::Object(fields), Some(NamedType::Input(definitions))) => fields
                    .iter()
                    .try_for_each(|(name, value)| self.among(definitions, name, value, at)),
                (Value::String(_), Some(NamedType::Enum(_))) => {
                    Err(refused(at, format!("A word of {name} stands without quotes.")))
                }
                _ => Ok(()),
            },
        }
    }

    fn variable(&self, place: Place<'_>, name: &Name, at: Pos) -> Result<(), Problem> {
        let mut definitions = self.variables.iter().map(|definition| &definition.node);
        let Some(definition) = definitions.find(|known| known.name.node == *name) else {
            return Err(refused(at, format!("The variable {name} is not defined.")));
        };
        let ty = &definition.var_type.node;
        // Where something stands in for an absent value, a type without null takes one with null; an
        // explicit null is refused when it comes.
        let default = definition.default_value.as_ref().map(|default| &default.node);
        let defaulted = place.defaulted || default.is_some_and(|value| *value != ConstValue::Null);
        let meant = Type { nullable: place.ty.nullable || defaulted, base: place.ty.base.clone() };
        if fits(ty, &meant) {
            return Ok(());
        }
        let meant = place.ty;
        Err(refused(at, format!("The variable {name} of type {ty} stands where {meant} is meant.")))
    }
}

/// Whether every value of one type is one of the other.
fn fits(ty: &Type, place: &Type) -> bool {
    (place.nullable || !ty.nullable)
        && match (&ty.base, &place.base) {
            (BaseType::Named(name), BaseType::Named(place)) => name == place,
            (BaseType::List(items), BaseType::List(place)) => fits(items, place),
            _ => false,
        }
}
