//! `serve` and `work`: the product, whole or in parts.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mainstem_engine::{Engine, LogObserver};
use mainstem_graphql::{Api, ApiSettings};
use mainstem_read_model::ReadModel;
use mainstem_store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::ServeArguments;
use crate::exit::{self, Failure};
use crate::http::{self, Metrics, Service, Site, SiteSettings};
use crate::installation::Installation;
use crate::shutdown;

/// How long everything under way may take to end after a signal. Supervisors commonly kill after 30
/// seconds.
const LAST_PATIENCE: Duration = Duration::from_secs(25);

/// Runs `serve`.
///
/// # Errors
/// Where the configuration is wrong, the address cannot be had, or the database cannot be used.
pub async fn run(
    installation: Installation,
    arguments: &ServeArguments,
) -> Result<ExitCode, Failure> {
    let stop = shutdown::on_signal();
    let listener = bind(arguments.listen.unwrap_or(installation.config.server.listen)).await?;
    let (store, engine) = if arguments.no_work {
        let store = installation.open().await?;
        installation.make_first_token(&store).await?;
        (store, None)
    } else {
        let store = installation.open_for_work().await?;
        let engine = installation.engine(&store, Arc::new(LogObserver))?;
        (store, Some(engine))
    };
    Serving::start(&installation, store, listener, stop).await?.until_stopped(engine).await;
    Ok(exit::DONE)
}

/// Runs `work`.
///
/// # Errors
/// Where the configuration is wrong or the database cannot be used.
pub async fn work(installation: &Installation) -> Result<ExitCode, Failure> {
    let stop = shutdown::on_signal();
    let store = installation.open_for_work().await?;
    let engine = installation.engine(&store, Arc::new(LogObserver))?;
    tracing::info!("working");
    finish(&stop, engine.run(stop.clone())).await;
    store.close().await;
    tracing::info!("stopped");
    Ok(exit::DONE)
}

/// Listens, or says who might be in the way.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Failed(format!(
            "cannot listen on {address}: {error}; another program may use the port: give --listen ADDRESS:PORT"
        ))
    })
}

/// The API, being served.
pub(super) struct Serving {
    site: Arc<Site>,
    store: Store,
    stop: CancellationToken,
    listening: JoinHandle<()>,
    model: Arc<ReadModel>,
}

impl Serving {
    /// Starts to serve. The process lives from the first moment, and is ready once the read model is
    /// loaded.
    pub(super) async fn start(
        installation: &Installation,
        store: Store,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<Self, Failure> {
        let metrics = Metrics::install()
            .map_err(|error| Failure::because("metrics cannot be counted", error))?;
        tokio::spawn({
            let metrics = metrics.clone();
            async move { metrics.keep_small().await }
        });
        let server = &installation.config.server;
        let settings =
            SiteSettings { graphiql: server.graphiql, metrics_public: server.metrics_public };
        let registry = installation.registry.clone();
        let clock = installation.clock.clone();
        let site = Site::new(store.clone(), clock, registry, metrics, settings);
        let address = listener.local_addr()?;
        let listening =
            tokio::spawn(http::serve(listener, http::router(site.clone()), stop.clone()));
        if !address.ip().is_loopback() {
            tracing::warn!(
                "tokens travel unencrypted to {address}: put a TLS proxy in front of it"
            );
        }
        let model = Arc::new(installation.read_model(&store).await?);
        let api = Api::new(
            store.clone(),
            model.clone(),
            installation.clock.clone(),
            ApiSettings::default(),
        )
        .map_err(|error| Failure::Failed(error.to_string()))?;
        site.open(Service { api, model: model.clone() });
        tracing::info!("serving http://{address}/graphql");
        Ok(Self { site, store, stop, listening, model })
    }

    /// What answers questions.
    pub(super) fn api(&self) -> Option<&Api> {
        self.site.api()
    }

    /// Serves, and works where there is an engine, until it is told to stop; then takes no more,
    /// finishes what is under way and closes the store.
    pub(super) async fn until_stopped(self, engine: Option<Engine>) {
        let Self { site, store, stop, listening, model } = self;
        // Requests under way may wait for the model, so it goes on until they are answered.
        let answered = CancellationToken::new();
        let following = tokio::spawn({
            let (store, answered) = (store.clone(), answered.clone());
            async move { model.follow(&store, answered).await }
        });
        let work = tokio::spawn({
            let stop = stop.clone();
            async move {
                if let Some(engine) = engine {
                    engine.run(stop).await;
                }
            }
        });
        let all = async {
            stop.cancelled().await;
            site.stop();
            tokio::join!(work, async {
                let served = listening.await;
                answered.cancel();
                served.and(following.await)
            })
        };
        // A task that panicked has said so where it happened.
        drop(finish(&stop, all).await);
        store.close().await;
        tracing::info!("stopped");
    }
}

/// Waits for what runs until `stop`, and then no longer than [`LAST_PATIENCE`].
async fn finish<T>(stop: &CancellationToken, running: impl Future<Output = T>) -> Option<T> {
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_PATIENCE).await;
    };
    tokio::select! {
        ended = running => Some(ended),
        () = too_late => {
            tracing::warn!("what was under way did not end in time; what was committed is safe");
            None
        }
    }
}
