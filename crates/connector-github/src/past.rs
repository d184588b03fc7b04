//! The past of issues that are known already: their events, many issues to a question of GraphQL, and
//! their native links, which come along.
//!
//! What GraphQL cannot tell of an issue (it is older, its node ids read otherwise, there are more
//! events than on one page) is read from its timeline by REST. An issue that is not to be found as it
//! was known is asked for whole, by a hint: what became of it is not concluded here.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record::{Depth, ExternalId, Hint, HistoryEntry, HistoryRecord};
use mainstem_model::{TaskKind, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::node_id::database_id;
use crate::normalize::{
    self, People, Present, PullRequestState, from_events, known_until, status, storable,
};
use crate::pull::Draft;
use crate::relations::{self, Linked, Nodes, Relations, Wanted, links};
use crate::repository::Repository;
use crate::session::GitHubSession;
use crate::wire;

/// How many issues one question names. GitHub gives up on a question after ten seconds; with this many
/// it has up to 2,500 events and as many commits to find, and counts two points.
const ISSUES_A_QUESTION: usize = 25;
/// How many issues are read by REST at the same time.
const ISSUES_BY_REST: usize = 4;

/// An issue has at most a hundred labels and ten assignees, so only its events may fill a page.
const PAST: &str = concat!(
    "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ...links
  ... on Labelable { labels(first: 100) { nodes { name } } }
  ... on Assignable { assignees(first: 20) { nodes { ...account } } }
  ... on Issue {
    issueState: state stateReason(enableDuplicate: true) updatedAt closedAt
    timelineItems(first: 100, itemTypes: [
      ASSIGNED_EVENT CLOSED_EVENT DEMILESTONED_EVENT ISSUE_TYPE_ADDED_EVENT
      ISSUE_TYPE_CHANGED_EVENT ISSUE_TYPE_REMOVED_EVENT LABELED_EVENT MILESTONED_EVENT
      RENAMED_TITLE_EVENT REOPENED_EVENT UNASSIGNED_EVENT UNLABELED_EVENT
    ]) { pageInfo { hasNextPage } nodes { __typename
      ...event
      ... on IssueTypeAddedEvent { id createdAt actor { ...account } issueType { name } }
      ... on IssueTypeChangedEvent {
        id createdAt actor { ...account } issueType { name } prevIssueType { name }
      }
      ... on IssueTypeRemovedEvent { id createdAt actor { ...account } issueType { name } }
    } }
  }
  ... on PullRequest {
    pullRequestState: state isDraft updatedAt closedAt
    timelineItems(first: 100, itemTypes: [
      ASSIGNED_EVENT CLOSED_EVENT CONVERT_TO_DRAFT_EVENT DEMILESTONED_EVENT LABELED_EVENT
      MILESTONED_EVENT READY_FOR_REVIEW_EVENT RENAMED_TITLE_EVENT REOPENED_EVENT
      UNASSIGNED_EVENT UNLABELED_EVENT
    ]) { pageInfo { hasNextPage } nodes { __typename
      ...event
      ... on ConvertToDraftEvent { id createdAt actor { ...account } }
      ... on ReadyForReviewEvent { id createdAt actor { ...account } }
    } }
  }
} }
fragment event on Node {
  ... on AssignedEvent { id createdAt actor { ...account } assignee { ...account } }
  ... on ClosedEvent { id createdAt actor { ...account } stateReason }
  ... on DemilestonedEvent { id createdAt actor { ...account } milestoneTitle }
  ... on LabeledEvent { id createdAt actor { ...account } label { name } }
  ... on MilestonedEvent { id createdAt actor { ...account } milestoneTitle }
  ... on RenamedTitleEvent { id createdAt actor { ...account } previousTitle currentTitle }
  ... on ReopenedEvent { id createdAt actor { ...account } }
  ... on UnassignedEvent { id createdAt actor { ...account } assignee { ...account } }
  ... on UnlabeledEvent { id createdAt actor { ...account } label { name } }
}
fragment account on Actor {
  __typename login
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
  ... on Organization { databaseId }
  ... on User { databaseId }
}
",
    links!(of everything),
    links!(of pull requests),
);

/// The past of issues, and their links.
#[derive(Debug, Default)]
pub struct Past {
    pub relations: Relations,
    pub histories: Vec<HistoryRecord>,
}

impl Past {
    fn tell(&mut self, task: Option<ExternalId>, entries: Vec<HistoryEntry>) {
        self.histories.extend(task.map(|task| HistoryRecord { task, entries }));
    }
}

/// What became of a question about one issue.
enum Answer {
    /// What GraphQL says of it, and when.
    Told(Box<RawValue>, Timestamp),
    /// GraphQL shows no such node.
    Missing,
    /// GraphQL cannot be asked.
    Unasked,
}

