//! Native links: dependencies, duplicates, and the issues that a pull request closes; and what a pull
//! request is made of, the texts of which may name others: its branch and its commits.
//!
//! Each link is stated by one side only, so that it ends when that side no longer says it: a
//! dependency by the blocked issue (by the blocking one where the other lies outside the source), a
//! duplicate by itself, a closing reference by the pull request, a parent by the sub-issue.

use futures_util::future::try_join_all;
use mainstem_connector::ConnectorError;
use mainstem_connector::caller::TOOL_FAILING;
use mainstem_model::record::{
    BranchRecord, CommitSet, Depth, ExternalId, Hint, LinkRecord, ParentRecord, RelationRecord,
    TaskReference,
};
use mainstem_model::{Commit, LinkKind, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::client::{Client, PAGE_SIZE};
use crate::locator::Locator;
use crate::normalize::decode;
use crate::repository::RepositoryName;
use crate::session::GitHubSession;
use crate::wire;

/// A task whose links are to be read.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub external_id: Option<ExternalId>,
    pub locator: Locator,
}

/// The links of tasks.
#[derive(Debug, Default)]
pub struct Relations {
    pub records: Vec<RelationRecord>,
    pub branches: Vec<BranchRecord>,
    pub commits: Vec<CommitSet>,
    /// Tasks that GitHub does not show under their node id.
    pub missing: Vec<Wanted>,
    /// Sub-issues of what was read: lists do not always say whose part an issue is.
    pub hints: Vec<Hint>,
}

/// The fragments of a question for links: what is asked of a node (`links`, `closingLinks`), and of
/// the other end.
macro_rules! links {
    (of everything) => {
        "fragment links on Node {
  ... on Issue {
    fullDatabaseId
    blockedBy(first: 100) { nodes { ...end } }
    blocking(first: 100) { nodes { ...end } }
    duplicateOf { ...end }
    parent { ...end }
    subIssues(first: 100) { nodes { id ...end } }
  }
  ...closingLinks
}
"
    };
    (of pull requests) => {
        "fragment closingLinks on Node {
  ... on PullRequest {
    headRefName
    closingIssuesReferences(first: 100) { nodes { ...end } }
    commits(first: 100) { totalCount nodes { commit { message committedDate url } } }
  }
}
fragment end on Issue { fullDatabaseId number repository { nameWithOwner } }
"
    };
}
pub(crate) use links;

const LINKS: &str = concat!(
    "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ...links } }\n",
    links!(of everything),
    links!(of pull requests),
);

/// How much is kept of the message of a commit.
const MOST_MESSAGE_BYTES: usize = 8 << 10;

/// What servers understand that know no dependencies yet.
const CLOSING_LINKS: &str = concat!(
    "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ...closingLinks } }\n",
    links!(of pull requests),
);

/// A list in an answer of GraphQL; what is null in it is out of sight.
#[derive(Deserialize)]
pub struct Nodes<T> {
    pub nodes: Vec<Option<T>>,
}

/// The links of one node, as GraphQL tells them.
#[derive(Deserialize)]
#[serde(tag = "__typename")]
pub enum Linked {
    Issue(Box<LinkedIssue>),
    #[serde(rename_all = "camelCase")]
    PullRequest {
        head_ref_name: Option<String>,
        closing_issues_references: Option<Nodes<End>>,
        commits: Option<Commits>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedIssue {
    #[serde(default, deserialize_with = "big_int")]
    full_database_id: Option<ExternalId>,
    blocked_by: Option<Nodes<End>>,
    blocking: Option<Nodes<End>>,
    duplicate_of: Option<End>,
    parent: Option<End>,
    sub_issues: Option<Nodes<End>>,
}

/// The commits of a pull request, in the order of their history.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commits {
    /// How many there are, of which the first hundred are told.
    total_count: u64,
    nodes: Vec<Option<CommitOfPullRequest>>,
}

#[derive(Deserialize)]
struct CommitOfPullRequest {
    commit: TellingCommit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TellingCommit {
    message: String,
    /// Whatever the committer's clock said, which may be no time at all.
    committed_date: String,
    url: String,
}

impl Commits {
    fn set(self, task: ExternalId, locator: &Locator) -> CommitSet {
        if self.total_count > self.nodes.len() as u64 {
            tracing::info!(
                pull_request = %locator,
                commits = self.total_count,
                "more commits than are read of a pull request"
            );
        }
        let commits = self.nodes.into_iter().flatten().map(|node| node.commit.commit());
        CommitSet { task, commits: commits.collect() }
    }
}

impl TellingCommit {
    fn commit(self) -> Commit {
        let Self { mut message, committed_date, url } = self;
        message.truncate(message.floor_char_boundary(MOST_MESSAGE_BYTES));
        Commit { message, committed_at: committed_date.parse().ok(), url }
    }
}

/// The other end of a link.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, deserialize_with = "big_int")]
    full_database_id: Option<ExternalId>,
    number: u64,
    repository: Owned,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owned {
    name_with_owner: String,
}

impl End {
    /// A look at the links of this one, for the parent that it states.
    fn hint(&self) -> Option<Hint> {
        let repository = self.repository.name_with_owner.parse().ok()?;
        let locator = Locator { repository, number: self.number, node_id: self.id.clone()? };
        Some(Hint {
            external_id: self.full_database_id.clone(),
            locator: locator.to_string(),
            depth: Depth::Relations,
        })
    }

