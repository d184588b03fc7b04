//! Scopes: the units that are pulled with one cursor.

use mainstem_model::record::{Cursor, Scope, ScopeKey};
use mainstem_model::{SourceError, SourceId, TaskId, Timestamp};
use uuid::Uuid;

use crate::dialect::{execute, read, row, run};
use crate::nul::without_nul;
use crate::{Lease, PassOutcome, ScopeState, Store, StoreError};

row! {
    /// A row of `scope`.
    ScopeRow {
        source: Uuid,
        key: String,
        name: String,
        cursor: Option<String>,
        next_run_at: i64,
        failures: i64,
        error_code: Option<String>,
        error_message: Option<String>,
        error_at: Option<i64>,
        synced_at: Option<i64>,
        census_at: Option<i64>,
        census_asked_at: Option<i64>,
        at_source: Option<i64>,
        in_store: Option<i64>,
        history_after: Option<Uuid>,
        history_read_at: Option<i64>,
    }
}

impl From<ScopeRow> for ScopeState {
    fn from(row: ScopeRow) -> Self {
        Self {
            source: SourceId(row.source),
            key: row.key,
            name: row.name,
            cursor: row.cursor.map(Cursor),
            next_run_at: Timestamp(row.next_run_at),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            last_error: source_error(row.error_code, row.error_message, row.error_at),
            synced_at: row.synced_at.map(Timestamp),
            census_at: row.census_at.map(Timestamp),
            census_asked_at: row.census_asked_at.map(Timestamp),
            at_source: row.at_source,
            in_store: row.in_store,
            history_after: row.history_after.map(TaskId),
            history_read_at: row.history_read_at.map(Timestamp),
        }
    }
}

/// An error as three nullable columns hold it.
pub(crate) fn source_error(
    code: Option<String>,
    message: Option<String>,
    at: Option<i64>,
) -> Option<SourceError> {
    Some(SourceError { code: code?, message: message?, at: Timestamp(at?) })
}

impl Store {
    /// Makes the scopes of a source just these: new ones are due at once; those that are gone stop
    /// being pulled, and their tasks stay. One that is `selected` and still has tasks that were shown
    /// last is not gone but lost: it stays, so that its pull says what is wrong.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_scopes(
        &self,
        source: SourceId,
        scopes: &[Scope],
        selected: impl Fn(&ScopeKey) -> bool,
    ) -> Result<(), StoreError> {
        const STORED: &str = "SELECT key, name, active FROM scope WHERE source = $1";
        const PUT: &str = "INSERT INTO scope (source, key, name, active, next_run_at, failures)
            VALUES ($1, $2, $3, TRUE, $4, 0)
            ON CONFLICT (source, key) DO UPDATE
                SET name = excluded.name, active = TRUE,
                    next_run_at = CASE WHEN scope.active THEN scope.next_run_at ELSE excluded.next_run_at END";
        const RETIRE: &str = "UPDATE scope SET active = FALSE WHERE source = $1 AND key = $2
            AND NOT ($3 AND EXISTS (SELECT 1 FROM task
                WHERE task.source = $1 AND task.scope = $2 AND task.presence = 'PRESENT'))";

        let now = self.now();
        let scopes = without_nul(scopes);
        let mut transaction = self.begin().await?;
        let stored: Vec<(String, String, bool)> = run!(transaction, connection =>
            sqlx::query_as(STORED).bind(source.0).fetch_all(connection).await)?;
        let mut changed = false;
        for scope in scopes.iter() {
            let known = stored
                .iter()
                .any(|(key, name, active)| *active && **key == *scope.key && *name == scope.name);
            if !known {
                changed = true;
                execute!(
                    transaction,
                    sqlx::query(PUT).bind(source.0).bind(&*scope.key).bind(&scope.name).bind(now.0)
                )?;
            }
        }
        for (key, _, active) in &stored {
            if *active && !scopes.iter().any(|scope| *scope.key == **key) {
                changed = true;
                let selected = selected(&key.as_str().into());
                execute!(transaction, sqlx::query(RETIRE).bind(source.0).bind(key).bind(selected))?;
            }
        }
        if changed {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The scopes of a source, by key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scopes(&self, source: SourceId) -> Result<Vec<ScopeState>, StoreError> {
        let text = format!(
            "SELECT {} FROM scope WHERE active AND source = $1 ORDER BY key",
            ScopeRow::COLUMNS
        );
        let rows: Vec<ScopeRow> = read!(self, pool =>
            sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(source.0).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(ScopeState::from).collect())
    }

    /// The scopes of every source, for freshness and completeness.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn all_scopes(&self) -> Result<Vec<ScopeState>, StoreError> {
        let text =
            format!("SELECT {} FROM scope WHERE active ORDER BY source, key", ScopeRow::COLUMNS);
        let rows: Vec<ScopeRow> = read!(self, pool =>
            sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(ScopeState::from).collect())
    }

    /// Writes down how a pass ended and when the next one is due.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn finish_pass(
        &self,
        lease: &Lease,
        source: SourceId,
        scope: &str,
        outcome: &PassOutcome,
    ) -> Result<(), StoreError> {
        const SCOPE: &str = "UPDATE scope SET
                next_run_at = $3,
                failures = CASE WHEN $4 IS NULL THEN 0 ELSE failures + 1 END,
                error_code = $4, error_message = $5, error_at = $6,
                synced_at = COALESCE($7, synced_at),
                cursor = CASE WHEN $8 THEN NULL ELSE cursor END
            WHERE source = $1 AND key = $2";
        // A scope that was never complete holds the whole source back: it counts as never.
        const SOURCE: &str = "UPDATE source SET last_synced_at =
                (SELECT CASE WHEN COUNT(*) = COUNT(synced_at) THEN MIN(synced_at) END
                 FROM scope WHERE source = $1 AND active)
            WHERE id = $1";

        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        transaction.hold_source(source, lease).await?;
        let error = outcome.error.as_ref().map(without_nul);
        let error = error.as_deref();
        execute!(
            transaction,
            sqlx::query(SCOPE)
                .bind(source.0)
                .bind(scope)
                .bind(outcome.next_run_at.0)
                .bind(error.map(|error| &error.code))
                .bind(error.map(|error| &error.message))
                .bind(error.map(|error| error.at.0))
                .bind(outcome.synced_at.map(|at| at.0))
                .bind(outcome.restart)
        )?;
        if outcome.synced_at.is_some() {
            execute!(transaction, sqlx::query(SOURCE).bind(source.0))?;
        }
        transaction.commit().await
    }
}
