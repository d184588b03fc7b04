//! Turns variables and the arguments of a field into JSON objects, by the types that the schema gives
//! them. Validation does not look at variables, so what has no place in its type is refused here.

use async_graphql::parser::types::{
    BaseType, Field, InputValueDefinition, OperationDefinition, Type,
};
use async_graphql::{Name, Pos};
use async_graphql_value::{ConstValue, Value};
use indexmap::IndexMap;
use serde_json::Value as JsonValue;

use crate::error::Problem;
use crate::request::JsonMap;
use crate::types::{NamedType, Types};

/// The variables of an operation.
#[derive(Default)]
pub struct Variables(JsonMap);

impl Variables {
    /// Reads the variables that an operation names; those that are not given and have no default are
    /// left out.
    ///
    /// # Errors
    /// A value that is missing or does not fit its type.
    pub fn read(
        types: &Types,
        operation: &OperationDefinition,
        given: &JsonMap,
    ) -> Result<Self, Problem> {
        let none = Variables::default();
        let literals = Coercion { types, variables: &none, enums_as_text: false };
        let json = Coercion { enums_as_text: true, ..literals };
        let mut values = JsonMap::new();
        for definition in &operation.variable_definitions {
            let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
            let value = match (given.get(name.as_str()), &definition.node.default_value) {
                (Some(value), _) => ConstValue::from_json(value.clone())
                    .map_err(|_| unfit(name, ty))
                    .and_then(|value| json.value(name, ty, &value.into_value())),
                (None, Some(value)) => literals.value(name, ty, &value.node.clone().into_value()),
                (None, None) => Ok(None),
            };
            let value = value
                .and_then(|value| required(name, ty, value))
                .map_err(|problem| located(problem, definition.pos))?;
            if let Some(value) = value {
                values.insert(name.to_string(), value);
            }
        }
        Ok(Self(values))
    }

    /// The values by name.
    pub fn values(&self) -> &JsonMap {
        &self.0
    }

    /// What a `@skip` or `@include` is told.
    ///
    /// # Errors
    /// It is told by a variable that is null in spite of its default.
    pub fn condition(&self, value: &Value) -> Result<bool, Problem> {
        let boolean = Type { base: BaseType::Named(Name::new("Boolean")), nullable: false };
        let value = match value {
            Value::Variable(name) => self.0.get(name.as_str()).and_then(JsonValue::as_bool),
            Value::Boolean(value) => Some(*value),
            _ => None,
        };
        value.ok_or_else(|| unfit(&Name::new("if"), &boolean))
    }
}

fn located(problem: Problem, place: Pos) -> Problem {
    problem.located(place.line, place.column)
}

/// The arguments of a field by name; those that are not given and have no default are left out.
///
/// # Errors
/// A value that is missing or does not fit its type.
pub fn arguments(
    types: &Types,
    definitions: &[InputValueDefinition],
    field: &Field,
    variables: &Variables,
) -> Result<JsonMap, Problem> {
    let coercion = Coercion { types, variables, enums_as_text: false };
    coercion.fields(definitions, |name| field.get_argument(name).map(|value| &value.node))
}

/// What values are read with.
#[derive(Clone, Copy)]
struct Coercion<'c> {
    types: &'c Types,
    variables: &'c Variables,
    /// Whether a word of an enum is given as a text, as in JSON.
    enums_as_text: bool,
}

