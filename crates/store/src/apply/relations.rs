//! Links, and the parent of a task, as a closer reading of the task states them.

use std::collections::{BTreeMap, HashMap, HashSet};

use mainstem_model::record::{Inference, LinkRecord, RelationRecord};
use mainstem_model::{
    Evidence, LinkEnd, LinkId, LinkOrigin, LinkReview, Subject, TaskId, Timestamp,
};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::changes::NewChange;
use super::quarantine::of_unknown;
use super::tasks::{json_list, stored_parent};
use super::{Apply, diff};
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, execute, row, run};

const LINK: Table = Table {
    name: "link",
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
        ("to_task", Kind::Id),
        ("to_key", Kind::Text),
        ("origin", Kind::Text),
        ("confidence", Kind::Real),
        ("review", Kind::Text),
        ("evidence", Kind::Text),
    ],
    on_conflict: OnConflict::Fail,
};

const READING: Table = Table {
    name: "relation_reading",
    key: "task",
    columns: &[("task", Kind::Id), ("version", Kind::Number)],
    on_conflict: OnConflict::Replace,
};

const PARENT: Table = Table {
    name: "task",
    key: "id",
    columns: &[("id", Kind::Id), ("parent_task", Kind::Id), ("parent_key", Kind::Text)],
    on_conflict: OnConflict::Update,
};

row! {
    /// What is stored of a task that a reading is about.
    Stated {
        id: Uuid,
        reading: Option<i64>,
        census_token: Option<String>,
        parent_task: Option<Uuid>,
        parent_key: Option<String>,
    }
}

row! {
    /// One interval in which a link held.
    Interval {
        stated_by: Uuid,
        id: Uuid,
        since_at: i64,
        until_at: Option<i64>,
        kind: String,
        from_key: String,
        to_key: String,
    }
}

/// A link as a reading states it.
struct NewLink<'r> {
    stated_by: TaskId,
    id: LinkId,
    since_at: i64,
    record: &'r LinkRecord,
    from: LinkEnd,
    to: LinkEnd,
}

