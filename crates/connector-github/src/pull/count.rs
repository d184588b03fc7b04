//! How many issues a repository has.
//!
//! A list that is read by the numbers of its pages shifts where an issue leaves it: the one behind the
//! edge of the next page moves to a page that has been read already, and is not seen. No list tells of
//! that, and the number of what was read agrees with the number of what is left. Only the numbers of
//! before and after, beside what was made in between, tell that something went.

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::Listed;
use crate::repository::Repository;
use crate::session::GitHubSession;

/// The issues and pull requests of a repository at some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many there are, where GitHub tells.
    pub issues: Option<u64>,
    /// The number of the newest. Numbers are given in a row and never again.
    pub newest: u64,
    /// The latest change of any, where GitHub tells.
    pub changed_at: Option<Timestamp>,
}

impl Count {
    /// How many there are at most.
    pub fn at_most(&self) -> u64 {
        self.issues.unwrap_or(self.newest)
    }

    /// Whether something may have left a list that was read from `earlier` until now and brought
    /// `read` issues. Discussions take numbers too, so it errs where one was begun meanwhile.
    pub fn tells_of_a_gap(&self, earlier: &Self, read: u64) -> bool {
        let (Some(before), Some(after)) = (earlier.issues, self.issues) else { return false };
        let made = self.newest.saturating_sub(earlier.newest);
        before.saturating_add(made) != after || read < before
    }
}

const COUNT: &str = "query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    issues(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount nodes { number }
    }
    pullRequests(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount nodes { number }
    }
    changedIssues: issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes { updatedAt }
    }
    changedPullRequests: pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes { updatedAt }
    }
  }
}";

/// What GraphQL tells. It is asked for more certainty, so nothing of it is taken for granted.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    repository: Option<Counted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    issues: Option<Connection>,
    pull_requests: Option<Connection>,
    changed_issues: Option<Connection>,
    changed_pull_requests: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    total_count: Option<u64>,
    #[serde(default)]
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    number: Option<u64>,
    updated_at: Option<Timestamp>,
}

impl Connection {
    fn first<T>(&self, field: impl Fn(&Node) -> Option<T>) -> Option<T> {
        self.nodes.first()?.as_ref().and_then(field)
    }
}

impl Counted {
    fn read(&self) -> Option<Count> {
        let (issues, pulls) = (self.issues.as_ref()?, self.pull_requests.as_ref()?);
        let number = |list: &Connection| list.first(|node| node.number);
        let changed = |list: &Option<Connection>| list.as_ref()?.first(|node| node.updated_at);
        Some(Count {
            issues: Some(issues.total_count?.saturating_add(pulls.total_count?)),
            newest: number(issues).max(number(pulls)).unwrap_or(0),
            changed_at: changed(&self.changed_issues).max(changed(&self.changed_pull_requests)),
        })
    }
}

/// Counts: one request, and one more the first time where the site has no GraphQL.
pub async fn count(
    session: &GitHubSession,
    repository: &Repository,
) -> Result<Count, ConnectorError> {
    match by_graphql(session, repository).await? {
        Some(count) => Ok(count),
        None => by_rest(session, repository).await,
    }
}

async fn by_graphql(
    session: &GitHubSession,
    repository: &Repository,
) -> Result<Option<Count>, ConnectorError> {
    let name = &repository.name;
    let variables = json!({"owner": name.owner(), "name": name.name()});
    match session.client.graphql::<Answer>(COUNT, variables).await {
        Ok(answer) => Ok(answer.and_then(|(answer, _)| answer.repository?.read())),
        // A site whose GraphQL does not work may be read without it.
        Err(error) if matches!(error.disposition, Disposition::BackOff | Disposition::GiveUp) => {
            tracing::debug!(repository = %name, %error, "the issues are not counted by GraphQL");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A page of one issue: its number, and how many such pages there are.
async fn by_rest(
    session: &GitHubSession,
    repository: &Repository,
) -> Result<Count, ConnectorError> {
    #[derive(Deserialize)]
    struct Numbered {
        number: u64,
    }
    let query = [("state", "all"), ("sort", "created"), ("direction", "desc"), ("per_page", "1")];
    let url = session.client.url(&format!("repos/{}/issues", repository.name), &query);
    let Listed::Page(page) = session.client.list(url, None).await? else {
        return Ok(Count::default());
    };
    let newest = page.records.first().and_then(|raw| serde_json::from_slice::<Numbered>(raw).ok());
    Ok(Count {
        issues: match page.next {
            Some(_) => page.last.map(u64::from),
            None => Some(page.records.len() as u64),
        },
        newest: newest.map_or(0, |newest| newest.number),
        changed_at: None,
    })
}
