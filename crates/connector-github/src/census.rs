//! The census of a repository: the ids that GitHub shows.
//!
//! It reads the issue list of the REST API although GraphQL's answers are smaller: only there does a
//! pull request stand under the id of its issue, the counts come from the very payload that the pull
//! reads, pages can be read side by side, and it works on every server and without a credential.

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record::{CensusEntry, Page, PageToken};
use serde::{Deserialize, Serialize};

use crate::client::ListPage;
use crate::cursor::{List, Next};
use crate::locator::Locator;
use crate::normalize::{census_token, decode, parent};
use crate::pull::count::count;
use crate::pull::pages;
use crate::repository::RepositoryName;
use crate::session::GitHubSession;
use crate::wire::CensusIssue;

/// Where a census goes on.
#[derive(Serialize, Deserialize)]
struct Place {
    next: Next,
    pages: u32,
    before: Option<u64>,
}

/// The next pages of a census.
pub async fn census(
    session: &GitHubSession,
    name: &RepositoryName,
    token: Option<PageToken>,
) -> Result<Page<CensusEntry>, ConnectorError> {
    let repository = session.repository(name).await?;
    let place = match token {
        Some(PageToken(text)) => {
            serde_json::from_str(&text).map_err(|_| unreadable("the place"))?
        }
        None => Place { next: Next::Number(1), pages: 0, before: None },
    };
    let client = &session.client;
    let (read, next) =
        pages::read(client, &repository.name, List::Issues, place.next, place.pages, place.before)
            .await?;
    let pages = match (place.pages, read.first()) {
        (0, Some(first)) if first.next.is_some() && first.last.is_none() => {
            pages::count(Some(first), count(session, &repository).await?.at_most())
        }
        (0, first) => pages::count(first, 0),
        (known, _) => known,
    };
    let items = read
        .iter()
        .flat_map(|page| &page.records)
        .map(|raw| entry(raw, &repository.name))
        .collect::<Result<Vec<_>, _>>()?;
    let next = match next {
        Some(next) => {
            let before = read.last().map(ListPage::mark);
            let place = serde_json::to_string(&Place { next, pages, before });
            Some(PageToken(place.map_err(|_| unreadable("the next place"))?))
        }
        None => None,
    };
    Ok(Page { items, next })
}

/// An entry that cannot be read fails the census: to leave it out would be to call it deleted.
fn entry(raw: &[u8], name: &RepositoryName) -> Result<CensusEntry, ConnectorError> {
    let issue: CensusIssue = decode(raw).map_err(|malformed| unreadable(&malformed.reason))?;
    let parent = issue.parent_issue_url.as_deref().and_then(parent).map(|(_, number)| number);
    let locator =
        Locator { repository: name.clone(), number: issue.number, node_id: issue.node_id };
    Ok(CensusEntry {
        external_id: issue.id.to_string().into(),
        locator: locator.to_string(),
        token: Some(census_token(
            issue.comments,
            issue.issue_dependencies_summary.as_ref(),
            issue.sub_issues_summary.as_ref(),
            parent,
        )),
    })
}

fn unreadable(what: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::BackOff,
        "CENSUS_UNREADABLE",
        format!("an entry of the census cannot be read ({what}); nothing is taken for deleted"),
    )
}
