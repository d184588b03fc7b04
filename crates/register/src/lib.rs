//! The dependency register: every edge between tasks, with its owners on both sides, its age and its
//! state, as a planning meeting starts from it.
//!
//! [`Register::of`] picks the edges out of a [`View`], so it shows what the caller may see and nothing
//! else; [`Register::write`] writes them as a table ([`Format::Csv`]), as data ([`Format::Json`]) or as
//! a picture ([`Format::Mermaid`], [`Format::Dot`]).
//!
//! * The order is the same in every format and process: what blocks now comes first, then by kind and
//!   state, the oldest first.
//! * Titles, names and quotes were written by anybody. A table gives no cell that a spreadsheet would
//!   calculate, and no text ends the quotes that it stands in, in no format.
//! * A table or data hold every edge. A picture holds as many as can be looked at, and says how many it
//!   leaves out.
//!
//! The edges are kept as references into the snapshot and written one at a time.

mod choice;
mod dot;
mod edge;
mod format;
mod json;
mod mermaid;
mod picture;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use mainstem_read_model::{LinkRef, View};

pub use choice::{Choice, ChoiceError, read_kind, read_state};
pub use edge::{Edge, End, Owner, Quote};
pub use format::Format;

/// The edges that were chosen.
pub struct Register<'v> {
    view: &'v View,
    links: Vec<LinkRef<'v>>,
}

impl<'v> Register<'v> {
    /// The edges of a view that a choice asks for.
    ///
    /// # Errors
    /// [`ChoiceError`] says what to change.
    pub fn of(view: &'v View, choice: &Choice) -> Result<Self, ChoiceError> {
        let mut links = view.all_links(Some(&choice.filter(view)?))?;
        links.sort_by_cached_key(|link| (link.kind(), link.state(), link.since(), link.id()));
        Ok(Self { view, links })
    }

    /// The edges, what blocks now first.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = Edge<'v>> + '_ {
        self.links.iter().map(|link| Edge::of(*link, self.view.now()))
    }

    /// Writes them.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Csv => table::write(self.edges(), out),
            Format::Json => json::write(self.edges(), out),
            Format::Mermaid => out.write_all(mermaid::draw(self).as_bytes()),
            Format::Dot => out.write_all(dot::draw(self).as_bytes()),
        }
    }
}
