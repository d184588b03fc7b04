//! Custom fields: by the name people see, with the value people see.

use mainstem_model::{CustomField, Date};
use serde_json::Value;

use super::value::{date, storable};
use crate::catalogue::{Fields, Role};
use crate::text::{adf, wiki};
use crate::wire::{CustomFields, Time};

/// What the custom fields of an issue say.
#[derive(Debug, Default)]
pub struct Custom {
    /// Those that Mainstem has no place of its own for.
    pub fields: Vec<CustomField>,
    /// The sprint that the issue is in, or was in last.
    pub sprint: Option<String>,
    /// The key of the epic.
    pub epic: Option<String>,
    /// When work starts.
    pub start_on: Option<Date>,
    /// The text of the field called "Acceptance criteria".
    pub criteria: Option<String>,
}

/// Reads the custom fields of an issue.
pub fn custom(held: CustomFields, known: &Fields) -> Custom {
    let mut read = Custom::default();
    for (id, value) in held.0 {
        let Some(field) = known.get(&id) else { continue };
        match field.role {
            Role::Sprint => read.sprint = sprint(&value).or(read.sprint),
            Role::Epic => read.epic = value.as_str().map(str::to_owned).or(read.epic),
            Role::Start => read.start_on = value.as_str().and_then(date).or(read.start_on),
            Role::Plain | Role::Rich => {
                let Some(value) = shown(value, field.role == Role::Rich) else { continue };
                if field.name.eq_ignore_ascii_case("acceptance criteria") {
                    read.criteria = value.as_str().map(str::to_owned);
                }
                read.fields.push(CustomField { name: storable(field.name.clone()), value });
            }
        }
    }
    read
}

/// A value as people see it: a choice by its words, a person by their name, a time in UTC, a rich text
/// as Markdown. `None` for nothing, and for what no person reads.
fn shown(value: Value, rich: bool) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value),
        Value::String(text) => {
            let text = if rich { wiki::to_markdown(&text) } else { text };
            // Dates keep their form; a time may be told in any zone.
            let time = if text.len() > 10 { Time::read(&text) } else { None };
            let text = time.map_or(text, |time| time.0.to_string());
            (!text.trim().is_empty()).then(|| Value::String(storable(text)))
        }
        Value::Array(items) => {
            let items: Vec<Value> =
                items.into_iter().filter_map(|item| shown(item, false)).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(ref members) => {
            if members.get("type").is_some_and(|kind| kind == "doc") {
                let markdown = adf::to_markdown(value.to_string().as_bytes());
                return shown(Value::String(markdown), false);
            }
            let names = ["value", "displayName", "name", "title", "key"];
            let words = names.iter().find_map(|name| members.get(*name)?.as_str())?;
            // One choice below another reads as Jira shows it.
            let below = members.get("child").and_then(|child| child.get("value")?.as_str());
            let words = below.map_or(words.to_owned(), |below| format!("{words} - {below}"));
            Some(Value::String(storable(words)))
        }
    }
}

/// The name of the sprint that an issue is in: of the active one, else of the one to come, else of the
/// last one that was closed.
fn sprint(value: &Value) -> Option<String> {
    let sprints: Vec<Sprint> = match value {
        Value::Array(items) => items.iter().filter_map(one_sprint).collect(),
        other => one_sprint(other).into_iter().collect(),
    };
    let present = sprints.iter().max_by_key(|sprint| sprint.stage);
    present.map(|sprint| storable(sprint.name.clone()))
}

#[derive(Debug)]
struct Sprint {
    name: String,
    stage: Stage,
}

/// How far a sprint is from being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Closed,
    Future,
    Active,
}

