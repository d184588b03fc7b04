//! Records that could not be read.

use mainstem_model::{SourceId, Timestamp};
use uuid::Uuid;

use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Transaction, read};
use crate::{Quarantined, Store, StoreError};

impl Store {
    /// What could not be read, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn quarantined(
        &self,
        source: SourceId,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        const TEXT: &str = "SELECT source, scope, external_id, kind, reason, at FROM quarantine
            WHERE source = $1 ORDER BY at DESC, kind, external_id LIMIT $2";
        let rows: Vec<(Uuid, String, String, String, String, i64)> = read!(self, pool =>
            sqlx::query_as(TEXT).bind(source.0).bind(i64::from(limit)).fetch_all(pool).await)?;
        let quarantined = rows.into_iter().map(|(source, scope, external_id, kind, reason, at)| {
            let (source, at) = (SourceId(source), Timestamp(at));
            Quarantined { source, scope, external_id, kind, reason, at }
        });
        Ok(quarantined.collect())
    }
}

/// A record on its way into quarantine.
pub(crate) struct Entry<'r> {
    pub(crate) kind: &'r str,
    pub(crate) external_id: &'r str,
    pub(crate) reason: &'r str,
    /// Tells a repetition from news.
    pub(crate) payload_hash: [u8; 16],
    /// Compressed.
    pub(crate) raw: Vec<u8>,
}

const QUARANTINE: Table = Table {
    name: "quarantine",
    key: "source, kind, external_id",
    columns: &[
        ("source", Kind::Id),
        ("kind", Kind::Text),
        ("external_id", Kind::Text),
        ("scope", Kind::Text),
        ("reason", Kind::Text),
        ("at", Kind::Number),
        ("payload_hash", Kind::Bytes),
        ("raw", Kind::Bytes),
    ],
    on_conflict: OnConflict::Replace,
};

/// Puts records in quarantine, in place of what stood there of the same records.
pub(crate) async fn write(
    transaction: &mut Transaction<'_>,
    source: SourceId,
    scope: &str,
    at: Timestamp,
    entries: &[Entry<'_>],
) -> Result<(), StoreError> {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            [
                Value::Id(Some(source.0)),
                Value::Text(Some(entry.kind)),
                Value::Text(Some(entry.external_id)),
                Value::Text(Some(scope)),
                Value::Text(Some(entry.reason)),
                Value::Number(Some(at.0)),
                Value::Bytes(&entry.payload_hash),
                Value::Bytes(&entry.raw),
            ]
        })
        .collect();
    QUARANTINE.write(transaction, &rows).await
}
