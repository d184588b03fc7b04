//! What the algorithms cost on 100,000 tasks and 200,000 edges: what a task waits for, cycles, the
//! critical path of everything, a shift at the bottom of everything, and the calendar.
//!
//! The graph is layered as plans are: each task of a layer waits for two tasks of the layer below
//! that stand near it, so that trees of blockers overlap.
//!
//! `cargo run --release -p mainstem-graph --example graph_cost`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people who measure"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::Span;
use jiff::civil::{Date, date};
use mainstem_graph::calendar::time_zone;
use mainstem_graph::{
    Calendar, Dependencies, Direction, Move, OpenTask, TimeOff, WorkingHours, conflicts, cycles,
    schedule, shift, transitive,
};
use mainstem_model::Timestamp;

const LAYERS: u32 = 25;
const WIDTH: u32 = 4_000;
const TASKS: u32 = LAYERS * WIDTH;
const MONDAY: Date = date(2026, 3, 9);

/// Adjacency lists by node, as the read model keeps them.
struct Lists {
    blockers: Vec<Vec<u32>>,
    waiting: Vec<Vec<u32>>,
}

impl Dependencies for Lists {
    fn blockers_of(&self, node: u32) -> impl Iterator<Item = u32> {
        self.blockers[node as usize].iter().copied()
    }

    fn waiting_for(&self, node: u32) -> impl Iterator<Item = u32> {
        self.waiting[node as usize].iter().copied()
    }
}

impl Lists {
    /// `near`: how far away in the layer below a blocker may stand.
    fn layered(near: u32, random: &mut Random) -> Self {
        let mut lists = Self {
            blockers: vec![Vec::new(); TASKS as usize],
            waiting: vec![Vec::new(); TASKS as usize],
        };
        // The lowest layer has nothing below it; what that lacks stands among the others.
        for edge in 0..2 * TASKS {
            let node = WIDTH + edge % (TASKS - WIDTH);
            let place = (node % WIDTH + random.below(2 * near + 1) + WIDTH - near) % WIDTH;
            lists.add(node - node % WIDTH - WIDTH + place, node);
        }
        lists
    }

    fn add(&mut self, blocker: u32, blocked: u32) {
        self.blockers[blocked as usize].push(blocker);
        self.waiting[blocker as usize].push(blocked);
    }
}

/// A linear congruential generator: the same graph each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

