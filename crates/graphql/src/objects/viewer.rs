//! `Viewer`.

use mainstem_model::TokenScope;

use super::query::sources;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// Who asks.
#[derive(Clone, Copy)]
pub struct Viewer;

impl<'a> Object<'a> for Viewer {
    const TYPE: &'static str = "Viewer";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let caller = writer.from.caller;
        match field.name.as_str() {
            "name" => writer.string(&caller.token_name),
            "scopes" => {
                let scopes = [
                    (TokenScope::Read, "READ"),
                    (TokenScope::Write, "WRITE"),
                    (TokenScope::Admin, "ADMIN"),
                ];
                let held = scopes.into_iter().filter(|(scope, _)| *scope <= caller.scope);
                return writer.strings(held.map(|(_, word)| word));
            }
            "sources" => return sources(writer, field),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
