//! The comments and worklogs of an issue, also those that do not stand within it.

use bytes::Bytes;
use futures_util::future::try_join;
use mainstem_connector::ConnectorError;

use crate::client::{Client, body, part, refused};
use crate::normalize::{NormalizedIssue, Within};
use crate::wire::PartPage;

/// The most that every Jira puts on a page of either.
const PAGE_SIZE: &str = "1000";

/// All parts of an issue, as they came; `None` for a kind that Jira did not tell all of.
#[derive(Debug, Default)]
pub struct Parts {
    pub comments: Option<Vec<Bytes>>,
    pub worklogs: Option<Vec<Bytes>>,
}

/// All parts of an issue: those within it, or its own lists where it has more.
pub async fn all(client: &Client, issue: &mut NormalizedIssue) -> Result<Parts, ConnectorError> {
    let (comments, worklogs) = (issue.comments.take(), issue.worklogs.take());
    let id = &issue.task.external_id;
    let (comments, worklogs) = try_join(
        all_of(client, format!("issue/{id}/comment"), comments),
        all_of(client, format!("issue/{id}/worklog"), worklogs),
    )
    .await?;
    Ok(Parts { comments, worklogs })
}

/// `None` where the issue tells of none, and where it has gone in the meantime.
async fn all_of(
    client: &Client,
    path: String,
    within: Option<Within>,
) -> Result<Option<Vec<Bytes>>, ConnectorError> {
    let Some(within) = within else { return Ok(None) };
    if within.shown.len() as u64 >= within.total {
        return Ok(Some(within.shown));
    }
    let mut all: Vec<Bytes> = Vec::new();
    loop {
        let start_at = all.len().to_string();
        let query = [("startAt", start_at.as_str()), ("maxResults", PAGE_SIZE)];
        let answer = client.get(&path, &query).await?;
        match answer.status.as_u16() {
            200 => {}
            403 | 404 => return Ok(None),
            _ => return Err(refused(&answer)),
        }
        let body = body(&answer);
        let page: PartPage =
            serde_json::from_slice(&body).map_err(|error| answer.unreadable(&error))?;
        all.extend(page.parts.iter().map(|one| part(&body, one)));
        if page.parts.is_empty() || all.len() as u64 >= page.total {
            return Ok(Some(all));
        }
    }
}
