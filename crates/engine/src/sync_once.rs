//! Bringing sources up to date once, with somebody waiting for the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mainstem_model::{Source, SourceState, Timestamp};
use mainstem_store::StoreError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::call::panicked;
use crate::census::{MASS_LOSS, loss_message};
use crate::engine::Shared;
use crate::pass::{PassEnd, PassReport};
use crate::visit::{Errand, VisitReport, visit};
use crate::{Counts, ReportedError, ScopeReport, SourceReport, SyncOptions, SyncReport};

/// How often something that fails in passing is tried again while somebody waits.
const MOST_RETRIES: u32 = 3;
/// How often a source that another worker holds is asked for.
const ASK_FOR_LEASE_EVERY_SECONDS: i64 = 1;

/// Brings the chosen sources up to date, all at the same time.
pub(crate) async fn sync_once(
    shared: &Arc<Shared>,
    options: &SyncOptions,
    cancellation: &CancellationToken,
) -> Result<SyncReport, StoreError> {
    let began_at = shared.host.clock.now();
    let requests = || shared.requests.as_ref().map(|read| read());
    let requests_before = requests();
    let (chosen, mut reports) = choose(shared.store.sources().await?, options.sources.as_deref());
    let mut syncs = Vec::new();
    for source in chosen {
        let (name, shared) = (source.name.clone(), Arc::clone(shared));
        let (options, cancellation) = (options.clone(), cancellation.clone());
        let sync = async move {
            SourceSync::new(&shared, source).run(&shared, &options, &cancellation).await
        };
        syncs.push((name, AbortOnDropHandle::new(tokio::spawn(sync))));
    }
    for (name, sync) in syncs {
        reports.push(match sync.await {
            Ok(report) => report?,
            Err(_) => not_read(name, None, panicked("the sync").into()),
        });
    }
    reports.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(SyncReport {
        ok: reports.iter().all(|report| report.ok),
        began_at,
        duration_seconds: seconds_between(began_at, shared.host.clock.now()),
        requests: requests().zip(requests_before).map(|(now, before)| now.since(before)),
        totals: reports.iter().map(|report| report.totals).sum(),
        sources: reports,
    })
}

/// The sources that are meant, and a report for each that is named but cannot be read.
fn choose(all: Vec<Source>, names: Option<&[String]>) -> (Vec<Source>, Vec<SourceReport>) {
    let Some(names) = names else {
        return (
            all.into_iter().filter(|source| source.state != SourceState::Paused).collect(),
            Vec::new(),
        );
    };
    let mut reports: Vec<_> = names
        .iter()
        .filter(|name| !all.iter().any(|source| source.name == **name))
        .map(|name| {
            let message =
                format!("there is no source {name:?}; list them with: mainstem source list");
            not_read(
                name.clone(),
                None,
                ReportedError { code: "UNKNOWN_SOURCE".to_owned(), message },
            )
        })
        .collect();
    let mut chosen = Vec::new();
    for source in all.into_iter().filter(|source| names.contains(&source.name)) {
        if source.state == SourceState::Paused {
            let message = "the source is paused; resume it first".to_owned();
            let error = ReportedError { code: "PAUSED".to_owned(), message };
            reports.push(not_read(source.name, Some(source.state), error));
        } else {
            chosen.push(source);
        }
    }
    (chosen, reports)
}

fn not_read(name: String, state: Option<SourceState>, error: ReportedError) -> SourceReport {
    SourceReport {
        name,
        ok: false,
        state,
        error: Some(error),
        duration_seconds: 0.0,
        hints: 0,
        histories: 0,
        totals: Counts::default(),
        scopes: Vec::new(),
    }
}

/// One source on its way to being up to date, over as many visits as the tool's limits make of it.
struct SourceSync {
    source: Source,
    began: Timestamp,
    scopes: BTreeMap<String, ScopeReport>,
    /// The scopes that the next visit is for; `None` for all.
    only: Option<BTreeSet<String>>,
    hints: u64,
    histories: u64,
    totals: Counts,
    state: Option<SourceState>,
    error: Option<ReportedError>,
    retries: u32,
}

impl SourceSync {
    fn new(shared: &Shared, source: Source) -> Self {
        Self {
            source,
            began: shared.host.clock.now(),
            scopes: BTreeMap::new(),
            only: None,
            hints: 0,
            histories: 0,
            totals: Counts::default(),
            state: None,
            error: None,
            retries: 0,
        }
    }

    async fn run(
        mut self,
        shared: &Arc<Shared>,
        options: &SyncOptions,
        cancellation: &CancellationToken,
    ) -> Result<SourceReport, StoreError> {
        let mut memory = shared.memory(self.source.id).lock_owned().await;
        memory.look_at(&self.source, &shared.store.scopes(self.source.id).await?);
        let mut left = options.max_wait;
        loop {
            let now = shared.host.clock.now();
            // A limit that the tool has named holds for us too. A refused credential does not: whoever
            // calls may have renewed it.
            let limit =
                memory.closed_gate(now).filter(|gate| gate.state == SourceState::RateLimited);
            let next_at = if let Some(gate) = limit {
                self.error = Some((&gate.error).into());
                Some(gate.until)
            } else {
                let errand = Errand::Once {
                    only: self.only.clone(),
                    census_before: options.census.then_some(self.began),
                    history: options.history,
                };
                let report = visit(
                    Arc::clone(shared),
                    self.source.clone(),
                    &mut memory,
                    &errand,
                    cancellation,
                )
                .await?;
                self.take(report, now)
            };
            let Some(next_at) = next_at else { break };
            let wait = Duration::from_micros(
                u64::try_from(next_at.since(shared.host.clock.now())).unwrap_or(0),
            );
            let Some(rest) = left.checked_sub(wait) else { break };
            left = rest;
            if cancellation.run_until_cancelled(shared.sleeper.sleep(wait)).await.is_none() {
                self.error = Some(interrupted());
                break;
            }
        }
        Ok(self.report(shared.host.clock.now()))
    }

