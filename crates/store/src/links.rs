//! Links as they are written: each in intervals, one after the other, in which it held.

use std::collections::{BTreeMap, HashMap};

use mainstem_model::{Link, Subject, TaskId, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::StoreError;
use crate::apply::changes::NewChange;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Transaction, execute, row, run};

/// Links that are read from tools and texts.
pub(crate) const LINK: Table = table("link");
/// Links that were made here.
pub(crate) const DECLARED_LINK: Table = table("declared_link");

const fn table(name: &'static str) -> Table {
    Table {
        name,
        key: "stated_by, id, since_at",
        columns: &[
            ("stated_by", Kind::Id),
            ("id", Kind::Id),
            ("since_at", Kind::Number),
            ("until_at", Kind::Number),
            ("source", Kind::Id),
            ("kind", Kind::Text),
            ("from_task", Kind::Id),
            ("from_key", Kind::Text),
            ("from_site", Kind::Text),
            ("to_task", Kind::Id),
            ("to_key", Kind::Text),
            ("to_site", Kind::Text),
            ("origin", Kind::Text),
            ("confidence", Kind::Real),
            ("evidence", Kind::Text),
        ],
        on_conflict: OnConflict::Fail,
    }
}

row! {
    /// One interval in which a link held.
    Interval {
        stated_by: Uuid,
        id: Uuid,
        since_at: i64,
        until_at: Option<i64>,
        source: Uuid,
        kind: String,
        from_key: String,
        to_key: String,
        confidence: f64,
        evidence: String,
    }
}

/// The intervals of a task's links, by link, oldest first.
pub(crate) type Intervals = BTreeMap<Uuid, Vec<Interval>>;

/// When a link that is stated now began to hold; `None` where it holds already. One that came back
/// begins a new interval, after the end of the last one.
pub(crate) fn begins(
    known: Option<&Vec<Interval>>,
    told: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let last = known.and_then(|intervals| intervals.last());
    if last.is_some_and(|last| last.until_at.is_none()) {
        return None;
    }
    let ended = last.and_then(|last| last.until_at).unwrap_or(i64::MIN);
    let told = told.map(|since| since.0).filter(|since| *since > ended);
    Some(Timestamp(told.unwrap_or(now.0).max(ended.saturating_add(1))))
}

impl Transaction<'_> {
    /// Every interval of the links of such a condition on the table that these tasks state, by task.
    pub(crate) async fn intervals(
        &mut self,
        table: &Table,
        condition: &str,
        tasks: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Intervals>, StoreError> {
        let text = format!(
            "SELECT {} FROM {} WHERE {} AND {condition} ORDER BY since_at",
            Interval::COLUMNS,
            table.name,
            self.dialect().among_ids("stated_by", 1)
        );
        let rows: Vec<Interval> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(tasks)).fetch_all(connection).await)?;
        let mut intervals: HashMap<Uuid, Intervals> = HashMap::new();
        for row in rows {
            intervals.entry(row.stated_by).or_default().entry(row.id).or_default().push(row);
        }
        Ok(intervals)
    }

    /// Ends an interval; answers the entry of the log that says so.
    pub(crate) async fn end_link(
        &mut self,
        table: &Table,
        interval: &Interval,
        now: Timestamp,
    ) -> Result<NewChange, StoreError> {
        let text = format!(
            "UPDATE {} SET until_at = $4 WHERE stated_by = $1 AND id = $2 AND since_at = $3",
            table.name
        );
        // An interval is never shorter than nothing, even where the tool's clock is ahead of ours.
        let until = now.0.max(interval.since_at);
        execute!(
            self,
            sqlx::query(AssertSqlSafe(text))
                .bind(interval.stated_by)
                .bind(interval.id)
                .bind(interval.since_at)
                .bind(until)
        )?;
        let value = named(&interval.kind, &interval.from_key, &interval.to_key);
        Ok(entry(TaskId(interval.stated_by), Some(value), None, Timestamp(until)))
    }

    /// Writes new intervals; answers the entries of the log that tell of them.
    pub(crate) async fn add_links(
        &mut self,
        table: &Table,
        links: &[Link],
    ) -> Result<Vec<NewChange>, StoreError> {
        let evidence: Vec<String> =
            links.iter().map(|link| json!(link.evidence).to_string()).collect();
        let rows: Vec<_> = links
            .iter()
            .zip(&evidence)
            .map(|(link, evidence)| {
                [
                    Value::Id(Some(link.stated_by.0)),
                    Value::Id(Some(link.id.0)),
                    Value::Number(Some(link.since.0)),
                    Value::Number(link.until.map(|until| until.0)),
                    Value::Id(Some(link.source.0)),
                    Value::Text(Some(link.kind.as_str())),
                    Value::Id(link.from.task.map(|id| id.0)),
                    Value::Text(Some(&link.from.key)),
                    Value::Text(link.from.site.as_deref()),
                    Value::Id(link.to.task.map(|id| id.0)),
                    Value::Text(Some(&link.to.key)),
                    Value::Text(link.to.site.as_deref()),
                    Value::Text(Some(link.origin.as_str())),
                    Value::Real(link.confidence),
                    Value::Text(Some(evidence)),
                ]
            })
            .collect();
        table.write(self, &rows).await?;
        let told = |link: &Link| {
            let value = named(link.kind.as_str(), &link.from.key, &link.to.key);
            entry(link.stated_by, None, Some(value), link.since)
        };
        Ok(links.iter().map(told).collect())
    }
}

/// A link as the log names it.
pub(crate) fn named(kind: &str, from: &str, to: &str) -> Json {
    json!({ "kind": kind, "from": from, "to": to })
}

/// What the log says of a link of a task.
pub(crate) fn entry(
    task: TaskId,
    before: Option<Json>,
    after: Option<Json>,
    at: Timestamp,
) -> NewChange {
    NewChange {
        subject: Subject::Task(task),
        field: "links".into(),
        before,
        after,
        actor: None,
        occurred_at: at,
        history_key: None,
    }
}
