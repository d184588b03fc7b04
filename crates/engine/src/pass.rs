//! One pass of one scope: batch after batch until the tool has no more.

use std::sync::Arc;

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record::{Batch, Cursor};
use mainstem_model::{ChangeCause, SourceError, Timestamp};
use mainstem_store::{Applied, BatchContext, PassOutcome, PreparedBatch, ScopeState, StoreError};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::call::{Call, Failure, no_progress, panicked};
use crate::census::MASS_LOSS;
use crate::reaction::{Reaction, react};
use crate::visit::Visit;
use crate::{Event, notices};

/// What a pass did.
#[derive(Debug)]
pub(crate) struct PassReport {
    /// The scope.
    pub scope: ScopeState,
    /// When it began, in an earlier visit perhaps.
    pub began: Timestamp,
    /// Seconds of this visit.
    pub seconds: f64,
    /// Batches stored.
    pub batches: u64,
    /// What they changed.
    pub totals: Applied,
    /// How it ended.
    pub end: PassEnd,
}

/// How a pass ended.
#[derive(Debug)]
pub(crate) enum PassEnd {
    /// The tool has no more.
    Complete,
    /// It failed; the cursor stands at the last stored batch.
    Failed(SourceError, Reaction),
    /// It was stopped, and goes on at the next visit.
    Stopped,
}

/// Reads a scope to its end, and writes down how that went. The reading is a task of its own, so
/// that a panic fails the scope and nothing else.
///
/// # Errors
/// Where the database failed or the lease is lost; the whole visit then stops.
pub(crate) async fn pass(
    visit: Arc<Visit>,
    scope: ScopeState,
    began: Option<Timestamp>,
) -> Result<PassReport, StoreError> {
    let started = visit.now();
    if began.is_none() {
        let first = scope.synced_at.is_none();
        let source = &visit.source.name;
        visit.tell(&Event::PassStarted { source, scope: &scope.key, first });
    }
    let began = began.unwrap_or(started);
    let reading = tokio::spawn(read(Arc::clone(&visit), scope.clone()));
    let (done, ended) = AbortOnDropHandle::new(reading)
        .await
        .unwrap_or_else(|_| (Done::default(), Err(panicked("storing").into())));
    let end = match ended {
        Ok(()) => complete(&visit, &scope, began).await,
        Err(Failure::Connector(error)) => fail(&visit, &scope, &error).await,
        Err(Failure::Stopped) => Ok(PassEnd::Stopped),
        Err(Failure::Store(error)) => Err(error),
    }
    .inspect_err(|_| visit.stop.cancel())?;
    let seconds = visit.now().since(started) as f64 / 1e6;
    if matches!(end, PassEnd::Complete) {
        visit.tell(&Event::PassFinished {
            source: &visit.source.name,
            scope: &scope.key,
            totals: &done.totals,
            seconds,
        });
    }
    Ok(PassReport { scope, began, seconds, batches: done.batches, totals: done.totals, end })
}

/// What was stored so far.
#[derive(Default)]
struct Done {
    batches: u64,
    totals: Applied,
}

async fn read(visit: Arc<Visit>, scope: ScopeState) -> (Done, Result<(), Failure>) {
    let mut done = Done::default();
    let ended = read_or_restart(&visit, &scope, &mut done).await;
    (done, ended)
}

/// Reads from the stored cursor on. A cursor that the tool no longer takes is dropped, once: a tool
/// that refuses its own fresh cursor would keep us at it for ever.
async fn read_or_restart(
    visit: &Visit,
    scope: &ScopeState,
    done: &mut Done,
) -> Result<(), Failure> {
    match read_from(visit, scope, scope.cursor.clone(), done).await {
        Err(Failure::Connector(error)) if error.disposition == Disposition::RestartScope => {
            let now = visit.now();
            let error = visit.tell_failed(Some(&scope.key), &error, now);
            let outcome = PassOutcome {
                synced_at: None,
                next_run_at: now,
                error: Some(error),
                restart: true,
            };
            visit
                .shared
                .store
                .finish_pass(&visit.lease, visit.source.id, &scope.key, &outcome)
                .await?;
            read_from(visit, scope, None, done).await
        }
        end => end,
    }
}

