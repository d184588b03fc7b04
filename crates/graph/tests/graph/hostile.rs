//! What nobody should ask: graphs that would overflow a stack, dates at the ends of time.

use jiff::civil::Date;
use mainstem_graph::{
    Calendar, Closing, Direction, Move, OpenTask, TimeOff, WorkingHours, closes_cycle, conflicts,
    cycles, schedule, shift, transitive,
};
use mainstem_model::Timestamp;

use crate::support::{Edges, MONDAY, calendars, now};

const MANY: u32 = 100_000;

fn chain() -> Edges {
    (0..MANY - 1).map(|node| (node, node + 1)).collect()
}

fn ring() -> Edges {
    (0..MANY).map(|node| (node, (node + 1) % MANY)).collect()
}

fn task(node: u32, calendar: &Calendar) -> OpenTask<'_> {
    OpenTask {
        node,
        remaining_seconds: Some(3_600),
        start_on: Some(MONDAY),
        due_on: Some(MONDAY + jiff::Span::new().days(1)),
        calendar,
    }
}

#[test]
fn a_chain_of_100_000() {
    let [calendar, ..] = calendars();
    let chain = chain();
    let reached = transitive(&chain, MANY - 1, Direction::Blockers, usize::MAX);
    assert_eq!(reached.nodes, (0..MANY - 1).rev().collect::<Vec<_>>());
    assert_eq!(cycles(&chain, 0..MANY), []);
    let Closing::Cycle(path) = closes_cycle(&chain, MANY - 1, 0, usize::MAX) else { panic!() };
    assert_eq!(path.len(), MANY as usize);

    let tasks: Vec<_> = (0..MANY).map(|node| task(node, &calendar)).collect();
    let planned = schedule(&chain, &tasks, &[MANY - 1], now(0));
    assert_eq!(planned.critical_path, (0..MANY).collect::<Vec<_>>());
    assert_eq!(calendar.working_seconds(now(0), planned.finish.unwrap()), 3_600 * i64::from(MANY));

    let moved = shift(&chain, |node| tasks.get(node as usize).copied(), 0, Move::WorkingDays(1));
    let moved = moved.unwrap().tasks;
    assert_eq!(moved.len(), MANY as usize);
    // All begin on one Monday and take two days: each must wait for one more day.
    let last = moved.last().unwrap();
    assert_eq!((last.node, last.working_days), (MANY - 1, i64::from(MANY)));
    assert_eq!(conflicts(&chain, &tasks, Some(&planned), now(0)).len(), MANY as usize - 1);
}

#[test]
fn a_ring_of_100_000() {
    let [calendar, ..] = calendars();
    let ring = ring();
    let reached = transitive(&ring, 5, Direction::Waiting, usize::MAX);
    assert_eq!(reached.nodes.len(), MANY as usize - 1);
    let found = cycles(&ring, [77]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, (0..MANY).collect::<Vec<_>>());
    let tasks: Vec<_> = (0..MANY).map(|node| task(node, &calendar)).collect();
    let planned = schedule(&ring, &tasks, &[3], now(0));
    assert_eq!((planned.tasks.len(), planned.cycles.len(), planned.finish), (0, 1, None));
    let moved = shift(&ring, |node| tasks.get(node as usize).copied(), 9, Move::WorkingDays(1));
    let moved = moved.unwrap();
    assert_eq!((moved.tasks.len(), moved.cycles.len()), (1, 1));
}

#[test]
fn a_star_of_100_000_both_ways() {
    let [calendar, ..] = calendars();
    let star: Edges = (1..MANY).flat_map(|node| [(node, 0), (0, MANY + node)]).collect();
    let tasks: Vec<_> = (0..2 * MANY).map(|node| task(node, &calendar)).collect();
    assert_eq!(transitive(&star, 0, Direction::Blockers, usize::MAX).nodes.len(), 99_999);
    assert_eq!(
        transitive(&star, MANY + 1, Direction::Blockers, usize::MAX).nodes.len(),
        MANY as usize
    );
    assert_eq!(transitive(&star, 0, Direction::Waiting, 10).nodes.len(), 10);
    let planned = schedule(&star, &tasks, &[MANY + 1], now(0));
    assert_eq!(planned.critical_path, [1, 0, MANY + 1]);
    let moved = shift(&star, |node| tasks.get(node as usize).copied(), 7, Move::WorkingDays(1));
    assert_eq!(moved.unwrap().tasks.len(), MANY as usize + 1);
}

