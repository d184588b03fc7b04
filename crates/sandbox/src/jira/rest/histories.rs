//! Cloud: the history of one issue, and of many at once.

use axum::http::StatusCode;
use serde::Deserialize;

use crate::jira::answer::Refusal;
use crate::jira::jql::SortValue;
use crate::jira::rest::token::{After, Token};
use crate::jira::rest::{Answered, Call, Shown};
use crate::jira::wire::Wire;
use crate::jira::world::{HistoryKey, IssueKey, World};
use crate::keys::DatabaseId;

const PAGE: usize = 100;
const MOST_ISSUES: usize = 1_000;
const MOST_FIELDS: usize = 10;
const MOST_HISTORIES: usize = 10_000;
const USUAL_HISTORIES: usize = 1_000;
/// No page was seen to tell of more issues than this, however many histories were asked for.
const ISSUES_ON_A_PAGE: usize = 50;
/// The token's life; the search has an option for its own.
const TOKEN_SECONDS: i64 = 7 * 86_400;

/// The history of one issue, oldest first.
pub(super) fn of_issue(call: &Call<'_>, world: &World, issue: IssueKey) -> Shown {
    let page = call.page(&world[issue].histories, PAGE, PAGE);
    call.show(world, StatusCode::OK, page.items.len(), |wire| {
        page.write(wire, call, Wire::history);
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bulk {
    issue_ids_or_keys: Vec<String>,
    #[serde(default)]
    field_ids: Vec<String>,
    max_results: Option<i64>,
    next_page_token: Option<String>,
}

/// The histories of many issues, in the order of time; within a page by issue. What a page ends with,
/// the next one was seen to tell again.
pub(super) fn bulk(call: &Call<'_>, world: &World) -> Answered {
    let request: Bulk = call.json()?;
    if !(1..=MOST_ISSUES).contains(&request.issue_ids_or_keys.len()) {
        return Err(Refusal::bad("issueIdsOrKeys must contain between 1 and 1000 entries."));
    }
    if request.field_ids.len() > MOST_FIELDS {
        return Err(Refusal::bad("fieldIds must contain at most 10 entries."));
    }
    let size = match request.max_results {
        None => USUAL_HISTORIES,
        Some(number) => usize::try_from(number)
            .ok()
            .filter(|number| (1..=MOST_HISTORIES).contains(number))
            .ok_or_else(|| Refusal::bad("maxResults must be between 1 and 10000."))?,
    };
    let mut issues: Vec<IssueKey> =
        request.issue_ids_or_keys.iter().filter_map(|name| world.find(name).ok()).collect();
    issues.sort_unstable();
    issues.dedup();
    let mut all: Vec<(i64, IssueKey, HistoryKey)> = issues
        .iter()
        .flat_map(|&issue| world[issue].histories.iter().map(move |&history| (issue, history)))
        .filter(|&(_, history)| concerns(world, history, &request.field_ids))
        .map(|(issue, history)| (world[history].created_at.0, issue, history))
        .collect();
    all.sort_unstable();

    let query = request.issue_ids_or_keys.join(",");
    let now = world.now();
    let start = match &request.next_page_token {
        None => 0,
        Some(text) => match Token::read(text, &query, now, TOKEN_SECONDS)?.after.as_slice() {
            [After::Number(place)] => usize::try_from(*place).unwrap_or_default(),
            _ => 0,
        },
    };
    let mut told: Vec<(IssueKey, Vec<HistoryKey>)> = Vec::new();
    let mut next = start.min(all.len());
    for &(_, issue, history) in all.iter().skip(start).take(size) {
        match told.iter().position(|(known, _)| *known == issue) {
            Some(place) => told[place].1.push(history),
            None if told.len() == ISSUES_ON_A_PAGE => break,
            None => told.push((issue, vec![history])),
        }
        next += 1;
    }
    let shown = next - start.min(all.len());
    let token = (call.endless || next < all.len()).then(|| {
        // One entry of overlap, but never so much that a page leads to itself.
        let place = if call.endless { start } else { next - usize::from(shown > 1) };
        let after = After::from(SortValue::Number(place as i64));
        Token::new(&query, vec![after], now).write()
    });
    Ok(call.show(world, StatusCode::OK, shown, |wire| {
        wire.object(|wire| {
            wire.array_field("issueChangeLogs", told, |wire, (issue, histories)| {
                wire.object(|wire| {
                    wire.plain("issueId", issue.database_id());
                    wire.array_field("changeHistories", histories, Wire::bulk_history);
                });
            });
            if let Some(token) = token {
                wire.plain("nextPageToken", token);
            }
        });
    }))
}

fn concerns(world: &World, history: HistoryKey, fields: &[String]) -> bool {
    fields.is_empty()
        || world
            .tell_all(&world[history].changes)
            .iter()
            .any(|told| told.field_id.as_ref().is_some_and(|id| fields.contains(id)))
}
