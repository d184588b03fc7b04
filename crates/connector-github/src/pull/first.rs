//! A first pass: everything that a repository has, in order of creation.

use mainstem_connector::ConnectorError;
use mainstem_model::record::{Batch, Progress};

use super::count::count;
use super::draft::Draft;
use super::{changes, events, pages};
use crate::client::ListPage;
use crate::cursor::{Cursor, First, List, Mark, Marks, Next, Stage};
use crate::repository::{Repository, RepositoryName};
use crate::session::GitHubSession;

/// Begins a first pass. `again` says that the repository was read before, under another name.
pub async fn begin(
    session: &GitHubSession,
    name: &RepositoryName,
    again: bool,
) -> Result<Batch, ConnectorError> {
    let (repository, signpost) = session.look_up(name).await?;
    let count = count(session, &repository).await?;
    let events = events::newest(session, &repository, signpost).await?;
    let first = First {
        signpost,
        events,
        count: Some(count),
        list: List::Issues,
        next: Next::Number(1),
        pages: 0,
        before: None,
        done: 0,
        issues: count.at_most(),
        comments: 0,
        again,
    };
    go_on(session, &repository, first).await
}

/// Reads the next pages of a first pass.
pub async fn go_on(
    session: &GitHubSession,
    repository: &Repository,
    mut first: First,
) -> Result<Batch, ConnectorError> {
    let mut draft = Draft::default();
    let client = &session.client;
    let name = &repository.name;
    let (mut read, mut next) =
        pages::read(client, name, first.list, first.next.clone(), first.pages, first.before)
            .await?;
    if first.pages == 0 {
        // The first page says how many there are; then the rest of the batch is read at once.
        let items = match first.list {
            List::Issues => first.issues,
            List::Comments => first.comments,
        };
        first.pages = pages::count(read.first(), items);
        if let Some(rest @ Next::Number(_)) = next.clone()
            && first.pages > 1
        {
            let before = read.last().map(ListPage::mark);
            let (more, after) =
                pages::read(client, name, first.list, rest, first.pages, before).await?;
            read.extend(more);
            next = after;
        }
    }
    first.before = read.last().map(ListPage::mark).or(first.before);
    for page in read {
        first.done += match first.list {
            List::Issues => {
                let counted = draft.issues(repository, page, first.again);
                first.comments += counted.comments;
                counted.issues
            }
            List::Comments => draft.comments(repository, page.records),
        };
    }
    let mut batch = draft.finish();
    let stage = match (first.list, next) {
        (_, Some(next)) => {
            let total = first.issues + first.comments;
            batch.progress =
                Some(Progress { done: first.done, total: Some(total.max(first.done)) });
            Stage::First(First { next, ..first })
        }
        (List::Issues, None) => {
            let total = first.done + first.comments;
            batch.progress = Some(Progress { done: first.done, total: Some(total) });
            let issues = first.done;
            Stage::First(First {
                list: List::Comments,
                next: Next::Number(1),
                pages: 0,
                before: None,
                issues,
                ..first
            })
        }
        (List::Comments, None) => {
            batch.progress = Some(Progress { done: first.done, total: Some(first.done) });
            let before = first.count.unwrap_or_default();
            let after = count(session, repository).await?;
            batch.wants_census = after.tells_of_a_gap(&before, first.issues);
            let mark = Mark { since: first.signpost, etag: None };
            let marks = Marks { issues: mark.clone(), comments: mark, events: first.events };
            if first.count == Some(after) {
                Stage::Idle(marks)
            } else {
                // What has changed meanwhile belongs to this pass too: whoever waits for its end
                // wants what is there then.
                let (_, signpost) = session.look_up(name).await?;
                Stage::Changes(changes::after(session, marks, signpost, first.done))
            }
        }
    };
    batch.more = !matches!(stage, Stage::Idle(_));
    let cursor = Cursor { repository: repository.name.to_string(), stage };
    batch.cursor = Some(cursor.write()?);
    Ok(batch)
}
