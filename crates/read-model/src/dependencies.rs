//! What follows from who holds up whom: all that is reached, cycles, plans, contradictions, and what a
//! shift moves. The algorithms are those of `mainstem-graph`; here stands which edges count and what is
//! known of a task.

use std::collections::{BTreeSet, HashMap};

use mainstem_graph::{
    Calendar, Conflict, ConflictKind, Cycle, Dependencies, Direction, Move, OpenTask, Schedule,
    Shift, ShiftError, conflicts, cycles, schedule, shift, transitive,
};
use mainstem_model::{Date, LinkReview, TaskId};

use crate::QueryError;
use crate::filter::TaskFilter;
use crate::graph::Edge;
use crate::links::LinkRef;
use crate::names::{NONE, Symbol};
use crate::plan::Plan;
use crate::refs::{MAX_REACHED, PersonRef, TaskRef};
use crate::row::TaskRow;
use crate::select::passing;
use crate::view::{TaskOrdinal, View};

/// Tasks that wait for each other in a circle.
#[derive(Clone)]
pub struct DependencyCycle<'v> {
    /// Each blocks the next one, and the last one the first; a shortest way round, where there are
    /// several.
    pub tasks: Vec<TaskOrdinal>,
    /// The link that closed it: of those on the way the one that began to hold last.
    pub closed_by: LinkRef<'v>,
}

/// A task whose dates contradict those of what it waits for.
#[derive(Clone, Copy)]
pub struct ScheduleConflict<'v> {
    /// What has to be finished first.
    pub blocker: TaskRef<'v>,
    /// What waits for it.
    pub blocked: TaskRef<'v>,
    /// What is wrong.
    pub kind: ConflictKind,
    /// By how many working days.
    pub working_days: i64,
}

/// Who and what waits for a task, directly or not.
#[derive(Clone)]
pub struct Impact<'v> {
    /// Open tasks that wait, by id, at most [`MAX_REACHED`].
    pub tasks: Vec<TaskOrdinal>,
    /// Who is to do them, by id.
    pub people: Vec<PersonRef<'v>>,
    /// The earliest of their due dates.
    pub first_due_on: Option<Date>,
    /// The latest of them.
    pub last_due_on: Option<Date>,
}

/// The edges that hold something up and whose ends the caller sees; only those to open tasks, where
/// that is asked for.
struct Holding<'v> {
    view: &'v View,
    open_only: bool,
}

impl Holding<'_> {
    fn next_to(&self, node: u32, forward: bool) -> impl Iterator<Item = u32> {
        let Self { view, open_only } = *self;
        view.next_to(node, forward).filter(move |other| !open_only || view.is_open(*other))
    }
}

impl Dependencies for Holding<'_> {
    fn blockers_of(&self, node: u32) -> impl Iterator<Item = u32> {
        self.next_to(node, false)
    }

    fn waiting_for(&self, node: u32) -> impl Iterator<Item = u32> {
        self.next_to(node, true)
    }
}

impl<'v> TaskRef<'v> {
    /// Tasks that must finish first, by id. `open_only`: those that are open and not deleted, and
    /// the way to others leads through open ones only. `transitive`: all that can be reached, at
    /// most [`MAX_REACHED`], this task itself never among them.
    #[must_use]
    pub fn blocked_by(self, open_only: bool, transitive: bool) -> Vec<TaskOrdinal> {
        self.reached(Direction::Blockers, open_only, transitive)
    }

    /// Tasks that wait for this one; as [`TaskRef::blocked_by`].
    #[must_use]
    pub fn blocks(self, open_only: bool, transitive: bool) -> Vec<TaskOrdinal> {
        self.reached(Direction::Waiting, open_only, transitive)
    }

    fn reached(self, direction: Direction, open_only: bool, all: bool) -> Vec<TaskOrdinal> {
        let holding = Holding { view: self.view, open_only };
        let mut reached = if all {
            transitive(&holding, self.ordinal, direction, MAX_REACHED).nodes
        } else {
            holding.next_to(self.ordinal, direction == Direction::Waiting).collect()
        };
        // Of several links between the same tasks only one counts.
        reached.sort_unstable();
        reached.dedup();
        self.by_id(reached.into_iter())
    }

    /// Who and what waits for it.
    #[must_use]
    pub fn impact(self) -> Impact<'v> {
        let tasks = self.blocks(true, true);
        let (mut people, mut due) = (BTreeSet::new(), BTreeSet::new());
        for task in tasks.iter().filter_map(|task| self.view.task_at(*task)) {
            people.extend(task.assignees().map(|person| (person.id(), person.symbol)));
            due.extend(task.due_on());
        }
        let people = people.into_iter();
        Impact {
            tasks,
            people: people.filter_map(|(_, symbol)| self.view.person_ref(symbol)).collect(),
            first_due_on: due.first().copied(),
            last_due_on: due.last().copied(),
        }
    }
}

