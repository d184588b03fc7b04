//! Storing a batch: the one way in for everything that is known of tasks.
//!
//! One transaction holds it all: the fence of the lease, what differs from what is stored, the
//! entries of the change log, and the cursor. First the batch is compared with what is stored, in a
//! few statements for all of its records; only what differs is loaded whole and written. So a batch
//! that was stored before costs a few reads, and writes nothing.
//!
//! Batches of one source are stored one after the other (the source's row is held on PostgreSQL, the
//! only writer on SQLite), because a difference is computed from what stood there before.

mod absences;
mod availabilities;
pub(crate) mod changes;
mod diff;
mod fingerprint;
mod former_keys;
mod history;
mod moves;
mod names;
mod notices;
mod others;
mod outside;
mod parts;
mod prepared;
mod quarantine;
mod recorded;
mod relations;
mod reopened;
mod tasks;

use std::collections::{BTreeSet, HashMap, HashSet};

use mainstem_model::record::{Batch, ScopeKey};
use mainstem_model::{ChangeCause, SourceId, Timestamp};
use uuid::Uuid;

use crate::dialect::{Transaction, execute, run};
use crate::parts::{COMMENT, WORKLOG};
use crate::{Applied, BatchContext, Store, StoreError};
use changes::NewChange;
use names::Names;
pub use prepared::PreparedBatch;

/// How often a batch is tried before the database's refusal is passed on.
const ATTEMPTS: u32 = 5;

impl Store {
    /// Stores a batch in one transaction: fence, upserts that an older version never wins, change
    /// log, quarantine, hints, cursor. Records that change nothing write nothing.
    ///
    /// `answered` are the hints that this batch answers; they leave the queue in the same transaction.
    /// A hint of the batch whose task the batch shows to be as it was, by its census token too, is
    /// left out: what it asks for has been asked for before.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where the lease is no longer ours or the source is gone: nothing was
    /// written.
    pub async fn apply_batch(
        &self,
        context: &BatchContext<'_>,
        batch: &PreparedBatch,
    ) -> Result<Applied, StoreError> {
        for _ in 1..ATTEMPTS {
            match self.apply_once(context, batch).await {
                Err(error) if error.asks_for_another_try() => {}
                outcome => return outcome,
            }
        }
        self.apply_once(context, batch).await
    }

    async fn apply_once(
        &self,
        context: &BatchContext<'_>,
        prepared: &PreparedBatch,
    ) -> Result<Applied, StoreError> {
        let batch = &prepared.batch;
        let mut transaction = self.begin().await?;
        transaction.require_lease(context.lease).await?;
        transaction.hold_source(context.source, context.lease).await?;
        let mut apply = Apply {
            names: Names::load(&mut transaction, context.source, batch).await?,
            waiting: Waiting::load(&mut transaction, context.source).await?,
            moved: HashMap::new(),
            listed: batch.cursor.is_some(),
            transaction,
            context,
            source: context.source,
            now: self.now(),
            changes: Vec::new(),
            applied: Applied::default(),
            unchanged: HashSet::new(),
            commented: BTreeSet::new(),
        };
        apply.moves(&batch.moves).await?;
        apply.people(&batch.people).await?;
        apply.availabilities(&batch.availabilities).await?;
        apply.projects(&batch.projects).await?;
        apply.tasks(&batch.tasks, &prepared.tasks).await?;
        apply.histories(&batch.histories).await?;
        apply.former_keys(batch).await?;
        apply.parts(&batch.comments, &prepared.comments).await?;
        apply.part_sets(&COMMENT, &batch.comment_sets).await?;
        apply.parts(&batch.worklogs, &prepared.worklogs).await?;
        apply.part_sets(&WORKLOG, &batch.worklog_sets).await?;
        apply.recorded_answers().await?;
        apply.notices(&batch.notices, &prepared.located).await?;
        apply.relations(&batch.relations).await?;
        apply.remote_links(&batch.remote_links).await?;
        apply.branches(&batch.branches).await?;
        apply.commits(&batch.commits).await?;
        apply.absences(batch).await?;
        apply.quarantine(&batch.quarantine).await?;
        apply.hints(batch).await?;
        apply.reopened().await?;
        apply.cursor(batch).await?;
        apply.census(batch).await?;
        apply.commit().await
    }
}

