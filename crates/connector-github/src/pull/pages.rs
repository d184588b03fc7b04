//! Pages of a list in order of creation, several at a time.

use futures_util::future::join_all;
use mainstem_connector::{ConnectorError, Disposition};
use url::Url;

use super::PAGES_PER_BATCH;
use crate::client::{Client, ListPage, Listed, PAGE_SIZE};
use crate::cursor::{List, Next};
use crate::repository::RepositoryName;

/// The URL of a numbered page of a list.
pub fn page_url(
    client: &Client,
    name: &RepositoryName,
    list: List,
    order: &[(&str, &str)],
    page: u32,
) -> Url {
    let path = match list {
        List::Issues => format!("repos/{name}/issues"),
        List::Comments => format!("repos/{name}/issues/comments"),
    };
    let page = page.to_string();
    let mut query = Vec::from(order);
    if list == List::Issues {
        query.push(("state", "all"));
    }
    query.extend([("per_page", "100"), ("page", page.as_str())]);
    client.url(&path, &query)
}

const BY_CREATION: &[(&str, &str)] = &[("sort", "created"), ("direction", "asc")];

/// Reads pages of a list in order of creation from `next` on, and answers them and what follows.
///
/// `before` is the mark of the page before. What is read before something fails is answered; the failure comes back at the next step.
pub async fn read(
    client: &Client,
    name: &RepositoryName,
    list: List,
    next: Next,
    pages: u32,
    before: Option<u64>,
) -> Result<(Vec<ListPage>, Option<Next>), ConnectorError> {
    match next {
        Next::Number(first) => numbered(client, name, list, first, pages, before).await,
        Next::Link(url) => linked(client, url, before).await,
    }
}

async fn numbered(
    client: &Client,
    name: &RepositoryName,
    list: List,
    first: u32,
    pages: u32,
    mut before: Option<u64>,
) -> Result<(Vec<ListPage>, Option<Next>), ConnectorError> {
    // Beyond the pages that are known to exist, one after the other.
    let last = pages.clamp(first, first + PAGES_PER_BATCH - 1);
    let url = |page| page_url(client, name, list, BY_CREATION, page);
    let answers = join_all((first..=last).map(|page| client.list(url(page), None))).await;
    let mut read: Vec<ListPage> = Vec::with_capacity(answers.len());
    for (page, answer) in (first..).zip(answers) {
        match answer {
            Ok(Listed::Page(answer)) => {
                let mark = Some(answer.mark());
                // A page that is empty or repeats the last ends the list, whatever its links say.
                if answer.records.is_empty() || mark == before {
                    return Ok((read, None));
                }
                before = mark;
                let more = answer.next.is_some();
                read.push(answer);
                if !more {
                    return Ok((read, None));
                }
            }
            Ok(Listed::TooDeep | Listed::Unchanged) => {
                let link = match read.last() {
                    Some(before) => before.next.clone(),
                    None => link_after(client, url(page.saturating_sub(1))).await?,
                };
                return Ok((read, link.map(Next::Link)));
            }
            Err(error) if read.is_empty() => return Err(error),
            Err(_) => return Ok((read, Some(Next::Number(page)))),
        }
    }
    Ok((read, Some(Next::Number(last + 1))))
}

/// Reads a page once more for its link to the next.
async fn link_after(client: &Client, url: Url) -> Result<Option<Url>, ConnectorError> {
    match client.list(url, None).await? {
        Listed::Page(page) => Ok(page.next),
        Listed::Unchanged | Listed::TooDeep => Err(ConnectorError::new(
            Disposition::RestartScope,
            "LIST_CUT",
            "GitHub no longer serves this part of the list; it is read again from the start",
        )),
    }
}

async fn linked(
    client: &Client,
    mut url: Url,
    mut before: Option<u64>,
) -> Result<(Vec<ListPage>, Option<Next>), ConnectorError> {
    let mut read: Vec<ListPage> = Vec::new();
    for _ in 0..PAGES_PER_BATCH {
        let page = match client.list(url.clone(), None).await {
            Ok(Listed::Page(page)) => page,
            Ok(Listed::Unchanged | Listed::TooDeep) => {
                return Err(ConnectorError::new(
                    Disposition::RestartScope,
                    "LIST_CUT",
                    "GitHub no longer knows this place in the list; it is read again from the start",
                ));
            }
            Err(error) if read.is_empty() => return Err(error),
            Err(_) => break,
        };
        let mark = Some(page.mark());
        if page.records.is_empty() || mark == before {
            return Ok((read, None));
        }
        before = mark;
        let next = page.next.clone();
        read.push(page);
        match next {
            Some(next) => url = next,
            None => return Ok((read, None)),
        }
    }
    Ok((read, Some(Next::Link(url))))
}

/// How many pages a list has, once its first page is read: GitHub's word, else those of at most
/// `items`.
pub fn count(first: Option<&ListPage>, items: u64) -> u32 {
    let Some(page) = first.filter(|page| page.next.is_some()) else { return 1 };
    let pages = || u32::try_from(items.div_ceil(PAGE_SIZE as u64)).unwrap_or(u32::MAX).max(1);
    page.last.unwrap_or_else(pages)
}
