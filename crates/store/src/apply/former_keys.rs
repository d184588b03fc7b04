//! Keys that tasks had before this store knew them, as the tool's history tells.

use std::collections::BTreeMap;

use mainstem_model::record::{Batch, HistoryChange, HistoryEntry};
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::tasks::{PREVIOUS_KEY, json_list, list_of_json};
use crate::StoreError;
use crate::bulk::Value;
use crate::dialect::{Ids, execute, run};

impl Apply<'_> {
    /// Adds the keys that the batch's histories tell of to their tasks, before those that this store
    /// saw for itself.
    pub(super) async fn former_keys(&mut self, batch: &Batch) -> Result<(), StoreError> {
        const SET: &str = "UPDATE task SET previous_keys = $2 WHERE id = $1";
        let of_tasks = batch.tasks.iter().map(|task| (&task.external_id, &task.history));
        let of_past = batch.histories.iter().map(|record| (&record.task, &record.entries));
        let mut told: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
        for (task, entries) in of_tasks.chain(of_past) {
            let keys: Vec<&str> = entries.iter().filter_map(key_before).collect();
            if !keys.is_empty() {
                told.insert(self.names.task(task).0, keys);
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("SELECT id, key, previous_keys FROM task WHERE {among} ORDER BY id");
        let ids = Ids(told.keys().copied().collect());
        let stored: Vec<(Uuid, String, String)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        let mut learned = Vec::new();
        for (id, key, previous) in stored {
            let known = list_of_json(&previous);
            let told = told.get(&id).into_iter().flatten().map(|key| (*key).to_owned());
            let mut keys: Vec<String> = Vec::new();
            for former in told.chain(known.iter().cloned()) {
                if former != key && !keys.contains(&former) {
                    keys.push(former);
                }
            }
            if keys != known {
                execute!(self.transaction, sqlx::query(SET).bind(id).bind(json_list(&keys)))?;
                learned.extend(keys.into_iter().map(|key| (id, key)));
            }
        }
        let source = self.source.0;
        let rows: Vec<_> = learned
            .iter()
            .map(|(id, key)| {
                [Value::Id(Some(source)), Value::Text(Some(key)), Value::Id(Some(*id))]
            })
            .collect();
        PREVIOUS_KEY.write(&mut self.transaction, &rows).await
    }
}

/// The key that a task had before this entry, where that is what it tells.
fn key_before(entry: &HistoryEntry) -> Option<&str> {
    match &entry.change {
        HistoryChange::Value { field: "key", before: Json::String(key), .. } => Some(key),
        _ => None,
    }
}
