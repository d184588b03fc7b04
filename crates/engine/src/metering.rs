//! Metrics: what is counted of the engine's work.

use mainstem_model::{Source, Timestamp};

use crate::{Event, RequestCounter};

/// Counts something that happened.
pub(crate) fn count(event: &Event<'_>) {
    match *event {
        Event::BatchStored { source, applied, .. } => {
            metrics::counter!("mainstem_batches_total", "source" => source.to_owned()).increment(1);
            rows(source, applied.rows(), applied.quarantined);
        }
        Event::HintsAnswered { source, hints, applied, .. } => {
            metrics::counter!("mainstem_hints_answered_total", "source" => source.to_owned())
                .increment(hints as u64);
            rows(source, applied.rows(), applied.quarantined);
        }
        Event::HistoryStored { source, tasks, applied, .. } => {
            metrics::counter!("mainstem_histories_read_total", "source" => source.to_owned())
                .increment(tasks);
            rows(source, applied.rows(), applied.quarantined);
        }
        Event::PassFinished { source, seconds, .. } => {
            metrics::histogram!("mainstem_pass_seconds", "source" => source.to_owned())
                .record(seconds);
        }
        Event::CensusFinished { source, .. } => {
            metrics::counter!("mainstem_censuses_total", "source" => source.to_owned())
                .increment(1);
        }
        Event::Failed { source, error, .. } => {
            metrics::counter!("mainstem_errors_total", "source" => source.to_owned(), "code" => error.code.clone())
                .increment(1);
        }
        Event::LeaseLost { source } => {
            metrics::counter!("mainstem_leases_lost_total", "source" => source.to_owned())
                .increment(1);
        }
        Event::PassStarted { .. } | Event::HistoryFinished { .. } | Event::StateChanged { .. } => {}
    }
}

fn rows(source: &str, written: u64, quarantined: u64) {
    metrics::counter!("mainstem_rows_written_total", "source" => source.to_owned())
        .increment(written);
    metrics::counter!("mainstem_quarantined_total", "source" => source.to_owned())
        .increment(quarantined);
}

/// Shows how far each source lags behind its tool, and how many requests were sent.
pub(crate) fn gauge(sources: &[Source], requests: Option<&RequestCounter>, now: Timestamp) {
    for source in sources {
        if let Some(synced_at) = source.last_synced_at {
            metrics::gauge!("mainstem_lag_seconds", "source" => source.name.clone())
                .set(now.since(synced_at) as f64 / 1e6);
        }
    }
    if let Some(read) = requests {
        let counts = read();
        let answered_in_full = counts.sent.saturating_sub(counts.not_modified);
        metrics::counter!("mainstem_requests_total", "outcome" => "not_modified")
            .absolute(counts.not_modified);
        metrics::counter!("mainstem_requests_total", "outcome" => "other")
            .absolute(answered_in_full);
    }
}
