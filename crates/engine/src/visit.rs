//! A visit of a source: under its lease, everything that is due, in this order: session, scopes, what the
//! tool has told by itself, passes, censuses, the webhook, hints, the past.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::StreamExt;
use futures_util::stream;
use mainstem_connector::{Connector, ConnectorError, Descriptor, Disposition, Session, Settings};
use mainstem_model::record::ScopeKey;
use mainstem_model::{ChangeCause, Source, SourceError, SourceState, Timestamp};
use mainstem_store::{CensusOutcome, Lease, ScopeState, StoreError};
use tokio_util::sync::CancellationToken;

use crate::call::{Call, Failure, no_progress};
use crate::engine::Shared;
use crate::hints::{Drained, drain};
use crate::history::HistoryRead;
use crate::lease::{HeldLease, Purpose};
use crate::memory::{Gate, SourceMemory};
use crate::pass::{PassEnd, PassReport, pass};
use crate::reaction::react;
use crate::session::session;
use crate::state::{conclude, show_first_sync};
use crate::{Event, census, history, webhook};

/// How often the scopes of a source are asked for.
const DISCOVERY_INTERVAL_SECONDS: i64 = 60 * 60;
/// How long the passes of a scheduled visit may go on before they give way, so that a scope that
/// takes hours to read for the first time does not keep the others of its source from being fresh.
const VISIT_SECONDS: i64 = 60;
/// How many hints one scheduled visit answers, for the same reason.
const HINTS_A_VISIT: u64 = 300;
/// How many hints are answered while somebody waits; answers that always bring further hints have
/// no end.
const MOST_HINTS_ONCE: u64 = 1_000_000;
/// Why something may be asked for, the most urgent first.
const ALL_CAUSES: [ChangeCause; 2] = [ChangeCause::Webhook, ChangeCause::Sync];
/// Of how many tasks one scheduled visit reads the past, for the same reason.
const HISTORIES_A_VISIT: u64 = 300;
/// No source has more scopes pages than this; a tool that goes on is answering in circles.
const MOST_DISCOVERY_PAGES: usize = 10_000;
/// How long a failed census waits.
const CENSUS_RETRY_SECONDS: i64 = 15 * 60;
/// So many failures one after the other say that it is the tool, not what was asked of it.
const FAILURES_OF_THE_TOOL: u32 = 3;

/// Why a source is visited.
#[derive(Debug, Clone)]
pub(crate) enum Errand {
    /// Its schedule.
    Scheduled,
    /// Somebody waits for it: scopes and censuses that are not due are done too, and hints to the end.
    Once {
        /// Just these scopes; `None` for all.
        only: Option<BTreeSet<String>>,
        /// Take a census of each scope whose last one ended before.
        census_before: Option<Timestamp>,
        /// Read the past of all tasks.
        history: bool,
    },
}

/// What a visit did.
#[derive(Debug, Default)]
pub(crate) struct VisitReport {
    /// Whether another worker holds the source: nothing was done.
    pub busy: bool,
    /// Whether the visit was stopped from outside or lost its lease.
    pub stopped: bool,
    /// Its passes.
    pub passes: Vec<PassReport>,
    /// Its censuses, by scope.
    pub censuses: BTreeMap<String, CensusOutcome>,
    /// Its hints.
    pub hints: Drained,
    /// What it read of the past.
    pub history: HistoryRead,
    /// What went wrong with the source as a whole.
    pub gate: Option<Gate>,
    /// What went wrong with a census.
    pub census_error: Option<SourceError>,
    /// How the source is doing.
    pub state: Option<SourceState>,
}

impl VisitReport {
    /// Closes the source's gate; of two gates the one that opens later holds.
    fn close(&mut self, gate: Gate) {
        if self.gate.as_ref().is_none_or(|closed| closed.until < gate.until) {
            self.gate = Some(gate);
        }
    }
}

/// What everything in a visit needs.
pub(crate) struct Visit {
    pub shared: Arc<Shared>,
    pub source: Source,
    pub lease: Lease,
    pub session: Arc<dyn Session>,
    pub descriptor: &'static Descriptor,
    /// Cancelled when the visit is to end: from outside, by a lost lease, or by the tool's word.
    pub stop: CancellationToken,
    gives_way_at: Option<Timestamp>,
    failures_in_a_row: AtomicU32,
}

