//! A census: which ids does the tool show? It finds what no listing tells: what was deleted, what we
//! may no longer see, and what changed without moving its updated time.

use mainstem_model::record::{CensusEntry, Page, PageToken};
use mainstem_model::{Source, SourceError, Timestamp};
use mainstem_store::{CensusOutcome, PassOutcome, ScopeState, StoreError};

use crate::Event;
use crate::call::{Call, Failure, no_progress};
use crate::visit::Visit;

/// The code of a scope of which so much is missing at once that access is more likely lost.
pub(crate) const MASS_LOSS: &str = "MASS_LOSS";

/// How long after a source was set up its first census waits: the first pass should have ended, and
/// the tool's quota have recovered from it.
const FIRST_CENSUS_AFTER_SECONDS: i64 = 60 * 60;

/// When the next census of a scope is due, by its schedule or because one was asked for; `None`
/// before its first pass has ended.
pub(crate) fn due_at(
    source: &Source,
    scope: &ScopeState,
    interval_seconds: u32,
) -> Option<Timestamp> {
    scope.synced_at?;
    let interval = i64::from(interval_seconds);
    let scheduled = match scope.census_at {
        Some(last) => last.plus_seconds(interval),
        None => source.credential_set_at.plus_seconds(interval.min(FIRST_CENSUS_AFTER_SECONDS)),
    };
    Some(scope.census_asked_at.map_or(scheduled, |asked| asked.min(scheduled)))
}

/// Takes a census of a scope and writes down what it shows. One that was interrupted starts over.
pub(crate) async fn census(visit: &Visit, scope: &ScopeState) -> Result<CensusOutcome, Failure> {
    let store = &visit.shared.store;
    let run = store.begin_census(&visit.lease, visit.source.id, &scope.key).await?;
    let mut next = Some(page(visit, scope, None));
    let mut at = None;
    while let Some(call) = next {
        let answer = call.answer(&visit.stop).await?;
        if answer.next.is_some() && answer.next == at {
            return Err(no_progress("census").into());
        }
        next = answer.next.clone().map(|token| page(visit, scope, Some(token)));
        at = answer.next;
        store.record_census(&visit.lease, &run, &answer.items).await?;
    }
    let outcome = store.finish_census(&visit.lease, &run).await?;
    visit.tell(&Event::CensusFinished {
        source: &visit.source.name,
        scope: &scope.key,
        outcome: &outcome,
    });
    note_loss(visit, scope, &outcome).await?;
    Ok(outcome)
}

/// What a mass loss means, and what to do about it.
pub(crate) fn loss_message(source: &str, scope: &str, outcome: &CensusOutcome) -> String {
    format!(
        "{} of {} tasks of {scope} are no longer shown by the tool; nothing was deleted here: check \
         what the credential may see, or, if they are gone indeed, run: \
         mainstem source accept-loss {source} --scope {scope}",
        outcome.missing, outcome.in_store
    )
}

fn page(visit: &Visit, scope: &ScopeState, token: Option<PageToken>) -> Call<Page<CensusEntry>> {
    let session = visit.session.clone();
    let key = scope.key.as_str().into();
    visit.call(async move { session.census(&key, token).await })
}

/// Keeps a mass loss with the scope until a census shows that it is over.
async fn note_loss(
    visit: &Visit,
    scope: &ScopeState,
    outcome: &CensusOutcome,
) -> Result<(), StoreError> {
    let now = visit.now();
    let noted = scope.last_error.as_ref().is_some_and(|error| error.code == MASS_LOSS);
    let error = outcome.mass_loss.then(|| SourceError {
        code: MASS_LOSS.to_owned(),
        message: loss_message(&visit.source.name, &scope.key, outcome),
        at: now,
    });
    if error.is_none() && !noted {
        return Ok(());
    }
    if let Some(error) = &error {
        visit.tell(&Event::Failed {
            source: &visit.source.name,
            scope: Some(&scope.key),
            error,
            next_at: now.plus_seconds(visit.descriptor.census_interval_seconds.into()),
        });
    }
    let outcome =
        PassOutcome { synced_at: None, next_run_at: scope.next_run_at, error, restart: false };
    visit.shared.store.finish_pass(&visit.lease, visit.source.id, &scope.key, &outcome).await
}
