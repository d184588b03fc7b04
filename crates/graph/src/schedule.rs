//! When things can be done: earliest and latest dates, slack and the critical path.

use mainstem_model::Timestamp;

use crate::access::{Dependencies, OpenTask};
use crate::calendar::whole_seconds_up;
use crate::cycles::Cycle;
use crate::subgraph::Subgraph;

/// When one task can and must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledTask {
    /// Its node.
    pub node: u32,
    /// Not before all blockers are finished, the day on which it may start has begun, now, and
    /// whoever does it works. Where nothing remains to be done the last one does not matter.
    pub earliest_start: Timestamp,
    /// When its remaining work is done if it starts at the earliest.
    pub earliest_finish: Timestamp,
    /// When it must be done for the targets; `None` where none of them waits for it.
    pub latest: Option<Latest>,
    /// Working seconds from the end of the day on which it is due to its earliest finish: 0 where it
    /// can be finished in time, `None` where it has no due date.
    pub overrun_seconds: Option<i64>,
    /// Whether nobody knows its remaining work, which was counted as nothing.
    pub work_is_unknown: bool,
}

/// When a task must be done so that the last target is still finished at its earliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    /// The last moment to start.
    pub start: Timestamp,
    /// The last moment to finish, which may lie outside the hours of whoever does it.
    pub finish: Timestamp,
    /// Working seconds of whoever does it from the earliest to the latest start: its total slack
    /// (or float). Never negative.
    pub slack_seconds: i64,
}

/// When a set of tasks can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Those that can be scheduled, by node.
    pub tasks: Vec<ScheduledTask>,
    /// When the last target is finished at the earliest; `None` where there is no target, or one of
    /// them cannot be scheduled.
    pub finish: Option<Timestamp>,
    /// The chain that determines that, in the order in which it is worked on, to the target that is
    /// finished last. Each can start only when the one before it is finished; the first one waits for
    /// no other task. Where several blockers hold a task up equally, it goes over the one that is
    /// finished last, then over the one with more tasks before it (so that, where no work is known,
    /// this is the longest chain), then over the smaller node. Empty where `finish` is `None`.
    pub critical_path: Vec<u32>,
    /// The cycles among the tasks, whose members are not scheduled.
    pub cycles: Vec<Cycle>,
    /// Tasks that wait for such a cycle without standing in it, and so are not scheduled, in
    /// ascending order.
    pub behind_cycles: Vec<u32>,
}

impl Schedule {
    /// One task of it; `None` where it is not scheduled.
    #[must_use]
    pub fn task(&self, node: u32) -> Option<&ScheduledTask> {
        let place = self.tasks.binary_search_by_key(&node, |task| task.node);
        place.ok().and_then(|place| self.tasks.get(place))
    }
}

