use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use mainstem_graph::{Calendar, Move, OpenTask, ShiftError, ShiftedTask, WorkingHours, shift};
use proptest::prelude::*;

use crate::support::{
    COUNT, Edges, MONDAY, NODES, any_edges, calendars, cycle_around, distances, graph_of, plans,
    tasks_of,
};

fn day(days: i64) -> Date {
    MONDAY + jiff::Span::new().days(days)
}

fn known<'t, 'c>(tasks: &'t [OpenTask<'c>]) -> impl Fn(u32) -> Option<OpenTask<'c>> + 't {
    |node| tasks.iter().find(|task| task.node == node).copied()
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        (-6..25_i64).prop_map(|days| Move::Start(day(days))),
        (-6..25_i64).prop_map(|days| Move::Due(day(days))),
        (-9..20_i64).prop_map(Move::WorkingDays),
    ]
}

/// Working days from the start to the due date, both counted, day by day.
fn span(calendar: &Calendar, start: Date, due: Date) -> usize {
    let days = start.series(jiff::Span::new().days(1)).take_while(|day| *day <= due);
    days.filter(|day| calendar.is_working_day(*day)).count()
}

/// The dates of a task that must not begin before a day, found by trying day after day: start, due,
/// and how many working days later it begins.
fn pushed(task: &OpenTask<'_>, not_before: Date) -> (Option<Date>, Option<Date>, i64) {
    let calendar = task.calendar;
    let Some(mut first) = task.start_on.or(task.due_on) else { return (None, None, 0) };
    let mut working_days = 0;
    if first < not_before {
        while !calendar.is_working_day(first) {
            first = first.tomorrow().unwrap();
        }
        while first < not_before {
            first = first.tomorrow().unwrap();
            while !calendar.is_working_day(first) {
                first = first.tomorrow().unwrap();
            }
            working_days += 1;
        }
    }
    let (Some(start), Some(due)) = (task.start_on, task.due_on) else {
        let moved = |date: Date| if working_days == 0 { date } else { first };
        return (task.start_on.map(moved), task.due_on.map(moved), working_days);
    };
    if working_days == 0 {
        return (Some(start), Some(due), 0);
    }
    let mut moved_due = due;
    let mut left = working_days;
    while left > 0 {
        moved_due = moved_due.tomorrow().unwrap();
        left -= i64::from(calendar.is_working_day(moved_due));
    }
    (Some(first), Some(moved_due), working_days)
}

