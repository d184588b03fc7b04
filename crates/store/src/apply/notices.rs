//! Mail about items of other sources. It is stored whether or not the item is; the log tells of it on
//! each task that it stands on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstem_model::record::{NoticeKind, NoticeRecord, NoticeSet};
use mainstem_model::{CommentId, NoticeId, SourceId, Subject, TaskId, Timestamp};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use super::fingerprint::{Fingerprint, of_notice};
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Texts, execute, row, run};
use crate::notices::{REPLY, REPLY_TO_TOOL, TOLD};
use crate::overheard::Overheard;
use crate::{Located, StoreError};

const NOTICE: Table = Table {
    name: "notice",
    key: "id",
    columns: &[
        ("id", Kind::Id),
        ("source", Kind::Id),
        ("mail_group", Kind::Text),
        ("site", Kind::Text),
        ("item_key", Kind::Text),
        ("kind", Kind::Text),
        ("event", Kind::Text),
        ("actor", Kind::Text),
        ("author", Kind::Id),
        ("body", Kind::Text),
        ("sent_at", Kind::Number),
        ("seen_at", Kind::Number),
        ("url", Kind::Text),
        ("version", Kind::Number),
        ("content_hash", Kind::Bytes),
    ],
    on_conflict: OnConflict::Replace,
};

row! {
    /// Enough of a stored notice to tell whether a record differs from it, and to tell that it goes.
    #[derive(Clone)]
    StoredNotice {
        id: Uuid,
        kind: String,
        sent_at: i64,
        version: i64,
        content_hash: Vec<u8>,
        recorded_as: Option<Uuid>,
    }
}

/// A record of the batch.
struct Candidate<'r> {
    group: &'r str,
    record: &'r NoticeRecord,
    fingerprint: Fingerprint,
}

/// The tasks that notices stand on, by kind.
type Standing = HashMap<&'static str, BTreeMap<Uuid, BTreeSet<Uuid>>>;

