//! Issues.

use bytes::Bytes;
use mainstem_model::record::{ParentRecord, RelationRecord, TaskRecord, TaskReference};
use mainstem_model::{CustomField, LinkKind, Priority, Timestamp};
use serde_json::Value;

use super::criteria;
use super::custom::custom;
use super::decode::{Malformed, decode, identify};
use super::history::Present;
use super::links::{links, reference};
use super::people::People;
use super::status::status;
use super::value::{date, kind, priority, rich_text, storable};
use crate::catalogue::Fields;
use crate::client::{Site, part};
use crate::locator::locator;
use crate::wire;

/// What it takes to understand an issue.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The site.
    pub site: &'a Site,
    /// Its custom fields.
    pub fields: &'a Fields,
}

/// An issue, and what its payload says beside it.
#[derive(Debug)]
pub struct NormalizedIssue {
    /// The task; its history is still to be read.
    pub task: TaskRecord,
    /// Its native links.
    pub relation: RelationRecord,
    /// Its project.
    pub project: wire::Project,
    /// Its comments, where it tells of them.
    pub comments: Option<Within>,
    /// The work logged on it, where it tells of it.
    pub worklogs: Option<Within>,
    /// What its past is told from.
    pub present: Present,
    /// The part of its past that stands within it.
    pub histories: Vec<wire::History>,
}

/// What stands within an issue of something that it may have more of.
#[derive(Debug)]
pub struct Within {
    /// The first of them, as they came.
    pub shown: Vec<Bytes>,
    /// How many there are.
    pub total: u64,
}

/// Reads an issue. `at` is when Jira was asked.
pub fn issue(
    raw: &Bytes,
    at: Timestamp,
    context: Context<'_>,
    people: &mut People,
) -> Result<NormalizedIssue, Malformed> {
    let malformed = |reason| Malformed { external_id: identify(raw), reason };
    let issue: wire::Issue<wire::Fields> = decode(raw).map_err(malformed)?;
    let held: wire::Held = decode(raw).map_err(malformed)?;
    let (fields, own) = (issue.fields, custom(held.fields, context.fields));
    if !is_id(&issue.id) {
        return Err(malformed(format!("id: {:?} is not a number", issue.id)));
    }

    let task =
        TaskReference { key: issue.key.clone(), external_id: Some(issue.id.as_str().into()) };
    let token = census_token(
        fields.updated.0,
        fields.issuelinks.iter().flatten().map(|link| link.id.as_str()),
    );
    let parent = parent(fields.parent, own.epic);
    let resolution = fields.resolution.map(|resolution| resolution.name);
    let status = status(&fields.status, resolution.as_deref());
    let kind = kind(&fields.issuetype);
    let fix_versions: Vec<String> = names(fields.fix_versions);
    let present = Present {
        updated_at: fields.updated.0,
        kind: (fields.issuetype.name, kind),
        status: fields.status,
        resolution: resolution.clone(),
        fix_versions: fix_versions.clone(),
    };
    let body = fields.description.and_then(rich_text);
    let mut found = body.as_deref().map(criteria::of_tasks).unwrap_or_default();
    found.extend(own.criteria.as_deref().map(criteria::of_field).unwrap_or_default());
    let within_issue = |page: wire::PartPage<'_>| Within {
        shown: page.parts.iter().map(|one| part(raw, one)).collect(),
        total: page.total,
    };
    let mut shown = own.fields;
    shown.extend(extra("Components", names(fields.components).into_iter().map(Value::from)));
    shown.extend(
        resolution.map(|name| CustomField {
            name: "Resolution".to_owned(),
            value: storable(name).into(),
        }),
    );

    let record = TaskRecord {
        external_id: issue.id.as_str().into(),
        locator: locator(&issue.id, &fields.project.key),
        project: fields.project.id.as_str().into(),
        url: Some(format!("{}/browse/{}", context.site.address, issue.key)),
        key: issue.key,
        kind,
        title: storable(fields.summary),
        priority: fields
            .priority
            .map_or(Priority::NONE, |told| priority(&told.name, told.id.as_deref())),
        assignees: fields.assignee.and_then(|user| people.note(user)).into_iter().collect(),
        author: fields.reporter.or(fields.creator).and_then(|user| people.note(user)),
        labels: fields.labels.unwrap_or_default().into_iter().map(storable).collect(),
        milestone: milestone(&fix_versions),
        sprint: own.sprint,
        parent: parent.clone(),
        start_on: own.start_on,
        due_on: fields.duedate.as_deref().and_then(date),
        created_at: fields.created.0,
        updated_at: fields.updated.0,
        started_at: None,
        // Some projects of Cloud know no resolutions.
        closed_at: fields
            .resolutiondate
            .or(fields.statuscategorychangedate)
            .map(|time| time.0)
            .filter(|_| !status.category.is_open()),
        estimate_seconds: fields.timeoriginalestimate,
        time_spent_seconds: fields.timespent,
        criteria: found,
        body,
        fields: shown,
        version: fields.updated.0.0,
        census_token: Some(token.clone()),
        history: Vec::new(),
        status,
        raw: raw.clone(),
    };
    let relation = RelationRecord {
        task: record.external_id.clone(),
        links: links(&task, fields.issuelinks),
        kinds: LinkKind::ALL,
        parent,
        version: at.0,
        census_token: Some(token),
    };
    Ok(NormalizedIssue {
        task: record,
        relation,
        project: fields.project,
        comments: fields.comment.map(within_issue),
        worklogs: fields.worklog.map(within_issue),
        present,
        histories: issue.changelog.map(|changelog| changelog.histories).unwrap_or_default(),
    })
}

