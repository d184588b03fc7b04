//! Records that could not be read: kept with their payload and the reason, until the tool shows them
//! in a form that can be read.

use std::collections::BTreeMap;

use mainstem_model::record::QuarantineRecord;
use sqlx::AssertSqlSafe;

use super::{Apply, fingerprint};
use crate::StoreError;
use crate::dialect::{Texts, execute, run};
use crate::parts::{KINDS, PartKind};
use crate::payload::Compressor;
use crate::quarantine::{Entry, write};

impl Apply<'_> {
    pub(super) async fn quarantine(
        &mut self,
        records: &[QuarantineRecord],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let records: BTreeMap<(&str, &str), &QuarantineRecord> = records
            .iter()
            .map(|record| ((record.kind.as_str(), record.external_id.as_str()), record))
            .collect();
        let text = format!(
            "SELECT kind, external_id, reason, payload_hash FROM quarantine
             WHERE source = $1 AND {}",
            self.transaction.dialect().among("external_id", 2)
        );
        let external_ids = Texts(records.keys().map(|(_, id)| (*id).to_owned()).collect());
        let stored: Vec<(String, String, String, Vec<u8>)> = run!(self.transaction, connection => sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(external_ids)
                .fetch_all(connection)
                .await)?;
        let mut compressor = Compressor::new()?;
        let mut entries = Vec::new();
        for record in records.into_values() {
            let payload_hash = fingerprint::of_bytes(&record.raw);
            let known = stored.iter().any(|(kind, external_id, reason, hash)| {
                *kind == record.kind
                    && *external_id == record.external_id
                    && *reason == record.reason
                    && *hash == payload_hash
            });
            if !known {
                entries.push(Entry {
                    kind: &record.kind,
                    external_id: &record.external_id,
                    reason: &record.reason,
                    payload_hash,
                    raw: compressor.compress(&record.raw)?,
                });
            }
        }
        self.applied.quarantined += entries.len() as u64;
        write(&mut self.transaction, self.source, self.context.scope, self.now, &entries).await
    }

    /// What could be read now is no longer in quarantine: parts of this kind, or tasks. Tools number
    /// each apart, so they are told apart here too.
    pub(super) async fn forget_quarantine<'r>(
        &mut self,
        external_ids: impl Iterator<Item = &'r str>,
        kind: Option<&PartKind>,
    ) -> Result<(), StoreError> {
        if !self.waiting.quarantined {
            return Ok(());
        }
        let external_ids = Texts(external_ids.map(str::to_owned).collect());
        let kinds = match kind {
            Some(kind) => format!("kind = '{}'", kind.table),
            None => format!("kind NOT IN ('{}')", KINDS.map(|kind| kind.table).join("', '")),
        };
        let among = self.transaction.dialect().among("external_id", 2);
        let text = format!("DELETE FROM quarantine WHERE source = $1 AND {kinds} AND {among}");
        execute!(
            self.transaction,
            sqlx::query(AssertSqlSafe(text)).bind(self.source.0).bind(external_ids)
        )?;
        Ok(())
    }
}

/// What is told of a task that is not in the store has nothing to hang on.
pub(super) fn of_unknown(task: &str, kind: &str) -> QuarantineRecord {
    QuarantineRecord {
        external_id: task.to_owned(),
        kind: kind.to_owned(),
        reason: "the task that this is told of is not in the store".to_owned(),
        raw: bytes::Bytes::new(),
    }
}
