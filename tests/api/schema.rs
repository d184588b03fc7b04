//! Questions made from the schema, so that a new field is asked for without a line written here.

use std::collections::HashMap;

use serde_json::Value;

use super::world::{World, admin};

const SHAPE: &str = "{ __schema { types { name kind possibleTypes { name }
    fields { name args { name defaultValue type { kind } } type { ...T } } } } }
    fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";

/// The types that the API says it has.
pub struct Schema(HashMap<String, Value>);

/// A field of a type: its name with the arguments of a small page, and the type it leads to.
struct Field<'a> {
    call: String,
    ty: &'a str,
    is_leaf: bool,
}

impl Schema {
    pub async fn of(world: &World) -> Self {
        let mut data = world.data(&admin(), SHAPE).await;
        let Value::Array(types) = data["__schema"]["types"].take() else { panic!("no types") };
        Self(types.into_iter().map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty)).collect())
    }

    fn fields(&self, ty: &str) -> Vec<Field<'_>> {
        let fields = self.0[ty]["fields"].as_array().map_or(&[][..], Vec::as_slice);
        fields
            .iter()
            .map(|field| {
                let name = field["name"].as_str().unwrap();
                let mut arguments = Vec::new();
                for argument in field["args"].as_array().unwrap() {
                    match argument["name"].as_str().unwrap() {
                        "first" => arguments.push("first: 4"),
                        // What is closed is asked for as well.
                        "open" => arguments.push("open: false"),
                        _ => {}
                    }
                }
                let (ty, kind) = named(&field["type"]);
                let call = match arguments.as_slice() {
                    [] => name.to_owned(),
                    _ => format!("{name}({})", arguments.join(", ")),
                };
                Field { call, ty, is_leaf: matches!(kind, "SCALAR" | "ENUM") }
            })
            .collect()
    }

    /// A selection of everything that a type has, `depth` objects deep. Of a Node of any kind it is
    /// the id alone.
    fn select(&self, ty: &str, depth: usize) -> String {
        let selected = self.fields(ty).into_iter().map(|field| self.selected(&field, depth));
        format!("__typename {}", selected.collect::<String>())
    }

    fn selected(&self, field: &Field<'_>, depth: usize) -> String {
        match (field.is_leaf, depth) {
            (true, _) => format!("{} ", field.call),
            (false, 0) => String::new(),
            (false, _) => format!("{} {{ {} }} ", field.call, self.select(field.ty, depth - 1)),
        }
    }

    /// One selection for each field of a type, so that none is too costly.
    pub fn each(&self, ty: &str, depth: usize) -> Vec<String> {
        self.fields(ty).iter().map(|field| self.selected(field, depth)).collect()
    }

    /// The types that are a Node.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        let possible = self.0["Node"]["possibleTypes"].as_array().unwrap();
        possible.iter().map(|ty| ty["name"].as_str().unwrap())
    }
}

/// The named type at the end of a chain of wrappers.
fn named(ty: &Value) -> (&str, &str) {
    match ty["name"].as_str() {
        Some(name) => (name, ty["kind"].as_str().unwrap()),
        None => named(&ty["ofType"]),
    }
}
