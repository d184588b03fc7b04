//! Turns the arguments of a field into one JSON object: literals by the type that the schema gives
//! them, variables as they were coerced before.

use apollo_compiler::executable::{Field, Value};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::{ExtendedType, Type};
use apollo_compiler::{Name, Node, Schema};

use crate::error::Problem;

/// The arguments of a field by name; those that are not given and have no default are left out.
///
/// # Errors
/// A required value is null or missing because a variable is.
pub fn arguments(schema: &Schema, field: &Field, variables: &JsonMap) -> Result<JsonMap, Problem> {
    let mut values = JsonMap::new();
    for definition in &field.definition.arguments {
        let given = field.arguments.iter().find(|argument| argument.name == definition.name);
        let value = match given {
            Some(argument) => coerce(schema, &definition.ty, &argument.value, variables)?,
            None => None,
        };
        let value = match (value, &definition.default_value) {
            (Some(value), _) => Some(value),
            (None, Some(default)) => coerce(schema, &definition.ty, default, variables)?,
            (None, None) => None,
        };
        require(&definition.ty, &definition.name, value.as_ref())?;
        if let Some(value) = value {
            values.insert(definition.name.as_str(), value);
        }
    }
    Ok(values)
}

fn require(ty: &Type, name: &Name, value: Option<&JsonValue>) -> Result<(), Problem> {
    if ty.is_non_null() && value.is_none_or(JsonValue::is_null) {
        return Err(Problem::bad_input(format!("{name} must not be null.")));
    }
    Ok(())
}

/// The value of a literal; `None` where it is a variable that was not given.
fn coerce(
    schema: &Schema,
    ty: &Type,
    value: &Node<Value>,
    variables: &JsonMap,
) -> Result<Option<JsonValue>, Problem> {
    Ok(Some(match (value.as_ref(), ty) {
        (Value::Variable(name), _) => return Ok(variables.get(name.as_str()).cloned()),
        (Value::Null, _) => JsonValue::Null,
        (Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
            let items = items.iter().map(|item| {
                let value = coerce(schema, inner, item, variables)?.unwrap_or(JsonValue::Null);
                if inner.is_non_null() && value.is_null() {
                    return Err(Problem::bad_input("A list must not hold null here."));
                }
                Ok(value)
            });
            JsonValue::Array(items.collect::<Result<_, _>>()?)
        }
        // One value stands for a list of one.
        (_, Type::List(inner) | Type::NonNullList(inner)) => {
            JsonValue::Array(coerce(schema, inner, value, variables)?.into_iter().collect())
        }
        (Value::Object(fields), Type::Named(name) | Type::NonNullNamed(name)) => {
            match schema.types.get(name) {
                Some(ExtendedType::InputObject(object)) => {
                    let mut values = JsonMap::new();
                    for (key, definition) in &object.fields {
                        let given =
                            fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
                        let value = given.or(definition.default_value.as_ref());
                        let value = match value {
                            Some(value) => coerce(schema, &definition.ty, value, variables)?,
                            None => None,
                        };
                        require(&definition.ty, key, value.as_ref())?;
                        if let Some(value) = value {
                            values.insert(key.as_str(), value);
                        }
                    }
                    values.into()
                }
                _ => plain(schema, ty, fields, variables)?,
            }
        }
        (Value::Enum(name), _) => name.as_str().into(),
        (Value::String(text), _) => text.as_str().into(),
        (Value::Boolean(value), _) => (*value).into(),
        (Value::Int(number), _) => parse_number(number.as_str())?,
        (Value::Float(number), _) => parse_number(number.as_str())?,
        (Value::List(_), _) => return Err(Problem::bad_input("A list has no place here.")),
    }))
}

/// An object literal where a scalar of any shape is meant.
fn plain(
    schema: &Schema,
    ty: &Type,
    fields: &[(Name, Node<Value>)],
    variables: &JsonMap,
) -> Result<JsonValue, Problem> {
    let mut values = JsonMap::new();
    for (key, value) in fields {
        let value = coerce(schema, ty, value, variables)?;
        values.insert(key.as_str(), value.unwrap_or(JsonValue::Null));
    }
    Ok(values.into())
}

fn parse_number(text: &str) -> Result<JsonValue, Problem> {
    text.parse::<serde_json::Number>()
        .map(JsonValue::Number)
        .map_err(|_| Problem::bad_input(format!("{text} is not a number that can be used.")))
}
