//! Parts of tasks: what a task has many of, each with an id of its own. Comments and worklogs are
//! stored, told, moved, removed and read alike; all in which they differ stands here and with their
//! records in `apply/parts.rs`. Mail about a task is of another source and stored for itself
//! (`apply/notices.rs`); it is read like the others, the answers among it as comments.

use std::collections::HashMap;
use std::hash::Hash;

use mainstem_model::{
    Comment, CommentId, Evidence, Notice, NoticeId, PersonId, SourceId, TaskId, Timestamp,
    Visibility, Worklog, WorklogId,
};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::conditions::{Conditions, Parameter, bind_all};
use crate::dialect::{read, row};
use crate::notices::{REPLY, TOLD, standing};
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
    /// comments are left out. `after` names the comment to go on after. Answers by mail are among
    /// them, where their mailbox may be seen.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comments(
        &self,
        tasks: &[TaskId],
        visibility: &Visibility,
        after: Option<CommentId>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<Comment>>, StoreError> {
        self.part_pages::<CommentRow>(tasks, visibility, after.map(|id| id.0), limit).await
    }

    /// A page of the work logged on each task, in the order in which it began; otherwise as
    /// [`Store::comments`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn worklogs(
        &self,
        tasks: &[TaskId],
        visibility: &Visibility,
        after: Option<WorklogId>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<Worklog>>, StoreError> {
        self.part_pages::<WorklogRow>(tasks, visibility, after.map(|id| id.0), limit).await
    }

    /// A page of the mail in which the tool tells of each task, in the order in which it was sent;
    /// otherwise as [`Store::comments`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn notices(
        &self,
        tasks: &[TaskId],
        visibility: &Visibility,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<Notice>>, StoreError> {
        self.part_pages::<NoticeRow>(tasks, visibility, after.map(|id| id.0), limit).await
    }

    /// These comments; those that do not exist, those that may not be seen and those whose task has not
    /// arrived are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn comments_by_id(
        &self,
        ids: &[CommentId],
        visibility: &Visibility,
    ) -> Result<HashMap<CommentId, Comment>, StoreError> {
        self.parts_by_id::<CommentRow>(ids.iter().map(|id| id.0).collect(), visibility).await
    }

    /// These worklogs; otherwise as [`Store::comments_by_id`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn worklogs_by_id(
        &self,
        ids: &[WorklogId],
        visibility: &Visibility,
    ) -> Result<HashMap<WorklogId, Worklog>, StoreError> {
        self.parts_by_id::<WorklogRow>(ids.iter().map(|id| id.0).collect(), visibility).await
    }

    /// These notices, each on the first of the visible tasks that it stands on; otherwise as
    /// [`Store::comments_by_id`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn notices_by_id(
        &self,
        ids: &[NoticeId],
        visibility: &Visibility,
    ) -> Result<HashMap<NoticeId, Notice>, StoreError> {
        self.parts_by_id::<NoticeRow>(ids.iter().map(|id| id.0).collect(), visibility).await
    }

    async fn part_pages<R: PartRow>(
        &self,
        tasks: &[TaskId],
        visibility: &Visibility,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<R::Part>>, StoreError> {
        // Counted apart, so that counting reads the index and not the texts.
        let mut pages = self.count_parts::<R>(tasks, visibility).await?;
        if limit == 0 {
            return Ok(pages);
        }
        let (rows, mut conditions) = self.rows_of_tasks::<R>(tasks, R::COLUMNS, visibility);
        if let Some(after) = after {
            let place = conditions.parameter(Parameter::Id(after));
            conditions.and(&format!("({}, id) > ({})", R::MOMENT, R::place(&place)));
        }
        let limit = conditions.parameter(Parameter::Number(limit.into()));
        let (columns, moment) = (R::COLUMNS, R::MOMENT);
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {columns} FROM (
                 SELECT {columns},
                     ROW_NUMBER() OVER (PARTITION BY task ORDER BY {moment}, id) AS place
                 FROM ({rows}) AS rows_of_tasks WHERE {condition}
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
        visibility: &Visibility,
    ) -> Result<HashMap<TaskId, PartPage<R::Part>>, StoreError> {
        // Where all is seen, the source is not looked up either.
        let columns = match visibility {
            Visibility::Everything => "task",
            Visibility::Sources(_) => "task, source",
        };
        let (rows, conditions) = self.rows_of_tasks::<R>(tasks, columns, visibility);
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT task, COUNT(*) FROM ({rows}) AS rows_of_tasks WHERE {condition} GROUP BY task"
        );
        let rows: Vec<(Uuid, i64)> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        let page = |total: i64| PartPage { total: total.unsigned_abs(), parts: Vec::new() };
        Ok(rows.into_iter().map(|(task, total)| (TaskId(task), page(total))).collect())
    }

    /// The rows of a kind that these tasks have, and the condition that they may be seen.
    fn rows_of_tasks<R: PartRow>(
        &self,
        tasks: &[TaskId],
        columns: &'static str,
        visibility: &Visibility,
    ) -> (String, Conditions) {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        let tasks = conditions.ids(tasks.iter().map(|task| task.0).collect());
        conditions.visible("source", visibility);
        let rows = R::rows(columns, |task, _| self.dialect().among_ids(task, tasks));
        (rows, conditions)
    }

    async fn parts_by_id<R: PartRow>(
        &self,
        ids: Vec<Uuid>,
        visibility: &Visibility,
    ) -> Result<HashMap<R::Id, R::Part>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "task IS NOT NULL");
        let ids = conditions.ids(ids);
        conditions.visible("source", visibility);
        conditions.visible("task_source", visibility);
        let columns = R::COLUMNS;
        let rows = format!("{columns}, task_source");
        let rows = R::rows(&rows, |_, id| self.dialect().among_ids(id, ids));
        let (condition, parameters) = conditions.finish();
        // Of several tasks of one part the first is taken: it comes last.
        let text = format!(
            "SELECT {columns} FROM ({rows}) AS rows_by_id WHERE {condition} ORDER BY task DESC"
        );
        let rows: Vec<R> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(R::read).collect())
    }
}

