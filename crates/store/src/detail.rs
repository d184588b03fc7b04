//! Bulky parts, by id: one or two statements whatever the number of tasks.

use std::collections::HashMap;

use mainstem_model::{Comment, CommentId, PersonId, SourceId, TaskDetail, TaskId, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, Parameter, bind_all};
use crate::decode::{json, unreadable};
use crate::dialect::{read, row};
use crate::{CommentPage, Store, StoreError};

impl Store {
    /// Bodies, criteria and custom fields; tasks that do not exist are left out.
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

    /// A page of each task's comments, oldest first, and how many each has in all; tasks without
    /// comments are left out. `after` names the comment to go on after.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comments(
        &self,
        tasks: &[TaskId],
        after: Option<CommentId>,
        limit: u32,
    ) -> Result<HashMap<TaskId, CommentPage>, StoreError> {
        // Counted apart, so that counting reads the index and not the bodies.
        let mut pages = self.count_comments(tasks).await?;
        if limit == 0 {
            return Ok(pages);
        }
        let mut conditions = self.of_tasks(tasks);
        if let Some(after) = after {
            let place = conditions.parameter(Parameter::Id(after.0));
            conditions.and(&format!(
                "(created_at, id) > (SELECT created_at, id FROM comment WHERE id = {place})"
            ));
        }
        let limit = conditions.parameter(Parameter::Number(limit.into()));
        let columns = CommentRow::COLUMNS;
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {columns} FROM (
                 SELECT {columns},
                     ROW_NUMBER() OVER (PARTITION BY task ORDER BY created_at, id) AS place
                 FROM comment WHERE {condition}
             ) AS listed
             WHERE place <= {limit} ORDER BY task, created_at, id"
        );
        let rows: Vec<CommentRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        for comment in rows.into_iter().map(CommentRow::read) {
            pages.entry(comment.task).or_default().comments.push(comment);
        }
        Ok(pages)
    }

    /// One comment; `None` also while its task has not arrived.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comment(&self, id: CommentId) -> Result<Option<Comment>, StoreError> {
        let columns = CommentRow::COLUMNS;
        let text = format!("SELECT {columns} FROM comment WHERE id = $1 AND task IS NOT NULL");
        let row: Option<CommentRow> = read!(self, pool =>
            sqlx::query_as(AssertSqlSafe(text)).bind(id.0).fetch_optional(pool).await)?;
        Ok(row.map(CommentRow::read))
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

    async fn count_comments(
        &self,
        tasks: &[TaskId],
    ) -> Result<HashMap<TaskId, CommentPage>, StoreError> {
        let (condition, parameters) = self.of_tasks(tasks).finish();
        let text = format!("SELECT task, COUNT(*) FROM comment WHERE {condition} GROUP BY task");
        let rows: Vec<(Uuid, i64)> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        let page = |total: i64| CommentPage { total: total.unsigned_abs(), ..Default::default() };
        Ok(rows.into_iter().map(|(task, total)| (TaskId(task), page(total))).collect())
    }

    fn of_tasks(&self, tasks: &[TaskId]) -> Conditions {
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
    }
}

impl DetailRow {
    fn read(self) -> Result<TaskDetail, StoreError> {
        let place = |column: &str| format!("task_detail.{column} of {}", TaskId(self.task));
        Ok(TaskDetail {
            criteria: json(self.criteria.as_deref(), || place("criteria"))?.unwrap_or_default(),
            fields: json(self.fields.as_deref(), || place("fields"))?.unwrap_or_default(),
            body: self.body,
        })
    }
}

row! {
    CommentRow {
        id: Uuid,
        task: Uuid,
        source: Uuid,
        author: Option<Uuid>,
        body: String,
        created_at: i64,
        updated_at: i64,
        url: Option<String>,
    }
}

impl CommentRow {
    fn read(self) -> Comment {
        Comment {
            id: CommentId(self.id),
            task: TaskId(self.task),
            source: SourceId(self.source),
            author: self.author.map(PersonId),
            body: self.body,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            url: self.url,
        }
    }
}
