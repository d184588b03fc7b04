use jiff::civil::Date;
use mainstem_graph::{
    Calendar, Conflict, ConflictKind, OpenTask, WorkingHours, conflicts, schedule,
};
use mainstem_model::Timestamp;
use proptest::prelude::*;

use crate::support::{Edges, MONDAY, NODES, any_edges, calendars, graph_of, now, plans, tasks_of};

/// Counted day by day: how long it takes from the first day on which somebody could start to the
/// first one on which they may.
fn days_between(calendar: &Calendar, date: Date, not_before: Date) -> i64 {
    let mut day = date;
    let mut days = 0;
    let mut started = false;
    while day < not_before || !calendar.is_working_day(day) {
        if calendar.is_working_day(day) {
            started = true;
            days += 1;
        }
        day = day.tomorrow().unwrap();
    }
    if started && date < not_before { days } else { 0 }
}

proptest! {
    #[test]
    fn agrees_with_each_edge_looked_at_alone(
        edges in any_edges(),
        plans in plans(),
        hours in -300..300_i64,
        with_schedule in any::<bool>(),
    ) {
        let calendars = calendars();
        let tasks = tasks_of(&plans, &calendars);
        let graph = graph_of(&edges);
        let now = now(hours);
        let schedule = with_schedule.then(|| schedule(&graph, &tasks, &[], now));
        let mut expected = Vec::new();
        for (from, to) in edges {
            let (blocker, blocked) = (&tasks[from], &tasks[to]);
            let mut add = |kind, working_days| {
                let conflict = Conflict { blocker: NODES[from], blocked: NODES[to], kind, working_days };
                if !expected.contains(&conflict) {
                    expected.push(conflict);
                }
            };
            let first = blocked.start_on.or(blocked.due_on);
            let days = |end| days_between(blocked.calendar, first.unwrap(), end);
            let finish = schedule.as_ref().and_then(|schedule| schedule.task(NODES[from]));
            let finish = finish.map(|task| blocker.calendar.date_at(task.earliest_finish));
            use ConflictKind::*;
            let starts = blocked.start_on.is_some();
            match (first, blocker.due_on, finish) {
                (Some(_), Some(due), _) if days(due) > 0 => {
                    add(if starts { StartsBeforeBlockerIsDue } else { DueBeforeBlockerIsDue }, days(due));
                }
                (Some(_), _, Some(finish)) if days(finish) > 0 => add(
                    if starts { StartsBeforeBlockerFinishes } else { DueBeforeBlockerFinishes },
                    days(finish),
                ),
                _ => {}
            }
            if let Some(due) = blocker.due_on && blocker.calendar.end_of(due) <= now {
                let today = blocker.calendar.date_at(now);
                let after = due.series(jiff::Span::new().days(1)).skip(1);
                let after = after.take_while(|day| *day <= today);
                let days = after.filter(|day| blocker.calendar.is_working_day(*day)).count();
                add(BlockerOverdue, days as i64);
            }
        }
        expected.sort_unstable_by_key(|found| (found.blocker, found.blocked, found.kind));
        prop_assert_eq!(conflicts(&graph, &tasks, schedule.as_ref(), now), expected);
    }
}

#[test]
fn overdue_begins_where_the_day_ends() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    let graph: Edges = [(1, 2)].into_iter().collect();
    let due = |node| OpenTask {
        node,
        remaining_seconds: None,
        start_on: None,
        due_on: (node == 1).then_some(MONDAY),
        calendar: &calendar,
    };
    // Of several tasks with one node the first counts.
    let again = OpenTask { due_on: None, ..due(1) };
    let found = |now| conflicts(&graph, &[due(2), due(2), due(1), again], None, now).len();
    let end = now(24);
    assert_eq!((found(Timestamp(end.0 - 1)), found(end)), (0, 1));
}

#[test]
fn a_day_may_hold_the_end_of_one_and_the_start_of_the_other() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    let graph: Edges = [(1, 2)].into_iter().collect();
    let day = |days: i64| MONDAY + jiff::Span::new().days(days);
    use ConflictKind::{BlockerOverdue, DueBeforeBlockerIsDue, StartsBeforeBlockerIsDue};
    // Days from Monday: the blocker is due, the blocked task starts and is due, today.
    for (blocker_due, start, due, today, expected) in [
        (3, Some(3), None, 0, vec![]),
        (3, Some(2), Some(9), 0, vec![(StartsBeforeBlockerIsDue, 1)]),
        (3, None, Some(3), 0, vec![]),
        (3, None, Some(1), 0, vec![(DueBeforeBlockerIsDue, 2)]),
        // Due on Sunday, to start on Saturday: neither is worked on, Monday is the first day for both.
        (6, Some(5), None, 0, vec![]),
        (6, Some(4), None, 0, vec![(StartsBeforeBlockerIsDue, 1)]),
        (3, None, None, 3, vec![]),
        (3, None, None, 4, vec![(BlockerOverdue, 1)]),
        // Due on Friday, today is Sunday.
        (4, None, None, 6, vec![(BlockerOverdue, 0)]),
        (3, Some(2), None, 8, vec![(StartsBeforeBlockerIsDue, 1), (BlockerOverdue, 3)]),
    ] {
        let task = |node, start_on, due_on| OpenTask {
            node,
            remaining_seconds: None,
            start_on,
            due_on,
            calendar: &calendar,
        };
        let tasks = [task(1, None, Some(day(blocker_due))), task(2, start.map(day), due.map(day))];
        let found = conflicts(&graph, &tasks, None, now(today * 24 + 9));
        let found: Vec<_> = found.iter().map(|found| (found.kind, found.working_days)).collect();
        assert_eq!(found, expected, "{blocker_due} {start:?} {due:?} {today}");
    }
}