impl Apply<'_> {
    pub(super) async fn relations(&mut self, records: &[RelationRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut readings: BTreeMap<Uuid, &RelationRecord> = BTreeMap::new();
        for record in records {
            let known = readings.entry(self.names.task(&record.task).0).or_insert(record);
            if known.version <= record.version {
                *known = record;
            }
        }
        let stated = self.stated(readings.keys().copied().collect()).await?;
        self.refuse_unknown(&readings, &stated).await?;
        // An older reading never wins.
        let current: Vec<(&Stated, &RelationRecord)> = stated
            .values()
            .filter_map(|task| readings.get(&task.id).map(|record| (task, *record)))
            .filter(|(task, record)| task.reading.is_none_or(|version| version <= record.version))
            .collect();
        self.links(&current).await?;
        self.parents(&current).await?;
        let tokens: Vec<_> = current
            .iter()
            .filter(|(task, record)| {
                record.census_token.is_some() && record.census_token != task.census_token
            })
            .map(|(task, record)| (task.id, record.census_token.clone()))
            .collect();
        self.write_census_tokens(&tokens).await?;
        let versions = |of: fn(&Stated, &RelationRecord) -> bool| {
            let read = current.iter().filter(move |(task, record)| of(task, record));
            let rows = read.map(|(task, record)| {
                [Value::Id(Some(task.id)), Value::Number(Some(record.version))]
            });
            rows.collect()
        };
        let first: Vec<_> = versions(|task, _| task.reading.is_none());
        let later: Vec<_> =
            versions(|task, record| task.reading.is_some_and(|version| version != record.version));
        READING.write_new(&mut self.transaction, &first).await?;
        READING.write(&mut self.transaction, &later).await
    }

    async fn stated(&mut self, ids: Vec<Uuid>) -> Result<BTreeMap<Uuid, Stated>, StoreError> {
        let text = format!(
            "SELECT {} FROM task
             LEFT JOIN (SELECT task, version AS reading FROM relation_reading) last
                 ON last.task = task.id
             WHERE {}",
            Stated::COLUMNS,
            self.transaction.dialect().among_ids("id", 1)
        );
        let rows: Vec<Stated> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Links of a task that is not in the store have nothing to hang on.
    async fn refuse_unknown(
        &mut self,
        readings: &BTreeMap<Uuid, &RelationRecord>,
        stated: &BTreeMap<Uuid, Stated>,
    ) -> Result<(), StoreError> {
        let unknown: Vec<_> = readings
            .iter()
            .filter(|(id, _)| !stated.contains_key(id))
            .map(|(_, record)| of_unknown(&record.task, "relations"))
            .collect();
        self.quarantine(&unknown).await
    }

    async fn links(&mut self, readings: &[(&Stated, &RelationRecord)]) -> Result<(), StoreError> {
        let intervals = self.intervals(readings.iter().map(|(task, _)| task.id).collect()).await?;
        let mut added = Vec::new();
        for (task, record) in readings {
            let none = BTreeMap::new();
            let known = intervals.get(&task.id).unwrap_or(&none);
            let stated_by = TaskId(task.id);
            let mut stated: HashSet<Uuid> = HashSet::new();
            for link in &record.links {
                let (from, to) = (self.names.link_end(&link.from), self.names.link_end(&link.to));
                let origin = origin(link).as_str();
                let id = LinkId::of(link.kind.as_str(), origin, &from.identity(), &to.identity());
                if !stated.insert(id.0) {
                    continue;
                }
                let last = known.get(&id.0).and_then(|intervals| intervals.last());
                if last.is_some_and(|last| last.until_at.is_none()) {
                    continue;
                }
                // A link that came back begins a new interval, after the end of the last one.
                let ended = last.and_then(|last| last.until_at).unwrap_or(i64::MIN);
                let told = link.since.map(|since| since.0).filter(|since| *since > ended);
                let since_at = told.unwrap_or(self.now.0).max(ended.saturating_add(1));
                added.push(NewLink { stated_by, id, since_at, record: link, from, to });
            }
            let kinds: Vec<_> = record.kinds.iter().map(|kind| kind.as_str()).collect();
            let ended = known.values().flatten().filter(|interval| {
                interval.until_at.is_none()
                    && kinds.contains(&interval.kind.as_str())
                    && !stated.contains(&interval.id)
            });
            for interval in ended {
                self.end_link(interval).await?;
            }
        }
        self.add_links(&added).await
    }

    /// Every interval of the links that these tasks state, by task and link, oldest first.
    async fn intervals(
        &mut self,
        tasks: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, BTreeMap<Uuid, Vec<Interval>>>, StoreError> {
        let text = format!(
            "SELECT {} FROM link WHERE {} AND origin <> 'DECLARED' ORDER BY since_at",
            Interval::COLUMNS,
            self.transaction.dialect().among_ids("stated_by", 1)
        );
        let rows: Vec<Interval> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(tasks)).fetch_all(connection).await)?;
        let mut intervals: HashMap<Uuid, BTreeMap<Uuid, Vec<Interval>>> = HashMap::new();
        for row in rows {
            intervals.entry(row.stated_by).or_default().entry(row.id).or_default().push(row);
        }
        Ok(intervals)
    }

    async fn end_link(&mut self, interval: &Interval) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE link SET until_at = $4
            WHERE stated_by = $1 AND id = $2 AND since_at = $3";
        // An interval is never shorter than nothing, even where the tool's clock is ahead of ours.
        let until = self.now.0.max(interval.since_at);
        execute!(
            self.transaction,
            sqlx::query(TEXT)
                .bind(interval.stated_by)
                .bind(interval.id)
                .bind(interval.since_at)
                .bind(until)
        )?;
        let value = named(&interval.kind, &interval.from_key, &interval.to_key);
        self.log_link(TaskId(interval.stated_by), Some(value), None, until);
        Ok(())
    }

    async fn add_links(&mut self, links: &[NewLink<'_>]) -> Result<(), StoreError> {
        for link in links {
            let value = named(link.record.kind.as_str(), &link.from.key, &link.to.key);
            self.log_link(link.stated_by, None, Some(value), link.since_at);
        }
        let seen_at = self.now;
        let evidence: Vec<String> =
            links.iter().map(|link| json_list(&evidence(link.record, seen_at))).collect();
        let rows: Vec<_> = links
            .iter()
            .zip(&evidence)
            .map(|(link, evidence)| {
                let inference = link.record.inference.as_ref();
                [
                    Value::Id(Some(link.stated_by.0)),
                    Value::Id(Some(link.id.0)),
                    Value::Number(Some(link.since_at)),
                    Value::Number(None),
                    Value::Id(Some(self.source.0)),
                    Value::Text(Some(link.record.kind.as_str())),
                    Value::Id(link.from.task.map(|id| id.0)),
                    Value::Text(Some(&link.from.key)),
                    Value::Id(link.to.task.map(|id| id.0)),
                    Value::Text(Some(&link.to.key)),
                    Value::Text(Some(origin(link.record).as_str())),
                    Value::Real(inference.map_or(1.0, |inference| inference.confidence)),
                    Value::Text(Some(LinkReview::Unreviewed.as_str())),
                    Value::Text(Some(evidence)),
                ]
            })
            .collect();
        LINK.write(&mut self.transaction, &rows).await
    }

    fn log_link(&mut self, task: TaskId, before: Option<Json>, after: Option<Json>, at: i64) {
        self.applied.links_written += 1;
        self.changes.push(NewChange {
            subject: Subject::Task(task),
            field: "links".into(),
            before,
            after,
            actor: None,
            occurred_at: Timestamp(at),
            history_key: None,
        });
    }

    async fn parents(&mut self, readings: &[(&Stated, &RelationRecord)]) -> Result<(), StoreError> {
        let mut written = Vec::new();
        for (task, record) in readings {
            let before = stored_parent(task.parent_task, task.parent_key.as_deref());
            let after = self.names.parent(&record.parent, before.clone());
            let change =
                diff::of_parent(TaskId(task.id), before.as_ref(), after.as_ref(), self.now);
            if let Some(change) = change {
                self.changes.push(change);
                self.applied.links_written += 1;
                written.push((task.id, after));
            }
        }
        let rows: Vec<_> = written
            .iter()
            .map(|(task, parent)| {
                let parent = parent.as_ref();
                [
                    Value::Id(Some(*task)),
                    Value::Id(parent.and_then(|end| end.task).map(|id| id.0)),
                    Value::Text(parent.map(|end| end.key.as_str())),
                ]
            })
            .collect();
        PARENT.write(&mut self.transaction, &rows).await
    }
}

fn origin(link: &LinkRecord) -> LinkOrigin {
    if link.inference.is_some() { LinkOrigin::Inferred } else { LinkOrigin::Native }
}

/// Why a link is believed, where the tool does not say it by itself.
fn evidence(link: &LinkRecord, seen_at: Timestamp) -> Vec<Evidence> {
    let of = |inference: &Inference| Evidence {
        quote: inference.quote.clone(),
        url: inference.url.clone(),
        seen_at,
    };
    link.inference.iter().map(of).collect()
}

/// A link as the log names it.
fn named(kind: &str, from: &str, to: &str) -> Json {
    json!({ "kind": kind, "from": from, "to": to })
}
