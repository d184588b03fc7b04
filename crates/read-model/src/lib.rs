//! Everything that is asked all the time, in memory and exact: the fields that one filters, orders
//! and counts tasks by, the dependency graph, people, projects, sources, freshness, visibility.
//!
//! Built from the store at start, kept exact by following the change log, on every replica. A query
//! takes one [`View`] (an immutable snapshot seen with one caller's eyes) for its whole life.
#![allow(clippy::todo, unused_variables, dead_code, reason = "being built")]

pub mod count;
pub mod error;
pub mod filter;
pub mod model;
pub mod order;
pub mod page;
pub mod refs;
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