/// Reads from a cursor on. While a batch is being stored, the one after it is prepared and the one after
/// that is read; never more than these, so memory is bounded, and the order of commits is the tool's.
async fn read_from(
    visit: &Visit,
    scope: &ScopeState,
    mut cursor: Option<Cursor>,
    done: &mut Done,
) -> Result<(), Failure> {
    let mut reading = Some(pull(visit, scope, cursor.clone()));
    let mut preparing: Option<JoinHandle<_>> = None;
    let mut end = Ok(());
    while reading.is_some() || preparing.is_some() {
        let read = match reading.take() {
            Some(call) => call.answer(&visit.stop).await.map(Some),
            None => Ok(None),
        };
        let mut prepared = None;
        match read {
            Ok(Some(batch)) => {
                let stuck = batch.more && (batch.cursor.is_none() || batch.cursor == cursor);
                if stuck {
                    end = Err(no_progress("listing").into());
                } else if batch.more && visit.gives_way() {
                    end = Err(Failure::Stopped);
                } else if batch.more {
                    reading = Some(pull(visit, scope, batch.cursor.clone()));
                }
                cursor.clone_from(&batch.cursor);
                prepared = Some(tokio::spawn(PreparedBatch::of(batch)));
            }
            Ok(None) => {}
            // What was read before is stored all the same.
            Err(failure) => end = Err(failure),
        }
        if let Some(before) = std::mem::replace(&mut preparing, prepared) {
            let mut batch = before.await.map_err(|_| panicked("preparing"))??;
            notices::locate(&visit.shared, &mut batch).await?;
            store(visit, scope, &batch, done).await?;
        }
    }
    end
}

fn pull(visit: &Visit, scope: &ScopeState, cursor: Option<Cursor>) -> Call<Batch> {
    let session = visit.session.clone();
    let key = scope.key.as_str().into();
    visit.call(async move { session.pull(&key, cursor.as_ref()).await })
}

async fn store(
    visit: &Visit,
    scope: &ScopeState,
    batch: &PreparedBatch,
    done: &mut Done,
) -> Result<(), StoreError> {
    let context = BatchContext {
        lease: &visit.lease,
        source: visit.source.id,
        scope: &scope.key,
        cause: ChangeCause::Sync,
        answered: &[],
    };
    let applied = visit.shared.store.apply_batch(&context, batch).await?;
    done.batches += 1;
    done.totals.add(&applied);
    visit.tell(&Event::BatchStored {
        source: &visit.source.name,
        scope: &scope.key,
        applied: &applied,
        progress: batch.batch().progress,
    });
    Ok(())
}

/// What is known is as fresh as the beginning of the pass: later changes may have been overtaken.
async fn complete(
    visit: &Visit,
    scope: &ScopeState,
    began: Timestamp,
) -> Result<PassEnd, StoreError> {
    visit.went_well();
    let outcome = PassOutcome {
        synced_at: Some(began),
        next_run_at: began.plus_seconds(visit.source.poll_interval_seconds.into()),
        error: lasting(scope),
        restart: false,
    };
    visit.shared.store.finish_pass(&visit.lease, visit.source.id, &scope.key, &outcome).await?;
    Ok(PassEnd::Complete)
}

async fn fail(
    visit: &Visit,
    scope: &ScopeState,
    error: &ConnectorError,
) -> Result<PassEnd, StoreError> {
    let error = &visit.with_advice(scope, error);
    let now = visit.now();
    let mut reaction = react(error, scope.failures, now, visit.shared.host.random.as_ref());
    if !visit.may_go_on_after(error) {
        // The other scopes stop at their next batch: nothing more is sent to this tool.
        reaction.whole_source = true;
        visit.stop.cancel();
    }
    let error = visit.tell_failed(Some(&scope.key), error, reaction.until);
    let outcome = PassOutcome {
        synced_at: None,
        next_run_at: reaction.until,
        error: lasting(scope).or_else(|| Some(error.clone())),
        restart: reaction.restart,
    };
    visit.shared.store.finish_pass(&visit.lease, visit.source.id, &scope.key, &outcome).await?;
    Ok(PassEnd::Failed(error, reaction))
}

/// The trouble that no pass ends, well or badly: only a census can tell that what was lost is back.
fn lasting(scope: &ScopeState) -> Option<SourceError> {
    scope.last_error.clone().filter(|error| error.code == MASS_LOSS)
}
