//! Holds a document against the schema that Atlassian publishes.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("adf-schema.json")).unwrap());

pub fn assert_valid(document: &Value) {
    if !allows(&SCHEMA, document) {
        panic!("does not keep to the schema: {}", offender(document));
    }
}

/// The smallest node that no definition allows, to tell a reader where to look.
fn offender(node: &Value) -> String {
    let definitions = SCHEMA["definitions"].as_object().unwrap();
    let known = definitions.values().any(|definition| allows(definition, node));
    let inner = node["content"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|child| !definitions.values().any(|definition| allows(definition, child)));
    match inner {
        Some(child) if !known => offender(child),
        _ => node.to_string(),
    }
}

/// As much of JSON Schema (draft 4) as that schema uses; anything else fails loudly.
fn allows(schema: &Value, value: &Value) -> bool {
    let schema = schema.as_object().unwrap();
    if let Some(reference) = schema.get("$ref") {
        let name = reference.as_str().unwrap().strip_prefix("#/definitions/").unwrap();
        return allows(&SCHEMA["definitions"][name], value);
    }
    // The type of a node decides fastest.
    if let Some(kind) = schema.get("properties").and_then(|properties| properties.get("type"))
        && value.get("type").is_some_and(|found| !allows(kind, found))
    {
        return false;
    }
    schema.iter().all(|(keyword, argument)| keyword_allows(schema, keyword, argument, value))
}

fn keyword_allows(
    schema: &Map<String, Value>,
    keyword: &str,
    argument: &Value,
    value: &Value,
) -> bool {
    let schemas = || argument.as_array().unwrap().iter();
    match keyword {
        "$schema" | "description" | "definitions" => true,
        "type" => match argument.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            other => panic!("type {other}"),
        },
        "enum" => schemas().any(|allowed| {
            allowed == value
                || allowed.as_f64().is_some_and(|number| value.as_f64() == Some(number))
        }),
        "anyOf" => schemas().any(|schema| allows(schema, value)),
        "allOf" => schemas().all(|schema| allows(schema, value)),
        "required" => schemas().all(|name| value.get(name.as_str().unwrap()).is_some()),
        "properties" => argument
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, schema)| value.get(name).is_none_or(|value| allows(schema, value))),
        "additionalProperties" => {
            let known = schema.get("properties").and_then(Value::as_object);
            argument.as_bool().unwrap()
                || value.as_object().is_none_or(|object| {
                    object.keys().all(|name| known.is_some_and(|known| known.contains_key(name)))
                })
        }
        "items" => value.as_array().is_none_or(|items| match argument {
            Value::Array(schemas) => items.iter().enumerate().all(|(at, item)| {
                schemas.get(at).or(schemas.last()).is_some_and(|schema| allows(schema, item))
            }),
            schema => items.iter().all(|item| allows(schema, item)),
        }),
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= argument.as_u64().unwrap())
        }
        "maxItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 <= argument.as_u64().unwrap())
        }
        "minLength" => {
            value.as_str().is_none_or(|text| text.len() as u64 >= argument.as_u64().unwrap())
        }
        "minimum" => value.as_f64().is_none_or(|number| number >= argument.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= argument.as_f64().unwrap()),
        "pattern" => value.as_str().is_none_or(|text| {
            let hex = |digits: usize| {
                text.len() == digits + 1
                    && text.starts_with('#')
                    && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
            };
            match argument.as_str().unwrap() {
                "^#[0-9a-fA-F]{6}$" => hex(6),
                "^#[0-9a-fA-F]{8}$|^#[0-9a-fA-F]{6}$" => hex(6) || hex(8),
                "^(neutral|purple|blue|red|yellow|green|#[0-9a-fA-F]{6})$" => {
                    hex(6)
                        || ["neutral", "purple", "blue", "red", "yellow", "green"].contains(&text)
                }
                other => panic!("pattern {other}"),
            }
        }),
        other => panic!("keyword {other}"),
    }
}
