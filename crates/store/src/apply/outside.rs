//! What a tool tells of a task apart from its payload, the whole of it at once: links to what lies
//! outside the tool, and the branch and the commits of a pull request.

use std::collections::BTreeMap;

use mainstem_model::TaskId;
use mainstem_model::record::{BranchRecord, CommitSet, ExternalId, RemoteLinkSet};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::quarantine::of_unknown;
use super::{Apply, diff};
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::decode::json;
use crate::dialect::{Ids, run};

/// A column of `task_detail` that holds JSON.
struct Column {
    name: &'static str,
    /// What is put aside in the quarantine.
    kind: &'static str,
    /// The field under which the log tells that it changed.
    field: &'static str,
    table: Table,
}

const fn table(columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name: "task_detail", key: "task", columns, on_conflict: OnConflict::Update }
}

const REMOTE_LINKS: Column = Column {
    name: "remote_links",
    kind: "remotelinks",
    field: "remoteLinks",
    table: table(&[("task", Kind::Id), ("remote_links", Kind::Text)]),
};

const BRANCH: Column = Column {
    name: "branch",
    kind: "branch",
    field: "branch",
    table: table(&[("task", Kind::Id), ("branch", Kind::Text)]),
};

const COMMITS: Column = Column {
    name: "commits",
    kind: "commits",
    field: "commits",
    table: table(&[("task", Kind::Id), ("commits", Kind::Text)]),
};

impl Apply<'_> {
    pub(super) async fn remote_links(&mut self, sets: &[RemoteLinkSet]) -> Result<(), StoreError> {
        let told = sets.iter().map(|set| (&set.task, list(&set.links)));
        self.outside(&REMOTE_LINKS, told.collect()).await
    }

    pub(super) async fn branches(&mut self, branches: &[BranchRecord]) -> Result<(), StoreError> {
        let told = branches.iter().map(|branch| (&branch.task, json!(branch.name)));
        self.outside(&BRANCH, told.collect()).await
    }

    pub(super) async fn commits(&mut self, sets: &[CommitSet]) -> Result<(), StoreError> {
        let told = sets.iter().map(|set| (&set.task, list(&set.commits)));
        self.outside(&COMMITS, told.collect()).await
    }

    async fn outside(
        &mut self,
        column: &Column,
        told: Vec<(&ExternalId, Json)>,
    ) -> Result<(), StoreError> {
        if told.is_empty() {
            return Ok(());
        }
        let mut told: BTreeMap<Uuid, (&ExternalId, Json)> = told
            .into_iter()
            .map(|(task, value)| (self.names.task(task).0, (task, value)))
            .collect();
        let stored = self.stored_outside(column, told.keys().copied().collect()).await?;
        let unknown = told.iter().filter(|(task, _)| !stored.contains_key(task));
        let unknown: Vec<_> = unknown.map(|(_, (task, _))| of_unknown(task, column.kind)).collect();
        self.quarantine(&unknown).await?;

        let mut written = Vec::new();
        for (task, before) in stored {
            let Some((_, after)) = told.remove(&task) else { continue };
            let text = (!after.is_null()).then(|| after.to_string());
            let change = diff::difference(TaskId(task), column.field, before, after, self.now);
            if let Some(change) = change {
                self.changes.push(change);
                self.applied.links_written += 1;
                written.push((task, text));
            }
        }
        let rows: Vec<_> = written
            .iter()
            .map(|(task, value)| [Value::Id(Some(*task)), Value::Text(value.as_deref())])
            .collect();
        column.table.write(&mut self.transaction, &rows).await
    }

    /// What is stored of these tasks, null where there is nothing.
    async fn stored_outside(
        &mut self,
        column: &Column,
        tasks: Vec<Uuid>,
    ) -> Result<BTreeMap<Uuid, Json>, StoreError> {
        let Column { name, .. } = column;
        let among = self.transaction.dialect().among_ids("task", 1);
        let text = format!("SELECT task, {name} FROM task_detail WHERE {among}");
        let rows: Vec<(Uuid, Option<String>)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(tasks)).fetch_all(connection).await)?;
        let read = |(task, value): (Uuid, Option<String>)| {
            let place = || format!("task_detail.{name} of {}", TaskId(task));
            Ok((task, json(value.as_deref(), place)?.unwrap_or(Json::Null)))
        };
        rows.into_iter().map(read).collect()
    }
}

/// A list as it is stored: an empty one is nothing.
fn list(items: &[impl Serialize]) -> Json {
    if items.is_empty() { Json::Null } else { json!(items) }
}
