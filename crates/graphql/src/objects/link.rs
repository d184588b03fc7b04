//! `Link` and its evidence.

use mainstem_model::{Evidence, LinkId};
use mainstem_read_model::{LinkRef, View};

use super::task::TaskNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A link in one view of the store.
#[derive(Clone, Copy)]
pub struct LinkNode<'a> {
    /// The link.
    pub link: LinkRef<'a>,
    /// The view.
    pub view: &'a View,
}

impl<'a> Object<'a> for LinkNode<'a> {
    const TYPE: &'static str = "Link";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let Self { link, view } = self;
        match field.name.as_str() {
            "id" => writer.id(LinkId::PREFIX, link.id().0),
            "kind" => writer.word(link.kind().as_str()),
            "from" => {
                let task = link.from().task.map(|task| TaskNode { view, task });
                return writer.optional_object(task, field);
            }
            "fromKey" => writer.string(link.from().key),
            "to" => {
                let task = link.to().task.map(|task| TaskNode { view, task });
                return writer.optional_object(task, field);
            }
            "toKey" => writer.string(link.to().key),
            "crossTool" => writer.boolean(link.cross_tool()),
            "origin" => writer.word(link.origin().as_str()),
            "confidence" => writer.float(link.confidence()),
            "review" => writer.word(link.review().as_str()),
            "evidence" => {
                return writer
                    .list(link.evidence(), |writer, evidence| writer.object(evidence, field));
            }
            "since" => writer.instant(link.since()),
            // The snapshot holds links that hold now.
            "until" => writer.null(),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for &'a Evidence {
    const TYPE: &'static str = "Evidence";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "quote" => writer.string(&self.quote),
            "url" => writer.optional(self.url.as_deref(), Writer::string),
            "seenAt" => writer.instant(self.seen_at),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
