//! Reading one record, so that a bad one is understood instead of sinking its page.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use mainstem_model::record::QuarantineRecord;
use serde::Deserialize;

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Jira's id, as far as it could be read; a hash of the payload otherwise.
    pub external_id: String,
    /// Why not: names the field.
    pub reason: String,
}

impl Malformed {
    /// For the quarantine.
    pub fn quarantine(self, kind: &str, raw: Bytes) -> QuarantineRecord {
        QuarantineRecord {
            external_id: self.external_id,
            kind: kind.to_owned(),
            reason: self.reason,
            raw,
        }
    }
}

/// Reads a value; the error names the field at fault.
pub fn decode<'de, T: Deserialize<'de>>(raw: &'de [u8]) -> Result<T, String> {
    serde_json::from_slice(raw).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_slice(raw);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            // The path of the record itself is a dot, which says nothing.
            match error.path().to_string().as_str() {
                "." => error.inner().to_string(),
                path => format!("{path}: {}", error.inner()),
            }
        })
    })
}

/// What a record is called, even where the rest of it cannot be read.
pub fn identify(raw: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Identified {
        id: String,
    }
    match serde_json::from_slice::<Identified>(raw) {
        Ok(identified) => identified.id,
        Err(_) => {
            let mut hasher = DefaultHasher::new();
            raw.hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        }
    }
}
