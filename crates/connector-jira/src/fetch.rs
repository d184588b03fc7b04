//! Reading particular issues again, and finding out what became of them.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use futures_util::future::try_join_all;
use mainstem_connector::caller::Answer;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record::{AbsenceRecord, Batch, Depth, Hint, HistoryRecord};
use mainstem_model::{Presence, Timestamp};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::client::{Client, body, part, refused};
use crate::draft::Draft;
use crate::locator::Locator;
use crate::normalize::{decode, entries, had_remote_links, identify, is_id};
use crate::past::changelogs;
use crate::session::JiraSession;
use crate::wire::{FIELDS, History, OUTLINE, Project};
use crate::{fate, parts, remote_links};

/// Data Center tells the whole past of an issue with it, so fewer are asked for at once.
const WITH_PAST: usize = 25;
const WITHOUT_PAST: usize = 100;

/// Reads what the hints name.
pub async fn fetch(session: &JiraSession, hints: &[Hint]) -> Result<Batch, ConnectorError> {
    let mut by_depth: HashMap<Depth, Vec<Hint>> = HashMap::new();
    for hint in hints {
        if Locator::read(&hint.locator).is_some() {
            by_depth.entry(hint.depth).or_default().push(hint.clone());
        } else {
            tracing::warn!(locator = hint.locator, "a hint that names no issue is left out");
        }
    }
    let mut draft = Draft::new(session.context().await?);
    let mut whole = by_depth.remove(&Depth::Whole).unwrap_or_default();
    for depth in [Depth::Relations, Depth::History] {
        let wanted = by_depth.remove(&depth).unwrap_or_default();
        whole.extend(outlines(session, &mut draft, wanted, depth).await?);
    }
    wholes(session, &mut draft, whole).await?;
    Ok(draft.finish())
}

/// Reads links, and the past where it is asked for. Answers what is to be looked at more closely.
async fn outlines(
    session: &JiraSession,
    draft: &mut Draft<'_>,
    wanted: Vec<Hint>,
    depth: Depth,
) -> Result<Vec<Hint>, ConnectorError> {
    let with_past = depth == Depth::History;
    let client = if with_past { &session.background } else { &session.client };
    let fields: Vec<&str> = OUTLINE.into_iter().chain(draft.context.fields.epics()).collect();
    let mut missing = Vec::new();
    for wanted in wanted.chunks(if with_past { WITH_PAST } else { WITHOUT_PAST }) {
        let found = find(client, wanted, &fields, with_past).await?;
        missing.extend(wanted.iter().filter(|hint| !found.shows(hint)).cloned());
        let mut told = found.changelogs;
        let mut linked = Vec::new();
        for raw in &found.records {
            let id = identify(raw);
            let Some((relation, present, within)) = draft.read_outline(raw, found.at) else {
                if with_past {
                    draft.histories.push(HistoryRecord { task: id.into(), entries: Vec::new() });
                }
                continue;
            };
            if with_past {
                let histories = told.remove(&id).unwrap_or(within);
                if had_remote_links(&histories) {
                    linked.push(relation.task.clone());
                }
                let statuses = session.statuses().await?;
                let entries = entries(present, histories, statuses, &mut draft.people);
                draft.histories.push(HistoryRecord { task: id.into(), entries });
            }
            draft.relation(relation);
        }
        let links = try_join_all(linked.iter().map(|issue| remote_links::read(client, issue)));
        draft.remote_links.extend(links.await?.into_iter().flatten());
    }
    if !with_past {
        return Ok(missing);
    }
    for hint in missing {
        let task = hint.external_id.clone();
        draft.histories.extend(task.map(|task| HistoryRecord { task, entries: Vec::new() }));
        draft.hint(Hint { depth: Depth::Whole, ..hint });
    }
    Ok(Vec::new())
}

