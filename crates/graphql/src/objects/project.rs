//! `Project`.

use mainstem_model::ProjectId;
use mainstem_read_model::ProjectRef;

use super::source::SourceNode;
use crate::error::{Code, Problem};
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A project.
#[derive(Clone, Copy)]
pub struct ProjectNode<'a>(pub ProjectRef<'a>);

impl<'a> Object<'a> for ProjectNode<'a> {
    const TYPE: &'static str = "Project";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let project = self.0;
        match field.name.as_str() {
            "id" => writer.id(ProjectId::PREFIX, project.id().0),
            "key" => writer.string(project.key()),
            "name" => writer.string(project.name()),
            "url" => writer.optional(project.url(), Writer::string),
            "source" => {
                let source = project.source().ok_or_else(|| {
                    Problem::new(
                        Code::SourceUnavailable,
                        "The project's source is only just arriving; ask again.",
                    )
                })?;
                return writer.object(SourceNode(source), field);
            }
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
