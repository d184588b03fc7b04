//! `Link` and its evidence.

use mainstem_model::{Evidence, LinkId};
use mainstem_read_model::{LinkRef, View};

use super::node::Node;
use super::part::PartNode;
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
                let task = view.task(link.stated_by()).map(|task| TaskNode { view, task });
                return writer.list(link.evidence(), |writer, evidence| {
                    writer.object(EvidenceNode { evidence, task }, field)
                });
            }
            "since" => writer.instant(link.since()),
            "until" => writer.optional(link.until(), Writer::instant),
            "state" => writer.word(link.state().as_str()),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

/// Evidence, and the task of whose texts it is a part, where it is of one.
#[derive(Clone, Copy)]
pub struct EvidenceNode<'a> {
    /// The evidence.
    pub evidence: &'a Evidence,
    /// The task.
    pub task: Option<TaskNode<'a>>,
}

impl<'a> EvidenceNode<'a> {
    /// Evidence that stands in no task or comment.
    pub fn apart(evidence: &'a Evidence) -> Self {
        Self { evidence, task: None }
    }

    fn place(self, writer: &mut Writer<'a>) -> Option<Node<'a>> {
        match self.evidence.comment {
            Some(comment) => PartNode::find(comment, writer).map(Node::Comment),
            None => self.task.map(Node::Task),
        }
    }
}

impl<'a> Object<'a> for EvidenceNode<'a> {
    const TYPE: &'static str = "Evidence";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let evidence = self.evidence;
        match field.name.as_str() {
            "quote" => writer.string(&evidence.quote),
            "url" => writer.optional(evidence.url.as_deref(), Writer::string),
            "seenAt" => writer.instant(evidence.seen_at),
            "in" => {
                return match self.place(writer) {
                    Some(node) => node.write(writer, field),
                    None => {
                        writer.null();
                        Ok(())
                    }
                };
            }
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
