//! What one run of [`Engine::sync_once`](crate::Engine::sync_once) did.

use std::iter::Sum;
use std::ops::AddAssign;
use std::time::Duration;

use mainstem_connector::ConnectorError;
use mainstem_model::{SourceError, SourceState, Timestamp};
use mainstem_store::{Applied, CensusOutcome};
use serde::Serialize;

/// What to bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncOptions {
    /// Just these sources, by name; `None` for all that are not paused.
    pub sources: Option<Vec<String>>,
    /// How long to wait in all, for each source, where a tool asks for it or another worker holds the source.
    pub max_wait: Duration,
    /// Run a census of every scope even where none is due.
    pub census: bool,
    /// Read the past of all tasks, where that is left.
    pub history: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { sources: None, max_wait: Duration::from_secs(600), census: false, history: false }
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    /// Whether every source is complete.
    pub ok: bool,
    /// When the run began.
    pub began_at: Timestamp,
    /// Seconds that it took.
    pub duration_seconds: f64,
    /// Requests sent to the tools, where they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<RequestCounts>,
    /// What all sources changed.
    pub totals: Counts,
    /// Each source, by name.
    pub sources: Vec<SourceReport>,
}

/// What a run did with one source.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceReport {
    /// Its name.
    pub name: String,
    /// Whether every scope is complete, every due hint answered and nothing failed.
    pub ok: bool,
    /// How the source is doing now; `None` where there is no such source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SourceState>,
    /// What kept the whole source from being read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ReportedError>,
    /// Seconds that it took.
    pub duration_seconds: f64,
    /// Hints answered.
    pub hints: u64,
    /// Tasks whose past was read.
    pub histories: u64,
    /// What its passes, its hints and the past changed.
    pub totals: Counts,
    /// Each scope, by key.
    pub scopes: Vec<ScopeReport>,
}

/// What a run did with one scope. Items fetched by hint are counted in the source's totals only.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeReport {
    /// Its key within the source.
    pub key: String,
    /// The name people see.
    pub name: String,
    /// Whether the pass is complete.
    pub ok: bool,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ReportedError>,
    /// Seconds spent on reading and storing it; waiting for the tool's limits is not counted.
    pub duration_seconds: f64,
    /// Batches stored.
    pub batches: u64,
    /// What they changed.
    pub totals: Counts,
    /// What the census showed, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub census: Option<CensusReport>,
}

/// What was changed, in records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Tasks that are new.
    pub tasks_added: u64,
    /// Tasks that differ from what was stored.
    pub tasks_changed: u64,
    /// Tasks that were read and are as they were.
    pub tasks_unchanged: u64,
    /// Comments added, changed or removed.
    pub comments: u64,
    /// Worklogs added, changed or removed.
    pub worklogs: u64,
    /// Links added or ended; the remote links of a task count as one.
    pub links: u64,
    /// Records put in quarantine.
    pub quarantined: u64,
    /// Rows of records written, of every kind.
    pub rows_written: u64,
    /// Entries appended to the change log.
    pub changes: u64,
}

impl From<&Applied> for Counts {
    fn from(applied: &Applied) -> Self {
        Self {
            tasks_added: applied.tasks_added,
            tasks_changed: applied.tasks_changed,
            tasks_unchanged: applied.tasks_unchanged,
            comments: applied.comments_written,
            worklogs: applied.worklogs_written,
            links: applied.links_written,
            quarantined: applied.quarantined,
            rows_written: applied.rows(),
            changes: applied.changes,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tasks_added += other.tasks_added;
        self.tasks_changed += other.tasks_changed;
        self.tasks_unchanged += other.tasks_unchanged;
        self.comments += other.comments;
        self.worklogs += other.worklogs;
        self.links += other.links;
        self.quarantined += other.quarantined;
        self.rows_written += other.rows_written;
        self.changes += other.changes;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, next| {
            sum += next;
            sum
        })
    }
}

/// What a census showed, in tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CensusReport {
    /// At the source.
    pub at_source: i64,
    /// In the store.
    pub in_store: i64,
    /// In the store, but no longer shown by the source.
    pub missing: i64,
    /// Shown by the source, but not in the store.
    pub unknown: i64,
    /// Changed without their updated time having moved.
    pub changed: i64,
    /// So many are missing at once that access is more likely lost; none was taken for deleted.
    pub mass_loss: bool,
}

impl From<&CensusOutcome> for CensusReport {
    fn from(outcome: &CensusOutcome) -> Self {
        let CensusOutcome { at_source, in_store, missing, unknown, changed, mass_loss } = *outcome;
        Self { at_source, in_store, missing, unknown, changed, mass_loss }
    }
}

/// Something that went wrong, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedError {
    /// A word that a script can compare.
    pub code: String,
    /// One sentence that says what to do.
    pub message: String,
}

impl From<&SourceError> for ReportedError {
    fn from(error: &SourceError) -> Self {
        Self { code: error.code.clone(), message: error.message.clone() }
    }
}

impl From<ConnectorError> for ReportedError {
    fn from(error: ConnectorError) -> Self {
        Self { code: error.code.to_owned(), message: error.message }
    }
}

/// Requests sent to tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCounts {
    /// All of them.
    pub sent: u64,
    /// Those answered with 304: nothing new, and free of charge at most tools.
    pub not_modified: u64,
}

impl RequestCounts {
    /// What was sent since an earlier reading.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(earlier.sent),
            not_modified: self.not_modified.saturating_sub(earlier.not_modified),
        }
    }
}
