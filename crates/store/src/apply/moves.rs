//! Tasks that the tool now shows under another id. The older identity stays, with everything that
//! was said of it here; the new id leads to it.

use std::collections::HashSet;
use std::sync::Arc;

use mainstem_model::record::MoveRecord;
use mainstem_model::{Subject, TaskId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use crate::StoreError;
use crate::dialect::{Ids, execute, run};

impl Apply<'_> {
    pub(super) async fn moves(&mut self, moves: &[MoveRecord]) -> Result<(), StoreError> {
        if moves.is_empty() {
            return Ok(());
        }
        let ids = moves.iter().flat_map(|moved| [&moved.from, &moved.to]);
        let ids: Vec<Uuid> = ids.map(|id| self.names.task(id).0).collect();
        let stored = self.stored_tasks(ids).await?;
        for moved in moves {
            let (older, newer) = (self.names.task(&moved.from), self.names.task(&moved.to));
            // Where the older one never came to us, the newer one is a task like any other.
            if older != newer && stored.contains(&older.0) {
                if stored.contains(&newer.0) {
                    self.merge(newer, older).await?;
                }
                self.redirect(newer, older).await?;
            }
            self.moved.insert(self.names.task(&moved.to).0, Arc::clone(&moved.scope));
        }
        Ok(())
    }

    /// Which of these tasks are in the store.
    pub(super) async fn stored_tasks(
        &mut self,
        ids: Vec<Uuid>,
    ) -> Result<HashSet<Uuid>, StoreError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("SELECT id FROM task WHERE {among}");
        let ids: Vec<Uuid> = run!(self.transaction, connection =>
            sqlx::query_scalar(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
        Ok(ids.into_iter().collect())
    }

    /// Both were read as tasks of their own: `newer` becomes one with `older`. Its comments and
    /// worklogs go over; its fields come again with the record of the same batch, its links with their
    /// next reading.
    async fn merge(&mut self, newer: TaskId, older: TaskId) -> Result<(), StoreError> {
        const OWNED: &[&str] = &[
            "DELETE FROM link WHERE stated_by = $1",
            "DELETE FROM relation_reading WHERE task = $1",
            "DELETE FROM previous_key WHERE task = $1",
            "DELETE FROM task_detail WHERE task = $1",
            "DELETE FROM task WHERE id = $1",
        ];
        self.move_parts(newer, older).await?;
        for text in OWNED {
            execute!(self.transaction, sqlx::query(*text).bind(newer.0))?;
        }
        self.changes.push(NewChange {
            subject: Subject::Task(newer),
            field: "movedTo".into(),
            before: None,
            after: Some(older.to_string().into()),
            actor: None,
            occurred_at: self.now,
            history_key: None,
        });
        Ok(())
    }

    async fn redirect(&mut self, from: TaskId, to: TaskId) -> Result<(), StoreError> {
        const FOLLOW: &str = "UPDATE task_redirect SET to_id = $2 WHERE to_id = $1";
        const ADD: &str = "INSERT INTO task_redirect (from_id, to_id, source) VALUES ($1, $2, $3)
            ON CONFLICT (from_id) DO UPDATE SET to_id = excluded.to_id";
        execute!(self.transaction, sqlx::query(FOLLOW).bind(from.0).bind(to.0))?;
        execute!(self.transaction, sqlx::query(ADD).bind(from.0).bind(to.0).bind(self.source.0))?;
        self.names.redirect(from, to);
        Ok(())
    }
}