/// Reads all there is to read of issues.
async fn wholes(
    session: &JiraSession,
    draft: &mut Draft<'_>,
    wanted: Vec<Hint>,
) -> Result<(), ConnectorError> {
    let client = &session.client;
    let fields: Vec<&str> = FIELDS.into_iter().chain(draft.context.fields.ids()).collect();
    let is_cloud = draft.context.site.cloud;
    for wanted in wanted.chunks(WITH_PAST) {
        let mut found = find(client, wanted, &fields, true).await?;
        let missing: Vec<&Hint> = wanted.iter().filter(|hint| !found.shows(hint)).collect();
        let fates = if is_cloud {
            put_away(session, draft, &mut found).await?;
            let missing: Vec<Locator<'_>> = missing.iter().map(|hint| locator(hint)).collect();
            fate::of_missing(session, &missing).await?.into_iter().map(Fate::Gone).collect()
        } else {
            try_join_all(missing.iter().map(|hint| look(session, hint))).await?
        };
        for (hint, fate) in missing.into_iter().zip(fates) {
            match (fate, &hint.external_id) {
                (Fate::Shown(raw), _) => found.records.push(raw),
                (Fate::Gone(presence), Some(task)) => {
                    draft.absences.push(AbsenceRecord { task: task.clone(), presence });
                }
                (Fate::Gone(_), None) => {}
            }
        }
        let mut issues: Vec<_> =
            found.records.iter().filter_map(|raw| draft.read(raw, found.at)).collect();
        let parts = try_join_all(issues.iter_mut().map(|issue| parts::all(client, issue))).await?;
        let ids = issues.iter().map(|issue| &issue.task.external_id);
        let links = try_join_all(ids.map(|issue| remote_links::read(client, issue))).await?;
        draft.remote_links.extend(links.into_iter().flatten());
        for (mut issue, parts) in issues.into_iter().zip(parts) {
            let within = std::mem::take(&mut issue.histories);
            let histories = found.changelogs.remove(&*issue.task.external_id).unwrap_or(within);
            let statuses = session.statuses().await?;
            issue.task.history =
                entries(issue.present.clone(), histories, statuses, &mut draft.people);
            draft.add(issue, parts);
        }
    }
    Ok(())
}

/// Issues that were found.
struct Found {
    records: Vec<Bytes>,
    /// What they are called, by id and by key.
    names: HashSet<String>,
    /// Cloud tells the past apart from the issues.
    changelogs: HashMap<String, Vec<History>>,
    at: Timestamp,
}

impl Found {
    fn shows(&self, hint: &Hint) -> bool {
        let name = locator(hint).name;
        let id = hint.external_id.as_deref().unwrap_or(name);
        self.names.contains(id) || self.names.contains(name)
    }
}

/// What Cloud is asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bulk<'a> {
    issue_ids_or_keys: &'a [&'a str],
    fields: &'a [&'a str],
}

/// What Data Center is asked: a lenient search, which leaves out what it does not find.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search<'a> {
    jql: &'a str,
    fields: &'a [&'a str],
    max_results: usize,
    expand: &'a [&'a str],
    validate_query: bool,
}

#[derive(Deserialize)]
struct Issues<'a> {
    #[serde(borrow)]
    issues: Vec<&'a RawValue>,
}

