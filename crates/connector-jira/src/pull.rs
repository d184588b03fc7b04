//! The pull of a project: everything once, then what has changed.

use futures_util::future::try_join_all;
use mainstem_connector::ConnectorError;
use mainstem_model::Timestamp;
use mainstem_model::record::{self, Batch, Progress};

use crate::cursor::{Cursor, Pass, Reading, Stage};
use crate::draft::Draft;
use crate::listing::{self, ListPage, Order, Question, whole_minute};
use crate::normalize::{entries, had_remote_links, linked};
use crate::parts;
use crate::session::JiraSession;
use crate::wire::{self, FIELDS};

/// One step of a pull: one page.
pub async fn pull(
    session: &JiraSession,
    scope: &str,
    cursor: Option<&record::Cursor>,
) -> Result<Batch, ConnectorError> {
    let cursor = cursor.map(Cursor::read).transpose()?;
    let is_under_way =
        cursor.as_ref().is_some_and(|cursor| !matches!(cursor.stage, Stage::Idle(_)));
    let project =
        if is_under_way { session.project(scope).await? } else { session.look_up(scope).await? };
    match cursor {
        Some(Cursor { project: known, stage }) if known == project.key => match stage {
            Stage::First(pass) => step(session, &project, pass, Order::Created).await,
            Stage::Changes(pass) => step(session, &project, pass, Order::Updated).await,
            Stage::Idle(latest) => {
                let pass = changes_since(session, latest);
                step(session, &project, pass, Order::Updated).await
            }
        },
        // Never read, or read under another key.
        _ => {
            let pass = first(session, &project).await?;
            step(session, &project, pass, Order::Created).await
        }
    }
}

/// A pass over everything. Changes from now on belong to the next one: it begins at the latest change
/// that search knows of.
async fn first(session: &JiraSession, project: &wire::Project) -> Result<Pass, ConnectorError> {
    let from = session.latest_change(project).await?;
    Ok(Pass { from, latest: from, reading: Reading::default(), done: 0 })
}

/// A pass over what has changed. It begins a little earlier, since search learns of changes late, and
/// has no end: an issue that changes all the time would never come before one.
fn changes_since(session: &JiraSession, latest: Timestamp) -> Pass {
    let overlap = i64::from(session.settings.overlap_seconds);
    let since = whole_minute(latest.plus_seconds(-overlap)).max(0);
    let reading = Reading { since, ..Reading::default() };
    Pass { from: latest, latest, reading, done: 0 }
}

async fn step(
    session: &JiraSession,
    project: &wire::Project,
    pass: Pass,
    order: Order,
) -> Result<Batch, ConnectorError> {
    let context = session.context().await?;
    let fields: Vec<&str> = FIELDS.into_iter().chain(context.fields.ids()).collect();
    let condition = session.condition(project);
    let question = Question {
        condition: &condition,
        order,
        fields: &fields,
        with_changelog: order == Order::Updated,
    };
    let page = listing::read(&session.client, question, pass.reading.clone()).await?;
    let mut draft = Draft::new(context);
    take(session, &mut draft, &page, pass.from).await?;

    // No change can be later than Jira's own clock: one that says so would hide all others.
    let seen = page.latest.map_or(pass.latest, |latest| latest.min(page.at));
    let latest = pass.latest.max(seen);
    let done = pass.done + page.records.len() as u64;
    let more = page.next.is_some();
    let stage = match page.next {
        Some(reading) => {
            let pass = Pass { from: pass.from, latest, reading, done };
            match order {
                Order::Created => Stage::First(pass),
                Order::Updated => Stage::Changes(pass),
            }
        }
        None => Stage::Idle(latest),
    };
    let mut batch = draft.finish();
    batch.cursor = Some(Cursor { project: project.key.clone(), stage }.write()?);
    batch.more = more;
    // A list that begins anew at a later minute counts what is left.
    batch.progress = Some(Progress { done, total: page.total.map(|total| total.max(done)) });
    Ok(batch)
}

/// Takes a page in: issues with all their comments and worklogs, and what their changelogs say. The
/// store drops the hint of an issue that is as it was.
async fn take(
    session: &JiraSession,
    draft: &mut Draft<'_>,
    page: &ListPage,
    from: Timestamp,
) -> Result<(), ConnectorError> {
    let mut issues: Vec<_> =
        page.records.iter().filter_map(|raw| draft.read(raw, page.at)).collect();
    let parts =
        try_join_all(issues.iter_mut().map(|issue| parts::all(&session.client, issue))).await?;
    let mut linked_to = Vec::new();
    for (mut issue, parts) in issues.into_iter().zip(parts) {
        let histories = std::mem::take(&mut issue.histories);
        if !histories.is_empty() {
            linked_to.extend(linked(&histories, from));
            if had_remote_links(&histories) {
                draft.hint_whole(&issue.task.external_id);
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
    Ok(())
}
