//! The webhook that a tool is asked for: looked after once a day, long before it runs out. The tool itself
//! knows what it delivers where, so nothing of it is stored.

use std::sync::Arc;

use mainstem_model::SourceError;
use mainstem_model::record::ScopeKey;
use mainstem_store::ScopeState;

use crate::call::Failure;
use crate::memory::WebhookMemory;
use crate::visit::Visit;

/// How often it is looked after.
const INTERVAL_SECONDS: i64 = 24 * 60 * 60;
/// How long it waits after a failure. Polling goes on meanwhile, as it always does.
const RETRY_SECONDS: i64 = 15 * 60;

/// Looks after the webhook of a source that wants one, where that is due.
pub(crate) async fn keep(visit: &Visit, memory: &mut WebhookMemory) -> Result<(), Failure> {
    let now = visit.now();
    let webhook = visit.source.webhook.as_ref();
    let Some(address) = webhook.and_then(|webhook| webhook.register_at.clone()) else {
        return Ok(());
    };
    if visit.stop.is_cancelled() || memory.next_at.is_some_and(|next_at| next_at > now) {
        return Ok(());
    }
    // A tool may refuse to tell of anything where it is asked for a scope that it does not show.
    let is_shown = |scope: &ScopeState| {
        let error = scope.last_error.as_ref();
        error.is_none_or(|error| error.code != SourceError::SCOPE_NOT_VISIBLE)
    };
    let scopes = visit.shared.store.scopes(visit.source.id).await?.into_iter().filter(is_shown);
    let scopes: Vec<ScopeKey> = scopes.map(|scope| scope.key.into()).collect();
    let session = Arc::clone(&visit.session);
    let call = visit.call(async move { session.keep_webhook(&address, &scopes).await });
    match call.answer(&visit.stop).await {
        Ok(()) => {
            memory.error = None;
            memory.next_at = Some(now.plus_seconds(INTERVAL_SECONDS));
            Ok(())
        }
        Err(Failure::Connector(error)) if visit.may_go_on_after(&error) => {
            let next_at = now.plus_seconds(RETRY_SECONDS);
            memory.error = Some(visit.tell_failed(None, &error, next_at));
            memory.next_at = Some(next_at);
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}
