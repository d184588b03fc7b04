//! Markdown: CommonMark with GitHub's tables, task lists, strikethrough and alerts, and the notation of
//! [`super::notation`].

mod cells;
mod escape;
mod inline;
mod read;
mod write;

pub use cells::line as cell_line;
pub use escape::Place;
pub use read::read;
pub use write::{is_blank, write};