async fn find(
    client: &Client,
    wanted: &[Hint],
    fields: &[&str],
    with_past: bool,
) -> Result<Found, ConnectorError> {
    let names: Vec<&str> = wanted.iter().map(|hint| locator(hint).name).collect();
    let is_cloud = client.site().await?.cloud;
    let answer = if is_cloud {
        client.ask("issue/bulkfetch", &Bulk { issue_ids_or_keys: &names, fields }).await?
    } else {
        let jql = format!("issue in ({})", names.join(","));
        let expand: &[&str] = if with_past { &["changelog"] } else { &[] };
        let max_results = names.len();
        let search = Search { jql: &jql, fields, max_results, expand, validate_query: false };
        client.ask("search", &search).await?
    };
    if !answer.status.is_success() {
        return Err(refused(&answer));
    }
    let body = body(&answer);
    let read: Issues = serde_json::from_slice(&body).map_err(|error| answer.unreadable(&error))?;
    let records: Vec<Bytes> = read.issues.iter().map(|issue| part(&body, issue)).collect();
    let ids: Vec<String> = records.iter().map(|raw| identify(raw)).collect();
    let changelogs =
        if is_cloud && with_past { changelogs(client, &ids).await? } else { HashMap::new() };
    let keys = records.iter().filter_map(|raw| key(raw));
    let names = keys.chain(ids).collect();
    Ok(Found { records, names, changelogs, at: answer.at })
}

fn key(raw: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    decode::<Keyed>(raw).ok().map(|keyed| keyed.key)
}

/// Cloud shows what is archived to those who ask for it by name; here it is as if it were gone.
async fn put_away(
    session: &JiraSession,
    draft: &mut Draft<'_>,
    found: &mut Found,
) -> Result<(), ConnectorError> {
    let ids: Vec<String> = found.records.iter().map(|raw| identify(raw)).collect();
    let numbers: Vec<&str> = ids.iter().map(String::as_str).filter(|id| is_id(id)).collect();
    let archived = fate::archived(&session.client, &numbers).await?;
    let mut id = ids.iter();
    found.records.retain(|_| id.next().is_none_or(|id| !archived.contains(id)));
    let absence = |id: String| AbsenceRecord { task: id.into(), presence: Presence::Archived };
    draft.absences.extend(archived.into_iter().map(absence));
    Ok(())
}

/// What became of an issue that is not found among many.
enum Fate {
    Shown(Bytes),
    Gone(Presence),
}

/// Data Center: it searches neither what is archived nor what its index has not seen yet, and tells
/// what is hidden from what there is not.
async fn look(session: &JiraSession, hint: &Hint) -> Result<Fate, ConnectorError> {
    let client = &session.client;
    let path = format!("issue/{}", locator(hint).name);
    match client.get(&path, &[("expand", "changelog")]).await {
        Ok(answer) => match answer.status.as_u16() {
            200 if is_archived(session, &answer).await? => Ok(Fate::Gone(Presence::Archived)),
            200 => Ok(Fate::Shown(body(&answer))),
            403 => Ok(Fate::Gone(Presence::AccessLost)),
            404 => Ok(Fate::Gone(Presence::Deleted)),
            _ => Err(refused(&answer)),
        },
        // To nobody in particular, what is hidden is answered by asking who they are.
        Err(error) if client.is_anonymous() && error.disposition == Disposition::PauseSource => {
            Ok(Fate::Gone(Presence::AccessLost))
        }
        Err(error) => Err(error),
    }
}

/// Whether an issue was put away, by itself or with its project.
async fn is_archived(session: &JiraSession, answer: &Answer) -> Result<bool, ConnectorError> {
    #[derive(Deserialize)]
    struct Issue {
        fields: Fields,
    }
    #[derive(Deserialize)]
    struct Fields {
        #[serde(default)]
        archiveddate: Option<IgnoredAny>,
        project: Project,
    }
    match serde_json::from_slice::<Issue>(&answer.body) {
        Ok(Issue { fields: Fields { archiveddate: Some(_), .. } }) => Ok(true),
        Ok(Issue { fields: Fields { project, .. } }) => {
            let project = session.find_project(&project.id).await?;
            Ok(project.is_some_and(|project| project.archived))
        }
        // Whoever reads the issue itself says what is wrong with it.
        Err(_) => Ok(false),
    }
}

/// What a hint names; those that name nothing were left out before.
fn locator(hint: &Hint) -> Locator<'_> {
    Locator::read(&hint.locator).unwrap_or(Locator { name: &hint.locator, project: None })
}
