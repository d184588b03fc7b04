//! `GET /metrics`, in the text format of Prometheus.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Request, header};
use axum::response::{IntoResponse as _, Response};
use mainstem_model::Visibility;
use metrics::{Counter, Gauge, counter, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use super::{Peer, Refusal, Site};

/// What is counted. Counters are looked up once, because the fast path adds to one on every answer.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    answers: [Counter; 4],
    position: Gauge,
    behind: Gauge,
    statements: Gauge,
}

/// The classes of statuses that are counted apart.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

impl Metrics {
    /// Starts counting for the whole process.
    ///
    /// # Errors
    /// Where something else counts already.
    pub fn install() -> Result<Self, BuildError> {
        Ok(Self::recorded_by(PrometheusBuilder::new().install_recorder()?))
    }

    /// Counts for this recorder's handle.
    #[must_use]
    pub fn recorded_by(handle: PrometheusHandle) -> Self {
        metrics::describe_counter!(
            "mainstem_graphql_answers_total",
            "Answers to POST /graphql, by status"
        );
        metrics::describe_counter!(
            "mainstem_webhooks_total",
            "Webhooks delivered by tools, by what became of them"
        );
        metrics::describe_gauge!(
            "mainstem_read_model_position",
            "Where the read model stands in the change log"
        );
        metrics::describe_gauge!(
            "mainstem_read_model_behind_seconds",
            "Since when the read model has not known itself to be exact"
        );
        metrics::describe_gauge!(
            "mainstem_store_statements",
            "SQL statements sent since the start"
        );
        Self {
            handle,
            answers: CLASSES
                .map(|class| counter!("mainstem_graphql_answers_total", "status" => class)),
            position: gauge!("mainstem_read_model_position"),
            behind: gauge!("mainstem_read_model_behind_seconds"),
            statements: gauge!("mainstem_store_statements"),
        }
    }

    /// Counts one answer.
    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(2).min(CLASSES.len() - 1);
        self.answers[class].increment(1);
    }

    /// Keeps histograms small while nobody reads them. Never returns.
    pub async fn keep_small(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            self.handle.run_upkeep();
        }
    }
}

/// Shows what was counted. Names of sources stand in it, so a token that is limited to some does not
/// reach it.
pub async fn show(
    State(site): State<Arc<Site>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    if !site.metrics_public {
        let known = site.access.caller(request.headers(), request.uri(), peer.ip()).await?;
        if known.caller.visibility != Visibility::Everything {
            return Err(Refusal::Forbidden);
        }
    }
    if let Some(service) = site.service.get() {
        site.metrics.position.set(service.model.position().0 as f64);
        site.metrics.behind.set(service.model.behind_micros() as f64 / 1e6);
    }
    site.metrics.statements.set(site.store.statements() as f64);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, site.metrics.handle.render()).into_response())
}
