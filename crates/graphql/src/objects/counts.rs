//! `TaskCount`.

use mainstem_read_model::{GroupValue, TaskCount, View};

use super::node::Node;
use super::person::PersonNode;
use super::project::ProjectNode;
use super::source::SourceNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Writer, unplanned};

/// Writes one field of a count by fields of these words.
///
/// # Errors
/// As the objects inside.
pub fn write<'a>(
    writer: &mut Writer<'a>,
    part: &Field,
    count: &TaskCount<'a>,
    words: &[&str],
) -> Result<(), Problem> {
    match part.name.as_str() {
        "count" => {
            writer.integer(count.count);
            Ok(())
        }
        "groups" => writer.list(words.iter().zip(&count.values), |writer, (word, value)| {
            let Some(selection) = part.selections.first() else { return Err(unplanned(part)) };
            let view = writer.from.view;
            writer.fields(selection, |field, writer| group(writer, field, view, word, *value))
        }),
        _ => Err(unplanned(part)),
    }
}

fn group<'a>(
    writer: &mut Writer<'a>,
    field: &Field,
    view: &'a View,
    word: &str,
    value: Option<GroupValue<'a>>,
) -> Result<(), Problem> {
    match field.name.as_str() {
        "field" => writer.string(word),
        "value" => writer.optional(value, |writer, value| match value {
            GroupValue::Person(id) => writer.string(&id.to_string()),
            GroupValue::Project(id) => writer.string(&id.to_string()),
            GroupValue::Source(id) => writer.string(&id.to_string()),
            plain => writer.string(label(view, plain)),
        }),
        "label" => writer.optional(value, |writer, value| writer.string(label(view, value))),
        "node" => {
            let node = value.and_then(|value| match value {
                GroupValue::Person(id) => {
                    view.person(id).map(|person| Node::Person(PersonNode(person)))
                }
                GroupValue::Project(id) => {
                    view.project(id).map(|project| Node::Project(ProjectNode(project)))
                }
                GroupValue::Source(id) => {
                    view.source(id).map(|source| Node::Source(SourceNode(source)))
                }
                _ => None,
            });
            return match node {
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

/// What people call a value.
fn label<'a>(view: &'a View, value: GroupValue<'a>) -> &'a str {
    match value {
        GroupValue::Text(text) => text,
        GroupValue::StatusCategory(category) => category.as_str(),
        GroupValue::Kind(kind) => kind.as_str(),
        GroupValue::Priority(level) => level.as_str(),
        GroupValue::Presence(presence) => presence.as_str(),
        GroupValue::Person(id) => view.person(id).map_or("", |person| person.name()),
        GroupValue::Project(id) => view.project(id).map_or("", |project| project.key()),
        GroupValue::Source(id) => view.source(id).map_or("", |source| source.get().name.as_str()),
    }
}
