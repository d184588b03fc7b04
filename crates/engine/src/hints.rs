//! Hints: items that are asked for one by one, because a batch, a census or a tool said so.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use mainstem_connector::ConnectorError;
use mainstem_model::record::{Batch, Depth, ExternalId, Hint};
use mainstem_model::{ChangeCause, SourceError};
use mainstem_store::{Applied, BatchContext, PreparedBatch, QueuedHint};
use tokio::task::JoinSet;

use crate::Event;
use crate::call::{Failure, panicked};
use crate::visit::Visit;

/// What draining the queue did.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    /// Hints answered.
    pub answered: u64,
    /// What they changed.
    pub totals: Applied,
    /// Whether no hint was due any more at the end.
    pub empty: bool,
    /// Why the last of those that could not be answered could not.
    pub failed: Option<SourceError>,
}

/// Answers due hints of one cause, several fetches at a time, until none is due or `limit` were taken.
/// Answers whether none was due any more at the end.
pub(crate) async fn drain(
    visit: &Arc<Visit>,
    cause: ChangeCause,
    limit: u64,
    drained: &mut Drained,
) -> Result<bool, Failure> {
    let mut fetches: JoinSet<Result<Answer, Failure>> = JoinSet::new();
    let mut taken = 0;
    let mut queue_may_hold_more = true;
    loop {
        while queue_may_hold_more
            && taken < limit
            && fetches.len() < visit.descriptor.concurrent_scopes
        {
            let hints = visit
                .shared
                .store
                .take_hints(&visit.lease, visit.source.id, cause, visit.descriptor.fetch_limit)
                .await?;
            queue_may_hold_more = !hints.is_empty();
            taken += hints.len() as u64;
            for group in groups(hints) {
                fetches.spawn(fetch(Arc::clone(visit), cause, group));
            }
        }
        let Some(ended) = fetches.join_next().await else { break };
        match ended.unwrap_or_else(|_| unanswered(visit, None, panicked("storing")))? {
            Answer::Stored { hints, applied } => {
                drained.answered += hints;
                drained.totals.add(&applied);
            }
            Answer::Failed(error) => drained.failed = Some(error),
        }
        // An answer may bring further hints.
        queue_may_hold_more = true;
    }
    Ok(!queue_may_hold_more)
}

/// Hints of one scope that are fetched together.
struct Group {
    scope: String,
    ids: Vec<i64>,
    hints: Vec<Hint>,
}

/// Puts hints of the same scope together, and each that has failed before by itself, so that one
/// that cannot be read takes no other down with it.
fn groups(queued: Vec<QueuedHint>) -> Vec<Group> {
    let mut alone = Vec::new();
    let mut together = BTreeMap::<String, Group>::new();
    for QueuedHint { id, scope, hint, attempts } in queued {
        if attempts > 1 {
            alone.push(Group { scope, ids: vec![id], hints: vec![hint] });
        } else {
            let group = together.entry(scope.clone()).or_insert_with(|| Group {
                scope,
                ids: Vec::new(),
                hints: Vec::new(),
            });
            group.ids.push(id);
            group.hints.push(hint);
        }
    }
    together.into_values().chain(alone).collect()
}

/// What became of a group.
enum Answer {
    /// Its hints are answered.
    Stored { hints: u64, applied: Applied },
    /// Its hints stay in the queue, put off and counted.
    Failed(SourceError),
}

/// Fetches a group and stores the answer, which takes its hints off the queue.
async fn fetch(visit: Arc<Visit>, cause: ChangeCause, group: Group) -> Result<Answer, Failure> {
    let session = Arc::clone(&visit.session);
    let hints = group.hints.clone();
    let call = visit.call(async move {
        let batch = session.fetch(&hints).await?;
        Ok::<_, Failure>(PreparedBatch::of(batch).await?)
    });
    let batch = match call.answer(&visit.stop).await {
        Err(Failure::Connector(error)) => return unanswered(&visit, Some(&group.scope), error),
        answer => answer?,
    };
    let answered = answered(&group, batch.batch());
    let context = BatchContext {
        lease: &visit.lease,
        source: visit.source.id,
        scope: &group.scope,
        cause,
        answered: &answered,
    };
    let applied = visit.shared.store.apply_batch(&context, &batch).await?;
    visit.went_well();
    visit.tell(&Event::HintsAnswered {
        source: &visit.source.name,
        scope: &group.scope,
        hints: answered.len(),
        applied: &applied,
    });
    Ok(Answer::Stored { hints: answered.len() as u64, applied })
}

/// The hints of a group that this batch answers: all, but for tasks whose past a limit has cut off.
fn answered(group: &Group, batch: &Batch) -> Vec<i64> {
    let told: HashSet<&ExternalId> = batch.histories.iter().map(|history| &history.task).collect();
    let is_answered = |hint: &Hint| {
        hint.depth != Depth::History || hint.external_id.as_ref().is_none_or(|id| told.contains(id))
    };
    let hints = group.ids.iter().zip(&group.hints).filter(|(_, hint)| is_answered(hint));
    hints.map(|(id, _)| *id).collect()
}

/// A group failed: the others go on, unless the error concerns them too.
fn unanswered(
    visit: &Visit,
    scope: Option<&str>,
    error: ConnectorError,
) -> Result<Answer, Failure> {
    if visit.may_go_on_after(&error) {
        Ok(Answer::Failed(visit.tell_failed(scope, &error, visit.now())))
    } else {
        Err(error.into())
    }
}
