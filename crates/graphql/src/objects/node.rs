//! `Node`: anything with a global id.

use mainstem_model::{ChangeId, Comment, NodeId, Notice, Position, Worklog};
use mainstem_store::ChangeQuery;

use super::change::{ChangeNode, feed};
use super::link::LinkNode;
use super::part::PartNode;
use super::person::PersonNode;
use super::project::ProjectNode;
use super::source::SourceNode;
use super::task::TaskNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::Writer;

/// One of the types that have a global id.
pub enum Node<'a> {
    /// A task.
    Task(TaskNode<'a>),
    /// A person.
    Person(PersonNode<'a>),
    /// A project.
    Project(ProjectNode<'a>),
    /// A source.
    Source(SourceNode<'a>),
    /// A comment.
    Comment(PartNode<'a, Comment>),
    /// A piece of logged work.
    Worklog(PartNode<'a, Worklog>),
    /// A mail about a task.
    Notice(PartNode<'a, Notice>),
    /// A link.
    Link(LinkNode<'a>),
    /// A change.
    Change(ChangeNode<'a>),
}

impl<'a> Node<'a> {
    /// What has this id; `None` where there is no such thing, where the caller may not see it, and
    /// where it has to be loaded first. The three look the same.
    pub fn find(id: &str, writer: &mut Writer<'a>) -> Option<Self> {
        let view = writer.from.view;
        match id.parse().ok()? {
            NodeId::TaskId(id) => view.task(id).map(|task| Self::Task(TaskNode { view, task })),
            NodeId::PersonId(id) => view.person(id).map(|person| Self::Person(PersonNode(person))),
            NodeId::ProjectId(id) => {
                view.project(id).map(|project| Self::Project(ProjectNode(project)))
            }
            NodeId::SourceId(id) => view.source(id).map(|source| Self::Source(SourceNode(source))),
            NodeId::CommentId(id) => PartNode::find(id, writer).map(Self::Comment),
            NodeId::WorklogId(id) => PartNode::find(id, writer).map(Self::Worklog),
            NodeId::NoticeId(id) => PartNode::find(id, writer).map(Self::Notice),
            NodeId::ChangeId(id) => Self::change(id, writer),
            NodeId::LinkId(id) => view.link(id).map(|link| Self::Link(LinkNode { link, view })),
            NodeId::TokenId(_) => None,
        }
    }

    fn change(id: ChangeId, writer: &mut Writer<'a>) -> Option<Self> {
        let position = id.position().filter(|position| position.0 > 0)?;
        let query = ChangeQuery {
            visibility: writer.from.view.visibility().clone(),
            after: Position(position.0 - 1),
            up_to: Some(position),
            limit: 1,
            tasks: None,
            sources: None,
            fields: None,
            causes: None,
            occurred_from: None,
            occurred_before: None,
        };
        let change = feed(query, writer)?.first()?;
        ChangeNode::of(change, writer.from.view).map(Self::Change)
    }

    /// Writes it as the value of a field.
    ///
    /// # Errors
    /// As [`Writer::object`].
    pub fn write(self, writer: &mut Writer<'a>, field: &Field) -> Result<(), Problem> {
        match self {
            Self::Task(node) => writer.object(node, field),
            Self::Person(node) => writer.object(node, field),
            Self::Project(node) => writer.object(node, field),
            Self::Source(node) => writer.object(node, field),
            Self::Comment(node) => writer.object(node, field),
            Self::Worklog(node) => writer.object(node, field),
            Self::Notice(node) => writer.object(node, field),
            Self::Link(node) => writer.object(node, field),
            Self::Change(node) => writer.object(node, field),
        }
    }
}
