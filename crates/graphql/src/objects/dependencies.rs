//! What follows from the links: blockage, impact, cycles, the critical path and contradicting dates.

use mainstem_model::{Date, TaskId};
use mainstem_read_model::{
    Blockage, ConflictKind, DependencyCycle, Impact, LinkRef, Page, Schedule, ScheduleConflict,
    ScheduledTask, TaskOrdinal, TaskRef, View,
};

use super::link::LinkNode;
use super::person::PersonNode;
use super::task::TaskNode;
use super::{connection, refused};
use crate::arguments::{Arguments, Target};
use crate::cursor;
use crate::error::{Code, Problem};
use crate::plan::{Field, Selection};
use crate::writer::{Object, Writer, unplanned};

/// Circles that one answer tells.
const MOST_CYCLES: usize = 100;
/// Tasks of a schedule that one answer tells.
const MOST_SCHEDULED: usize = 100;

/// The one type that a field has.
fn selection(field: &Field) -> Result<&Selection, Problem> {
    field.selections.first().ok_or_else(|| unplanned(field))
}

/// Tasks one after the other.
fn row<'a>(
    tasks: &[TaskOrdinal],
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let tasks = tasks.iter().filter_map(|task| view.task_at(*task));
    writer.list(tasks, |writer, task| writer.object(TaskNode { view, task }, field))
}

/// Circles of tasks.
pub fn circles<'a>(
    circles: impl IntoIterator<Item = Vec<TaskOrdinal>>,
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let circles = circles.into_iter().take(MOST_CYCLES);
    writer.list(circles, |writer, tasks| row(&tasks, view, field, writer))
}

/// Writes what holds a task up.
///
/// # Errors
/// As the objects inside.
pub fn blockage<'a>(
    blockage: Option<Blockage<'a>>,
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let Some(blockage) = blockage else {
        writer.null();
        return Ok(());
    };
    writer.fields(selection(field)?, |part, writer| {
        match part.name.as_str() {
            "since" => writer.instant(blockage.since),
            "lasted" => writer.duration(blockage.lasted_seconds),
            "by" => return row(&blockage.by, view, part, writer),
            "reason" => writer.optional(blockage.reason, Writer::string),
            _ => return Err(unplanned(part)),
        }
        Ok(())
    })
}

/// Writes who and what waits for a task.
///
/// # Errors
/// As the objects inside.
pub fn impact<'a>(
    impact: &Impact<'a>,
    task: TaskNode<'a>,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    writer.fields(selection(field)?, |part, writer| {
        match part.name.as_str() {
            "taskCount" => writer.integer(impact.tasks.len() as u64),
            "tasks" => {
                let Arguments::Page(page) = &part.arguments else { return Err(unplanned(part)) };
                return task.listed(&impact.tasks, page, part, writer);
            }
            "people" => {
                return writer
                    .list(&impact.people, |writer, one| writer.object(PersonNode(*one), part));
            }
            "firstDueOn" => writer.optional(impact.first_due_on, Writer::date),
            "lastDueOn" => writer.optional(impact.last_due_on, Writer::date),
            _ => return Err(unplanned(part)),
        }
        Ok(())
    })
}

/// Writes circles with the links that closed them.
///
/// # Errors
/// As the objects inside.
pub fn cycles<'a>(
    cycles: &[DependencyCycle<'a>],
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let selection = selection(field)?;
    writer.list(cycles.iter().take(MOST_CYCLES), |writer, cycle| {
        writer.fields(selection, |part, writer| match part.name.as_str() {
            "tasks" => row(&cycle.tasks, view, part, writer),
            "closedBy" => writer.object(LinkNode { link: cycle.closed_by, view }, part),
            _ => Err(unplanned(part)),
        })
    })
}

