//! Everything that is asked all the time, in memory and exact: the fields that one filters, orders
//! and counts tasks by, the dependency graph, people, projects, sources, freshness, visibility.
//!
//! Built from the store at start, kept exact by following the change log, on every replica. A query
//! takes one [`View`] (an immutable snapshot seen with one caller's eyes) for its whole life.

pub mod count;
mod cursor;
mod directory;
pub mod error;
pub mod filter;
mod follow;
mod graph;
pub mod limits;
mod listing;
mod matcher;
pub mod model;
mod names;
pub mod order;
pub mod page;
mod past;
mod plan;
mod postings;
pub mod refs;
mod row;
mod select;
mod snapshot;
#[cfg(test)]
mod tests;
mod text;
pub mod view;

pub use count::{GroupField, GroupValue, TaskCount};
pub use error::{LoadError, QueryError};
pub use filter::{
    Comparison, Filter, PersonFilter, PersonPredicate, ProjectFilter, ProjectPredicate, Quantifier,
    SourceFilter, SourcePredicate, TaskFilter, TaskPredicate, TextFilter, TextPredicate,
};
pub use model::{Behind, ReadModel};
pub use order::{Direction, OrderField, TaskOrder};
pub use page::{Page, PageRequest};
pub use refs::{
    Freshness, IdentityRef, LinkEndRef, LinkRef, PersonRef, ProjectRef, SourceRef, TaskRef,
    Workload,
};
pub use view::{TaskOrdinal, TaskQuery, View};