fn main() {
    let mut random = Random(1);
    let mut graph = Lists::layered(5, &mut random);
    let calendars = calendars();
    let tasks: Vec<_> = (0..TASKS).map(|node| task(node, &calendars, &mut random)).collect();
    let now: Timestamp = "2026-03-09T08:00:00Z".parse().unwrap();

    let nodes: Vec<_> = (0..2_000).map(|_| random.below(TASKS)).collect();
    each("transitive blockers of any task", nodes.iter().copied(), |node| {
        transitive(&graph, node, Direction::Blockers, usize::MAX).nodes.len()
    });
    each("transitive blockers of a task in the top layer", TASKS - 1_000..TASKS, |node| {
        transitive(&graph, node, Direction::Blockers, usize::MAX).nodes.len()
    });
    each("the same, at most 1,000", TASKS - 1_000..TASKS, |node| {
        transitive(&graph, node, Direction::Blockers, 1_000).nodes.len()
    });
    let tangled = Lists::layered(WIDTH / 2, &mut random);
    each("the same where any two layers are tangled", TASKS - 100..TASKS, |node| {
        transitive(&tangled, node, Direction::Blockers, usize::MAX).nodes.len()
    });
    once("cycles of the whole, which has none", || cycles(&graph, 0..TASKS).len());
    let targets: Vec<_> = (TASKS - WIDTH..TASKS).collect();
    // As soon as it can be done, whatever the plan says.
    let at_once: Vec<_> = tasks.iter().map(|task| OpenTask { start_on: None, ..*task }).collect();
    once("schedule and critical path of the whole", || {
        schedule(&graph, &at_once, &targets, now).critical_path.len()
    });
    let planned = schedule(&graph, &tasks, &targets, now);
    once("conflicts of the whole", || conflicts(&graph, &tasks, Some(&planned), now).len());
    let known = |node: u32| tasks.get(node as usize).copied();
    each("shift of a task in the lowest layer by 30 days", 0..1_000, |node| {
        shift(&graph, known, node, Move::WorkingDays(30)).unwrap().tasks.len()
    });
    once("shift that moves half of everything", || {
        shift(&tangled, known, 0, Move::WorkingDays(3_000)).unwrap().tasks.len()
    });
    for _ in 0..100 {
        graph.add(TASKS - 1 - random.below(WIDTH), random.below(WIDTH));
    }
    once("cycles of the whole, tied together by 100 edges", || {
        cycles(&graph, 0..TASKS).iter().map(|cycle| cycle.members.len()).sum()
    });

    let hours = WorkingHours { zone: time_zone("Europe/Berlin").unwrap(), ..<_>::default() };
    let holidays: Vec<_> =
        (0..200).map(|number| TimeOff::Day(MONDAY + Span::new().days(number * 17))).collect();
    each("a calendar with 200 holidays made", 0..1_000, |_| {
        black_box(Calendar::new(&hours, &holidays)).map_or(0, |_| 1)
    });
    let calendar = Calendar::new(&hours, &holidays).unwrap();
    let decade = now.plus_seconds(10 * 365 * 86_400);
    each("working seconds of a decade, a thousand times", 0..1_000, |number| {
        let from = now.plus_seconds(i64::from(number));
        (0..1_000).map(|_| calendar.working_seconds(black_box(from), decade)).sum::<i64>() as usize
    });
    each("a decade of working seconds added, a thousand times", 0..1_000, |number| {
        let from = now.plus_seconds(i64::from(number));
        let add = |_| calendar.add_working_seconds(black_box(from), 70_000_000).0;
        (0..1_000).map(add).max().unwrap_or_default() as usize
    });
}

/// Fifty people in five zones, each with a vacation.
fn calendars() -> Vec<Calendar> {
    let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"];
    let person = |number: i64| {
        let zone = time_zone(zones[number as usize % zones.len()]).unwrap();
        let first = MONDAY + Span::new().days(number * 3);
        let vacation = TimeOff::Days { first, last: first + Span::new().days(13) };
        Calendar::new(&WorkingHours { zone, ..<_>::default() }, &[vacation]).unwrap()
    };
    (0..50).map(person).collect()
}

/// A layer takes two weeks, and a task up to eleven days of it.
fn task<'c>(node: u32, calendars: &'c [Calendar], random: &mut Random) -> OpenTask<'c> {
    let start = MONDAY + Span::new().days(i64::from(node / WIDTH * 14 + random.below(3)));
    OpenTask {
        node,
        remaining_seconds: (!node.is_multiple_of(7)).then(|| i64::from(random.below(9)) * 14_400),
        start_on: Some(start),
        due_on: Some(start + Span::new().days(i64::from(random.below(12)))),
        calendar: &calendars[random.below(50) as usize],
    }
}

fn each(label: &str, over: impl Iterator<Item = u32>, run: impl Fn(u32) -> usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for number in over {
        let began = Instant::now();
        found += black_box(run(number));
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let [median, late] = [50, 99].map(|percent| micros(times[times.len() * percent / 100]));
    let worst = micros(times[times.len() - 1]);
    let found = found / times.len();
    println!(
        "{label:<52} median {median:>7.1}, p99 {late:>7.1}, worst {worst:>7.1} µs ({found} found)"
    );
}

fn once(label: &str, run: impl Fn() -> usize) {
    let began = Instant::now();
    let found = black_box(run());
    println!("{label:<52} {:>7.1} ms ({found} found)", began.elapsed().as_secs_f64() * 1e3);
}
