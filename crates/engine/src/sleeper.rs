//! Waiting is passed in, as the clock is, so that a test decides how time goes by.

use std::time::Duration;

use async_trait::async_trait;

/// Something that can wait.
#[async_trait]
pub trait Sleeper: Send + Sync + 'static {
    /// Answers when this much time has gone by.
    async fn sleep(&self, duration: Duration);
}

/// Waits as the machine's time goes by.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleeper;

#[async_trait]
impl Sleeper for TokioSleeper {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
