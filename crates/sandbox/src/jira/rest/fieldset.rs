//! Reading the fields that somebody writes.

use serde_json::{Map, Value};

use crate::jira::answer::Refusal;
use crate::jira::catalogue::{IssueType, Priority, Resolution};
use crate::jira::fields::{Custom, Kind, System};
use crate::jira::rest::{Call, Interface};
use crate::jira::text::Text;
use crate::jira::world::{
    CustomValue, Edit, IssueKey, ProjectKey, SprintKey, UserKey, World, Written,
};
use crate::keys::DatabaseId;

/// Why a field cannot be set so.
type Wrong = &'static str;

const UNKNOWN: Wrong = "Field cannot be set. It is not on the appropriate screen, or unknown.";

/// Reads `fields` and `update` of a body into an edit of an issue in a project.
///
/// # Errors
/// For the first field that cannot be set.
pub(super) fn edit(
    call: &Call<'_>,
    world: &World,
    project: ProjectKey,
    issue: Option<IssueKey>,
    body: &Value,
) -> Result<Edit, Refusal> {
    let mut edit = Edit::default();
    for (id, value) in body["fields"].as_object().unwrap_or(&Map::new()) {
        if matches!(id.as_str(), "project" | "issuetype") && issue.is_none() {
            continue;
        }
        set(call, world, project, &mut edit, id, value)
            .map_err(|wrong| Refusal::field(id, wrong))?;
    }
    for (id, operations) in body["update"].as_object().unwrap_or(&Map::new()) {
        update(world, issue, &mut edit, id, operations)
            .map_err(|wrong| Refusal::field(id, wrong))?;
    }
    Ok(edit)
}

