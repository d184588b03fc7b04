//! The input types of the schema, and what the read model makes of them.

mod compare;
mod filter;
mod order;

pub use filter::{PersonFilterInput, ProjectFilterInput, TaskFilterInput};
pub use order::{TaskOrderInput, group_field};
