//! The change log: reading it, waiting for it, and the feeds that come from it.

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::{
    Change, ChangeCause, PersonId, Position, ProjectId, SourceId, Subject, TaskId, Timestamp,
    Visibility,
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, Parameter, bind_all};
use crate::decode::{json, unreadable, word};
use crate::dialect::{read, row};
use crate::{ChangeQuery, Store, StoreError, TaskChangeQuery};

impl Store {
    /// The newest position.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn head(&self) -> Result<Position, StoreError> {
        let head = read!(self, pool =>
            sqlx::query_scalar("SELECT position FROM change_head").fetch_one(pool).await)?;
        Ok(Position(head))
    }

    /// Entries after a position, in order, without gaps.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Change>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.compare("position >", after.0);
        self.select_changes(conditions, limit).await
    }

    /// Waits until the log has grown past `position`, at most so long, and answers the newest
    /// position: woken by a commit in this process at once, by those of others at the end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn wait_past(
        &self,
        position: Position,
        at_most: Duration,
    ) -> Result<Position, StoreError> {
        // Listening starts before looking, so that no commit falls in between.
        let mut doorbell = self.doorbell();
        let head = self.head().await?;
        if head > position {
            return Ok(head);
        }
        let rung = doorbell.wait_for(|known| *known > position);
        // Whether it rang or the time ran out, the answer is what stands in the store.
        let _ = tokio::time::timeout(at_most, rung).await;
        self.head().await
    }

    /// The public feed: entries about tasks that match, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn changes(&self, query: &ChangeQuery) -> Result<Vec<Change>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "subject_kind = 'task'");
        conditions.compare("position >", query.after.0);
        conditions.visible("source", &query.visibility);
        if let Some(up_to) = query.up_to {
            conditions.compare("position <=", up_to.0);
        }
        if let Some(tasks) = &query.tasks {
            conditions.among_ids("subject", tasks.iter().map(|task| task.0).collect());
        }
        if let Some(sources) = &query.sources {
            conditions.among_sources("source", sources);
        }
        if let Some(fields) = &query.fields {
            conditions.among_texts("field", fields.clone());
        }
        if let Some(causes) = &query.causes {
            let causes = causes.iter().map(|cause| cause.as_str().to_owned()).collect();
            conditions.among_texts("cause", causes);
        }
        if let Some(from) = query.occurred_from {
            conditions.compare("occurred_at >=", from.0);
        }
        if let Some(before) = query.occurred_before {
            conditions.compare("occurred_at <", before.0);
        }
        self.select_changes(conditions, query.limit).await
    }

    /// The history of each of several tasks: newest occurrence first, and of those that occurred
    /// at the same time the one learned last. Tasks without a matching entry are left out, and so is
    /// what a mailbox tells that may not be seen.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn task_changes(
        &self,
        tasks: &[TaskId],
        visibility: &Visibility,
        query: &TaskChangeQuery,
    ) -> Result<HashMap<TaskId, Vec<Change>>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "subject_kind = 'task'");
        conditions.among_ids("subject", tasks.iter().map(|task| task.0).collect());
        conditions.visible("source", visibility);
        if let Some(fields) = &query.fields {
            conditions.among_texts("field", fields.clone());
        }
        if let Some(after) = query.after {
            let place = conditions.parameter(Parameter::Number(after.0));
            conditions.and(&format!(
                "(occurred_at, position) < \
                 (SELECT occurred_at, position FROM change WHERE position = {place})"
            ));
        }
        let limit = conditions.parameter(Parameter::Number(query.limit.into()));
        let columns = ChangeRow::COLUMNS;
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {columns} FROM (
                 SELECT {columns}, ROW_NUMBER() OVER (
                     PARTITION BY subject ORDER BY occurred_at DESC, position DESC
                 ) AS place
                 FROM change WHERE {condition}
             ) AS listed
             WHERE place <= {limit} ORDER BY subject, occurred_at DESC, position DESC"
        );
        let rows: Vec<ChangeRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        let mut histories: HashMap<TaskId, Vec<Change>> = HashMap::new();
        for row in rows {
            histories.entry(TaskId(row.subject)).or_default().push(row.read()?);
        }
        Ok(histories)
    }

    /// Entries for which the conditions hold, in order of position.
    async fn select_changes(
        &self,
        mut conditions: Conditions,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError> {
        let limit = conditions.parameter(Parameter::Number(limit.into()));
        let (condition, parameters) = conditions.finish();
        let columns = ChangeRow::COLUMNS;
        let text = format!(
            "SELECT {columns} FROM change WHERE {condition} ORDER BY position LIMIT {limit}"
        );
        let rows: Vec<ChangeRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        rows.into_iter().map(ChangeRow::read).collect()
    }
}

row! {
    /// One entry as it stands in the table.
    ChangeRow {
        position: i64,
        source: Uuid,
        subject_kind: String,
        subject: Uuid,
        field: String,
        before_value: Option<String>,
        after_value: Option<String>,
        actor: Option<Uuid>,
        occurred_at: i64,
        learned_at: i64,
        cause: String,
    }
}

impl ChangeRow {
    fn read(self) -> Result<Change, StoreError> {
        let place = |column: &str| format!("change.{column}, position {}", self.position);
        let subject = match self.subject_kind.as_str() {
            "task" => Subject::Task(TaskId(self.subject)),
            "person" => Subject::Person(PersonId(self.subject)),
            "project" => Subject::Project(ProjectId(self.subject)),
            "source" => Subject::Source(SourceId(self.subject)),
            other => return Err(unreadable(place("subject_kind"), other)),
        };
        Ok(Change {
            position: Position(self.position),
            source: SourceId(self.source),
            subject,
            before: json(self.before_value.as_deref(), || place("before_value"))?,
            after: json(self.after_value.as_deref(), || place("after_value"))?,
            actor: self.actor.map(PersonId),
            occurred_at: Timestamp(self.occurred_at),
            learned_at: Timestamp(self.learned_at),
            cause: word(&self.cause, ChangeCause::from_word, || place("cause"))?,
            field: self.field,
        })
    }
}
