//! Small graphs, their obvious truths, and calendars to plan by.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday, date};
use mainstem_graph::{Calendar, Dependencies, OpenTask, TimeOff, WorkingHours};
use mainstem_model::Timestamp;
use proptest::prelude::*;

/// Edges as they are told, from the blocker to what it blocks.
#[derive(Debug, Clone, Default)]
pub struct Edges {
    blockers: BTreeMap<u32, Vec<u32>>,
    waiting: BTreeMap<u32, Vec<u32>>,
}

impl FromIterator<(u32, u32)> for Edges {
    fn from_iter<I: IntoIterator<Item = (u32, u32)>>(edges: I) -> Self {
        let mut all = Self::default();
        for (blocker, blocked) in edges {
            all.blockers.entry(blocked).or_default().push(blocker);
            all.waiting.entry(blocker).or_default().push(blocked);
        }
        all
    }
}

impl Dependencies for Edges {
    fn blockers_of(&self, node: u32) -> impl Iterator<Item = u32> {
        self.blockers.get(&node).into_iter().flatten().copied()
    }

    fn waiting_for(&self, node: u32) -> impl Iterator<Item = u32> {
        self.waiting.get(&node).into_iter().flatten().copied()
    }
}

/// How many tasks the small graphs have.
pub const COUNT: usize = 8;

/// The node of each of the small graphs' tasks: far apart, and in another order.
pub const NODES: [u32; COUNT] = [70, 3, u32::MAX, 1_000_000, 0, 71, 4_096, 12];

/// Any edges among the small graph's tasks by number, told twice and to themselves now and then.
pub fn any_edges() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..COUNT, 0..COUNT), 0..14)
}

/// Edges without a cycle.
pub fn acyclic_edges() -> impl Strategy<Value = Vec<(usize, usize)>> {
    any_edges().prop_map(|edges| edges.into_iter().filter(|(from, to)| from < to).collect())
}

/// The edges by node.
pub fn graph_of(edges: &[(usize, usize)]) -> Edges {
    edges.iter().map(|(from, to)| (NODES[*from], NODES[*to])).collect()
}

/// How many edges the shortest way from one task to another has, at least one, by Floyd and
/// Warshall.
pub fn distances(edges: &[(usize, usize)]) -> [[Option<usize>; COUNT]; COUNT] {
    let mut distances = [[None; COUNT]; COUNT];
    for (from, to) in edges {
        distances[*from][*to] = Some(1);
    }
    for over in 0..COUNT {
        for from in 0..COUNT {
            for to in 0..COUNT {
                if let (Some(first), Some(second)) = (distances[from][over], distances[over][to]) {
                    let length: usize = first + second;
                    distances[from][to] =
                        Some(distances[from][to].map_or(length, |known| known.min(length)));
                }
            }
        }
    }
    distances
}

/// The tasks that stand in a cycle with this one, by number; empty where it stands in none.
pub fn cycle_around(distances: &[[Option<usize>; COUNT]; COUNT], number: usize) -> Vec<usize> {
    let both =
        |other: &usize| distances[number][*other].is_some() && distances[*other][number].is_some();
    (0..COUNT).filter(both).collect()
}

/// Calendars that disagree: the default one with a holiday, one of Sunday to Thursday in a zone
/// that is ahead, one that works at night on weekends, too.
pub fn calendars() -> [Calendar; 3] {
    let zone = |name| mainstem_graph::calendar::time_zone(name).unwrap();
    let ahead = WorkingHours {
        zone: zone("Asia/Kathmandu"),
        weekdays: Weekday::Sunday.cycle_forward().take(5).collect(),
        from: jiff::civil::time(10, 0, 0, 0),
        until: jiff::civil::time(14, 30, 0, 0),
    };
    let always = WorkingHours {
        zone: zone("America/New_York"),
        weekdays: Weekday::Monday.cycle_forward().take(7).collect(),
        from: jiff::civil::time(18, 0, 0, 0),
        until: jiff::civil::time(0, 0, 0, 0),
    };
    [
        Calendar::new(&WorkingHours::default(), &[TimeOff::Day(date(2026, 3, 11))]).unwrap(),
        Calendar::new(&ahead, &[]).unwrap(),
        Calendar::new(&always, &[]).unwrap(),
    ]
}

/// What a generated task knows: remaining working seconds, start and due as days from
/// [`MONDAY`], and which calendar.
pub type Plan = (Option<i64>, Option<i64>, Option<i64>, usize);

/// A day in the middle of what is planned.
pub const MONDAY: Date = date(2026, 3, 9);

/// A plan for each task of the small graphs.
pub fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let work = prop_oneof![
        2 => Just(None),
        1 => Just(Some(0)),
        4 => (1..40_i64).prop_map(|hours| Some(hours * 1_800)),
        1 => Just(Some(-5)),
    ];
    let day = || prop::option::weighted(0.6, -6..20_i64);
    prop::collection::vec((work, day(), day(), 0..3_usize), COUNT)
}

/// The tasks of these plans, by number.
pub fn tasks_of<'c>(plans: &[Plan], calendars: &'c [Calendar; 3]) -> Vec<OpenTask<'c>> {
    let date = |days: i64| MONDAY + jiff::Span::new().days(days);
    plans
        .iter()
        .zip(NODES)
        .map(|((work, start, due, calendar), node)| OpenTask {
            node,
            remaining_seconds: *work,
            start_on: start.map(date),
            due_on: due.map(date),
            calendar: &calendars[*calendar],
        })
        .collect()
}

/// An instant in the middle of what is planned.
pub fn now(hours: i64) -> Timestamp {
    let monday: Timestamp = "2026-03-09T00:00:00Z".parse().unwrap();
    monday.plus_seconds(hours * 3_600)
}
