//! Which sources have something due.

use mainstem_connector::Descriptor;
use mainstem_model::{Source, SourceState, Timestamp};
use mainstem_store::ScopeState;

use crate::memory::{SourceMemory, same_credential};
use crate::visit::{census_is_due, discovery_is_due};
use crate::{CredentialProvider, history};

/// Whether a source is to be visited now; `told` says that hints of it are due, or that the
/// tool has said that something changed.
pub(crate) async fn is_due(
    source: &Source,
    scopes: &[ScopeState],
    told: bool,
    memory: &SourceMemory,
    descriptor: Option<&'static Descriptor>,
    credentials: &dyn CredentialProvider,
    now: Timestamp,
) -> bool {
    if source.state == SourceState::Paused {
        return false;
    }
    if let Some(gate) = memory.closed_gate(now) {
        // Where waiting does not help, another credential may; the gate holds otherwise.
        return !gate.passing
            && credentials.credential(source).await.is_ok_and(|credential| {
                !same_credential(credential.as_ref(), memory.credential.as_ref())
            });
    }
    discovery_is_due(memory, now)
        || told
        || scopes.iter().any(|scope| {
            scope.next_run_at <= now
                || descriptor.is_some_and(|descriptor| {
                    census_is_due(descriptor, memory, source, scope, now)
                        || history::is_due(
                            descriptor.tells_history,
                            memory.history_not_before,
                            scope,
                            now,
                        )
                })
        })
}