/// Reads the past of these issues. People and hints go into the draft. Where a limit cuts the reading
/// by REST short, the issues that are missing in the answer were not read.
pub async fn read(
    session: &GitHubSession,
    wanted: Vec<Wanted>,
    draft: &mut Draft,
) -> Result<Past, ConnectorError> {
    let mut past = Past::default();
    let mut by_rest = Vec::new();
    let questions = wanted.chunks(ISSUES_A_QUESTION).map(|tasks| ask(session, tasks));
    for (task, answer) in try_join_all(questions).await?.into_iter().flatten() {
        match answer {
            Answer::Told(node, at) => match told(&node, &mut draft.people) {
                Some((linked, history)) => {
                    past.relations.take(session, task.clone(), linked, at);
                    match history {
                        Some(history) => past.tell(task.external_id, history),
                        None => by_rest.push(task),
                    }
                }
                None => by_rest.push(task),
            },
            Answer::Missing => past.relations.missing.push(task),
            Answer::Unasked => by_rest.push(task),
        }
    }
    let pull_requests = read_by_rest(session, by_rest, draft, &mut past).await?;
    let closing = relations::closing(session, &session.background, pull_requests).await?;
    past.relations.add(closing);
    // Each part has a past of its own, with which it states its whole.
    past.relations.hints.clear();
    for Wanted { external_id, locator } in std::mem::take(&mut past.relations.missing) {
        past.tell(external_id.clone(), Vec::new());
        draft.hint(Hint { external_id, locator: locator.to_string(), depth: Depth::Whole });
    }
    Ok(past)
}

/// Asks GraphQL about issues.
async fn ask(
    session: &GitHubSession,
    tasks: &[Wanted],
) -> Result<Vec<(Wanted, Answer)>, ConnectorError> {
    let (tasks, nameless): (Vec<_>, Vec<_>) =
        tasks.iter().cloned().partition(|task| !task.locator.node_id.is_empty());
    let answers: Vec<Answer> = match relations::ask(&session.background, PAST, &tasks).await? {
        Some(told) => told.into_iter().map(Answer::of).collect(),
        None => tasks.iter().map(|_| Answer::Unasked).collect(),
    };
    let nameless = nameless.into_iter().map(|task| (task, Answer::Unasked));
    Ok(tasks.into_iter().zip(answers).chain(nameless).collect())
}

impl Answer {
    fn of((node, at): (Option<Box<RawValue>>, Timestamp)) -> Self {
        node.map_or(Self::Missing, |node| Self::Told(node, at))
    }
}

