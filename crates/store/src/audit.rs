//! Who did what over the API.

use mainstem_model::{Timestamp, TokenId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::decode::json;
use crate::dialect::{Transaction, execute, read, row};
use crate::{AuditRecord, NewAuditRecord, Store, StoreError};

impl Store {
    /// The newest records, of those older than `before` where that is given.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn audit(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let columns = AuditRow::COLUMNS;
        let text = format!("SELECT {columns} FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2");
        let rows: Vec<AuditRow> = read!(self, pool =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await)?;
        rows.into_iter().map(AuditRow::read).collect()
    }
}

impl Transaction<'_> {
    /// Keeps a record of what this transaction does.
    pub(crate) async fn record(
        &mut self,
        record: &NewAuditRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let text = "INSERT INTO audit (at, token, token_name, action, before_value, after_value)
                    VALUES ($1, $2, $3, $4, $5, $6)";
        execute!(
            self,
            sqlx::query(text)
                .bind(now.0)
                .bind(record.token.0)
                .bind(&record.token_name)
                .bind(record.action)
                .bind(record.before.to_string())
                .bind(record.after.to_string())
        )?;
        Ok(())
    }
}

row! {
    AuditRow {
        id: i64,
        at: i64,
        token: Uuid,
        token_name: String,
        action: String,
        before_value: String,
        after_value: String,
    }
}

impl AuditRow {
    fn read(self) -> Result<AuditRecord, StoreError> {
        let place = |column: &str| format!("audit.{column} of {}", self.id);
        Ok(AuditRecord {
            id: self.id,
            at: Timestamp(self.at),
            token: TokenId(self.token),
            before: json(Some(&self.before_value), || place("before_value"))?.unwrap_or_default(),
            after: json(Some(&self.after_value), || place("after_value"))?.unwrap_or_default(),
            token_name: self.token_name,
            action: self.action,
        })
    }
}
