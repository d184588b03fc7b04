//! A repository's list of events: what changed before and after, and which relations moved.

use std::collections::HashMap;

use bytes::Bytes;
use mainstem_connector::ConnectorError;
use mainstem_model::Timestamp;
use mainstem_model::record::{Depth, Hint};
use url::Url;

use super::draft::Draft;
use crate::client::Listed;
use crate::cursor::EventsMark;
use crate::locator::Locator;
use crate::normalize::{event, history_of_task};
use crate::repository::Repository;
use crate::session::GitHubSession;
use crate::wire::Event;

/// How far back the list is read in one pass: 3,000 events. What lies further back is found by the
/// census; only the intermediate values of fields are lost.
const MOST_PAGES: usize = 30;

/// The mark of everything that happened before `signpost`.
pub async fn newest(
    session: &GitHubSession,
    repository: &Repository,
    signpost: Timestamp,
) -> Result<EventsMark, ConnectorError> {
    match session.client.list(url(session, repository), None).await? {
        Listed::Page(page) => Ok(EventsMark {
            newest: mark(page.records.iter().filter_map(|raw| event(raw).ok()), signpost, 0),
            etag: None,
        }),
        Listed::Unchanged | Listed::TooDeep => Ok(EventsMark::default()),
    }
}

/// Reads the events since a mark into the draft: history for the tasks in it, and hints for the
/// tasks whose relations moved. Answers the mark of everything that happened before `signpost`.
pub async fn read(
    session: &GitHubSession,
    repository: &Repository,
    from: &EventsMark,
    signpost: Timestamp,
    draft: &mut Draft,
) -> Result<EventsMark, ConnectorError> {
    let mut events = Vec::new();
    let mut etag = None;
    let mut next = Some(url(session, repository));
    for number in 0..MOST_PAGES {
        let Some(url) = next.take() else { break };
        let known = from.etag.clone().filter(|_| number == 0);
        let page = match session.client.list(url, known).await? {
            Listed::Page(page) => page,
            Listed::Unchanged => return Ok(from.clone()),
            Listed::TooDeep => break,
        };
        if number == 0 {
            etag = page.etag;
        }
        let reached = take_new(page.records, from.newest, &mut events, draft);
        next = page.next.filter(|_| !reached);
    }
    if next.is_some() {
        tracing::warn!(repository = %repository.name, "more events than are read in one pass");
    }
    let newest = mark(events.iter(), signpost, from.newest);
    // What came after the signpost is looked at again, so the page must not pass as unchanged.
    let complete = events.iter().all(|event| event.id.is_none_or(|id| id <= newest));
    hint(&events, repository, draft);
    let mut by_task: HashMap<u64, Vec<Event>> = HashMap::new();
    for event in events {
        if let Some(issue) = &event.issue {
            by_task.entry(issue.id).or_default().push(event);
        }
    }
    for (id, events) in by_task {
        if let Some((task, people)) = draft.task(&id.to_string()) {
            task.history = history_of_task(task, events, people);
        }
    }
    Ok(EventsMark { newest, etag: etag.filter(|_| complete) })
}

/// Takes the events after the mark, and says whether the page reaches back to it.
fn take_new(records: Vec<Bytes>, mark: u64, events: &mut Vec<Event>, draft: &mut Draft) -> bool {
    let mut reached = false;
    for raw in records {
        match event(&raw) {
            Ok(event) if event.id.is_some_and(|id| id <= mark) => reached = true,
            Ok(event) => events.push(event),
            Err(malformed) => draft.quarantine(malformed.quarantine("event", raw)),
        }
    }
    reached
}

/// The newest event of those that happened before `signpost`; what shares its second may not have
/// reached the lists yet.
fn mark<E: std::borrow::Borrow<Event>>(
    events: impl Iterator<Item = E>,
    signpost: Timestamp,
    least: u64,
) -> u64 {
    events
        .filter_map(|event| {
            let event = event.borrow();
            event.id.filter(|_| event.created_at.is_some_and(|at| at < signpost))
        })
        .max()
        .unwrap_or(least)
        .max(least)
}

fn hint(events: &[Event], repository: &Repository, draft: &mut Draft) {
    for event in events {
        let (Some(name), Some(issue)) = (event.event.as_deref(), &event.issue) else { continue };
        let depth = match name {
            "blocked_by_added"
            | "blocked_by_removed"
            | "blocking_added"
            | "blocking_removed"
            | "parent_issue_added"
            | "parent_issue_removed"
            | "connected"
            | "disconnected"
            | "marked_as_duplicate"
            | "unmarked_as_duplicate" => Depth::Relations,
            // What is gone shows only in the whole list.
            "comment_deleted" => Depth::Whole,
            _ => continue,
        };
        let locator = Locator {
            repository: repository.name.clone(),
            number: issue.number,
            node_id: issue.node_id.clone(),
        };
        draft.hint(Hint {
            external_id: Some(issue.id.to_string().into()),
            locator: locator.to_string(),
            depth,
        });
    }
}

fn url(session: &GitHubSession, repository: &Repository) -> Url {
    let path = format!("repos/{}/issues/events", repository.name);
    session.client.url(&path, &[("per_page", "100")])
}
