//! The census: ids at the source beside ids in the store.
//!
//! A listing by change never shows what was deleted, and some changes move no updated time. A census
//! finds both: it lists every id at the source with a cheap fingerprint, and whatever does not agree
//! is fetched whole, so that the tool itself says what became of it.

use mainstem_model::record::{CensusEntry, Depth, Hint};
use mainstem_model::{ChangeCause, SourceError, SourceId, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Transaction, execute, run};
use crate::nul::without_nul;
use crate::{AcceptedLoss, CensusOutcome, CensusRun, Lease, Store, StoreError};

/// Where more of a scope's tasks are missing than both of these say, access was lost: no team deletes
/// a fifth of its work between two censuses.
const MASS_LOSS_SHARE: i64 = 5;
const MASS_LOSS_TASKS: i64 = 10;

const ENTRY: Table = Table {
    name: "census_entry",
    key: "census, task",
    columns: &[
        ("census", Kind::Number),
        ("task", Kind::Id),
        ("external_id", Kind::Text),
        ("locator", Kind::Text),
        ("token", Kind::Text),
    ],
    on_conflict: OnConflict::Replace,
};

/// The tasks that a census misses. Those that came after it began are none of them.
const MISSING: &str = "FROM task
    WHERE source = $1 AND scope = $2 AND presence = 'PRESENT' AND first_learned_at < $3
        AND NOT EXISTS (SELECT 1 FROM census_entry entry
                        WHERE entry.census = $4 AND entry.task = task.id)";

/// What a comparison finds: the tool's id and the locator of each task.
type Found = Vec<(String, String)>;

impl Store {
    /// Starts a census of a scope; a previous unfinished one is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn begin_census(
        &self,
        lease: &Lease,
        source: SourceId,
        scope: &str,
    ) -> Result<CensusRun, StoreError> {
        const FORGET: &str = "DELETE FROM census WHERE source = $1 AND scope = $2";
        const BEGIN: &str =
            "INSERT INTO census (source, scope, began_at) VALUES ($1, $2, $3) RETURNING id";
        let began_at = self.now();
        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        execute!(transaction, sqlx::query(FORGET).bind(source.0).bind(scope))?;
        let id: i64 = run!(transaction, connection => sqlx::query_scalar(BEGIN)
            .bind(source.0)
            .bind(scope)
            .bind(began_at.0)
            .fetch_one(connection)
            .await)?;
        transaction.commit().await?;
        Ok(CensusRun { id, source, scope: scope.to_owned(), began_at })
    }

    /// Notes one page of it.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn record_census(
        &self,
        lease: &Lease,
        run: &CensusRun,
        entries: &[CensusEntry],
    ) -> Result<(), StoreError> {
        let entries = without_nul(entries);
        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        let tasks = transaction.census_tasks(run.source, &entries).await?;
        let mut rows: Vec<_> = tasks
            .iter()
            .zip(entries.iter())
            .map(|(task, entry)| {
                [
                    Value::Number(Some(run.id)),
                    Value::Id(Some(*task)),
                    Value::Text(Some(&entry.external_id)),
                    Value::Text(Some(&entry.locator)),
                    Value::Text(entry.token.as_deref()),
                ]
            })
            .collect();
        // A listing that shifts while it is read may show a task twice.
        let mut seen = std::collections::HashSet::new();
        let mut task = tasks.iter();
        rows.retain(|_| task.next().is_some_and(|task| seen.insert(*task)));
        ENTRY.write(&mut transaction, &rows).await?;
        transaction.commit().await
    }

    /// Compares it with the store: what is missing at the source, what is missing here and what has
    /// another token is queued to be fetched whole. Where more than a fifth (and more than ten) of
    /// the scope's tasks are missing, none of the missing is queued and the outcome says so: that is
    /// lost access, not deletion. Tasks whose loss was accepted (see [`Store::accept_loss`]) are
    /// queued and do not count as too many. Tasks that came after the census began are not missing.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn finish_census(
        &self,
        lease: &Lease,
        run: &CensusRun,
    ) -> Result<CensusOutcome, StoreError> {
        let now = self.now();
        let mut transaction = self.begin().await?;
        transaction.require_lease(lease).await?;
        let (accepted, missing) = transaction.missing_at_source(run).await?;
        let unknown = transaction.compared(run, "task.id IS NULL").await?;
        // One that was given up and is listed again is as much news as another token.
        let changed = transaction
            .compared(
                run,
                "task.id IS NOT NULL AND (task.presence <> 'PRESENT' OR
                    (entry.token IS NOT NULL AND entry.token IS DISTINCT FROM task.census_token))",
            )
            .await?;
        let at_source = transaction
            .count("SELECT COUNT(*) FROM census_entry WHERE census = $1", run.id)
            .await?;
        let in_store = transaction
            .count(
                "SELECT COUNT(*) FROM task JOIN census
                    ON task.source = census.source AND task.scope = census.scope
                 WHERE census.id = $1 AND task.presence = 'PRESENT'",
                run.id,
            )
            .await?;
        let count = |found: &Found| i64::try_from(found.len()).unwrap_or(i64::MAX);
        let outcome = CensusOutcome {
            at_source,
            in_store,
            missing: count(&accepted) + count(&missing),
            unknown: count(&unknown),
            changed: count(&changed),
            mass_loss: count(&missing) > MASS_LOSS_TASKS
                && count(&missing) > (in_store - count(&accepted)) / MASS_LOSS_SHARE,
        };
        transaction.note_missing(run, outcome.mass_loss).await?;
        let missing = if outcome.mass_loss { Found::new() } else { missing };
        let hints: Vec<Hint> =
            [accepted, missing, unknown, changed].into_iter().flatten().map(whole).collect();
        transaction.revive_hints(run.source, &run.scope, now).await?;
        transaction.push_hints(run.source, &run.scope, &hints, ChangeCause::Sync, None).await?;
        transaction.keep_outcome(run, &outcome, now).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Accepts that the tasks which the last census missed are gone, in one scope or in all of a
    /// source, and asks for the next census: it queues just these to be fetched, however many they
    /// are. Of a scope that is not visible any more no census can be taken: all its tasks are queued
    /// at once. Answers the scopes where something was missing. Accepting again changes nothing; a
    /// census that finds a task shown again forgets what was accepted of it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn accept_loss(
        &self,
        source: SourceId,
        scope: Option<&str>,
    ) -> Result<Vec<AcceptedLoss>, StoreError> {
        const LOST: &str = "SELECT missing.scope, COUNT(*) FROM missing_task missing
                JOIN task ON task.id = missing.task AND task.scope = missing.scope
                    AND task.presence = 'PRESENT'
            WHERE missing.source = $1 AND missing.scope = COALESCE($2, missing.scope)
            GROUP BY missing.scope ORDER BY missing.scope";
        const ACCEPT: &str =
            "UPDATE missing_task SET accepted = TRUE WHERE source = $1 AND scope = $2";
        let now = self.now();
        let mut transaction = self.begin().await?;
        let lost: Vec<(String, i64)> = run!(transaction, connection =>
            sqlx::query_as(LOST).bind(source.0).bind(scope).fetch_all(connection).await)?;
        for (scope, _) in &lost {
            execute!(transaction, sqlx::query(ACCEPT).bind(source.0).bind(scope))?;
            transaction.ask_for_census(source, scope, now).await?;
        }
        let mut accepted: Vec<_> =
            lost.into_iter().map(|(scope, tasks)| AcceptedLoss { scope, tasks }).collect();
        for (scope, hints) in transaction.of_invisible_scopes(source, scope, now).await? {
            transaction.push_hints(source, &scope, &hints, ChangeCause::Sync, None).await?;
            let tasks = i64::try_from(hints.len()).unwrap_or(i64::MAX);
            accepted.push(AcceptedLoss { scope, tasks });
        }
        transaction.commit().await?;
        Ok(accepted)
    }
}

