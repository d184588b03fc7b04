//! Reading particular issues again, and finding out what became of them.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Presence;
use mainstem_model::record::{AbsenceRecord, Batch, Depth, ExternalId, Hint, MoveRecord, PartSet};
use serde::Deserialize;

use crate::client::{PAGE_SIZE, refused};
use crate::locator::Locator;
use crate::normalize;
use crate::past;
use crate::pull::Draft;
use crate::relations::{self, Relations, Wanted};
use crate::repository::{Repository, RepositoryName};
use crate::session::GitHubSession;

/// Reads what the hints name.
pub async fn fetch(session: &GitHubSession, hints: &[Hint]) -> Result<Batch, ConnectorError> {
    let mut of_relations = Vec::new();
    let mut of_past = Vec::new();
    let mut whole = Vec::new();
    for hint in hints {
        let Ok(locator) = hint.locator.parse::<Locator>() else {
            tracing::warn!(locator = hint.locator, "a hint that names no issue is left out");
            continue;
        };
        let wanted = Wanted { external_id: hint.external_id.clone(), locator };
        match hint.depth {
            Depth::Relations => of_relations.push(wanted),
            Depth::History => of_past.push(wanted),
            Depth::Whole => whole.push(wanted),
        }
    }

    let mut draft = Draft::default();
    let mut relations = Relations::default();
    for wanted in of_relations.chunks(PAGE_SIZE) {
        relations.add(relations::read(session, wanted.to_vec()).await?);
    }
    // GraphQL does not say what became of them.
    whole.append(&mut relations.missing);

    let past = past::read(session, of_past, &mut draft).await?;
    relations.add(past.relations);

    let mut comment_sets = Vec::new();
    let mut moves = Vec::new();
    let mut absences = Vec::new();
    let mut present = Vec::new();
    for outcome in try_join_all(whole.into_iter().map(|wanted| read_whole(session, wanted))).await?
    {
        match outcome {
            Outcome::Shown(shown) => {
                present.extend(take(session, &mut draft, &mut comment_sets, &mut moves, *shown)?);
            }
            Outcome::Gone(absence) => absences.extend(absence),
        }
    }
    for wanted in present.chunks(PAGE_SIZE) {
        relations.add(relations::read(session, wanted.to_vec()).await?);
    }
    for hint in relations.hints {
        draft.hint(hint);
    }
    let mut batch = draft.finish();
    batch.relations = relations.records;
    batch.branches = relations.branches;
    batch.commits = relations.commits;
    batch.histories = past.histories;
    batch.comment_sets = comment_sets;
    batch.moves = moves;
    batch.absences = absences;
    Ok(batch)
}

enum Outcome {
    Shown(Box<Shown>),
    Gone(Option<AbsenceRecord>),
}

/// An issue with all that belongs to it, as it came.
struct Shown {
    known_as: Option<ExternalId>,
    repository: Arc<Repository>,
    issue: Bytes,
    comments: Vec<Bytes>,
    timeline: Vec<Bytes>,
}

/// What must be readable for the issue's own lists to be asked for.
#[derive(Deserialize)]
struct Whereabouts {
    number: u64,
    repository_url: String,
    #[serde(default)]
    comments: u64,
}

async fn read_whole(session: &GitHubSession, wanted: Wanted) -> Result<Outcome, ConnectorError> {
    let Wanted { external_id, locator } = wanted;
    let client = &session.client;
    let path = |name: &RepositoryName, number: u64| format!("repos/{name}/issues/{number}");
    let answer =
        client.get(client.url(&path(&locator.repository, locator.number), &[]), None).await?;
    let gone =
        |presence| Outcome::Gone(external_id.clone().map(|task| AbsenceRecord { task, presence }));
    match answer.status.as_u16() {
        200 => {}
        // Issues that are switched off for the whole repository may come back.
        410 if says(&answer.body, "disabled") => return Ok(gone(Presence::AccessLost)),
        410 => return Ok(gone(Presence::Deleted)),
        // Transferred to where this account sees nothing.
        301 => return Ok(gone(Presence::AccessLost)),
        // Withheld from this account, alone or with its repository, or by law (451).
        403 | 404 | 451 => return Ok(gone(Presence::AccessLost)),
        _ => return Err(refused(&answer)),
    }
    let at: Whereabouts = answer.json()?;
    // A transferred issue stands in another repository, under another number and id; its lists are
    // not found under the old ones.
    let name = RepositoryName::from_api_url(&at.repository_url).map(|(name, _)| name);
    let repository = session.repository(&name.unwrap_or(locator.repository)).await?;
    let path = path(&repository.name, at.number);
    let hundred = [("per_page", "100")];
    let comments = async {
        match at.comments {
            0 => Ok(Vec::new()),
            _ => client.list_all(client.url(&format!("{path}/comments"), &hundred)).await,
        }
    };
    let timeline = client.list_all(client.url(&format!("{path}/timeline"), &hundred));
    let (comments, timeline) = tokio::try_join!(comments, timeline)?;
    Ok(Outcome::Shown(Box::new(Shown {
        known_as: external_id,
        repository,
        issue: answer.body,
        comments,
        timeline,
    })))
}

/// Takes an issue and all that belongs to it into the batch.
fn take(
    session: &GitHubSession,
    draft: &mut Draft,
    comment_sets: &mut Vec<PartSet>,
    moves: &mut Vec<MoveRecord>,
    shown: Shown,
) -> Result<Option<Wanted>, ConnectorError> {
    let Shown { known_as, repository, issue, comments, timeline } = shown;
    let read = draft.normalize(&repository, vec![issue]);
    let Some(mut task) = read.into_iter().next().map(|issue| issue.task) else { return Ok(None) };
    let (history, malformed) = normalize::timeline(&timeline, &task, &mut draft.people);
    task.history = history;
    for record in malformed {
        draft.quarantine(record);
    }
    comment_sets.push(PartSet { task: task.external_id.clone(), parts: ids(&comments)? });
    draft.comments(&repository, comments);
    if let Some(from) = known_as.filter(|known| *known != task.external_id) {
        moves.push(MoveRecord {
            from,
            to: task.external_id.clone(),
            scope: session.settings.selection.scope_of(&repository.name),
        });
    }
    let wanted = task
        .locator
        .parse()
        .ok()
        .map(|locator| Wanted { external_id: Some(task.external_id.clone()), locator });
    draft.add(&repository, task);
    Ok(wanted)
}

/// The ids of comments. One without an id fails the fetch: to leave it out would be to call it
/// removed.
fn ids(comments: &[Bytes]) -> Result<Vec<ExternalId>, ConnectorError> {
    #[derive(Deserialize)]
    struct Identified {
        id: u64,
    }
    comments
        .iter()
        .map(|raw| match serde_json::from_slice::<Identified>(raw) {
            Ok(comment) => Ok(comment.id.to_string().into()),
            Err(_) => Err(ConnectorError::new(
                Disposition::BackOff,
                "UNREADABLE_ANSWER",
                "GitHub answered with a comment that has no id",
            )),
        })
        .collect()
}

fn says(body: &[u8], word: &str) -> bool {
    String::from_utf8_lossy(body).to_lowercase().contains(word)
}

#[cfg(test)]
mod tests;