impl View {
    /// The edges by which something holds a task up, or (forward) by which it holds something up, as far
    /// as the caller sees; open or not.
    pub(crate) fn holding(&self, node: u32, forward: bool) -> impl Iterator<Item = &Edge> {
        self.snapshot().graph.edges(node).iter().filter(move |edge| {
            edge.forward == forward && edge.blocks() && edge.other != NONE && self.shows(edge)
        })
    }

    /// Who blocks a task, or (forward) whom it blocks; as [`View::holding`].
    pub(crate) fn next_to(&self, node: u32, forward: bool) -> impl Iterator<Item = u32> {
        self.holding(node, forward).map(|edge| edge.other)
    }

    /// Whether a task has a link to one of another source.
    pub(crate) fn links_across(&self, ordinal: u32, row: &TaskRow) -> bool {
        self.snapshot().graph.edges(ordinal).iter().any(|edge| {
            edge.review != LinkReview::Rejected
                && self.row(edge.other).is_some_and(|other| other.source != row.source)
                && self.shows(edge)
        })
    }

    /// The circles in which open tasks wait for each other, by the smallest id in them.
    #[must_use]
    pub fn cycles(&self) -> Vec<DependencyCycle<'_>> {
        let holding = Holding { view: self, open_only: true };
        // Who stands in a circle waits for somebody.
        let waiting = &*self.blocked_rows() & self.universe();
        let found = cycles(&holding, waiting);
        let mut cycles: Vec<_> = found.iter().filter_map(|cycle| self.closed(cycle)).collect();
        cycles.sort_by_key(|cycle| {
            cycle.tasks.iter().filter_map(|task| self.row(task.0)).map(|row| row.id).min()
        });
        cycles
    }

    fn closed(&self, cycle: &Cycle) -> Option<DependencyCycle<'_>> {
        let next = cycle.path.iter().cycle().skip(1);
        let links = cycle.path.iter().zip(next).filter_map(|(from, to)| self.holds_up(*from, *to));
        let closed_by = links.max_by_key(|link| (link.since(), link.id()))?;
        let tasks = cycle.path.iter().map(|node| TaskOrdinal(*node)).collect();
        Some(DependencyCycle { tasks, closed_by })
    }

    /// Of the links by which one task holds up another the one that has held longest.
    fn holds_up(&self, from: u32, to: u32) -> Option<LinkRef<'_>> {
        let between = self.holding(from, true).filter(|edge| edge.other == to);
        let links = between.map(|edge| LinkRef::of_edge(self, from, edge));
        links.min_by_key(|link| (link.since(), link.id()))
    }

    /// Whether it would close a circle if one task blocked another: the tasks in it, each of which
    /// blocks the next one. Nothing where it would not, or where that is too far away to be told.
    #[must_use]
    pub fn would_close(&self, from: TaskOrdinal, to: TaskOrdinal) -> Vec<TaskOrdinal> {
        let holding = Holding { view: self, open_only: true };
        match mainstem_graph::closes_cycle(&holding, from.0, to.0, MAX_REACHED) {
            mainstem_graph::Closing::Cycle(path) => path.into_iter().map(TaskOrdinal).collect(),
            _ => Vec::new(),
        }
    }

    /// When the last of these tasks can be finished, and what determines that: them and all that they
    /// wait for, at most [`MAX_REACHED`] of each, by the critical path method.
    #[must_use]
    pub fn critical_path(&self, targets: &[TaskOrdinal]) -> Schedule {
        let holding = Holding { view: self, open_only: true };
        let targets = targets.iter().map(|task| task.0).filter(|node| self.is_open(*node));
        let targets: Vec<u32> = targets.collect();
        let mut nodes: BTreeSet<u32> = targets.iter().copied().collect();
        for target in &targets {
            nodes.extend(transitive(&holding, *target, Direction::Blockers, MAX_REACHED).nodes);
        }
        let planning = Planning::of(self, nodes.iter().copied());
        let tasks: Vec<_> = nodes.iter().filter_map(|node| planning.task(*node)).collect();
        schedule(&holding, &tasks, &targets, self.now())
    }

    /// Whose dates contradict those of what they wait for, by the ids of both; `filter` says which
    /// waiting tasks are looked at.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn schedule_conflicts(
        &self,
        filter: Option<&TaskFilter>,
    ) -> Result<Vec<ScheduleConflict<'_>>, QueryError> {
        let holding = Holding { view: self, open_only: true };
        let plan = Plan::of(self, filter)?;
        let waiting = &*passing(self, &plan) & &*self.blocked_rows();
        let mut nodes = waiting.clone();
        nodes.extend(waiting.iter().flat_map(|node| holding.next_to(node, false)));
        let planning = Planning::of(self, nodes.iter());
        let tasks: Vec<_> = nodes.iter().filter_map(|node| planning.task(node)).collect();
        let found = conflicts(&holding, &tasks, None, self.now());
        let asked_for = found.into_iter().filter(|conflict| waiting.contains(conflict.blocked));
        let mut conflicts: Vec<_> = asked_for.filter_map(|one| self.conflict(one)).collect();
        conflicts.sort_by_key(ScheduleConflict::place);
        Ok(conflicts)
    }

    fn conflict(&self, conflict: Conflict) -> Option<ScheduleConflict<'_>> {
        let Conflict { blocker, blocked, kind, working_days } = conflict;
        let (blocker, blocked) = (self.task_ref(blocker)?, self.task_ref(blocked)?);
        Some(ScheduleConflict { blocker, blocked, kind, working_days })
    }

    /// What moves if a task moves so.
    ///
    /// # Errors
    /// [`ShiftError`] says what is missing.
    pub fn shift(&self, task: TaskOrdinal, by: Move) -> Result<Shift, ShiftError> {
        let holding = Holding { view: self, open_only: true };
        let ahead = transitive(&holding, task.0, Direction::Waiting, MAX_REACHED).nodes;
        let planning = Planning::of(self, std::iter::once(task.0).chain(ahead));
        shift(&holding, |node| planning.task(node), task.0, by)
    }
}

