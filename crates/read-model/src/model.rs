//! The model: the newest snapshot, and the loop that keeps it exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use mainstem_model::{Clock, Position, Timestamp, Visibility};
use mainstem_store::Store;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use crate::follow;
use crate::snapshot::Snapshot;
use crate::{Calendars, LoadError, View};

/// How long the loop waits for news before it looks at sources and freshness.
const REFRESH: Duration = Duration::from_secs(1);
/// The first pause after a failed read; each further one is twice as long, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// The read model of one replica.
pub struct ReadModel {
    newest: ArcSwap<Snapshot>,
    /// Held by whoever makes the next snapshot.
    writing: Mutex<()>,
    reached: watch::Sender<Position>,
    clock: Arc<dyn Clock>,
    calendars: Arc<Calendars>,
    /// When the model last knew itself to be up to date, in microseconds.
    up_to_date_at: AtomicI64,
}

/// The model did not reach the position in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the read model stands at position {}, not yet at {}", reached.0, wanted.0)]
pub struct Behind {
    /// Where it stands.
    pub reached: Position,
    /// Where it should stand.
    pub wanted: Position,
}

impl ReadModel {
    /// Reads the whole store, then what happened meanwhile.
    ///
    /// # Errors
    /// [`LoadError`] where the store cannot be read.
    pub async fn load(store: &Store, clock: Arc<dyn Clock>) -> Result<Self, LoadError> {
        let snapshot = follow::load(store).await?;
        let model = Self {
            writing: Mutex::new(()),
            reached: watch::Sender::new(snapshot.position),
            newest: ArcSwap::from_pointee(snapshot),
            up_to_date_at: AtomicI64::new(clock.now().0),
            clock,
            calendars: Arc::default(),
        };
        model.catch_up(store).await?;
        Ok(model)
    }

    /// The same model with these calendars instead of the usual working week.
    #[must_use]
    pub fn with_calendars(self, calendars: Calendars) -> Self {
        Self { calendars: Arc::new(calendars), ..self }
    }

    /// The newest snapshot, seen with these eyes, at this moment.
    #[must_use]
    pub fn view(&self, visibility: &Visibility) -> View {
        let (now, calendars) = (self.clock.now(), Arc::clone(&self.calendars));
        View::new(self.newest.load_full(), visibility.clone(), now, calendars)
    }

    /// Where the newest snapshot stands in the change log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.newest.load().position
    }

    /// The [`View::generation`] of the newest snapshot.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.newest.load().generation
    }

    /// The [`View::content_generation`] of the newest snapshot.
    #[must_use]
    pub fn content_generation(&self) -> u64 {
        self.newest.load().content_generation
    }

    /// Waits until the model stands at `position` or past it.
    ///
    /// # Errors
    /// [`Behind`] where `timeout` passes first.
    pub async fn at_least(&self, position: Position, timeout: Duration) -> Result<(), Behind> {
        let mut reached = self.reached.subscribe();
        let arrival = reached.wait_for(|reached| *reached >= position);
        match tokio::time::timeout(timeout, arrival).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Behind { reached: self.position(), wanted: position }),
        }
    }

    /// Brings the model up to the store's newest change and freshness, once.
    ///
    /// # Errors
    /// [`LoadError`] where the store cannot be read; the model stays at its newest whole step.
    pub async fn catch_up(&self, store: &Store) -> Result<(), LoadError> {
        self.read_log(store).await?;
        self.refresh(store).await
    }

    /// Keeps the model up to date until it is cancelled. A failed read is retried with a growing
    /// pause, and logged when failing begins and when it ends.
    pub async fn follow(&self, store: &Store, cancellation: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        let mut failing = false;
        let mut refreshed_at = self.clock.now();
        while !cancellation.is_cancelled() {
            let step = async {
                store.wait_past(self.position(), REFRESH).await?;
                self.read_log(store).await?;
                if self.clock.now().since(refreshed_at) >= REFRESH.as_micros() as i64 {
                    self.refresh(store).await?;
                    refreshed_at = self.clock.now();
                }
                Ok::<_, LoadError>(())
            };
            let outcome = tokio::select! {
                outcome = step => outcome,
                () = cancellation.cancelled() => return,
            };
            match outcome {
                Ok(()) => {
                    if failing {
                        tracing::info!("the read model follows the store again");
                    }
                    (failing, pause) = (false, FIRST_PAUSE);
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "the read model falls behind; it keeps trying");
                    }
                    failing = true;
                    tokio::select! {
                        () = tokio::time::sleep(pause) => pause = (pause * 2).min(MAX_PAUSE),
                        () = cancellation.cancelled() => return,
                    }
                }
            }
        }
    }

    /// Microseconds since the model last knew itself to be up to date with the store: what readiness
    /// shows.
    #[must_use]
    pub fn behind_micros(&self) -> i64 {
        let known = Timestamp(self.up_to_date_at.load(Ordering::Relaxed));
        self.clock.now().since(known).max(0)
    }

    /// Follows the log to its end, a snapshot for each chunk.
    async fn read_log(&self, store: &Store) -> Result<(), LoadError> {
        let _writing = self.writing.lock().await;
        loop {
            let began = self.clock.now();
            let newest = self.newest.load_full();
            let Some(next) = follow::next(store, &newest).await? else {
                self.up_to_date_at.store(began.0, Ordering::Relaxed);
                return Ok(());
            };
            self.publish(next);
        }
    }

    /// Looks at sources and freshness, which the log does not tell of.
    async fn refresh(&self, store: &Store) -> Result<(), LoadError> {
        let _writing = self.writing.lock().await;
        let newest = self.newest.load_full();
        if let Some(next) = follow::refreshed(store, &newest).await? {
            self.publish(next);
        }
        Ok(())
    }

    fn publish(&self, next: Snapshot) {
        let position = next.position;
        self.newest.store(Arc::new(next));
        self.reached.send_replace(position);
    }
}
