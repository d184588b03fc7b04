//! Orders and groups.

use mainstem_read_model::{Direction, GroupField, OrderField, TaskOrder};
use serde::Deserialize;

use super::value::get;
use crate::error::Problem;
use crate::request::JsonMap;

/// The order in the argument `orderBy`.
///
/// # Errors
/// Never for what the schema allows.
pub fn orders(values: &JsonMap) -> Result<Vec<TaskOrder>, Problem> {
    let steps: Vec<Step> = get(values, "orderBy")?.unwrap_or_default();
    Ok(steps.into_iter().map(Step::read).collect())
}

/// `TaskOrder` of the schema.
#[derive(Deserialize)]
struct Step {
    field: Field,
    direction: Option<Way>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Field {
    CreatedAt,
    UpdatedAt,
    StartOn,
    DueOn,
    ClosedAt,
    Key,
    Title,
    Priority,
    Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Way {
    Asc,
    Desc,
}

impl Step {
    fn read(self) -> TaskOrder {
        TaskOrder {
            field: match self.field {
                Field::CreatedAt => OrderField::CreatedAt,
                Field::UpdatedAt => OrderField::UpdatedAt,
                Field::StartOn => OrderField::StartOn,
                Field::DueOn => OrderField::DueOn,
                Field::ClosedAt => OrderField::ClosedAt,
                Field::Key => OrderField::Key,
                Field::Title => OrderField::Title,
                Field::Priority => OrderField::Priority,
                Field::Status => OrderField::Status,
            },
            direction: match self.direction {
                None | Some(Way::Asc) => Direction::Ascending,
                Some(Way::Desc) => Direction::Descending,
            },
        }
    }
}

/// The field of this word of `TaskGroupField`.
pub fn group_field(word: &str) -> Option<GroupField> {
    Some(match word {
        "STATUS" => GroupField::Status,
        "STATUS_CATEGORY" => GroupField::StatusCategory,
        "ASSIGNEE" => GroupField::Assignee,
        "AUTHOR" => GroupField::Author,
        "PROJECT" => GroupField::Project,
        "SOURCE" => GroupField::Source,
        "KIND" => GroupField::Kind,
        "LABEL" => GroupField::Label,
        "PRIORITY" => GroupField::Priority,
        "MILESTONE" => GroupField::Milestone,
        "SPRINT" => GroupField::Sprint,
        "PRESENCE" => GroupField::Presence,
        _ => return None,
    })
}
