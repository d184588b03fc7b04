//! What the tools held at an earlier moment.

use mainstem_model::{TaskId, Timestamp, Visibility};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, bind_all};
use crate::decode::json;
use crate::dialect::{read, row};
use crate::{FieldAsOf, Store, StoreError};

impl Store {
    /// For every field of a visible task that changed after `at`: the value that it had at `at`,
    /// by when things happened in the tool, not by when they were learned.
    ///
    /// A `created` without a value says that the task did not exist yet. Entries about comments,
    /// worklogs, notices and links tell of one element and not of a field's whole value, so they are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn as_of(
        &self,
        at: Timestamp,
        visibility: &Visibility,
    ) -> Result<Vec<FieldAsOf>, StoreError> {
        let mut conditions = Conditions::new(
            self.dialect(),
            "subject_kind = 'task' AND field NOT IN ('comments', 'worklogs', 'notices', 'links')",
        );
        conditions.compare("occurred_at >", at.0);
        conditions.visible("source", visibility);
        let (condition, parameters) = conditions.finish();
        let columns = ValueRow::COLUMNS;
        // What stood before the first change after `at` is what stood at `at`.
        let text = format!(
            "SELECT {columns} FROM (
                 SELECT {columns}, ROW_NUMBER() OVER (
                     PARTITION BY subject, field ORDER BY occurred_at, position
                 ) AS place
                 FROM change WHERE {condition}
             ) AS later
             WHERE place = 1"
        );
        let rows: Vec<ValueRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        rows.into_iter().map(ValueRow::read).collect()
    }
}

row! {
    ValueRow {
        position: i64,
        subject: Uuid,
        field: String,
        before_value: Option<String>,
    }
}

impl ValueRow {
    fn read(self) -> Result<FieldAsOf, StoreError> {
        let place = || format!("change.before_value, position {}", self.position);
        Ok(FieldAsOf {
            task: TaskId(self.subject),
            value: json(self.before_value.as_deref(), place)?,
            field: self.field,
        })
    }
}
