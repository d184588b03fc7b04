//! Records as a person reads them beside a payload: people by what they are called, long texts by
//! how they begin, and nothing where there is nothing.

use bytes::Bytes;
use mainstem_model::record::{
    CommentRecord, ExternalId, HistoryChange, HistoryEntry, ParentRecord, PersonRecord, TaskRecord,
    TaskReference,
};
use serde_json::{Value, json};

/// How much of a text is shown, in characters.
const SHOWN_CHARACTERS: usize = 60;

/// Something that can be shown.
pub trait Shown {
    fn shown(&self) -> Value;
}

impl Shown for (TaskRecord, Vec<PersonRecord>) {
    fn shown(&self) -> Value {
        let (task, people) = self;
        let handles = |ids: &[ExternalId]| -> Vec<String> {
            ids.iter().map(|id| handle(people, id)).collect()
        };
        without_nothing(json!({
            "externalId": task.external_id.to_string(),
            "locator": task.locator,
            "key": task.key,
            "kind": task.kind,
            "title": task.title,
            "url": task.url,
            "status": format!("{} ({})", task.status.name, task.status.category.as_str()),
            "priority": task.priority.name.as_ref().map(|name| format!("{name} ({})", task.priority.level.as_str())),
            "author": task.author.as_ref().map(|id| handle(people, id)),
            "assignees": handles(&task.assignees),
            "labels": task.labels,
            "milestone": task.milestone,
            "parent": match &task.parent {
                ParentRecord::Is(parent) => json!(parent.key),
                ParentRecord::None => json!("none"),
                ParentRecord::Unsaid => Value::Null,
            },
            "startOn": task.start_on,
            "dueOn": task.due_on,
            "createdAt": task.created_at,
            "updatedAt": task.updated_at,
            "closedAt": task.closed_at,
            "body": task.body.as_deref().map(text),
            "criteria": task.criteria.iter().map(|criterion| {
                format!("[{}] {}", if criterion.met { "x" } else { " " }, criterion.text)
            }).collect::<Vec<_>>(),
            "fields": task.fields.iter().map(|field| json!([field.name, field.value])).collect::<Vec<_>>(),
            "censusToken": task.census_token,
            "history": history(&task.history, people),
        }))
    }
}

pub fn comment(comment: &CommentRecord, people: &[PersonRecord]) -> Value {
    without_nothing(json!({
        "externalId": comment.external_id.to_string(),
        "task": comment.task.key,
        "author": comment.author.as_ref().map(|id| handle(people, id)),
        "body": text(&comment.body),
        "createdAt": comment.created_at,
        "updatedAt": comment.updated_at,
        "url": comment.url,
    }))
}

/// One line for each entry.
pub fn history(entries: &[HistoryEntry], people: &[PersonRecord]) -> Vec<String> {
    let line = |entry: &HistoryEntry| {
        let actor = entry.actor.as_ref().map_or("nobody".to_owned(), |id| handle(people, id));
        let handles =
            |ids: &[ExternalId]| -> Value { ids.iter().map(|id| handle(people, id)).collect() };
        let (field, before, after) = match &entry.change {
            HistoryChange::Value { field, before, after } => (field, before.clone(), after.clone()),
            HistoryChange::Parent { before, after } => {
                let key = |told: &Option<TaskReference>| {
                    told.as_ref().map_or(Value::Null, |reference| reference.key.clone().into())
                };
                (&"parent", key(before), key(after))
            }
            HistoryChange::People { field, before, after } => {
                (field, handles(before), handles(after))
            }
        };
        format!("{} {actor}: {field} {before} -> {after} [{}]", entry.occurred_at, entry.key)
    };
    entries.iter().map(line).collect()
}

/// One line of an event's payload.
pub fn event(raw: &Bytes) -> String {
    let event: Value = serde_json::from_slice(raw).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about = [&event["label"]["name"], &event["assignee"]["login"]].map(text).concat();
    let [at, actor, name] =
        [&event["created_at"], &event["actor"]["login"], &event["event"]].map(text);
    format!("{at} {actor}: {name} {about}").trim_end().to_owned()
}

/// What somebody is called.
pub fn handle(people: &[PersonRecord], id: &ExternalId) -> String {
    let person = people.iter().find(|person| person.external_id == *id).unwrap();
    person.handle.clone().unwrap()
}

fn text(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    match text.chars().count() {
        all if all > SHOWN_CHARACTERS => format!("{shown}… ({all} characters)"),
        _ => shown,
    }
}

fn without_nothing(record: Value) -> Value {
    let Value::Object(mut fields) = record else { return record };
    fields.retain(|_, value| {
        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
    });
    Value::Object(fields)
}
