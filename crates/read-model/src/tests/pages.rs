//! Pages are exactly the naive sort of the naive filter, whichever way they are walked.

use mainstem_model::TaskId;
use proptest::prelude::*;

use super::naive::{Naive, compare, filters, orders};
use super::world::{visibilities, worlds};
use crate::page::{Page, PageRequest};
use crate::refs::TaskRef;
use crate::view::{TaskQuery, View};

/// Walks all pages and answers the ids in the list's order.
fn walk(view: &View, query: &TaskQuery, backward: bool, expected: usize) -> Vec<TaskId> {
    let mut walked = Vec::<TaskId>::new();
    let mut query = query.clone();
    query.page.backward = backward;
    loop {
        let page: Page<TaskRef<'_>> = view.tasks(&query).unwrap();
        assert_eq!(page.total, query.page.count_total.then_some(expected as u64));
        let (more, behind) = if backward {
            (page.has_previous, page.has_next)
        } else {
            (page.has_next, page.has_previous)
        };
        assert_eq!(behind, !walked.is_empty());
        let ids = page.items.iter().map(|task| task.id());
        let edge = if backward { page.items.first() } else { page.items.last() };
        let edge = edge.map(|task| view.cursor(&query, *task));
        if backward {
            walked.splice(0..0, ids);
        } else {
            walked.extend(ids);
        }
        if !more {
            return walked;
        }
        *(if backward { &mut query.page.before } else { &mut query.page.after }) =
            Some(edge.unwrap());
    }
}

proptest! {
    #[test]
    fn pages_are_the_sorted_matches(
        world in worlds(),
        visibility in visibilities(),
        filter in prop::option::of(filters()),
        order in orders(),
        limit in 1..7_usize,
        count_total in any::<bool>(),
    ) {
        let naive = Naive { world: &world, visibility: &visibility };
        let mut expected = naive.matching(filter.as_ref());
        expected.sort_by(|left, right| compare(&order, left, right));
        let expected: Vec<TaskId> = expected.into_iter().map(|task| task.id).collect();
        let view = world.view(&visibility);
        let page = PageRequest { limit, count_total, ..PageRequest::default() };
        let query = TaskQuery { filter, among: None, order, page };
        prop_assert_eq!(&walk(&view, &query, false, expected.len()), &expected);
        prop_assert_eq!(&walk(&view, &query, true, expected.len()), &expected);
    }

    #[test]
    fn cursors_cut_out_what_lies_between(
        world in worlds(),
        order in orders(),
        places in (0..24_usize, 0..24_usize),
        limit in 0..5_usize,
        backward in any::<bool>(),
        given in (any::<bool>(), any::<bool>()),
    ) {
        let visibility = mainstem_model::Visibility::Everything;
        let mut expected = Naive { world: &world, visibility: &visibility }.matching(None);
        expected.sort_by(|left, right| compare(&order, left, right));
        prop_assume!(!expected.is_empty());
        let (after, before) = (places.0 % expected.len(), places.1 % expected.len());
        let view = world.view(&visibility);
        let mut query = TaskQuery { order, ..TaskQuery::default() };
        let cursor = |place: usize| view.cursor(&query, view.task(expected[place].id).unwrap());
        let page = PageRequest {
            limit,
            backward,
            after: given.0.then(|| cursor(after)),
            before: given.1.then(|| cursor(before)),
            count_total: true,
        };
        query.page = page;
        let page = view.tasks(&query).unwrap();
        let between: Vec<TaskId> = expected
            .iter()
            .enumerate()
            .filter(|(place, _)| (!given.0 || *place > after) && (!given.1 || *place < before))
            .map(|(_, task)| task.id)
            .collect();
        let kept = between.len().min(limit);
        let wanted = if backward { &between[between.len() - kept..] } else { &between[..kept] };
        let ids: Vec<TaskId> = page.items.iter().map(|task| task.id()).collect();
        prop_assert_eq!(&ids, wanted);
        prop_assert_eq!(page.total, Some(expected.len() as u64));
        // The rows of the cursors themselves stand before and after.
        let cut = between.len() > limit;
        prop_assert_eq!(page.has_previous, given.0 || backward && cut);
        prop_assert_eq!(page.has_next, given.1 || !backward && cut);
    }

    #[test]
    fn a_found_list_keeps_its_rank_and_drops_what_does_not_match(
        world in worlds(),
        visibility in visibilities(),
        filter in prop::option::of(filters()),
        found in prop::collection::vec(0..super::world::TASKS, 0..12),
        limit in 1..4_usize,
    ) {
        let found: Vec<TaskId> = found.into_iter().map(super::world::task_id).collect();
        let matching = Naive { world: &world, visibility: &visibility }.matching(filter.as_ref());
        let mut expected = Vec::<TaskId>::new();
        for id in &found {
            if matching.iter().any(|task| task.id == *id) && !expected.contains(id) {
                expected.push(*id);
            }
        }
        let view = world.view(&visibility);
        let query = TaskQuery { filter, among: Some(found), order: Vec::new(), page: PageRequest::first(limit) };
        prop_assert_eq!(walk(&view, &query, false, expected.len()), expected);
    }

    #[test]
    fn a_row_matches_a_filter_as_the_list_has_it(
        world in worlds(),
        visibility in visibilities(),
        filter in filters(),
    ) {
        let view = world.view(&visibility);
        let naive = Naive { world: &world, visibility: &visibility };
        let matching: Vec<TaskId> = naive.matching(Some(&filter)).into_iter().map(|task| task.id).collect();
        for task in world.seen_by(&visibility) {
            let matches = view.matches(&filter, view.task(task.id).unwrap()).unwrap();
            prop_assert_eq!(matches, matching.contains(&task.id));
        }
    }
}
