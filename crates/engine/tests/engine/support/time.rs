//! Time that stands still until a test moves it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstem_engine::Sleeper;
use mainstem_model::{Clock, Timestamp};
use tokio::sync::watch;

/// A clock, and those who sleep by it.
pub struct TestTime {
    now: watch::Sender<i64>,
    /// The time by which sleepers wake; it stands still in a process that is itself suspended.
    woken: watch::Sender<i64>,
    sleeping: watch::Sender<BTreeMap<u64, i64>>,
    next: AtomicU64,
}

impl TestTime {
    pub fn new() -> Self {
        let start = 1_780_000_000_000_000;
        Self {
            now: watch::Sender::new(start),
            woken: watch::Sender::new(start),
            sleeping: watch::Sender::default(),
            next: AtomicU64::new(0),
        }
    }

    /// Time goes by: the clock moves and sleepers wake.
    pub fn advance(&self, seconds: i64) {
        self.jump(seconds);
        self.wake();
    }

    /// The clock moves, but nobody here wakes: as if this process had been suspended meanwhile.
    pub fn jump(&self, seconds: i64) {
        self.now.send_modify(|now| *now += seconds * 1_000_000);
    }

    /// Whoever should have woken by now does.
    pub fn wake(&self) {
        self.woken.send_replace(*self.now.borrow());
    }

    /// Waits until somebody sleeps for just so long from now on.
    pub async fn until_asleep_for(&self, duration: Duration) {
        let mut sleeping = self.sleeping.subscribe();
        let target = *self.now.borrow() + i64::try_from(duration.as_micros()).unwrap();
        sleeping.wait_for(|sleeping| sleeping.values().any(|at| *at == target)).await.unwrap();
    }

    /// The look-out of the loop wakes once.
    pub async fn tick(&self) {
        self.until_asleep_for(Duration::from_secs(1)).await;
        self.advance(1);
    }
}

impl Clock for TestTime {
    fn now(&self) -> Timestamp {
        Timestamp(*self.now.borrow())
    }
}

#[async_trait]
impl Sleeper for TestTime {
    async fn sleep(&self, duration: Duration) {
        let target = *self.now.borrow() + i64::try_from(duration.as_micros()).unwrap();
        let sleep = Sleep { time: self, id: self.next.fetch_add(1, Ordering::SeqCst) };
        let mut woken = self.woken.subscribe();
        self.sleeping.send_modify(|sleeping| {
            sleeping.insert(sleep.id, target);
        });
        woken.wait_for(|now| *now >= target).await.unwrap();
    }
}

/// Somebody asleep; dropped on waking and on being given up.
struct Sleep<'a> {
    time: &'a TestTime,
    id: u64,
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.time.sleeping.send_modify(|sleeping| {
            sleeping.remove(&self.id);
        });
    }
}
