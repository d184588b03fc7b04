//! Dates that contradict the dependencies.

use mainstem_model::Timestamp;
use mainstem_model::time::Date;

use crate::access::{Dependencies, OpenTask};
use crate::calendar::Calendar;
use crate::numbering::Numbering;
use crate::schedule::Schedule;

/// How an edge contradicts the dates at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConflictKind {
    /// The blocked task is to start before the day on which the blocker is due.
    StartsBeforeBlockerIsDue,
    /// The blocked task, which has no start, is due before the blocker is.
    DueBeforeBlockerIsDue,
    /// The blocked task is to start before the day on which the blocker can be finished at the
    /// earliest, although by their dates all is well.
    StartsBeforeBlockerFinishes,
    /// The blocked task, which has no start, is due before the blocker can be finished at the
    /// earliest, although by their dates all is well.
    DueBeforeBlockerFinishes,
    /// The blocker is open past its due date.
    BlockerOverdue,
}

/// One contradiction on one edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// Who must finish first.
    pub blocker: u32,
    /// Who waits for it.
    pub blocked: u32,
    /// What is wrong.
    pub kind: ConflictKind,
    /// By how many working days: of whoever does the blocked task, at least 1; where the blocker is
    /// overdue, of whoever does that, from its due date to today, and 0 where no working day has
    /// passed since.
    pub working_days: i64,
}

/// The contradictions among tasks, by blocker, blocked task and kind. An edge has at most one about
/// dates, and one because its blocker is overdue. With a schedule the earliest finishes in it count,
/// too.
pub fn conflicts(
    dependencies: &impl Dependencies,
    tasks: &[OpenTask<'_>],
    schedule: Option<&Schedule>,
    now: Timestamp,
) -> Vec<Conflict> {
    let mut numbering = Numbering::default();
    let tasks: Vec<_> = tasks.iter().filter(|task| numbering.add(task.node)).collect();
    let finish = |node| Some(schedule?.task(node)?.earliest_finish);
    let finishes: Vec<_> =
        tasks.iter().map(|task| Some(task.calendar.date_at(finish(task.node)?))).collect();
    let mut conflicts = Vec::new();
    for blocked in &tasks {
        for blocker in dependencies.blockers_of(blocked.node) {
            let Some(number) = numbering.number(blocker) else { continue };
            let blocker = tasks[number];
            let found = [between(blocker, blocked, finishes[number]), overdue(blocker, now)];
            conflicts.extend(found.into_iter().flatten().map(|(kind, working_days)| Conflict {
                blocker: blocker.node,
                blocked: blocked.node,
                kind,
                working_days,
            }));
        }
    }
    conflicts.sort_unstable_by_key(|conflict| (conflict.blocker, conflict.blocked, conflict.kind));
    conflicts.dedup();
    conflicts
}

/// How many working days a date must move so that it does not lie before another one: 0 where it
/// need not, or where only days off lie between them.
pub(crate) fn delay(calendar: &Calendar, date: Date, not_before: Date) -> i64 {
    if date >= not_before {
        return 0;
    }
    calendar.working_days(calendar.next_working_day(date), calendar.next_working_day(not_before))
}

fn between(
    blocker: &OpenTask<'_>,
    blocked: &OpenTask<'_>,
    finish: Option<Date>,
) -> Option<(ConflictKind, i64)> {
    let (date, due_kind, finish_kind) = match (blocked.start_on, blocked.due_on) {
        (Some(start), _) => (
            start,
            ConflictKind::StartsBeforeBlockerIsDue,
            ConflictKind::StartsBeforeBlockerFinishes,
        ),
        (None, Some(due)) => {
            (due, ConflictKind::DueBeforeBlockerIsDue, ConflictKind::DueBeforeBlockerFinishes)
        }
        (None, None) => return None,
    };
    let calendar = blocked.calendar;
    [(due_kind, blocker.due_on), (finish_kind, finish)]
        .into_iter()
        .filter_map(|(kind, end)| Some((kind, delay(calendar, date, end?))))
        .find(|(_, days)| *days > 0)
}

fn overdue(blocker: &OpenTask<'_>, now: Timestamp) -> Option<(ConflictKind, i64)> {
    let (due, calendar) = (blocker.due_on?, blocker.calendar);
    let days = || calendar.working_days(due, calendar.date_at(now));
    (calendar.end_of(due) <= now).then(|| (ConflictKind::BlockerOverdue, days()))
}
