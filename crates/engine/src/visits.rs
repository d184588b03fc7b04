//! The visits under way: at most one of each source, begun when something of it falls due.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use mainstem_model::{Source, SourceId, SourceState};
use mainstem_store::{ScopeState, StoreError};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::call::panicked;
use crate::engine::Shared;
use crate::memory::SourceMemory;
use crate::metering;
use crate::schedule::is_due;
use crate::visit::{Errand, close, of_store, visit};

/// The visits under way, by source.
#[derive(Default)]
pub(crate) struct Visits(HashMap<SourceId, Running>);

/// A visit under way.
struct Running {
    source: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Visits {
    /// Begins a visit of each source that has something due and none under way, and stops those of
    /// sources that were paused or removed. Answers the sources that there are.
    pub(crate) async fn begin_due(
        &mut self,
        shared: &Arc<Shared>,
        cancellation: &CancellationToken,
    ) -> Result<Vec<Source>, StoreError> {
        self.reap(shared).await;
        let now = shared.host.clock.now();
        let sources = shared.store.sources().await?;
        let mut scopes = HashMap::<SourceId, Vec<ScopeState>>::new();
        for scope in shared.store.all_scopes().await? {
            scopes.entry(scope.source).or_default().push(scope);
        }
        let hinted = shared.store.hinted_sources().await?;
        metering::gauge(&sources, shared.requests.as_ref(), now);
        let wanted = |id| sources.iter().any(|s| s.id == id && s.state != SourceState::Paused);
        for (_, running) in self.0.iter().filter(|(id, _)| !wanted(**id)) {
            running.stop.cancel();
        }
        for source in &sources {
            let Entry::Vacant(vacant) = self.0.entry(source.id) else { continue };
            let Ok(mut memory) = shared.memory(source.id).try_lock_owned() else { continue };
            let scopes = scopes.remove(&source.id).unwrap_or_default();
            memory.look_at(source, &scopes);
            let descriptor =
                shared.registry.get(&source.connector).map(|connector| connector.descriptor());
            let told = hinted.contains(&source.id) || shared.heard.of(source.id);
            let credentials = shared.credentials.as_ref();
            if is_due(source, &scopes, told, &memory, descriptor, credentials, now).await {
                let (name, stop) = (source.name.clone(), cancellation.child_token());
                let visit =
                    scheduled_visit(Arc::clone(shared), source.clone(), memory, stop.clone());
                vacant.insert(Running { source: name, stop, task: tokio::spawn(visit) });
            }
        }
        Ok(sources)
    }

    /// Forgets the visits that have ended.
    async fn reap(&mut self, shared: &Arc<Shared>) {
        let ended: Vec<_> = self.0.extract_if(|_, running| running.task.is_finished()).collect();
        for (id, Running { source, task, .. }) in ended {
            if task.await.is_err() {
                let mut memory = shared.memory(id).lock_owned().await;
                let error = panicked("the visit of a source");
                memory.gate = Some(close(shared, &source, &mut memory.failures, &error));
            }
        }
    }

    /// Waits until all have ended.
    pub(crate) async fn end(self) {
        for Running { source, task, .. } in self.0.into_values() {
            if task.await.is_err() {
                tracing::error!(source, "the visit of a source has panicked");
            }
        }
    }
}

async fn scheduled_visit(
    shared: Arc<Shared>,
    source: Source,
    mut memory: OwnedMutexGuard<SourceMemory>,
    stop: CancellationToken,
) {
    if let Err(error) =
        visit(Arc::clone(&shared), source.clone(), &mut memory, &Errand::Scheduled, &stop).await
    {
        memory.gate = Some(close(&shared, &source.name, &mut memory.failures, &of_store(&error)));
    }
}
