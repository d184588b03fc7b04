//! `Mutation`: what the answer shows of what was done.

use mainstem_model::PersonId;

use super::person::PersonNode;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// One field of the root after it was carried out.
#[derive(Clone, Copy)]
pub enum Mutated {
    /// Nothing was to be done.
    Nothing,
    /// People were merged or split.
    Person(PersonId),
}

impl<'a> Object<'a> for Mutated {
    const TYPE: &'static str = "Mutation";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match self {
            Self::Person(id) => writer.object(PersonPayload(id), field),
            Self::Nothing => Err(unplanned(field)),
        }
    }
}

#[derive(Clone, Copy)]
struct PersonPayload(PersonId);

impl<'a> Object<'a> for PersonPayload {
    const TYPE: &'static str = "PersonPayload";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match (field.name.as_str(), writer.from.view.person(self.0)) {
            ("person", Some(person)) => writer.object(PersonNode(person), field),
            _ => Err(unplanned(field)),
        }
    }
}
