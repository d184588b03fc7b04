//! Every call of a connector goes through here: bounded in number, on a task of its own, so that it
//! runs beside the writing of the batch before, and so that a panic ends the call and nothing else.

use std::future::Future;
use std::sync::Arc;

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_store::StoreError;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Why a piece of work ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The tool or its connector.
    Connector(ConnectorError),
    /// The database, or another worker holds the lease.
    Store(StoreError),
    /// We were asked to stop; what was stored stays, the rest will be read again.
    Stopped,
}

impl From<ConnectorError> for Failure {
    fn from(error: ConnectorError) -> Self {
        Self::Connector(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A call under way. Dropping it ends it.
pub(crate) struct Call<T>(AbortOnDropHandle<Result<T, Failure>>);

impl<T: Send + 'static> Call<T> {
    /// Begins a call as soon as one of the permits is free.
    pub(crate) fn begin<E: Into<Failure>>(
        permits: &Arc<Semaphore>,
        call: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Self {
        let permits = Arc::clone(permits);
        Self(AbortOnDropHandle::new(tokio::spawn(async move {
            // The semaphore is never closed; were it, the call would run unbounded rather than never.
            let _permit = permits.acquire().await;
            call.await.map_err(Into::into)
        })))
    }

    /// What comes of it, unless we are to stop first.
    pub(crate) async fn answer(self, stop: &CancellationToken) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Failure::Stopped),
            answer = self.0 => match answer {
                Ok(answer) => answer,
                Err(_) => Err(Failure::Connector(panicked("reading"))),
            },
        }
    }
}

/// The error of a task that panicked while it was reading or storing something.
pub(crate) fn panicked(doing: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::BackOff,
        "PANICKED",
        format!(
            "{doing} failed in a way that its author did not foresee; the log names the place, please report it"
        ),
    )
}

/// The error of a connector that answers with the place where it already was: going on would never end.
pub(crate) fn no_progress(what: &str) -> ConnectorError {
    ConnectorError::new(
        Disposition::BackOff,
        "NO_PROGRESS",
        format!("the tool's {what} leads back to where it came from; it is read again later"),
    )
}
