//! One account's calls to a tool: authorised, bounded, patient, and only ever to one origin.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainstem_model::{Clock, Timestamp};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION,
};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

use crate::authorization::Authorization;
use crate::headers::{link, server_time, text};
use crate::http::{Http, HttpError, Request, Response};
use crate::limits::Limits;
use crate::{ConnectorError, Disposition};

/// The pauses before the quick retries; what fails longer is the engine's to try again.
const QUICK_RETRIES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The code of a tool that answers with an error of its own.
pub const TOOL_FAILING: &str = "TOOL_FAILING";
/// A refused credential is shown once more after this pause: tools refuse good ones for a moment.
const SECOND_LOOK: Duration = Duration::from_secs(1);
const MOST_REDIRECTS: usize = 3;

/// What a tool asks of those who call it.
#[derive(Debug)]
pub struct Manners {
    /// How many requests may be under way at the same time.
    pub concurrent_requests: usize,
    /// Headers that every request carries.
    pub headers: HeaderMap,
    /// Words in a 403 that tell of a limit, in lower case.
    pub limit_phrases: &'static [&'static str],
}

/// One account's way to a tool.
///
/// It sends nothing before a time that the tool named, retries what is safe to retry twice, follows
/// at most three redirects, and never leaves the origin of its base URL.
pub struct Caller {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    base: Url,
    authorization: Box<dyn Authorization>,
    manners: Manners,
    permits: Semaphore,
    limits: Limits,
}

/// One thing to ask.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    url: Url,
    etag: Option<String>,
    body: Bytes,
    budget: &'static str,
    background: bool,
    repeatable: bool,
}

impl Call {
    /// Reads a resource.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            etag: None,
            body: Bytes::new(),
            budget: "core",
            background: false,
            repeatable: true,
        }
    }

    /// Sends JSON. `repeatable` says that sending it twice does no harm.
    ///
    /// # Errors
    /// Where `body` cannot be written as JSON.
    pub fn post(url: Url, body: &impl Serialize, repeatable: bool) -> Result<Self, ConnectorError> {
        Ok(Self { repeatable, ..Self::with_body(Method::POST, url, body)? })
    }

    /// Sends JSON by a method that may be repeated, such as PUT and DELETE.
    ///
    /// # Errors
    /// Where `body` cannot be written as JSON.
    pub fn with_body(
        method: Method,
        url: Url,
        body: &impl Serialize,
    ) -> Result<Self, ConnectorError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            ConnectorError::new(
                Disposition::GiveUp,
                "BAD_REQUEST",
                format!("a request cannot be written: {error}"),
            )
        })?;
        Ok(Self { method, body: body.into(), ..Self::get(url) })
    }

    /// Answers 304 where the tool still shows this version.
    #[must_use]
    pub fn unless(self, etag: Option<String>) -> Self {
        Self { etag, ..self }
    }

    /// Nobody waits for the answer: half of the budget is left for requests that somebody does.
    #[must_use]
    pub fn in_background(self, background: bool) -> Self {
        Self { background, ..self }
    }

    /// Takes the request from this budget of the tool instead of the common one.
    #[must_use]
    pub fn from_budget(self, budget: &'static str) -> Self {
        Self { budget, ..self }
    }
}

/// What the tool said: a success, a 3xx that leads nowhere, or a 4xx that means something to the
/// connector.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// When the tool answered, by its own clock where it says so.
    pub at: Timestamp,
}

impl Answer {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`Disposition::BackOff`] where it is something else (a proxy's page) or ends too early.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ConnectorError> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error))
    }

    /// The error that says that this body could not be read.
    #[must_use]
    pub fn unreadable(&self, error: &serde_json::Error) -> ConnectorError {
        let what = if error.is_eof() {
            "an answer that ends too early"
        } else if text(&self.headers, CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.contains("html"))
        {
            "a web page instead of JSON; is a proxy or a sign-in page in between?"
        } else {
            "something that is not the JSON expected"
        };
        ConnectorError::new(
            Disposition::BackOff,
            "UNREADABLE_ANSWER",
            format!("{} answered {} with {what}", host(&self.url), self.status.as_u16()),
        )
    }

    /// The version of what was read, for [`Call::unless`].
    #[must_use]
    pub fn etag(&self) -> Option<String> {
        text(&self.headers, ETAG.as_str()).map(str::to_owned)
    }

    /// The link with this relation.
    #[must_use]
    pub fn link(&self, relation: &str) -> Option<Url> {
        link(&self.headers, relation, &self.url)
    }
}