impl Visit {
    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.host.clock.now()
    }

    /// Tells of something that happened.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.shared.tell(event);
    }

    /// Tells of a failure; answers it as the store keeps it.
    pub(crate) fn tell_failed(
        &self,
        scope: Option<&str>,
        error: &ConnectorError,
        next_at: Timestamp,
    ) -> SourceError {
        self.shared.tell_failed(&self.source.name, scope, error, next_at)
    }

    /// Adds what a person can do about a scope that was read before and is not to be seen any more.
    pub(crate) fn with_advice(&self, scope: &ScopeState, error: &ConnectorError) -> ConnectorError {
        let mut error = error.clone();
        if error.code == SourceError::SCOPE_NOT_VISIBLE && scope.synced_at.is_some() {
            error.message.push_str(&format!(
                "; nothing was deleted here: if it is gone indeed, run: mainstem source accept-loss {} \
                 --scope {}",
                self.source.name, scope.key
            ));
        }
        error
    }

    /// Begins a call of the connector.
    pub(crate) fn call<T: Send + 'static, E: Into<Failure>>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Call<T> {
        Call::begin(&self.shared.permits, call)
    }

    /// Whether passes should stop at their next batch, to go on at the next visit.
    pub(crate) fn gives_way(&self) -> bool {
        self.gives_way_at.is_some_and(|at| at <= self.now())
    }

    /// Something went well.
    pub(crate) fn went_well(&self) {
        self.failures_in_a_row.store(0, Ordering::Relaxed);
    }

    /// Whether anything else of this source is worth trying now.
    pub(crate) fn may_go_on_after(&self, error: &ConnectorError) -> bool {
        match error.disposition {
            Disposition::RetryAfter(_) => error.code == ConnectorError::BUDGET_KEPT,
            Disposition::PauseSource => false,
            Disposition::RestartScope | Disposition::GiveUp => true,
            Disposition::BackOff => {
                self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 < FAILURES_OF_THE_TOOL
            }
        }
    }
}

/// Visits a source. What goes wrong with it stands in the report and in the source's state.
///
/// # Errors
/// Where the lease could not be asked for; later failures of the database close the source's gate.
pub(crate) async fn visit(
    shared: Arc<Shared>,
    source: Source,
    memory: &mut SourceMemory,
    errand: &Errand,
    cancellation: &CancellationToken,
) -> Result<VisitReport, StoreError> {
    let stop = cancellation.child_token();
    let mut report = VisitReport::default();
    let Some(held) = HeldLease::acquire(&shared, &source, Purpose::Visit, &stop).await? else {
        report.busy = true;
        return Ok(report);
    };
    memory.gate = None;
    memory.heard |= shared.heard.take(source.id);
    let ended = work(&shared, &source, memory, errand, &held, &stop, &mut report).await;
    match ended {
        Ok(()) if report.gate.is_none() => memory.failures = 0,
        Ok(()) => {}
        Err(Failure::Stopped) => report.stopped = true,
        Err(Failure::Connector(error)) => {
            report.gate = Some(close(&shared, &source.name, &mut memory.failures, &error))
        }
        Err(Failure::Store(StoreError::Fenced(_))) => held.lose(),
        Err(Failure::Store(error)) => {
            report.gate =
                Some(close(&shared, &source.name, &mut memory.failures, &of_store(&error)))
        }
    }
    report.stopped |= held.is_lost() || cancellation.is_cancelled();
    if report.gate.as_ref().is_some_and(|gate| gate.state == SourceState::NeedsCredential) {
        // Whatever the session holds of the refused credential goes with it.
        memory.session = None;
    }
    memory.gate.clone_from(&report.gate);
    if !held.is_lost() {
        match conclude(&shared, &source, &report, memory.webhook.error.as_ref()).await {
            Ok(state) => report.state = state,
            Err(error) => {
                tracing::warn!(source = source.name, %error, "the state of the source was not written down")
            }
        }
    }
    held.release().await;
    Ok(report)
}

/// Does what is due. An error concerns the whole source; what concerns a scope is in the report.
async fn work(
    shared: &Arc<Shared>,
    source: &Source,
    memory: &mut SourceMemory,
    errand: &Errand,
    held: &HeldLease,
    stop: &CancellationToken,
    report: &mut VisitReport,
) -> Result<(), Failure> {
    let connector = shared
        .registry
        .get(&source.connector)
        .cloned()
        .ok_or_else(|| unknown_connector(shared, source))?;
    let descriptor = connector.descriptor();
    let scheduled = matches!(errand, Errand::Scheduled);
    let visit = Arc::new(Visit {
        shared: Arc::clone(shared),
        source: source.clone(),
        lease: held.lease().clone(),
        session: session(shared, source, Arc::clone(&connector), memory, stop).await?,
        descriptor,
        stop: stop.clone(),
        gives_way_at: scheduled.then(|| shared.host.clock.now().plus_seconds(VISIT_SECONDS)),
        failures_in_a_row: AtomicU32::new(0),
    });
    discover(&visit, &*connector, memory, errand).await?;
    // Somebody may be looking at what they have just changed.
    hints(&visit, &[ChangeCause::Webhook], errand, report).await?;
    passes(&visit, memory, errand, report).await?;
    censuses(&visit, memory, errand, report).await?;
    webhook::keep(&visit, &mut memory.webhook).await?;
    hints(&visit, &ALL_CAUSES, errand, report).await?;
    if report.hints.empty {
        histories(&visit, memory, errand, report).await?;
        if report.history.hints > 0 {
            hints(&visit, &ALL_CAUSES, errand, report).await?;
        }
    }
    Ok(())
}

