//! Everything that is asked all the time, in memory and exact: the fields that one filters, orders
//! and counts tasks by, the dependency graph, people, projects, sources, freshness, visibility.
//!
//! [`ReadModel::load`] builds it from the store, [`ReadModel::follow`] keeps it exact from the change
//! log, on every replica. A query takes one [`View`] for its whole life: an immutable snapshot, seen
//! with one caller's eyes. There is no other way to read.
//!
//! # How it hangs together
//!
//! * A *snapshot* is made of persistent maps and shared bitmaps, so the next one shares with the last
//!   one whatever did not change. Rows are numbered (*ordinals*), and what they name (people, labels,
//!   words) is numbered too (*symbols*).
//! * A filter becomes a *plan*: predicates that an index knows become sets of ordinals, the others
//!   tests of one row. Sets are combined first; only what remains is tested, and only as far as the
//!   page needs it.
//! * A page is found by walking an order that is kept sorted (updated, created, due, priority), where
//!   many rows match, and by picking the smallest of the matches where few do.
//! * A link is bound to tasks when either of them appears or changes its name: by id, else by key,
//!   whatever the case, previous keys included.
//! * Rows name *identities*, the ways in which tools know people. Which of them are one person follows
//!   from addresses and decisions, and is applied when a row is read: an index is asked for all
//!   identities of a person, so merging people touches no row.
//! * The past is the present with later changes undone ([`View::as_of`]): links, people and projects
//!   are as now, and each task is tested row by row, since no index knows the past.
//!
//! # What is decided here
//!
//! * Without a word about presence, a filter asks for present tasks.
//! * What is open and not deleted holds others up; what is present and open can be held up. A link
//!   that a person rejected holds nothing up.
//! * Of a hidden source nothing shows. An edge is left out where its stating task is hidden, and
//!   where its other end is a hidden task, even though its key stands in a visible payload. So
//!   readiness depends on the eyes, too.
//! * A person is their visible identities: of those come id, name and address. The id of any of them
//!   leads to the person, so an id that somebody holds goes on working when people are merged.
//! * A link whose stating task is not in the store is nobody's to see.
//!
//! # What it costs
//!
//! `cargo run --release -p mainstem-read-model --example read_model_cost` measures it; with 100,000
//! tasks and 200,000 links, on two cores that others were using too:
//!
//! | | |
//! |---|---|
//! | start from SQLite | 2.8 s, of which reading the rows alone takes 2.2 s |
//! | memory | 2.7 KB a task, its links and all indexes included |
//! | page of 50: no filter; by status; by status and assignee (40 found, out of cold memory) | 5 µs; 13 µs; 27 µs |
//! | counts by label; by category and assignee (2,500 groups) | 0.2 ms; 1.6 ms |
//! | open blockers, transitive, out of cold memory; 2,400 found on average | 6 ms |
//! | cycles of the whole | 0.12 s |
//! | a text in every title, counted; a page of the past | 31 ms; 28 ms |
//! | page of 50 of all tasks ordered by key, which is not kept sorted | 78 ms |
//! | following 1 edge; 1,000 changed tasks, an older snapshot held | 3 ms, nearly all of it reading SQLite; 70 ms |

mod adjacency;
mod blockage;
mod calendars;
pub mod count;
mod cursor;
mod dependencies;
mod directory;
mod drift;
pub mod error;
pub mod filter;
mod follow;
mod graph;
pub mod limits;
pub mod links;
mod listing;
mod matcher;
pub mod model;
mod names;
pub mod order;
pub mod page;
mod past;
mod people;
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

pub use blockage::Blockage;
pub use calendars::{Calendars, PersonalHours};
pub use count::{GroupField, GroupValue, TaskCount};
pub use dependencies::{DependencyCycle, Impact, ScheduleConflict};
pub use drift::{Drift, DriftField};
pub use error::{LoadError, QueryError};
pub use filter::{
    Comparison, Filter, LinkFilter, LinkPredicate, PersonFilter, PersonPredicate, ProjectFilter,
    ProjectPredicate, Quantifier, SourceFilter, SourcePredicate, TaskFilter, TaskPredicate,
    TextFilter, TextPredicate, WorkingTime,
};
pub use links::{LinkEndRef, LinkRef};
pub use mainstem_graph::{
    ConflictKind, Move, Schedule, ScheduledTask, Shift, ShiftError, ShiftedTask,
};
pub use model::{Behind, ReadModel};
pub use order::{Direction, OrderField, TaskOrder};
pub use page::{Page, PageRequest};
pub use refs::{Freshness, IdentityRef, PersonRef, ProjectRef, SourceRef, TaskRef, Workload};
pub use view::{TaskOrdinal, TaskQuery, View};
