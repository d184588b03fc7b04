//! What the engine tells of its work, for progress bars and log lines.

use mainstem_model::record::Progress;
use mainstem_model::{SourceError, SourceState, Timestamp};
use mainstem_store::{Applied, CensusOutcome};

/// Hears what happens, on the worker's own thread: it must answer fast and never block.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn observe(&self, event: &Event<'_>);
}

/// Something that happened in the engine. `source` is its name, `scope` its key.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A pass of a scope began.
    PassStarted {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// No pass of this scope has ever been completed.
        first: bool,
    },
    /// A batch of a pass was stored.
    BatchStored {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// What it changed.
        applied: &'a Applied,
        /// How far the pass is.
        progress: Option<Progress>,
    },
    /// A pass of a scope is complete.
    PassFinished {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// What all its batches changed.
        totals: &'a Applied,
        /// Seconds that it took.
        seconds: f64,
    },
    /// Items that were asked for one by one were read and stored.
    HintsAnswered {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// How many hints.
        hints: usize,
        /// What they changed.
        applied: &'a Applied,
    },
    /// The past of some tasks was read and stored.
    HistoryStored {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// How many tasks.
        tasks: u64,
        /// What was new of their past.
        applied: &'a Applied,
    },
    /// The past of all tasks of a scope is known.
    HistoryFinished {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
    },
    /// A census of a scope is complete.
    CensusFinished {
        /// The source.
        source: &'a str,
        /// The scope.
        scope: &'a str,
        /// What it showed.
        outcome: &'a CensusOutcome,
    },
    /// Something failed. This is the one place where the failure is told.
    Failed {
        /// The source.
        source: &'a str,
        /// The scope; `None` where it concerns the whole source.
        scope: Option<&'a str>,
        /// What went wrong.
        error: &'a SourceError,
        /// When it is tried again.
        next_at: Timestamp,
    },
    /// The source is doing otherwise than before.
    StateChanged {
        /// The source.
        source: &'a str,
        /// How it was.
        before: SourceState,
        /// How it is.
        after: SourceState,
    },
    /// Another worker has taken the source over; this one has stopped its work.
    LeaseLost {
        /// The source.
        source: &'a str,
    },
}

/// Tells of the work in structured log lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogObserver;

/// How many items are read between two lines about a pass that is under way.
const ITEMS_BETWEEN_LINES: u64 = 1_000;

impl Observer for LogObserver {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::PassStarted { source, scope, first: true } => {
                tracing::info!(source, scope, "first pass began")
            }
            Event::PassStarted { source, scope, first: false } => {
                tracing::debug!(source, scope, "pass began")
            }
            Event::BatchStored { source, scope, applied, progress } => {
                let rows = applied.rows();
                let Some(Progress { done, total }) = progress else {
                    return tracing::debug!(source, scope, rows, "batch stored");
                };
                let read = applied.tasks_added + applied.tasks_changed + applied.tasks_unchanged;
                if done / ITEMS_BETWEEN_LINES > done.saturating_sub(read) / ITEMS_BETWEEN_LINES {
                    tracing::info!(source, scope, done, total, "pass under way");
                } else {
                    tracing::debug!(source, scope, rows, done, total, "batch stored");
                }
            }
            Event::PassFinished { source, scope, totals, seconds } if totals.rows() > 0 => {
                let Applied { tasks_added: added, tasks_changed: changed, changes, .. } = *totals;
                let rows = totals.rows();
                tracing::info!(
                    source,
                    scope,
                    added,
                    changed,
                    rows,
                    changes,
                    seconds,
                    "pass complete"
                );
            }
            Event::PassFinished { source, scope, seconds, .. } => {
                tracing::debug!(source, scope, seconds, "pass complete, nothing new");
            }
            Event::HintsAnswered { source, scope, hints, applied } => {
                tracing::debug!(source, scope, hints, rows = applied.rows(), "items read again");
            }
            Event::HistoryStored { source, scope, tasks, applied } => {
                tracing::debug!(source, scope, tasks, changes = applied.changes, "past read");
            }
            Event::HistoryFinished { source, scope } => {
                tracing::info!(source, scope, "the past of all tasks is read");
            }
            Event::CensusFinished { source, scope, outcome } => {
                let CensusOutcome { at_source, in_store, missing, unknown, changed, .. } = *outcome;
                tracing::info!(
                    source,
                    scope,
                    at_source,
                    in_store,
                    missing,
                    unknown,
                    changed,
                    "census complete"
                );
            }
            Event::Failed { source, scope, error, next_at } => {
                let SourceError { code, message, .. } = error;
                tracing::warn!(source, scope, code, %next_at, "{message}");
            }
            Event::StateChanged { source, before, after } => {
                tracing::info!(
                    source,
                    before = before.as_str(),
                    after = after.as_str(),
                    "the source is doing otherwise"
                );
            }
            Event::LeaseLost { source } => {
                tracing::warn!(source, "another worker has taken the source over")
            }
        }
    }
}
