//! What mail tells of items of other sources, as far as those have not seen it.

use std::collections::BTreeMap;

use mainstem_model::record::{Heard, Hint};
use mainstem_model::{ChangeCause, SourceId, Timestamp};

use crate::StoreError;
use crate::dialect::{Transaction, run};

/// A mail told of an item.
pub(crate) struct Overheard {
    /// How its source is asked for it.
    pub(crate) heard: Heard,
    /// When the mail was sent.
    pub(crate) sent_at: Timestamp,
}

impl Transaction<'_> {
    /// Asks a source for what mail told of and it has not seen: neither did the task change since, nor was
    /// its scope read since. An item that is new is asked for in a scope that this source reads, and never
    /// while that is read for the first time: it comes with that.
    pub(crate) async fn overhear(
        &mut self,
        source: SourceId,
        overheard: &[Overheard],
    ) -> Result<(), StoreError> {
        let heard: Vec<Heard> = overheard.iter().map(|told| told.heard.clone()).collect();
        let places = self.places(source, &heard).await?;
        let scopes = self.last_passes(source).await?;
        let now = self.store.now();
        let mut unseen: BTreeMap<(Timestamp, String), Vec<Hint>> = BTreeMap::new();
        for Overheard { heard: Heard { hint, scope }, sent_at } in overheard {
            let known = places.iter().find(|place| place.key == hint.locator);
            let (scope, hint) = match (known, scope) {
                (Some(place), _) if place.updated_at >= sent_at.0 => continue,
                (Some(place), _) => (place.scope.clone(), place.hint(hint.depth)),
                (None, Some(scope)) => (scope.to_string(), hint.clone()),
                (None, None) => continue,
            };
            let read_since = match scopes.get(&scope) {
                // Not read by itself any more: it was learned of when it moved.
                None => known.is_none(),
                Some(last_pass) => last_pass.is_none_or(|last_pass| last_pass >= *sent_at),
            };
            if !read_since {
                unseen.entry(((*sent_at).min(now), scope)).or_default().push(hint);
            }
        }
        for ((told_at, scope), hints) in unseen {
            let cause = ChangeCause::Webhook;
            self.push_hints(source, &scope, &hints, cause, Some(told_at)).await?;
        }
        Ok(())
    }

    /// The scopes that a source reads, and when the last complete pass of each began.
    async fn last_passes(
        &mut self,
        source: SourceId,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, StoreError> {
        const TEXT: &str = "SELECT key, synced_at FROM scope WHERE source = $1 AND active";
        let rows: Vec<(String, Option<i64>)> = run!(self, connection =>
            sqlx::query_as(TEXT).bind(source.0).fetch_all(connection).await)?;
        Ok(rows.into_iter().map(|(key, at)| (key, at.map(Timestamp))).collect())
    }
}
