//! Holding a lease: renewed in the background, and the work stopped at once where it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstem_model::Source;
use mainstem_store::{Lease, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::Event;
use crate::engine::Shared;

/// How long a lease lasts when nobody renews it: how long a source stands still after a crash.
const TTL: Duration = Duration::from_secs(60);

/// What a lease of a source gives the right to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// To visit it: to write what it says.
    Visit,
    /// To listen to it: to write nothing.
    Listen,
}

/// The lease of a source, renewed for as long as this value lives.
pub(crate) struct HeldLease {
    lease: Lease,
    loss: Arc<Loss>,
    _renewal: AbortOnDropHandle<()>,
}

impl HeldLease {
    /// Takes the lease of a source; `None` where another worker holds it. `stop` is cancelled when
    /// the lease is lost.
    pub(crate) async fn acquire(
        shared: &Arc<Shared>,
        source: &Source,
        purpose: Purpose,
        stop: &CancellationToken,
    ) -> Result<Option<Self>, StoreError> {
        let name = match purpose {
            Purpose::Visit => format!("source:{}", source.name),
            Purpose::Listen => format!("listen:{}", source.name),
        };
        let Some(lease) = shared.store.acquire_lease(&name, &shared.owner, TTL).await? else {
            return Ok(None);
        };
        let loss = Arc::new(Loss {
            shared: Arc::clone(shared),
            source: source.name.clone(),
            lost: AtomicBool::new(false),
            stop: stop.clone(),
        });
        let renewal = tokio::spawn(renew(lease.clone(), Arc::clone(&loss)));
        Ok(Some(Self { lease, loss, _renewal: AbortOnDropHandle::new(renewal) }))
    }

    /// The right to write.
    pub(crate) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether another worker may have taken over.
    pub(crate) fn is_lost(&self) -> bool {
        self.loss.lost.load(Ordering::SeqCst)
    }

    /// A write was refused: another worker has taken over.
    pub(crate) fn lose(&self) {
        self.loss.declare();
    }

    /// Gives the lease back, so that others need not wait until it runs out.
    pub(crate) async fn release(self) {
        if self.is_lost() {
            return;
        }
        match self.loss.shared.store.release_lease(&self.lease).await {
            Ok(()) | Err(StoreError::Fenced(_)) => {}
            Err(error) => {
                tracing::warn!(lease = self.lease.name, %error, "the lease was not given back; it runs out by itself")
            }
        }
    }
}

/// What happens when a lease is lost.
struct Loss {
    shared: Arc<Shared>,
    source: String,
    lost: AtomicBool,
    stop: CancellationToken,
}

impl Loss {
    fn declare(&self) {
        if !self.lost.swap(true, Ordering::SeqCst) {
            self.shared.tell(&Event::LeaseLost { source: &self.source });
        }
        self.stop.cancel();
    }
}

/// Renews at a third of the lease's life, so that two failures in a row cost nothing.
async fn renew(mut lease: Lease, loss: Arc<Loss>) {
    loop {
        loss.shared.sleeper.sleep(TTL / 3).await;
        match loss.shared.store.renew_lease(&lease, TTL).await {
            Ok(renewed) => lease = renewed,
            Err(StoreError::Fenced(_)) => return loss.declare(),
            Err(error) => {
                tracing::warn!(lease = lease.name, %error, "the lease was not renewed");
                if loss.shared.host.clock.now() >= lease.expires_at {
                    return loss.declare();
                }
            }
        }
    }
}
