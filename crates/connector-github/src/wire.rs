//! What is used of GitHub's answers. A field that GitHub may leave out or set to null has a default;
//! everything else in an answer is skipped.

use mainstem_model::Timestamp;
use serde::{Deserialize, Deserializer};

/// An issue, or a pull request as the issue lists show it.
#[derive(Debug, Deserialize)]
pub struct Issue {
    pub id: u64,
    /// Empty where a server is too old to give it.
    #[serde(default)]
    pub node_id: String,
    pub number: u64,
    pub title: String,
    pub state: String,
    #[serde(default)]
    pub state_reason: Option<String>,
    #[serde(default)]
    pub html_url: Option<String>,
    #[serde(default)]
    pub user: Option<User>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub labels: Vec<Label>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub assignees: Vec<User>,
    /// All that old servers say; newer ones repeat the first of `assignees` here, or leave it out.
    #[serde(default)]
    pub assignee: Option<User>,
    #[serde(default)]
    pub milestone: Option<Milestone>,
    #[serde(default, rename = "type")]
    pub issue_type: Option<Named>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub comments: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
    #[serde(default)]
    pub closed_by: Option<User>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub draft: bool,
    #[serde(default)]
    pub pull_request: Option<PullRequestMark>,
    /// Not there at all is not the same as null: some answers leave it out even for sub-issues.
    #[serde(default, deserialize_with = "present")]
    pub parent_issue_url: Option<Option<String>>,
    #[serde(default)]
    pub sub_issues_summary: Option<SubIssuesSummary>,
    #[serde(default)]
    pub issue_dependencies_summary: Option<DependenciesSummary>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub issue_field_values: Vec<FieldValue>,
}

/// A person, a bot or an organisation. Null where the account is gone.
#[derive(Debug, Deserialize)]
pub struct User {
    pub id: u64,
    pub login: String,
}

/// A label; very old answers give its name only.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Label {
    Name(String),
    Object { name: Option<String> },
}

impl Label {
    pub fn into_name(self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name),
            Self::Object { name } => name,
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct Named {
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub struct Milestone {
    pub title: String,
    #[serde(default)]
    pub due_on: Option<Timestamp>,
}

/// Says that an issue is a pull request.
#[derive(Debug, Deserialize)]
pub struct PullRequestMark {
    #[serde(default)]
    pub merged_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub struct SubIssuesSummary {
    #[serde(default)]
    pub total: u64,
}

/// Counts of dependencies, closed ones included.
#[derive(Debug, Deserialize)]
pub struct DependenciesSummary {
    #[serde(default)]
    pub total_blocked_by: u64,
    #[serde(default)]
    pub total_blocking: u64,
}

/// The value of an organisation's own field.
#[derive(Debug, Deserialize)]
pub struct FieldValue {
    #[serde(default, alias = "name")]
    pub issue_field_name: Option<String>,
    #[serde(default)]
    pub value: serde_json::Value,
    #[serde(default)]
    pub single_select_option: Option<Named>,
    #[serde(default)]
    pub multi_select_options: Option<Vec<Named>>,
}

#[derive(Debug, Deserialize)]
pub struct Comment {
    pub id: u64,
    pub issue_url: String,
    #[serde(default)]
    pub html_url: Option<String>,
    #[serde(default)]
    pub user: Option<User>,
    #[serde(default)]
    pub body: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An entry of an issue's timeline or of a repository's list of events.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    #[serde(default)]
    pub id: Option<u64>,
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub actor: Option<User>,
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    #[serde(default)]
    pub label: Option<Label>,
    #[serde(default)]
    pub assignee: Option<User>,
    #[serde(default)]
    pub milestone: Option<Milestone>,
    #[serde(default)]
    pub rename: Option<Rename>,
    #[serde(default)]
    pub state_reason: Option<String>,
    #[serde(default)]
    pub issue_type: Option<Named>,
    #[serde(default)]
    pub prev_issue_type: Option<Named>,
    #[serde(default)]
    pub issue: Option<EventIssue>,
}

#[derive(Debug, Deserialize)]
pub struct Rename {
    pub from: String,
    pub to: String,
}

/// The issue that an event of a repository's list is about.
#[derive(Debug, Deserialize)]
pub struct EventIssue {
    pub id: u64,
    #[serde(default)]
    pub node_id: String,
    pub number: u64,
}

#[derive(Debug, Deserialize)]
pub struct Repository {
    pub id: u64,
    pub full_name: String,
    #[serde(default)]
    pub html_url: Option<String>,
}

/// As much of an issue as a census needs.
#[derive(Debug, Deserialize)]
pub struct CensusIssue {
    pub id: u64,
    #[serde(default)]
    pub node_id: String,
    pub number: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub comments: u64,
    #[serde(default)]
    pub parent_issue_url: Option<String>,
    #[serde(default)]
    pub sub_issues_summary: Option<SubIssuesSummary>,
    #[serde(default)]
    pub issue_dependencies_summary: Option<DependenciesSummary>,
}

/// The other end of a dependency.
#[derive(Debug, Deserialize)]
pub struct DependencyIssue {
    pub id: u64,
    pub number: u64,
    pub repository_url: String,
}

/// What orders a list: read ahead of the whole record.
#[derive(Debug, Deserialize)]
pub struct Stamp {
    pub id: u64,
    pub updated_at: Timestamp,
}

fn null_as_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
