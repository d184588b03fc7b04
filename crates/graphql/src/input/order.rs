//! Orders and groups.

use mainstem_read_model::{Direction, GroupField, OrderField, TaskOrder};
use serde::Deserialize;

/// One step of an order as it is given.
#[derive(Deserialize)]
pub struct TaskOrderInput {
    field: OrderFieldInput,
    direction: Option<DirectionInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum OrderFieldInput {
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
enum DirectionInput {
    Asc,
    Desc,
}

impl TaskOrderInput {
    /// The step as the read model takes it.
    pub fn read(self) -> TaskOrder {
        TaskOrder {
            field: match self.field {
                OrderFieldInput::CreatedAt => OrderField::CreatedAt,
                OrderFieldInput::UpdatedAt => OrderField::UpdatedAt,
                OrderFieldInput::StartOn => OrderField::StartOn,
                OrderFieldInput::DueOn => OrderField::DueOn,
                OrderFieldInput::ClosedAt => OrderField::ClosedAt,
                OrderFieldInput::Key => OrderField::Key,
                OrderFieldInput::Title => OrderField::Title,
                OrderFieldInput::Priority => OrderField::Priority,
                OrderFieldInput::Status => OrderField::Status,
            },
            direction: match self.direction {
                None | Some(DirectionInput::Asc) => Direction::Ascending,
                Some(DirectionInput::Desc) => Direction::Descending,
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
