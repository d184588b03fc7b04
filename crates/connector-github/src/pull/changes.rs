//! An incremental pass: what has changed since the last complete one.

use bytes::Bytes;
use mainstem_connector::ConnectorError;
use mainstem_model::Timestamp;
use mainstem_model::record::{Batch, Progress};

use super::draft::Draft;
use super::pages::page_url;
use super::{PAGES_PER_BATCH, events};
use crate::client::{ListPage, Listed, PAGE_SIZE};
use crate::cursor::{Changes, Cursor, List, Mark, Marks, Plateau, Reading, Stage};
use crate::repository::Repository;
use crate::session::GitHubSession;
use crate::wire::Stamp;

/// A hundred thousand items of one second: a list that has more repeats itself without end.
const MOST_PLATEAU_PAGES: u32 = 1_000;

/// Begins an incremental pass.
pub async fn begin(
    session: &GitHubSession,
    repository: &Repository,
    marks: Marks,
    signpost: Timestamp,
) -> Result<Batch, ConnectorError> {
    go_on(session, repository, after(session, marks, signpost, 0)).await
}

/// An incremental pass that nothing has been read of, as a part of one that has read `done` items.
pub fn after(session: &GitHubSession, marks: Marks, signpost: Timestamp, done: u64) -> Changes {
    let reading = start(session, &marks.issues);
    Changes { signpost, to: marks.clone(), from: marks, list: List::Issues, reading, done }
}

/// Reads the next pages of an incremental pass.
pub async fn go_on(
    session: &GitHubSession,
    repository: &Repository,
    mut changes: Changes,
) -> Result<Batch, ConnectorError> {
    let mut draft = Draft::default();
    let mut budget = PAGES_PER_BATCH;
    let mut complete = false;
    if changes.list == List::Issues {
        let finished =
            read_list(session, repository, &mut changes, &mut budget, &mut draft).await?;
        // After the issues, so that no issue in the batch is older than the events that tell of it.
        let mark =
            events::read(session, repository, &changes.from.events, changes.signpost, &mut draft)
                .await?;
        if finished {
            changes.to.events = mark;
            changes.list = List::Comments;
            changes.reading = start(session, &changes.from.comments);
        }
    }
    if changes.list == List::Comments && budget > 0 {
        complete = read_list(session, repository, &mut changes, &mut budget, &mut draft).await?;
    }
    let mut batch = draft.finish();
    batch.progress = Some(Progress { done: changes.done, total: complete.then_some(changes.done) });
    batch.more = !complete;
    let stage = if complete { Stage::Idle(changes.to) } else { Stage::Changes(changes) };
    let cursor = Cursor { repository: repository.name.to_string(), stage };
    batch.cursor = Some(cursor.write()?);
    Ok(batch)
}

/// Where a list is read from: a little before the last change seen.
fn start(session: &GitHubSession, mark: &Mark) -> Reading {
    let overlap = i64::from(session.settings.overlap_seconds);
    Reading { since: Timestamp::from_seconds(mark.since.seconds() - overlap), plateau: None }
}

/// Reads pages of the present list within the budget, and says whether the list has ended.
async fn read_list(
    session: &GitHubSession,
    repository: &Repository,
    changes: &mut Changes,
    budget: &mut u32,
    draft: &mut Draft,
) -> Result<bool, ConnectorError> {
    let list = changes.list;
    while *budget > 0 {
        *budget -= 1;
        let from = match list {
            List::Issues => &changes.from.issues,
            List::Comments => &changes.from.comments,
        };
        let begins = changes.reading == start(session, from);
        let etag = from.etag.clone().filter(|_| begins);
        let number = changes.reading.plateau.as_ref().map_or(1, |plateau| plateau.page);
        let since = changes.reading.since.to_string();
        let order = [("sort", "updated"), ("direction", "asc"), ("since", since.as_str())];
        let url = page_url(&session.client, &repository.name, list, &order, number);
        let page = match session.client.list(url, etag).await? {
            Listed::Page(page) => page,
            Listed::Unchanged => return Ok(true),
            // A plateau higher than GitHub serves by number: the census finds what lies beyond.
            Listed::TooDeep => return Ok(true),
        };
        let stamps = stamps(&page.records);
        note(changes, list, begins, &page, &stamps);
        let finished = !advance(&mut changes.reading, page.records.len(), &stamps);
        changes.done += page.records.len() as u64;
        match list {
            List::Issues => {
                draft.issues(repository, page, true);
            }
            List::Comments => {
                draft.comments(repository, page.records);
            }
        }
        if finished {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves the mark of the next pass to the latest change seen, but never beyond the beginning of
/// this pass: a time in the future must not hide what happens until then.
fn note(changes: &mut Changes, list: List, begins: bool, page: &ListPage, stamps: &[Stamp]) {
    let to = match list {
        List::Issues => &mut changes.to.issues,
        List::Comments => &mut changes.to.comments,
    };
    let latest = stamps.iter().map(|stamp| stamp.updated_at).max();
    let latest = latest.map_or(to.since, |latest| latest.min(changes.signpost));
    if latest > to.since {
        *to = Mark { since: latest, etag: None };
    } else if begins && page.next.is_none() {
        to.etag.clone_from(&page.etag);
    }
}

/// Moves on by one page of `count` items, and says whether there is one to read.
fn advance(reading: &mut Reading, count: usize, stamps: &[Stamp]) -> bool {
    let since = reading.since.seconds();
    let latest = stamps.iter().map(|stamp| stamp.updated_at.seconds()).max().unwrap_or(since);
    let full = count >= PAGE_SIZE;
    if reading.plateau.is_none() && (!full || latest > since) {
        reading.since = Timestamp::from_seconds(latest);
        return full;
    }
    let plateau = reading.plateau.get_or_insert_with(|| Plateau { page: 1, ..Plateau::default() });
    for stamp in stamps.iter().filter(|stamp| stamp.updated_at.seconds() <= since) {
        plateau.digest = plateau.digest.wrapping_add(scatter(stamp.id));
    }
    if full && latest <= since && plateau.page < MOST_PLATEAU_PAGES {
        plateau.page += 1;
        return true;
    }
    if plateau.previous == Some(plateau.digest) {
        reading.plateau = None;
        reading.since = Timestamp::from_seconds(latest);
        return full;
    }
    *plateau = Plateau { page: 1, digest: 0, previous: Some(plateau.digest) };
    true
}

/// Spreads ids over all bits, so that sums of different sets differ.
fn scatter(id: u64) -> u64 {
    let mixed = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn stamps(records: &[Bytes]) -> Vec<Stamp> {
    records.iter().filter_map(|raw| serde_json::from_slice(raw).ok()).collect()
}
