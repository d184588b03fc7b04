mod documents;
mod examples;
mod generated;
mod hostile;
mod schema;
mod wiki;

use serde_json::{Value, json};

use super::adf;

/// There and back again.
fn round_trip(document: &Value) -> (String, Value) {
    let markdown = adf::to_markdown(document.to_string().as_bytes());
    let back = serde_json::to_value(adf::from_markdown(&markdown)).unwrap();
    (markdown, back)
}

fn doc(content: Vec<Value>) -> Value {
    json!({"version": 1, "type": "doc", "content": content})
}

/// A document without the ids that tasks and decisions have only because the schema wants them.
fn without_item_ids(mut document: Value) -> Value {
    fn visit(node: &mut Value) {
        let kind = node["type"].as_str().unwrap_or_default();
        let item = ["taskList", "taskItem", "blockTaskItem", "decisionList", "decisionItem"];
        if item.contains(&kind)
            && let Some(attributes) = node.get_mut("attrs").and_then(Value::as_object_mut)
        {
            attributes.remove("localId");
            if attributes.is_empty() {
                node.as_object_mut().map(|node| node.remove("attrs"));
            }
        }
        for child in node.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
            visit(child);
        }
    }
    visit(&mut document);
    document
}