/// Reads the links of an issue, and what its past is told from.
pub fn outline(
    raw: &Bytes,
    at: Timestamp,
    context: Context<'_>,
) -> Result<(RelationRecord, Present, Vec<wire::History>), Malformed> {
    let malformed = |reason| Malformed { external_id: identify(raw), reason };
    let issue: wire::Issue<wire::Outline> = decode(raw).map_err(malformed)?;
    let held: wire::Held = decode(raw).map_err(malformed)?;
    let fields = issue.fields;
    let task = TaskReference { key: issue.key, external_id: Some(issue.id.as_str().into()) };
    let relation = RelationRecord {
        task: issue.id.into(),
        links: links(&task, fields.issuelinks),
        kinds: LinkKind::ALL,
        parent: parent(fields.parent, custom(held.fields, context.fields).epic),
        version: at.0,
        // The token stays that of the task's own reading, so that a census still finds it behind.
        census_token: None,
    };
    let present = Present {
        updated_at: fields.updated.0,
        kind: (fields.issuetype.name.clone(), kind(&fields.issuetype)),
        status: fields.status,
        resolution: fields.resolution.map(|resolution| resolution.name),
        fix_versions: names(fields.fix_versions),
    };
    let histories = issue.changelog.map(|changelog| changelog.histories).unwrap_or_default();
    Ok((relation, present, histories))
}

/// The updated time (`u`), which search may lag behind, and the links (`l`), which may not move it:
/// how many there are, and the newest of their growing ids.
pub fn census_token<'a>(updated: Timestamp, links: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<u64> = links.map(|id| id.parse().unwrap_or_default()).collect();
    let newest = ids.iter().max().copied().unwrap_or_default();
    format!("u{}l{}.{newest}", updated.0 / 1_000, ids.len())
}

/// Several fix versions make one milestone, told with commas.
pub(super) fn milestone(fix_versions: &[String]) -> Option<String> {
    (!fix_versions.is_empty()).then(|| fix_versions.join(", "))
}

fn parent(parent: Option<wire::Reference>, epic: Option<String>) -> ParentRecord {
    match (parent, epic) {
        (Some(parent), _) => ParentRecord::Is(reference(parent)),
        (None, Some(key)) => ParentRecord::Is(TaskReference { key, external_id: None }),
        (None, None) => ParentRecord::None,
    }
}

fn names(named: Option<Vec<wire::Named>>) -> Vec<String> {
    named.into_iter().flatten().map(|named| storable(named.name)).collect()
}

fn extra(name: &str, values: impl Iterator<Item = Value>) -> Option<CustomField> {
    let values: Vec<Value> = values.collect();
    (!values.is_empty()).then(|| CustomField { name: name.to_owned(), value: values.into() })
}

/// Whether this can be an id of Jira.
pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
