//! Comments, also those whose task has not arrived yet.

use std::collections::{BTreeSet, HashMap, HashSet};

use mainstem_model::record::{CommentRecord, CommentSet};
use mainstem_model::{CommentId, PersonId, Subject, TaskId, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use super::prepared::Prepared;
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Texts, execute, row, run};

const COMMENT: Table = Table {
    name: "comment",
    key: "id",
    columns: &[
        ("id", Kind::Id),
        ("source", Kind::Id),
        ("task", Kind::Id),
        ("task_key", Kind::Text),
        ("author", Kind::Id),
        ("body", Kind::Text),
        ("created_at", Kind::Number),
        ("updated_at", Kind::Number),
        ("url", Kind::Text),
        ("version", Kind::Number),
        ("content_hash", Kind::Bytes),
        ("raw", Kind::Bytes),
    ],
    on_conflict: OnConflict::Replace,
};

row! {
    /// Enough of a stored comment to tell whether a record differs from it.
    Glance {
        id: Uuid,
        task: Option<Uuid>,
        updated_at: i64,
        version: i64,
        content_hash: Vec<u8>,
    }
}

impl Apply<'_> {
    pub(super) async fn comments(
        &mut self,
        records: &[CommentRecord],
        prepared: &[Prepared],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut newest: HashMap<CommentId, (&CommentRecord, &Prepared)> = HashMap::new();
        for (record, prepared) in records.iter().zip(prepared) {
            let id = self.source.comment(&record.external_id);
            let known = newest.entry(id).or_insert((record, prepared));
            if known.0.version <= record.version {
                *known = (record, prepared);
            }
        }
        let glances = self.glance_at_comments(newest.keys().copied()).await?;
        let mut changed: Vec<_> = newest
            .into_iter()
            .filter(|(id, (record, prepared))| {
                glances.get(&id.0).is_none_or(|stored| {
                    stored.version <= record.version && stored.content_hash != prepared.fingerprint
                })
            })
            .map(|(id, (record, prepared))| (id, record, prepared))
            .collect();
        changed.sort_by_key(|(id, record, _)| (record.created_at, *id));
        let tasks = self.tasks_of_comments(changed.iter().map(|(_, record, _)| *record)).await?;

        let mut written = Vec::with_capacity(changed.len());
        for (place, (id, record, prepared)) in changed.iter().enumerate() {
            let stored = glances.get(&id.0);
            let task = tasks[place].or_else(|| stored.and_then(|stored| stored.task));
            if let Some(task) = task {
                let before = stored.filter(|stored| stored.task.is_some());
                self.changes.push(NewChange {
                    subject: Subject::Task(TaskId(task)),
                    field: "comments".into(),
                    before: before.map(|before| named(*id, before.updated_at)),
                    after: Some(named(*id, record.updated_at.0)),
                    // Who edited a comment the tools do not say.
                    actor: match before {
                        None => record.author.as_ref().map(|id| self.names.person(id)),
                        Some(_) => None,
                    },
                    occurred_at: record.updated_at,
                    history_key: None,
                });
            }
            let author = record.author.as_ref().map(|id| self.names.person(id).0);
            written.push((*id, task, author, *record, *prepared));
        }
        let rows: Vec<_> = written
            .iter()
            .map(|(id, task, author, record, prepared)| {
                [
                    Value::Id(Some(id.0)),
                    Value::Id(Some(self.source.0)),
                    Value::Id(*task),
                    Value::Text(Some(&record.task.key)),
                    Value::Id(*author),
                    Value::Text(Some(&record.body)),
                    Value::Number(Some(record.created_at.0)),
                    Value::Number(Some(record.updated_at.0)),
                    Value::Text(record.url.as_deref()),
                    Value::Number(Some(record.version)),
                    Value::Bytes(&prepared.fingerprint),
                    Value::Bytes(&prepared.raw),
                ]
            })
            .collect();
        COMMENT.write(&mut self.transaction, &rows).await?;
        self.applied.comments_written += rows.len() as u64;
        let external_ids = written.iter().map(|(_, _, _, record, ..)| &*record.external_id);
        self.forget_quarantine(external_ids, true).await
    }

    async fn glance_at_comments(
        &mut self,
        ids: impl Iterator<Item = CommentId>,
    ) -> Result<HashMap<Uuid, Glance>, StoreError> {
        let text = format!(
            "SELECT {} FROM comment WHERE {}",
            Glance::COLUMNS,
            self.transaction.dialect().among_ids("id", 1)
        );
        let ids = Ids(ids.map(|id| id.0).collect());
        let glances: Vec<Glance> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        Ok(glances.into_iter().map(|glance| (glance.id, glance)).collect())
    }

    /// The stored task of each comment; `None` where it has not arrived.
    async fn tasks_of_comments<'r>(
        &mut self,
        records: impl Iterator<Item = &'r CommentRecord>,
    ) -> Result<Vec<Option<Uuid>>, StoreError> {
        let references: Vec<_> = records.map(|record| &record.task).collect();
        let by_id = |id: &std::sync::Arc<str>| self.names.task(id).0;
        let named: Vec<_> =
            references.iter().map(|task| task.external_id.as_ref().map(by_id)).collect();
        let ids: HashSet<Uuid> = named.iter().copied().flatten().collect();
        let keys: BTreeSet<&str> = references
            .iter()
            .filter(|task| task.external_id.is_none())
            .map(|task| task.key.as_str())
            .collect();
        let stored = self.stored_tasks(ids.into_iter().collect()).await?;
        let by_key = self.tasks_by_key(keys).await?;
        let resolved = references.iter().zip(named).map(|(task, id)| match id {
            Some(id) => stored.get(&id).copied(),
            None => by_key.get(&task.key).copied(),
        });
        Ok(resolved.collect())
    }

    /// The tasks of this source that have these keys, or had them before where none has now.
    async fn tasks_by_key(
        &mut self,
        keys: BTreeSet<&str>,
    ) -> Result<HashMap<String, Uuid>, StoreError> {
        let mut tasks = HashMap::new();
        if keys.is_empty() {
            return Ok(tasks);
        }
        let keys = Texts(keys.into_iter().map(str::to_owned).collect());
        // Later rows win, so the table of present keys comes second.
        for (table, column) in [("previous_key", "task"), ("task", "id")] {
            let among = self.transaction.dialect().among("key", 2);
            let text = format!("SELECT key, {column} FROM {table} WHERE source = $1 AND {among}");
            let found: Vec<(String, Uuid)> = run!(self.transaction, connection =>
                sqlx::query_as(AssertSqlSafe(text))
                    .bind(self.source.0)
                    .bind(keys.clone())
                    .fetch_all(connection)
                    .await)?;
            tasks.extend(found);
        }
        Ok(tasks)
    }

    /// Gives comments that came before their tasks to the tasks that have these keys.
    pub(super) async fn bind_waiting_comments(
        &mut self,
        tasks: HashMap<&str, Uuid>,
    ) -> Result<(), StoreError> {
        const BIND: &str = "UPDATE comment SET task = $3
            WHERE source = $1 AND task_key = $2 AND task IS NULL";
        if tasks.is_empty() || !self.waiting.comments {
            return Ok(());
        }
        let among = self.transaction.dialect().among("task_key", 2);
        let text = format!(
            "SELECT task_key, id, author, created_at, updated_at FROM comment
             WHERE source = $1 AND task IS NULL AND {among} ORDER BY created_at, id"
        );
        let keys = Texts(tasks.keys().map(|key| (*key).to_owned()).collect());
        let waiting: Vec<(String, Uuid, Option<Uuid>, i64, i64)> = run!(self.transaction, connection => sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(keys)
                .fetch_all(connection)
                .await)?;
        let mut bound = BTreeSet::new();
        for (key, id, author, created_at, updated_at) in waiting {
            let Some(task) = tasks.get(key.as_str()) else { continue };
            self.changes.push(NewChange {
                subject: Subject::Task(TaskId(*task)),
                field: "comments".into(),
                before: None,
                after: Some(named(CommentId(id), updated_at)),
                actor: author.map(PersonId),
                occurred_at: Timestamp(created_at),
                history_key: None,
            });
            bound.insert((key, *task));
        }
        for (key, task) in bound {
            self.applied.comments_written += execute!(
                self.transaction,
                sqlx::query(BIND).bind(self.source.0).bind(key).bind(task)
            )?;
        }
        Ok(())
    }

    /// Removes what the tool no longer lists.
    pub(super) async fn comment_sets(&mut self, sets: &[CommentSet]) -> Result<(), StoreError> {
        if sets.is_empty() {
            return Ok(());
        }
        let kept: HashSet<Uuid> = sets
            .iter()
            .flat_map(|set| &set.comments)
            .map(|external_id| self.source.comment(external_id).0)
            .collect();
        let dialect = self.transaction.dialect();
        let text = format!(
            "SELECT id, task, updated_at FROM comment WHERE {} ORDER BY created_at, id",
            dialect.among_ids("task", 1)
        );
        let tasks = Ids(sets.iter().map(|set| self.names.task(&set.task).0).collect());
        let stored: Vec<(Uuid, Uuid, i64)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(tasks).fetch_all(connection).await)?;
        let gone: Vec<_> = stored.into_iter().filter(|(id, ..)| !kept.contains(id)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        for (id, task, updated_at) in &gone {
            self.changes.push(NewChange {
                subject: Subject::Task(TaskId(*task)),
                field: "comments".into(),
                before: Some(named(CommentId(*id), *updated_at)),
                after: None,
                actor: None,
                occurred_at: self.now,
                history_key: None,
            });
        }
        let text = format!("DELETE FROM comment WHERE {}", dialect.among_ids("id", 1));
        let ids = Ids(gone.iter().map(|(id, ..)| *id).collect());
        self.applied.comments_written +=
            execute!(self.transaction, sqlx::query(AssertSqlSafe(text)).bind(ids))?;
        Ok(())
    }
}

/// A comment as the log names it.
fn named(id: CommentId, updated_at: i64) -> Json {
    json!({ "id": id, "updatedAt": Timestamp(updated_at) })
}