/// Answers the hints of these causes that are due.
async fn hints(
    visit: &Arc<Visit>,
    causes: &[ChangeCause],
    errand: &Errand,
    report: &mut VisitReport,
) -> Result<(), Failure> {
    if visit.stop.is_cancelled() {
        return Ok(());
    }
    let limit = match errand {
        Errand::Scheduled => HINTS_A_VISIT,
        Errand::Once { .. } => MOST_HINTS_ONCE,
    };
    let mut empty = true;
    for cause in causes {
        empty &= drain(visit, *cause, limit, &mut report.hints).await?;
    }
    report.hints.empty = empty;
    Ok(())
}

/// Reads on in the past of tasks: the least urgent of all, so a limit that it runs into keeps nothing
/// else waiting.
async fn histories(
    visit: &Arc<Visit>,
    memory: &mut SourceMemory,
    errand: &Errand,
    report: &mut VisitReport,
) -> Result<(), Failure> {
    let now = visit.now();
    let scheduled = matches!(errand, Errand::Scheduled);
    let wanted = match errand {
        Errand::Scheduled => memory.history_not_before.is_none_or(|not_before| not_before <= now),
        Errand::Once { history, .. } => *history,
    };
    if !wanted || !visit.descriptor.tells_history {
        return Ok(());
    }
    let mut left = if scheduled { HISTORIES_A_VISIT } else { u64::MAX };
    let scopes = visit.shared.store.scopes(visit.source.id).await?;
    for scope in scopes.into_iter().filter(history::is_wanted) {
        match history::read(visit, &scope, &mut left, &mut report.history).await {
            Err(Failure::Connector(error)) if scheduled => match error.disposition {
                Disposition::RetryAfter(wait) => {
                    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
                    memory.history_not_before = Some(visit.now().plus_seconds(seconds.max(1)));
                    tracing::debug!(source = visit.source.name, %error, "the past waits");
                    return Ok(());
                }
                _ => return Err(error.into()),
            },
            ended => ended?,
        }
    }
    Ok(())
}

/// Asks the tool for the scopes, where that is due.
async fn discover(
    visit: &Visit,
    connector: &dyn Connector,
    memory: &mut SourceMemory,
    errand: &Errand,
) -> Result<(), Failure> {
    let now = visit.now();
    if !discovery_is_due(memory, now) && matches!(errand, Errand::Scheduled) {
        return Ok(());
    }
    let mut scopes = Vec::new();
    let mut page = None;
    for _ in 0..MOST_DISCOVERY_PAGES {
        let session = Arc::clone(&visit.session);
        let answer =
            visit.call(async move { session.discover(page).await }).answer(&visit.stop).await?;
        scopes.extend(answer.items);
        page = answer.next;
        if page.is_none() {
            let settings = Settings(visit.source.settings.clone());
            let selected = |scope: &ScopeKey| connector.selects(&settings, scope);
            visit.shared.store.put_scopes(visit.source.id, &scopes, selected).await?;
            let session = Arc::clone(&visit.session);
            let site = visit.call(async move { session.site().await }).answer(&visit.stop).await?;
            if let Some(site) = site {
                visit.shared.store.put_site(visit.source.id, &site).await?;
            }
            memory.discovered_at = Some(now);
            return Ok(());
        }
    }
    Err(no_progress("list of scopes").into())
}

/// Whether the scopes are to be asked for again.
pub(crate) fn discovery_is_due(memory: &SourceMemory, now: Timestamp) -> bool {
    memory.discovered_at.is_none_or(|at| at.plus_seconds(DISCOVERY_INTERVAL_SECONDS) <= now)
}

