//! Issues and pull requests.

use bytes::Bytes;
use mainstem_model::record::{
    HistoryChange, HistoryEntry, ParentRecord, TaskRecord, TaskReference,
};
use mainstem_model::{CustomField, Date, Status, StatusCategory, TaskKind, Timestamp};
use serde_json::Value;

use super::criteria::criteria;
use super::decode::{Malformed, decode};
use super::history::{closed_key, status_value};
use super::people::People;
use super::priority::priority;
use super::text::storable;
use crate::locator::Locator;
use crate::repository::{Repository, RepositoryName};
use crate::wire;

/// An issue or pull request, and what its payload says of things to read elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalizedIssue {
    /// The task.
    pub task: TaskRecord,
    /// GitHub's number of comments.
    pub comments: u64,
    /// What the payload says of native links.
    pub links: Links,
}

/// What a payload says of native links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// There are none.
    None,
    /// There are some to read.
    Some,
    /// It does not say.
    Unknown,
}

/// Reads an issue or a pull request of this repository from an issue payload.
///
/// # Errors
/// Where the payload is not an issue; the reason names the field.
pub fn issue(
    raw: Bytes,
    repository: &Repository,
    people: &mut People,
) -> Result<NormalizedIssue, Malformed> {
    let issue: wire::Issue = decode(&raw)?;
    let pull_request = issue
        .pull_request
        .as_ref()
        .map(|mark| PullRequestState { draft: issue.draft, merged: mark.merged_at.is_some() });
    let status = status(pull_request, issue.state == "open", issue.state_reason.as_deref());
    let links = links(&issue, &status);
    let parent = match &issue.parent_issue_url {
        Some(url) => Some(url.as_deref().and_then(parent)),
        None if issue.pull_request.is_some() => Some(None),
        None => None,
    };
    let parent_number = parent.as_ref().and_then(|said| said.as_ref().map(|(_, number)| *number));
    let closed_by = issue.closed_by.map(|user| people.note(user));
    let history = match issue.closed_at {
        Some(at) if !status.category.is_open() => {
            vec![HistoryEntry {
                key: closed_key(at),
                change: HistoryChange::Value {
                    field: "status",
                    before: status_value(&open_status(issue.pull_request.is_some())),
                    after: status_value(&status),
                },
                actor: closed_by,
                occurred_at: at,
            }]
        }
        _ => Vec::new(),
    };
    let number = issue.number;
    let body = issue.body.map(storable);
    let labels: Vec<String> =
        issue.labels.into_iter().filter_map(wire::Label::into_name).map(storable).collect();
    let fields: Vec<CustomField> = issue.issue_field_values.into_iter().filter_map(field).collect();
    let (milestone, milestone_due) =
        issue.milestone.map_or((None, None), |given| (Some(storable(given.title)), given.due_on));
    let assignees = match issue.assignees {
        none if none.is_empty() => issue.assignee.into_iter().collect(),
        several => several,
    };
    let task = TaskRecord {
        external_id: issue.id.to_string().into(),
        locator: Locator { repository: repository.name.clone(), number, node_id: issue.node_id }
            .to_string(),
        project: repository.project.external_id.clone(),
        key: repository.key(number),
        kind: match (&issue.pull_request, &issue.issue_type) {
            (Some(_), _) => TaskKind::PullRequest,
            (None, Some(given)) => kind(&given.name),
            (None, None) => TaskKind::Issue,
        },
        title: storable(issue.title),
        url: issue.html_url,
        priority: priority(&labels, &fields),
        assignees: assignees.into_iter().map(|user| people.note(user)).collect(),
        author: issue.user.map(|user| people.note(user)),
        labels,
        milestone,
        sprint: None,
        parent: match parent {
            None => ParentRecord::Unsaid,
            Some(None) => ParentRecord::None,
            Some(Some((name, number))) => ParentRecord::Is(TaskReference {
                key: format!("{name}#{number}"),
                external_id: None,
            }),
        },
        start_on: date_field(&fields, &["start date", "start"]),
        // A milestone's date is when its issues are due, unless a field says it of this one.
        due_on: date_field(&fields, &["due date", "target date", "due"])
            .or_else(|| milestone_due.map(Timestamp::date)),
        created_at: issue.created_at,
        updated_at: issue.updated_at,
        started_at: None,
        closed_at: issue.closed_at,
        estimate_seconds: None,
        time_spent_seconds: None,
        criteria: body.as_deref().map(criteria).unwrap_or_default(),
        body,
        fields,
        version: issue.updated_at.0,
        census_token: Some(census_token(
            issue.comments,
            issue.issue_dependencies_summary.as_ref(),
            issue.sub_issues_summary.as_ref(),
            parent_number,
        )),
        history,
        status,
        raw,
    };
    Ok(NormalizedIssue { task, comments: issue.comments, links })
}