/// Reads what GraphQL says of an issue: its links, and its history unless that has to come by REST.
/// `None` where it is not what was asked for.
fn told(node: &RawValue, people: &mut People) -> Option<(Linked, Option<Vec<HistoryEntry>>)> {
    let linked: Linked = serde_json::from_str(node.get()).ok()?;
    let pull_request = match linked {
        Linked::Issue(_) => false,
        Linked::PullRequest { .. } => true,
        Linked::Other => return None,
    };
    let issue: PastIssue = serde_json::from_str(node.get()).ok()?;
    Some((linked, issue.history(pull_request, people)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PastIssue {
    /// Issues and pull requests have types of their own for it, so each goes by another name.
    #[serde(rename = "issueState", alias = "pullRequestState")]
    state: String,
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    is_draft: bool,
    updated_at: Timestamp,
    closed_at: Option<Timestamp>,
    labels: Option<Nodes<wire::Named>>,
    assignees: Nodes<Account>,
    timeline_items: Timeline,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timeline {
    nodes: Vec<Option<Event>>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

/// An entry of the timeline, of whatever type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "__typename")]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    actor: Option<Account>,
    #[serde(default)]
    assignee: Option<Account>,
    #[serde(default)]
    label: Option<wire::Label>,
    #[serde(default)]
    milestone_title: Option<String>,
    #[serde(default)]
    previous_title: Option<String>,
    #[serde(default)]
    current_title: Option<String>,
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    issue_type: Option<wire::Named>,
    #[serde(default)]
    prev_issue_type: Option<wire::Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
    #[serde(default)]
    database_id: Option<u64>,
}

impl PastIssue {
    /// Its history; `None` where there is more than this tells.
    fn history(self, pull_request: bool, people: &mut People) -> Option<Vec<HistoryEntry>> {
        let Self { timeline_items: Timeline { nodes, page_info }, .. } = self;
        if page_info.has_next_page {
            return None;
        }
        let events: Option<Vec<wire::Event>> =
            nodes.into_iter().flatten().map(Event::read).collect();
        let pull_request = pull_request
            .then(|| PullRequestState { draft: self.is_draft, merged: self.state == "MERGED" });
        let reason = self.state_reason.map(|reason| reason.to_lowercase());
        let users = self.assignees.nodes.into_iter().flatten().filter_map(Account::user);
        let present = Present {
            pull_request: pull_request.is_some(),
            status: status(pull_request, self.state == "OPEN", reason.as_deref()),
            labels: self.labels?.nodes.into_iter().flatten().map(|it| storable(it.name)).collect(),
            assignees: users.map(|user| people.note(user)).collect(),
            known_until: known_until(self.updated_at, self.closed_at),
        };
        Some(from_events(present, events?, people))
    }
}

impl Event {
    /// The event as REST tells it; `None` where its id cannot be read.
    fn read(self) -> Option<wire::Event> {
        let name = match self.kind.as_str() {
            "AssignedEvent" => "assigned",
            "ClosedEvent" => "closed",
            "ConvertToDraftEvent" => "convert_to_draft",
            "DemilestonedEvent" => "demilestoned",
            "IssueTypeAddedEvent" => "issue_type_added",
            "IssueTypeChangedEvent" => "issue_type_changed",
            "IssueTypeRemovedEvent" => "issue_type_removed",
            "LabeledEvent" => "labeled",
            "MilestonedEvent" => "milestoned",
            "ReadyForReviewEvent" => "ready_for_review",
            "RenamedTitleEvent" => "renamed",
            "ReopenedEvent" => "reopened",
            "UnassignedEvent" => "unassigned",
            "UnlabeledEvent" => "unlabeled",
            // Nothing that was asked for.
            _ => return Some(wire::Event::default()),
        };
        // REST calls the type that was taken away the previous one.
        let (issue_type, prev_issue_type) = match name {
            "issue_type_removed" => (None, self.issue_type),
            _ => (self.issue_type, self.prev_issue_type),
        };
        Some(wire::Event {
            id: Some(database_id(&self.id)?),
            event: Some(name.to_owned()),
            actor: self.actor.and_then(Account::user),
            created_at: self.created_at,
            label: self.label,
            assignee: self.assignee.and_then(Account::user),
            milestone: self.milestone_title.map(|title| wire::Milestone { title, due_on: None }),
            rename: self
                .previous_title
                .zip(self.current_title)
                .map(|(from, to)| wire::Rename { from, to }),
            state_reason: self.state_reason.map(|reason| reason.to_lowercase()),
            issue_type,
            prev_issue_type,
            issue: None,
        })
    }
}

impl Account {
    /// The account as REST shows it, where a bot's name says that it is one.
    fn user(self) -> Option<wire::User> {
        let Self { kind, login, database_id } = self;
        let login = if kind == "Bot" { format!("{login}[bot]") } else { login };
        Some(wire::User { id: database_id?, login })
    }
}

/// Reads the timelines of these issues, and answers which of them are pull requests, whose links are
/// still to be asked for.
async fn read_by_rest(
    session: &GitHubSession,
    tasks: Vec<Wanted>,
    draft: &mut Draft,
    past: &mut Past,
) -> Result<Vec<Wanted>, ConnectorError> {
    let mut pull_requests = Vec::new();
    let mut answers =
        stream::iter(tasks).map(|task| read_one_by_rest(session, task)).buffered(ISSUES_BY_REST);
    while let Some(answer) = answers.next().await {
        let (task, shown) = match answer {
            Ok(answer) => answer,
            // What was read before the limit is worth keeping.
            Err(ConnectorError { disposition: Disposition::RetryAfter(_), .. })
                if !past.histories.is_empty() =>
            {
                break;
            }
            Err(error) => return Err(error),
        };
        let Some(Shown { repository, issue, timeline }) = shown else {
            past.relations.missing.push(task);
            continue;
        };
        let Some(read) = draft.normalize(&repository, vec![issue]).pop() else {
            past.tell(task.external_id, Vec::new());
            continue;
        };
        let id = read.task.external_id.clone();
        if task.external_id.as_ref().is_some_and(|known| *known != id) {
            past.relations.missing.push(task);
            continue;
        }
        let (history, malformed) = normalize::timeline(&timeline, &read.task, &mut draft.people);
        for record in malformed {
            draft.quarantine(record);
        }
        past.tell(Some(id), history);
        if read.task.kind == TaskKind::PullRequest && !task.locator.node_id.is_empty() {
            pull_requests.push(task);
        }
    }
    Ok(pull_requests)
}

/// An issue and its timeline, as they came.
struct Shown {
    repository: Arc<Repository>,
    issue: Bytes,
    timeline: Vec<Bytes>,
}

/// Reads one issue and its timeline; `None` where it is not to be seen.
async fn read_one_by_rest(
    session: &GitHubSession,
    task: Wanted,
) -> Result<(Wanted, Option<Shown>), ConnectorError> {
    let client = &session.background;
    let path = format!("repos/{}/issues/{}", task.locator.repository, task.locator.number);
    let answer = client.get(client.url(&path, &[]), None).await?;
    if !answer.status.is_success() {
        return Ok((task, None));
    }
    let repository = session.repository(&task.locator.repository).await?;
    let timeline =
        client.list_all(client.url(&format!("{path}/timeline"), &[("per_page", "100")])).await?;
    Ok((task, Some(Shown { repository, issue: answer.body, timeline })))
}

#[cfg(test)]
mod tests;
