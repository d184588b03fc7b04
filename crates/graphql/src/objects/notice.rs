//! `Notice`.

use mainstem_model::{Notice, NoticeId};

use super::link::EvidenceNode;
use super::part::PartNode;
use super::person::PersonNode;
use super::source::SourceNode;
use super::task::arriving;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

impl<'a> Object<'a> for PartNode<'a, Notice> {
    const TYPE: &'static str = "Notice";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let notice = self.part;
        match field.name.as_str() {
            "id" => writer.id(NoticeId::PREFIX, notice.id.0),
            "task" => return writer.object(self.task, field),
            "source" => {
                let source = writer.from.view.source(notice.source).ok_or_else(arriving)?;
                return writer.object(SourceNode(source), field);
            }
            "event" => writer.optional(notice.event.as_deref(), Writer::string),
            "actor" => {
                let actor = notice.actor.and_then(|id| writer.from.view.person(id));
                return writer.optional_object(actor.map(PersonNode), field);
            }
            "actorName" => writer.optional(notice.actor_name.as_deref(), Writer::string),
            "sentAt" => writer.instant(notice.sent_at),
            "evidence" => return writer.object(EvidenceNode::apart(&notice.evidence), field),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
