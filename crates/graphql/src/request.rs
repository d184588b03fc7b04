//! Reads a request's JSON. Whatever is ambiguous in it (a key twice, a batch) is refused.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value as JsonValue;

use crate::error::Problem;

/// A JSON object.
pub type JsonMap = serde_json::Map<String, JsonValue>;

/// Lists and objects inside each other in `variables`.
const MAX_DEPTH: usize = 32;
/// Values in `variables`, those inside others included.
const MAX_VALUES: usize = 10_000;

/// A request as it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The document.
    pub query: String,
    /// Which operation of the document.
    pub operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Object>,
    #[serde(default, rename = "extensions")]
    _extensions: Option<Object>,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` says what is wrong with the JSON.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            return Err(Problem::bad_input(
                "Batches are not accepted; send one request at a time.",
            ));
        }
        serde_json::from_slice(body).map_err(|error| {
            Problem::bad_input(format!("The request's JSON cannot be read: {error}"))
        })
    }

    /// Takes the variables out, an empty object where none are given.
    pub fn take_variables(&mut self) -> JsonMap {
        self.variables.take().map(|object| object.0).unwrap_or_default()
    }
}

/// A JSON object in which no key stands twice.
struct Object(JsonMap);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(MAX_VALUES);
        match (Strict { depth: 0, left: &left }).deserialize(deserializer)? {
            JsonValue::Object(map) => Ok(Self(map)),
            _ => Err(D::Error::custom("expected an object")),
        }
    }
}

/// Builds a JSON value, refusing a key that stands twice, nesting beyond [`MAX_DEPTH`] and more than
/// [`MAX_VALUES`].
#[derive(Clone, Copy)]
struct Strict<'c> {
    depth: usize,
    /// How many values more may come.
    left: &'c Cell<usize>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format!("nested more than {MAX_DEPTH} deep")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = JsonValue;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonValue, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format!("more than {MAX_VALUES} values")));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = JsonValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<JsonValue, E> {
        Ok(JsonValue::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<JsonValue, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<JsonValue, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<JsonValue, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<JsonValue, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<JsonValue, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonValue, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(JsonValue::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<JsonValue, A::Error> {
        let inner = self.deeper()?;
        let mut map = JsonMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice")));
            }
            map.insert(key, value);
        }
        Ok(JsonValue::Object(map))
    }
}
