//! Links of tasks to what lies outside their tool, all of a task's at once.

use std::collections::BTreeMap;

use mainstem_model::TaskId;
use mainstem_model::record::RemoteLinkSet;
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::quarantine::of_unknown;
use super::{Apply, diff};
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::decode::json;
use crate::dialect::{Ids, run};

const REMOTE_LINKS: Table = Table {
    name: "task_detail",
    key: "task",
    columns: &[("task", Kind::Id), ("remote_links", Kind::Text)],
    on_conflict: OnConflict::Update,
};

impl Apply<'_> {
    pub(super) async fn remote_links(&mut self, sets: &[RemoteLinkSet]) -> Result<(), StoreError> {
        if sets.is_empty() {
            return Ok(());
        }
        let sets: BTreeMap<Uuid, &RemoteLinkSet> =
            sets.iter().map(|set| (self.names.task(&set.task).0, set)).collect();
        let stored = self.stored_remote_links(sets.keys().copied().collect()).await?;
        let unknown = sets.iter().filter(|(task, _)| !stored.contains_key(task));
        let unknown: Vec<_> =
            unknown.map(|(_, set)| of_unknown(&set.task, "remotelinks")).collect();
        self.quarantine(&unknown).await?;

        let mut written = Vec::new();
        for (task, before) in stored {
            let Some(set) = sets.get(&task) else { continue };
            let after = if set.links.is_empty() { Json::Null } else { json!(set.links) };
            let text = (!after.is_null()).then(|| after.to_string());
            let change = diff::difference(TaskId(task), "remoteLinks", before, after, self.now);
            if let Some(change) = change {
                self.changes.push(change);
                self.applied.links_written += 1;
                written.push((task, text));
            }
        }
        let rows: Vec<_> = written
            .iter()
            .map(|(task, links)| [Value::Id(Some(*task)), Value::Text(links.as_deref())])
            .collect();
        REMOTE_LINKS.write(&mut self.transaction, &rows).await
    }

    /// The remote links of these tasks as they are stored, null where there are none.
    async fn stored_remote_links(
        &mut self,
        tasks: Vec<Uuid>,
    ) -> Result<BTreeMap<Uuid, Json>, StoreError> {
        let among = self.transaction.dialect().among_ids("task", 1);
        let text = format!("SELECT task, remote_links FROM task_detail WHERE {among}");
        let rows: Vec<(Uuid, Option<String>)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(tasks)).fetch_all(connection).await)?;
        let read = |(task, links): (Uuid, Option<String>)| {
            let place = || format!("task_detail.remote_links of {}", TaskId(task));
            Ok((task, json(links.as_deref(), place)?.unwrap_or(Json::Null)))
        };
        rows.into_iter().map(read).collect()
    }
}
