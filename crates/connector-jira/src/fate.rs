//! What became of issues: archived, deleted or hidden.
//!
//! Data Center says it. Cloud answers the same for an issue that is deleted and for one that is hidden,
//! so its project tells: what can hide an issue of a project that is still to be seen is a security
//! level, and nothing else.

use std::collections::{BTreeMap, HashSet};

use mainstem_connector::ConnectorError;
use mainstem_model::Presence;
use serde::{Deserialize, Serialize};

use crate::client::{Client, refused};
use crate::locator::Locator;
use crate::session::JiraSession;
use crate::wire::{Identified, Project};

/// The most ids that a search takes as known to have changed.
const RECONCILED: usize = 50;

/// Cloud: what became of issues that are not to be seen, by what their projects say, in their order.
pub async fn of_missing(
    session: &JiraSession,
    missing: &[Locator<'_>],
) -> Result<Vec<Presence>, ConnectorError> {
    let mut by_project: BTreeMap<&str, Presence> = BTreeMap::new();
    let mut fates = Vec::new();
    for locator in missing {
        let Some(project) = locator.project else {
            fates.push(Presence::AccessLost);
            continue;
        };
        let fate = match by_project.get(project) {
            Some(known) => *known,
            None => by_project_of(session, project).await?,
        };
        by_project.insert(project, fate);
        fates.push(fate);
    }
    Ok(fates)
}

/// What became of an issue that is missing from this project.
async fn by_project_of(session: &JiraSession, key: &str) -> Result<Presence, ConnectorError> {
    Ok(match session.find_project(key).await? {
        None => Presence::AccessLost,
        Some(project) if project.deleted => Presence::Deleted,
        Some(project) if project.archived => Presence::Archived,
        Some(project) if hides(&session.client, &project).await? => Presence::AccessLost,
        Some(_) => Presence::Deleted,
    })
}

/// Whether an issue of this project may be hidden by a security level: the project has levels, or an
/// issue that we see has one. What is not answered may be so.
async fn hides(client: &Client, project: &Project) -> Result<bool, ConnectorError> {
    #[derive(Deserialize)]
    struct Levels {
        levels: Vec<Identified>,
    }
    let answer = client.get(&format!("project/{}/securitylevel", project.id), &[]).await?;
    if !answer.status.is_success() || !answer.json::<Levels>()?.levels.is_empty() {
        return Ok(true);
    }
    let jql = format!("project = {} AND level is not EMPTY", project.id);
    Ok(search(client, &jql, &[]).await?.is_none_or(|found| !found.is_empty()))
}

/// Cloud: those of these issues, all of which can be read, that are archived: no search finds them,
/// however fresh its index.
pub async fn archived(client: &Client, ids: &[&str]) -> Result<HashSet<String>, ConnectorError> {
    let mut archived = HashSet::new();
    let mut asked: Vec<&[&str]> = ids.chunks(RECONCILED).collect();
    while let Some(ids) = asked.pop() {
        let found = search(client, &format!("id in ({})", ids.join(",")), ids).await?;
        match found {
            None if ids.len() > 1 => asked.extend(ids.chunks(1)),
            // An id that no search may name is one that no search finds.
            found => {
                let found = found.unwrap_or_default();
                let missing = ids.iter().filter(|id| !found.contains(**id));
                archived.extend(missing.map(|id| (*id).to_owned()));
            }
        }
    }
    Ok(archived)
}

/// The ids that a search of at most one page finds, as fresh as the issues of these ids are; `None`
/// where Jira does not take the query.
async fn search(
    client: &Client,
    jql: &str,
    reconciled: &[&str],
) -> Result<Option<HashSet<String>>, ConnectorError> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Question<'a> {
        jql: &'a str,
        max_results: usize,
        reconcile_issues: Vec<u64>,
    }
    #[derive(Deserialize)]
    struct Found {
        issues: Vec<Identified>,
    }
    let reconcile_issues = reconciled.iter().filter_map(|id| id.parse().ok()).collect();
    let question = Question { jql, max_results: RECONCILED, reconcile_issues };
    let answer = client.ask("search/jql", &question).await?;
    match answer.status.as_u16() {
        200 => {
            let found: Found = answer.json()?;
            Ok(Some(found.issues.into_iter().map(|issue| issue.id).collect()))
        }
        400 => Ok(None),
        _ => Err(refused(&answer)),
    }
}
