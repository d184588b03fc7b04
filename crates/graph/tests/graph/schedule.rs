use std::collections::BTreeSet;

use mainstem_graph::{Calendar, OpenTask, Schedule, TimeOff, WorkingHours, schedule};
use mainstem_model::Timestamp;
use proptest::prelude::*;

use crate::support::{
    COUNT, Edges, MONDAY, NODES, acyclic_edges, any_edges, calendars, cycle_around, distances,
    graph_of, now, plans, tasks_of,
};

/// Every chain that ends with a task and that nothing blocks (or that begins anywhere), by number.
fn chains_to(edges: &[(usize, usize)], last: usize) -> Vec<Vec<usize>> {
    let blockers: BTreeSet<_> =
        edges.iter().filter(|(_, to)| *to == last).map(|(from, _)| *from).collect();
    let longer = blockers.into_iter().flat_map(|blocker| chains_to(edges, blocker));
    let longer = longer.map(|mut chain| {
        chain.push(last);
        chain
    });
    longer.chain([vec![last]]).collect()
}

/// Every chain from a task to one of the targets.
fn chains_from(edges: &[(usize, usize)], first: usize, targets: &[usize]) -> Vec<Vec<usize>> {
    let own = targets.contains(&first).then(|| vec![first]);
    let waiting: BTreeSet<_> =
        edges.iter().filter(|(from, _)| *from == first).map(|(_, to)| *to).collect();
    let longer = waiting.into_iter().flat_map(|next| chains_from(edges, next, targets));
    longer.map(|chain| [vec![first], chain].concat()).chain(own).collect()
}

fn work_of(task: &OpenTask<'_>) -> i64 {
    task.remaining_seconds.unwrap_or(0).max(0)
}

