//! `Drift`: where tools that record the same work disagree.

use mainstem_model::Timestamp;
use mainstem_read_model::{Drift, DriftField, TaskRef, View};
use mainstem_store::TaskChangeQuery;
use serde_json::{Value, json};

use super::dependencies::page_of;
use super::link::LinkNode;
use super::task::TaskNode;
use super::{connection, refused};
use crate::arguments::Arguments;
use crate::cursor;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// Writes a page of drifts.
///
/// # Errors
/// The cursor is of another list, or as the objects inside.
pub fn drifts<'a>(view: &'a View, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
    let Arguments::Matching(filter, page) = &field.arguments else { return Err(unplanned(field)) };
    let drifts = view.drifts(filter.as_ref()).map_err(refused)?;
    let place = |drift: &Drift<'_>| (drift.task.id(), drift.mirror.id(), drift.field as u8);
    let page = page_of(&drifts, place, page.after.as_deref(), page.limit)?;
    let page = connection::map(page, |drift| DriftNode { drift, view });
    connection::write(writer, field, &page, |node| {
        let (from, to, number) = place(&node.drift);
        cursor::pair(from, to, number)
    })
}

#[derive(Clone, Copy)]
struct DriftNode<'a> {
    drift: Drift<'a>,
    view: &'a View,
}

impl<'a> Object<'a> for DriftNode<'a> {
    const TYPE: &'static str = "Drift";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let Self { drift, view } = self;
        let node = |task: TaskRef<'a>| TaskNode { view, task };
        match field.name.as_str() {
            "task" => return writer.object(node(drift.task), field),
            "mirror" => return writer.object(node(drift.mirror), field),
            "link" => return writer.object(LinkNode { link: drift.link, view }, field),
            "field" => writer.word(drift.field.as_str()),
            "value" => writer.json(&value(drift.task, drift.field)),
            "mirrorValue" => writer.json(&value(drift.mirror, drift.field)),
            "changedAt" => {
                let at = changed_at(drift.task, drift.field, writer);
                writer.optional(at, Writer::instant);
            }
            "mirrorChangedAt" => {
                let at = changed_at(drift.mirror, drift.field, writer);
                writer.optional(at, Writer::instant);
            }
            "newer" => {
                let [task, mirror] = [drift.task, drift.mirror];
                let at = [task, mirror].map(|task| changed_at(task, drift.field, writer));
                let newer = match at {
                    [Some(one), Some(other)] if one > other => Some(task),
                    [Some(one), Some(other)] if one < other => Some(mirror),
                    _ => None,
                };
                return writer.optional_object(newer.map(node), field);
            }
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

fn value(task: TaskRef<'_>, field: DriftField) -> Value {
    match field {
        DriftField::Status => json!(task.status_category()),
        DriftField::Assignees => {
            json!(task.assignees().map(|person| person.name()).collect::<Vec<_>>())
        }
        DriftField::DueOn => json!(task.due_on()),
    }
}

/// When a field of a task changed last: as its history tells, else when the task was made; `None` where
/// that has to be loaded first.
fn changed_at(task: TaskRef<'_>, field: DriftField, writer: &mut Writer<'_>) -> Option<Timestamp> {
    let query =
        TaskChangeQuery { fields: Some(vec![field.logged_as().to_owned()]), after: None, limit: 1 };
    let from = writer.from;
    let Some(changes) = from.loaded.histories.get(&query).and_then(|all| all.get(&task.id()))
    else {
        writer.needs.histories.entry(query).or_default().insert(task.id());
        return None;
    };
    let last = changes.first().map(|change| change.occurred_at);
    Some(last.unwrap_or(task.created_at()))
}
