//! The ways in: a name with a token or password, and a bearer token.

use base64::Engine;
use mainstem_connector::authorization::{Authorization, Fixed, bearer};
use mainstem_connector::{ConnectorError, Credential, Disposition};
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use serde::Deserialize;

/// The public part of a basic credential.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Basic {
    username: String,
}

/// What authorises the requests of a source; `None` reads what is public.
pub fn authorization(
    credential: Option<&Credential>,
) -> Result<Box<dyn Authorization>, ConnectorError> {
    let Some(credential) = credential else {
        return Ok(Box::new(Fixed(None)));
    };
    let header = match credential.kind.as_str() {
        "token" => bearer(&credential.secret)?,
        "basic" => basic(credential)?,
        other => return Err(invalid(format!("Jira takes basic or token, not {other:?}"))),
    };
    Ok(Box::new(Fixed(Some(header))))
}

fn basic(credential: &Credential) -> Result<HeaderValue, ConnectorError> {
    let Basic { username } = Basic::deserialize(&credential.public)
        .map_err(|error| invalid(format!("the basic credential: {error}")))?;
    if username.contains(':') {
        return Err(invalid("username: a name that holds a colon cannot sign in this way"));
    }
    let pair = format!("{username}:{}", credential.secret.expose_secret().trim());
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut header = HeaderValue::from_str(&format!("Basic {encoded}"))
        .map_err(|_| invalid("the credential cannot be sent"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn invalid(message: impl Into<String>) -> ConnectorError {
    ConnectorError::new(Disposition::PauseSource, "CREDENTIAL_INVALID", message)
}