/// A part as the store reads it, its task known.
trait PartRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
    const COLUMNS: &'static str;
    /// The column by which a task's parts are in order.
    const MOMENT: &'static str;
    type Id: Eq + Hash;
    type Part;

    /// A query for rows with these columns, among which may be `task_source`, the source of the task.
    /// `which` is the condition, on the columns that hold the task and the part's own id.
    fn rows(columns: &str, which: impl Fn(&str, &str) -> String) -> String;

    /// A query for moment and id of the part whose id is the parameter `id`.
    fn place(id: &str) -> String;

    fn task(&self) -> TaskId;

    fn read(self) -> (Self::Id, Self::Part);
}

/// The rows of a table whose tasks are of its own source.
fn own_rows(table: &str, columns: &str, which: impl Fn(&str, &str) -> String) -> String {
    let columns = columns.replace("task_source", "source AS task_source");
    format!("SELECT {columns} FROM {table} WHERE {}", which("task", "id"))
}

/// Moment and id of one row.
fn own_place(kind: &PartKind, id: &str) -> String {
    let PartKind { table, moment, .. } = kind;
    format!("SELECT {moment}, id FROM {table} WHERE id = {id}")
}

/// The rows of notices of a kind, as columns of these names; the only other one is `task_source`.
fn notice_rows(
    kind: &str,
    wanted: &str,
    columns: &[(&str, &str)],
    which: impl Fn(&str, &str) -> String,
) -> String {
    let named = wanted.split(", ").map(|name| {
        let column = columns.iter().find(|(known, _)| *known == name);
        format!("{} AS {name}", column.map_or("source.id", |(_, column)| column))
    });
    let selected: Vec<String> = named.collect();
    standing(&selected.join(", "), kind, |task| which(task, "notice.id"))
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

/// An answer by mail as the columns of a comment.
const REPLY_COLUMNS: &[(&str, &str)] = &[
    ("id", "notice.id"),
    ("task", "{task}"),
    ("source", "notice.source"),
    ("author", "notice.author"),
    ("body", "notice.body"),
    ("created_at", "notice.sent_at"),
    ("updated_at", "notice.sent_at"),
    ("url", "notice.url"),
];

impl PartRow for CommentRow {
    const COLUMNS: &'static str = Self::COLUMNS;
    const MOMENT: &'static str = COMMENT.moment;
    type Id = CommentId;
    type Part = Comment;

    fn rows(columns: &str, which: impl Fn(&str, &str) -> String) -> String {
        let own = own_rows(COMMENT.table, columns, &which);
        let replies = notice_rows(REPLY, columns, REPLY_COLUMNS, |task, id| {
            format!("{} AND notice.recorded_as IS NULL", which(task, id))
        });
        format!("{own} UNION ALL {replies}")
    }

    fn place(id: &str) -> String {
        // What has been read in a thread before may be in both.
        format!(
            "{} UNION ALL SELECT sent_at, id FROM notice WHERE id = {id} LIMIT 1",
            own_place(&COMMENT, id)
        )
    }

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
    const COLUMNS: &'static str = Self::COLUMNS;
    const MOMENT: &'static str = WORKLOG.moment;
    type Id = WorklogId;
    type Part = Worklog;

    fn rows(columns: &str, which: impl Fn(&str, &str) -> String) -> String {
        own_rows(WORKLOG.table, columns, which)
    }

    fn place(id: &str) -> String {
        own_place(&WORKLOG, id)
    }

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

row! {
    NoticeRow {
        id: Uuid,
        task: Uuid,
        source: Uuid,
        event: Option<String>,
        actor: Option<Uuid>,
        actor_name: Option<String>,
        sent_at: i64,
        quote: String,
        url: Option<String>,
        seen_at: i64,
    }
}

/// A notice in the words of the API. Who did something is known to the task's tool by a handle.
const NOTICE_COLUMNS: &[(&str, &str)] = &[
    ("id", "notice.id"),
    ("task", "{task}"),
    ("source", "notice.source"),
    ("event", "notice.event"),
    (
        "actor",
        "(SELECT id FROM identity WHERE identity.source = source.id
          AND identity.handle = notice.actor ORDER BY external_id LIMIT 1)",
    ),
    ("actor_name", "notice.actor"),
    ("sent_at", "notice.sent_at"),
    ("quote", "notice.body"),
    ("url", "notice.url"),
    ("seen_at", "notice.seen_at"),
];

impl PartRow for NoticeRow {
    const COLUMNS: &'static str = Self::COLUMNS;
    const MOMENT: &'static str = "sent_at";
    type Id = NoticeId;
    type Part = Notice;

    fn rows(columns: &str, which: impl Fn(&str, &str) -> String) -> String {
        notice_rows(TOLD, columns, NOTICE_COLUMNS, which)
    }

    fn place(id: &str) -> String {
        format!("SELECT sent_at, id FROM notice WHERE id = {id}")
    }

    fn task(&self) -> TaskId {
        TaskId(self.task)
    }

    fn read(self) -> (NoticeId, Notice) {
        let id = NoticeId(self.id);
        let notice = Notice {
            id,
            task: TaskId(self.task),
            source: SourceId(self.source),
            event: self.event,
            actor: self.actor.map(PersonId),
            actor_name: self.actor_name,
            sent_at: Timestamp(self.sent_at),
            evidence: Evidence {
                quote: self.quote,
                url: self.url,
                comment: None,
                seen_at: Timestamp(self.seen_at),
            },
        };
        (id, notice)
    }
}
