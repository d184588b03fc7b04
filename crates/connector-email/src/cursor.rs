//! Where a pull goes on.
//!
//! A mailbox tells of no changes, so a cursor holds what was handed over: the threads of a folder,
//! sorted by their ids into buckets, and of each bucket a sum of what its threads were. A pass goes
//! through the buckets and hands over those whose sum is another now; it needs no clock, no history,
//! and nothing but the cursor to know what was stored.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::record;
use serde::{Deserialize, Serialize};

use crate::thread::ThreadId;

/// Into how many buckets the threads of a folder are sorted. A change costs the threads of its bucket;
/// the cursor grows by 25 characters for each one in use.
pub const BUCKETS: u16 = 1_024;
/// Bytes of a bucket in a stored cursor.
const BUCKET_BYTES: usize = 18;

/// Where a pull goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The bucket that is looked at next; 0 where a pass is complete.
    pub next: u16,
    /// Threads handed over in this pass.
    pub done: u64,
    /// What was handed over; a bucket that is missing was empty.
    pub buckets: BTreeMap<u16, Sum>,
}

/// The sum of a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    threads: u32,
    /// Of their ids.
    ids: u32,
    /// Of their digests.
    digest: u64,
}

impl Sum {
    /// Adds a thread, or a message that cannot be read, which is none.
    pub fn add(&mut self, id: ThreadId, digest: u64, is_thread: bool) {
        let [.., a, b, c, d] = id.0;
        if is_thread {
            self.threads = self.threads.saturating_add(1);
            self.ids = self.ids.wrapping_add(u32::from_be_bytes([a, b, c, d]));
        }
        self.digest = self.digest.wrapping_add(digest).rotate_left(1);
    }

    /// Whether a thread that was in the bucket before is certainly gone.
    pub const fn has_lost(self, now: Self) -> bool {
        now.threads < self.threads || (now.threads == self.threads && now.ids != self.ids)
    }
}

/// The bucket of a thread.
pub fn bucket(id: ThreadId) -> u16 {
    let [high, low, ..] = id.0;
    u16::from_be_bytes([high, low]) >> 6
}

#[derive(Serialize, Deserialize)]
struct Stored {
    next: u16,
    done: u64,
    buckets: String,
}

impl Cursor {
    /// Reads a stored cursor.
    ///
    /// # Errors
    /// [`Disposition::RestartScope`] where another version wrote it.
    pub fn read(cursor: Option<&record::Cursor>) -> Result<Self, ConnectorError> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        Self::parse(&cursor.0).ok_or_else(|| {
            ConnectorError::new(
                Disposition::RestartScope,
                "CURSOR_UNREADABLE",
                "the place where the last pull stopped cannot be read; all is read again",
            )
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        let bytes = STANDARD_NO_PAD.decode(stored.buckets).ok()?;
        let (rows, rest) = bytes.as_chunks::<BUCKET_BYTES>();
        let read = |row: &[u8; BUCKET_BYTES]| {
            let number = row.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
            // 144 bits: the number of the bucket has been shifted out of these.
            let sum = Sum {
                threads: (number >> 96) as u32,
                ids: (number >> 64) as u32,
                digest: number as u64,
            };
            (u16::from_be_bytes([row[0], row[1]]), sum)
        };
        (rest.is_empty() && stored.next < BUCKETS).then(|| Self {
            next: stored.next,
            done: stored.done,
            buckets: rows.iter().map(read).collect(),
        })
    }

    /// As it is stored.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn write(&self) -> Result<record::Cursor, ConnectorError> {
        let mut bytes = Vec::with_capacity(self.buckets.len() * BUCKET_BYTES);
        for (bucket, sum) in &self.buckets {
            bytes.extend(bucket.to_be_bytes());
            bytes.extend(sum.threads.to_be_bytes());
            bytes.extend(sum.ids.to_be_bytes());
            bytes.extend(sum.digest.to_be_bytes());
        }
        let buckets = STANDARD_NO_PAD.encode(bytes);
        let stored = Stored { next: self.next, done: self.done, buckets };
        serde_json::to_string(&stored).map(record::Cursor).map_err(|error| {
            ConnectorError::new(Disposition::BackOff, "CURSOR_UNWRITABLE", error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let mut cursor = Cursor { next: 7, done: 3, buckets: BTreeMap::new() };
        let mut sum = Sum::default();
        sum.add(ThreadId([0xff; 12]), u64::MAX - 5, true);
        sum.add(ThreadId([1; 12]), 9, false);
        cursor.buckets.insert(0, sum);
        cursor.buckets.insert(1_023, Sum { threads: u32::MAX, ids: 1, digest: 2 });
        let stored = cursor.write().unwrap();
        assert_eq!(Cursor::read(Some(&stored)).unwrap(), cursor);
        assert_eq!(bucket(ThreadId([0xff; 12])), 1_023);
        for text in [
            "",
            "{}",
            "7",
            r#"{"next":1024,"done":0,"buckets":""}"#,
            r#"{"next":0,"done":0,"buckets":"AAAA"}"#,
        ] {
            let error = Cursor::read(Some(&record::Cursor(text.to_owned()))).unwrap_err();
            assert_eq!(error.disposition, Disposition::RestartScope, "{text}");
        }
    }

    #[test]
    fn a_loss_shows() {
        let of = |ids: &[u8]| {
            let mut sum = Sum::default();
            ids.iter().for_each(|id| sum.add(ThreadId([*id; 12]), 1, true));
            sum
        };
        for (before, after, lost) in [
            (&[1, 2][..], &[1][..], true),
            (&[1], &[], true),
            (&[1], &[2], true),
            (&[1], &[1], false),
            (&[1], &[1, 2], false),
            (&[], &[], false),
        ] {
            assert_eq!(of(before).has_lost(of(after)), lost, "{before:?} {after:?}");
        }
    }
}
