//! The schema as a plan looks it up: types, their fields, what a field takes and what it costs.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, OperationType,
    ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The types that have a name, those by which the schema tells of itself included.
pub struct Types {
    named: HashMap<Name, NamedType>,
    /// `__typename`, which everything with fields has.
    type_name: FieldType,
}

/// One type.
pub enum NamedType {
    /// An object by its fields.
    Object(HashMap<Name, FieldType>),
    /// An interface by its fields, and the objects that implement it.
    Interface(HashMap<Name, FieldType>, Vec<Name>),
    /// An input object by its fields.
    Input(Vec<InputValueDefinition>),
    /// An enum by its words.
    Enum(HashSet<Name>),
    /// A scalar.
    Scalar,
}

/// What the schema says of a field of an object or an interface.
pub struct FieldType {
    /// The type of its value.
    pub ty: Type,
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
    ///
    /// # Errors
    /// The reason why what GraphQL adds to every schema cannot be read.
    pub fn new(schema: &ServiceDocument) -> Result<Self, String> {
        let text = include_str!("introspection.graphql");
        let introspection = parse_schema(text).map_err(|error| error.to_string())?;
        let string = Type { base: BaseType::Named(Name::new("String")), nullable: false };
        let scalars = ["Boolean", "Float", "ID", "Int", "String"];
        let mut types = Self {
            named: scalars.map(|name| (Name::new(name), NamedType::Scalar)).into(),
            type_name: FieldType::new(string, &[], &[]),
        };
        let all = || {
            let definitions = schema.definitions.iter().chain(&introspection.definitions);
            definitions.filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(&definition.node),
                _ => None,
            })
        };
        all().for_each(|definition| types.add(definition));
        all().for_each(|definition| types.note_implementer(definition));
        Ok(types)
    }

    fn add(&mut self, definition: &TypeDefinition) {
        let name = &definition.name.node;
        let named = match &definition.kind {
            TypeKind::Object(object) => {
                let mut fields = by_name(&object.fields);
                // An extension comes after what it extends.
                if let Some(NamedType::Object(known)) = self.named.remove(name) {
                    fields.extend(known);
                }
                NamedType::Object(fields)
            }
            TypeKind::Interface(interface) => {
                NamedType::Interface(by_name(&interface.fields), Vec::new())
            }
            TypeKind::InputObject(input) => NamedType::Input(nodes(&input.fields)),
            TypeKind::Enum(words) => NamedType::Enum(
                words.values.iter().map(|word| word.node.value.node.clone()).collect(),
            ),
            TypeKind::Scalar => NamedType::Scalar,
            TypeKind::Union(_) => return,
        };
        self.named.insert(name.clone(), named);
    }

    fn note_implementer(&mut self, definition: &TypeDefinition) {
        let TypeKind::Object(object) = &definition.kind else { return };
        for interface in &object.implements {
            if let Some(NamedType::Interface(_, objects)) = self.named.get_mut(&interface.node) {
                objects.push(definition.name.node.clone());
            }
        }
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&NamedType> {
        self.named.get(name)
    }

    /// A field of an object or an interface.
    pub fn field(&self, parent: &str, field: &str) -> Option<&FieldType> {
        match self.get(parent) {
            Some(NamedType::Object(_) | NamedType::Interface(..)) if field == "__typename" => {
                Some(&self.type_name)
            }
            Some(NamedType::Object(fields) | NamedType::Interface(fields, _)) => fields.get(field),
            _ => None,
        }
    }

    /// Whether every object of the type `name` is also one of the type `general`.
    pub fn is_subtype(&self, general: &str, name: &str) -> bool {
        general == name
            || matches!(self.get(general), Some(NamedType::Interface(_, objects)) if objects.iter().any(|object| object == name))
    }
}

impl FieldType {
    fn new(
        ty: Type,
        arguments: &[Positioned<InputValueDefinition>],
        directives: &[Positioned<ConstDirective>],
    ) -> Self {
        Self {
            inner: inner(&ty).clone(),
            ty,
            arguments: nodes(arguments),
            weight: cost(directives, "weight").unwrap_or(0),
            rows: cost(directives, "rows").unwrap_or(1),
        }
    }

    /// Whether it takes an argument of this name.
    pub fn takes(&self, argument: &str) -> bool {
        self.arguments.iter().any(|definition| definition.name.node == argument)
    }
}

fn by_name(fields: &[Positioned<FieldDefinition>]) -> HashMap<Name, FieldType> {
    let field = |field: &FieldDefinition| {
        let new = FieldType::new(field.ty.node.clone(), &field.arguments, &field.directives);
        (field.name.node.clone(), new)
    };
    fields.iter().map(|definition| field(&definition.node)).collect()
}

/// The named type at the end of a type's lists.
pub fn inner(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(items) => inner(items),
    }
}

/// The type that an operation selects from. The library has refused what the schema does not have.
pub const fn root_type(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query | OperationType::Subscription => "Query",
        OperationType::Mutation => "Mutation",
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