impl Caller {
    /// The way to the tool at `base`.
    #[must_use]
    pub fn new(
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        base: Url,
        authorization: Box<dyn Authorization>,
        manners: Manners,
    ) -> Self {
        let permits = Semaphore::new(manners.concurrent_requests);
        Self { http, clock, base, authorization, manners, permits, limits: Limits::default() }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// * [`Disposition::RetryAfter`]: a limit; nothing is sent before then.
    /// * [`Disposition::BackOff`]: no connection, a cut answer, a 5xx.
    /// * [`Disposition::PauseSource`]: the credential is refused.
    /// * [`Disposition::GiveUp`]: the tool sends us to another origin.
    pub async fn send(&self, mut call: Call) -> Result<Answer, ConnectorError> {
        let mut retries = QUICK_RETRIES.iter();
        let mut redirects = 0;
        let mut looked_twice = false;
        loop {
            let header = self.authorization.header().await?;
            let response = match self.exchange(&call, header.clone()).await? {
                Ok(response) => response,
                Err(error) => {
                    let harmless = call.repeatable || matches!(error, HttpError::Connect { .. });
                    match retries.next() {
                        Some(pause) if harmless && !matches!(error, HttpError::TooLarge { .. }) => {
                            tokio::time::sleep(*pause).await;
                            continue;
                        }
                        _ => return Err(unreachable(&error)),
                    }
                }
            };
            let status = response.status;
            if status == StatusCode::UNAUTHORIZED {
                if let Some(header) = header.filter(|_| !looked_twice) {
                    looked_twice = true;
                    self.authorization.refused(&header).await;
                    tokio::time::sleep(SECOND_LOOK).await;
                    continue;
                }
                return Err(self.refused_credential());
            }
            if status.is_server_error() {
                let passing = matches!(status.as_u16(), 502..=504);
                match retries.next() {
                    Some(pause) if passing && call.repeatable => {
                        tokio::time::sleep(*pause).await;
                        continue;
                    }
                    _ => return Err(self.failing(status)),
                }
            }
            // A redirect that names no place is for the connector to judge.
            if status.is_redirection() && response.headers.contains_key(LOCATION) {
                redirects += 1;
                call.url = self.redirected(&call, &response, redirects)?;
                continue;
            }
            let at = server_time(&response.headers).unwrap_or_else(|| self.clock.now());
            let Response { headers, body, .. } = response;
            return Ok(Answer { status, headers, body, url: call.url, at });
        }
    }

    /// Says that this answer, for all its success, refuses for the sake of a limit: nothing is sent
    /// until it has passed.
    ///
    /// # Errors
    /// [`Disposition::RetryAfter`], always.
    pub fn refused_in_words(
        &self,
        budget: &'static str,
        answer: &Answer,
    ) -> Result<(), ConnectorError> {
        self.limits.learn(budget, answer.status, &answer.headers, true, self.clock.now())
    }

    /// One request and its answer, within the limits. The inner result is the network's.
    async fn exchange(
        &self,
        call: &Call,
        authorization: Option<HeaderValue>,
    ) -> Result<Result<Response, HttpError>, ConnectorError> {
        if call.url.origin() != self.base.origin() {
            return Err(self.elsewhere(&call.url));
        }
        // The semaphore is never closed, so the permit always comes.
        let _permit = self.permits.acquire().await.ok();
        self.limits.take(call.budget, call.background, self.clock.now())?;
        let mut headers = self.manners.headers.clone();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value);
        }
        if let Some(etag) = call.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
            headers.insert(IF_NONE_MATCH, etag);
        }
        if !call.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = Request {
            method: call.method.clone(),
            url: call.url.clone(),
            headers,
            body: call.body.clone(),
        };
        let response = match self.http.send(request).await {
            Ok(response) => response,
            Err(error) => return Ok(Err(error)),
        };
        let phrased =
            response.status == StatusCode::FORBIDDEN && self.tells_of_limit(&response.body);
        self.limits.learn(
            call.budget,
            response.status,
            &response.headers,
            phrased,
            self.clock.now(),
        )?;
        Ok(Ok(response))
    }

    fn tells_of_limit(&self, body: &Bytes) -> bool {
        let start = String::from_utf8_lossy(&body[..body.len().min(2048)]).to_lowercase();
        self.manners.limit_phrases.iter().any(|phrase| start.contains(phrase))
    }

    /// Where a redirect leads: within the origin, at most three times, and never for a write, whose
    /// body might mean something else there.
    fn redirected(
        &self,
        call: &Call,
        response: &Response,
        count: usize,
    ) -> Result<Url, ConnectorError> {
        let target = text(&response.headers, LOCATION.as_str())
            .and_then(|location| call.url.join(location).ok());
        match target {
            Some(target) if target.origin() != self.base.origin() => Err(self.elsewhere(&target)),
            Some(target) if count <= MOST_REDIRECTS && call.method == Method::GET => Ok(target),
            _ => Err(ConnectorError::new(
                Disposition::BackOff,
                "REDIRECTED",
                format!("{} redirects without end", host(&self.base)),
            )),
        }
    }

    fn elsewhere(&self, target: &Url) -> ConnectorError {
        ConnectorError::new(
            Disposition::GiveUp,
            "OTHER_ORIGIN",
            format!(
                "{} sends us to {}, where its credential must not go; if the tool has moved, set base_url",
                self.base.origin().ascii_serialization(),
                target.origin().ascii_serialization(),
            ),
        )
    }

    fn refused_credential(&self) -> ConnectorError {
        ConnectorError::new(
            Disposition::PauseSource,
            "CREDENTIAL_REFUSED",
            format!("{} refuses the credential; renew it", host(&self.base)),
        )
    }

    fn failing(&self, status: StatusCode) -> ConnectorError {
        ConnectorError::new(
            Disposition::BackOff,
            TOOL_FAILING,
            format!("{} answered {}; it is tried again later", host(&self.base), status.as_u16()),
        )
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn unreachable(error: &HttpError) -> ConnectorError {
    let code = match error {
        HttpError::Connect { .. } => "UNREACHABLE",
        HttpError::Interrupted { .. } => "INTERRUPTED",
        HttpError::TooLarge { .. } => "ANSWER_TOO_LARGE",
    };
    ConnectorError::new(Disposition::BackOff, code, error.to_string())
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the tool")
}

#[cfg(test)]
mod tests;
