//! Parts of tasks: what a task has many of, each with an id of its own. Comments and worklogs are
//! stored, told, moved, removed and read alike; all in which they differ stands here and with their
//! records in `apply/parts.rs`.

use std::collections::HashMap;
use std::hash::Hash;

use mainstem_model::{
    Comment, CommentId, PersonId, SourceId, TaskId, Timestamp, Worklog, WorklogId,
};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::conditions::{Conditions, Parameter, bind_all};
use crate::dialect::{read, row};
use crate::{Applied, PartPage, Store, StoreError};

/// What one kind of part is called, and how its ids are made.
pub(crate) struct PartKind {
    /// Its table, and what the quarantine calls a record of it.
    pub(crate) table: &'static str,
    /// The field that the change log tells of it by.
    pub(crate) field: &'static str,
    /// The column by which a task's parts are in order.
    pub(crate) moment: &'static str,
    /// The id of the part that a source calls this.
    pub(crate) id: fn(SourceId, &str) -> Uuid,
    /// The id as the API and the log show it.
    pub(crate) shown: fn(Uuid) -> String,
    /// Where written rows of it are counted.
    pub(crate) written: fn(&mut Applied) -> &mut u64,
}

pub(crate) const COMMENT: PartKind = PartKind {
    table: "comment",
    field: "comments",
    moment: "created_at",
    id: |source, external_id| source.comment(external_id).0,
    shown: |id| CommentId(id).to_string(),
    written: |applied| &mut applied.comments_written,
};

pub(crate) const WORKLOG: PartKind = PartKind {
    table: "worklog",
    field: "worklogs",
    moment: "started_at",
    id: |source, external_id| source.worklog(external_id).0,
    shown: |id| WorklogId(id).to_string(),
    written: |applied| &mut applied.worklogs_written,
};

/// All kinds.
pub(crate) const KINDS: [&PartKind; 2] = [&COMMENT, &WORKLOG];

impl Store {
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
    ) -> Result<HashMap<TaskId, PartPage<Comment>>, StoreError> {
        self.part_pages::<CommentRow>(tasks, after.map(|id| id.0), limit).await
    }

    /// A page of the work logged on each task, in the order in which it began; otherwise as
    /// [`Store::comments`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn worklogs(
        &self,
        tasks: &[TaskId],
        after: Option<WorklogId>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<Worklog>>, StoreError> {
        self.part_pages::<WorklogRow>(tasks, after.map(|id| id.0), limit).await
    }

    /// These comments; those that do not exist and those whose task has not arrived are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comments_by_id(
        &self,
        ids: &[CommentId],
    ) -> Result<HashMap<CommentId, Comment>, StoreError> {
        self.parts_by_id::<CommentRow>(ids.iter().map(|id| id.0).collect()).await
    }

    /// These worklogs; otherwise as [`Store::comments_by_id`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn worklogs_by_id(
        &self,
        ids: &[WorklogId],
    ) -> Result<HashMap<WorklogId, Worklog>, StoreError> {
        self.parts_by_id::<WorklogRow>(ids.iter().map(|id| id.0).collect()).await
    }

    async fn part_pages<R: PartRow>(
        &self,
        tasks: &[TaskId],
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<R::Part>>, StoreError> {
        // Counted apart, so that counting reads the index and not the texts.
        let mut pages = self.count_parts::<R>(tasks).await?;
        if limit == 0 {
            return Ok(pages);
        }
        let PartKind { table, moment, .. } = R::KIND;
        let mut conditions = self.of_tasks(tasks);
        if let Some(after) = after {
            let place = conditions.parameter(Parameter::Id(after));
            conditions.and(&format!(
                "({moment}, id) > (SELECT {moment}, id FROM {table} WHERE id = {place})"
            ));
        }
        let limit = conditions.parameter(Parameter::Number(limit.into()));
        let columns = R::COLUMNS;
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {columns} FROM (
                 SELECT {columns},
                     ROW_NUMBER() OVER (PARTITION BY task ORDER BY {moment}, id) AS place
                 FROM {table} WHERE {condition}
             ) AS listed
             WHERE place <= {limit} ORDER BY task, {moment}, id"
        );
        let rows: Vec<R> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        for row in rows {
            pages.entry(row.task()).or_default().parts.push(row.read().1);
        }
        Ok(pages)
    }

    async fn count_parts<R: PartRow>(
        &self,
        tasks: &[TaskId],
    ) -> Result<HashMap<TaskId, PartPage<R::Part>>, StoreError> {
        let (condition, parameters) = self.of_tasks(tasks).finish();
        let table = R::KIND.table;
        let text = format!("SELECT task, COUNT(*) FROM {table} WHERE {condition} GROUP BY task");
        let rows: Vec<(Uuid, i64)> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        let page = |total: i64| PartPage { total: total.unsigned_abs(), parts: Vec::new() };
        Ok(rows.into_iter().map(|(task, total)| (TaskId(task), page(total))).collect())
    }

    async fn parts_by_id<R: PartRow>(
        &self,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<R::Id, R::Part>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "task IS NOT NULL");
        conditions.among_ids("id", ids);
        let (condition, parameters) = conditions.finish();
        let (columns, table) = (R::COLUMNS, R::KIND.table);
        let text = format!("SELECT {columns} FROM {table} WHERE {condition}");
        let rows: Vec<R> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(R::read).collect())
    }
}

/// A part as its table holds it, its task known.
trait PartRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
    const KIND: PartKind;
    const COLUMNS: &'static str;
    type Id: Eq + Hash;
    type Part;

    fn task(&self) -> TaskId;

    fn read(self) -> (Self::Id, Self::Part);
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

impl PartRow for CommentRow {
    const KIND: PartKind = COMMENT;
    const COLUMNS: &'static str = Self::COLUMNS;
    type Id = CommentId;
    type Part = Comment;

    fn task(&self) -> TaskId {
        TaskId(self.task)
    }

    fn read(self) -> (CommentId, Comment) {
        let id = CommentId(self.id);
        let comment = Comment {
            id,
            task: TaskId(self.task),
            source: SourceId(self.source),
            author: self.author.map(PersonId),
            body: self.body,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            url: self.url,
        };
        (id, comment)
    }
}

row! {
    WorklogRow {
        id: Uuid,
        task: Uuid,
        source: Uuid,
        author: Option<Uuid>,
        started_at: i64,
        time_spent_seconds: i64,
        note: Option<String>,
    }
}

impl PartRow for WorklogRow {
    const KIND: PartKind = WORKLOG;
    const COLUMNS: &'static str = Self::COLUMNS;
    type Id = WorklogId;
    type Part = Worklog;

    fn task(&self) -> TaskId {
        TaskId(self.task)
    }

    fn read(self) -> (WorklogId, Worklog) {
        let id = WorklogId(self.id);
        let worklog = Worklog {
            id,
            task: TaskId(self.task),
            source: SourceId(self.source),
            author: self.author.map(PersonId),
            started_at: Timestamp(self.started_at),
            time_spent_seconds: self.time_spent_seconds,
            note: self.note,
        };
        (id, worklog)
    }
}
