//! What of storing a batch needs no database, done before its turn comes: a batch can be prepared
//! while the one before it is being written.

use bytes::Bytes;
use mainstem_model::record::Batch;

use super::fingerprint::{Fingerprint, of_comment, of_task, of_worklog};
use crate::nul::Texts as _;
use crate::payload::Compressor;
use crate::{Located, StoreError};

/// A batch with the fingerprint of each record, and its payloads compressed.
pub struct PreparedBatch {
    pub(super) batch: Batch,
    /// In the order of the batch's tasks.
    pub(super) tasks: Vec<Prepared>,
    /// In the order of the batch's comments.
    pub(super) comments: Vec<Prepared>,
    /// In the order of the batch's worklogs.
    pub(super) worklogs: Vec<Prepared>,
    pub(super) located: Vec<Located>,
}

/// What is prepared of one record.
pub(super) struct Prepared {
    pub(super) fingerprint: Fingerprint,
    /// Compressed; the record's own payload has been let go.
    pub(super) raw: Vec<u8>,
}

impl PreparedBatch {
    /// Prepares a batch on a thread of its own: this is the larger part of a first sync's work. Texts
    /// lose their NULs, which PostgreSQL cannot hold.
    ///
    /// # Errors
    /// [`StoreError::Database`] where there is no memory left to compress into.
    pub async fn of(batch: Batch) -> Result<Self, StoreError> {
        let work = tokio::task::spawn_blocking(move || Self::prepare(batch));
        work.await.map_err(|stopped| sqlx::Error::Io(std::io::Error::other(stopped)))?
    }

    fn prepare(mut batch: Batch) -> Result<Self, StoreError> {
        if batch.has_nul() {
            batch.drop_nul();
        }
        let mut compressor = Compressor::new()?;
        let mut prepare = |fingerprint, raw: &mut Bytes| {
            let raw = compressor.compress(&std::mem::take(raw))?;
            Ok::<_, StoreError>(Prepared { fingerprint, raw })
        };
        let tasks = batch.tasks.iter_mut();
        let tasks =
            tasks.map(|task| prepare(of_task(task), &mut task.raw)).collect::<Result<_, _>>()?;
        let comments = batch.comments.iter_mut();
        let comments = comments
            .map(|comment| prepare(of_comment(comment), &mut comment.raw))
            .collect::<Result<_, _>>()?;
        let worklogs = batch.worklogs.iter_mut();
        let worklogs = worklogs
            .map(|worklog| prepare(of_worklog(worklog), &mut worklog.raw))
            .collect::<Result<_, _>>()?;
        Ok(Self { batch, tasks, comments, worklogs, located: Vec::new() })
    }

    /// Says how the items are asked for that the batch's notices name. Which of them are worth asking for
    /// is decided when it is stored.
    pub fn locate(&mut self, located: Vec<Located>) {
        self.located = located;
    }

    /// The batch, but for the payloads.
    #[must_use]
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }
}
