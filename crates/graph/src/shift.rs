//! What moves when one task moves.

use std::cmp::Reverse;

use mainstem_model::time::Date;

use crate::access::{Dependencies, OpenTask};
use crate::calendar::Calendar;
use crate::conflicts::delay;
use crate::cycles::Cycle;
use crate::subgraph::Subgraph;

/// How a task is to move. Its other date moves by as many working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// To start on this date.
    Start(Date),
    /// To be due on this date.
    Due(Date),
    /// By so many working days of whoever does it: later, or earlier where negative.
    WorkingDays(i64),
}

/// A task that moves. Dates that it does not have stay away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShiftedTask {
    /// Its node.
    pub node: u32,
    /// Its start before and after.
    pub start_on: Option<(Date, Date)>,
    /// Its due date before and after.
    pub due_on: Option<(Date, Date)>,
    /// By how many working days of whoever does it: later, or earlier where negative.
    pub working_days: i64,
    /// The blocker whose end pushes it, possibly through tasks without dates, which are then not
    /// named; `None` for the task that was moved.
    pub pushed_by: Option<u32>,
}

/// What a move brings about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The moved task first, then what it pushes, each before whatever it pushes itself.
    pub tasks: Vec<ShiftedTask>,
    /// Cycles that the shift runs into, by their smallest members. Their members do not move, and what
    /// they would push is not answered.
    pub cycles: Vec<Cycle>,
}

/// Why a task cannot be moved so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    /// Nothing is known of it.
    #[error("the task to move is not known")]
    UnknownTask,
    /// It has no start that could be moved.
    #[error("the task has no start date: move its due date, or by working days")]
    NoStart,
    /// It has no due date that could be moved.
    #[error("the task has no due date: move its start, or by working days")]
    NoDue,
    /// It has neither.
    #[error("the task has neither start nor due date: give it one first")]
    NoDates,
}

/// Moves a task, and whatever waits for it as little as possible.
///
/// * A task that ends later than before pushes who waits for it: they start (or, having no start,
///   are due) no earlier than the day on which it ends, on a working day of theirs. What starts late
///   enough stays, and the shift ends there.
/// * Each keeps its span in working days, and never moves to an earlier day. A move to an earlier day
///   moves nobody else.
/// * A task ends on its due date or, having none, on its start.
/// * A task without dates takes no time: it ends when the last of those ends that push it, and passes
///   that on.
/// * A blocker that does not move pushes nobody: a contradiction that was there before is no concern
///   of the shift, as long as no end that moves is part of it.
/// * Whoever `task_of` does not know neither moves nor passes anything on.
///
/// Only what waits for the task, directly or not, is looked at.
///
/// # Errors
/// Where the task is not known, or has not the date that is to be moved.
pub fn shift<'c>(
    dependencies: &impl Dependencies,
    task_of: impl Fn(u32) -> Option<OpenTask<'c>>,
    node: u32,
    by: Move,
) -> Result<Shift, ShiftError> {
    let task = task_of(node).ok_or(ShiftError::UnknownTask)?;
    let moved = moved(&task, by)?;
    let mut shift = Shift { tasks: vec![moved], cycles: Vec::new() };
    if moved.later_end().is_none() {
        return Ok(shift);
    }
    let graph = Subgraph::ahead(dependencies, node, |node| task_of(node).is_some());
    // When each task ends that ends later than before, and which task with dates that is due to.
    let mut ends = vec![None::<(Date, u32)>; graph.len()];
    for component in graph.components() {
        let blockers = component.iter().flat_map(|number| graph.blockers(*number));
        let push = blockers
            .filter_map(|blocker| ends[blocker])
            .max_by_key(|(end, by)| (*end, Reverse(*by)));
        let is_first = component.iter().any(|number| graph.node(*number) == node);
        if graph.is_cyclic(&component) {
            if is_first || push.is_some() {
                shift.cycles.push(Cycle::of(&graph, &component));
            }
            continue;
        }
        let number = component[0];
        if is_first {
            ends[number] = moved.later_end();
        } else if let (Some(push), Some(task)) = (push, task_of(graph.node(number))) {
            ends[number] = match pushed(&task, push) {
                Pushed::Stays => None,
                Pushed::PassesOn => Some(push),
                Pushed::Moves(moved) => {
                    shift.tasks.push(moved);
                    moved.later_end()
                }
            };
        }
    }
    shift.cycles.sort_unstable_by_key(|cycle| cycle.path.first().copied());
    Ok(shift)
}

impl ShiftedTask {
    /// When it ends, if that is later than before.
    fn later_end(&self) -> Option<(Date, u32)> {
        let (before, after) = self.due_on.or(self.start_on)?;
        (after > before).then_some((after, self.node))
    }
}

/// What the end of its blockers does to a task.
enum Pushed {
    Stays,
    PassesOn,
    Moves(ShiftedTask),
}

fn pushed(task: &OpenTask<'_>, (end, by): (Date, u32)) -> Pushed {
    let calendar = task.calendar;
    let Some(first) = task.start_on.or(task.due_on) else { return Pushed::PassesOn };
    let working_days = delay(calendar, first, end);
    if working_days == 0 {
        return Pushed::Stays;
    }
    let first = (first, calendar.next_working_day(end));
    let due_on = task.due_on.map(|due| match task.start_on {
        Some(_) => (due, calendar.add_working_days(due, working_days)),
        None => first,
    });
    let start_on = task.start_on.map(|_| first);
    Pushed::Moves(ShiftedTask {
        node: task.node,
        start_on,
        due_on,
        working_days,
        pushed_by: Some(by),
    })
}

fn moved(task: &OpenTask<'_>, by: Move) -> Result<ShiftedTask, ShiftError> {
    let OpenTask { node, start_on, due_on, calendar, .. } = *task;
    let (start, due, working_days) = match by {
        Move::Start(to) => {
            let from = start_on.ok_or(ShiftError::NoStart)?;
            let [from, until] = [from, to].map(|date| calendar.next_working_day(date));
            (Some(to), None, calendar.working_days(from, until))
        }
        Move::Due(to) => {
            let from = due_on.ok_or(ShiftError::NoDue)?;
            (None, Some(to), calendar.working_days(from, to))
        }
        Move::WorkingDays(_) if start_on.is_none() && due_on.is_none() => {
            return Err(ShiftError::NoDates);
        }
        Move::WorkingDays(days) => (None, None, days),
    };
    let moved_start = |from| start.unwrap_or_else(|| moved_start(calendar, from, working_days));
    let moved_due = |from| due.unwrap_or_else(|| calendar.add_working_days(from, working_days));
    Ok(ShiftedTask {
        node,
        start_on: start_on.map(|from| (from, moved_start(from))),
        due_on: due_on.map(|from| (from, moved_due(from))),
        working_days,
        pushed_by: None,
    })
}

/// A start on a day off counts as one on the next working day.
fn moved_start(calendar: &Calendar, start: Date, working_days: i64) -> Date {
    match working_days {
        0 => start,
        days => calendar.add_working_days(calendar.next_working_day(start), days),
    }
}
