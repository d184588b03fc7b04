//! `Change`.

use std::borrow::Cow;

use mainstem_model::{Change, ChangeId, Subject, TaskId, Visibility};
use mainstem_read_model::View;
use mainstem_store::ChangeQuery;
use serde_json::Value;

use super::person::PersonNode;
use super::task::TaskNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A change and the task that changed.
#[derive(Clone, Copy)]
pub struct ChangeNode<'a> {
    /// The change.
    pub change: &'a Change,
    /// The task.
    pub task: TaskNode<'a>,
}

impl<'a> Object<'a> for ChangeNode<'a> {
    const TYPE: &'static str = "Change";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let change = self.change;
        match field.name.as_str() {
            "id" => writer.id(ChangeId::PREFIX, ChangeId::at(change.position).0),
            "task" => return writer.object(self.task, field),
            "field" => writer.string(&change.field),
            "before" => self.value(change.before.as_ref(), writer),
            "after" => self.value(change.after.as_ref(), writer),
            "actor" => {
                let actor = change.actor.and_then(|id| writer.from.view.person(id));
                return writer.optional_object(actor.map(PersonNode), field);
            }
            "occurredAt" => writer.instant(change.occurred_at),
            "learnedAt" => writer.instant(change.learned_at),
            "cause" => writer.word(change.cause.as_str()),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> ChangeNode<'a> {
    fn value(self, value: Option<&Value>, writer: &mut Writer<'a>) {
        let view = writer.from.view;
        let shown = value.filter(|value| self.may_show(value, view));
        let shown = shown.map(|value| match self.change.field.as_str() {
            "assignees" | "author" => Cow::Owned(people(value, view)),
            _ => Cow::Borrowed(value),
        });
        writer.optional(shown, |writer, value| writer.json(&value));
    }

    /// Links and parents name other tasks. A caller who does not see every source is shown only
    /// those names that lead to a task they see.
    fn may_show(self, value: &Value, view: &View) -> bool {
        if matches!(view.visibility(), Visibility::Everything)
            || !matches!(self.change.field.as_str(), "links" | "linkReview" | "parent")
        {
            return true;
        }
        let is_visible = |text: &str| match text.parse::<TaskId>() {
            Ok(id) => view.task(id).is_some(),
            Err(_) => !matches!(view.task_by_key(text, None), Ok(None)),
        };
        let names = |name: &str| value.get(name).and_then(Value::as_str).is_none_or(is_visible);
        match value {
            Value::String(text) => is_visible(text),
            _ => ["from", "to", "id", "key"].into_iter().all(names),
        }
    }
}

impl<'a> ChangeNode<'a> {
    /// The change with its task; `None` where the task is no longer in the store.
    pub fn of(change: &'a Change, view: &'a View) -> Option<Self> {
        let Subject::Task(id) = change.subject else { return None };
        let task = view.task(id)?;
        Some(Self { change, task: TaskNode { view, task } })
    }
}

/// The log names identities; an answer names the people whose they are, each once.
fn people(value: &Value, view: &View) -> Value {
    let person = |text: &str| {
        let person = text.parse().ok().and_then(|id| view.person(id));
        Value::String(person.map_or_else(|| text.to_owned(), |person| person.id().to_string()))
    };
    match value {
        Value::String(text) => person(text),
        Value::Array(items) => {
            let mut people: Vec<Value> = Vec::with_capacity(items.len());
            for item in items {
                let item = item.as_str().map_or_else(|| item.clone(), person);
                if !people.contains(&item) {
                    people.push(item);
                }
            }
            Value::Array(people)
        }
        other => other.clone(),
    }
}

/// A page of the feed; `None` where it has to be loaded first.
pub fn feed<'a>(query: ChangeQuery, writer: &mut Writer<'a>) -> Option<&'a [Change]> {
    let loaded = writer.from.loaded.feeds.iter().find(|(loaded, _)| *loaded == query);
    if loaded.is_none() {
        writer.needs.feeds.push(query);
    }
    loaded.map(|(_, changes)| changes.as_slice())
}
