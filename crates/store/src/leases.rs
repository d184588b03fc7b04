//! Leases: the right to write, held by one worker at a time.
//!
//! A lease can run out while its holder is paused and does not know it, so every write names the
//! fence of its lease, and the database refuses one that is no longer the newest.

use std::time::Duration;

use mainstem_model::{SourceId, Timestamp};
use uuid::Uuid;

use crate::dialect::{Dialect, Transaction, execute, run};
use crate::{Lease, Store, StoreError};

impl Store {
    /// Takes the lease `name` for `owner`, where it is free or has run out. Its fence is one higher
    /// than the last holder's.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        const TEXT: &str = "INSERT INTO lease (name, owner, fence, expires_at) VALUES ($1, $2, 1, $3)
            ON CONFLICT (name) DO UPDATE
                SET owner = excluded.owner, fence = lease.fence + 1, expires_at = excluded.expires_at
                WHERE lease.expires_at <= $4
            RETURNING fence";
        let now = self.now();
        let expires_at = after(now, ttl);
        let mut transaction = self.begin().await?;
        let fence: Option<i64> = run!(transaction, connection => sqlx::query_scalar(TEXT)
            .bind(name)
            .bind(owner)
            .bind(expires_at.0)
            .bind(now.0)
            .fetch_optional(connection)
            .await)?;
        transaction.commit().await?;
        Ok(fence.map(|fence| Lease {
            name: name.to_owned(),
            owner: owner.to_owned(),
            fence,
            expires_at,
        }))
    }

    /// Extends a lease that is still ours; [`StoreError::Fenced`] where it is not.
    ///
    /// # Errors
    /// [`StoreError::Fenced`], [`StoreError::Database`].
    pub async fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        let expires_at = after(self.now(), ttl);
        if self.set_expiry(lease, &lease.owner, expires_at.0).await? == 0 {
            return Err(StoreError::Fenced(lease.name.clone()));
        }
        Ok(Lease { expires_at, ..lease.clone() })
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`StoreError::Database`]. That it was no longer ours is none.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        // Without an owner it refuses the last holder's writes too.
        self.set_expiry(lease, "", i64::MIN).await.map(drop)
    }

    async fn set_expiry(&self, lease: &Lease, owner: &str, at: i64) -> Result<u64, StoreError> {
        const TEXT: &str = "UPDATE lease SET owner = $1, expires_at = $2
            WHERE name = $3 AND owner = $4 AND fence = $5";
        let mut transaction = self.begin().await?;
        let rows = execute!(
            transaction,
            sqlx::query(TEXT)
                .bind(owner)
                .bind(at)
                .bind(&lease.name)
                .bind(&lease.owner)
                .bind(lease.fence)
        )?;
        transaction.commit().await?;
        Ok(rows)
    }
}

impl Transaction<'_> {
    /// Refuses to go on where the lease is no longer ours. On PostgreSQL its row stays as it is until
    /// this transaction ends, so that nobody can take the lease between this check and the commit.
    ///
    /// Whether the lease has run out does not matter: as long as nobody else has taken it, nobody
    /// else writes.
    pub(crate) async fn require_lease(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let text = match self.dialect() {
            Dialect::Sqlite => HOLD,
            Dialect::Postgres => HOLD_SHARED,
        };
        let held: Option<String> = run!(self, connection => sqlx::query_scalar(text)
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(lease.fence)
            .fetch_optional(connection)
            .await)?;
        held.map(drop).ok_or_else(|| StoreError::Fenced(lease.name.clone()))
    }

    /// Holds the source until this transaction ends, so that what is written for it is written one
    /// after the other. Where it was removed, there is nothing left to hold a lease for.
    pub(crate) async fn hold_source(
        &mut self,
        source: SourceId,
        lease: &Lease,
    ) -> Result<(), StoreError> {
        let text = match self.dialect() {
            Dialect::Sqlite => "SELECT id FROM source WHERE id = $1",
            Dialect::Postgres => "SELECT id FROM source WHERE id = $1 FOR NO KEY UPDATE",
        };
        let held: Option<Uuid> = run!(self, connection =>
            sqlx::query_scalar(text).bind(source.0).fetch_optional(connection).await)?;
        held.map(drop).ok_or_else(|| StoreError::Fenced(lease.name.clone()))
    }
}

const HOLD: &str = "SELECT name FROM lease WHERE name = $1 AND owner = $2 AND fence = $3";
const HOLD_SHARED: &str =
    "SELECT name FROM lease WHERE name = $1 AND owner = $2 AND fence = $3 FOR SHARE";

fn after(now: Timestamp, ttl: Duration) -> Timestamp {
    let micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    Timestamp(now.0.saturating_add(micros))
}
