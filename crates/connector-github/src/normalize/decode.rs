//! Reading one record, so that a bad one is understood instead of sinking its page.

use aws_lc_rs::digest::{SHA256, digest};
use mainstem_model::record::QuarantineRecord;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use bytes::Bytes;

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// GitHub's id, as far as it could be read; a hash of the payload otherwise.
    pub external_id: String,
    /// Why not: names the field.
    pub reason: String,
}

impl Malformed {
    /// For the quarantine.
    #[must_use]
    pub fn quarantine(self, kind: &str, raw: Bytes) -> QuarantineRecord {
        QuarantineRecord {
            external_id: self.external_id,
            kind: kind.to_owned(),
            reason: self.reason,
            raw,
        }
    }
}

/// Reads a record. What the fast way refuses is read again slowly: that accepts repeated keys, of
/// which the last counts, and halves of characters, and names the field at fault.
pub fn decode<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Malformed> {
    if let Ok(record) = serde_json::from_slice(raw) {
        return Ok(record);
    }
    let malformed = |reason: String| Malformed { external_id: identify(raw), reason };
    let value: serde_json::Value = serde_json::from_slice(&with_whole_characters(raw))
        .map_err(|error| malformed(error.to_string()))?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        // The path of the record itself is a dot, which says nothing.
        let path = error.path().to_string();
        malformed(match path.as_str() {
            "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        })
    })
}

/// A copy in which each escaped half of a character that lacks its other half, as a cut in the middle
/// leaves it, is a replacement character.
fn with_whole_characters(raw: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.first() {
        let other_half = unit(rest.get(6..).unwrap_or_default());
        let (taken, replaced) = match (unit(rest), other_half) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, false),
            (Some(0xd800..=0xdfff), _) => (6, true),
            _ if *first == b'\\' => (2, false),
            _ => (1, false),
        };
        let (taken, after) = rest.split_at(taken.min(rest.len()));
        whole.extend_from_slice(if replaced { b"\\ufffd" } else { taken });
        rest = after;
    }
    whole
}

/// The unit of UTF-16 that stands escaped at the start of a text.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(text.strip_prefix(b"\\u")?.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

fn identify(raw: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Identified {
        id: u64,
    }
    match serde_json::from_slice::<Identified>(raw) {
        Ok(identified) => identified.id.to_string(),
        Err(_) => {
            let hash = digest(&SHA256, raw);
            hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}
