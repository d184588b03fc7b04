//! The two ways in: a personal access token, and a GitHub App.

use std::sync::Arc;

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mainstem_connector::authorization::{Authorization, Fixed, bearer};
use mainstem_connector::caller::{Answer, Call, Caller, Manners};
use mainstem_connector::{ConnectorError, Credential, Disposition, Host};
use mainstem_model::{Clock, Timestamp};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use crate::client::{common_headers, refused};
use crate::settings::{GitHubSettings, Selection};

/// GitHub allows ten minutes; the difference is for clocks that do not agree.
const JWT_SECONDS: i64 = 9 * 60;
const JWT_BACKDATED_SECONDS: i64 = 60;
/// An installation token lives for an hour and is renewed this long before its end.
const RENEW_BEFORE_SECONDS: i64 = 5 * 60;

/// What authorises the requests of a source; `None` reads what is public.
pub fn authorization(
    credential: Option<&Credential>,
    settings: &GitHubSettings,
    host: &Host,
) -> Result<Box<dyn Authorization>, ConnectorError> {
    let Some(credential) = credential else {
        return Ok(Box::new(Fixed(None)));
    };
    match credential.kind.as_str() {
        "token" => Ok(Box::new(Fixed(Some(bearer(&credential.secret)?)))),
        "app" => Ok(Box::new(Installation::new(credential, settings, host)?)),
        other => Err(invalid(format!("GitHub takes a token or an app, not {other:?}"))),
    }
}

/// The public part of an app's credential.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    app_id: NumberOrText,
    #[serde(default)]
    installation_id: Option<NumberOrText>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl NumberOrText {
    fn read(&self, name: &str) -> Result<String, ConnectorError> {
        match self {
            Self::Number(number) => Ok(number.to_string()),
            Self::Text(text)
                if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric()) =>
            {
                Ok(text.clone())
            }
            Self::Text(_) => {
                Err(invalid(format!("{name} is not an id; copy it from the app's page")))
            }
        }
    }
}

/// Acts as one installation of an app. Its token lives in memory only.
struct Installation {
    caller: Caller,
    clock: Arc<dyn Clock>,
    base: Url,
    /// Where the installation is looked up, or its id.
    place: Place,
    /// Held while a token is fetched, so that only one is.
    token: Mutex<Option<Token>>,
}

enum Place {
    Known(String),
    Paths(Vec<String>),
}

struct Token {
    header: HeaderValue,
    renew_at: Timestamp,
}

impl Installation {
    fn new(
        credential: &Credential,
        settings: &GitHubSettings,
        host: &Host,
    ) -> Result<Self, ConnectorError> {
        let app = App::deserialize(&credential.public)
            .map_err(|error| invalid(format!("the app's credential: {error}")))?;
        let key = EncodingKey::from_rsa_pem(credential.secret.expose_secret().as_bytes())
            .map_err(|_| invalid("the app's private key is not an RSA key in PEM form"))?;
        let identity =
            Identity { app_id: app.app_id.read("app_id")?, key, clock: host.clock.clone() };
        let manners = Manners {
            concurrent_requests: 1,
            headers: common_headers(),
            limit_phrases: &["rate limit", "abuse detection"],
        };
        let base = settings.base.clone();
        let place = match (&app.installation_id, &settings.selection) {
            (Some(id), _) => Place::Known(id.read("installation_id")?),
            (None, Selection::Repositories(names)) => Place::Paths(
                names.iter().take(1).map(|name| format!("repos/{name}/installation")).collect(),
            ),
            (None, Selection::Owner(owner)) => Place::Paths(vec![
                format!("orgs/{owner}/installation"),
                format!("users/{owner}/installation"),
            ]),
        };
        let caller = Caller::new(
            host.http.clone(),
            host.clock.clone(),
            base.clone(),
            Box::new(identity),
            manners,
        );
        Ok(Self { caller, clock: host.clock.clone(), base, place, token: Mutex::new(None) })
    }

    async fn fetch(&self) -> Result<Token, ConnectorError> {
        #[derive(Deserialize)]
        struct Issued {
            token: String,
            expires_at: Timestamp,
        }
        let id = self.installation_id().await?;
        let url = self.url(&format!("app/installations/{id}/access_tokens"));
        let answer = self.caller.send(Call::post(url, &serde_json::json!({}), true)?).await?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer));
        }
        let issued: Issued = answer.json()?;
        // By GitHub's clock on both sides, so that ours may be wrong.
        let lifetime = issued.expires_at.since(answer.at) / 1_000_000;
        let renew_at = self.clock.now().plus_seconds(lifetime - RENEW_BEFORE_SECONDS);
        Ok(Token { header: bearer(&SecretString::from(issued.token))?, renew_at })
    }

    async fn installation_id(&self) -> Result<String, ConnectorError> {
        #[derive(Deserialize)]
        struct Found {
            id: u64,
        }
        let paths = match &self.place {
            Place::Known(id) => return Ok(id.clone()),
            Place::Paths(paths) => paths,
        };
        let mut last = None;
        for path in paths {
            let answer = self.caller.send(Call::get(self.url(path))).await?;
            if answer.status.is_success() {
                return Ok(answer.json::<Found>()?.id.to_string());
            }
            last = Some(answer);
        }
        Err(last.map_or_else(
            || invalid("the app's installation is not known; set installation_id"),
            |answer| self.refused(&answer),
        ))
    }

    fn refused(&self, answer: &Answer) -> ConnectorError {
        let error = refused(answer);
        ConnectorError::new(
            Disposition::PauseSource,
            "CREDENTIAL_REFUSED",
            format!("the app may not act here: {}; check that it is installed", error.message),
        )
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }
}

#[async_trait]
impl Authorization for Installation {
    async fn header(&self) -> Result<Option<HeaderValue>, ConnectorError> {
        let mut token = self.token.lock().await;
        let now = self.clock.now();
        let header = match token.as_ref().filter(|token| now < token.renew_at) {
            Some(token) => token.header.clone(),
            None => token.insert(self.fetch().await?).header.clone(),
        };
        Ok(Some(header))
    }

    async fn refused(&self, header: &HeaderValue) {
        let mut token = self.token.lock().await;
        if token.as_ref().is_some_and(|known| known.header == *header) {
            *token = None;
        }
    }
}

/// Proves that we are the app: a short-lived JWT for each request.
struct Identity {
    app_id: String,
    key: EncodingKey,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iat: i64,
    exp: i64,
    iss: &'a str,
}

#[async_trait]
impl Authorization for Identity {
    async fn header(&self) -> Result<Option<HeaderValue>, ConnectorError> {
        let now = self.clock.now().seconds();
        let claims =
            Claims { iat: now - JWT_BACKDATED_SECONDS, exp: now + JWT_SECONDS, iss: &self.app_id };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key)
            .map_err(|_| invalid("the app's private key cannot sign"))?;
        bearer(&SecretString::from(jwt)).map(Some)
    }

    async fn refused(&self, _: &HeaderValue) {}
}

fn invalid(message: impl Into<String>) -> ConnectorError {
    ConnectorError::new(Disposition::PauseSource, "CREDENTIAL_INVALID", message)
}

#[cfg(test)]
mod tests;
