//! A cursor stays good while rows come, change and go.

use mainstem_model::{TaskId, Visibility};
use proptest::prelude::*;

use super::naive::{Naive, compare, orders};
use super::world::{World, worlds};
use crate::QueryError;
use crate::page::PageRequest;
use crate::view::TaskQuery;

proptest! {
    #[test]
    fn a_cursor_names_its_place_even_where_its_row_is_gone(
        before in worlds(),
        after in worlds(),
        order in orders(),
        place in 0..24_usize,
    ) {
        let eyes = Visibility::Everything;
        let sorted = |world: &World| {
            let mut tasks: Vec<_> =
                Naive { world, visibility: &eyes }.matching(None).into_iter().cloned().collect();
            tasks.sort_by(|left, right| compare(&order, left, right));
            tasks
        };
        let old = sorted(&before);
        prop_assume!(!old.is_empty());
        let edge = &old[place % old.len()];
        let mut query = TaskQuery { order: order.clone(), ..TaskQuery::default() };
        let view = before.view(&eyes);
        let cursor = view.cursor(&query, view.task(edge.id).unwrap());

        let expected: Vec<TaskId> = sorted(&after)
            .iter()
            .filter(|task| compare(&order, task, edge).is_gt())
            .map(|task| task.id)
            .collect();
        query.page = PageRequest::first_after(100, cursor);
        let view = after.view(&eyes);
        let ids: Vec<TaskId> = view.tasks(&query).unwrap().items.iter().map(|task| task.id()).collect();
        prop_assert_eq!(ids, expected);
    }

    #[test]
    fn any_text_as_a_cursor_is_refused_or_read_but_never_fatal(world in worlds(), text in ".{0,60}", order in orders()) {
        let view = world.view(&Visibility::Everything);
        let query = TaskQuery { order, page: PageRequest::first_after(2, text), ..TaskQuery::default() };
        prop_assert!(matches!(view.tasks(&query), Err(QueryError::Cursor(_))));
    }

    #[test]
    fn people_projects_and_sources_page_through(world in worlds(), limit in 1..4_usize) {
        let view = world.view(&Visibility::Everything);
        let mut names = Vec::new();
        let mut page = PageRequest::first(limit);
        loop {
            let people = view.people(None, &page).unwrap();
            names.extend(people.items.iter().map(|person| person.name().to_owned()));
            if !people.has_next {
                break;
            }
            page = PageRequest::first_after(limit, view.person_cursor(*people.items.last().unwrap()));
        }
        let ids: Vec<_> = world.identities.keys().copied().collect();
        let naive = Naive { world: &world, visibility: &Visibility::Everything };
        let mut expected = naive.people_of(&ids);
        expected.sort_by_key(|person| (person.name().to_lowercase(), person.id()));
        prop_assert_eq!(names, expected.iter().map(|person| person.name()).collect::<Vec<_>>());
        let projects = view.projects(None, &PageRequest::first(1)).unwrap();
        prop_assert_eq!(projects.total, Some(3));
        let cursor = view.project_cursor(projects.items[0]);
        prop_assert_eq!(view.projects(None, &PageRequest::first_after(9, cursor)).unwrap().items.len(), 2);
        let sources = view.sources(None, &PageRequest::last(1)).unwrap();
        prop_assert_eq!(&sources.items[0].get().name, "gamma");
        let cursor = view.source_cursor(sources.items[0]);
        prop_assert_eq!(view.sources(None, &PageRequest::last_before(9, cursor)).unwrap().items.len(), 2);
    }
}