/// A sprint: an object on Cloud, on Data Center the text of a Java object whose parts nobody has
/// escaped.
fn one_sprint(value: &Value) -> Option<Sprint> {
    let (name, state) = match value {
        Value::String(text) => (java_part(text, "name")?, java_part(text, "state")),
        other => (other.get("name")?.as_str()?, other.get("state").and_then(Value::as_str)),
    };
    let stage = match state.unwrap_or_default().to_lowercase().as_str() {
        "active" => Stage::Active,
        "future" => Stage::Future,
        _ => Stage::Closed,
    };
    Some(Sprint { name: name.to_owned(), stage })
}

/// The parts of a sprint, in an order that differs from version to version.
const JAVA_PARTS: [&str; 12] = [
    "id",
    "rapidViewId",
    "state",
    "name",
    "startDate",
    "endDate",
    "completeDate",
    "activatedDate",
    "sequence",
    "goal",
    "synced",
    "autoStartStop",
];

/// A part of the text of a Java object: up to where the next part begins.
fn java_part<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    let inside = text.split_once('[')?.1;
    let inside = inside.strip_suffix(']').unwrap_or(inside);
    let start = match inside.strip_prefix(part).and_then(|rest| rest.strip_prefix('=')) {
        Some(first) => first,
        None => inside.split_once(&format!(",{part}="))?.1,
    };
    let ends = JAVA_PARTS.iter().filter_map(|next| start.find(&format!(",{next}=")));
    Some(ends.min().map_or(start, |end| &start[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_people_see_them() {
        for (value, rich, expected) in [
            (json!({"self": "x", "value": "Major", "id": "1"}), false, json!("Major")),
            (json!([{"value": "iOS"}, {"value": "Browser"}]), false, json!(["iOS", "Browser"])),
            (
                json!({"value": "Backend", "child": {"value": "Queues"}}),
                false,
                json!("Backend - Queues"),
            ),
            (json!({"accountId": "a", "displayName": "Ann"}), false, json!("Ann")),
            (json!([{"key": "u1", "displayName": "Bo"}]), false, json!(["Bo"])),
            (json!(3.5), false, json!(3.5)),
            (json!("2026-03-01"), false, json!("2026-03-01")),
            (json!("2026-03-01T10:30:00.000+0100"), false, json!("2026-03-01T09:30:00Z")),
            (json!("h1. *x*"), false, json!("h1. *x*")),
            (json!("*x*"), true, json!("**x**")),
            (json!(["a", "b"]), false, json!(["a", "b"])),
        ] {
            assert_eq!(shown(value.clone(), rich), Some(expected), "{value}");
        }
        for nothing in [json!(null), json!(""), json!([]), json!({"self": 1})] {
            assert_eq!(shown(nothing.clone(), false), None, "{nothing}");
        }
    }

    #[test]
    fn the_sprint_that_an_issue_is_in_is_the_active_one_else_the_next_else_the_last() {
        let java = |name: &str, state: &str| {
            json!(format!(
                "com.x.Sprint@1f[id=4,rapidViewId=1,state={state},name={name},startDate=2026,goal=a,name=b,sequence=4]"
            ))
        };
        for (value, expected) in [
            (json!([{"name": "S1", "state": "active"}, {"name": "S2", "state": "future"}]), "S1"),
            (json!([{"name": "S1", "state": "closed"}, {"name": "S2", "state": "closed"}]), "S2"),
            (json!([java("A, [b]", "CLOSED"), java("C", "ACTIVE"), java("D", "FUTURE")]), "C"),
            (json!([java("A, [b]", "CLOSED")]), "A, [b]"),
            (json!([{"name": "S3", "state": "future"}, {"name": "S2", "state": "closed"}]), "S3"),
            (json!([java("A", "FUTURE"), java("B", "CLOSED")]), "A"),
            (json!(["com.x.Sprint@1[name=First,state=ACTIVE,id=1]"]), "First"),
            (
                json!([
                    "com.x.Sprint@1[rapidViewId=142,state=CLOSED,name=07.04 - 24.04,startDate=x,id=6]"
                ]),
                "07.04 - 24.04",
            ),
        ] {
            assert_eq!(sprint(&value).as_deref(), Some(expected), "{value}");
        }
    }
}