/// Writes the critical path to what is to be reached.
///
/// # Errors
/// There is no such task, or as the objects inside.
pub fn critical_path<'a>(
    target: &Target,
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let targets = match target {
        Target::Task(id) => vec![find(view, id)?.ordinal()],
        Target::Milestone(filter) => view.all_tasks(filter).map_err(refused)?,
    };
    let schedule = view.critical_path(&targets);
    writer.fields(selection(field)?, |part, writer| match part.name.as_str() {
        "finishAt" => {
            writer.optional(schedule.finish, Writer::instant);
            Ok(())
        }
        "tasks" => {
            let path = schedule.critical_path.iter();
            scheduled(path.filter_map(|node| schedule.task(*node)), view, part, writer)
        }
        "schedule" => scheduled(by_slack(&schedule), view, part, writer),
        "cycles" => {
            let ordinals =
                |nodes: &[u32]| nodes.iter().copied().map(TaskOrdinal::of_node).collect();
            let circles = schedule.cycles.iter().map(|cycle| ordinals(&cycle.path));
            self::circles(circles, view, part, writer)
        }
        _ => Err(unplanned(part)),
    })
}

/// The tasks of a schedule, the one with the least slack first.
fn by_slack(schedule: &Schedule) -> impl Iterator<Item = &ScheduledTask> {
    let mut tasks: Vec<_> = schedule.tasks.iter().collect();
    tasks.sort_by_key(|task| {
        let slack = task.latest.map(|latest| latest.slack_seconds);
        (slack.is_none(), slack, task.earliest_start, task.node)
    });
    tasks.into_iter().take(MOST_SCHEDULED)
}

fn scheduled<'a, 's>(
    tasks: impl Iterator<Item = &'s ScheduledTask>,
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let selection = selection(field)?;
    writer.list(tasks, |writer, scheduled| {
        writer.fields(selection, |part, writer| {
            match part.name.as_str() {
                "task" => {
                    let task = view.task_at(TaskOrdinal::of_node(scheduled.node));
                    let task = task.ok_or_else(|| unplanned(part))?;
                    return writer.object(TaskNode { view, task }, part);
                }
                "earliestStart" => writer.instant(scheduled.earliest_start),
                "earliestFinish" => writer.instant(scheduled.earliest_finish),
                "latestStart" => {
                    writer.optional(scheduled.latest.map(|latest| latest.start), Writer::instant);
                }
                "latestFinish" => {
                    writer.optional(scheduled.latest.map(|latest| latest.finish), Writer::instant);
                }
                "slack" => {
                    let slack = scheduled.latest.map(|latest| latest.slack_seconds);
                    writer.optional(slack, Writer::duration);
                }
                "overrun" => writer.optional(scheduled.overrun_seconds, Writer::duration),
                "workIsUnknown" => writer.boolean(scheduled.work_is_unknown),
                _ => return Err(unplanned(part)),
            }
            Ok(())
        })
    })
}

/// Writes a page of contradicting dates.
///
/// # Errors
/// The cursor is of another list, or as the objects inside.
pub fn conflicts<'a>(
    view: &'a View,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let Arguments::Matching(filter, page) = &field.arguments else { return Err(unplanned(field)) };
    let conflicts = view.schedule_conflicts(filter.as_ref()).map_err(refused)?;
    let place = |conflict: &ScheduleConflict<'_>| {
        (conflict.blocked.id(), conflict.blocker.id(), conflict.kind as u8)
    };
    let page = page_of(&conflicts, place, page.after.as_deref(), page.limit)?;
    let page = connection::map(page, |conflict| ConflictNode { conflict, view });
    connection::write(writer, field, &page, |node| {
        let (from, to, number) = place(&node.conflict);
        cursor::pair(from, to, number)
    })
}

/// A page of a list in the order of its places.
///
/// # Errors
/// The cursor is of another list.
pub fn page_of<T: Copy>(
    items: &[T],
    place: impl Fn(&T) -> (TaskId, TaskId, u8),
    after: Option<&str>,
    limit: usize,
) -> Result<Page<T>, Problem> {
    let after = after.map(cursor::read_pair).transpose()?;
    let start = items.partition_point(|item| after.is_some_and(|after| place(item) <= after));
    let rest = &items[start..];
    Ok(Page {
        items: rest.iter().take(limit).copied().collect(),
        has_previous: start > 0,
        has_next: rest.len() > limit,
        total: Some(items.len() as u64),
    })
}

