//! What tools tell by themselves.

use std::collections::{BTreeMap, BTreeSet};

use mainstem_model::record::{Depth, Heard, Hint};
use mainstem_model::{ChangeCause, SourceId};
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::dialect::{Ids, Texts, Transaction, execute, row, run};
use crate::nul::without_nul;
use crate::{Store, StoreError};

/// For so long a delivery is known again.
const KNOWN_FOR_SECONDS: i64 = 7 * 86_400;

row! {
    /// Where a task that a webhook names stands.
    Place {
        id: Uuid,
        key: String,
        external_id: String,
        locator: String,
        scope: String,
        updated_at: i64,
    }
}

impl Place {
    /// Asks for the task.
    pub(crate) fn hint(&self, depth: Depth) -> Hint {
        Hint {
            external_id: Some(self.external_id.as_str().into()),
            locator: self.locator.clone(),
            depth,
        }
    }
}

impl Store {
    /// Queues what a delivery says has changed, in front of everything else, and remembers the delivery in
    /// the same transaction. It is known by its body: a tool sends the same bytes when it tries again, and
    /// unlike any header they are what it signs. `false` where it was heard before.
    ///
    /// What is stored already is read for the scope that it stands in; what is not, only where it is to be
    /// read whole and this source reads the scope that the tool names.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hear(
        &self,
        source: SourceId,
        body: &[u8],
        heard: &[Heard],
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let mut transaction = self.begin().await?;
        if !transaction.remember_delivery(source, body).await? {
            return Ok(false);
        }
        let by_scope = transaction.sort_by_scope(source, &without_nul(heard)).await?;
        for (scope, hints) in &by_scope {
            transaction.push_hints(source, scope, hints, ChangeCause::Webhook, Some(now)).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

impl Transaction<'_> {
    async fn remember_delivery(
        &mut self,
        source: SourceId,
        body: &[u8],
    ) -> Result<bool, StoreError> {
        // Of a source that is gone nothing is kept.
        const REMEMBER: &str = "INSERT INTO webhook_delivery (source, body_hash, received_at)
            SELECT id, $2, $3 FROM source WHERE id = $1 ON CONFLICT DO NOTHING";
        const FORGET: &str = "DELETE FROM webhook_delivery WHERE source = $1 AND received_at < $2";
        let now = self.store.now();
        let hash = Sha256::digest(body);
        let is_new =
            execute!(self, sqlx::query(REMEMBER).bind(source.0).bind(hash.as_slice()).bind(now.0))?
                > 0;
        if is_new {
            let long_ago = now.plus_seconds(-KNOWN_FOR_SECONDS);
            execute!(self, sqlx::query(FORGET).bind(source.0).bind(long_ago.0))?;
        }
        Ok(is_new)
    }

    /// The hints that are worth following, by the scope that they are followed for.
    async fn sort_by_scope(
        &mut self,
        source: SourceId,
        heard: &[Heard],
    ) -> Result<BTreeMap<String, Vec<Hint>>, StoreError> {
        let places = self.places(source, heard).await?;
        let scopes = self.active_scopes(source).await?;
        let mut by_scope = BTreeMap::<String, Vec<Hint>>::new();
        for Heard { hint, scope } in heard {
            let id = hint.external_id.as_deref().map(|id| source.task(id).0);
            let known = places
                .iter()
                .find(|place| id.map_or(place.key == hint.locator, |id| place.id == id));
            match (known, scope) {
                (Some(place), _) => {
                    by_scope.entry(place.scope.clone()).or_default().push(place.hint(hint.depth));
                }
                (None, Some(scope)) if hint.depth == Depth::Whole && scopes.contains(&**scope) => {
                    by_scope.entry(scope.to_string()).or_default().push(hint.clone());
                }
                (None, _) => {}
            }
        }
        Ok(by_scope)
    }

    /// The tasks that are named by id, or else by key.
    pub(crate) async fn places(
        &mut self,
        source: SourceId,
        heard: &[Heard],
    ) -> Result<Vec<Place>, StoreError> {
        let named = |heard: &Heard| heard.hint.external_id.clone();
        let ids = heard.iter().filter_map(named).map(|id| source.task(&id).0).collect();
        let keys = heard.iter().filter(|heard| named(heard).is_none());
        let keys = keys.map(|heard| heard.hint.locator.clone()).collect();
        let text = format!(
            "SELECT {} FROM task WHERE source = $1 AND ({} OR {})",
            Place::COLUMNS,
            self.dialect().among_ids("id", 2),
            self.dialect().among("key", 3)
        );
        Ok(run!(self, connection => sqlx::query_as(AssertSqlSafe(text))
            .bind(source.0)
            .bind(Ids(ids))
            .bind(Texts(keys))
            .fetch_all(connection)
            .await)?)
    }

    async fn active_scopes(&mut self, source: SourceId) -> Result<BTreeSet<String>, StoreError> {
        const TEXT: &str = "SELECT key FROM scope WHERE source = $1 AND active";
        let keys: Vec<String> = run!(self, connection =>
            sqlx::query_scalar(TEXT).bind(source.0).fetch_all(connection).await)?;
        Ok(keys.into_iter().collect())
    }
}