#[test]
fn one_who_waits_for_itself() {
    let [calendar, ..] = calendars();
    let graph: Edges = [(1, 1), (1, 1), (1, 2)].into_iter().collect();
    let tasks = [task(1, &calendar), task(2, &calendar)];
    assert!(transitive(&graph, 1, Direction::Blockers, 10).nodes.is_empty());
    assert_eq!(cycles(&graph, [1, 2])[0].path, [1]);
    let planned = schedule(&graph, &tasks, &[2], now(0));
    assert_eq!((planned.cycles.len(), planned.behind_cycles), (1, vec![2]));
    let moved = shift(
        &graph,
        |node| tasks.iter().find(|task| task.node == node).copied(),
        1,
        Move::WorkingDays(1),
    );
    assert_eq!(moved.unwrap().cycles[0].members, [1]);
}

#[test]
fn nothing_at_all() {
    let graph = Edges::default();
    assert!(transitive(&graph, 0, Direction::Blockers, 0).nodes.is_empty());
    assert_eq!(cycles(&graph, []), []);
    let planned = schedule(&graph, &[], &[1], now(0));
    assert_eq!((planned.tasks.len(), planned.finish), (0, None));
    assert_eq!(conflicts(&graph, &[], None, now(0)), []);
}

#[test]
fn the_ends_of_time() {
    let dates = [
        Date::MIN,
        Date::MIN.tomorrow().unwrap(),
        MONDAY,
        Date::MAX.yesterday().unwrap(),
        Date::MAX,
    ];
    let instants = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX].map(Timestamp);
    let numbers = [i64::MIN, -1_000_000, -1, 0, 1, 1_000_000, i64::MAX];
    let everything = TimeOff::Days { first: Date::MIN, last: Date::MAX };
    let ever = TimeOff::Between { from: instants[0], until: instants[5] };
    let never = |off| Calendar::new(&WorkingHours::default(), &[off]).unwrap();
    let mut calendars = Vec::from(calendars());
    calendars.extend([never(everything), never(ever)]);
    calendars.extend(Calendar::of_anybody(&calendars));
    let graph: Edges = [(1, 2), (2, 3)].into_iter().collect();
    for calendar in &calendars {
        for date in dates {
            assert!(calendar.start_of(date) <= calendar.end_of(date));
            assert!(calendar.next_working_day(date) >= date);
            assert_eq!(calendar.working_days(date, date), 0);
            for other in dates {
                let days = calendar.working_days(date, other);
                assert_eq!(days, -calendar.working_days(other, date));
                assert!(date > other || days >= 0);
            }
            for number in numbers {
                let there = calendar.add_working_days(date, number);
                assert!(if number < 0 { there <= date } else { there >= date }, "{date} {number}");
            }
        }
        for instant in instants {
            assert!(calendar.next_working_instant(instant) >= instant);
            let _ = calendar.date_at(instant);
            for other in instants {
                let seconds = calendar.working_seconds(instant, other);
                assert_eq!(seconds, -calendar.working_seconds(other, instant));
                assert!(calendar.blocked_seconds(instant, other) >= 0);
                assert!(instant > other || seconds >= 0);
            }
            for number in numbers {
                let there = calendar.add_working_seconds(instant, number);
                assert!(if number < 0 { there <= instant } else { there >= instant });
            }
            for (date, number) in dates.into_iter().zip(numbers) {
                let task = |node, start_on, due_on| OpenTask {
                    node,
                    remaining_seconds: Some(number),
                    start_on,
                    due_on,
                    calendar,
                };
                let tasks = [
                    task(1, Some(date), Some(date)),
                    task(2, Some(Date::MIN), Some(Date::MAX)),
                    task(3, Some(Date::MAX), Some(Date::MIN)),
                ];
                let planned = schedule(&graph, &tasks, &[3], instant);
                assert_eq!(planned.tasks.len(), 3);
                for task in &planned.tasks {
                    assert!(task.earliest_finish >= task.earliest_start);
                    assert!(task.latest.unwrap().slack_seconds >= 0);
                }
                let _ = conflicts(&graph, &tasks, Some(&planned), instant);
                let known = |node| tasks.iter().find(|task| task.node == node).copied();
                for by in numbers.map(Move::WorkingDays).into_iter().chain([Move::Start(Date::MAX)])
                {
                    let moved = shift(&graph, known, 1, by).unwrap();
                    assert!(moved.cycles.is_empty());
                }
            }
        }
    }
}
