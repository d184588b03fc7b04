//! The graph against its naive closure.

use std::collections::BTreeSet;

use mainstem_model::TaskId;
use proptest::prelude::*;

use super::naive::Naive;
use super::world::{visibilities, worlds};
use crate::view::{TaskOrdinal, View};

fn ids(view: &View, ordinals: Vec<TaskOrdinal>) -> Vec<TaskId> {
    ordinals.into_iter().map(|ordinal| view.task_at(ordinal).unwrap().id()).collect()
}

proptest! {
    #[test]
    fn blockers_are_the_closure(world in worlds(), visibility in visibilities(), open_only in any::<bool>()) {
        let naive = Naive { world: &world, visibility: &visibility };
        let view = world.view(&visibility);
        for task in world.seen_by(&visibility) {
            let shown = view.task(task.id).unwrap();
            for forward in [false, true] {
                let next = |transitive| {
                    let list = if forward { shown.blocks(open_only, transitive) } else { shown.blocked_by(open_only, transitive) };
                    ids(&view, list)
                };
                let direct: Vec<TaskId> = naive.next_to(task.id, forward, open_only).into_iter().collect();
                let all: Vec<TaskId> = naive.reached(task.id, forward, open_only).into_iter().collect();
                prop_assert_eq!(next(false), direct);
                prop_assert_eq!(next(true), all);
            }
            prop_assert_eq!(shown.is_ready(), naive.is_ready(task));
            prop_assert_eq!(shown.is_blocked(), naive.is_blocked(task));
        }
    }

    #[test]
    fn a_task_shows_each_edge_once(world in worlds(), visibility in visibilities()) {
        let naive = Naive { world: &world, visibility: &visibility };
        let view = world.view(&visibility);
        for task in world.seen_by(&visibility) {
            let mut expected = BTreeSet::new();
            for (link, from, to) in naive.edges() {
                let forward = from.is_some_and(|from| from.id == task.id);
                if !forward && to.is_none_or(|to| to.id != task.id) {
                    continue;
                }
                let (other, end) = if forward { (to, &link.to) } else { (from, &link.from) };
                let other = other.map_or(end.key.to_lowercase(), |other| other.id.to_string());
                expected.insert((link.kind, link.origin, forward, other));
            }
            let links = view.task(task.id).unwrap().links(None, None);
            let shown: Vec<_> = links
                .iter()
                .map(|link| {
                    let forward = link.from().task.is_some_and(|from| from.id() == task.id);
                    let other = if forward { link.to() } else { link.from() };
                    let other = other.task.map_or(other.key.to_lowercase(), |other| other.id().to_string());
                    (link.kind(), link.origin(), forward, other)
                })
                .collect();
            prop_assert_eq!(shown.len(), expected.len());
            prop_assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }

    #[test]
    fn parents_and_children_agree(world in worlds(), visibility in visibilities()) {
        let naive = Naive { world: &world, visibility: &visibility };
        let view = world.view(&visibility);
        for task in world.seen_by(&visibility) {
            let shown = view.task(task.id).unwrap();
            prop_assert_eq!(shown.parent().map(|parent| parent.id()), naive.parent(task).map(|parent| parent.id));
            let children: Vec<TaskId> = world
                .seen_by(&visibility)
                .into_iter()
                .filter(|child| child.presence == mainstem_model::Presence::Present)
                .filter(|child| naive.parent(child).is_some_and(|parent| parent.id == task.id))
                .map(|child| child.id)
                .collect();
            prop_assert_eq!(ids(&view, shown.children()), children);
        }
    }
}