/// When each task ends that ends later than before, found by going over all edges until nothing
/// changes any more.
fn relaxed(
    edges: &[(usize, usize)],
    tasks: &[OpenTask<'_>],
    first: (usize, Date),
    cyclic: impl Fn(usize) -> bool,
) -> BTreeMap<usize, Date> {
    let mut ends = BTreeMap::from([first]);
    loop {
        let before = ends.clone();
        for (from, to) in edges {
            let Some(end) = ends.get(from).copied().filter(|_| !cyclic(*from)) else { continue };
            let task = &tasks[*to];
            if *to == first.0 || cyclic(*to) {
                continue;
            }
            let end = match task.due_on.or(task.start_on) {
                None => end,
                Some(_) => match pushed(task, end) {
                    (_, _, 0) => continue,
                    (start, due, _) => due.or(start).unwrap(),
                },
            };
            let known = ends.entry(*to).or_insert(end);
            *known = end.max(*known);
        }
        if ends == before {
            return ends;
        }
    }
}

proptest! {
    #[test]
    fn moves_what_it_must_and_no_further(
        edges in any_edges(),
        plans in plans(),
        start in 0..COUNT,
        by in moves(),
        unknown in prop::option::weighted(0.2, 0..COUNT),
    ) {
        let calendars = calendars();
        let tasks = tasks_of(&plans, &calendars);
        let known = |node: u32| {
            let unknown = unknown.filter(|number| *number != start).map(|number| NODES[number]);
            known(&tasks)(node).filter(|_| unknown != Some(node))
        };
        let edges: Vec<_> = edges
            .into_iter()
            .filter(|(from, to)| [from, to].iter().all(|end| known(NODES[**end]).is_some()))
            .collect();
        let found = match shift(&graph_of(&edges), known, NODES[start], by) {
            Ok(found) => found,
            Err(error) => {
                let (first, last) = (tasks[start].start_on, tasks[start].due_on);
                let expected = match by {
                    Move::Start(_) => ShiftError::NoStart,
                    Move::Due(_) => ShiftError::NoDue,
                    Move::WorkingDays(_) => ShiftError::NoDates,
                };
                prop_assert_eq!(error, expected);
                prop_assert!(first.is_none() || last.is_none());
                return Ok(());
            }
        };

        let moved = found.tasks[0];
        prop_assert_eq!((moved.node, moved.pushed_by), (NODES[start], None));
        let (before, after) = moved.due_on.or(moved.start_on).unwrap();
        if after <= before {
            prop_assert_eq!(found.tasks.len(), 1);
            prop_assert_eq!(&found.cycles, &[]);
            return Ok(());
        }

        let distances = distances(&edges);
        let cyclic = |number| !cycle_around(&distances, number).is_empty();
        let ends = relaxed(&edges, &tasks, (start, after), cyclic);
        let push_of = |to: usize| {
            let blockers = edges.iter().filter(|edge| edge.1 == to && !cyclic(edge.0));
            blockers.filter_map(|(from, _)| ends.get(from)).max().copied()
        };
        let mut expected = BTreeMap::new();
        for (number, task) in tasks.iter().enumerate().filter(|(number, _)| *number != start) {
            if let Some(push) = push_of(number).filter(|_| !cyclic(number))
                && let (start, due, days @ 1..) = pushed(task, push)
            {
                expected.insert(task.node, (start, due, days));
            }
        }
        let dates: BTreeMap<_, _> = found.tasks[1..]
            .iter()
            .map(|task| {
                let after = |dates: Option<(Date, Date)>| dates.map(|(_, after)| after);
                (task.node, (after(task.start_on), after(task.due_on), task.working_days))
            })
            .collect();
        prop_assert_eq!(dates, expected);

        let hit: BTreeSet<_> = (0..COUNT)
            .filter(|number| cyclic(*number) && (*number == start || push_of(*number).is_some()))
            .map(|number| {
                let around = cycle_around(&distances, number);
                around.into_iter().map(|number| NODES[number]).min().unwrap()
            })
            .collect();
        let cycles: Vec<_> = found.cycles.iter().map(|cycle| cycle.path[0]).collect();
        prop_assert_eq!(cycles, hit.into_iter().collect::<Vec<_>>());

        for (index, task) in found.tasks.iter().enumerate().skip(1) {
            let place = |node| found.tasks.iter().position(|other| other.node == node).unwrap();
            prop_assert!(task.pushed_by.map(place).unwrap() < index);
            let calendar = known(task.node).unwrap().calendar;
            for (before, after) in task.start_on.iter().chain(&task.due_on) {
                prop_assert!(after > before);
                prop_assert!(calendar.is_working_day(*after));
            }
        }
        for task in &found.tasks {
            let calendar = known(task.node).unwrap().calendar;
            if let (Some(start), Some(due)) = (task.start_on, task.due_on)
                && calendar.next_working_day(start.0) <= due.0
                && calendar.is_working_day(start.1)
            {
                prop_assert_eq!(span(calendar, start.0, due.0), span(calendar, start.1, due.1));
            }
        }
    }

    #[test]
    fn a_move_by_days_is_one_to_where_they_lead(plans in plans(), days in -9..9_i64) {
        let calendars = calendars();
        let tasks = tasks_of(&plans, &calendars);
        let graph = Edges::default();
        for task in tasks.iter().filter(|task| task.calendar.is_working_day(task.start_on.unwrap_or(MONDAY))) {
            let Ok(by_days) = shift(&graph, known(&tasks), task.node, Move::WorkingDays(days)) else {
                prop_assert!(task.start_on.is_none() && task.due_on.is_none());
                continue;
            };
            prop_assert_eq!(by_days.tasks[0].working_days, days);
            let moved = by_days.tasks[0];
            let start = moved.start_on.map(|(_, to)| Move::Start(to));
            let due = moved.due_on.map(|(_, to)| Move::Due(to));
            for to in start.into_iter().chain(due) {
                let there = shift(&graph, known(&tasks), task.node, to).unwrap();
                prop_assert_eq!(&there, &by_days);
            }
        }
    }
}

fn task(node: u32, start: Option<i64>, due: Option<i64>, calendar: &Calendar) -> OpenTask<'_> {
    let (start_on, due_on) = (start.map(day), due.map(day));
    OpenTask { node, remaining_seconds: None, start_on, due_on, calendar }
}