/// What somebody wrote, as a text.
///
/// # Errors
/// Where it is not of the form that the interface takes.
pub(super) fn text(call: &Call<'_>, value: &Value) -> Result<Text, Wrong> {
    match (call.interface, value) {
        (_, Value::Null) => Ok(Text::Empty),
        (Interface::Documents, value) if value["type"] == "doc" => {
            Ok(Text::Document(value.to_string().into()))
        }
        (Interface::Documents, _) => {
            Err("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
        }
        (_, Value::String(markup)) => Ok(Text::wiki(markup)),
        _ => Err("Operation value must be a string"),
    }
}

fn set(
    call: &Call<'_>,
    world: &World,
    project: ProjectKey,
    edit: &mut Edit,
    id: &str,
    value: &Value,
) -> Result<(), Wrong> {
    let field = world.fields.place(id).map(|place| world.fields.at(place)).ok_or(UNKNOWN)?;
    match field.kind {
        Kind::Custom(custom) => return set_custom(world, edit, custom, value),
        Kind::System(System::Summary) => {
            let summary = value.as_str().filter(|text| !text.is_empty());
            edit.summary =
                Some(summary.ok_or("You must specify a summary of the issue.")?.to_owned());
        }
        Kind::System(System::Description) => edit.description = Some(Written(text(call, value)?)),
        Kind::System(System::Assignee) => edit.assignee = Some(person(world, value)?),
        Kind::System(System::Priority) => {
            let found = named(value, Priority::named, Priority::of_id);
            edit.priority = Some(found.ok_or("The priority selected is invalid.")?);
        }
        Kind::System(System::IssueType) => {
            let found = named(value, IssueType::named, IssueType::of_id);
            edit.issue_type = Some(found.ok_or("The issue type selected is invalid.")?);
        }
        Kind::System(System::Resolution) => {
            edit.resolution = named(value, Resolution::named, Resolution::of_id);
        }
        Kind::System(System::Labels) => {
            edit.labels = Some(texts(value).ok_or("The labels must be a list of texts.")?);
        }
        Kind::System(System::DueDate) => {
            let due = optional(value, |value| value.as_str()?.parse().ok());
            edit.due =
                Some(due.ok_or("Error parsing date string. The expected format is YYYY-MM-DD.")?);
        }
        Kind::System(System::Components) => {
            let known = &world[project].components;
            let found = several(value, |value| {
                let id = |key: &crate::jira::world::ComponentKey| key.database_id().to_string();
                known.iter().copied().find(|key| {
                    value["id"] == id(key).as_str() || value["name"] == world[*key].name.as_str()
                })
            });
            edit.components = Some(found.ok_or("Component name is not valid")?);
        }
        Kind::System(System::FixVersions) => {
            let known = &world[project].versions;
            let found = several(value, |value| {
                let id = |key: &crate::jira::world::VersionKey| key.database_id().to_string();
                known.iter().copied().find(|key| {
                    value["id"] == id(key).as_str() || value["name"] == world[*key].name.as_str()
                })
            });
            edit.fix_versions = Some(found.ok_or("Version name is not valid")?);
        }
        Kind::System(System::Parent) => {
            let parent = optional(value, |value| {
                let name = value["key"].as_str().or_else(|| value["id"].as_str())?;
                world.find(name).ok()
            });
            edit.parent = Some(parent.ok_or("Could not find issue by id or key.")?);
        }
        Kind::System(System::TimeTracking) => {
            let estimate = &value["originalEstimate"];
            let seconds = optional(estimate, |value| seconds(value.as_str()?));
            edit.original_estimate = Some(seconds.ok_or("Original Estimate is invalid.")?);
        }
        Kind::System(_) => return Err(UNKNOWN),
    }
    Ok(())
}

fn set_custom(world: &World, edit: &mut Edit, custom: Custom, value: &Value) -> Result<(), Wrong> {
    match custom {
        Custom::Sprint => {
            let sprint = optional(value, |value| {
                SprintKey::from_database_id(value.as_u64()?)
                    .filter(|key| (key.0 as usize) < world.sprints.len())
            });
            edit.sprint = Some(sprint.ok_or("Number value expected as the Sprint id.")?);
        }
        Custom::EpicLink => {
            let epic = optional(value, |value| world.find(value.as_str()?).ok());
            edit.parent = Some(epic.ok_or("Epic link is invalid.")?);
        }
        Custom::EpicName | Custom::Rank => return Err(UNKNOWN),
        _ => {
            let read = optional(value, |value| custom_value(world, custom, value));
            edit.custom.push((custom, read.ok_or("The value is invalid for this field.")?));
        }
    }
    Ok(())
}

fn custom_value(world: &World, custom: Custom, value: &Value) -> Option<CustomValue> {
    let choice = |value: &Value| {
        let name = value["value"].as_str()?;
        custom.options().iter().position(|option| *option == name).map(|place| place as u8)
    };
    match custom {
        Custom::Severity | Custom::Team => choice(value).map(CustomValue::Choice),
        Custom::Platforms | Custom::Flagged => several(value, choice).map(CustomValue::Choices),
        Custom::Area => {
            let first = choice(value)? / 3;
            let second = choice(&value["child"]).and_then(|place| place.checked_sub(first * 3 + 1));
            Some(CustomValue::Cascade(first, second))
        }
        Custom::Reviewer => person(world, value).ok()?.map(CustomValue::User),
        Custom::Approvers => {
            several(value, |value| person(world, value).ok()?).map(CustomValue::Users)
        }
        Custom::StoryPoints | Custom::CustomersAffected => value.as_f64().map(CustomValue::Number),
        Custom::StartDate | Custom::TargetDate => {
            value.as_str()?.parse().ok().map(CustomValue::Date)
        }
        Custom::MaintenanceWindow => time(value.as_str()?).map(CustomValue::Time),
        Custom::Topics => texts(value).map(CustomValue::Labels),
        _ => value.as_str().map(|text| CustomValue::Text(text.to_owned())),
    }
}

/// Operations on a field, such as `[{"add": "x"}, {"remove": "y"}]`; only labels take any here.
fn update(
    world: &World,
    issue: Option<IssueKey>,
    edit: &mut Edit,
    id: &str,
    operations: &Value,
) -> Result<(), Wrong> {
    if id != "labels" {
        return Err(UNKNOWN);
    }
    let before = || {
        issue.map_or_else(Vec::new, |issue| {
            world[issue].labels.iter().map(|label| label.to_string()).collect()
        })
    };
    let mut labels: Vec<String> = edit.labels.take().unwrap_or_else(before);
    for operation in operations.as_array().into_iter().flatten() {
        if let Some(all) = texts(&operation["set"]) {
            labels = all;
        }
        if let Some(label) = operation["add"].as_str() {
            labels.retain(|known| known != label);
            labels.push(label.to_owned());
        }
        if let Some(label) = operation["remove"].as_str() {
            labels.retain(|known| known != label);
        }
    }
    edit.labels = Some(labels);
    Ok(())
}

/// A value that may be `null`; `None` where it is neither that nor what is expected.
fn optional<T>(value: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Option<Option<T>> {
    if value.is_null() { Some(None) } else { read(value).map(Some) }
}

fn several<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    several(value, |value| value.as_str().map(str::to_owned))
}

fn named<T>(
    value: &Value,
    by_name: impl Fn(&str) -> Option<T>,
    by_id: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    value["id"].as_str().and_then(by_id).or_else(|| value["name"].as_str().and_then(by_name))
}

fn person(world: &World, value: &Value) -> Result<Option<UserKey>, Wrong> {
    let name = ["accountId", "id", "name", "key"].into_iter().find_map(|key| value[key].as_str());
    match name {
        None => Ok(None),
        Some(name) => world.user(name).map(Some).ok_or("User does not exist."),
    }
}

/// Such as `2026-03-01T09:30:00.000+0100`.
pub(super) fn time(text: &str) -> Option<mainstem_model::Timestamp> {
    let told = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
    Some(mainstem_model::Timestamp(told.to_timestamp().ok()?.as_microsecond()))
}

/// Such as `2d 4h`, in seconds.
pub(super) fn seconds(text: &str) -> Option<u32> {
    let mut minutes = 0_u32;
    for part in text.split_whitespace() {
        let (number, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
        let worth = match unit {
            "w" => 5 * 8 * 60,
            "d" => 8 * 60,
            "h" => 60,
            "m" => 1,
            _ => return None,
        };
        minutes = minutes.checked_add(number.parse::<u32>().ok()?.checked_mul(worth)?)?;
    }
    minutes.checked_mul(60)
}
