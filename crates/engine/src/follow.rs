//! What follows from the changes and is kept close behind them: the search index, and the links that
//! texts state.

use std::sync::Arc;
use std::time::Duration;

use mainstem_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::engine::Shared;
use crate::texts::read_texts;

/// How long changes gather before they are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon changes that another process stored are looked at here.
const LONGEST_WAIT_FOR_CHANGES: Duration = Duration::from_secs(10);

/// Keeps the search index at the newest change, so that a search has little to catch up with, and the
/// links that texts state, without which they show late.
pub(crate) async fn follow_continually(shared: Arc<Shared>, cancellation: CancellationToken) {
    let following = async {
        let mut store_answers = true;
        loop {
            match follow(&shared).await {
                Ok(()) => store_answers = true,
                Err(error) => {
                    if store_answers {
                        tracing::error!(%error, "what follows from changes waits: searches stay exact, but are slower; links that texts state come late");
                    }
                    store_answers = false;
                }
            }
            // Changes come in bursts: let some gather.
            shared.sleeper.sleep(LOOK_EVERY).await;
        }
    };
    cancellation.run_until_cancelled(following).await;
}

/// Looks at what is there, then waits until there is more.
async fn follow(shared: &Shared) -> Result<(), StoreError> {
    let store = &shared.store;
    let head = store.head().await?;
    let links = read_texts(store, &*shared.host.clock).await?;
    metrics::counter!("mainstem_inferred_links_changed_total").increment(links);
    let tasks = store.index_search().await?;
    metrics::counter!("mainstem_tasks_indexed_total").increment(tasks);
    store.wait_past(head, LONGEST_WAIT_FOR_CHANGES).await?;
    Ok(())
}