#[test]
fn slack_absorbs_and_a_task_without_dates_passes_on() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    // 1 blocks 2 and 3; 3 has no dates and blocks 4; 2 blocks 5, which lies far off; 6 blocks 4.
    let graph: Edges = [(1, 2), (1, 3), (3, 4), (2, 5), (6, 4)].into_iter().collect();
    let tasks = [
        task(1, Some(0), Some(1), &calendar),
        task(2, Some(2), Some(4), &calendar),
        task(3, None, None, &calendar),
        task(4, None, Some(3), &calendar),
        task(5, Some(14), Some(15), &calendar),
        // In conflict with 4 already, which is no concern of a shift of 1.
        task(6, None, Some(20), &calendar),
    ];
    let found = shift(&graph, known(&tasks), 1, Move::WorkingDays(3)).unwrap();
    let moved = |node, start: Option<(i64, i64)>, due: (i64, i64), working_days, pushed_by| {
        let dates = |(before, after)| (day(before), day(after));
        let (start_on, due_on) = (start.map(dates), Some(dates(due)));
        ShiftedTask { node, start_on, due_on, working_days, pushed_by }
    };
    let expected = [
        moved(1, Some((0, 3)), (1, 4), 3, None),
        moved(4, None, (3, 4), 1, Some(1)),
        moved(2, Some((2, 4)), (4, 8), 2, Some(1)),
    ];
    let mut tasks_found = found.tasks.clone();
    tasks_found
        .sort_unstable_by_key(|task| expected.iter().position(|other| other.node == task.node));
    assert_eq!(tasks_found, expected);
    assert_eq!(found.cycles, []);

    let earlier = shift(&graph, known(&tasks), 1, Move::Due(day(-3))).unwrap();
    assert_eq!(earlier.tasks, [moved(1, Some((0, -4)), (1, -3), -2, None)]);
    let to_the_same = shift(&graph, known(&tasks), 1, Move::Start(day(0))).unwrap();
    assert_eq!(to_the_same.tasks, [moved(1, Some((0, 0)), (1, 1), 0, None)]);
    assert_eq!(shift(&graph, known(&tasks), 9, Move::WorkingDays(1)), Err(ShiftError::UnknownTask));
}

#[test]
fn the_blocker_that_ends_last_pushes() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    // Both 2 and 3 wait for 1 and hold 4 up; 3 takes longer. Either is told first once.
    for edges in [[(1, 2), (1, 3), (2, 4), (3, 4)], [(1, 3), (1, 2), (3, 4), (2, 4)]] {
        let tasks = [
            task(1, Some(0), Some(0), &calendar),
            task(2, Some(0), Some(1), &calendar),
            task(3, Some(0), Some(2), &calendar),
            task(4, Some(2), Some(3), &calendar),
        ];
        let graph: Edges = edges.into_iter().collect();
        let found = shift(&graph, known(&tasks), 1, Move::WorkingDays(2)).unwrap();
        let last = found.tasks.last().unwrap();
        assert_eq!((last.node, last.working_days, last.pushed_by), (4, 2, Some(3)));
        assert_eq!(last.start_on, Some((day(2), day(4))));
    }
}

#[test]
fn of_blockers_that_end_together_the_smaller_one_is_named() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    for edges in [[(1, 2), (1, 3), (2, 4), (3, 4)], [(1, 3), (1, 2), (3, 4), (2, 4)]] {
        let tasks: Vec<_> = (1..=4).map(|node| task(node, Some(0), Some(0), &calendar)).collect();
        let graph: Edges = edges.into_iter().collect();
        let found = shift(&graph, known(&tasks), 1, Move::WorkingDays(1)).unwrap();
        let last = found.tasks.last().unwrap();
        assert_eq!((last.node, last.pushed_by), (4, Some(2)));
    }
}

#[test]
fn a_cycle_that_is_pushed_is_reported_and_stays() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    // 1 blocks 2 and 5; 2, 3 and 4 go round; 4 blocks 6.
    let graph: Edges = [(1, 2), (2, 3), (3, 4), (4, 2), (4, 6), (1, 5)].into_iter().collect();
    let tasks: Vec<_> = (1..=6).map(|node| task(node, Some(0), Some(1), &calendar)).collect();
    let found = shift(&graph, known(&tasks), 1, Move::WorkingDays(1)).unwrap();
    assert_eq!(found.tasks.iter().map(|task| task.node).collect::<Vec<_>>(), [1, 5]);
    assert_eq!(found.cycles.len(), 1);
    assert_eq!(found.cycles[0].path, [2, 3, 4]);
    // To move a member moves it alone.
    let found = shift(&graph, known(&tasks), 3, Move::WorkingDays(1)).unwrap();
    assert_eq!(found.tasks.iter().map(|task| task.node).collect::<Vec<_>>(), [3]);
    assert_eq!(found.cycles.len(), 1);
}
