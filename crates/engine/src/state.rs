//! How a source is doing: worked out from its scopes, and written down only when it changes.

use mainstem_connector::ConnectorError;
use mainstem_model::{Source, SourceError, SourceState};
use mainstem_store::{ScopeState, StoreError};

use crate::Event;
use crate::engine::Shared;
use crate::memory::Gate;
use crate::visit::{Visit, VisitReport};

/// Shows that a first pass is under way, where nothing worse is to be shown.
pub(crate) async fn show_first_sync(
    visit: &Visit,
    scopes: &[ScopeState],
) -> Result<(), StoreError> {
    let first = scopes.iter().any(|scope| scope.synced_at.is_none() && scope.last_error.is_none());
    if first && visit.source.state == SourceState::Healthy {
        set_state(&visit.shared, &visit.source, SourceState::Syncing, None).await?;
    }
    Ok(())
}

/// Works out how the source is doing from what its scopes show, and writes it down.
pub(crate) async fn conclude(
    shared: &Shared,
    source: &Source,
    report: &VisitReport,
    webhook_error: Option<&SourceError>,
) -> Result<Option<SourceState>, StoreError> {
    let sources = shared.store.sources().await?;
    // A person may have removed or paused it meanwhile: that stands.
    let Some(current) = sources.into_iter().find(|current| current.id == source.id) else {
        return Ok(None);
    };
    if current.state == SourceState::Paused {
        return Ok(Some(SourceState::Paused));
    }
    let scopes = shared.store.scopes(source.id).await?;
    let beside = [report.census_error.as_ref(), webhook_error].into_iter().flatten();
    let (state, error) = derive(report.gate.as_ref(), beside, &scopes);
    set_state(shared, &current, state, error).await?;
    Ok(Some(state))
}

/// How a source is doing: what concerns it as a whole comes first, then the latest trouble of a scope or
/// of what is done beside the passes, then whether everything has been read once.
fn derive<'e>(
    gate: Option<&Gate>,
    beside: impl Iterator<Item = &'e SourceError>,
    scopes: &'e [ScopeState],
) -> (SourceState, Option<SourceError>) {
    if let Some(gate) = gate {
        return (gate.state, Some(gate.error.clone()));
    }
    let trouble = scopes.iter().filter_map(|scope| scope.last_error.as_ref()).chain(beside);
    if let Some(error) = trouble.max_by_key(|error| error.at) {
        let waits = error.code == ConnectorError::BUDGET_KEPT;
        let state = if waits { SourceState::RateLimited } else { SourceState::Degraded };
        return (state, Some(error.clone()));
    }
    let complete = scopes.iter().all(|scope| scope.synced_at.is_some());
    (if complete { SourceState::Healthy } else { SourceState::Syncing }, None)
}

/// Writes down how a source is doing, where that is news. The time of an error is not.
async fn set_state(
    shared: &Shared,
    source: &Source,
    state: SourceState,
    error: Option<SourceError>,
) -> Result<(), StoreError> {
    let words = |error: &SourceError| (error.code.clone(), error.message.clone());
    if source.state == state && source.last_error.as_ref().map(words) == error.as_ref().map(words) {
        return Ok(());
    }
    shared.store.set_source_state(source.id, state, error).await?;
    if source.state != state {
        shared.tell(&Event::StateChanged {
            source: &source.name,
            before: source.state,
            after: state,
        });
    }
    Ok(())
}
