//! The schema as a plan looks it up: types, their fields, what a field takes and what it costs.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, ServiceDocument, Type,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The types that have a name, those that GraphQL itself brings aside.
pub struct Types(HashMap<Name, NamedType>);

/// One type.
pub enum NamedType {
    /// An object by its fields.
    Object(HashMap<Name, FieldType>),
    /// An interface by the objects that implement it.
    Interface(Vec<Name>),
    /// An input object by its fields.
    Input(Vec<InputValueDefinition>),
    /// An enum by its words.
    Enum(HashSet<Name>),
    /// A scalar.
    Scalar,
}

/// What the schema says of a field of an object.
pub struct FieldType {
    /// Whether its value may be null.
    pub nullable: bool,
    /// The type at the end of its lists.
    pub inner: Name,
    /// What it takes.
    pub arguments: Vec<InputValueDefinition>,
    /// What it costs by itself.
    pub weight: u64,
    /// Rows that it is reckoned to have.
    pub rows: u64,
}

impl Types {
    /// The types of a schema.
    pub fn new(schema: &ServiceDocument) -> Self {
        let mut types: HashMap<Name, NamedType> = ["Boolean", "Float", "ID", "Int", "String"]
            .map(|name| (Name::new(name), NamedType::Scalar))
            .into();
        let mut implementers: HashMap<Name, Vec<Name>> = HashMap::new();
        for definition in &schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = &definition.node.name.node;
            let named = match &definition.node.kind {
                TypeKind::Object(object) => {
                    for interface in &object.implements {
                        implementers.entry(interface.node.clone()).or_default().push(name.clone());
                    }
                    let fields = object
                        .fields
                        .iter()
                        .map(|field| (field.node.name.node.clone(), FieldType::new(&field.node)));
                    NamedType::Object(fields.collect())
                }
                TypeKind::InputObject(input) => NamedType::Input(nodes(&input.fields)),
                TypeKind::Enum(words) => NamedType::Enum(
                    words.values.iter().map(|word| word.node.value.node.clone()).collect(),
                ),
                TypeKind::Scalar => NamedType::Scalar,
                TypeKind::Interface(_) | TypeKind::Union(_) => continue,
            };
            types.insert(name.clone(), named);
        }
        types.extend(
            implementers.into_iter().map(|(name, objects)| (name, NamedType::Interface(objects))),
        );
        Self(types)
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&NamedType> {
        self.0.get(name)
    }

    /// A field of an object.
    pub fn field(&self, object: &str, field: &str) -> Option<&FieldType> {
        match self.get(object) {
            Some(NamedType::Object(fields)) => fields.get(field),
            _ => None,
        }
    }

    /// Whether every object of the type `name` is also one of the type `general`.
    pub fn is_subtype(&self, general: &str, name: &str) -> bool {
        general == name
            || matches!(self.get(general), Some(NamedType::Interface(objects)) if objects.iter().any(|object| object == name))
    }
}

impl FieldType {
    fn new(definition: &FieldDefinition) -> Self {
        Self {
            nullable: definition.ty.node.nullable,
            inner: inner(&definition.ty.node).clone(),
            arguments: nodes(&definition.arguments),
            weight: cost(&definition.directives, "weight").unwrap_or(0),
            rows: cost(&definition.directives, "rows").unwrap_or(1),
        }
    }

    /// Whether it takes an argument of this name.
    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|definition| definition.name.node == argument)
    }
}

/// The named type at the end of a type's lists.
pub fn inner(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(items) => inner(items),
    }
}

/// An argument of the directive `@cost`.
fn cost(directives: &[Positioned<ConstDirective>], argument: &str) -> Option<u64> {
    let directive = directives.iter().find(|directive| directive.node.name.node == "cost")?;
    match &directive.node.get_argument(argument)?.node {
        async_graphql::Value::Number(number) => number.as_u64(),
        _ => None,
    }
}

fn nodes<T: Clone>(positioned: &[Positioned<T>]) -> Vec<T> {
    positioned.iter().map(|positioned| positioned.node.clone()).collect()
}