impl StoreError {
    /// Whether the database gave way to another transaction, so that the same work succeeds when it
    /// is done again: a serialization failure or a deadlock.
    fn asks_for_another_try(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

/// Whether a source has what the records of a batch may have to be held against, one by one. Mostly it
/// has none.
struct Waiting {
    /// Records that could not be read.
    quarantined: bool,
    /// Comments or worklogs whose task has not arrived.
    parts: bool,
    /// Answers by mail on whatever source's tasks.
    answers: bool,
}

impl Waiting {
    async fn load(transaction: &mut Transaction<'_>, source: SourceId) -> Result<Self, StoreError> {
        const TEXT: &str = "SELECT
            EXISTS (SELECT 1 FROM quarantine WHERE source = $1),
            EXISTS (SELECT 1 FROM comment WHERE source = $1 AND task IS NULL)
                OR EXISTS (SELECT 1 FROM worklog WHERE source = $1 AND task IS NULL),
            EXISTS (SELECT 1 FROM notice WHERE kind = 'REPLY' AND recorded_as IS NULL)";
        let (quarantined, parts, answers) = run!(transaction, connection =>
            sqlx::query_as(TEXT).bind(source.0).fetch_one(connection).await)?;
        Ok(Self { quarantined, parts, answers })
    }
}

/// A batch on its way into the store.
struct Apply<'a> {
    transaction: Transaction<'a>,
    context: &'a BatchContext<'a>,
    source: SourceId,
    now: Timestamp,
    names: Names,
    waiting: Waiting,
    /// Tasks of the batch that moved, and the scopes that list them now.
    moved: HashMap<Uuid, ScopeKey>,
    /// Whether the batch comes from a listing of its scope, which shows what belongs there.
    listed: bool,
    /// What goes into the log, in order.
    changes: Vec<NewChange>,
    applied: Applied,
    /// Tasks of the batch that are as they were, by their census token too.
    unchanged: HashSet<Uuid>,
    /// Tasks that get a comment by the batch, where an answer by mail may say the same.
    commented: BTreeSet<Uuid>,
}

impl Apply<'_> {
    async fn hints(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.transaction.drop_hints(self.context.answered).await?;
        let hints: Vec<_> = batch
            .hints
            .iter()
            .filter(|hint| {
                let task = hint.external_id.as_ref().map(|id| self.names.task(id).0);
                task.is_none_or(|task| !self.unchanged.contains(&task))
            })
            .cloned()
            .collect();
        let BatchContext { scope, cause, .. } = *self.context;
        // What a telling led to is a part of it.
        let told_at = (cause == ChangeCause::Webhook).then_some(self.now);
        self.transaction.push_hints(self.source, scope, &hints, cause, told_at).await
    }

    async fn cursor(&mut self, batch: &Batch) -> Result<(), StoreError> {
        const TEXT: &str = "UPDATE scope SET cursor = $3
            WHERE source = $1 AND key = $2 AND cursor IS DISTINCT FROM $3";
        if let Some(cursor) = &batch.cursor {
            execute!(
                self.transaction,
                sqlx::query(TEXT).bind(self.source.0).bind(self.context.scope).bind(&cursor.0)
            )?;
        }
        Ok(())
    }

    async fn census(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if batch.wants_census {
            let scope = self.context.scope;
            self.transaction.ask_for_census(self.source, scope, self.now).await?;
        }
        Ok(())
    }

    async fn commit(mut self) -> Result<Applied, StoreError> {
        let cause = self.context.cause;
        let position =
            changes::append(&mut self.transaction, self.source, cause, self.now, &self.changes)
                .await?;
        let store = self.transaction.store;
        self.transaction.commit().await?;
        store.ring(position);
        self.applied.changes = self.changes.len() as u64;
        self.applied.position = position;
        Ok(self.applied)
    }
}
