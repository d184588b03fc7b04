//! Sources: what a person declared, and how each is doing.

use std::borrow::Cow;

use mainstem_model::{
    ChangeCause, CredentialRef, Position, Source, SourceError, SourceId, SourceState, Subject,
    Timestamp, Webhook,
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::apply::changes::{self, NewChange};
use crate::dialect::{Ids, Transaction, execute, read, row, run};
use crate::nul::without_nul;
use crate::scopes::source_error;
use crate::{SourceSpec, Store, StoreError};

/// Tasks that a removal deletes in one transaction, so that no writer waits long.
const REMOVAL_CHUNK: i64 = 1_000;

row! {
    /// A row of `source`.
    #[derive(Clone, PartialEq)]
    SourceRow {
        id: Uuid,
        name: String,
        connector: String,
        settings: String,
        credential_kind: String,
        credential_public: String,
        credential: Option<String>,
        webhook: Option<String>,
        credential_set_at: i64,
        credential_expires_at: Option<i64>,
        poll_interval_seconds: i64,
        provisioned: bool,
        state: String,
        error_code: Option<String>,
        error_message: Option<String>,
        error_at: Option<i64>,
        last_synced_at: Option<i64>,
        site: Option<String>,
    }
}

impl TryFrom<SourceRow> for Source {
    type Error = StoreError;

    fn try_from(row: SourceRow) -> Result<Self, StoreError> {
        let unreadable = |column: &str, reason: String| StoreError::Inconsistent {
            place: format!("source.{column} of {:?}", row.name),
            reason,
        };
        let json = |column: &str, text: &str| {
            serde_json::from_str(text).map_err(|error| unreadable(column, error.to_string()))
        };
        let credential: Option<CredentialRef> = row
            .credential
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| unreadable("credential", error.to_string()))?;
        let webhook: Option<Webhook> = row
            .webhook
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| unreadable("webhook", error.to_string()))?;
        Ok(Self {
            id: SourceId(row.id),
            settings: json("settings", &row.settings)?,
            credential_public: json("credential_public", &row.credential_public)?,
            credential,
            webhook,
            state: SourceState::from_word(&row.state)
                .ok_or_else(|| unreadable("state", row.state.clone()))?,
            poll_interval_seconds: u32::try_from(row.poll_interval_seconds)
                .map_err(|error| unreadable("poll_interval_seconds", error.to_string()))?,
            last_error: source_error(row.error_code, row.error_message, row.error_at),
            name: row.name,
            connector: row.connector,
            credential_kind: row.credential_kind,
            credential_set_at: Timestamp(row.credential_set_at),
            credential_expires_at: row.credential_expires_at.map(Timestamp),
            provisioned: row.provisioned,
            last_synced_at: row.last_synced_at.map(Timestamp),
            site: row.site,
        })
    }
}

impl SourceRow {
    /// What a new source of this declaration looks like before its first pass.
    fn declared(spec: &SourceSpec, now: Timestamp) -> Self {
        let state = if spec.paused { SourceState::Paused } else { SourceState::Syncing };
        Self {
            id: SourceId::of(&spec.name).0,
            name: spec.name.clone(),
            connector: spec.connector.clone(),
            settings: spec.settings.to_string(),
            credential_kind: spec.credential_kind.clone(),
            credential_public: spec.credential_public.to_string(),
            credential: spec.credential.as_ref().map(text_of),
            webhook: spec.webhook.as_ref().map(text_of),
            credential_set_at: now.0,
            credential_expires_at: None,
            poll_interval_seconds: spec.poll_interval_seconds.into(),
            provisioned: spec.provisioned,
            state: state.as_str().to_owned(),
            error_code: None,
            error_message: None,
            error_at: None,
            last_synced_at: None,
            site: None,
        }
    }

