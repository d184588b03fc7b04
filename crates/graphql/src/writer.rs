//! Writes an answer: walks the plan and the snapshot together and writes JSON as it goes. What the
//! snapshot does not hold is noted as a need; the answer is then loaded for and written again, so
//! that a query costs one statement for each kind of need, whatever the page size.

use std::fmt::Display;
use std::io::Write;

use mainstem_model::{Date, Timestamp};
use mainstem_read_model::View;
use uuid::Uuid;

use crate::Caller;
use crate::engine::Introspection;
use crate::error::{Code, Problem};
use crate::needs::{Loaded, Needs};
use crate::plan::{Field, Selection};

/// Bytes of an answer's data.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Something that can be asked for fields.
pub trait Object<'a>: Copy {
    /// Its type in the schema.
    const TYPE: &'static str;

    /// Writes the value of one field.
    ///
    /// # Errors
    /// Why there is none; the nearest field that may be null becomes null.
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem>;
}

/// What an answer is written from.
pub struct Sources<'a> {
    /// The snapshot, with the caller's eyes.
    pub view: &'a View,
    /// What was loaded beside it.
    pub loaded: &'a Loaded,
    /// What the schema says of itself, by response key.
    pub introspection: &'a Introspection,
    /// Who asks.
    pub caller: &'a Caller,
    /// The present time.
    pub now: Timestamp,
}