/// When the last task of a chain starts and finishes, were there no others.
fn walk(chain: &[usize], tasks: &[OpenTask<'_>], now: Timestamp) -> (Timestamp, Timestamp) {
    chain.iter().fold((now, now), |(_, finish), number| {
        let task = &tasks[*number];
        let mut start = finish;
        if let Some(date) = task.start_on {
            start = start.max(task.calendar.start_of(date));
        }
        if work_of(task) > 0 {
            start = task.calendar.next_working_instant(start);
        }
        (start, task.calendar.add_working_seconds(start, work_of(task)))
    })
}

/// When the first task of a chain must start and finish, so that the last one finishes in time.
fn walk_back(chain: &[usize], tasks: &[OpenTask<'_>], finish: Timestamp) -> (Timestamp, Timestamp) {
    chain.iter().rev().fold((finish, finish), |(start, _), number| {
        let task = &tasks[*number];
        (task.calendar.add_working_seconds(start, -work_of(task)), start)
    })
}

fn numbers(nodes: &[u32]) -> Vec<usize> {
    let number = |node: &u32| NODES.iter().position(|other| other == node).unwrap();
    nodes.iter().map(number).collect()
}

proptest! {
    #[test]
    fn agrees_with_every_chain_walked_one_by_one(
        edges in acyclic_edges(),
        plans in plans(),
        targets in prop::sample::subsequence((0..COUNT).collect::<Vec<_>>(), 0..4),
        hours in -200..200_i64,
    ) {
        let calendars = calendars();
        let tasks = tasks_of(&plans, &calendars);
        let nodes: Vec<_> = targets.iter().map(|number| NODES[*number]).collect();
        let now = now(hours);
        let schedule = schedule(&graph_of(&edges), &tasks, &nodes, now);
        prop_assert_eq!(schedule.tasks.len(), COUNT);
        let finish_of = |number| schedule.task(NODES[number]).unwrap().earliest_finish;
        prop_assert_eq!(schedule.finish, targets.iter().map(|number| finish_of(*number)).max());
        for (number, task) in tasks.iter().enumerate() {
            let found = schedule.task(task.node).unwrap();
            let walks = chains_to(&edges, number).into_iter().map(|chain| walk(&chain, &tasks, now));
            let (starts, finishes): (Vec<_>, Vec<_>) = walks.unzip();
            prop_assert_eq!(Some(found.earliest_start), starts.into_iter().max());
            prop_assert_eq!(Some(found.earliest_finish), finishes.into_iter().max());
            prop_assert_eq!(found.work_is_unknown, task.remaining_seconds.is_none());

            let walks = chains_from(&edges, number, &targets)
                .into_iter()
                .map(|chain| walk_back(&chain, &tasks, schedule.finish.unwrap()));
            let (starts, finishes): (Vec<_>, Vec<_>) = walks.unzip();
            prop_assert_eq!(found.latest.map(|latest| latest.start), starts.into_iter().min());
            prop_assert_eq!(found.latest.map(|latest| latest.finish), finishes.into_iter().min());
            if let Some(latest) = found.latest {
                let slack = task.calendar.working_seconds(found.earliest_start, latest.start);
                prop_assert_eq!(latest.slack_seconds, slack);
                prop_assert!(slack >= 0 && latest.start >= found.earliest_start);
            }
            let late = task.due_on.map(|due| {
                let due = task.calendar.end_of(due);
                if found.earliest_finish < due { 0 } else {
                    task.calendar.working_seconds(due, found.earliest_finish)
                }
            });
            prop_assert_eq!(found.overrun_seconds, late);
        }
        is_critical(&schedule, &edges, &tasks, &targets, now)?;
    }

    #[test]
    fn with_one_calendar_nothing_on_the_critical_path_has_slack(
        edges in acyclic_edges(),
        plans in plans(),
        target in 0..COUNT,
        hours in -200..200_i64,
    ) {
        let calendars = calendars();
        let mut tasks = tasks_of(&plans, &calendars);
        for task in &mut tasks {
            task.calendar = &calendars[0];
        }
        let schedule = schedule(&graph_of(&edges), &tasks, &[NODES[target]], now(hours));
        for node in &schedule.critical_path {
            let latest = schedule.task(*node).unwrap().latest.unwrap();
            prop_assert_eq!(latest.slack_seconds, 0);
        }
    }

    #[test]
    fn where_no_work_is_known_the_critical_path_is_the_longest_chain(
        edges in acyclic_edges(),
        target in 0..COUNT,
    ) {
        let calendars = calendars();
        let tasks = tasks_of(&[(None, None, None, 0); COUNT], &calendars);
        let schedule = schedule(&graph_of(&edges), &tasks, &[NODES[target]], now(0));
        let longest = chains_to(&edges, target).iter().map(Vec::len).max();
        prop_assert_eq!(Some(schedule.critical_path.len()), longest);
        prop_assert_eq!(schedule.finish, Some(now(0)));
    }

    #[test]
    fn cycles_and_what_waits_for_them_are_reported(
        edges in any_edges(),
        plans in plans(),
        target in 0..COUNT,
    ) {
        let calendars = calendars();
        let tasks = tasks_of(&plans, &calendars);
        let distances = distances(&edges);
        let schedule = schedule(&graph_of(&edges), &tasks, &[NODES[target]], now(0));
        let in_cycle = |number: &usize| !cycle_around(&distances, *number).is_empty();
        let behind =
            |number: &usize| (0..COUNT).any(|other| in_cycle(&other) && distances[other][*number].is_some());
        let sorted = |numbers: Vec<usize>| {
            let mut nodes: Vec<_> = numbers.into_iter().map(|number| NODES[number]).collect();
            nodes.sort_unstable();
            nodes
        };
        let mut members: Vec<_> =
            schedule.cycles.iter().flat_map(|cycle| cycle.members.clone()).collect();
        members.sort_unstable();
        prop_assert_eq!(members, sorted((0..COUNT).filter(in_cycle).collect()));
        prop_assert_eq!(
            &schedule.behind_cycles,
            &sorted((0..COUNT).filter(|number| !in_cycle(number) && behind(number)).collect())
        );
        let planned: Vec<_> = schedule.tasks.iter().map(|task| task.node).collect();
        prop_assert_eq!(planned, sorted((0..COUNT).filter(|number| !behind(number)).collect()));
        prop_assert_eq!(schedule.finish.is_none(), behind(&target));
        prop_assert_eq!(schedule.critical_path.is_empty(), behind(&target));
    }
}

/// A critical path is a chain to a target, and walked alone it takes as long as everything.
fn is_critical(
    schedule: &Schedule,
    edges: &[(usize, usize)],
    tasks: &[OpenTask<'_>],
    targets: &[usize],
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let path = numbers(&schedule.critical_path);
    let Some(last) = path.last() else {
        prop_assert!(targets.is_empty());
        return Ok(());
    };
    prop_assert!(targets.contains(last));
    prop_assert!(path.windows(2).all(|pair| edges.contains(&(pair[0], pair[1]))), "{:?}", path);
    prop_assert_eq!(Some(walk(&path, tasks, now).1), schedule.finish);
    Ok(())
}

#[test]
fn tells_what_determines_the_finish_and_what_has_slack() {
    // 1 and 2 block 3; 2 takes a day longer than 1, and 4 waits for nothing.
    let graph: Edges = [(1, 3), (2, 3)].into_iter().collect();
    let calendar = Calendar::new(&WorkingHours::default(), &[TimeOff::Day(MONDAY)]).unwrap();
    let task = |node, days: i64| OpenTask {
        node,
        remaining_seconds: Some(days * 28_800),
        start_on: None,
        due_on: Some(MONDAY + jiff::Span::new().days(1)),
        calendar: &calendar,
    };
    let tasks = [task(1, 1), task(2, 2), task(3, 1), task(4, 1)];
    let schedule = schedule(&graph, &tasks, &[3, 99], now(9));
    let text = |instant: Timestamp| instant.to_string();
    assert_eq!(schedule.finish.map(text).as_deref(), Some("2026-03-12T17:00:00Z"));
    assert_eq!(schedule.critical_path, [2, 3]);
    let rows: Vec<_> = schedule
        .tasks
        .iter()
        .map(|task| {
            let slack = task.latest.map(|latest| latest.slack_seconds / 3_600);
            let overrun = task.overrun_seconds.unwrap() / 3_600;
            (task.node, text(task.earliest_start), text(task.earliest_finish), slack, overrun)
        })
        .collect();
    let row = |node, start: &str, finish: &str, slack, overrun| {
        (
            node,
            format!("2026-03-{start}:00:00Z"),
            format!("2026-03-{finish}:00:00Z"),
            slack,
            overrun,
        )
    };
    assert_eq!(
        rows,
        [
            row(1, "10T09", "10T17", Some(8), 0),
            row(2, "10T09", "11T17", Some(0), 8),
            row(3, "12T09", "12T17", Some(0), 16),
            row(4, "10T09", "10T17", None, 0),
        ]
    );
}

#[test]
fn instants_are_whole_seconds_and_never_before_now() {
    let [calendar, ..] = calendars();
    let task = OpenTask {
        node: 1,
        remaining_seconds: Some(60),
        start_on: None,
        due_on: None,
        calendar: &calendar,
    };
    let planned = schedule(&Edges::default(), &[task], &[1], Timestamp(now(10).0 + 1));
    let planned = planned.task(1).unwrap();
    assert_eq!(planned.earliest_start, now(10).plus_seconds(1));
    assert_eq!(planned.latest.unwrap().start, planned.earliest_start);
}

#[test]
fn of_equal_chains_the_smaller_nodes_are_shown_and_of_equal_nodes_the_first_task() {
    let [calendar, ..] = calendars();
    let task = |node, hours: i64| OpenTask {
        node,
        remaining_seconds: Some(hours * 3_600),
        start_on: None,
        due_on: None,
        calendar: &calendar,
    };
    for edges in [[(1, 9), (2, 9)], [(2, 9), (1, 9)]] {
        let graph: Edges = edges.into_iter().collect();
        let tasks = [task(9, 1), task(2, 3), task(1, 3), task(1, 0)];
        let schedule = schedule(&graph, &tasks, &[9], now(9));
        assert_eq!(schedule.critical_path, [1, 9]);
        assert_eq!(schedule.tasks.len(), 3);
    }
}

#[test]
fn a_weekend_between_two_tasks_does_not_break_the_critical_path() {
    let graph: Edges = [(1, 2)].into_iter().collect();
    let [calendar, ..] = calendars();
    let friday = MONDAY - jiff::Span::new().days(3);
    let task = |node, start_on| OpenTask {
        node,
        remaining_seconds: Some(28_800),
        start_on: Some(start_on),
        due_on: None,
        calendar: &calendar,
    };
    // 2 may start on Saturday, but would have started on Monday without that as well.
    let tasks = [task(1, friday), task(2, friday + jiff::Span::new().days(1))];
    assert_eq!(schedule(&graph, &tasks, &[2], now(-200)).critical_path, [1, 2]);
    // Where it must not start before Tuesday, that determines its finish.
    let tasks = [task(1, friday), task(2, friday + jiff::Span::new().days(4))];
    assert_eq!(schedule(&graph, &tasks, &[2], now(-200)).critical_path, [2]);
}