/// Schedules tasks by the critical path method: everybody does what can be done as soon as it can
/// be done, any number of things at once. A blocker that is not among the tasks holds nothing up.
///
/// `targets` are what must be reached, one task or all of a milestone; those that are not among the
/// tasks are taken as done. The targets' dates and those of what they wait for follow backwards
/// from the finish of the last one. Instants are whole seconds; `now` counts as the next one.
pub fn schedule(
    dependencies: &impl Dependencies,
    tasks: &[OpenTask<'_>],
    targets: &[u32],
    now: Timestamp,
) -> Schedule {
    let graph = Subgraph::among(dependencies, tasks.iter().map(|task| task.node));
    let mut by_number = vec![None; graph.len()];
    for task in tasks {
        if let Some(number) = graph.number(task.node) {
            by_number[number].get_or_insert(task);
        }
    }
    let components = graph.components();
    let mut passes = Passes {
        graph: &graph,
        tasks: by_number.into_iter().flatten().collect(),
        planned: vec![None; graph.len()],
        latest: vec![None; graph.len()],
    };
    let mut cycles = Vec::new();
    let mut behind_cycles = Vec::new();
    let mut order = Vec::with_capacity(graph.len());
    let now = Timestamp::from_seconds(whole_seconds_up(now));
    for component in &components {
        if graph.is_cyclic(component) {
            cycles.push(Cycle::of(&graph, component));
        } else if passes.plan(component[0], now) {
            order.push(component[0]);
        } else {
            behind_cycles.push(graph.node(component[0]));
        }
    }
    cycles.sort_unstable_by_key(|cycle| cycle.path.first().copied());
    behind_cycles.sort_unstable();

    let mut targets: Vec<_> = targets.iter().filter_map(|node| graph.number(*node)).collect();
    targets.sort_unstable();
    targets.dedup();
    let last = passes.last_of(&targets);
    if let Some((_, finish)) = last {
        passes.look_back(&order, &targets, finish);
    }
    let mut tasks: Vec<_> = order.iter().filter_map(|number| passes.scheduled(*number)).collect();
    tasks.sort_unstable_by_key(|task| task.node);
    Schedule {
        tasks,
        finish: last.map(|(_, finish)| finish),
        critical_path: last.map_or_else(Vec::new, |(last, _)| passes.critical_path(last)),
        cycles,
        behind_cycles,
    }
}

/// The forward and the backward pass, by number.
struct Passes<'s, 'c> {
    graph: &'s Subgraph,
    tasks: Vec<&'s OpenTask<'c>>,
    planned: Vec<Option<Planned>>,
    latest: Vec<Option<(Timestamp, Timestamp)>>,
}

#[derive(Clone, Copy)]
struct Planned {
    start: Timestamp,
    finish: Timestamp,
    /// The blocker that determines the start.
    driver: Option<usize>,
    /// How many tasks the chain of drivers has up to this one.
    length: u32,
}

impl Passes<'_, '_> {
    /// Plans a task whose blockers are planned; answers whether they all are.
    fn plan(&mut self, number: usize, now: Timestamp) -> bool {
        let task = self.tasks[number];
        let mut blockers = Vec::new();
        for blocker in self.graph.blockers(number) {
            let Some(planned) = self.planned[blocker] else { return false };
            blockers.push((blocker, planned));
        }
        let calendar = task.calendar;
        let floor = task.start_on.map_or(now, |date| now.max(calendar.start_of(date)));
        let ready = blockers.iter().fold(floor, |ready, (_, blocker)| ready.max(blocker.finish));
        let work = work_of(task);
        let start = if work == 0 { ready } else { calendar.next_working_instant(ready) };
        // It determines the start if between its finish and that nobody could work.
        let binds = |finish: Timestamp| {
            finish >= start || work > 0 && calendar.working_seconds(finish, start) == 0
        };
        let driver = blockers
            .into_iter()
            .filter(|(_, blocker)| binds(blocker.finish))
            .max_by_key(|(number, blocker)| self.rank(*number, *blocker));
        let finish = calendar.add_working_seconds(start, work);
        self.planned[number] = Some(Planned {
            start,
            finish,
            driver: driver.map(|(number, _)| number),
            length: driver.map_or(1, |(_, planned)| planned.length + 1),
        });
        true
    }

    /// What finishes later ranks higher, then the longer chain, then the smaller node.
    fn rank(&self, number: usize, planned: Planned) -> impl Ord + use<> {
        (planned.finish, planned.length, std::cmp::Reverse(self.graph.node(number)))
    }

    /// The target that is finished last, and when; `None` where one of them is not planned.
    fn last_of(&self, targets: &[usize]) -> Option<(usize, Timestamp)> {
        let planned: Option<Vec<_>> = targets
            .iter()
            .map(|number| self.planned[*number].map(|planned| (*number, planned)))
            .collect();
        let last =
            planned?.into_iter().max_by_key(|(number, planned)| self.rank(*number, *planned))?;
        Some((last.0, last.1.finish))
    }

    /// The backward pass over the planned tasks, blockers last.
    fn look_back(&mut self, order: &[usize], targets: &[usize], finish: Timestamp) {
        for &number in order.iter().rev() {
            let own = targets.binary_search(&number).is_ok().then_some(finish);
            let waiting = self.graph.waiting(number).filter_map(|waiting| self.latest[waiting]);
            let Some(finish) = waiting.map(|(start, _)| start).chain(own).min() else { continue };
            let task = self.tasks[number];
            let start = task.calendar.add_working_seconds(finish, -work_of(task));
            // It never lies before the earliest one, unless a finish is beyond what can be said.
            let earliest = self.planned[number].map_or(start, |planned| planned.start);
            let start = start.max(earliest);
            self.latest[number] = Some((start, finish));
        }
    }

    fn scheduled(&self, number: usize) -> Option<ScheduledTask> {
        let (task, planned) = (self.tasks[number], self.planned[number]?);
        let calendar = task.calendar;
        Some(ScheduledTask {
            node: task.node,
            earliest_start: planned.start,
            earliest_finish: planned.finish,
            latest: self.latest[number].map(|(start, finish)| Latest {
                start,
                finish,
                slack_seconds: calendar.working_seconds(planned.start, start),
            }),
            overrun_seconds: task
                .due_on
                .map(|due| calendar.working_seconds(calendar.end_of(due), planned.finish).max(0)),
            work_is_unknown: task.remaining_seconds.is_none(),
        })
    }

    fn critical_path(&self, last: usize) -> Vec<u32> {
        let chain = std::iter::successors(Some(last), |number| {
            self.planned[*number].and_then(|planned| planned.driver)
        });
        let mut path: Vec<_> = chain.map(|number| self.graph.node(number)).collect();
        path.reverse();
        path
    }
}

fn work_of(task: &OpenTask<'_>) -> i64 {
    task.remaining_seconds.unwrap_or_default().max(0)
}
