//! The queue of what should be fetched.

use std::collections::{BTreeMap, BTreeSet};

use mainstem_model::record::{Depth, Hint};
use mainstem_model::{ChangeCause, SourceId, TaskId, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Numbers, Texts, Transaction, execute, read, row, run};
use crate::nul::without_nul;
use crate::quarantine::Entry;
use crate::{Lease, QueuedHint, Store, StoreError, quarantine};

/// A hint that was taken so often without an answer is parked.
const ATTEMPTS: i64 = 5;

/// When a parked hint is due: never, unless a census or another hint for the same brings it back.
const PARKED: i64 = i64::MAX;

/// How long a hint that was taken waits before it is taken again: longer with each attempt.
const PUT_OFF_SECONDS: i64 = 60;

/// How long something waits that a webhook names while it is being read: however often a tool calls, it
/// is not read more often than that.
const PAUSE_SECONDS: i64 = 5;

const HINT: Table = Table {
    name: "hint",
    key: "source, scope, locator, depth",
    columns: &[
        ("source", Kind::Id),
        ("scope", Kind::Text),
        ("external_id", Kind::Text),
        ("locator", Kind::Text),
        ("depth", Kind::Text),
        ("cause", Kind::Text),
        ("attempts", Kind::Number),
        ("due_at", Kind::Number),
        ("told_at", Kind::Number),
    ],
    on_conflict: OnConflict::Keep,
};

const PUT_OFF: Table = Table {
    name: "hint",
    key: "id",
    columns: &[("id", Kind::Number), ("attempts", Kind::Number), ("due_at", Kind::Number)],
    on_conflict: OnConflict::Update,
};

row! {
    /// A hint as its table holds it.
    HintRow {
        id: i64,
        scope: String,
        external_id: Option<String>,
        locator: String,
        depth: String,
        attempts: i64,
    }
}

impl Store {
    /// Adds hints of our own to a source's queue; one that waits already is not doubled. What a tool
    /// tells comes in by [`Store::hear`].
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn push_hints(
        &self,
        source: SourceId,
        scope: &str,
        hints: &[Hint],
    ) -> Result<(), StoreError> {
        let hints = without_nul(hints);
        let mut transaction = self.begin().await?;
        transaction.push_hints(source, scope, &hints, ChangeCause::Sync, None).await?;
        transaction.commit().await
    }

    /// The sources that have hints to be taken now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hinted_sources(&self) -> Result<BTreeSet<SourceId>, StoreError> {
        const TEXT: &str = "SELECT id FROM source WHERE EXISTS (
            SELECT 1 FROM hint
            WHERE hint.source = source.id AND cause IN ('SYNC', 'WEBHOOK') AND due_at <= $1)";
        let now = self.now();
        let ids: Vec<Uuid> = read!(self, pool =>
            sqlx::query_scalar(TEXT).bind(now.0).fetch_all(pool).await)?;
        Ok(ids.into_iter().map(SourceId).collect())
    }

    /// What was told, by a webhook or a mail, and not yet read: of which sources, of which task where it
    /// is stored, and since when. A few thousand at most, for it is looked at all the time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unread_news(
        &self,
    ) -> Result<Vec<(SourceId, Option<TaskId>, Timestamp)>, StoreError> {
        const TEXT: &str = "SELECT source, external_id, MIN(told_at) FROM hint
            WHERE told_at IS NOT NULL GROUP BY source, external_id
            ORDER BY source, external_id LIMIT 5000";
        let rows: Vec<(Uuid, Option<String>, i64)> =
            read!(self, pool => sqlx::query_as(TEXT).fetch_all(pool).await)?;
        let read = |(source, external_id, told_at): (Uuid, Option<String>, i64)| {
            let source = SourceId(source);
            (source, external_id.map(|id| source.task(&id)), Timestamp(told_at))
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The hints of one cause that are due, oldest first, all of one depth. Taking them counts an attempt and
    /// puts them off, in a commit of its own, so that one that kills the process is seen; after
    /// five attempts a hint is parked and shown in quarantine until the next census revives it.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn take_hints(
        &self,
        lease: &Lease,
        source: SourceId,
        cause: ChangeCause,
        limit: usize,
    ) -> Result<Vec<QueuedHint>, StoreError> {
        let now = self.now();
        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        transaction.park_hints(source, cause, now).await?;
        let due = transaction.due_hints(source, cause, now, limit).await?;
        let rows: Vec<_> = due
            .iter()
            .map(|hint| {
                let again = now.plus_seconds(PUT_OFF_SECONDS << hint.attempts.min(ATTEMPTS));
                [hint.id, hint.attempts + 1, again.0].map(|number| Value::Number(Some(number)))
            })
            .collect();
        PUT_OFF.write(&mut transaction, &rows).await?;
        transaction.commit().await?;
        due.into_iter().map(QueuedHint::try_from).collect()
    }
}

