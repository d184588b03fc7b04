//! Parts of tasks (comments, worklogs), also those whose task has not arrived yet.

use std::collections::{BTreeSet, HashMap, HashSet};

use mainstem_model::record::{CommentRecord, ExternalId, PartSet, TaskReference, WorklogRecord};
use mainstem_model::{PersonId, Subject, TaskId, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use super::prepared::Prepared;
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Texts, execute, row, run};
use crate::parts::{COMMENT, KINDS, PartKind, WORKLOG};

/// A part as a connector hands it over.
pub(super) trait PartRecord: Sync {
    const KIND: PartKind;
    const TABLE: Table;

    fn common(&self) -> Common<'_>;

    /// The columns that only this kind has, in the order of its table.
    fn own(&self) -> [Value<'_>; 3];
}

/// What every record of a part says.
pub(super) struct Common<'r> {
    external_id: &'r ExternalId,
    task: &'r TaskReference,
    author: Option<&'r ExternalId>,
    moment: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

/// The columns that every kind has, then those of its own.
const fn columns(own: [(&'static str, Kind); 3]) -> [(&'static str, Kind); 12] {
    let [first, second, third] = own;
    [
        ("id", Kind::Id),
        ("source", Kind::Id),
        ("task", Kind::Id),
        ("task_key", Kind::Text),
        ("author", Kind::Id),
        ("updated_at", Kind::Number),
        ("version", Kind::Number),
        ("content_hash", Kind::Bytes),
        ("raw", Kind::Bytes),
        first,
        second,
        third,
    ]
}

impl PartRecord for CommentRecord {
    const KIND: PartKind = COMMENT;
    const TABLE: Table = Table {
        name: COMMENT.table,
        key: "id",
        columns: &columns([
            ("body", Kind::Text),
            ("created_at", Kind::Number),
            ("url", Kind::Text),
        ]),
        on_conflict: OnConflict::Replace,
    };

    fn common(&self) -> Common<'_> {
        Common {
            external_id: &self.external_id,
            task: &self.task,
            author: self.author.as_ref(),
            moment: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
        }
    }

    fn own(&self) -> [Value<'_>; 3] {
        [
            Value::Text(Some(&self.body)),
            Value::Number(Some(self.created_at.0)),
            Value::Text(self.url.as_deref()),
        ]
    }
}

impl PartRecord for WorklogRecord {
    const KIND: PartKind = WORKLOG;
    const TABLE: Table = Table {
        name: WORKLOG.table,
        key: "id",
        columns: &columns([
            ("note", Kind::Text),
            ("started_at", Kind::Number),
            ("time_spent_seconds", Kind::Number),
        ]),
        on_conflict: OnConflict::Replace,
    };

    fn common(&self) -> Common<'_> {
        Common {
            external_id: &self.external_id,
            task: &self.task,
            author: self.author.as_ref(),
            moment: self.started_at,
            updated_at: self.updated_at,
            version: self.version,
        }
    }

    fn own(&self) -> [Value<'_>; 3] {
        [
            Value::Text(self.note.as_deref()),
            Value::Number(Some(self.started_at.0)),
            Value::Number(Some(self.time_spent_seconds)),
        ]
    }
}

row! {
    /// Enough of a stored part to tell whether a record differs from it.
    Glance {
        id: Uuid,
        task: Option<Uuid>,
        updated_at: i64,
        version: i64,
        content_hash: Vec<u8>,
    }
}

row! {
    /// A part whose task has not arrived.
    Waiting {
        task_key: String,
        id: Uuid,
        author: Option<Uuid>,
        updated_at: i64,
    }
}

