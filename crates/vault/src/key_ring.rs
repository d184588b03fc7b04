//! The keys, and what is done with them.

use mainstem_model::Random;
use mainstem_model::random::NoRandomness;
use secrecy::SecretString;

/// Keys that seal and open: the first one seals, all of them open.
pub struct KeyRing {}

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
    #[error("this is not a sealed secret of a known format")]
    Format,
    /// The key that sealed it is not in the ring.
    #[error("the secret was sealed with key {key_id}, which is not in the key file; put that key back, or set the secret again")]
    UnknownKey {
        /// The id of the key.
        key_id: String,
    },
    /// The bytes were changed, or the value belongs to another place or site.
    #[error("the secret does not belong to this source at this site, or was damaged; set it again")]
    Refused,
    /// No random bytes to wrap it again.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl KeyRing {
    /// Seals a secret for its place with a fresh key of its own, which the active key wraps.
    ///
    /// # Errors
    /// Where the operating system has no random bytes to give.
    pub fn seal(&self, random: &dyn Random, place: &SealedFor<'_>, secret: &str) -> Result<Vec<u8>, SealError> {
        todo!()
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Where the key is unknown, the bytes were changed, or the place is another.
    pub fn open(&self, place: &SealedFor<'_>, sealed: &[u8]) -> Result<SecretString, OpenError> {
        todo!()
    }

    /// Whether another key than the active one wraps it.
    ///
    /// # Errors
    /// Where these are not the bytes of a sealed value.
    pub fn needs_rewrap(&self, sealed: &[u8]) -> Result<bool, OpenError> {
        todo!()
    }

    /// The same sealed value, wrapped by the active key. The secret itself is not opened.
    ///
    /// # Errors
    /// As [`open`](Self::open), or where the operating system has no random bytes to give.
    pub fn rewrap(&self, random: &dyn Random, instance: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        todo!()
    }

    /// The id of the active key, in hexadecimal.
    #[must_use]
    pub fn active_key_id(&self) -> String {
        todo!()
    }
}
