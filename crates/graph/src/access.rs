//! What the algorithms are told: who stands next to whom, and what is known of an open task.

use mainstem_model::time::Date;

use crate::calendar::Calendar;

/// The dependencies among tasks, of which the implementor shows only the edges that count: those
/// that can hold something up, whose ends are both open and may both be seen.
///
/// Both functions must tell of the same edges. The order is the implementor's, and where it is
/// stable so is every answer; an edge may be told twice, and a node that is unknown has no edges.
pub trait Dependencies {
    /// The tasks that must finish before this one can start.
    fn blockers_of(&self, node: u32) -> impl Iterator<Item = u32>;

    /// The tasks that cannot start before this one is finished.
    fn waiting_for(&self, node: u32) -> impl Iterator<Item = u32>;
}

/// Which way to go along the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what must finish first.
    Blockers,
    /// To what waits.
    Waiting,
}

/// An open task, as far as plans are concerned.
#[derive(Debug, Clone, Copy)]
pub struct OpenTask<'c> {
    /// Its node; of several tasks with the same one, the first counts.
    pub node: u32,
    /// What remains to be done, in working seconds; `None` where nobody knows, which counts as
    /// nothing and is shown. What is negative counts as nothing, too.
    pub remaining_seconds: Option<i64>,
    /// The day before which it does not start.
    pub start_on: Option<Date>,
    /// The day at whose end it should be finished.
    pub due_on: Option<Date>,
    /// When those work who do it.
    pub calendar: &'c Calendar,
}
