//! Bulky parts, by id: one or two statements whatever the number of tasks.

use std::collections::HashMap;

use mainstem_model::{TaskDetail, TaskId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, bind_all};
use crate::decode::{json, unreadable};
use crate::dialect::{read, row};
use crate::{Store, StoreError};

impl Store {
    /// Bodies, criteria, custom fields and remote links; tasks that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn details(
        &self,
        tasks: &[TaskId],
    ) -> Result<HashMap<TaskId, TaskDetail>, StoreError> {
        let (condition, parameters) = self.of_tasks(tasks).finish();
        let columns = DetailRow::COLUMNS;
        let text = format!("SELECT {columns} FROM task_detail WHERE {condition}");
        let rows: Vec<DetailRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        rows.into_iter().map(|row| Ok((TaskId(row.task), row.read()?))).collect()
    }

    /// The raw payload of the last version of a task.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn raw_payload(&self, task: TaskId) -> Result<Option<Vec<u8>>, StoreError> {
        let text = "SELECT raw FROM task_detail WHERE task = $1";
        let raw: Option<Vec<u8>> = read!(self, pool =>
            sqlx::query_scalar(text).bind(task.0).fetch_optional(pool).await)?;
        raw.map(|raw| {
            zstd::decode_all(raw.as_slice())
                .map_err(|error| unreadable(format!("task_detail.raw of {task}"), error))
        })
        .transpose()
    }

    /// The condition that a row is of one of these tasks.
    pub(crate) fn of_tasks(&self, tasks: &[TaskId]) -> Conditions {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("task", tasks.iter().map(|task| task.0).collect());
        conditions
    }
}

row! {
    DetailRow {
        task: Uuid,
        body: Option<String>,
        criteria: Option<String>,
        fields: Option<String>,
        remote_links: Option<String>,
    }
}

impl DetailRow {
    fn read(self) -> Result<TaskDetail, StoreError> {
        let place = |column: &str| format!("task_detail.{column} of {}", TaskId(self.task));
        Ok(TaskDetail {
            criteria: json(self.criteria.as_deref(), || place("criteria"))?.unwrap_or_default(),
            fields: json(self.fields.as_deref(), || place("fields"))?.unwrap_or_default(),
            remote_links: json(self.remote_links.as_deref(), || place("remote_links"))?
                .unwrap_or_default(),
            body: self.body,
        })
    }
}
