//! The bytes of a sealed value, and what binds them to their place.
//!
//! ```text
//! "MS1" | alg 1 | kek_id 8 | nonce_w 12 | wrapped_dek 48 | nonce_d 12 | ciphertext and tag
//! ```
//!
//! `alg` 1 is AES-256-GCM, twice: the key encryption key (KEK) wraps a data encryption key (DEK),
//! and the DEK seals the secret. The nonces are 96 random bits. Each DEK is fresh and seals one
//! value, so its nonce can never be used twice; a KEK wraps one DEK for each secret that is set or
//! wrapped again, far from the 2^32 random nonces up to which a repetition is as good as impossible.

use crate::key_ring::{OpenError, SealedFor};

pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const KEY_ID_BYTES: usize = 8;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = KEY_BYTES + TAG_BYTES;
const MAGIC: &[u8] = b"MS1";
const AES_256_GCM: u8 = 1;

/// A sealed value in its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub key_id: [u8; KEY_ID_BYTES],
    pub wrap_nonce: [u8; NONCE_BYTES],
    pub wrapped_key: &'a [u8],
    pub data_nonce: [u8; NONCE_BYTES],
    pub ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads the parts.
    pub(crate) fn read(sealed: &'a [u8]) -> Result<Self, OpenError> {
        let parts = || {
            let rest = sealed.strip_prefix(MAGIC)?.strip_prefix(&[AES_256_GCM])?;
            let (key_id, rest) = rest.split_first_chunk()?;
            let (wrap_nonce, rest) = rest.split_first_chunk()?;
            let (wrapped_key, rest) = rest.split_at_checked(WRAPPED_BYTES)?;
            let (data_nonce, ciphertext) = rest.split_first_chunk()?;
            let whole = ciphertext.len() >= TAG_BYTES;
            whole.then_some(Self {
                key_id: *key_id,
                wrap_nonce: *wrap_nonce,
                wrapped_key,
                data_nonce: *data_nonce,
                ciphertext,
            })
        };
        parts().ok_or(OpenError::Format)
    }

    /// Writes the parts.
    pub(crate) fn write(&self) -> Vec<u8> {
        [
            MAGIC,
            &[AES_256_GCM],
            &self.key_id,
            &self.wrap_nonce,
            self.wrapped_key,
            &self.data_nonce,
            self.ciphertext,
        ]
        .concat()
    }
}

/// What binds a wrapped key to its installation and to the key that wraps it.
pub(crate) fn wrap_context(instance: &str, key_id: &[u8; KEY_ID_BYTES]) -> Vec<u8> {
    length_prefixed(&[b"mainstem.kek.v1", instance.as_bytes(), key_id])
}

/// What binds a secret to its place.
pub(crate) fn data_context(place: &SealedFor<'_>) -> Vec<u8> {
    length_prefixed(&[
        b"mainstem.cred.v1",
        place.instance.as_bytes(),
        place.source.as_bytes(),
        place.connector.as_bytes(),
        place.origin.as_bytes(),
        place.credential_kind.as_bytes(),
        place.field.as_bytes(),
        &place.generation.to_be_bytes(),
    ])
}

/// Each part after its length, so that no two lists of parts make the same bytes.
fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
