//! How requests of one account are authorised.

use async_trait::async_trait;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{ConnectorError, Disposition};

/// Gives each request its `authorization` header.
#[async_trait]
pub trait Authorization: Send + Sync + 'static {
    /// The header for the next request; `None` where the tool is read anonymously.
    ///
    /// # Errors
    /// Where no header can be had, such as a token that cannot be renewed.
    async fn header(&self) -> Result<Option<HeaderValue>, ConnectorError>;

    /// The tool answered 401 to this header. One that can be renewed is forgotten.
    async fn refused(&self, header: &HeaderValue);
}

/// The header that carries a bearer token, marked so that nothing prints it.
///
/// # Errors
/// Where the token holds characters that no header can.
pub fn bearer(token: &SecretString) -> Result<HeaderValue, ConnectorError> {
    let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret().trim()))
        .map_err(|_| {
            ConnectorError::new(
                Disposition::PauseSource,
                "CREDENTIAL_INVALID",
                "the token holds characters that no token has; store it again",
            )
        })?;
    header.set_sensitive(true);
    Ok(header)
}

/// The same header for ever, or none.
pub struct Fixed(pub Option<HeaderValue>);

#[async_trait]
impl Authorization for Fixed {
    async fn header(&self) -> Result<Option<HeaderValue>, ConnectorError> {
        Ok(self.0.clone())
    }

    async fn refused(&self, _: &HeaderValue) {}
}
