//! `Person` and the small objects that belong to it.

use mainstem_model::{Away, PersonId};
use mainstem_read_model::{
    Comparison, Filter, IdentityRef, PersonPredicate, PersonRef, Quantifier, TaskPredicate,
    Workload,
};

use super::link::EvidenceNode;
use super::query::tasks;
use super::source::SourceNode;
use crate::arguments::Arguments;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A person.
#[derive(Clone, Copy)]
pub struct PersonNode<'a>(pub PersonRef<'a>);

impl<'a> Object<'a> for PersonNode<'a> {
    const TYPE: &'static str = "Person";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let person = self.0;
        match field.name.as_str() {
            "id" => writer.id(PersonId::PREFIX, person.id().0),
            "name" => writer.string(person.name()),
            "email" => writer.optional(person.email(), Writer::string),
            "identities" => {
                return writer.list(person.identities(), |writer, identity| {
                    writer.object(IdentityNode(identity), field)
                });
            }
            "tasks" => {
                let Arguments::Tasks(arguments) = &field.arguments else {
                    return Err(unplanned(field));
                };
                let is_they = Filter::Is(PersonPredicate::Id(Comparison::Eq(person.id())));
                let assigned = Filter::Is(TaskPredicate::Assignees(Quantifier::Some, is_they));
                let filter = arguments.filter.clone().into_iter().chain([assigned]).collect();
                return tasks(writer, field, arguments, Some(Filter::all(filter)));
            }
            "availability" => {
                let away = person.away(writer.from.now);
                if let Some(away) = away {
                    writer.ends_at(away.until);
                }
                return writer.object(Availability(away), field);
            }
            "workload" => return writer.object(person.workload(writer.from.now), field),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct IdentityNode<'a>(IdentityRef<'a>);

impl<'a> Object<'a> for IdentityNode<'a> {
    const TYPE: &'static str = "Identity";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "source" => return writer.object(SourceNode(self.0.source), field),
            "externalId" => writer.string(&self.0.identity.external_id),
            "handle" => writer.optional(self.0.identity.handle.as_deref(), Writer::string),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Availability<'a>(Option<&'a Away>);

impl<'a> Object<'a> for Availability<'a> {
    const TYPE: &'static str = "Availability";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let away = self.0;
        match field.name.as_str() {
            "available" => writer.boolean(away.is_none()),
            "until" => writer.optional(away.map(|away| away.until), Writer::instant),
            "reason" => writer.optional(away, |writer, _| writer.string("out of office")),
            "evidence" => {
                let evidence = away.map(|away| EvidenceNode::apart(&away.evidence));
                return writer.optional_object(evidence, field);
            }
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for Workload {
    const TYPE: &'static str = "Workload";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "openTasks" => writer.integer(self.open_tasks),
            "inProgress" => writer.integer(self.in_progress),
            "overdue" => writer.integer(self.overdue),
            "blocked" => writer.integer(self.blocked),
            "remaining" => writer.duration(self.remaining_seconds),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
