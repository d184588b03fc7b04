//! API tokens: kept by their hash only.

use std::collections::BTreeSet;

use mainstem_model::{SourceId, Timestamp, TokenId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::decode::{json, unreadable};
use crate::dialect::{execute, read, row};
use crate::{NewToken, Store, StoreError, Token};

/// How often the use of one token is written down, in seconds.
const TOUCH_SECONDS: i64 = 60;

impl Store {
    /// Keeps a token by its hash.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where a token of this hash is kept already, [`StoreError::Database`].
    pub async fn create_token(&self, token: &NewToken) -> Result<Token, StoreError> {
        let kept = Token {
            id: TokenId(uuid::Builder::from_random_bytes(self.random_bytes()?).into_uuid()),
            name: token.name.clone(),
            hint: token.hint.clone(),
            scope: token.scope,
            sources: token.sources.clone(),
            created_at: self.now(),
            expires_at: token.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        let sources = kept.sources.as_ref().map(|sources| serde_json::json!(sources).to_string());
        let mut transaction = self.begin().await?;
        let text = "INSERT INTO token
                        (id, name, hash, hint, scope, sources, created_at, expires_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING";
        let inserted = execute!(
            transaction,
            sqlx::query(text)
                .bind(kept.id.0)
                .bind(&kept.name)
                .bind(token.hash.as_slice())
                .bind(&kept.hint)
                .bind(kept.scope.as_str())
                .bind(&sources)
                .bind(kept.created_at.0)
                .bind(kept.expires_at.map(|at| at.0))
        )?;
        if inserted == 0 {
            return Err(StoreError::Conflict("this token is kept already".to_owned()));
        }
        transaction.commit().await?;
        Ok(kept)
    }

    /// Every token, newest first, revoked ones included.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let columns = TokenRow::COLUMNS;
        let text = format!("SELECT {columns} FROM token ORDER BY created_at DESC, id");
        let rows: Vec<TokenRow> = read!(self, pool =>
            sqlx::query_as(AssertSqlSafe(text)).fetch_all(pool).await)?;
        rows.into_iter().map(TokenRow::read).collect()
    }

    /// The token of this hash, whatever its state.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Token>, StoreError> {
        let text = format!("SELECT {} FROM token WHERE hash = $1", TokenRow::COLUMNS);
        let row: Option<TokenRow> = read!(self, pool =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(hash.as_slice()).fetch_optional(pool).await)?;
        row.map(TokenRow::read).transpose()
    }

    /// Revokes a token; false where there is none. One that is revoked already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn revoke_token(&self, id: TokenId) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let text = "UPDATE token SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2";
        let found = execute!(transaction, sqlx::query(text).bind(self.now().0).bind(id.0))?;
        transaction.commit().await?;
        Ok(found > 0)
    }

    /// Notes that a token was used; written at most once a minute for each.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn touch_token(&self, id: TokenId) -> Result<(), StoreError> {
        let now = self.now();
        let due = now.plus_seconds(-TOUCH_SECONDS).0;
        // Looked at first, because on SQLite even a write that changes nothing waits for the writer.
        let text = "SELECT 1 FROM token
                    WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)";
        let is_due: Option<i32> = read!(self, pool =>
            sqlx::query_scalar(text).bind(id.0).bind(due).fetch_optional(pool).await)?;
        if is_due.is_none() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        let text = "UPDATE token SET last_used_at = $1
                    WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
        execute!(transaction, sqlx::query(text).bind(now.0).bind(id.0).bind(due))?;
        transaction.commit().await
    }
}

row! {
    TokenRow {
        id: Uuid,
        name: String,
        hint: String,
        scope: String,
        sources: Option<String>,
        created_at: i64,
        expires_at: Option<i64>,
        last_used_at: Option<i64>,
        revoked_at: Option<i64>,
    }
}

impl TokenRow {
    fn read(self) -> Result<Token, StoreError> {
        let place = |column: &str| format!("token.{column} of {}", TokenId(self.id));
        let sources: Option<BTreeSet<SourceId>> =
            json(self.sources.as_deref(), || place("sources"))?;
        Ok(Token {
            id: TokenId(self.id),
            scope: self
                .scope
                .parse()
                .map_err(|reason: String| unreadable(place("scope"), reason))?,
            sources,
            created_at: Timestamp(self.created_at),
            expires_at: self.expires_at.map(Timestamp),
            last_used_at: self.last_used_at.map(Timestamp),
            revoked_at: self.revoked_at.map(Timestamp),
            name: self.name,
            hint: self.hint,
        })
    }
}
