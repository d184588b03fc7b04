//! The filters of the schema. Fields side by side must all hold.

use mainstem_read_model::{
    Filter, LinkFilter, LinkPredicate, PersonFilter, PersonPredicate, ProjectFilter,
    ProjectPredicate, Quantifier, SourceFilter, SourcePredicate, TaskFilter, TaskPredicate,
};
use serde_json::Value as JsonValue;

use super::compare::{
    all, compare, compare_boolean, compare_duration, compare_text, compare_working_time, unknown,
};
use crate::error::Problem;

/// `TaskFilter`.
///
/// # Errors
/// `BAD_USER_INPUT` for a value that its type allows but its meaning does not.
pub fn task(value: &JsonValue) -> Result<TaskFilter, Problem> {
    use TaskPredicate as P;
    logic(value, task, |name, value| match name {
        "id" => compare(value, P::Id),
        "key" => compare_text(value, P::Key),
        "kind" => compare(value, P::Kind),
        "title" => compare_text(value, P::Title),
        "url" => compare_text(value, P::Url),
        "status" => all(value, |name, value| match name {
            "name" => compare_text(value, P::StatusName),
            "category" => compare(value, P::StatusCategory),
            _ => unknown(name),
        }),
        "priority" => all(value, |name, value| match name {
            "name" => compare_text(value, P::PriorityName),
            "level" => compare(value, P::PriorityLevel),
            _ => unknown(name),
        }),
        "assignees" => {
            quantified(value, |quantifier, value| Ok(P::Assignees(quantifier, person(value)?)))
        }
        "author" => author(value),
        "labels" => quantified(value, |quantifier, value| {
            Ok(P::Labels(quantifier, compare_text(value, |text| text)?))
        }),
        "milestone" => compare_text(value, P::Milestone),
        "sprint" => compare_text(value, P::Sprint),
        "parent" => all(value, |name, value| match name {
            "isNull" => Ok(Filter::Is(P::ParentIsNull(super::value::parse(value)?))),
            "id" => compare(value, P::ParentId),
            "key" => compare_text(value, P::ParentKey),
            _ => unknown(name),
        }),
        "startOn" => compare(value, P::StartOn),
        "dueOn" => compare(value, P::DueOn),
        "createdAt" => compare(value, P::CreatedAt),
        "updatedAt" => compare(value, P::UpdatedAt),
        "startedAt" => compare(value, P::StartedAt),
        "closedAt" => compare(value, P::ClosedAt),
        "estimate" => compare_duration(value, P::Estimate),
        "timeSpent" => compare_duration(value, P::TimeSpent),
        "project" => Ok(Filter::Is(P::Project(project(value)?))),
        "source" => Ok(Filter::Is(P::Source(source(value)?))),
        "presence" => compare(value, P::Presence),
        "isReady" => compare_boolean(value, P::IsReady),
        "isBlocked" => compare_boolean(value, P::IsBlocked),
        "blockedBy" => quantified(value, |quantifier, value| {
            Ok(P::BlockedBy(quantifier, Box::new(task(value)?)))
        }),
        "blocks" => {
            quantified(value, |quantifier, value| Ok(P::Blocks(quantifier, Box::new(task(value)?))))
        }
        "blockedFor" => compare_working_time(value, P::BlockedFor),
        "crossTool" => compare_boolean(value, P::CrossTool),
        _ => unknown(name),
    })
}

/// `LinkFilter`.
///
/// # Errors
/// As [`task`].
pub fn link(value: &JsonValue) -> Result<LinkFilter, Problem> {
    use LinkPredicate as P;
    logic(value, link, |name, value| match name {
        "kind" => compare(value, P::Kind),
        "origin" => compare(value, P::Origin),
        "review" => compare(value, P::Review),
        "state" => compare(value, P::State),
        "since" => compare(value, P::Since),
        "until" => compare(value, P::Until),
        "crossTool" => compare_boolean(value, P::CrossTool),
        "from" => Ok(Filter::Is(P::From(task(value)?))),
        "to" => Ok(Filter::Is(P::To(task(value)?))),
        "task" => Ok(Filter::Is(P::Task(task(value)?))),
        _ => unknown(name),
    })
}

/// `PersonFilter`.
///
/// # Errors
/// As [`task`].
pub fn person(value: &JsonValue) -> Result<PersonFilter, Problem> {
    logic(value, person, person_field)
}

/// `ProjectFilter`.
///
/// # Errors
/// As [`task`].
pub fn project(value: &JsonValue) -> Result<ProjectFilter, Problem> {
    logic(value, project, |name, value| match name {
        "id" => compare(value, ProjectPredicate::Id),
        "key" => compare_text(value, ProjectPredicate::Key),
        "name" => compare_text(value, ProjectPredicate::Name),
        "source" => Ok(Filter::Is(ProjectPredicate::Source(source(value)?))),
        _ => unknown(name),
    })
}

fn source(value: &JsonValue) -> Result<SourceFilter, Problem> {
    logic(value, source, |name, value| match name {
        "id" => compare(value, SourcePredicate::Id),
        "name" => compare_text(value, SourcePredicate::Name),
        "connector" => compare_text(value, SourcePredicate::Connector),
        _ => unknown(name),
    })
}

fn person_field(name: &str, value: &JsonValue) -> Result<PersonFilter, Problem> {
    match name {
        "id" => compare(value, PersonPredicate::Id),
        "name" => compare_text(value, PersonPredicate::Name),
        "handle" => compare_text(value, PersonPredicate::Handle),
        "email" => compare_text(value, PersonPredicate::Email),
        _ => unknown(name),
    }
}

fn author(value: &JsonValue) -> Result<TaskFilter, Problem> {
    all(value, |name, value| {
        Ok(Filter::Is(match name {
            "isNull" => TaskPredicate::AuthorIsNull(super::value::parse(value)?),
            _ => TaskPredicate::Author(person_field(name, value)?),
        }))
    })
}

/// A filter with `and`, `or` and `not` beside its fields.
fn logic<P>(
    value: &JsonValue,
    whole: impl Fn(&JsonValue) -> Result<Filter<P>, Problem>,
    field: impl Fn(&str, &JsonValue) -> Result<Filter<P>, Problem>,
) -> Result<Filter<P>, Problem> {
    let each = |value: &JsonValue| {
        value.as_array().into_iter().flatten().map(&whole).collect::<Result<Vec<_>, _>>()
    };
    all(value, |name, value| match name {
        "and" => Ok(Filter::And(each(value)?)),
        "or" => Ok(Filter::Or(each(value)?)),
        "not" => Ok(Filter::Not(Box::new(whole(value)?))),
        _ => field(name, value),
    })
}

/// A filter on the elements of a list.
fn quantified<P>(
    value: &JsonValue,
    read: impl Fn(Quantifier, &JsonValue) -> Result<P, Problem>,
) -> Result<Filter<P>, Problem> {
    all(value, |name, value| {
        let quantifier = match name {
            "some" => Quantifier::Some,
            "none" => Quantifier::None,
            "every" => Quantifier::Every,
            _ => return unknown(name),
        };
        Ok(Filter::Is(read(quantifier, value)?))
    })
}
