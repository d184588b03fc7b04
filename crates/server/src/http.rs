//! The program's face: routes, access, limits.

mod access;
mod attempts;
mod body;
mod graphiql;
mod graphql;
mod health;
mod hooks;
mod listener;
mod metrics;
mod refusal;
mod register;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::routing::{any, get};
use mainstem_connector::Registry;
use mainstem_graphql::Api;
use mainstem_model::Clock;
use mainstem_read_model::ReadModel;
use mainstem_register::Format;
use mainstem_store::Store;
use tower_http::catch_panic::CatchPanicLayer;

pub use access::Access;
pub use listener::{Peer, serve};
pub use metrics::Metrics;
pub use refusal::Refusal;

/// Where the tools deliver their webhooks, each below it at the name of its source.
pub const HOOKS: &str = "/hooks/";

/// What every request may use.
pub struct Site {
    store: Store,
    access: Access,
    metrics: Metrics,
    graphiql: bool,
    metrics_public: bool,
    hooks: hooks::Hooks,
    /// Set once the read model is loaded; before that the site lives but is not ready.
    service: OnceLock<Service>,
    stopping: AtomicBool,
    requests: RequestIds,
    registers: register::Registers,
}

/// What answers questions.
pub struct Service {
    /// The API.
    pub api: Api,
    /// What it reads, for readiness.
    pub model: Arc<ReadModel>,
}

/// What a site serves.
#[derive(Debug, Clone, Copy)]
pub struct SiteSettings {
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    /// Whether metrics are served without a token.
    pub metrics_public: bool,
}

impl Site {
    /// A site that is not ready yet. It hears the webhooks that these connectors read at once.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        registry: Registry,
        metrics: Metrics,
        settings: SiteSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            access: Access::new(store.clone(), clock.clone()),
            requests: RequestIds::starting_at(clock.now()),
            registers: register::Registers::default(),
            hooks: hooks::Hooks::new(store.clone(), clock, registry),
            store,
            metrics,
            graphiql: settings.graphiql,
            metrics_public: settings.metrics_public,
            service: OnceLock::new(),
            stopping: AtomicBool::new(false),
        })
    }

    /// From now on questions are answered. Later calls change nothing.
    pub fn open(&self, service: Service) {
        self.service.get_or_init(|| service);
    }

    /// What answers questions, once it is open.
    #[must_use]
    pub fn api(&self) -> Option<&Api> {
        self.service.get().map(|service| &service.api)
    }

    /// From now on the site says that it is not ready, so that nobody sends it new requests.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The routes.
pub fn router(site: Arc<Site>) -> Router {
    let router = Format::ALL.iter().fold(Router::new(), |router, format| {
        let path = format!("/register.{}", format.extension());
        router.route(
            &path,
            get(async move |site, peer, request| {
                register::answer(*format, site, peer, request).await
            }),
        )
    });
    router
        .route("/graphql", any(graphql::answer))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/", get(graphiql::page))
        .route("/graphiql/{*asset}", get(graphiql::asset))
        .route("/hooks/{source}", any(hooks::hear))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .layer(CatchPanicLayer::custom(refusal::panicked))
        .with_state(site)
}

/// Names requests: when this process began, and a number.
struct RequestIds {
    began: i64,
    next: std::sync::atomic::AtomicU64,
}

impl RequestIds {
    fn starting_at(now: mainstem_model::Timestamp) -> Self {
        Self { began: now.seconds(), next: std::sync::atomic::AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        format!("{:x}-{}", self.began, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
