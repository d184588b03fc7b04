//! The past of tasks: what happened to them before we came to know them. It is read behind everything
//! else, some tasks at a time in the order of their ids, until all of it is known.

use std::collections::HashSet;
use std::sync::Arc;

use mainstem_model::record::{Batch, ExternalId, Hint};
use mainstem_model::{ChangeCause, TaskId, Timestamp};
use mainstem_store::{Applied, BatchContext, PreparedBatch, ScopeState};

use crate::Event;
use crate::call::{Failure, no_progress};
use crate::visit::Visit;

/// What reading the past did.
#[derive(Debug, Default)]
pub(crate) struct HistoryRead {
    /// Tasks whose past was read.
    pub tasks: u64,
    /// What was new of it.
    pub totals: Applied,
    /// Items that it asks to be read whole.
    pub hints: u64,
}

/// Whether the past of a scope's tasks is to be read: once its first pass has ended, and not while
/// the scope is in trouble.
pub(crate) fn is_wanted(scope: &ScopeState) -> bool {
    scope.synced_at.is_some() && scope.last_error.is_none() && scope.history_read_at.is_none()
}

/// Reads on in the past of a scope's tasks, to its end or for at most `left` tasks.
pub(crate) async fn read(
    visit: &Visit,
    scope: &ScopeState,
    left: &mut u64,
    done: &mut HistoryRead,
) -> Result<(), Failure> {
    let store = &visit.shared.store;
    let source = visit.source.id;
    let mut after = scope.history_after;
    while *left > 0 && !visit.stop.is_cancelled() {
        let limit = visit.descriptor.fetch_limit;
        let tasks = store.tasks_to_read_history_of(source, &scope.key, after, limit).await?;
        if tasks.is_empty() {
            store.history_was_read(&visit.lease, source, &scope.key, None).await?;
            visit.tell(&Event::HistoryFinished { source: &visit.source.name, scope: &scope.key });
            return Ok(());
        }
        let (count, up_to) = step(visit, scope, &tasks, done).await?;
        store.history_was_read(&visit.lease, source, &scope.key, Some(up_to)).await?;
        *left = left.saturating_sub(count);
        after = Some(up_to);
    }
    Ok(())
}

/// Reads the past of these tasks and stores it; answers how many were read, and the last of them. Tasks
/// that cannot be read are left to the queue of hints, which tries them one by one.
async fn step(
    visit: &Visit,
    scope: &ScopeState,
    tasks: &[(TaskId, Hint)],
    done: &mut HistoryRead,
) -> Result<(u64, TaskId), Failure> {
    let hints: Vec<Hint> = tasks.iter().map(|(_, hint)| hint.clone()).collect();
    let (session, asked) = (Arc::clone(&visit.session), hints.clone());
    let answer = visit.call(async move { session.fetch(&asked).await }).answer(&visit.stop).await;
    let read = match answer {
        Ok(batch) => match read_of(tasks, &batch) {
            Some(read) => Ok((batch, read)),
            None => Err(no_progress("history")),
        },
        Err(Failure::Connector(error)) => Err(error),
        Err(failure) => return Err(failure),
    };
    match (read, tasks.last()) {
        (Ok((batch, (count, up_to))), _) => {
            store(visit, scope, batch, count, done).await?;
            Ok((count, up_to))
        }
        (Err(error), Some((last, _))) if visit.may_go_on_after(&error) => {
            visit.tell_failed(Some(&scope.key), &error, visit.now());
            visit.shared.store.push_hints(visit.source.id, &scope.key, &hints).await?;
            done.hints += hints.len() as u64;
            Ok((hints.len() as u64, *last))
        }
        (Err(error), _) => Err(error.into()),
    }
}

async fn store(
    visit: &Visit,
    scope: &ScopeState,
    batch: Batch,
    tasks: u64,
    done: &mut HistoryRead,
) -> Result<(), Failure> {
    visit.went_well();
    let batch = PreparedBatch::of(batch).await?;
    let context = BatchContext {
        lease: &visit.lease,
        source: visit.source.id,
        scope: &scope.key,
        cause: ChangeCause::Sync,
        answered: &[],
    };
    let applied = visit.shared.store.apply_batch(&context, &batch).await?;
    done.tasks += tasks;
    done.hints += batch.batch().hints.len() as u64;
    done.totals.add(&applied);
    visit.tell(&Event::HistoryStored {
        source: &visit.source.name,
        scope: &scope.key,
        tasks,
        applied: &applied,
    });
    Ok(())
}

/// How many of the tasks, from the first on, the answer covers, and the last of them: a limit may have
/// cut it short.
fn read_of(tasks: &[(TaskId, Hint)], batch: &Batch) -> Option<(u64, TaskId)> {
    let read: HashSet<&ExternalId> = batch.histories.iter().map(|history| &history.task).collect();
    let is_read =
        |(_, hint): &&(TaskId, Hint)| hint.external_id.as_ref().is_some_and(|id| read.contains(id));
    let count = tasks.iter().take_while(is_read).count();
    Some((count as u64, tasks[..count].last()?.0))
}

/// Whether the past of this scope is to be read now by the schedule.
pub(crate) fn is_due(
    tells_history: bool,
    not_before: Option<Timestamp>,
    scope: &ScopeState,
    now: Timestamp,
) -> bool {
    tells_history && is_wanted(scope) && not_before.is_none_or(|not_before| not_before <= now)
}
