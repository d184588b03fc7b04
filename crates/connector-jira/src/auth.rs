//! The ways in: a name with a token or password, and a bearer token.

use base64::Engine;
use mainstem_connector::authorization::{Authorization, Fixed, bearer};
use mainstem_connector::{ConnectorError, Credential, Disposition};
use mainstem_model::Timestamp;
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

/// When an OAuth access token ends: it is a JSON Web Token, and says so to whoever holds it. Whether it
/// is genuine is for Jira to find.
pub fn expires_at(credential: &Credential) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let token = credential.secret.expose_secret().trim();
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    (credential.kind == "token").then(|| Timestamp::from_seconds(exp))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_access_token_says_when_it_ends() {
        let token = |claims: &str| {
            let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
            format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl\n")
        };
        for (kind, secret, expected) in [
            ("token", token(r#"{"exp":1780000000,"scope":"read:jira-work"}"#), Some(1_780_000_000)),
            ("basic", token(r#"{"exp":1780000000}"#), None),
            ("token", token("{}"), None),
            ("token", token("nothing"), None),
            ("token", "MzA1NzY5OTk1MjI5OkqN".to_owned(), None),
            ("token", "a.b".to_owned(), None),
        ] {
            let credential =
                Credential { kind: kind.to_owned(), public: json!({}), secret: secret.into() };
            assert_eq!(expires_at(&credential), expected.map(Timestamp::from_seconds));
        }
    }
}