/// An answer being written.
pub struct Writer<'a> {
    /// What it is written from.
    pub from: &'a Sources<'a>,
    /// What is missing so far.
    pub needs: Needs,
    /// Errors so far.
    pub problems: Vec<Problem>,
    /// When time alone first changes what was written so far.
    pub ends: Option<Timestamp>,
    out: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// An empty answer that goes into `out`.
    pub fn new(from: &'a Sources<'a>, mut out: Vec<u8>) -> Self {
        out.clear();
        Self { from, needs: Needs::default(), problems: Vec::new(), ends: None, out }
    }

    /// Notes that time alone changes what was written, at this moment.
    pub fn ends_at(&mut self, end: Timestamp) {
        self.ends = Some(self.ends.map_or(end, |ends| ends.min(end)));
    }

    /// The whole answer's data: the root's fields, or null where one that may not be null has no
    /// value.
    ///
    /// # Errors
    /// Why it is null.
    pub fn root<T: Object<'a>>(&mut self, root: T, selection: &Selection) -> Result<(), Problem> {
        let written = self.selected(root, selection);
        if written.is_err() {
            self.out.clear();
            self.null();
        }
        written
    }

    /// What was written, and the errors that ended inside it.
    pub fn finish(self) -> (Vec<u8>, Vec<Problem>) {
        (self.out, self.problems)
    }

    /// The fields that a selection asks of an object.
    ///
    /// # Errors
    /// A field that may not be null has no value, or the answer grows too large.
    pub fn selected<T: Object<'a>>(
        &mut self,
        object: T,
        selection: &Selection,
    ) -> Result<(), Problem> {
        if self.out.len() > MAX_BYTES {
            return Err(Problem::new(
                Code::QueryTooCostly,
                "The answer grows too large; ask for smaller pages.",
            ));
        }
        self.fields(selection, |field, writer| object.write(field, writer))
    }

    /// The object that is the value of a field.
    ///
    /// # Errors
    /// As [`Writer::selected`].
    pub fn object<T: Object<'a>>(&mut self, object: T, field: &Field) -> Result<(), Problem> {
        match field.selection(T::TYPE) {
            Some(selection) => self.selected(object, selection),
            None => Err(unplanned(field)),
        }
    }

    /// An object whose fields are written by `write`.
    ///
    /// # Errors
    /// As [`Writer::selected`].
    pub fn fields(
        &mut self,
        selection: &Selection,
        mut write: impl FnMut(&Field, &mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.out.push(b'{');
        for (index, field) in selection.fields.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(field.prefix.as_bytes());
            let start = self.out.len();
            if field.name == "__typename" {
                self.string(&selection.type_name);
            } else if let Err(problem) = write(field, self) {
                let problem = problem.at(field.response_key.as_str());
                if !field.nullable {
                    return Err(problem);
                }
                self.give_up(start, problem);
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Replaces what was written since `start` by null.
    fn give_up(&mut self, start: usize, problem: Problem) {
        self.out.truncate(start);
        self.null();
        self.problems.push(problem);
    }

    /// A list, each item written by `write`.
    ///
    /// # Errors
    /// As `write`.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write(self, item).map_err(|problem| problem.at(index))?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// A list whose items may be null: an error inside one ends there.
    ///
    /// # Errors
    /// Never; it stands where other values may fail.
    pub fn list_of_nullable<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Problem>,
        field: &Field,
    ) -> Result<(), Problem> {
        let mut index = 0_usize;
        self.list(items, |writer, item| {
            let start = writer.out.len();
            if let Err(problem) = write(writer, item) {
                writer.give_up(start, problem.at(index).at(field.response_key.as_str()));
            }
            index += 1;
            Ok(())
        })
    }

    /// A value, or null where there is none.
    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    /// An object, or null where there is none.
    ///
    /// # Errors
    /// As [`Writer::object`].
    pub fn optional_object<T: Object<'a>>(
        &mut self,
        object: Option<T>,
        field: &Field,
    ) -> Result<(), Problem> {
        match object {
            Some(object) => self.object(object, field),
            None => {
                self.null();
                Ok(())
            }
        }
    }

    /// `null`, also where a need was noted: the answer will be written again.
    pub fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    /// A text.
    pub fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let mut written = 0;
        for (index, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.out.extend_from_slice(&text.as_bytes()[written..index]);
            if escape.is_empty() {
                self.display(format_args!("\\u{byte:04x}"));
            } else {
                self.out.extend_from_slice(escape.as_bytes());
            }
            written = index + 1;
        }
        self.out.extend_from_slice(&text.as_bytes()[written..]);
        self.out.push(b'"');
    }

    /// A list of texts.
    ///
    /// # Errors
    /// Never; it stands where other values may fail.
    pub fn strings<'s>(&mut self, texts: impl IntoIterator<Item = &'s str>) -> Result<(), Problem> {
        self.list(texts, |writer, text| {
            writer.string(text);
            Ok(())
        })
    }

    /// A word of the schema, such as the value of an enum.
    pub fn word(&mut self, word: &'static str) {
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    /// A global id.
    pub fn id(&mut self, prefix: &'static str, id: Uuid) {
        self.out.push(b'"');
        self.out.extend_from_slice(prefix.as_bytes());
        self.out.push(b'_');
        let mut hex = [0; uuid::fmt::Simple::LENGTH];
        self.out.extend_from_slice(id.as_simple().encode_lower(&mut hex).as_bytes());
        self.out.push(b'"');
    }

    /// A whole number.
    pub fn integer(&mut self, value: impl Into<i128>) {
        let value: i128 = value.into();
        self.display(value);
    }

    /// A number.
    pub fn float(&mut self, value: f64) {
        if value.is_finite() { self.display(value) } else { self.null() }
    }

    /// Yes or no.
    pub fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An instant.
    pub fn instant(&mut self, instant: Timestamp) {
        self.out.push(b'"');
        self.display(instant);
        self.out.push(b'"');
    }

    /// A date.
    pub fn date(&mut self, date: Date) {
        self.out.push(b'"');
        self.display(date);
        self.out.push(b'"');
    }

    /// A length of time.
    pub fn duration(&mut self, seconds: i64) {
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        self.out.extend_from_slice(b"\"PT");
        for (value, unit) in [(hours, 'H'), (minutes, 'M'), (rest, 'S')] {
            if value != 0 || (unit == 'S' && seconds == 0) {
                self.display(format_args!("{value}{unit}"));
            }
        }
        self.out.push(b'"');
    }

    /// Any JSON value.
    pub fn json(&mut self, value: &impl Display) {
        self.display(value);
    }

    fn display(&mut self, value: impl Display) {
        // Writing to memory cannot fail.
        let _ = write!(self.out, "{value}");
    }
}

/// The plan and the writer disagree on what the schema holds; a test compares them field by field.
pub fn unplanned(field: &Field) -> Problem {
    Problem::new(Code::Internal, format!("The field {} has no value here.", field.name))
}
