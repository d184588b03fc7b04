//! Hidden sources leave no trace: a restricted view answers exactly as a store without them would,
//! but for the ends of links, which stay unbound there and are left out here.

use std::sync::Arc;

use mainstem_model::{Timestamp, Visibility};
use proptest::prelude::*;

use super::naive::{Naive, filters};
use super::world::{
    SOURCES, TASKS, some_world, source_id, task_id, task_key, visibilities, worlds,
};
use crate::QueryError;
use crate::filter::{Comparison, Filter, TaskPredicate};
use crate::page::PageRequest;
use crate::view::TaskQuery;

proptest! {
    #[test]
    fn nothing_of_a_hidden_source_shows(
        world in worlds(),
        visibility in visibilities(),
        filter in prop::option::of(filters()),
    ) {
        let view = world.view(&visibility);
        let query = TaskQuery { filter, page: PageRequest::first(100), ..TaskQuery::default() };
        for task in view.tasks(&query).unwrap().items {
            prop_assert!(visibility.allows(task.source_id()));
            prop_assert!(task.source().is_some() && task.project().is_some());
            let people = task.assignees().chain(task.author());
            for person in people {
                prop_assert!(person.identities().count() > 0);
                prop_assert!(person.identities().all(|identity| visibility.allows(identity.source.get().id)));
            }
            for link in task.links(None, None) {
                // What is named at another site is another task of that key.
                let mut stated = world.links.values().flatten().filter(|one| one.id == link.id());
                let elsewhere = stated.any(|one| one.from.site.is_some() || one.to.site.is_some());
                for end in [link.from(), link.to()] {
                    prop_assert!(end.task.is_none_or(|task| visibility.allows(task.source_id())));
                    // A key without a task names one that is nowhere, not one that is hidden.
                    let named = |key: &str| key.to_lowercase() == end.key.to_lowercase();
                    let hidden = world.tasks.values().any(|task| {
                        !visibility.allows(task.source) && (named(&task.key) || task.previous_keys.iter().any(|key| named(key)))
                    });
                    prop_assert!(end.task.is_some() || !hidden || elsewhere);
                }
            }
            let reached = [task.children(), task.blocked_by(false, true), task.blocks(false, true)].concat();
            prop_assert!(reached.into_iter().all(|other| view.task_at(other).is_some()));
        }
    }

    #[test]
    fn what_is_hidden_cannot_be_named(world in worlds(), visibility in visibilities()) {
        let view = world.view(&visibility);
        let naive = Naive { world: &world, visibility: &visibility };
        for number in 0..TASKS {
            let id = task_id(number);
            prop_assert_eq!(view.task(id).is_some(), naive.sees(id).is_some());
            let named = |key: &str| key.to_lowercase() == task_key(number).to_lowercase();
            let seen = world.seen_by(&visibility);
            let now = seen.iter().filter(|task| named(&task.key)).count();
            let before = seen.iter().filter(|task| task.previous_keys.iter().any(|key| named(key))).count();
            match view.task_by_key(&task_key(number), None) {
                Ok(None) => prop_assert_eq!(now + before, 0),
                Ok(Some(task)) => prop_assert!(now == 1 && named(task.key()) || now == 0 && before == 1),
                Err(QueryError::Ambiguous { candidates }) => {
                    prop_assert_eq!(candidates.len(), if now > 0 { now } else { before });
                    prop_assert!(now != 1);
                }
                Err(other) => panic!("{other}"),
            }
        }
        for (number, name) in SOURCES.iter().enumerate() {
            let allowed = visibility.allows(source_id(number));
            prop_assert_eq!(view.source_by_name(name).is_some(), allowed);
            prop_assert_eq!(view.project(source_id(number).project("1")).is_some(), allowed);
        }
        for identity in world.identities.values() {
            let seen = visibility.allows(identity.source);
            let person = view.person(identity.id);
            prop_assert_eq!(person.is_some(), seen);
            if let (Some(person), Some(naive)) = (person, naive.person_of(identity.id)) {
                let ids: Vec<_> = person.identities().map(|one| one.identity.id).collect();
                prop_assert_eq!(person.id(), naive.id());
                prop_assert_eq!(person.name(), naive.name());
                let until = person.away(Timestamp(0)).map(|away| away.until);
                prop_assert_eq!(until, naive.away_until(Timestamp(0)));
                prop_assert_eq!(ids, naive.ids());
            }
        }
        let seen = world.seen_by(&visibility);
        let people = view.people(None, &PageRequest::first(100)).unwrap();
        let ids: Vec<_> = world.identities.keys().copied().collect();
        prop_assert_eq!(people.items.len(), naive.people_of(&ids).len());
        for person in people.items {
            let identities = naive.identities_of(person.id());
            let workload = person.workload(Timestamp::from_seconds(1_767_400_000));
            let mine = seen.iter().filter(|task| {
                task.assignees.iter().any(|id| identities.contains(id))
                    && task.presence == mainstem_model::Presence::Present
                    && task.status.category.is_open()
            });
            prop_assert_eq!(workload.open_tasks, mine.clone().count() as u64);
            prop_assert_eq!(workload.blocked, mine.clone().filter(|task| naive.is_blocked(task)).count() as u64);
            let today = mainstem_model::Date::new(2026, 1, 3).unwrap();
            let overdue = mine.filter(|task| task.due_on.is_some_and(|due| due < today));
            prop_assert_eq!(workload.overdue, overdue.count() as u64);
        }
    }
}

#[test]
fn a_source_added_later_is_hidden_from_named_eyes_and_shown_to_all() {
    let world = some_world();
    let named = Visibility::Sources(Arc::new([mainstem_model::SourceId::of("later")].into()));
    let filter = Filter::Is(TaskPredicate::Presence(Comparison::IsNull(false)));
    let query =
        TaskQuery { filter: Some(filter), page: PageRequest::first(100), ..TaskQuery::default() };
    assert_eq!(world.view(&named).tasks(&query).unwrap().total, Some(0));
    let all = world.view(&Visibility::Everything);
    assert_eq!(all.tasks(&query).unwrap().total, Some(world.tasks.len() as u64));
}
