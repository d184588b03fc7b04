//! `Mutation`: what the answer shows of what was done.

use mainstem_model::{LinkId, PersonId};
use mainstem_read_model::{Shift, TaskOrdinal};

use super::dependencies;
use super::link::LinkNode;
use super::person::PersonNode;
use super::task::TaskNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// One field of the root after it was carried out.
#[derive(Clone)]
pub enum Mutated {
    /// Nothing was to be done.
    Nothing,
    /// A link was made, ended or judged; the circle of waiting tasks that it closes.
    Link(LinkId, Vec<TaskOrdinal>),
    /// What moves if a task moves.
    Shift(Shift),
    /// People were merged or split.
    Person(PersonId),
}

impl<'a> Object<'a> for &Mutated {
    const TYPE: &'static str = "Mutation";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match self {
            Mutated::Person(id) => writer.object(PersonPayload(*id), field),
            Mutated::Link(id, closes) => link_payload(*id, closes, field, writer),
            Mutated::Shift(shift) => dependencies::schedule_payload(shift, field, writer),
            Mutated::Nothing => Err(unplanned(field)),
        }
    }
}

fn link_payload<'a>(
    id: LinkId,
    closes: &[TaskOrdinal],
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let Some(selection) = field.selections.first() else { return Err(unplanned(field)) };
    let view = writer.from.view;
    writer.fields(selection, |part, writer| match part.name.as_str() {
        "link" => {
            let link = view.link(id).map(|link| LinkNode { link, view });
            writer.optional_object(link, part)
        }
        "closesCycle" => {
            let tasks = closes.iter().filter_map(|task| view.task_at(*task));
            writer.list(tasks, |writer, task| writer.object(TaskNode { view, task }, part))
        }
        _ => Err(unplanned(part)),
    })
}

#[derive(Clone, Copy)]
struct PersonPayload(PersonId);

impl<'a> Object<'a> for PersonPayload {
    const TYPE: &'static str = "PersonPayload";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match (field.name.as_str(), writer.from.view.person(self.0)) {
            ("person", Some(person)) => writer.object(PersonNode(person), field),
            _ => Err(unplanned(field)),
        }
    }
}
