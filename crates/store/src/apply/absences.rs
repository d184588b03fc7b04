//! Tasks that the tool no longer shows. They stay, with what the tool said of their absence; a record
//! that shows one again makes it present again.

use std::collections::BTreeMap;

use mainstem_model::record::Batch;
use mainstem_model::{Presence, TaskId};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Apply, diff};
use crate::StoreError;
use crate::dialect::{Ids, execute, run};

impl Apply<'_> {
    pub(super) async fn absences(&mut self, batch: &Batch) -> Result<(), StoreError> {
        const SET: &str = "UPDATE task SET presence = $2 WHERE id = $1";
        let mut absent: BTreeMap<Uuid, Presence> = BTreeMap::new();
        if let Some(presence) = batch.scope_absence {
            absent.extend(self.shown_in_scope().await?.into_iter().map(|id| (id, presence)));
        }
        let each = batch.absences.iter();
        absent.extend(each.map(|record| (self.names.task(&record.task).0, record.presence)));
        if absent.is_empty() {
            return Ok(());
        }
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("SELECT id, presence FROM task WHERE {among} ORDER BY id");
        let ids = Ids(absent.keys().copied().collect());
        let stored: Vec<(Uuid, String)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        for (id, before) in stored {
            let Some(after) = absent.get(&id).map(|presence| presence.as_str()) else { continue };
            let change =
                diff::difference(TaskId(id), "presence", json!(before), json!(after), self.now);
            if let Some(change) = change {
                self.changes.push(change);
                self.applied.tasks_changed += 1;
                execute!(self.transaction, sqlx::query(SET).bind(id).bind(after))?;
            }
        }
        Ok(())
    }

    async fn shown_in_scope(&mut self) -> Result<Vec<Uuid>, StoreError> {
        const SHOWN: &str =
            "SELECT id FROM task WHERE source = $1 AND scope = $2 AND presence = 'PRESENT'";
        let scope = self.context.scope;
        Ok(run!(self.transaction, connection =>
            sqlx::query_scalar(SHOWN)
                .bind(self.source.0)
                .bind(scope)
                .fetch_all(connection)
                .await)?)
    }
}
