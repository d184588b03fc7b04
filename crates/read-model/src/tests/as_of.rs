//! The past is the present with later changes undone, and the same language reads it.

use mainstem_model::{Task, TaskId, Timestamp};
use mainstem_store::FieldAsOf;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::naive::{Naive, compare, filters, orders};
use super::world::{World, tasks, visibilities, worlds};
use crate::count::GroupField;
use crate::page::PageRequest;
use crate::view::TaskQuery;

/// The entries that tell what `then` was, in the form of the change log.
fn undo(then: &Task, now: &Task) -> Vec<FieldAsOf> {
    let duration = |seconds: Option<i64>| json!(seconds.map(|seconds| format!("PT{seconds}S")));
    let fields = |task: &Task| {
        vec![
            ("previousKeys", json!(task.previous_keys)),
            ("kind", json!(task.kind)),
            ("title", json!(task.title)),
            ("status", json!(task.status)),
            ("priority", json!(task.priority)),
            ("assignees", json!(task.assignees)),
            ("author", json!(task.author)),
            ("labels", json!(task.labels)),
            ("milestone", json!(task.milestone)),
            ("sprint", json!(task.sprint)),
            ("parent", json!(task.parent)),
            ("startOn", json!(task.start_on)),
            ("dueOn", json!(task.due_on)),
            ("createdAt", json!(task.created_at)),
            ("updatedAt", json!(task.updated_at)),
            ("startedAt", json!(task.started_at)),
            ("closedAt", json!(task.closed_at)),
            ("estimate", duration(task.estimate_seconds)),
            ("timeSpent", duration(task.time_spent_seconds)),
            ("presence", json!(task.presence)),
            ("body", json!("not a row's")),
        ]
    };
    let value = |value: Value| (!value.is_null()).then_some(value);
    fields(then)
        .into_iter()
        .zip(fields(now))
        .filter(|(then, now)| then != now || then.0 == "body")
        .map(|((field, then), _)| FieldAsOf {
            task: now.id,
            field: field.to_owned(),
            value: value(then),
        })
        .collect()
}

proptest! {
    #[test]
    fn the_past_answers_as_a_store_of_then(
        present in worlds(),
        then in prop::collection::vec(tasks(), 24),
        at in 0..6_i64,
        visibility in visibilities(),
        filter in prop::option::of(filters()),
        order in orders(),
    ) {
        let at = Timestamp::from_seconds(at);
        // Keys are as now: they bind links, which are as now too.
        let mut past = World { tasks: Default::default(), ..present.clone() };
        let mut changes = Vec::new();
        for ((id, now), then) in present.tasks.iter().zip(then) {
            let mut then = then.named(0);
            (then.id, then.source, then.project) = (*id, now.source, now.project);
            (then.key, then.url) = (now.key.clone(), now.url.clone());
            then.previous_keys = now.previous_keys.clone();
            then.parent = now.parent.clone();
            changes.extend(undo(&then, now));
            past.tasks.insert(*id, then);
        }
        let born_later: Vec<TaskId> =
            past.tasks.values().filter(|task| task.created_at > at).map(|task| task.id).collect();
        let naive = Naive { world: &past, visibility: &visibility };
        let mut expected: Vec<&Task> = naive.matching(None);
        expected.retain(|task| !born_later.contains(&task.id));
        expected.sort_by(|left, right| compare(&order, left, right));
        let expected: Vec<TaskId> = expected.into_iter().map(|task| task.id).collect();

        let view = present.view(&visibility).as_of(at, changes);
        let query = TaskQuery { filter: None, among: None, order, page: PageRequest::first(100) };
        let ids = |query: &TaskQuery| -> Vec<TaskId> {
            view.tasks(query).unwrap().items.iter().map(|task| task.id()).collect()
        };
        prop_assert_eq!(ids(&query), expected.clone());

        // Whatever the filter, the list is what of the whole one matches.
        if let Some(filter) = filter {
            let names_presence = filter.any(&|p| matches!(p, crate::TaskPredicate::Presence(_)));
            prop_assume!(!names_presence);
            let matching: Vec<TaskId> = expected
                .into_iter()
                .filter(|id| view.matches(&filter, view.task(*id).unwrap()).unwrap())
                .collect();
            let filtered = TaskQuery { filter: Some(filter), ..query };
            prop_assert_eq!(ids(&filtered), matching);
        }
    }

    #[test]
    fn the_present_as_of_now_is_the_present(
        world in worlds(),
        visibility in visibilities(),
        filter in prop::option::of(filters()),
        order in orders(),
    ) {
        let now = world.view(&visibility);
        let then = now.as_of(Timestamp(i64::MAX), Vec::new());
        let query = TaskQuery { filter, among: None, order, page: PageRequest::first(100) };
        let ids = |view: &crate::View| -> Vec<TaskId> {
            view.tasks(&query).unwrap().items.iter().map(|task| task.id()).collect()
        };
        prop_assert_eq!(ids(&then), ids(&now));
        let by = [GroupField::StatusCategory, GroupField::Assignee];
        let filter = query.filter.as_ref();
        prop_assert_eq!(then.task_counts(filter, &by).unwrap(), now.task_counts(filter, &by).unwrap());
    }
}