#[derive(Clone, Copy)]
struct ConflictNode<'a> {
    conflict: ScheduleConflict<'a>,
    view: &'a View,
}

impl<'a> Object<'a> for ConflictNode<'a> {
    const TYPE: &'static str = "ScheduleConflict";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let Self { conflict, view } = self;
        match field.name.as_str() {
            "blocker" => {
                return writer.object(TaskNode { view, task: conflict.blocker }, field);
            }
            "blocked" => {
                return writer.object(TaskNode { view, task: conflict.blocked }, field);
            }
            "kind" => writer.word(word(conflict.kind)),
            "workingDays" => writer.integer(conflict.working_days),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

/// The word of the API. By their earliest finishes tasks are not compared.
const fn word(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::StartsBeforeBlockerIsDue | ConflictKind::StartsBeforeBlockerFinishes => {
            "STARTS_BEFORE_BLOCKER_IS_DUE"
        }
        ConflictKind::DueBeforeBlockerIsDue | ConflictKind::DueBeforeBlockerFinishes => {
            "DUE_BEFORE_BLOCKER_IS_DUE"
        }
        ConflictKind::BlockerOverdue => "BLOCKER_OVERDUE",
    }
}

/// The task of a global id.
///
/// # Errors
/// `BAD_USER_INPUT`, `NOT_FOUND`.
pub fn find<'v>(view: &'v View, id: &str) -> Result<TaskRef<'v>, Problem> {
    let parsed: TaskId =
        id.parse().map_err(|_| Problem::bad_input(format!("{id:?} is not the id of a task.")))?;
    let found = view.task(parsed);
    found.ok_or_else(|| Problem::new(Code::NotFound, format!("There is no task {parsed}.")))
}

/// Writes what moves if a task moves.
///
/// # Errors
/// As the objects inside.
pub fn schedule_payload<'a>(
    shift: &mainstem_read_model::Shift,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let view = writer.from.view;
    let task = |node: u32| {
        let task = view.task_at(TaskOrdinal::of_node(node));
        task.map(|task| TaskNode { view, task })
    };
    let date = |writer: &mut Writer<'a>, date: Option<Date>| writer.optional(date, Writer::date);
    writer.fields(selection(field)?, |part, writer| match part.name.as_str() {
        "shifts" => {
            let selection = selection(part)?;
            writer.list(&shift.tasks, |writer, shifted| {
                writer.fields(selection, |field, writer| {
                    match field.name.as_str() {
                        "task" => {
                            let task = task(shifted.node).ok_or_else(|| unplanned(field))?;
                            return writer.object(task, field);
                        }
                        "startOn" => date(writer, shifted.start_on.map(|(before, _)| before)),
                        "newStartOn" => date(writer, shifted.start_on.map(|(_, after)| after)),
                        "dueOn" => date(writer, shifted.due_on.map(|(before, _)| before)),
                        "newDueOn" => date(writer, shifted.due_on.map(|(_, after)| after)),
                        "workingDays" => writer.integer(shifted.working_days),
                        "pushedBy" => {
                            let by = shifted.pushed_by.and_then(task);
                            return writer.optional_object(by, field);
                        }
                        _ => return Err(unplanned(field)),
                    }
                    Ok(())
                })
            })
        }
        "cycles" => {
            let ordinals =
                |nodes: &[u32]| nodes.iter().copied().map(TaskOrdinal::of_node).collect();
            circles(shift.cycles.iter().map(|cycle| ordinals(&cycle.path)), view, part, writer)
        }
        _ => Err(unplanned(part)),
    })
}

/// Writes a page of links.
///
/// # Errors
/// The read model refuses the question, or as the objects inside.
pub fn links<'a>(view: &'a View, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
    let Arguments::AllLinks(filter, page) = &field.arguments else { return Err(unplanned(field)) };
    let page = view.links(filter.as_ref(), page).map_err(refused)?;
    let page = connection::map(page, |link: LinkRef<'a>| LinkNode { link, view });
    connection::write(writer, field, &page, |node| view.link_cursor(node.link))
}
