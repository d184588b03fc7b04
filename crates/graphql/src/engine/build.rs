//! Builds the library's schema from the parsed text of ours. The directive `@cost` has no place in it
//! and is left out; the plan reads it from the text.

use async_graphql::dynamic::{
    Enum, EnumItem, Field, FieldFuture, InputObject, InputValue, Interface, InterfaceField, Object,
    Scalar, Schema, SchemaBuilder, TypeRef,
};
use async_graphql::parser::types::{
    BaseType, ConstDirective, EnumValueDefinition, FieldDefinition, InputValueDefinition,
    ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Positioned, Value};

use crate::guard;

/// The schema with all its types, ready to be finished.
///
/// # Errors
/// It has a type of a kind that this API does not use.
pub fn schema(document: &ServiceDocument) -> Result<SchemaBuilder, String> {
    let builder = Schema::build("Query", Some("Mutation"), None)
        // The guard has bounded the nesting already; a selection may sit in a fragment at each level.
        .limit_recursive_depth(2 * guard::MAX_NESTING);
    document.definitions.iter().try_fold(builder, |builder, definition| match definition {
        TypeSystemDefinition::Type(definition) => register(builder, &definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => Ok(builder),
    })
}

fn register(builder: SchemaBuilder, definition: &TypeDefinition) -> Result<SchemaBuilder, String> {
    let name = definition.name.node.as_str();
    let description = text(&definition.description);
    Ok(match &definition.kind {
        TypeKind::Scalar => builder.register(scalar(definition).description(description)),
        TypeKind::Object(object) => {
            let new = Object::new(name).description(description);
            let new = object
                .implements
                .iter()
                .fold(new, |object, interface| object.implement(interface.node.as_str()));
            builder.register(
                object
                    .fields
                    .iter()
                    .fold(new, |object, definition| object.field(field(&definition.node))),
            )
        }
        TypeKind::Interface(interface) => {
            let new = Interface::new(name).description(description);
            builder.register(interface.fields.iter().fold(new, |interface, definition| {
                interface.field(interface_field(&definition.node))
            }))
        }
        TypeKind::Enum(words) => {
            let new = Enum::new(name).description(description);
            builder.register(new.items(words.values.iter().map(|word| item(&word.node))))
        }
        TypeKind::InputObject(input) => {
            let new = InputObject::new(name).description(description);
            builder.register(
                input
                    .fields
                    .iter()
                    .fold(new, |input, definition| input.field(input_value(&definition.node))),
            )
        }
        TypeKind::Union(_) => return Err(format!("{name} is a union; the API has none")),
    })
}

fn scalar(definition: &TypeDefinition) -> Scalar {
    let scalar = Scalar::new(definition.name.node.as_str());
    match argument(&definition.directives, "specifiedBy", "url") {
        Some(url) => scalar.specified_by_url(url),
        None => scalar,
    }
}

fn field(definition: &FieldDefinition) -> Field {
    let name = definition.name.node.as_str();
    // Nobody asks it: data is written from the plan.
    let new = Field::new(name, type_ref(&definition.ty.node), |_| FieldFuture::Value(None))
        .description(text(&definition.description));
    let new = match argument(&definition.directives, "deprecated", "reason") {
        Some(reason) => new.deprecation(Some(&reason)),
        None => new,
    };
    definition
        .arguments
        .iter()
        .fold(new, |field, argument| field.argument(input_value(&argument.node)))
}

fn interface_field(definition: &FieldDefinition) -> InterfaceField {
    let new = InterfaceField::new(definition.name.node.as_str(), type_ref(&definition.ty.node));
    new.description(text(&definition.description))
}

fn item(definition: &EnumValueDefinition) -> EnumItem {
    let item =
        EnumItem::new(definition.value.node.as_str()).description(text(&definition.description));
    match argument(&definition.directives, "deprecated", "reason") {
        Some(reason) => item.deprecation(Some(&reason)),
        None => item,
    }
}

fn input_value(definition: &InputValueDefinition) -> InputValue {
    let new = InputValue::new(definition.name.node.as_str(), type_ref(&definition.ty.node))
        .description(text(&definition.description));
    match &definition.default_value {
        Some(value) => new.default_value(value.node.clone()),
        None => new,
    }
}

fn type_ref(ty: &Type) -> TypeRef {
    let base = match &ty.base {
        BaseType::Named(name) => TypeRef::named(name.as_str()),
        BaseType::List(items) => TypeRef::List(Box::new(type_ref(items))),
    };
    if ty.nullable { base } else { TypeRef::NonNull(Box::new(base)) }
}

fn text(description: &Option<Positioned<String>>) -> String {
    description.as_ref().map(|description| description.node.clone()).unwrap_or_default()
}

/// A text that a directive is given.
fn argument(
    directives: &[Positioned<ConstDirective>],
    directive: &str,
    name: &str,
) -> Option<String> {
    let directive = directives.iter().find(|given| given.node.name.node == directive)?;
    match &directive.node.get_argument(name)?.node {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}
