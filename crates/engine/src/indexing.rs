//! Keeping the search index close behind the changes.

use std::sync::Arc;
use std::time::Duration;

use mainstem_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::engine::Shared;

/// How long changes gather before they are indexed for search.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How soon changes that another process stored are indexed here.
const LONGEST_WAIT_FOR_CHANGES: Duration = Duration::from_secs(10);

/// Keeps the search index at the newest change, so that a search has little to catch up with.
pub(crate) async fn index_continually(shared: Arc<Shared>, cancellation: CancellationToken) {
    let indexing = async {
        let mut store_answers = true;
        loop {
            match index(&shared.store).await {
                Ok(()) => store_answers = true,
                Err(error) => {
                    if store_answers {
                        tracing::error!(%error, "search is not being indexed; searches stay exact, but are slower");
                    }
                    store_answers = false;
                }
            }
            // Changes come in bursts: let some gather.
            shared.sleeper.sleep(INDEX_EVERY).await;
        }
    };
    cancellation.run_until_cancelled(indexing).await;
}

/// Indexes what is there, then waits until there is more.
async fn index(store: &Store) -> Result<(), StoreError> {
    let head = store.head().await?;
    let tasks = store.index_search().await?;
    metrics::counter!("mainstem_tasks_indexed_total").increment(tasks);
    store.wait_past(head, LONGEST_WAIT_FOR_CHANGES).await?;
    Ok(())
}