impl Apply<'_> {
    pub(super) async fn notices(
        &mut self,
        sets: &[NoticeSet],
        located: &[Located],
    ) -> Result<(), StoreError> {
        if sets.is_empty() {
            return Ok(());
        }
        let stored = self.stored_notices(sets).await?;
        let mut candidates: BTreeMap<Uuid, Candidate<'_>> = BTreeMap::new();
        for NoticeSet { group, notices } in sets {
            candidates.extend(notices.iter().map(|record| {
                let fingerprint = of_notice(record);
                (notice_id(self.source, record), Candidate { group, record, fingerprint })
            }));
        }
        let gone: Vec<&StoredNotice> =
            stored.values().filter(|stored| !candidates.contains_key(&stored.id)).collect();
        candidates.retain(|id, candidate| {
            stored.get(id).is_none_or(|stored| {
                stored.version <= candidate.record.version
                    && stored.content_hash != candidate.fingerprint
            })
        });
        if gone.is_empty() && candidates.is_empty() {
            return Ok(());
        }
        let changed = candidates.keys().filter_map(|id| stored.get(id));
        let shown =
            gone.iter().copied().chain(changed).filter(|stored| stored.recorded_as.is_none());
        let before = self.standing(shown.map(|stored| (kind_of(&stored.kind), stored.id))).await?;
        self.write_notices(&candidates).await?;
        self.remove_notices(gone.iter().map(|stored| stored.id).collect()).await?;
        let shown = |id: &Uuid| stored.get(id).is_none_or(|stored| stored.recorded_as.is_none());
        let written = candidates.iter().filter(|(id, _)| shown(id));
        let written = written.map(|(id, candidate)| (word(&candidate.record.kind), *id));
        let mut after = self.standing(written).await?;
        if let Some(answers) = after.get_mut(REPLY) {
            let tasks = answers.values().flatten().copied().collect();
            let recorded = self.find_recorded(tasks).await?;
            answers.retain(|id, _| !recorded.contains_key(id));
        }
        for stored in &gone {
            self.log_notice(kind_of(&stored.kind), stored.id, &before, &after, Some(stored), None);
        }
        let mut in_order: Vec<_> = candidates.iter().collect();
        in_order.sort_by_key(|(id, candidate)| (candidate.record.sent_at, **id));
        for (id, candidate) in in_order {
            let (kind, record) = (word(&candidate.record.kind), candidate.record);
            let mut stored = stored.get(id);
            if let Some(other) = stored.take_if(|stored| stored.kind != kind) {
                let former = kind_of(&other.kind);
                self.log_notice(former, *id, &before, &after, Some(other), None);
            }
            self.log_notice(kind, *id, &before, &after, stored, Some(record));
        }
        self.applied.notices_written += (gone.len() + candidates.len()) as u64;
        self.ask_for_items(candidates.values().map(|candidate| candidate.record), located).await
    }

    /// Asks the sources of items for what these tell of them, once for each item.
    async fn ask_for_items<'r>(
        &mut self,
        told: impl Iterator<Item = &'r NoticeRecord>,
        located: &[Located],
    ) -> Result<(), StoreError> {
        let mut newest: HashMap<(&str, &str), Timestamp> = HashMap::new();
        // Of an answer that did not go to the tool the tool knows nothing.
        for record in told.filter(|record| word(&record.kind) != REPLY) {
            let sent_at = newest.entry((&record.site, &record.key)).or_insert(record.sent_at);
            *sent_at = record.sent_at.max(*sent_at);
        }
        let mut by_source: BTreeMap<SourceId, Vec<Overheard>> = BTreeMap::new();
        for Located { site, key, source, heard } in located {
            if let Some(sent_at) = newest.get(&(&**site, key.as_str())) {
                let told = Overheard { heard: heard.clone(), sent_at: *sent_at };
                by_source.entry(*source).or_default().push(told);
            }
        }
        for (source, overheard) in by_source {
            self.transaction.overhear(source, &overheard).await?;
        }
        Ok(())
    }

    /// What is stored of these groups.
    async fn stored_notices(
        &mut self,
        sets: &[NoticeSet],
    ) -> Result<BTreeMap<Uuid, StoredNotice>, StoreError> {
        let text = format!(
            "SELECT {} FROM notice WHERE source = $1 AND {}",
            StoredNotice::COLUMNS,
            self.transaction.dialect().among("mail_group", 2)
        );
        let groups = Texts(sets.iter().map(|set| set.group.clone()).collect());
        let rows: Vec<StoredNotice> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(groups)
                .fetch_all(connection)
                .await)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// The tasks that these notices stand on now. What is not shown stands on none.
    async fn standing(
        &mut self,
        notices: impl Iterator<Item = (&'static str, Uuid)>,
    ) -> Result<Standing, StoreError> {
        let mut by_kind: BTreeMap<&'static str, Vec<Uuid>> = BTreeMap::new();
        for (kind, id) in notices.filter(|(kind, _)| *kind != REPLY_TO_TOOL) {
            by_kind.entry(kind).or_default().push(id);
        }
        let mut standing = Standing::new();
        for (kind, ids) in by_kind {
            standing.insert(kind, self.transaction.tasks_of_notices(kind, ids).await?);
        }
        Ok(standing)
    }

    async fn write_notices(
        &mut self,
        candidates: &BTreeMap<Uuid, Candidate<'_>>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = candidates
            .iter()
            .map(|(id, Candidate { group, record, fingerprint })| {
                let (event, actor, author) = match &record.kind {
                    NoticeKind::Told { event, actor } => (event.as_deref(), actor.as_deref(), None),
                    NoticeKind::Reply { author } => (None, None, author.as_deref()),
                    NoticeKind::ReplyToTool => (None, None, None),
                };
                [
                    Value::Id(Some(*id)),
                    Value::Id(Some(self.source.0)),
                    Value::Text(Some(group)),
                    Value::Text(Some(&record.site)),
                    Value::Text(Some(&record.key)),
                    Value::Text(Some(word(&record.kind))),
                    Value::Text(event),
                    Value::Text(actor),
                    Value::Id(author.map(|author| self.names.person(author).0)),
                    Value::Text(Some(&record.body)),
                    Value::Number(Some(record.sent_at.0)),
                    Value::Number(Some(self.now.0)),
                    Value::Text(record.url.as_deref()),
                    Value::Number(Some(record.version)),
                    Value::Bytes(fingerprint),
                ]
            })
            .collect();
        NOTICE.write(&mut self.transaction, &rows).await
    }

    async fn remove_notices(&mut self, ids: Vec<Uuid>) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let among = self.transaction.dialect().among_ids("id", 1);
        let text = format!("DELETE FROM notice WHERE {among}");
        execute!(self.transaction, sqlx::query(AssertSqlSafe(text)).bind(Ids(ids)))?;
        Ok(())
    }

    /// Tells of a notice on each task that it stood or stands on.
    fn log_notice(
        &mut self,
        kind: &'static str,
        id: Uuid,
        before: &Standing,
        after: &Standing,
        stored: Option<&StoredNotice>,
        record: Option<&NoticeRecord>,
    ) {
        let on = |standing: &Standing| -> BTreeSet<Uuid> {
            standing.get(kind).and_then(|tasks| tasks.get(&id)).cloned().unwrap_or_default()
        };
        let (before, after) = (on(before), on(after));
        let author = match record.map(|record| &record.kind) {
            Some(NoticeKind::Reply { author: Some(author) }) => Some(self.names.person(author)),
            _ => None,
        };
        for task in before.union(&after) {
            let stood = stored.filter(|_| before.contains(task));
            let stands = record.filter(|_| after.contains(task));
            self.changes.push(NewChange {
                subject: Subject::Task(TaskId(*task)),
                field: field(kind).into(),
                before: stood.map(|stood| named(kind, id, Timestamp(stood.sent_at))),
                after: stands.map(|stands| named(kind, id, stands.sent_at)),
                actor: author.filter(|_| stood.is_none()),
                occurred_at: stands.map_or(self.now, |stands| stands.sent_at),
                history_key: None,
            });
        }
    }
}

/// An answer is a comment, and called like one.
fn notice_id(source: SourceId, record: &NoticeRecord) -> Uuid {
    match record.kind {
        NoticeKind::Told { .. } => source.notice(&record.external_id).0,
        NoticeKind::Reply { .. } | NoticeKind::ReplyToTool => source.comment(&record.external_id).0,
    }
}

const fn word(kind: &NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Told { .. } => TOLD,
        NoticeKind::Reply { .. } => REPLY,
        NoticeKind::ReplyToTool => REPLY_TO_TOOL,
    }
}

fn kind_of(word: &str) -> &'static str {
    [TOLD, REPLY].into_iter().find(|kind| *kind == word).unwrap_or(REPLY_TO_TOOL)
}

fn field(kind: &str) -> &'static str {
    if kind == REPLY { "comments" } else { "notices" }
}

/// A notice as the log names it.
pub(super) fn named(kind: &str, id: Uuid, sent_at: Timestamp) -> Json {
    let id = if kind == REPLY { CommentId(id).to_string() } else { NoticeId(id).to_string() };
    json!({ "id": id, "updatedAt": sent_at })
}
