//! The complete changelogs of issues.

use std::collections::HashMap;

use mainstem_connector::ConnectorError;
use serde::Serialize;

use crate::client::{Client, refused};
use crate::wire::{BulkChangelogs, History};

/// Entries that Cloud puts on a page.
const PAGE_SIZE: u32 = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    issue_ids_or_keys: &'a [String],
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Cloud: all entries of these issues, at most a thousand of them, by issue id. Jira repeats an entry
/// now and then.
pub async fn changelogs(
    client: &Client,
    ids: &[String],
) -> Result<HashMap<String, Vec<History>>, ConnectorError> {
    let mut told: HashMap<String, Vec<History>> = HashMap::new();
    let mut next_page_token = None;
    if ids.is_empty() {
        return Ok(told);
    }
    loop {
        let question = Question { issue_ids_or_keys: ids, max_results: PAGE_SIZE, next_page_token };
        let answer = client.ask("changelog/bulkfetch", &question).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let page: BulkChangelogs = answer.json()?;
        let is_empty = page.issue_change_logs.is_empty();
        for issue in page.issue_change_logs {
            told.entry(issue.issue_id).or_default().extend(issue.change_histories);
        }
        // A token that leads to itself would lead round in circles.
        let next = page
            .next_page_token
            .filter(|next| !is_empty && Some(next) != question.next_page_token.as_ref());
        if next.is_none() {
            return Ok(told);
        }
        next_page_token = next;
    }
}