impl TryFrom<HintRow> for QueuedHint {
    type Error = StoreError;

    /// As it is after it was taken.
    fn try_from(row: HintRow) -> Result<Self, StoreError> {
        let depth = depth_of(&row.depth).ok_or_else(|| StoreError::Inconsistent {
            place: format!("hint.depth of {}", row.id),
            reason: format!("{:?} is no depth", row.depth),
        })?;
        let hint =
            Hint { external_id: row.external_id.map(Into::into), locator: row.locator, depth };
        let attempts = u32::try_from(row.attempts + 1).unwrap_or(u32::MAX);
        Ok(Self { id: row.id, scope: row.scope, hint, attempts })
    }
}

impl Transaction<'_> {
    /// Adds hints to a source's queue. One that waits untaken stays as it is, unless a webhook now asks for
    /// what only we had asked for. One that was taken is put in anew under a new id: whoever took it may
    /// have asked the tool before what this hint is about happened, and its answer must not take this one
    /// away. `told_at` is when somebody told of what the hints ask for: until they are answered, that is
    /// how far we are behind.
    pub(crate) async fn push_hints(
        &mut self,
        source: SourceId,
        scope: &str,
        hints: &[Hint],
        cause: ChangeCause,
        told_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let now = self.store.now();
        let mut by_depth = BTreeMap::<Depth, BTreeMap<&str, &Hint>>::new();
        for hint in hints {
            by_depth.entry(hint.depth).or_default().insert(&hint.locator, hint);
        }
        for (depth, hints) in by_depth {
            let taken = self.replaced(source, scope, depth, hints.keys().copied(), cause).await?;
            let rows: Vec<_> = hints
                .into_values()
                .map(|hint| {
                    let waits = cause == ChangeCause::Webhook && taken.contains(&hint.locator);
                    let due_at = if waits { now.plus_seconds(PAUSE_SECONDS) } else { now };
                    [
                        Value::Id(Some(source.0)),
                        Value::Text(Some(scope)),
                        Value::Text(hint.external_id.as_deref()),
                        Value::Text(Some(&hint.locator)),
                        Value::Text(Some(depth_word(depth))),
                        Value::Text(Some(cause.as_str())),
                        Value::Number(Some(0)),
                        Value::Number(Some(due_at.0)),
                        Value::Number(told_at.map(|at| at.0)),
                    ]
                })
                .collect();
            HINT.write(self, &rows).await?;
        }
        Ok(())
    }

    /// Removes the hints that hints of this cause replace. Answers which of them had been taken.
    async fn replaced(
        &mut self,
        source: SourceId,
        scope: &str,
        depth: Depth,
        locators: impl Iterator<Item = &str>,
        cause: ChangeCause,
    ) -> Result<BTreeSet<String>, StoreError> {
        let text = format!(
            "DELETE FROM hint WHERE source = $1 AND scope = $2 AND depth = $3 AND {}
                AND (attempts > 0 OR (cause <> $5 AND $5 = 'WEBHOOK'))
             RETURNING locator, attempts",
            self.dialect().among("locator", 4)
        );
        let removed: Vec<(String, i64)> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(source.0)
                .bind(scope)
                .bind(depth_word(depth))
                .bind(Texts(locators.map(str::to_owned).collect()))
                .bind(cause.as_str())
                .fetch_all(connection)
                .await)?;
        let taken = removed.into_iter().filter(|(_, attempts)| *attempts > 0);
        Ok(taken.map(|(locator, _)| locator).collect())
    }

    /// Takes hints that were answered out of the queue.
    pub(crate) async fn drop_hints(&mut self, answered: &[i64]) -> Result<(), StoreError> {
        if answered.is_empty() {
            return Ok(());
        }
        let text = format!("DELETE FROM hint WHERE {}", self.dialect().among("id", 1));
        let answered = Numbers(answered.to_vec());
        execute!(self, sqlx::query(AssertSqlSafe(text)).bind(answered))?;
        Ok(())
    }

    /// Parks hints that nothing answered, and shows them in quarantine.
    async fn park_hints(
        &mut self,
        source: SourceId,
        cause: ChangeCause,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let text = format!(
            "SELECT {} FROM hint
             WHERE source = $1 AND cause = $2 AND due_at <= $3 AND attempts >= $4 ORDER BY id",
            HintRow::COLUMNS
        );
        let exhausted: Vec<HintRow> = run!(self, connection => sqlx::query_as(AssertSqlSafe(text))
            .bind(source.0)
            .bind(cause.as_str())
            .bind(now.0)
            .bind(ATTEMPTS)
            .fetch_all(connection)
            .await)?;
        if exhausted.is_empty() {
            return Ok(());
        }
        for hint in &exhausted {
            let reason = format!(
                "asked for {ATTEMPTS} times without an answer ({} of {})",
                hint.depth, hint.locator
            );
            let entry = Entry {
                kind: "hint",
                external_id: hint.external_id.as_deref().unwrap_or(&hint.locator),
                reason: &reason,
                payload_hash: [0; 16],
                raw: Vec::new(),
            };
            quarantine::write(self, source, &hint.scope, now, &[entry]).await?;
        }
        let text = format!("UPDATE hint SET due_at = $2 WHERE {}", self.dialect().among("id", 1));
        let parked = Numbers(exhausted.iter().map(|hint| hint.id).collect());
        execute!(self, sqlx::query(AssertSqlSafe(text)).bind(parked).bind(PARKED))?;
        Ok(())
    }

    /// Gives the parked hints of a scope another chance: what kept them from being answered may
    /// have been no fault of theirs.
    pub(crate) async fn revive_hints(
        &mut self,
        source: SourceId,
        scope: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const REVIVE: &str = "UPDATE hint SET attempts = 0, due_at = $3
            WHERE source = $1 AND scope = $2 AND due_at = $4";
        const SHOW_NO_MORE: &str =
            "DELETE FROM quarantine WHERE source = $1 AND scope = $2 AND kind = 'hint'";
        execute!(self, sqlx::query(REVIVE).bind(source.0).bind(scope).bind(now.0).bind(PARKED))?;
        execute!(self, sqlx::query(SHOW_NO_MORE).bind(source.0).bind(scope))?;
        Ok(())
    }

    async fn due_hints(
        &mut self,
        source: SourceId,
        cause: ChangeCause,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<HintRow>, StoreError> {
        let text = format!(
            "SELECT {} FROM hint WHERE source = $1 AND cause = $2 AND due_at <= $3
                AND depth = (SELECT depth FROM hint WHERE source = $1 AND cause = $2 AND due_at <= $3
                             ORDER BY id LIMIT 1)
             ORDER BY id LIMIT $4",
            HintRow::COLUMNS
        );
        Ok(run!(self, connection => sqlx::query_as(AssertSqlSafe(text))
            .bind(source.0)
            .bind(cause.as_str())
            .bind(now.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .await)?)
    }
}

const fn depth_word(depth: Depth) -> &'static str {
    match depth {
        Depth::Relations => "relations",
        Depth::History => "history",
        Depth::Whole => "whole",
    }
}

fn depth_of(word: &str) -> Option<Depth> {
    [Depth::Relations, Depth::History, Depth::Whole]
        .into_iter()
        .find(|depth| depth_word(*depth) == word)
}
