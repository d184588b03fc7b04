//! What differs between a task as it stood and as it stands now, field by field.
//!
//! Values have the form that the API gives them: people, projects and tasks are global ids, instants
//! and dates are text, durations are ISO 8601, a status is `{"name", "category"}`, a priority
//! `{"name", "level"}`, a parent `{"task", "key"}`.

use mainstem_model::{PersonId, ProjectId, Subject, TaskId, Timestamp};
use serde_json::{Value as Json, json};

use super::changes::NewChange;
use super::tasks::{TaskRow, Whole, stored_parent};

type Read = fn(&Whole) -> Json;

/// The fields of a record that are logged, and how to read them. `presence` is not the record's: the
/// store concludes it.
const FIELDS: &[(&str, Read)] = &[
    ("key", |whole| json!(whole.task.key)),
    ("project", |whole| json!(ProjectId(whole.task.project))),
    ("kind", |whole| json!(whole.task.kind)),
    ("title", |whole| json!(whole.task.title)),
    ("body", |whole| json!(whole.detail.body)),
    ("url", |whole| json!(whole.task.url)),
    (
        "status",
        |whole| json!({ "name": whole.task.status_name, "category": whole.task.status_category }),
    ),
    (
        "priority",
        |whole| json!({ "name": whole.task.priority_name, "level": whole.task.priority_level }),
    ),
    ("assignees", |whole| stored_json(Some(&whole.task.assignees))),
    ("author", |whole| json!(whole.task.author.map(PersonId))),
    ("labels", |whole| stored_json(Some(&whole.task.labels))),
    ("milestone", |whole| json!(whole.task.milestone)),
    ("sprint", |whole| json!(whole.task.sprint)),
    ("parent", |whole| parent(&whole.task)),
    ("startOn", |whole| json!(whole.task.start_on)),
    ("dueOn", |whole| json!(whole.task.due_on)),
    ("createdAt", |whole| json!(Timestamp(whole.task.created_at))),
    ("startedAt", |whole| json!(whole.task.started_at.map(Timestamp))),
    ("closedAt", |whole| json!(whole.task.closed_at.map(Timestamp))),
    ("estimate", |whole| duration(whole.task.estimate_seconds)),
    ("timeSpent", |whole| duration(whole.task.time_spent_seconds)),
    ("acceptanceCriteria", |whole| stored_json(whole.detail.criteria.as_deref())),
    ("fields", |whole| stored_json(whole.detail.fields.as_deref())),
];

/// One entry for each field that differs, as of the tool's own updated time; `now` dates what the
/// tool does not date: that it shows a task again.
pub(super) fn between(before: &Whole, after: &Whole, now: Timestamp) -> Vec<NewChange> {
    let task = TaskId(after.task.id);
    let updated_at = Timestamp(after.task.updated_at);
    let mut changes = Vec::new();
    for (field, read) in FIELDS {
        changes.extend(difference(task, field, read(before), read(after), updated_at));
    }
    let presence = [&before.task, &after.task].map(|row| json!(row.presence));
    let [before, after] = presence;
    changes.extend(difference(task, "presence", before, after, now));
    changes
}

/// The entry of a parent that became known by a closer reading.
pub(super) fn of_parent(
    task: TaskId,
    before: Option<&mainstem_model::LinkEnd>,
    after: Option<&mainstem_model::LinkEnd>,
    at: Timestamp,
) -> Option<NewChange> {
    difference(task, "parent", json!(before), json!(after), at)
}

/// The entry of a field, where it differs.
pub(super) fn difference(
    task: TaskId,
    field: &'static str,
    before: Json,
    after: Json,
    at: Timestamp,
) -> Option<NewChange> {
    (before != after).then(|| NewChange {
        subject: Subject::Task(task),
        field: field.into(),
        before: some(before),
        after: some(after),
        actor: None,
        occurred_at: at,
        history_key: None,
    })
}

/// Whether anything that one can see of a task differs although no field of [`FIELDS`] has an entry:
/// its time, its scope, or a field whose entry the tool's history had given before.
pub(super) fn shows(before: &TaskRow, after: &TaskRow) -> bool {
    before.content_hash != after.content_hash || before.scope != after.scope
}

/// The entry of a task that was written and has none.
pub(super) fn touch(before: &TaskRow, after: &TaskRow) -> NewChange {
    NewChange {
        subject: Subject::Task(TaskId(after.id)),
        field: "updatedAt".into(),
        before: some(json!(Timestamp(before.updated_at))),
        after: some(json!(Timestamp(after.updated_at))),
        actor: None,
        occurred_at: Timestamp(after.updated_at),
        history_key: None,
    }
}

/// JSON null is no value.
pub(super) fn some(value: Json) -> Option<Json> {
    (!value.is_null()).then_some(value)
}

fn parent(row: &TaskRow) -> Json {
    json!(stored_parent(row.parent_task, row.parent_key.as_deref()))
}

fn duration(seconds: Option<i64>) -> Json {
    json!(seconds.map(|seconds| format!("PT{seconds}S")))
}

/// A JSON text that this store wrote.
fn stored_json(text: Option<&str>) -> Json {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null)
}
