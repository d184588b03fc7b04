//! A snapshot that followed any changes equals one built afresh, and older ones stay as they were.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use mainstem_model::{LinkId, LinkReview, TaskId, Timestamp, Visibility};
use proptest::prelude::*;

use super::world::{
    AnyIdentity, AnyLink, AnyTask, PEOPLE, TASKS, identities, links, person_id, reviews, source_id,
    stated, task_id, tasks, visibilities, worlds,
};
use crate::count::GroupField;
use crate::filter::{Comparison, Filter, LinkPredicate, TaskFilter, TaskPredicate};
use crate::order::{Direction, OrderField, TaskOrder};
use crate::page::PageRequest;
use crate::refs::TaskRef;
use crate::snapshot::Touched;
use crate::view::{TaskQuery, View};

#[derive(Debug, Clone)]
enum Step {
    Put(u32, Box<AnyTask>),
    Remove(u32),
    State(u32, Vec<AnyLink>),
    Redirect(Vec<(u32, u32)>),
    /// Somebody says something of links, and takes back what was said before.
    Review(Vec<(LinkId, LinkReview)>),
    /// An identity comes, changes, is decided of, or goes.
    Identity(u32, Option<Box<AnyIdentity>>),
    /// What happened so far becomes visible.
    Publish,
    /// The model starts afresh.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..TASKS, tasks()).prop_map(|(number, task)| Step::Put(number, Box::new(task))),
        2 => (0..TASKS).prop_map(Step::Remove),
        4 => (0..TASKS, prop::collection::vec(links(), 0..4)).prop_map(|(number, links)| Step::State(number, links)),
        1 => prop::collection::vec((100..104_u32, 0..TASKS), 0..3).prop_map(Step::Redirect),
        1 => prop::collection::vec(reviews(), 0..4).prop_map(Step::Review),
        4 => (0..PEOPLE, prop::option::weighted(0.8, identities()))
            .prop_map(|(number, identity)| Step::Identity(number, identity.map(Box::new))),
        3 => Just(Step::Publish),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 0..40)
}

/// Everything that a view shows, as text.
pub(super) fn dump(view: &View) -> String {
    let everything = |order| TaskQuery {
        filter: Some(TaskFilter::Is(TaskPredicate::Presence(Comparison::IsNull(false)))),
        among: None,
        order,
        page: PageRequest::first(1_000),
    };
    let mut text = String::new();
    let by_key = TaskOrder { field: OrderField::Key, direction: Direction::Ascending };
    for task in view.tasks(&everything(vec![by_key])).unwrap().items {
        describe(task, view, &mut text);
    }
    for field in
        [OrderField::CreatedAt, OrderField::UpdatedAt, OrderField::DueOn, OrderField::Priority]
    {
        for direction in [Direction::Ascending, Direction::Descending] {
            let page = view.tasks(&everything(vec![TaskOrder { field, direction }])).unwrap();
            let ids: Vec<TaskId> = page.items.iter().map(|task| task.id()).collect();
            writeln!(text, "{field:?} {direction:?} {ids:?}").unwrap();
        }
    }
    for field in [
        GroupField::Status,
        GroupField::StatusCategory,
        GroupField::Assignee,
        GroupField::Author,
        GroupField::Project,
        GroupField::Source,
        GroupField::Kind,
        GroupField::Label,
        GroupField::Priority,
        GroupField::Milestone,
        GroupField::Sprint,
        GroupField::Presence,
    ] {
        writeln!(text, "{:?}", view.task_counts(None, &[field]).unwrap()).unwrap();
    }
    for person in view.people(None, &PageRequest::first(1_000)).unwrap().items {
        let identities: Vec<_> = person.identities().map(|one| one.identity.clone()).collect();
        let workload = person.workload(Timestamp::from_seconds(0));
        let (id, name, email) = (person.id(), person.name(), person.email());
        let away = person.away(Timestamp(0));
        writeln!(text, "{id} {name:?} {email:?} {away:?} {identities:?} {workload:?}").unwrap();
    }
    for predicate in [TaskPredicate::IsReady(true), TaskPredicate::IsBlocked(true)] {
        let query = TaskQuery { filter: Some(Filter::Is(predicate)), ..everything(Vec::new()) };
        let ids: Vec<TaskId> =
            view.tasks(&query).unwrap().items.iter().map(|task| task.id()).collect();
        writeln!(text, "{ids:?}").unwrap();
    }
    let ended = LinkPredicate::Until(Comparison::IsNull(false));
    for filter in [None, Some(Filter::Is(ended))] {
        let links = view.links(filter.as_ref(), &PageRequest::first(1_000)).unwrap();
        let links: Vec<_> = links.items.iter().map(|link| (link.id(), link.state())).collect();
        writeln!(text, "{links:?}").unwrap();
    }
    for drift in view.drifts(None).unwrap() {
        writeln!(text, "{:?} {:?} {:?}", drift.task.id(), drift.mirror.id(), drift.field).unwrap();
    }
    for cycle in view.cycles() {
        let ids: BTreeSet<_> =
            cycle.tasks.iter().map(|task| view.task_at(*task).unwrap().id()).collect();
        writeln!(text, "{ids:?}").unwrap();
    }
    for number in 100..104 {
        for source in 0..3 {
            let moved = source_id(source).task(&number.to_string());
            writeln!(text, "{:?}", view.task(moved).map(TaskRef::id)).unwrap();
        }
    }
    text
}