impl ScheduleConflict<'_> {
    fn place(&self) -> (TaskId, TaskId, ConflictKind) {
        (self.blocked.id(), self.blocker.id(), self.kind)
    }
}

/// What is known of a set of tasks for planning.
struct Planning<'v> {
    view: &'v View,
    /// Those who do each task, as far as the caller sees.
    who: HashMap<u32, Box<[Symbol]>>,
    /// The calendars of those who keep other days than the team.
    calendars: HashMap<Box<[Symbol]>, Calendar>,
}

impl<'v> Planning<'v> {
    fn of(view: &'v View, nodes: impl IntoIterator<Item = u32>) -> Self {
        let mut planning = Self { view, who: HashMap::new(), calendars: HashMap::new() };
        for task in nodes.into_iter().filter_map(|node| view.task_ref(node)) {
            let who: Box<[Symbol]> = task.assignees().map(|person| person.symbol).collect();
            if !planning.calendars.contains_key(&who)
                && let Some(calendar) = calendar_of(view, task)
            {
                planning.calendars.insert(who.clone(), calendar);
            }
            planning.who.insert(task.ordinal, who);
        }
        planning
    }

    /// What is known of a task; `None` of one that is not of the set.
    fn task(&self, node: u32) -> Option<OpenTask<'_>> {
        let row = self.view.row(node)?;
        let who = self.who.get(&node)?;
        let calendars = self.view.calendars();
        let calendar = self.calendars.get(who).unwrap_or_else(|| calendars.common());
        Some(OpenTask {
            node,
            remaining_seconds: self.remaining(row, calendar),
            start_on: row.start_on,
            due_on: row.due_on,
            calendar,
        })
    }

    /// What is left of the estimate; where nobody estimated, the time that is planned for it.
    fn remaining(&self, row: &TaskRow, calendar: &Calendar) -> Option<i64> {
        if let Some(estimate) = row.estimate {
            return Some(estimate.saturating_sub(row.time_spent.unwrap_or_default()).max(0));
        }
        let from = calendar.start_of(row.start_on?).max(self.view.now());
        Some(calendar.working_seconds(from, calendar.end_of(row.due_on?)).max(0))
    }
}

/// The calendar of those who do a task, where one of them keeps other days than the team.
fn calendar_of(view: &View, task: TaskRef<'_>) -> Option<Calendar> {
    let now = view.now();
    let calendars = view.calendars();
    let own = |person: PersonRef<'_>| {
        let away = person.away(now).map(|away| (now, away.until));
        calendars.of_person(person.email(), away)
    };
    let theirs: Vec<Option<Calendar>> = task.assignees().map(own).collect();
    if theirs.iter().all(Option::is_none) {
        return None;
    }
    let common = calendars.common();
    Calendar::of_anybody(theirs.iter().map(|own| own.as_ref().unwrap_or(common)))
}