/// Passes over the scopes that are due, several at a time, each on a task of its own.
async fn passes(
    visit: &Arc<Visit>,
    memory: &mut SourceMemory,
    errand: &Errand,
    report: &mut VisitReport,
) -> Result<(), Failure> {
    let now = visit.now();
    let scopes = visit.shared.store.scopes(visit.source.id).await?;
    show_first_sync(visit, &scopes).await?;
    let retry_failed = std::mem::take(&mut memory.retry_failed);
    let heard = std::mem::take(&mut memory.heard);
    let mut due: Vec<_> = scopes
        .into_iter()
        .filter(|scope| match errand {
            Errand::Scheduled => {
                scope.next_run_at <= now
                    || (retry_failed && scope.last_error.is_some())
                    || (heard && scope.failures == 0)
            }
            Errand::Once { only, .. } => only.as_ref().is_none_or(|only| only.contains(&scope.key)),
        })
        .collect();
    // The short passes first: those that only look for what is new.
    due.sort_by_key(|scope| (scope.synced_at.is_none(), scope.next_run_at));
    let ended: Vec<_> = stream::iter(due)
        .map(|scope| {
            let began = memory.began.get(&scope.key).copied();
            pass(Arc::clone(visit), scope, began)
        })
        .buffer_unordered(visit.descriptor.concurrent_scopes.max(1))
        .collect()
        .await;
    for pass in ended {
        let pass = pass?;
        match &pass.end {
            PassEnd::Complete => {
                memory.began.remove(&pass.scope.key);
            }
            PassEnd::Failed(error, reaction) => {
                memory.began.insert(pass.scope.key.clone(), pass.began);
                if reaction.whole_source {
                    report.close(Gate::new(error.clone(), reaction));
                }
            }
            PassEnd::Stopped => {
                memory.began.insert(pass.scope.key.clone(), pass.began);
            }
        }
        report.passes.push(pass);
    }
    Ok(())
}

/// Takes the censuses that are due, one after the other: only hints and the past are less urgent.
async fn censuses(
    visit: &Arc<Visit>,
    memory: &mut SourceMemory,
    errand: &Errand,
    report: &mut VisitReport,
) -> Result<(), Failure> {
    if visit.stop.is_cancelled() {
        return Ok(());
    }
    for scope in visit.shared.store.scopes(visit.source.id).await? {
        let now = visit.now();
        let asked_for = match errand {
            Errand::Once { census_before: Some(before), .. } => {
                scope.census_at.is_none_or(|at| at < *before)
            }
            _ => false,
        };
        if !asked_for && !census_is_due(visit.descriptor, memory, &visit.source, &scope, now) {
            continue;
        }
        match census::census(visit, &scope).await {
            Ok(outcome) => {
                memory.census_not_before.remove(&scope.key);
                report.censuses.insert(scope.key, outcome);
            }
            Err(Failure::Connector(error)) if visit.may_go_on_after(&error) => {
                let next_at = now.plus_seconds(CENSUS_RETRY_SECONDS);
                let error = visit.with_advice(&scope, &error);
                report.census_error = Some(visit.tell_failed(Some(&scope.key), &error, next_at));
                memory.census_not_before.insert(scope.key, next_at);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Whether a census of this scope is to be taken by its schedule.
pub(crate) fn census_is_due(
    descriptor: &Descriptor,
    memory: &SourceMemory,
    source: &Source,
    scope: &ScopeState,
    now: Timestamp,
) -> bool {
    census::due_at(source, scope, descriptor.census_interval_seconds).is_some_and(|due| due <= now)
        && memory.census_not_before.get(&scope.key).is_none_or(|not_before| *not_before <= now)
}

/// Something went wrong with the source as a whole: nothing is tried before the gate opens.
pub(crate) fn close(
    shared: &Shared,
    source: &str,
    failures: &mut u32,
    error: &ConnectorError,
) -> Gate {
    let reaction = react(error, *failures, shared.host.clock.now(), shared.host.random.as_ref());
    *failures = failures.saturating_add(1);
    let error = shared.tell_failed(source, None, error, reaction.until);
    Gate::new(error, &reaction)
}

fn unknown_connector(shared: &Shared, source: &Source) -> ConnectorError {
    let kinds: Vec<_> = shared.registry.kinds().collect();
    ConnectorError::new(
        Disposition::GiveUp,
        "UNKNOWN_CONNECTOR",
        format!("there is no connector {:?}; give one of: {}", source.connector, kinds.join(", ")),
    )
}

/// A failure of the database, treated like a failure of the tool: try again later, each time later.
pub(crate) fn of_store(error: &StoreError) -> ConnectorError {
    ConnectorError::new(Disposition::BackOff, "STORE_FAILED", error.to_string())
}