fn describe(task: TaskRef<'_>, view: &View, text: &mut String) {
    let ids = |ordinals: Vec<crate::TaskOrdinal>| -> Vec<TaskId> {
        ordinals.into_iter().map(|ordinal| view.task_at(ordinal).unwrap().id()).collect()
    };
    writeln!(
        text,
        "{:?} {} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?}",
        task.id(),
        task.key(),
        task.previous_keys().collect::<Vec<_>>(),
        task.kind(),
        task.title(),
        task.url(),
        task.status_name(),
        task.status_category(),
        task.priority_name(),
        task.priority_level(),
    )
    .unwrap();
    writeln!(
        text,
        "  {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        task.assignees().map(|person| person.id()).collect::<Vec<_>>(),
        task.author().map(|person| person.id()),
        task.labels().collect::<Vec<_>>(),
        task.milestone(),
        task.sprint(),
        task.start_on(),
        task.due_on(),
        task.created_at(),
        task.updated_at(),
    )
    .unwrap();
    writeln!(
        text,
        "  {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        task.started_at(),
        task.closed_at(),
        task.estimate_seconds(),
        task.time_spent_seconds(),
        task.presence(),
        task.parent().map(TaskRef::id),
        ids(task.children()),
        task.is_ready(),
        task.is_blocked(),
    )
    .unwrap();
    for (open_only, transitive) in [(true, false), (false, true), (true, true)] {
        let blocked_by = ids(task.blocked_by(open_only, transitive));
        writeln!(text, "  {blocked_by:?} {:?}", ids(task.blocks(open_only, transitive))).unwrap();
    }
    let mut links: Vec<String> = task
        .links(None, None)
        .into_iter()
        .map(|link| {
            let (from, to) = (link.from(), link.to());
            let end = |end: crate::LinkEndRef<'_>| (end.task.map(TaskRef::id), end.key.to_owned());
            format!(
                "  {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                link.id(),
                link.kind(),
                link.origin(),
                link.review(),
                link.state(),
                end(from),
                end(to)
            )
        })
        .collect();
    links.sort();
    writeln!(text, "{}", links.join("\n")).unwrap();
}

proptest! {
    #[test]
    fn following_equals_starting_afresh(
        mut world in worlds(),
        steps in steps(),
        visibility in visibilities(),
    ) {
        let mut newest = Arc::new(world.snapshot());
        let mut next = (*newest).clone();
        let mut touched = Touched::default();
        let mut held = Vec::new();
        for step in steps.into_iter().chain([Step::Publish]) {
            match step {
                Step::Put(number, task) => {
                    let task = task.named(number);
                    next.put_task(&task, &mut touched);
                    world.tasks.insert(task.id, task);
                }
                Step::Remove(number) => {
                    next.remove_task(task_id(number), &mut touched);
                    world.tasks.remove(&task_id(number));
                    world.links.remove(&task_id(number));
                }
                Step::State(number, links) => {
                    let links = stated(number, links);
                    next.put_links(task_id(number), links.clone(), &mut touched);
                    world.links.insert(task_id(number), links);
                }
                Step::Redirect(redirects) => {
                    world.redirects = redirects
                        .into_iter()
                        .map(|(from, to)| (source_id(to as usize).task(&from.to_string()), task_id(to)))
                        .collect();
                    next.put_redirects(world.redirects.clone().into_iter().collect(), &mut touched);
                }
                Step::Review(reviews) => {
                    world.reviews = reviews.into_iter().collect();
                    next.put_reviews(world.reviews.clone().into_iter().collect(), &mut touched);
                }
                Step::Identity(number, identity) => {
                    let id = person_id(number);
                    world.identities.remove(&id);
                    match identity.map(|identity| identity.named(number)) {
                        Some(identity) => {
                            next.put_identity(identity.clone(), &mut touched);
                            world.identities.insert(id, identity);
                        }
                        None => next.remove_identity(id, &mut touched),
                    }
                }
                Step::Publish => {
                    let view = View::new(Arc::clone(&newest), Visibility::Everything, Timestamp(0), Arc::default());
                    held.push((view.clone(), dump(&view)));
                    next.settle(std::mem::take(&mut touched));
                    newest = Arc::new(next.clone());
                }
                Step::Restart => {
                    next = world.snapshot();
                    touched = Touched::default();
                }
            }
        }
        for eyes in [&Visibility::Everything, &visibility] {
            let followed = View::new(Arc::clone(&newest), eyes.clone(), Timestamp(0), Arc::default());
            prop_assert_eq!(dump(&followed), dump(&world.view(eyes)));
        }
        for (view, then) in held {
            prop_assert_eq!(dump(&view), then);
        }
    }

    #[test]
    fn what_is_the_same_changes_nothing(world in worlds()) {
        let mut snapshot = world.snapshot();
        let mut touched = Touched::default();
        for task in world.tasks.values() {
            snapshot.put_task(task, &mut touched);
        }
        for identity in world.identities.values() {
            snapshot.put_identity(identity.clone(), &mut touched);
        }
        for (stater, links) in &world.links {
            snapshot.put_links(*stater, links.clone(), &mut touched);
        }
        snapshot.put_redirects(world.redirects.clone().into_iter().collect(), &mut touched);
        prop_assert!(!touched.changed);
    }
}
