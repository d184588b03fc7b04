//! When tasks that were finished were opened again, as the changes of a batch tell it: those that were
//! seen, and those that the tool's own history tells late.

use std::collections::HashMap;

use mainstem_model::{StatusCategory, Subject, Timestamp};
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, run};

const REOPENED: Table = Table {
    name: "task",
    key: "id",
    columns: &[("id", Kind::Id), ("reopened_at", Kind::Number)],
    on_conflict: OnConflict::Update,
};

impl Apply<'_> {
    /// Notes when tasks were last opened again, in whatever order that is told.
    pub(super) async fn reopened(&mut self) -> Result<(), StoreError> {
        let mut told: HashMap<Uuid, Timestamp> = HashMap::new();
        for (task, at) in self.changes.iter().filter_map(reopening) {
            let last = told.entry(task).or_insert(at);
            *last = at.max(*last);
        }
        if told.is_empty() {
            return Ok(());
        }
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("SELECT id, reopened_at FROM task WHERE {among}");
        let ids = Ids(told.keys().copied().collect());
        let stored: Vec<(Uuid, Option<i64>)> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        let rows: Vec<_> = stored
            .into_iter()
            .map(|(task, known)| (task, known, told.get(&task).map(|at| at.0)))
            .filter(|(_, known, last)| last > known)
            .map(|(task, _, last)| [Value::Id(Some(task)), Value::Number(last)])
            .collect();
        REOPENED.write(&mut self.transaction, &rows).await
    }
}

/// The task that a change opens again, and when.
fn reopening(change: &NewChange) -> Option<(Uuid, Timestamp)> {
    let Subject::Task(task) = change.subject else { return None };
    let is_open = |status: &Option<Json>| {
        let category = status.as_ref()?.get("category")?.as_str()?;
        StatusCategory::from_word(category).map(StatusCategory::is_open)
    };
    let opens = change.field == "status"
        && is_open(&change.before) == Some(false)
        && is_open(&change.after) == Some(true);
    opens.then_some((task.0, change.occurred_at))
}
