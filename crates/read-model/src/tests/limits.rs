//! Questions that are too large are refused, each by the name of its limit.

use mainstem_model::{TaskId, Visibility};

use super::world::{World, task_id};
use crate::QueryError;
use crate::count::GroupField;
use crate::filter::{Comparison, Filter, TaskFilter, TaskPredicate, TextPredicate};
use crate::limits::{MAX_DEPTH, MAX_PREDICATES, MAX_VALUES};
use crate::order::{Direction, MAX_STEPS, OrderField, TaskOrder};
use crate::view::TaskQuery;

fn ready() -> TaskFilter {
    Filter::Is(TaskPredicate::IsReady(true))
}

fn nested(depth: usize) -> TaskFilter {
    (0..depth).fold(ready(), |filter, _| Filter::Not(Box::new(filter)))
}

fn ids(count: usize) -> TaskFilter {
    Filter::Is(TaskPredicate::Id(Comparison::In(vec![task_id(0); count])))
}

fn searches(count: usize) -> TaskFilter {
    let search = Filter::Is(TaskPredicate::Title(TextPredicate::Contains("a".to_owned())));
    Filter::Or(vec![search; count])
}

#[test]
fn the_largest_question_is_answered_and_a_larger_one_refused() {
    let view = World::default().view(&Visibility::Everything);
    let ask = |filter: TaskFilter| {
        view.tasks(&TaskQuery { filter: Some(filter), ..TaskQuery::default() })
            .map(|page| page.items.len())
    };
    for (largest, larger, limit) in [
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1), MAX_DEPTH),
        (
            Filter::And(vec![ready(); MAX_PREDICATES]),
            Filter::And(vec![ready(); MAX_PREDICATES + 1]),
            MAX_PREDICATES,
        ),
        (ids(MAX_VALUES), ids(MAX_VALUES + 1), MAX_VALUES),
        (searches(20), searches(21), 20),
    ] {
        assert_eq!(ask(largest), Ok(0));
        match ask(larger) {
            Err(QueryError::TooComplex { limit: found, .. }) => assert_eq!(found, limit),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn fields_side_by_side_are_not_deep() {
    let flat = (0..20).fold(ready(), |filter, _| Filter::all(vec![filter, ready()]));
    let view = World::default().view(&Visibility::Everything);
    assert!(view.tasks(&TaskQuery { filter: Some(flat), ..TaskQuery::default() }).is_ok());
}

#[test]
fn too_many_orders_and_fields_are_refused() {
    let view = World::default().view(&Visibility::Everything);
    let step = TaskOrder { field: OrderField::Key, direction: Direction::Ascending };
    let order =
        |count| view.tasks(&TaskQuery { order: vec![step; count], ..TaskQuery::default() }).is_ok();
    assert!(order(MAX_STEPS));
    assert!(!order(MAX_STEPS + 1));
    assert!(view.task_counts(None, &[GroupField::Kind; 2]).is_ok());
    assert!(view.task_counts(None, &[GroupField::Kind; 3]).is_err());
}

#[test]
fn an_unknown_id_is_nobody() {
    let view = World::default().view(&Visibility::Everything);
    assert!(view.task(TaskId(uuid::Uuid::nil())).is_none());
    assert!(view.task_at(crate::TaskOrdinal(7)).is_none());
    assert_eq!(view.task_by_key("", None).map(|task| task.is_some()), Ok(false));
}
