//! The keys, and what is done with them.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use mainstem_model::Random;
use mainstem_model::random::NoRandomness;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::format::{Envelope, KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, data_context, wrap_context};
use crate::padding::{pad, unpad};

/// Keys that seal and open: the first one seals, all of them open.
pub struct KeyRing {
    active: Key,
    decrypt_only: Vec<Key>,
}

/// What a sealed value belongs to. It opens only where every part is the same as when it was
/// sealed, so that nothing is gained by moving it to another row or by pointing its source at
/// another site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedFor<'a> {
    /// The installation.
    pub instance: &'a str,
    /// The source, by id.
    pub source: &'a str,
    /// The kind of connector.
    pub connector: &'a str,
    /// The origin of the tool's base URL: `https://api.github.com`.
    pub origin: &'a str,
    /// The kind of credential: `token`, `app`.
    pub credential_kind: &'a str,
    /// Which secret of the credential: `secret`.
    pub field: &'a str,
    /// How many times the secret has been set before.
    pub generation: u64,
}

/// Why a value could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The cipher refused.
    #[error("the cipher refused to seal")]
    Cipher,
}

/// Why a sealed value could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// These bytes are not a sealed value of a format that we know.
    #[error("this is not a sealed secret of a known format; set it again")]
    Format,
    /// The key that sealed it is not in the ring.
    #[error(
        "the secret was sealed with key {key_id}, which is not in the key file; put that key back, or set the secret again"
    )]
    UnknownKey {
        /// The id of the key.
        key_id: String,
    },
    /// The bytes were changed, or the value belongs to another place or site.
    #[error("the secret does not belong to this source at this site, or was damaged; set it again")]
    Refused,
    /// It could not be wrapped again.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl KeyRing {
    /// A ring of these keys: the first seals. `None` where there is none.
    pub(crate) fn new(keys: Vec<Key>) -> Option<Self> {
        let mut keys = keys.into_iter();
        Some(Self { active: keys.next()?, decrypt_only: keys.collect() })
    }

    /// Seals a secret for its place with a fresh key of its own, which the active key wraps.
    ///
    /// # Errors
    /// Where the operating system has no random bytes to give.
    pub fn seal(
        &self,
        random: &dyn Random,
        place: &SealedFor<'_>,
        secret: &str,
    ) -> Result<Vec<u8>, SealError> {
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        random.fill(data_key.as_mut())?;
        let (wrap_nonce, wrapped_key) = self.active.wrap(random, place.instance, &data_key)?;
        let data_nonce = fresh_nonce(random)?;
        let mut ciphertext = pad(secret.as_bytes(), AES_256_GCM.tag_len());
        cipher(&data_key)
            .and_then(|cipher| {
                let nonce = Nonce::assume_unique_for_key(data_nonce);
                cipher.seal_in_place_append_tag(
                    nonce,
                    Aad::from(data_context(place)),
                    &mut *ciphertext,
                )
            })
            .map_err(|_| SealError::Cipher)?;
        let envelope = Envelope {
            key_id: self.active.id,
            wrap_nonce,
            wrapped_key: &wrapped_key,
            data_nonce,
            ciphertext: &ciphertext,
        };
        Ok(envelope.write())
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Where the key is unknown, the bytes were changed, or the place is another.
    pub fn open(&self, place: &SealedFor<'_>, sealed: &[u8]) -> Result<SecretString, OpenError> {
        let envelope = Envelope::read(sealed)?;
        let data_key = self.unwrap_key(place.instance, &envelope)?;
        let mut padded = Zeroizing::new(envelope.ciphertext.to_vec());
        let padded = cipher(&data_key)
            .and_then(|cipher| {
                let nonce = Nonce::assume_unique_for_key(envelope.data_nonce);
                cipher.open_in_place(nonce, Aad::from(data_context(place)), &mut padded)
            })
            .map_err(|_| OpenError::Refused)?;
        let secret = unpad(padded)
            .and_then(|secret| std::str::from_utf8(secret).ok())
            .ok_or(OpenError::Refused)?;
        Ok(SecretString::from(secret))
    }

    /// Whether another key than the active one wraps it.
    ///
    /// # Errors
    /// Where these are not the bytes of a sealed value.
    pub fn needs_rewrap(&self, sealed: &[u8]) -> Result<bool, OpenError> {
        Ok(Envelope::read(sealed)?.key_id != self.active.id)
    }

    /// The same sealed value, wrapped by the active key. The secret itself is not opened.
    ///
    /// # Errors
    /// As [`open`](Self::open), or where the operating system has no random bytes to give.
    pub fn rewrap(
        &self,
        random: &dyn Random,
        instance: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, OpenError> {
        let envelope = Envelope::read(sealed)?;
        let data_key = self.unwrap_key(instance, &envelope)?;
        let (wrap_nonce, wrapped_key) = self.active.wrap(random, instance, &data_key)?;
        Ok(Envelope { key_id: self.active.id, wrap_nonce, wrapped_key: &wrapped_key, ..envelope }
            .write())
    }

    /// The id of the active key, in hexadecimal.
    #[must_use]
    pub fn active_key_id(&self) -> String {
        self.active.id_text()
    }

    fn unwrap_key(
        &self,
        instance: &str,
        envelope: &Envelope<'_>,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, OpenError> {
        let key = std::iter::once(&self.active)
            .chain(&self.decrypt_only)
            .find(|key| key.id == envelope.key_id)
            .ok_or_else(|| OpenError::UnknownKey { key_id: hex(&envelope.key_id) })?;
        let mut wrapped = Zeroizing::new(envelope.wrapped_key.to_vec());
        let nonce = Nonce::assume_unique_for_key(envelope.wrap_nonce);
        let context = Aad::from(wrap_context(instance, &key.id));
        let unwrapped = cipher(&key.bytes)
            .and_then(|cipher| cipher.open_in_place(nonce, context, &mut wrapped))
            .map_err(|_| OpenError::Refused)?;
        let mut data_key = Zeroizing::new([0; KEY_BYTES]);
        if unwrapped.len() != KEY_BYTES {
            return Err(OpenError::Refused);
        }
        data_key.copy_from_slice(unwrapped);
        Ok(data_key)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("active", &self.active_key_id()).finish_non_exhaustive()
    }
}

/// A key encryption key.
pub(crate) struct Key {
    id: [u8; KEY_ID_BYTES],
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    /// The key of these bytes. Its id derives from them and tells nothing of them.
    pub(crate) fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Result<Self, SealError> {
        let mut id = [0; KEY_ID_BYTES];
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(bytes.as_ref())
            .expand(&[b"mainstem kek id v1"], IdLength)
            .and_then(|derived| derived.fill(&mut id))
            .map_err(|_| SealError::Cipher)?;
        Ok(Self { id, bytes })
    }

    /// Its id in hexadecimal.
    pub(crate) fn id_text(&self) -> String {
        hex(&self.id)
    }

    fn wrap(
        &self,
        random: &dyn Random,
        instance: &str,
        data_key: &[u8; KEY_BYTES],
    ) -> Result<([u8; NONCE_BYTES], Vec<u8>), SealError> {
        let nonce = fresh_nonce(random)?;
        // With room for the tag, so that sealing in place moves nothing and leaves no copy behind.
        let mut wrapped = Vec::with_capacity(KEY_BYTES + AES_256_GCM.tag_len());
        wrapped.extend_from_slice(data_key);
        cipher(&self.bytes)
            .and_then(|cipher| {
                let context = Aad::from(wrap_context(instance, &self.id));
                cipher.seal_in_place_append_tag(
                    Nonce::assume_unique_for_key(nonce),
                    context,
                    &mut wrapped,
                )
            })
            .map_err(|_| SealError::Cipher)?;
        Ok((nonce, wrapped))
    }
}

struct IdLength;

impl hkdf::KeyType for IdLength {
    fn len(&self) -> usize {
        KEY_ID_BYTES
    }
}

fn cipher(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, aws_lc_rs::error::Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

fn fresh_nonce(random: &dyn Random) -> Result<[u8; NONCE_BYTES], NoRandomness> {
    let mut nonce = [0; NONCE_BYTES];
    random.fill(&mut nonce)?;
    Ok(nonce)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
