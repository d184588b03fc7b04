//! The census of a project: the ids that Jira shows.

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record::{CensusEntry, Page, PageToken};

use crate::cursor::Reading;
use crate::listing::{self, Order, Question};
use crate::locator::locator;
use crate::normalize::{census_token, decode};
use crate::session::JiraSession;
use crate::wire::Glance;

/// The next page of a census, in order of creation. A page may show again what the one before did.
pub async fn census(
    session: &JiraSession,
    scope: &str,
    token: Option<PageToken>,
) -> Result<Page<CensusEntry>, ConnectorError> {
    let (reading, told, project) = match token {
        Some(PageToken(text)) => {
            let (reading, told) =
                serde_json::from_str(&text).map_err(|_| unreadable("the place"))?;
            (reading, told, session.project(scope).await?)
        }
        None => (Reading::default(), Vec::<String>::new(), session.look_up(scope).await?),
    };
    let question = Question {
        condition: session.condition(&project),
        order: Order::Created,
        fields: ["created", "updated", "issuelinks"].map(str::to_owned).into(),
        with_changelog: false,
    };
    let page = listing::read(&session.client, &question, reading).await?;
    let entries = page
        .records
        .iter()
        .map(|raw| entry(raw, &project.key))
        .collect::<Result<Vec<CensusEntry>, _>>()?;
    let ids = entries.iter().map(|entry| entry.external_id.to_string()).collect::<Vec<_>>();
    let items =
        entries.into_iter().filter(|entry| !told.iter().any(|id| **id == *entry.external_id));
    let items = items.collect();
    let next = match page.next {
        Some(reading) => {
            let place = serde_json::to_string(&(reading, ids));
            Some(PageToken(place.map_err(|_| unreadable("the next place"))?))
        }
        None => None,
    };
    Ok(Page { items, next })
}

/// An entry that cannot be read fails the census: to leave it out would be to call it deleted.
fn entry(raw: &[u8], project: &str) -> Result<CensusEntry, ConnectorError> {
    let issue: Glance = decode(raw).map_err(|reason| unreadable(&reason))?;
    let links = issue.fields.issuelinks.iter().flatten().map(|link| link.id.as_str());
    Ok(CensusEntry {
        token: Some(census_token(issue.fields.updated.0, links)),
        external_id: issue.id.as_str().into(),
        locator: locator(&issue.id, project),
    })
}

fn unreadable(what: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::BackOff,
        "CENSUS_UNREADABLE",
        format!("an entry of the census cannot be read ({what}); nothing is taken for deleted"),
    )
}