fn whole((external_id, locator): (String, String)) -> Hint {
    Hint { external_id: Some(external_id.into()), locator, depth: Depth::Whole }
}

impl Transaction<'_> {
    /// The task of each entry: moved ones lead to what they were called first.
    async fn census_tasks(
        &mut self,
        source: SourceId,
        entries: &[CensusEntry],
    ) -> Result<Vec<Uuid>, StoreError> {
        let mut tasks: Vec<Uuid> =
            entries.iter().map(|entry| source.task(&entry.external_id).0).collect();
        let among = self.dialect().among_ids("from_id", 1);
        let text = format!("SELECT from_id, to_id FROM task_redirect WHERE {among}");
        let redirects: Vec<(Uuid, Uuid)> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(tasks.clone())).fetch_all(connection).await)?;
        let redirects: std::collections::HashMap<Uuid, Uuid> = redirects.into_iter().collect();
        for task in &mut tasks {
            *task = redirects.get(task).copied().unwrap_or(*task);
        }
        Ok(tasks)
    }

    /// What is to be asked about each task of the scopes that are not visible any more; their pulls
    /// become due, so that somebody does.
    async fn of_invisible_scopes(
        &mut self,
        source: SourceId,
        scope: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<(String, Vec<Hint>)>, StoreError> {
        const LOST: &str = "SELECT task.scope, task.external_id, task.locator
            FROM scope JOIN task ON task.source = scope.source AND task.scope = scope.key
            WHERE scope.source = $1 AND scope.key = COALESCE($2, scope.key) AND scope.active
                AND scope.error_code = $3 AND task.presence = 'PRESENT'
            ORDER BY task.scope, task.id";
        const DUE: &str = "UPDATE scope SET next_run_at = $3 WHERE source = $1 AND key = $2";
        let lost: Vec<(String, String, String)> = run!(self, connection =>
            sqlx::query_as(LOST)
                .bind(source.0)
                .bind(scope)
                .bind(SourceError::SCOPE_NOT_VISIBLE)
                .fetch_all(connection)
                .await)?;
        let mut by_scope: Vec<(String, Vec<Hint>)> = Vec::new();
        for (scope, external_id, locator) in lost {
            let hint = whole((external_id, locator));
            match by_scope.last_mut() {
                Some((last, hints)) if *last == scope => hints.push(hint),
                _ => by_scope.push((scope, vec![hint])),
            }
        }
        for (scope, _) in &by_scope {
            execute!(self, sqlx::query(DUE).bind(source.0).bind(scope).bind(now.0))?;
        }
        Ok(by_scope)
    }

    /// A census of the scope is due as soon as possible.
    pub(crate) async fn ask_for_census(
        &mut self,
        source: SourceId,
        scope: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const ASK: &str = "UPDATE scope SET census_asked_at = $3 WHERE source = $1 AND key = $2";
        execute!(self, sqlx::query(ASK).bind(source.0).bind(scope).bind(now.0))?;
        Ok(())
    }

    /// What the census misses: first the tasks whose loss was accepted, then the others.
    async fn missing_at_source(&mut self, run: &CensusRun) -> Result<(Found, Found), StoreError> {
        let text = format!(
            "SELECT external_id, locator, EXISTS (
                SELECT 1 FROM missing_task known
                WHERE known.source = $1 AND known.scope = $2 AND known.task = task.id
                    AND known.accepted)
             {MISSING} ORDER BY id"
        );
        let missing: Vec<(String, String, bool)> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(run.source.0)
                .bind(&run.scope)
                .bind(run.began_at.0)
                .bind(run.id)
                .fetch_all(connection)
                .await)?;
        let (accepted, others): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|(.., accepted)| *accepted);
        let found = |missing: Vec<(String, String, bool)>| {
            missing.into_iter().map(|(external_id, locator, _)| (external_id, locator)).collect()
        };
        Ok((found(accepted), found(others)))
    }

    /// Remembers what is missing where that is too much to conclude from, so that a person can accept
    /// just this. What was accepted stays so until it is shown again or known to be gone.
    async fn note_missing(&mut self, run: &CensusRun, mass_loss: bool) -> Result<(), StoreError> {
        let forget = format!(
            "DELETE FROM missing_task WHERE source = $1 AND scope = $2
                AND NOT (accepted AND task IN (SELECT id {MISSING}))"
        );
        let note = format!(
            "INSERT INTO missing_task (source, scope, task, accepted)
                SELECT source, scope, id, FALSE {MISSING}
             ON CONFLICT (source, scope, task) DO NOTHING"
        );
        for text in [Some(forget), mass_loss.then_some(note)].into_iter().flatten() {
            execute!(
                self,
                sqlx::query(AssertSqlSafe(text))
                    .bind(run.source.0)
                    .bind(&run.scope)
                    .bind(run.began_at.0)
                    .bind(run.id)
            )?;
        }
        Ok(())
    }

    /// Entries of the census for which a condition on `entry` and its `task` holds.
    async fn compared(&mut self, run: &CensusRun, condition: &str) -> Result<Found, StoreError> {
        let text = format!(
            "SELECT entry.external_id, entry.locator
             FROM census_entry entry LEFT JOIN task ON task.id = entry.task
             WHERE entry.census = $1 AND {condition} ORDER BY entry.task"
        );
        Ok(run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(run.id).fetch_all(connection).await)?)
    }

    async fn count(&mut self, text: &'static str, census: i64) -> Result<i64, StoreError> {
        Ok(run!(self, connection =>
            sqlx::query_scalar(text).bind(census).fetch_one(connection).await)?)
    }

    /// The scope shows the outcome; the entries have served.
    async fn keep_outcome(
        &mut self,
        run: &CensusRun,
        outcome: &CensusOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // One that was asked for while this one was under way is still to come.
        const KEEP: &str = "UPDATE scope SET census_at = $3, at_source = $4, in_store = $5,
                census_asked_at = CASE WHEN census_asked_at > $6 THEN census_asked_at END
            WHERE source = $1 AND key = $2";
        execute!(
            self,
            sqlx::query(KEEP)
                .bind(run.source.0)
                .bind(&run.scope)
                .bind(now.0)
                .bind(outcome.at_source)
                .bind(outcome.in_store)
                .bind(run.began_at.0)
        )?;
        execute!(self, sqlx::query("DELETE FROM census WHERE id = $1").bind(run.id))?;
        Ok(())
    }
}
