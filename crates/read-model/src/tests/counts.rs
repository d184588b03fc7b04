//! Counts are those of the naive filter.

use std::collections::BTreeMap;

use mainstem_model::Task;
use proptest::prelude::*;

use super::naive::{Naive, filters};
use super::world::{visibilities, worlds};
use crate::count::{GroupField, GroupValue};

fn values(field: GroupField, task: &Task, naive: Naive<'_>) -> Vec<Option<String>> {
    let one = |value: Option<GroupValue<'_>>| vec![value.map(|value| format!("{value:?}"))];
    match field {
        GroupField::Status => one(Some(GroupValue::Text(&task.status.name))),
        GroupField::StatusCategory => one(Some(GroupValue::StatusCategory(task.status.category))),
        GroupField::Author => one(task
            .author
            .and_then(|id| naive.person_of(id))
            .map(|person| GroupValue::Person(person.id()))),
        GroupField::Project => one(Some(GroupValue::Project(task.project))),
        GroupField::Source => one(Some(GroupValue::Source(task.source))),
        GroupField::Kind => one(Some(GroupValue::Kind(task.kind))),
        GroupField::Priority => one(Some(GroupValue::Priority(task.priority.level))),
        GroupField::Milestone => one(task.milestone.as_deref().map(GroupValue::Text)),
        GroupField::Sprint => one(task.sprint.as_deref().map(GroupValue::Text)),
        GroupField::Presence => one(Some(GroupValue::Presence(task.presence))),
        GroupField::Label if task.labels.is_empty() => one(None),
        GroupField::Label => {
            task.labels.iter().flat_map(|label| one(Some(GroupValue::Text(label)))).collect()
        }
        GroupField::Assignee => {
            let people = naive.people_of(&task.assignees);
            if people.is_empty() {
                return one(None);
            }
            people.iter().flat_map(|person| one(Some(GroupValue::Person(person.id())))).collect()
        }
    }
}

fn fields() -> impl Strategy<Value = Vec<GroupField>> {
    let field = prop::sample::select(vec![
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
    ]);
    prop::collection::vec(field, 1..3)
}

proptest! {
    #[test]
    fn counts_are_those_of_the_matches(
        world in worlds(),
        visibility in visibilities(),
        filter in prop::option::of(filters()),
        by in fields(),
    ) {
        let naive = Naive { world: &world, visibility: &visibility };
        let mut expected = BTreeMap::<Vec<Option<String>>, u64>::new();
        for task in naive.matching(filter.as_ref()) {
            let cells = by.iter().fold(vec![Vec::new()], |cells, field| {
                let values = values(*field, task, naive);
                cells.iter().flat_map(|cell| values.iter().map(|value| [cell.clone(), vec![value.clone()]].concat())).collect()
            });
            for cell in cells {
                *expected.entry(cell).or_default() += 1;
            }
        }
        let view = world.view(&visibility);
        let counts = view.task_counts(filter.as_ref(), &by).unwrap();
        prop_assert!(counts.windows(2).all(|pair| pair[0].count >= pair[1].count));
        let text = |value: &Option<GroupValue<'_>>| value.map(|value| format!("{value:?}"));
        let found: BTreeMap<_, _> =
            counts.iter().map(|count| (count.values.iter().map(text).collect::<Vec<_>>(), count.count)).collect();
        prop_assert_eq!(found.len(), counts.len());
        prop_assert_eq!(found, expected);
    }
}
