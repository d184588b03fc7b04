//! How far the past of tasks has been read, by scope.

use mainstem_model::record::{Depth, Hint};
use mainstem_model::{SourceId, TaskId};
use uuid::Uuid;

use crate::dialect::{execute, read, row};
use crate::{Lease, Store, StoreError};

row! {
    /// What it takes to ask for a task again.
    Asked {
        id: Uuid,
        external_id: String,
        locator: String,
    }
}

impl Store {
    /// The present tasks of a scope that come after this one in the order of ids, at most `limit`, each
    /// with the hint that asks for its past.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tasks_to_read_history_of(
        &self,
        source: SourceId,
        scope: &str,
        after: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<(TaskId, Hint)>, StoreError> {
        let text = format!(
            "SELECT {} FROM task
             WHERE source = $1 AND scope = $2 AND id > $3 AND presence = 'PRESENT'
             ORDER BY id LIMIT $4",
            Asked::COLUMNS
        );
        let after = after.map_or(Uuid::nil(), |task| task.0);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<Asked> = read!(self, pool => sqlx::query_as(sqlx::AssertSqlSafe(text))
            .bind(source.0)
            .bind(scope)
            .bind(after)
            .bind(limit)
            .fetch_all(pool)
            .await)?;
        let hint = |row: Asked| Hint {
            external_id: Some(row.external_id.into()),
            locator: row.locator,
            depth: Depth::History,
        };
        Ok(rows.into_iter().map(|row| (TaskId(row.id), hint(row))).collect())
    }

    /// Writes down that the past of a scope's tasks has been read up to this one; `None` says that none
    /// is left.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn history_was_read(
        &self,
        lease: &Lease,
        source: SourceId,
        scope: &str,
        up_to: Option<TaskId>,
    ) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE scope SET history_after = $3, history_read_at = $4
            WHERE source = $1 AND key = $2";
        let read_at = up_to.is_none().then(|| self.now().0);
        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        execute!(
            transaction,
            sqlx::query(TEXT)
                .bind(source.0)
                .bind(scope)
                .bind(up_to.map(|task| task.0))
                .bind(read_at)
        )?;
        transaction.commit().await
    }
}
