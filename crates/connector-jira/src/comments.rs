//! The comments of an issue that has more than stand within it.

use bytes::Bytes;
use mainstem_connector::ConnectorError;

use crate::client::{Client, body, part, refused};
use crate::normalize::NormalizedIssue;
use crate::wire::CommentPage;

/// The most that Jira puts on a page.
const PAGE_SIZE: &str = "1000";

/// All comments of an issue: those within it, or its own list where it has more. `None` where it has
/// gone in the meantime.
pub async fn all(
    client: &Client,
    issue: &mut NormalizedIssue,
) -> Result<Option<Vec<Bytes>>, ConnectorError> {
    let within = std::mem::take(&mut issue.comments);
    if within.len() as u64 >= issue.comment_total {
        return Ok(Some(within));
    }
    let path = format!("issue/{}/comment", issue.task.external_id);
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
        let page: CommentPage =
            serde_json::from_slice(&body).map_err(|error| answer.unreadable(&error))?;
        all.extend(page.comments.iter().map(|comment| part(&body, comment)));
        if page.comments.is_empty() || all.len() as u64 >= page.total {
            return Ok(Some(all));
        }
    }
}