impl Coercion<'_> {
    fn fields<'v>(
        self,
        definitions: &[InputValueDefinition],
        given: impl Fn(&str) -> Option<&'v Value>,
    ) -> Result<JsonMap, Problem> {
        let mut values = JsonMap::new();
        for definition in definitions {
            let (name, ty) = (&definition.name.node, &definition.ty.node);
            let value = match given(name) {
                Some(value) => self.value(name, ty, value)?,
                None => None,
            };
            let value = match (value, &definition.default_value) {
                (None, Some(default)) => {
                    self.value(name, ty, &default.node.clone().into_value())?
                }
                (value, _) => value,
            };
            if let Some(value) = required(name, ty, value)? {
                values.insert(name.to_string(), value);
            }
        }
        Ok(values)
    }

    /// The value of what stands at `name`; `None` where it is a variable that was not given.
    fn value(self, name: &Name, ty: &Type, value: &Value) -> Result<Option<JsonValue>, Problem> {
        Ok(Some(match (value, &ty.base) {
            (Value::Variable(variable), _) => {
                return Ok(self.variables.0.get(variable.as_str()).cloned());
            }
            (Value::Null, _) => JsonValue::Null,
            (Value::List(items), BaseType::List(inner)) => {
                let items = items.iter().map(|item| {
                    let value = self.value(name, inner, item)?.unwrap_or(JsonValue::Null);
                    if !inner.nullable && value.is_null() {
                        return Err(Problem::bad_input("A list must not hold null here."));
                    }
                    Ok(value)
                });
                JsonValue::Array(items.collect::<Result<_, _>>()?)
            }
            // One value stands for a list of one.
            (_, BaseType::List(inner)) => {
                JsonValue::Array(self.value(name, inner, value)?.into_iter().collect())
            }
            (_, BaseType::Named(type_name)) => match (self.types.get(type_name), value) {
                (Some(NamedType::Input(definitions)), Value::Object(given)) => {
                    self.input(type_name, definitions, given)?
                }
                (Some(NamedType::Enum(words)), value) => {
                    let word = match value {
                        Value::Enum(word) => Some(word.as_str()),
                        Value::String(word) if self.enums_as_text => Some(word.as_str()),
                        _ => None,
                    };
                    let word = word.filter(|word| words.contains(*word));
                    word.ok_or_else(|| unfit(name, ty))?.into()
                }
                (Some(NamedType::Scalar), value) => {
                    self.scalar(type_name, value).ok_or_else(|| unfit(name, ty))?
                }
                _ => return Err(unfit(name, ty)),
            },
        }))
    }

    fn input(
        self,
        type_name: &Name,
        definitions: &[InputValueDefinition],
        given: &IndexMap<Name, Value>,
    ) -> Result<JsonValue, Problem> {
        let known = |name: &Name| definitions.iter().any(|known| known.name.node == *name);
        if let Some(name) = given.keys().find(|name| !known(name)) {
            return Err(Problem::bad_input(format!("{type_name} has no field {name}.")));
        }
        self.fields(definitions, |name| given.get(name)).map(JsonValue::Object)
    }

    /// A value of a scalar; `None` where it does not fit.
    fn scalar(self, type_name: &str, value: &Value) -> Option<JsonValue> {
        match (type_name, value) {
            ("Int", Value::Number(number)) => {
                number.as_i64().and_then(|number| i32::try_from(number).ok()).map(JsonValue::from)
            }
            ("Float", Value::Number(number)) => Some(JsonValue::Number(number.clone())),
            ("ID", Value::Number(number)) if !number.is_f64() => Some(number.to_string().into()),
            ("ID" | "String", Value::String(text)) => Some(text.as_str().into()),
            ("Boolean", Value::Boolean(value)) => Some((*value).into()),
            ("Int" | "Float" | "ID" | "String" | "Boolean", _) => None,
            (_, value) => self.plain(value),
        }
    }

    /// A value of a scalar of any shape.
    fn plain(self, value: &Value) -> Option<JsonValue> {
        Some(match value {
            Value::Variable(name) => {
                self.variables.0.get(name.as_str()).cloned().unwrap_or_default()
            }
            Value::Null => JsonValue::Null,
            Value::Number(number) => JsonValue::Number(number.clone()),
            Value::String(text) => text.as_str().into(),
            Value::Boolean(value) => (*value).into(),
            Value::Enum(word) => word.as_str().into(),
            Value::List(items) => {
                JsonValue::Array(items.iter().map(|item| self.plain(item)).collect::<Option<_>>()?)
            }
            Value::Object(fields) => JsonValue::Object(
                fields
                    .iter()
                    .map(|(key, value)| Some((key.to_string(), self.plain(value)?)))
                    .collect::<Option<_>>()?,
            ),
            Value::Binary(_) => return None,
        })
    }
}

/// Refuses null, and nothing at all, where the type does.
fn required(
    name: &Name,
    ty: &Type,
    value: Option<JsonValue>,
) -> Result<Option<JsonValue>, Problem> {
    if !ty.nullable && value.as_ref().is_none_or(JsonValue::is_null) {
        return Err(Problem::bad_input(format!("{name} must not be null.")));
    }
    Ok(value)
}

fn unfit(name: &Name, ty: &Type) -> Problem {
    Problem::bad_input(format!("The value of {name} does not fit its type {ty}."))
}