/// What does not reliably move an issue's updated time, counted: comments (`c`), blockers (`b`),
/// blocked issues (`k`), sub-issues (`s`), and the number of the parent (`p`). A swap of one blocker
/// for another leaves the counts alone; the list of events tells of those.
pub(crate) fn census_token(
    comments: u64,
    dependencies: Option<&wire::DependenciesSummary>,
    sub_issues: Option<&wire::SubIssuesSummary>,
    parent: Option<u64>,
) -> String {
    use std::fmt::Write;
    let mut token = format!("c{comments}");
    for (mark, count) in [
        ('b', dependencies.map_or(0, |summary| summary.total_blocked_by)),
        ('k', dependencies.map_or(0, |summary| summary.total_blocking)),
        ('s', sub_issues.map_or(0, |summary| summary.total)),
        ('p', parent.unwrap_or(0)),
    ] {
        if count > 0 {
            // Writing to a String cannot fail.
            let _ = write!(token, "{mark}{count}");
        }
    }
    token
}

/// What only a pull request may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PullRequestState {
    pub draft: bool,
    pub merged: bool,
}

/// GitHub's state and its reason, in GitHub's words. `reopened` is how an issue came to be open,
/// not another state: the history keeps it.
pub(crate) fn status(
    pull_request: Option<PullRequestState>,
    open: bool,
    reason: Option<&str>,
) -> Status {
    let (name, category) = match (pull_request, open) {
        (Some(PullRequestState { draft: true, .. }), true) => ("draft", StatusCategory::InProgress),
        (Some(_), true) => ("open", StatusCategory::InProgress),
        (Some(PullRequestState { merged: true, .. }), false) => ("merged", StatusCategory::Done),
        (Some(_), false) => ("closed", StatusCategory::Canceled),
        (None, true) => ("open", StatusCategory::Todo),
        (None, false) => closed_status(reason),
    };
    Status { name: name.to_owned(), category }
}

/// The status of an issue that was closed for this reason.
pub(super) fn closed_status(reason: Option<&str>) -> (&'static str, StatusCategory) {
    match reason {
        Some("not_planned") => ("closed as not planned", StatusCategory::Canceled),
        Some("duplicate") => ("closed as duplicate", StatusCategory::Canceled),
        _ => ("closed", StatusCategory::Done),
    }
}

/// What an issue or a pull request is before it is closed.
pub(super) fn open_status(pull_request: bool) -> Status {
    let category = if pull_request { StatusCategory::InProgress } else { StatusCategory::Todo };
    Status { name: "open".to_owned(), category }
}

/// The kind that an organisation's issue type stands for.
pub(super) fn kind(issue_type: &str) -> TaskKind {
    match issue_type.to_lowercase().as_str() {
        "bug" => TaskKind::Bug,
        "task" => TaskKind::Task,
        "feature" | "story" | "user story" => TaskKind::Story,
        "epic" | "initiative" => TaskKind::Epic,
        _ => TaskKind::Issue,
    }
}

fn links(issue: &wire::Issue, status: &Status) -> Links {
    if issue.pull_request.is_some() {
        // No count tells of the issues that a pull request closes. Its text may name them; people
        // may also have set them by hand, which is worth a look while it is open.
        let named = issue.body.as_deref().is_some_and(names_a_closing_keyword);
        return if named || status.category.is_open() { Links::Some } else { Links::Unknown };
    }
    // Where the payload does not say whose part an issue is, the whole is asked for its parts.
    let parts = issue.sub_issues_summary.as_ref().is_some_and(|summary| summary.total > 0)
        && issue.parent_issue_url.is_none();
    let duplicate = issue.state_reason.as_deref() == Some("duplicate");
    match &issue.issue_dependencies_summary {
        _ if parts || duplicate => Links::Some,
        Some(summary) if summary.total_blocked_by + summary.total_blocking > 0 => Links::Some,
        Some(_) => Links::None,
        None => Links::Unknown,
    }
}

/// Whether a text says `closes #7`, `fixed acme/api#7` or the like. It decides only whether to ask.
fn names_a_closing_keyword(text: &str) -> bool {
    const KEYWORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let keyword = KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
        let named = |next: &&str| next.contains('#') || next.contains("/issues/");
        if keyword && words.peek().is_some_and(named) {
            return true;
        }
    }
    false
}

/// The issue that a `parent_issue_url` names.
pub(crate) fn parent(url: &str) -> Option<(RepositoryName, u64)> {
    let (name, number) = RepositoryName::from_api_url(url)?;
    Some((name, number?))
}

fn field(given: wire::FieldValue) -> Option<CustomField> {
    let value = match (given.single_select_option, given.multi_select_options) {
        (Some(option), _) => Value::String(option.name),
        (None, Some(options)) => options.into_iter().map(|option| option.name).collect(),
        (None, None) => given.value,
    };
    (!value.is_null()).then_some(CustomField { name: given.issue_field_name?, value })
}

fn date_field(fields: &[CustomField], names: &[&str]) -> Option<Date> {
    names.iter().find_map(|name| {
        let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        field.value.as_str()?.get(..10)?.parse().ok()
    })
}
