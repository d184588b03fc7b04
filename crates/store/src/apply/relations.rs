//! Links, and the parent of a task, as a closer reading of the task states them.

use std::collections::{BTreeMap, HashSet};

use mainstem_model::record::RelationRecord;
use mainstem_model::{Link, LinkId, LinkOrigin, TaskId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::quarantine::of_unknown;
use super::tasks::stored_parent;
use super::{Apply, diff};
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, row, run};
use crate::links::{Intervals, LINK, begins};

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
        let tasks = readings.iter().map(|(task, _)| task.id).collect();
        let intervals = self.transaction.intervals(&LINK, "origin = 'NATIVE'", tasks).await?;
        let (now, source) = (self.now, self.source);
        let none = Intervals::new();
        let mut changes = Vec::new();
        let mut added = Vec::new();
        for (task, record) in readings {
            let known = intervals.get(&task.id).unwrap_or(&none);
            let mut stated: HashSet<LinkId> = HashSet::new();
            for link in &record.links {
                let (from, to) = (self.names.link_end(&link.from), self.names.link_end(&link.to));
                let origin = LinkOrigin::Native;
                let (kind, confidence) = (link.kind, 1.0);
                let id =
                    LinkId::of(kind.as_str(), origin.as_str(), &from.identity(), &to.identity());
                if !stated.insert(id) {
                    continue;
                }
                let Some(since) = begins(known.get(&id.0), link.since, now) else { continue };
                let (stated_by, evidence, until) = (TaskId(task.id), Vec::new(), None);
                added.push(Link {
                    id,
                    kind,
                    from,
                    to,
                    origin,
                    confidence,
                    stated_by,
                    source,
                    evidence,
                    since,
                    until,
                });
            }
            let ended = known.values().flatten().filter(|interval| {
                interval.until_at.is_none()
                    && record.kinds.iter().any(|kind| kind.as_str() == interval.kind)
                    && !stated.contains(&LinkId(interval.id))
            });
            for interval in ended {
                changes.push(self.transaction.end_link(&LINK, interval, now).await?);
            }
        }
        changes.extend(self.transaction.add_links(&LINK, &added).await?);
        self.applied.links_written += changes.len() as u64;
        self.changes.extend(changes);
        Ok(())
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
