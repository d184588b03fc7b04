//! Payloads as the tools gave them, compressed.

use crate::StoreError;

/// zstd's fastest usual level: payloads are written far more often than they are read.
const LEVEL: i32 = 1;

/// Compresses many payloads with one working memory.
pub(crate) struct Compressor(zstd::bulk::Compressor<'static>);

impl Compressor {
    pub(crate) fn new() -> Result<Self, StoreError> {
        zstd::bulk::Compressor::new(LEVEL).map(Self).map_err(failed)
    }

    pub(crate) fn compress(&mut self, payload: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.compress(payload).map_err(failed)
    }
}

/// Compressing into memory fails only where there is none left.
fn failed(error: std::io::Error) -> StoreError {
    StoreError::Database(sqlx::Error::Io(error))
}
