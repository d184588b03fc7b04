//! Where the engine gets credentials from.

use async_trait::async_trait;
use mainstem_connector::Credential;
use mainstem_model::Source;

/// Resolves what a source authenticates with: an environment variable, a file, the sealed store.
#[async_trait]
pub trait CredentialProvider: Send + Sync + 'static {
    /// The credential of a source; `None` where it is read without one. Asked for at the start of
    /// every visit, so that a renewed secret is used without a restart.
    ///
    /// # Errors
    /// Where the secret is missing or cannot be opened: the source then needs a person.
    async fn credential(&self, source: &Source) -> Result<Option<Credential>, CredentialError>;
}

/// The credential of a source cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// A word that a script can compare: `CREDENTIAL_MISSING`, `CREDENTIAL_SEALED_ELSEWHERE`, …
    pub code: &'static str,
    /// One sentence that says what to do; never a secret.
    pub message: String,
}