    fn reference(self) -> TaskReference {
        TaskReference {
            key: format!("{}#{}", self.repository.name_with_owner, self.number),
            external_id: self.full_database_id,
        }
    }
}

/// Asks GraphQL about the nodes of tasks, in their order, and about fewer at a time where it does not get
/// done with so many; `None` where it cannot be asked.
pub async fn ask<T: DeserializeOwned>(
    client: &Client,
    question: &'static str,
    wanted: &[Wanted],
) -> Result<Option<Vec<(Option<T>, Timestamp)>>, ConnectorError> {
    let mut answers = Vec::with_capacity(wanted.len());
    let mut waiting = vec![wanted];
    while let Some(tasks) = waiting.pop().filter(|tasks| !tasks.is_empty()) {
        let ids: Vec<&str> = tasks.iter().map(|task| task.locator.node_id.as_str()).collect();
        match client.graphql::<Nodes<T>>(question, json!({"ids": ids})).await {
            Ok(Some((answer, at))) => {
                let mut nodes = answer.nodes.into_iter();
                answers.extend(tasks.iter().map(|_| (nodes.next().flatten(), at)));
            }
            Ok(None) => return Ok(None),
            Err(error) if error.code == TOOL_FAILING && tasks.len() > 1 => {
                let (first, rest) = tasks.split_at(tasks.len() / 2);
                waiting.extend([rest, first]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(answers))
}

/// Reads the links of at most a hundred tasks.
pub async fn read(
    session: &GitHubSession,
    wanted: Vec<Wanted>,
) -> Result<Relations, ConnectorError> {
    let mut relations = Relations::default();
    let (wanted, nameless): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|task| !task.locator.node_id.is_empty());
    relations.records = by_rest(session, nameless).await?;
    let client = &session.client;
    let (answer, dependencies) = match ask(client, LINKS, &wanted).await? {
        Some(answer) => (Some(answer), true),
        None => (ask(client, CLOSING_LINKS, &wanted).await?, false),
    };
    let Some(answer) = answer else {
        relations.records.extend(by_rest(session, wanted).await?);
        return Ok(relations);
    };
    let mut left = Vec::new();
    for (task, (node, at)) in wanted.into_iter().zip(answer) {
        match node {
            None => relations.missing.push(task),
            Some(Linked::Issue(_)) if !dependencies => left.push(task),
            Some(linked) => relations.take(session, task, linked, at),
        }
    }
    relations.records.extend(by_rest(session, left).await?);
    Ok(relations)
}

/// Reads what at most a hundred pull requests close; nothing where GraphQL is not to be had, which
/// alone knows it.
pub async fn closing(
    session: &GitHubSession,
    client: &Client,
    wanted: Vec<Wanted>,
) -> Result<Relations, ConnectorError> {
    let mut relations = Relations::default();
    let Some(answer) = ask(client, CLOSING_LINKS, &wanted).await? else { return Ok(relations) };
    for (task, (node, at)) in wanted.into_iter().zip(answer) {
        match node {
            Some(linked @ Linked::PullRequest { .. }) => relations.take(session, task, linked, at),
            _ => relations.missing.push(task),
        }
    }
    Ok(relations)
}

impl Relations {
    /// Takes in what was read of other tasks.
    pub fn add(&mut self, other: Self) {
        let Self { records, branches, commits, missing, hints } = other;
        self.records.extend(records);
        self.branches.extend(branches);
        self.commits.extend(commits);
        self.missing.extend(missing);
        self.hints.extend(hints);
    }

    /// Takes in what GraphQL tells of a task.
    pub fn take(&mut self, session: &GitHubSession, task: Wanted, linked: Linked, at: Timestamp) {
        match linked {
            Linked::Other => self.missing.push(task),
            Linked::Issue(issue) => {
                let id = task.external_id.or(issue.full_database_id);
                let links = issue_links(
                    session,
                    this(&task.locator, id.clone()),
                    ends(issue.blocked_by),
                    ends(issue.blocking),
                    issue.duplicate_of.map(End::reference),
                );
                let parent = match issue.parent {
                    Some(parent) => ParentRecord::Is(parent.reference()),
                    None => ParentRecord::None,
                };
                self.records.extend(record(id, links, parent, at));
                let children = issue.sub_issues.map(|parts| parts.nodes).unwrap_or_default();
                self.hints.extend(children.iter().flatten().filter_map(End::hint));
            }
            Linked::PullRequest { head_ref_name, closing_issues_references, commits } => {
                // GraphQL does not tell the id of a pull request's issue.
                let Some(id) = task.external_id.clone() else { return self.missing.push(task) };
                let branch = head_ref_name.map(|name| BranchRecord { task: id.clone(), name });
                self.branches.extend(branch);
                self.commits.extend(commits.map(|told| told.set(id.clone(), &task.locator)));
                let this = this(&task.locator, Some(id.clone()));
                let links = ends(closing_issues_references)
                    .into_iter()
                    .map(|closed| link(LinkKind::Implements, this.clone(), closed))
                    .collect();
                self.records.extend(record(Some(id), links, ParentRecord::None, at));
            }
        }
    }
}

/// Reads dependencies issue by issue. What a pull request closes is not to be had this way, and stays
/// as it was.
async fn by_rest(
    session: &GitHubSession,
    wanted: Vec<Wanted>,
) -> Result<Vec<RelationRecord>, ConnectorError> {
    let read = wanted.into_iter().map(|task| by_rest_one(session, task));
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

async fn by_rest_one(
    session: &GitHubSession,
    task: Wanted,
) -> Result<Option<RelationRecord>, ConnectorError> {
    let Some(blockers) = dependencies(session, &task.locator, "blocked_by").await? else {
        return Ok(None);
    };
    let Some(blocked) = dependencies(session, &task.locator, "blocking").await? else {
        return Ok(None);
    };
    let (blockers, at) = blockers;
    let this = this(&task.locator, task.external_id.clone());
    let links = issue_links(session, this, blockers, blocked.0, None);
    Ok(record(task.external_id, links, ParentRecord::Unsaid, at))
}

/// One side of an issue's dependencies; `None` where the server or this kind of item has none.
async fn dependencies(
    session: &GitHubSession,
    locator: &Locator,
    side: &str,
) -> Result<Option<(Vec<TaskReference>, Timestamp)>, ConnectorError> {
    let path =
        format!("repos/{}/issues/{}/dependencies/{side}", locator.repository, locator.number);
    let mut ends = Vec::new();
    let mut next = Some(session.client.url(&path, &[("per_page", "100")]));
    let mut read_at = Timestamp::default();
    while let Some(url) = next {
        let answer = session.client.get(url, None).await?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        read_at = answer.at;
        for raw in answer.json::<Vec<Box<serde_json::value::RawValue>>>()? {
            let issue: wire::DependencyIssue = match decode(raw.get().as_bytes()) {
                Ok(issue) => issue,
                Err(_) => return Ok(None),
            };
            let Some((name, _)) = RepositoryName::from_api_url(&issue.repository_url) else {
                return Ok(None);
            };
            ends.push(TaskReference {
                key: format!("{name}#{}", issue.number),
                external_id: Some(issue.id.to_string().into()),
            });
        }
        next = answer.link("next").filter(|_| ends.len() < 10 * PAGE_SIZE);
    }
    Ok(Some((ends, read_at)))
}

fn issue_links(
    session: &GitHubSession,
    this: TaskReference,
    blockers: Vec<TaskReference>,
    blocked: Vec<TaskReference>,
    duplicate_of: Option<TaskReference>,
) -> Vec<LinkRecord> {
    let is_outside = |end: &TaskReference| {
        let name = end.key.split('#').next().and_then(|name| name.parse().ok());
        name.is_none_or(|name| !session.settings.selection.contains(&name))
    };
    let blockers = blockers.into_iter().map(|end| link(LinkKind::Blocks, end, this.clone()));
    let blocked =
        blocked.into_iter().filter(is_outside).map(|end| link(LinkKind::Blocks, this.clone(), end));
    let duplicate = duplicate_of.map(|end| link(LinkKind::Duplicates, this.clone(), end));
    blockers.chain(blocked).chain(duplicate).collect()
}

fn record(
    id: Option<ExternalId>,
    links: Vec<LinkRecord>,
    parent: ParentRecord,
    at: Timestamp,
) -> Option<RelationRecord> {
    // The token stays that of the task's own payload: one of this later reading could hide a comment
    // that has gone in between.
    Some(RelationRecord {
        task: id?,
        links,
        kinds: LinkKind::ALL,
        parent,
        version: at.0,
        census_token: None,
    })
}

fn this(locator: &Locator, external_id: Option<ExternalId>) -> TaskReference {
    TaskReference { key: format!("{}#{}", locator.repository, locator.number), external_id }
}

fn link(kind: LinkKind, from: TaskReference, to: TaskReference) -> LinkRecord {
    LinkRecord { kind, from, to, since: None }
}

fn ends(nodes: Option<Nodes<End>>) -> Vec<TaskReference> {
    let nodes = nodes.map(|connection| connection.nodes).unwrap_or_default();
    nodes.into_iter().flatten().map(End::reference).collect()
}

/// GraphQL writes large numbers as text.
fn big_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ExternalId>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum BigInt {
        Number(u64),
        Text(String),
    }
    Ok(Option::<BigInt>::deserialize(deserializer)?.map(|given| match given {
        BigInt::Number(number) => number.to_string().into(),
        BigInt::Text(text) => text.into(),
    }))
}