impl Apply<'_> {
    pub(super) async fn parts<R: PartRecord>(
        &mut self,
        records: &[R],
        prepared: &[Prepared],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let kind = R::KIND;
        let mut newest: HashMap<Uuid, (&R, Common<'_>, &Prepared)> = HashMap::new();
        for (record, prepared) in records.iter().zip(prepared) {
            let common = record.common();
            let id = (kind.id)(self.source, common.external_id);
            let is_newest =
                newest.get(&id).is_none_or(|(_, known, _)| known.version <= common.version);
            if is_newest {
                newest.insert(id, (record, common, prepared));
            }
        }
        let glances = self.glance_at_parts(&kind, newest.keys().copied().collect()).await?;
        let mut changed: Vec<_> = newest
            .into_iter()
            .filter(|(id, (_, common, prepared))| {
                glances.get(id).is_none_or(|stored| {
                    stored.version <= common.version && stored.content_hash != prepared.fingerprint
                })
            })
            .map(|(id, (record, common, prepared))| (id, record, common, prepared))
            .collect();
        changed.sort_by_key(|(id, _, common, _)| (common.moment, *id));
        let references: Vec<_> = changed.iter().map(|(_, _, common, _)| common.task).collect();
        let tasks = self.tasks_of_parts(&references).await?;

        let (mut new, mut known) = (Vec::new(), Vec::new());
        for ((id, record, common, prepared), task) in changed.iter().zip(tasks) {
            let stored = glances.get(id);
            let task = task.or_else(|| stored.and_then(|stored| stored.task));
            let author = common.author.map(|id| self.names.person(id));
            if let Some(task) = task {
                if self.waiting.answers && kind.table == COMMENT.table {
                    self.commented.insert(task);
                }
                let before = stored.filter(|stored| stored.task.is_some());
                self.changes.push(NewChange {
                    subject: Subject::Task(TaskId(task)),
                    field: kind.field.into(),
                    before: before.map(|before| named(&kind, *id, before.updated_at)),
                    after: Some(named(&kind, *id, common.updated_at.0)),
                    // Who edited it the tools do not say.
                    actor: author.filter(|_| before.is_none()),
                    occurred_at: common.updated_at,
                    history_key: None,
                });
            }
            let [first, second, third] = record.own();
            let rows = if stored.is_none() { &mut new } else { &mut known };
            rows.push([
                Value::Id(Some(*id)),
                Value::Id(Some(self.source.0)),
                Value::Id(task),
                Value::Text(Some(&common.task.key)),
                Value::Id(author.map(|author| author.0)),
                Value::Number(Some(common.updated_at.0)),
                Value::Number(Some(common.version)),
                Value::Bytes(&prepared.fingerprint),
                Value::Bytes(&prepared.raw),
                first,
                second,
                third,
            ]);
        }
        R::TABLE.write_new(&mut self.transaction, &new).await?;
        R::TABLE.write(&mut self.transaction, &known).await?;
        *(kind.written)(&mut self.applied) += changed.len() as u64;
        let external_ids = changed.iter().map(|(_, _, common, _)| &**common.external_id);
        self.forget_quarantine(external_ids, Some(&kind)).await
    }

    async fn glance_at_parts(
        &mut self,
        kind: &PartKind,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Glance>, StoreError> {
        let text = format!(
            "SELECT {} FROM {} WHERE {}",
            Glance::COLUMNS,
            kind.table,
            self.transaction.dialect().among_ids("id", 1)
        );
        let glances: Vec<Glance> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
        Ok(glances.into_iter().map(|glance| (glance.id, glance)).collect())
    }

    /// The stored task that each reference names; `None` where it has not arrived.
    async fn tasks_of_parts(
        &mut self,
        references: &[&TaskReference],
    ) -> Result<Vec<Option<Uuid>>, StoreError> {
        let by_id = |id: &ExternalId| self.names.task(id).0;
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

    /// Gives parts that came before their tasks to the tasks that have these keys.
    pub(super) async fn bind_waiting_parts(
        &mut self,
        tasks: HashMap<&str, Uuid>,
    ) -> Result<(), StoreError> {
        if tasks.is_empty() || !self.waiting.parts {
            return Ok(());
        }
        for kind in KINDS {
            self.bind_waiting(kind, &tasks).await?;
        }
        Ok(())
    }

    async fn bind_waiting(
        &mut self,
        kind: &PartKind,
        tasks: &HashMap<&str, Uuid>,
    ) -> Result<(), StoreError> {
        let text = format!(
            "SELECT {} FROM {} WHERE source = $1 AND task IS NULL AND {} ORDER BY {}, id",
            Waiting::COLUMNS,
            kind.table,
            self.transaction.dialect().among("task_key", 2),
            kind.moment
        );
        let keys = Texts(tasks.keys().map(|key| (*key).to_owned()).collect());
        let waiting: Vec<Waiting> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(keys)
                .fetch_all(connection)
                .await)?;
        let mut bound = BTreeSet::new();
        for part in waiting {
            let Some(task) = tasks.get(part.task_key.as_str()) else { continue };
            self.changes.push(NewChange {
                subject: Subject::Task(TaskId(*task)),
                field: kind.field.into(),
                before: None,
                after: Some(named(kind, part.id, part.updated_at)),
                actor: part.author.map(PersonId),
                occurred_at: Timestamp(part.updated_at),
                history_key: None,
            });
            bound.insert((part.task_key, *task));
        }
        for (key, task) in bound {
            let text = format!(
                "UPDATE {} SET task = $3 WHERE source = $1 AND task_key = $2 AND task IS NULL",
                kind.table
            );
            *(kind.written)(&mut self.applied) += execute!(
                self.transaction,
                sqlx::query(AssertSqlSafe(text)).bind(self.source.0).bind(key).bind(task)
            )?;
        }
        Ok(())
    }

    /// Removes what the tool no longer lists.
    pub(super) async fn part_sets(
        &mut self,
        kind: &PartKind,
        sets: &[PartSet],
    ) -> Result<(), StoreError> {
        if sets.is_empty() {
            return Ok(());
        }
        let kept: HashSet<Uuid> = sets
            .iter()
            .flat_map(|set| &set.parts)
            .map(|external_id| (kind.id)(self.source, external_id))
            .collect();
        let dialect = self.transaction.dialect();
        let PartKind { table, moment, .. } = kind;
        let text = format!(
            "SELECT id, task, updated_at FROM {table} WHERE {} ORDER BY {moment}, id",
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
                field: kind.field.into(),
                before: Some(named(kind, *id, *updated_at)),
                after: None,
                actor: None,
                occurred_at: self.now,
                history_key: None,
            });
        }
        let text = format!("DELETE FROM {table} WHERE {}", dialect.among_ids("id", 1));
        let ids = Ids(gone.iter().map(|(id, ..)| *id).collect());
        *(kind.written)(&mut self.applied) +=
            execute!(self.transaction, sqlx::query(AssertSqlSafe(text)).bind(ids))?;
        Ok(())
    }

    /// All parts of one task become parts of another.
    pub(super) async fn move_parts(&mut self, from: TaskId, to: TaskId) -> Result<(), StoreError> {
        for PartKind { table, .. } in KINDS {
            let text = format!("UPDATE {table} SET task = $2 WHERE task = $1");
            execute!(self.transaction, sqlx::query(AssertSqlSafe(text)).bind(from.0).bind(to.0))?;
        }
        Ok(())
    }
}

/// A part as the log names it.
fn named(kind: &PartKind, id: Uuid, updated_at: i64) -> Json {
    json!({ "id": (kind.shown)(id), "updatedAt": Timestamp(updated_at) })
}
