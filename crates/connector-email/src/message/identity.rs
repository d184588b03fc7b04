//! What makes a message the same one, wherever it lies: its content, never the Message-ID alone, which
//! the sender chooses.

use std::fmt;

use sha2::{Digest, Sha256};

use super::header::Header;
use super::words::unhex;

/// What every copy of a message has alike. What servers add on the way (`Received`) and what
/// mailboxes keep in the header (`Status`) is not among it.
const FIELDS: [&str; 11] = [
    "from",
    "to",
    "cc",
    "date",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// A hash of the content of a message: 128 bits of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity([u8; 16]);

impl Identity {
    /// The identity of a message of which `body` is the whole text, or none of it where it is too
    /// large to be read; `size` counts all of its bytes then.
    pub fn of(header: &Header<'_>, body: &[u8], size: Option<u64>) -> Self {
        let mut hasher = Sha256::new();
        for (name, value) in header.fields() {
            let name = name.to_ascii_lowercase();
            if FIELDS.iter().any(|field| field.as_bytes() == name) {
                hasher.update(&name);
                // Fields may be folded otherwise on the way.
                for word in value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                    hasher.update(b" ");
                    hasher.update(word);
                }
                hasher.update(b"\n");
            }
        }
        hasher.update(b"\n");
        // Mailboxes end lines by one byte or two, and a message by one line end or none.
        for line in body.trim_ascii_end().split(|byte| *byte == b'\n') {
            hasher.update(line.strip_suffix(b"\r").unwrap_or(line));
            hasher.update(b"\n");
        }
        if let Some(size) = size {
            hasher.update(size.to_be_bytes());
        }
        let mut half = [0; 16];
        half.copy_from_slice(&hasher.finalize()[..16]);
        Self(half)
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    /// As bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
