//! The pull of a project: everything once, then what has changed.

use std::sync::Arc;

use futures_util::future::try_join_all;
use mainstem_connector::ConnectorError;
use mainstem_model::record::{self, Batch, Progress};
use mainstem_model::{Presence, Timestamp};

use crate::client::Client;
use crate::cursor::{Cursor, Pass, Reading, Stage};
use crate::draft::Draft;
use crate::lanes;
use crate::listing::{ListPage, Order, Question, whole_minute};
use crate::normalize::{decode, entries, had_remote_links, linked};
use crate::parts;
use crate::session::JiraSession;
use crate::wire::{self, FIELDS, Glance};

/// One step of a pull: one page.
pub async fn pull(
    session: &JiraSession,
    scope: &str,
    cursor: Option<&record::Cursor>,
) -> Result<Batch, ConnectorError> {
    let cursor = cursor.map(Cursor::read).transpose()?;
    let is_under_way =
        matches!(&cursor, Some(Cursor { stage: Stage::First(_) | Stage::Changes(_), .. }));
    let project =
        if is_under_way { session.project(scope).await? } else { session.look_up(scope).await? };
    if session.settings.projects.is_none() && project.key != scope {
        // It is listed under its new key, and read there.
        return Ok(Batch::default());
    }
    if project.archived {
        let cursor = Cursor { project: project.key, stage: Stage::Archived };
        return Ok(Batch {
            scope_absence: Some(Presence::Archived),
            cursor: Some(cursor.write()?),
            ..Batch::default()
        });
    }
    match cursor {
        Some(Cursor { project: known, stage }) if known == project.key => match stage {
            Stage::First(pass) => step(session, &project, pass, Order::Created).await,
            Stage::Changes(pass) => step(session, &project, pass, Order::Updated).await,
            Stage::Idle(latest) => {
                let pass = changes_since(session, latest);
                step(session, &project, pass, Order::Updated).await
            }
            Stage::Archived => start(session, &project).await,
        },
        // Never read, or read under another key.
        _ => start(session, &project).await,
    }
}

async fn start(session: &JiraSession, project: &wire::Project) -> Result<Batch, ConnectorError> {
    let pass = first(session, project).await?;
    step(session, project, pass, Order::Created).await
}

/// A pass over everything. Changes from now on belong to the next one: it begins at the latest change
/// that search knows of.
async fn first(session: &JiraSession, project: &wire::Project) -> Result<Pass, ConnectorError> {
    let from = session.latest_change(project).await?;
    Ok(Pass { from, latest: from, lanes: vec![Reading::default()], done: 0 })
}

/// A pass over what has changed. It begins a little earlier, since search learns of changes late, and
/// has no end: an issue that changes all the time would never come before one.
fn changes_since(session: &JiraSession, latest: Timestamp) -> Pass {
    let overlap = i64::from(session.settings.overlap_seconds);
    let since = whole_minute(latest.plus_seconds(-overlap)).max(0);
    let reading = Reading { since, ..Reading::default() };
    Pass { from: latest, latest, lanes: vec![reading], done: 0 }
}

async fn step(
    session: &JiraSession,
    project: &wire::Project,
    pass: Pass,
    order: Order,
) -> Result<Batch, ConnectorError> {
    let context = session.context().await?;
    let fields = FIELDS.into_iter().chain(context.fields.ids());
    let question = Arc::new(Question {
        condition: session.condition(project),
        order,
        fields: fields.map(str::to_owned).collect(),
        with_changelog: order == Order::Updated,
    });
    // Reading everything for the first time leaves half of each budget to what is new, and to people.
    let client = if order == Order::Created { &session.background } else { &session.client };
    let pages = session.ahead.pages(client, &question, &pass.lanes).await?;
    let lanes = match order {
        Order::Created => lanes::next(&pages),
        Order::Updated => pages.iter().filter_map(|page| page.next.clone()).collect(),
    };
    if !lanes.is_empty() {
        session.ahead.ask(client, &question, &lanes);
    }
    let mut draft = Draft::new(context);
    let (mut latest, mut done) = (pass.latest, pass.done);
    for page in &pages {
        let seen = take(session, client, &mut draft, page, pass.from).await?;
        // No change can be later than Jira's own clock: one that says so would hide all others.
        latest = latest.max(seen.map_or(latest, |seen| seen.min(page.at)));
        done += page.records.len() as u64;
    }
    // A list that begins anew at a later minute counts what is left.
    let total = match pages.as_slice() {
        [page] => page.total.map(|total| total.max(done)),
        _ => None,
    };
    let more = !lanes.is_empty();
    let pass = Pass { from: pass.from, latest, lanes, done };
    let stage = match order {
        _ if !more => Stage::Idle(latest),
        Order::Created => Stage::First(pass),
        Order::Updated => Stage::Changes(pass),
    };
    let mut batch = draft.finish();
    batch.cursor = Some(Cursor { project: project.key.clone(), stage }.write()?);
    batch.more = more;
    batch.progress = Some(Progress { done, total });
    Ok(batch)
}

/// Takes a page in: issues with all their comments and worklogs, and what their changelogs say. The
/// store drops the hint of an issue that is as it was. Gives the latest change among them.
async fn take(
    session: &JiraSession,
    client: &Client,
    draft: &mut Draft<'_>,
    page: &ListPage,
    from: Timestamp,
) -> Result<Option<Timestamp>, ConnectorError> {
    let mut issues = Vec::with_capacity(page.records.len());
    let mut latest = None;
    for raw in &page.records {
        let issue = draft.read(raw, page.at);
        latest = latest.max(match &issue {
            Some(issue) => Some(issue.task.updated_at),
            None => decode::<Glance>(raw).ok().map(|glance| glance.fields.updated.0),
        });
        issues.extend(issue);
    }
    let parts = try_join_all(issues.iter_mut().map(|issue| parts::all(client, issue))).await?;
    let mut linked_to = Vec::new();
    for (mut issue, parts) in issues.into_iter().zip(parts) {
        let histories = std::mem::take(&mut issue.histories);
        if !histories.is_empty() {
            linked_to.extend(linked(&histories, from));
            if had_remote_links(&histories) {
                draft.hint_whole(&issue.task);
            }
            let statuses = session.statuses().await?;
            issue.task.history =
                entries(issue.present.clone(), histories, statuses, &mut draft.people);
        }
        draft.add(issue, parts);
    }
    for key in linked_to {
        draft.hint_relations(key);
    }
    Ok(latest)
}
