//! `Worklog`.

use mainstem_model::{Worklog, WorklogId};

use super::part::PartNode;
use super::person::PersonNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

impl<'a> Object<'a> for PartNode<'a, Worklog> {
    const TYPE: &'static str = "Worklog";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let worklog = self.part;
        match field.name.as_str() {
            "id" => writer.id(WorklogId::PREFIX, worklog.id.0),
            "task" => return writer.object(self.task, field),
            "author" => {
                let author = worklog.author.and_then(|id| writer.from.view.person(id));
                return writer.optional_object(author.map(PersonNode), field);
            }
            "startedAt" => writer.instant(worklog.started_at),
            "timeSpent" => writer.duration(worklog.time_spent_seconds),
            "note" => writer.optional(worklog.note.as_deref(), Writer::string),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
