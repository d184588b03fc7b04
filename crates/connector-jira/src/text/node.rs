//! The document that every reader makes and every writer takes: Atlassian's own, a tree of nodes
//! with marks. Wiki markup and Markdown are read into it too, so that two formats need no third way.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// The attributes of a node or a mark.
pub type Attributes = serde_json::Map<String, Value>;

/// A block, an inline or a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node<'a> {
    /// The `type`.
    pub kind: Cow<'a, str>,
    pub attributes: Attributes,
    pub content: Vec<Node<'a>>,
    pub marks: Vec<Mark<'a>>,
    /// Of a `text` alone.
    pub text: Cow<'a, str>,
}

/// What applies to a whole text or block: bold, a link, an alignment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark<'a> {
    /// The `type`.
    pub kind: Cow<'a, str>,
    pub attributes: Attributes,
}

impl<'a> Node<'a> {
    /// A node without content.
    pub fn new(kind: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    /// A node around others.
    pub fn around(kind: impl Into<Cow<'a, str>>, content: Vec<Node<'a>>) -> Self {
        Self { kind: kind.into(), content, ..Self::default() }
    }

    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: "text".into(), text: text.into(), ..Self::default() }
    }

    /// The same node with one more attribute.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// The same node with one more mark.
    pub fn marked(mut self, mark: Mark<'a>) -> Self {
        self.marks.push(mark);
        self
    }

    /// An attribute that is a string; empty where there is none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether this is a text node.
    pub fn is_text(&self) -> bool {
        self.kind == "text"
    }

    /// The text of this node and of those that follow it with the same marks, which only an editor had
    /// taken apart; answers how many of them there were, too.
    pub fn text_with<'n>(&'n self, following: &'n [Self]) -> (Cow<'n, str>, usize) {
        let belongs = |node: &&Self| node.is_text() && node.marks == self.marks;
        let count = following.iter().take_while(belongs).count();
        let mut text = Cow::Borrowed(&*self.text);
        for more in &following[..count] {
            text.to_mut().push_str(&more.text);
        }
        (text, count)
    }
}

impl<'a> Mark<'a> {
    /// A mark without attributes.
    pub fn new(kind: impl Into<Cow<'a, str>>) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    /// The same mark with one more attribute.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// An attribute that is a string; empty where there is none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A link to an address.
    pub fn link(href: &str) -> Self {
        Self::new("link").with("href", href)
    }
}

// Reading takes every JSON value for a node, since a tool may send what no schema allows: what is
// expected goes where it belongs, and the rest becomes text that somebody can see.

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Type,
    Attrs,
    Content,
    Marks,
    Text,
    #[serde(other)]
    Other,
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a node")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut node = Node::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Type => node.kind = map.next_value::<Scalar>()?.0,
                Field::Attrs => node.attributes = attributes(map.next_value()?),
                Field::Content => node.content = map.next_value::<Several<Node>>()?.0,
                Field::Marks => node.marks = map.next_value::<Several<Mark>>()?.0,
                Field::Text => node.text = map.next_value::<Scalar>()?.0,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if node.kind.is_empty() {
            node.kind = if node.text.is_empty() { "untyped" } else { "text" }.into();
        }
        Ok(node)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let content = Several::deserialize(SeqAccessDeserializer::new(seq))?.0;
        Ok(Node::around("untyped", content))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Node::text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Node::text(number.to_string()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Node::text(flag.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::text(""))
    }
}

impl<'de> Deserialize<'de> for Mark<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        let kind = if node.is_text() { node.text } else { node.kind };
        Ok(Self { kind, attributes: node.attributes })
    }
}

/// Attributes that are no object are kept as one.
fn attributes(value: Value) -> Attributes {
    match value {
        Value::Object(attributes) => attributes,
        Value::Null => Attributes::new(),
        other => Attributes::from_iter([("value".to_owned(), other)]),
    }
}

/// A list, or the one thing that stands in its place.
struct Several<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SeveralVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for SeveralVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(values)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
                Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Vec<T>, E> {
                Ok(vec![T::deserialize(serde::de::value::BorrowedStrDeserializer::new(text))?])
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
                Ok(vec![T::deserialize(serde::de::value::StrDeserializer::new(text))?])
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Vec<T>, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Vec<T>, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Vec<T>, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Vec<T>, E> {
                self.visit_str(if flag { "true" } else { "false" })
            }

            fn visit_unit<E>(self) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
        }

        deserializer.deserialize_any(SeveralVisitor(std::marker::PhantomData)).map(Self)
    }
}

/// A string, or the text of what stands in its place.
struct Scalar<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Ok(Self(if node.is_text() { node.text } else { Cow::Borrowed("") }))
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        if self.kind == "doc" {
            map.serialize_entry("version", &1)?;
        }
        if self.is_text() {
            map.serialize_entry("text", &self.text)?;
        }
        if !self.attributes.is_empty() || self.kind == "nestedExpand" {
            map.serialize_entry("attrs", &self.attributes)?;
        }
        if !self.content.is_empty() || matches!(&*self.kind, "doc" | "tableRow") {
            map.serialize_entry("content", &self.content)?;
        }
        if !self.marks.is_empty() {
            map.serialize_entry("marks", &self.marks)?;
        }
        map.end()
    }
}

impl Serialize for Mark<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind)?;
        if !self.attributes.is_empty() {
            map.serialize_entry("attrs", &self.attributes)?;
        }
        map.end()
    }
}
