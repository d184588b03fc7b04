//! Jira's REST API: version 3 on Cloud, version 2 on Data Center.

use std::sync::Arc;

use bytes::Bytes;
use mainstem_connector::authorization::Authorization;
use mainstem_connector::caller::{Answer, Call, Caller, Manners};
use mainstem_connector::headers::text;
use mainstem_connector::{ConnectorError, Disposition, Host};
use mainstem_model::SourceError;
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use url::Url;

use crate::settings::JiraSettings;

/// One account at one site. Clones share its limits.
#[derive(Debug, Clone)]
pub struct Client {
    caller: Arc<Caller>,
    base: Url,
    site: Arc<OnceCell<Site>>,
    anonymous: bool,
    /// Whether half of each budget is left to others.
    background: bool,
}

/// What a site says of itself.
#[derive(Debug, Clone)]
pub struct Site {
    /// Whether it is Jira Cloud; Data Center otherwise.
    pub cloud: bool,
    /// Where people see it, without a slash at the end.
    pub address: String,
}

impl Client {
    /// A client of the site that the settings name.
    pub fn new(
        settings: &JiraSettings,
        host: &Host,
        authorization: Box<dyn Authorization>,
        anonymous: bool,
    ) -> Self {
        let manners = Manners {
            concurrent_requests: settings.concurrent_requests,
            headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
            limit_phrases: &["rate limit"],
        };
        let base = settings.base.clone();
        let caller = Caller::new(
            host.http.clone(),
            host.clock.clone(),
            base.clone(),
            authorization,
            manners,
        );
        Self { caller: Arc::new(caller), base, site: Arc::default(), anonymous, background: false }
    }

    /// The same for requests that nobody waits for.
    pub fn in_background(&self) -> Self {
        Self { background: true, ..self.clone() }
    }

    /// Whether no credential is shown.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// What the site is; asked once.
    pub async fn site(&self) -> Result<&Site, ConnectorError> {
        self.site.get_or_try_init(|| self.ask_site()).await
    }

    async fn ask_site(&self) -> Result<Site, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ServerInfo {
            base_url: Option<String>,
            /// Missing before Jira 7.7: only servers are that old.
            deployment_type: Option<String>,
        }
        let answer = self.send(Call::get(self.url_of("2", "serverInfo", &[]))).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let info: ServerInfo = answer.json()?;
        let told = info.base_url.and_then(|url| Url::parse(&url).ok());
        let address = told.filter(|url| matches!(url.scheme(), "http" | "https"));
        let address = address.unwrap_or_else(|| self.base.clone());
        Ok(Site {
            cloud: info.deployment_type.as_deref() == Some("Cloud"),
            address: address.as_str().trim_end_matches('/').to_owned(),
        })
    }

    /// Reads one resource below the API. The answer may have any status but those that the caller
    /// handles.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, ConnectorError> {
        let url = self.url(path, query).await?;
        self.send(Call::get(url)).await
    }

    /// Asks a question that is too long for a URL. Asking it twice does no harm.
    pub async fn ask(&self, path: &str, body: &impl Serialize) -> Result<Answer, ConnectorError> {
        let url = self.url(path, &[]).await?;
        self.send(Call::post(url, body, true)?).await
    }

    /// Changes something. Doing it twice does no harm that lasts.
    pub async fn write(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, ConnectorError> {
        let url = self.url(path, &[]).await?;
        self.send(Call::with_body(method, url, body)?).await
    }

    async fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, ConnectorError> {
        let version = if self.site().await?.cloud { "3" } else { "2" };
        Ok(self.url_of(version, path, query))
    }

    fn url_of(&self, version: &str, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}rest/api/{version}/{path}", self.base.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        let answer = self.caller.send(call.in_background(self.background)).await?;
        if self.anonymous { Ok(answer) } else { signed_in(answer) }
    }
}

/// Jira answers a bad credential as it would answer anybody, with nothing but a header to tell: what
/// is private then looks as if it had gone.
fn signed_in(answer: Answer) -> Result<Answer, ConnectorError> {
    let reason = text(&answer.headers, "x-seraph-loginreason").unwrap_or_default();
    let advice = if reason.contains("AUTHENTICATION_DENIED") {
        "sign in once with a browser to answer the CAPTCHA, then resume the source"
    } else if reason.contains("AUTHENTICATED_FAILED")
        || text(&answer.headers, "x-ausername") == Some("anonymous")
    {
        "renew it; on Cloud the user name is the e-mail address and the secret an API token"
    } else {
        return Ok(answer);
    };
    let host = answer.url.host_str().unwrap_or("Jira");
    Err(ConnectorError::new(
        Disposition::PauseSource,
        "CREDENTIAL_REFUSED",
        format!("{host} does not take the credential and answers as it would anybody; {advice}"),
    ))
}

/// The error for an answer that is neither what was asked for nor one that means something.
pub fn refused(answer: &Answer) -> ConnectorError {
    let path = answer.url.path();
    let (code, advice) = match answer.status.as_u16() {
        401 | 403 | 404 => (
            SourceError::SCOPE_NOT_VISIBLE,
            "check that it exists and that the account may browse it",
        ),
        400 => ("QUERY_REFUSED", "check the project and the jql setting"),
        _ => ("REFUSED", "this is not expected; look at the settings"),
    };
    ConnectorError::new(
        Disposition::GiveUp,
        code,
        format!("Jira answered {} ({}) for {path}; {advice}", answer.status.as_u16(), said(answer)),
    )
}

/// What Jira says of an error, as far as it can be shown.
pub fn said(answer: &Answer) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        #[serde(default)]
        error_messages: Vec<String>,
        #[serde(default)]
        message: String,
    }
    let said = serde_json::from_slice::<Said>(&answer.body).ok();
    let said = said.map(|mut said| {
        said.error_messages.push(said.message);
        said.error_messages.retain(|message| !message.is_empty());
        said.error_messages.join(" ")
    });
    said.unwrap_or_default().chars().take(200).collect()
}

/// The body of an answer, as text: one ill-formed byte must not sink a page.
pub fn body(answer: &Answer) -> Bytes {
    match std::str::from_utf8(&answer.body) {
        Ok(_) => answer.body.clone(),
        Err(_) => Bytes::from(String::from_utf8_lossy(&answer.body).into_owned()),
    }
}

/// The part of a body that a raw value is.
pub fn part(body: &Bytes, value: &RawValue) -> Bytes {
    body.slice_ref(value.get().as_bytes())
}
