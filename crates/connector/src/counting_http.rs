//! Counts what goes out, for progress, metrics and tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use reqwest::StatusCode;

use crate::http::{Http, HttpError, Request, Response};

/// Passes every request on and counts it.
#[derive(Clone)]
pub struct CountingHttp {
    inner: Arc<dyn Http>,
    requests: Arc<AtomicU64>,
    not_modified: Arc<AtomicU64>,
}

impl CountingHttp {
    /// Counts what goes through `inner`. A clone shares the counts.
    #[must_use]
    pub fn new(inner: Arc<dyn Http>) -> Self {
        Self { inner, requests: Arc::default(), not_modified: Arc::default() }
    }

    /// Requests sent so far, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Answers so far that said that nothing had changed (304).
    #[must_use]
    pub fn not_modified(&self) -> u64 {
        self.not_modified.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for CountingHttp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CountingHttp")
            .field("requests", &self.requests())
            .field("not_modified", &self.not_modified())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Http for CountingHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = self.inner.send(request).await?;
        if response.status == StatusCode::NOT_MODIFIED {
            self.not_modified.fetch_add(1, Ordering::Relaxed);
        }
        Ok(response)
    }
}