    /// Takes up what a visit did; answers when another one makes sense.
    fn take(&mut self, report: VisitReport, now: Timestamp) -> Option<Timestamp> {
        if report.busy {
            self.error = Some(ReportedError {
                code: "BUSY".to_owned(),
                message: "another worker is reading this source; it is up to date when that one has ended".to_owned(),
            });
            return Some(now.plus_seconds(ASK_FOR_LEASE_EVERY_SECONDS));
        }
        let gate = report.gate.as_ref();
        self.error = gate
            .map(|gate| &gate.error)
            .or(report.hints.failed.as_ref())
            .or(report.census_error.as_ref())
            .map(Into::into);
        if report.stopped {
            self.error.get_or_insert_with(interrupted);
        }
        if self.error.is_none() && !report.hints.empty {
            self.error = Some(ReportedError {
                code: "HINTS_LEFT".to_owned(),
                message: "there is still something to read; the next run goes on".to_owned(),
            });
        }
        self.state = report.state;
        self.hints += report.hints.answered;
        self.totals += (&report.hints.totals).into();
        self.histories += report.history.tasks;
        self.totals += (&report.history.totals).into();
        let next_at = next_visit(&report);
        if !report.passes.is_empty() {
            self.only = Some(
                report
                    .passes
                    .iter()
                    .filter(|pass| is_unfinished(pass))
                    .map(|pass| pass.scope.key.clone())
                    .collect(),
            );
        }
        for pass in report.passes {
            self.take_pass(pass);
        }
        for (scope, outcome) in report.censuses {
            if let Some(scope) = self.scopes.get_mut(&scope) {
                scope.census = Some((&outcome).into());
                if outcome.mass_loss {
                    scope.error = Some(ReportedError {
                        code: MASS_LOSS.to_owned(),
                        message: loss_message(&self.source.name, &scope.key, &outcome),
                    });
                }
            }
        }
        let (next_at, limited) = next_at?;
        if !limited {
            self.retries += 1;
        }
        (self.retries <= MOST_RETRIES && !report.stopped).then_some(next_at)
    }

    fn take_pass(&mut self, pass: PassReport) {
        let counts = Counts::from(&pass.totals);
        self.totals += counts;
        let scope = self.scopes.entry(pass.scope.key.clone()).or_insert_with(|| ScopeReport {
            key: pass.scope.key,
            name: pass.scope.name,
            ok: false,
            error: None,
            duration_seconds: 0.0,
            batches: 0,
            totals: Counts::default(),
            census: None,
        });
        scope.duration_seconds += pass.seconds;
        scope.batches += pass.batches;
        scope.totals += counts;
        scope.ok = matches!(pass.end, PassEnd::Complete);
        scope.error = match pass.end {
            PassEnd::Failed(error, _) => Some((&error).into()),
            PassEnd::Complete | PassEnd::Stopped => None,
        };
    }

    fn report(self, now: Timestamp) -> SourceReport {
        let scopes: Vec<_> = self
            .scopes
            .into_values()
            .map(|scope| ScopeReport { ok: scope.ok && scope.error.is_none(), ..scope })
            .collect();
        SourceReport {
            name: self.source.name,
            ok: self.error.is_none() && scopes.iter().all(|scope| scope.ok),
            state: self.state,
            error: self.error,
            duration_seconds: seconds_between(self.began, now),
            hints: self.hints,
            histories: self.histories,
            totals: self.totals,
            scopes,
        }
    }
}

/// When another visit makes sense, and whether it is a limit of the tool that it waits for.
fn next_visit(report: &VisitReport) -> Option<(Timestamp, bool)> {
    if let Some(gate) = &report.gate {
        return gate.passing.then_some((gate.until, gate.state == SourceState::RateLimited));
    }
    let failed = report.passes.iter().filter_map(|pass| match &pass.end {
        PassEnd::Failed(_, reaction) if reaction.passing => Some(reaction.until),
        _ => None,
    });
    failed.max().map(|until| (until, false))
}

/// Whether another visit may bring the pass to its end.
fn is_unfinished(pass: &PassReport) -> bool {
    match &pass.end {
        PassEnd::Complete => false,
        PassEnd::Failed(_, reaction) => reaction.passing,
        PassEnd::Stopped => true,
    }
}

fn interrupted() -> ReportedError {
    ReportedError {
        code: "INTERRUPTED".to_owned(),
        message: "the run was stopped; what was read is kept, and the next run goes on from there"
            .to_owned(),
    }
}

fn seconds_between(began: Timestamp, ended: Timestamp) -> f64 {
    ended.since(began) as f64 / 1e6
}