    /// Takes over from the stored row what a declaration does not decide.
    fn keeping(mut self, stored: &Self, paused: bool) -> Self {
        let same_credential = self.credential == stored.credential
            && self.credential_kind == stored.credential_kind
            && self.credential_public == stored.credential_public;
        if same_credential {
            self.credential_set_at = stored.credential_set_at;
            self.credential_expires_at = stored.credential_expires_at;
        }
        let was_paused = stored.state == SourceState::Paused.as_str();
        if !paused && !was_paused {
            self.state.clone_from(&stored.state);
            self.error_code.clone_from(&stored.error_code);
            self.error_message.clone_from(&stored.error_message);
            self.error_at = stored.error_at;
        }
        self.last_synced_at = stored.last_synced_at;
        self.site.clone_from(&stored.site);
        self
    }
}

fn text_of(declared: &impl serde::Serialize) -> String {
    match serde_json::to_value(declared) {
        Ok(value) => value.to_string(),
        // A struct of texts always serialises.
        Err(_) => String::new(),
    }
}

impl Store {
    /// Adds or changes a source. Where it changes nothing, nothing is written.
    /// With `replace` false an existing name is [`StoreError::Conflict`].
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Database`].
    pub async fn put_source(&self, spec: &SourceSpec, replace: bool) -> Result<Source, StoreError> {
        match self.put_source_once(spec, replace).await {
            // Another process put it between our look and our write; now there is one to be found.
            Err(StoreError::Database(sqlx::Error::Database(error)))
                if error.is_unique_violation() =>
            {
                self.put_source_once(spec, replace).await
            }
            outcome => outcome,
        }
    }

    async fn put_source_once(
        &self,
        spec: &SourceSpec,
        replace: bool,
    ) -> Result<Source, StoreError> {
        let now = self.now();
        let declared = SourceRow::declared(spec, now);
        let mut transaction = self.begin().await?;
        let stored = stored_source(&mut transaction, SourceId(declared.id)).await?;
        if stored.is_some() && !replace {
            return Err(StoreError::Conflict(format!(
                "a source called {:?} exists already; choose another name, or change that one",
                spec.name
            )));
        }
        let row = match &stored {
            Some(stored) => declared.keeping(stored, spec.paused),
            None => declared,
        };
        if stored.as_ref() == Some(&row) {
            return Source::try_from(row);
        }
        write_source(&mut transaction, &row).await?;
        self.commit_source(transaction, SourceId(row.id)).await?;
        Source::try_from(row)
    }

    /// Removes a source with everything that was read from it.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what is left is removed by another call.
    pub async fn remove_source(&self, source: SourceId) -> Result<bool, StoreError> {
        // The source goes first, so that no worker writes for it any more and nothing of it is shown.
        let mut transaction = self.begin().await?;
        let remove = "DELETE FROM source WHERE id = $1";
        let removed = execute!(transaction, sqlx::query(remove).bind(source.0))? > 0;
        if removed {
            self.commit_source(transaction, source).await?;
        } else {
            drop(transaction);
        }
        // A removal that was cut short is taken up here by the next call.
        let mut rows = u64::from(removed);
        for (selection, deletions) in OWNED {
            loop {
                let some = self.remove_some(source, selection, deletions).await?;
                rows += some;
                if some == 0 {
                    break;
                }
            }
        }
        let mut transaction = self.begin().await?;
        for text in OWNED_FEW {
            rows += execute!(transaction, sqlx::query(*text).bind(source.0))?;
        }
        if rows > 0 {
            // Told once more, for whoever looked for its rows before they were gone.
            self.commit_source(transaction, source).await?;
        }
        Ok(removed)
    }

    /// Every source, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let text = format!("SELECT {} FROM source ORDER BY name", SourceRow::COLUMNS);
        let rows: Vec<SourceRow> = read!(self, pool =>
            sqlx::query_as(AssertSqlSafe(text)).fetch_all(pool).await)?;
        rows.into_iter().map(Source::try_from).collect()
    }

    /// Sets what the last attempt showed. Written, and logged for read models, only where it differs.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_source_state(
        &self,
        source: SourceId,
        state: SourceState,
        error: Option<SourceError>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let Some(stored) = stored_source(&mut transaction, source).await? else {
            return Ok(());
        };
        let mut row = stored.clone();
        state.as_str().clone_into(&mut row.state);
        let error = error.as_ref().map(without_nul).map(Cow::into_owned);
        row.error_at = error.as_ref().map(|error| error.at.0);
        (row.error_code, row.error_message) =
            error.map(|error| (error.code, error.message)).unzip();
        if row == stored {
            return Ok(());
        }
        write_source(&mut transaction, &row).await?;
        self.commit_source(transaction, source).await
    }

    /// Keeps when the credential of a source ends by itself.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_credential_expiry(
        &self,
        source: SourceId,
        expires_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        const SET: &str = "UPDATE source SET credential_expires_at = $2 WHERE id = $1";
        let mut transaction = self.begin().await?;
        let expires_at = expires_at.map(|at| at.0);
        execute!(transaction, sqlx::query(SET).bind(source.0).bind(expires_at))?;
        self.commit_source(transaction, source).await
    }

    /// Asks for a pass of every scope as soon as possible.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn request_sync(&self, source: SourceId) -> Result<(), StoreError> {
        const TEXT: &str =
            "UPDATE scope SET next_run_at = $2 WHERE source = $1 AND active AND next_run_at > $2";
        let now = self.now();
        let mut transaction = self.begin().await?;
        execute!(transaction, sqlx::query(TEXT).bind(source.0).bind(now.0))?;
        transaction.commit().await
    }

    /// Keeps the sealed secret of a source.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_secret(&self, source: SourceId, sealed: &[u8]) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO source_secret (source, sealed) VALUES ($1, $2)
            ON CONFLICT (source) DO UPDATE SET sealed = excluded.sealed";
        const SET_AT: &str = "UPDATE source SET credential_set_at = $2 WHERE id = $1";
        let now = self.now();
        let mut transaction = self.begin().await?;
        execute!(transaction, sqlx::query(KEEP).bind(source.0).bind(sealed))?;
        execute!(transaction, sqlx::query(SET_AT).bind(source.0).bind(now.0))?;
        self.commit_source(transaction, source).await
    }

    /// The sealed secret of a source.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn secret(&self, source: SourceId) -> Result<Option<Vec<u8>>, StoreError> {
        const TEXT: &str = "SELECT sealed FROM source_secret WHERE source = $1";
        Ok(read!(self, pool =>
            sqlx::query_scalar(TEXT).bind(source.0).fetch_optional(pool).await)?)
    }

    /// Removes the next rows of a kind, and says how many things it found.
    async fn remove_some(
        &self,
        source: SourceId,
        selection: &'static str,
        deletions: &[(&str, &str)],
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let ids: Vec<Uuid> = run!(transaction, connection => sqlx::query_scalar(selection)
            .bind(source.0)
            .bind(REMOVAL_CHUNK)
            .fetch_all(connection)
            .await)?;
        if ids.is_empty() {
            return Ok(0);
        }
        let found = ids.len() as u64;
        let ids = Ids(ids);
        for (table, column) in deletions {
            let text =
                format!("DELETE FROM {table} WHERE {}", transaction.dialect().among_ids(column, 1));
            execute!(transaction, sqlx::query(AssertSqlSafe(text)).bind(ids.clone()))?;
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// Tells read models that a source is no longer what they know, and commits.
    pub(crate) async fn commit_source(
        &self,
        mut transaction: Transaction<'_>,
        source: SourceId,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let change = NewChange {
            subject: Subject::Source(source),
            field: "source".into(),
            before: None,
            after: None,
            actor: None,
            occurred_at: now,
            history_key: None,
        };
        let position: Position =
            changes::append(&mut transaction, source, ChangeCause::Api, now, &[change]).await?;
        transaction.commit().await?;
        self.ring(position);
        Ok(())
    }
}

/// What belongs to a source, in the order in which it goes: how to find the next ids, and from which
/// tables and columns they go. What an admin decided of people stays, and so does the entry of the log
/// which says that the source is gone.
const OWNED: &[(&str, &[(&str, &str)])] = &[
    (
        "SELECT id FROM task WHERE source = $1 LIMIT $2",
        &[
            ("link", "stated_by"),
            ("relation_reading", "task"),
            ("comment", "task"),
            ("worklog", "task"),
            ("task_detail", "task"),
            ("previous_key", "task"),
            ("task_redirect", "to_id"),
            ("change", "subject"),
            ("task", "id"),
        ],
    ),
    ("SELECT id FROM comment WHERE source = $1 AND task IS NULL LIMIT $2", &[("comment", "id")]),
    ("SELECT id FROM worklog WHERE source = $1 AND task IS NULL LIMIT $2", &[("worklog", "id")]),
    ("SELECT id FROM notice WHERE source = $1 LIMIT $2", &[("notice", "id")]),
    (
        "SELECT id FROM project WHERE source = $1 LIMIT $2",
        &[("change", "subject"), ("project", "id")],
    ),
    (
        "SELECT id FROM identity WHERE source = $1 LIMIT $2",
        &[("change", "subject"), ("identity", "id")],
    ),
];

/// What is of few rows, and goes at once: also what its mail told of tasks of other sources.
const OWNED_FEW: &[&str] = &[
    "DELETE FROM change WHERE source = $1 AND subject_kind = 'task'",
    "DELETE FROM availability WHERE source = $1",
    "DELETE FROM hint WHERE source = $1",
    "DELETE FROM webhook_delivery WHERE source = $1",
    "DELETE FROM quarantine WHERE source = $1",
    "DELETE FROM census WHERE source = $1",
    "DELETE FROM missing_task WHERE source = $1",
];

async fn stored_source(
    transaction: &mut Transaction<'_>,
    source: SourceId,
) -> Result<Option<SourceRow>, StoreError> {
    let text = format!(
        "SELECT {} FROM source WHERE id = $1{}",
        SourceRow::COLUMNS,
        transaction.dialect().for_update()
    );
    Ok(run!(transaction, connection =>
        sqlx::query_as(AssertSqlSafe(text)).bind(source.0).fetch_optional(connection).await)?)
}

async fn write_source(
    transaction: &mut Transaction<'_>,
    row: &SourceRow,
) -> Result<(), StoreError> {
    const TEXT: &str = "INSERT INTO source (id, name, connector, settings, credential_kind,
            credential_public, credential, webhook, credential_set_at, poll_interval_seconds,
            provisioned, state, error_code, error_message, error_at, last_synced_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (id) DO UPDATE SET connector = excluded.connector, settings = excluded.settings,
            credential_kind = excluded.credential_kind,
            credential_public = excluded.credential_public, credential = excluded.credential,
            webhook = excluded.webhook,
            credential_set_at = excluded.credential_set_at,
            poll_interval_seconds = excluded.poll_interval_seconds,
            provisioned = excluded.provisioned, state = excluded.state,
            error_code = excluded.error_code, error_message = excluded.error_message,
            error_at = excluded.error_at";
    execute!(
        transaction,
        sqlx::query(TEXT)
            .bind(row.id)
            .bind(&row.name)
            .bind(&row.connector)
            .bind(&row.settings)
            .bind(&row.credential_kind)
            .bind(&row.credential_public)
            .bind(&row.credential)
            .bind(&row.webhook)
            .bind(row.credential_set_at)
            .bind(row.poll_interval_seconds)
            .bind(row.provisioned)
            .bind(&row.state)
            .bind(&row.error_code)
            .bind(&row.error_message)
            .bind(row.error_at)
            .bind(row.last_synced_at)
    )?;
    Ok(())
}
