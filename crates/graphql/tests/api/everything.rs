//! Every field that the schema promises has a value or null: the writer and the schema agree.

use std::collections::HashMap;

use serde_json::Value;

use crate::world::{World, admin};

const SHAPE: &str = "{ __schema { types { name kind fields { name args { name } type { ...T } } } } }
    fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";

/// The named type at the end of a chain of wrappers.
fn inner(ty: &Value) -> (&str, &str) {
    match ty["name"].as_str() {
        Some(name) => (name, ty["kind"].as_str().unwrap()),
        None => inner(&ty["ofType"]),
    }
}

/// A selection of every field of a type; those that lead to a Node are asked for the id alone.
fn select(types: &HashMap<String, Value>, name: &str, depth: usize) -> String {
    let fields = types[name]["fields"].as_array().unwrap().iter().map(|field| {
        let name = field["name"].as_str().unwrap();
        let paged = field["args"].as_array().unwrap().iter().any(|arg| arg["name"] == "first");
        let arguments = if paged { "(first: 3)" } else { "" };
        let (ty, kind) = inner(&field["type"]);
        let is_node =
            types[ty]["fields"].as_array().is_some_and(|fields| fields[0]["name"] == "id");
        match kind {
            "SCALAR" | "ENUM" => format!("{name}{arguments}"),
            _ if is_node || depth == 0 => format!("{name}{arguments} {{ __typename id }}"),
            _ => format!("{name}{arguments} {{ __typename {} }}", select(types, ty, depth - 1)),
        }
    });
    fields.collect::<Vec<_>>().join(" ")
}

async fn types(world: &World) -> HashMap<String, Value> {
    let data = world.data(&admin(), SHAPE).await;
    let types = data["__schema"]["types"].as_array().unwrap().clone();
    types.into_iter().map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty)).collect()
}

#[tokio::test]
async fn every_field_of_every_type_is_written() {
    let world = World::with_mail().await;
    let types = types(&world).await;
    let task = select(&types, "Task", 4);
    let mut connections = String::new();
    for root in ["people", "projects", "changes", "sources"] {
        let ty = match root {
            "people" => "PersonConnection",
            "projects" => "ProjectConnection",
            "changes" => "ChangeConnection",
            _ => "SourceConnection",
        };
        let item = ty.trim_end_matches("Connection");
        connections.push_str(&format!(
            "{root}(first: 4) {{ {} nodes {{ {} }} }} ",
            select(&types, ty, 3).replacen("nodes { __typename id }", "", 1),
            select(&types, item, 3)
        ));
    }
    let counts = select(&types, "TaskCount", 3);
    let viewer = select(&types, "Viewer", 2);
    let comment = select(&types, "Comment", 2);
    let worklog = select(&types, "Worklog", 2);
    let notice = select(&types, "Notice", 2);
    let link = select(&types, "Link", 2);
    for query in [
        format!("{{ tasks(first: 5) {{ totalCount nodes {{ {task} }} }} }}"),
        format!("{{ tasks(first: 5) {{ nodes {{ comments {{ nodes {{ {comment} }} }} }} }} }}"),
        format!("{{ tasks(first: 5) {{ nodes {{ worklogs {{ nodes {{ {worklog} }} }} }} }} }}"),
        format!("{{ tasks(first: 5) {{ nodes {{ notices {{ nodes {{ {notice} }} }} }} }} }}"),
        format!("{{ tasks(first: 5) {{ nodes {{ links {{ nodes {{ {link} }} }} }} }} }}"),
        format!("{{ {connections} }}"),
        format!("{{ taskCounts(by: [STATUS, ASSIGNEE]) {{ {counts} }} viewer {{ {viewer} }} }}"),
    ] {
        world.data(&admin(), &query).await;
    }
}

#[tokio::test]
async fn every_object_type_and_field_is_described() {
    let world = World::new().await;
    let data = world
        .data(&admin(), "{ __schema { types { name description fields { name description args { name description } } inputFields { name description } enumValues { name description } } } }")
        .await;
    let undescribed = |value: &Value| value["description"].as_str().is_none_or(str::is_empty);
    for ty in data["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        // These are not ours; the library says nothing of ID.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        assert!(!undescribed(ty), "{name}");
        for list in ["fields", "inputFields", "enumValues"] {
            for part in ty[list].as_array().into_iter().flatten() {
                assert!(!undescribed(part), "{name}.{}", part["name"]);
                for argument in part["args"].as_array().into_iter().flatten() {
                    assert!(!undescribed(argument), "{name}.{}", part["name"]);
                }
            }
        }
    }
}
