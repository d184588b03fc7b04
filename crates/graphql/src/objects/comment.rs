//! `Comment`.

use mainstem_model::{Comment, CommentId};

use super::part::PartNode;
use super::person::PersonNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

impl<'a> Object<'a> for PartNode<'a, Comment> {
    const TYPE: &'static str = "Comment";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let comment = self.part;
        match field.name.as_str() {
            "id" => writer.id(CommentId::PREFIX, comment.id.0),
            "task" => return writer.object(self.task, field),
            "author" => {
                let author = comment.author.and_then(|id| writer.from.view.person(id));
                return writer.optional_object(author.map(PersonNode), field);
            }
            "body" => writer.string(&comment.body),
            "createdAt" => writer.instant(comment.created_at),
            "updatedAt" => writer.instant(comment.updated_at),
            "url" => writer.optional(comment.url.as_deref(), Writer::string),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
