//! The object types of the schema, each with what it writes for every field.

mod audit;
mod change;
mod comment;
mod connection;
mod counts;
mod dependencies;
mod drift;
mod link;
mod mutation;
mod node;
mod notice;
pub mod part;
mod person;
mod project;
mod query;
mod source;
mod task;
mod viewer;
mod worklog;

use mainstem_read_model::QueryError;

use crate::error::{Code, Problem};

pub use dependencies::find as find_task;
pub use mutation::Mutated;
pub use query::Query;

/// A question that the read model cannot answer as it was put.
fn refused(error: QueryError) -> Problem {
    let message = error.to_string();
    match error {
        QueryError::TooComplex { .. } => Problem::new(Code::QueryTooCostly, message),
        QueryError::Cursor(_) => Problem::bad_input(message),
        QueryError::Ambiguous { candidates } => {
            Problem::bad_input(message).with("candidates", candidates)
        }
    }
}
