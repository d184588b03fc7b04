//! GitHub's two APIs: pages of REST lists, and GraphQL where the site has it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mainstem_connector::authorization::Authorization;
use mainstem_connector::caller::{Answer, Call, Caller, Manners, TOOL_FAILING};
use mainstem_connector::{ConnectorError, Disposition, Host};
use mainstem_model::{SourceError, Timestamp};
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::Url;

use crate::settings::GitHubSettings;

/// The most that GitHub puts on a page.
pub const PAGE_SIZE: usize = 100;
/// More pages than any one issue has: a list that goes on beyond them goes round in circles.
const MOST_PAGES: usize = 1_000;

/// One account at one site. Clones share its limits.
#[derive(Debug, Clone)]
pub struct Client {
    caller: Arc<Caller>,
    base: Url,
    graphql: Url,
    /// Questions that this site does not understand, as older servers do; anonymous readers may
    /// ask none.
    refused_questions: Arc<Mutex<HashSet<&'static str>>>,
    anonymous: bool,
    /// Whether half of each budget is left to others.
    background: bool,
}

/// A page of a REST list.
#[derive(Debug)]
pub struct ListPage {
    /// Each record as it came, a part of the page's own bytes.
    pub records: Vec<Bytes>,
    /// Where the list goes on.
    pub next: Option<Url>,
    /// The number of the last page, where GitHub tells.
    pub last: Option<u32>,
    /// The version of this page.
    pub etag: Option<String>,
    /// When GitHub answered.
    pub at: Timestamp,
}

impl ListPage {
    /// What tells this page from another of the same list: a list that repeats one would never end.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.records.len(), self.records.first()).hash(&mut hasher);
        hasher.finish()
    }
}

/// What asking for a page of a list brought.
#[derive(Debug)]
pub enum Listed {
    /// A page.
    Page(ListPage),
    /// Nothing has changed since the version named.
    Unchanged,
    /// The page lies beyond those that GitHub serves by number.
    TooDeep,
}

impl Client {
    /// A client of the site that the settings name.
    pub fn new(
        settings: &GitHubSettings,
        host: &Host,
        authorization: Box<dyn Authorization>,
        anonymous: bool,
    ) -> Self {
        let manners = Manners {
            concurrent_requests: settings.concurrent_requests,
            headers: common_headers(),
            limit_phrases: &["rate limit", "abuse detection"],
        };
        let base = settings.base.clone();
        let caller = Caller::new(
            host.http.clone(),
            host.clock.clone(),
            base.clone(),
            authorization,
            manners,
        );
        let graphql = settings.graphql();
        Self {
            caller: Arc::new(caller),
            base,
            graphql,
            refused_questions: Arc::default(),
            anonymous,
            background: false,
        }
    }

    /// The same for requests that nobody waits for.
    pub fn in_background(&self) -> Self {
        Self { background: true, ..self.clone() }
    }

    /// The URL of a resource.
    pub fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Reads one resource. The answer may have any status but those that the caller handles.
    pub async fn get(&self, url: Url, etag: Option<String>) -> Result<Answer, ConnectorError> {
        self.send(Call::get(url).unless(etag)).await
    }

    /// Reads one page of a list.
    pub async fn list(&self, url: Url, etag: Option<String>) -> Result<Listed, ConnectorError> {
        let answer = self.get(url, etag).await?;
        match answer.status.as_u16() {
            200 => read_page(&answer).map(Listed::Page),
            304 => Ok(Listed::Unchanged),
            // Issues are switched off in this repository.
            410 => Ok(Listed::Page(ListPage {
                records: Vec::new(),
                next: None,
                last: None,
                etag: None,
                at: answer.at,
            })),
            422 => Ok(Listed::TooDeep),
            _ => Err(refused(&answer)),
        }
    }

    /// Reads a whole list, page after page.
    pub async fn list_all(&self, first: Url) -> Result<Vec<Bytes>, ConnectorError> {
        let mut records = Vec::new();
        let mut url = first;
        let mut before = None;
        for _ in 0..MOST_PAGES {
            let Listed::Page(page) = self.list(url.clone(), None).await? else { break };
            let mark = Some(page.mark());
            if page.records.is_empty() || mark == before {
                return Ok(records);
            }
            before = mark;
            records.extend(page.records);
            match page.next {
                Some(next) => url = next,
                None => return Ok(records),
            }
        }
        Err(ConnectorError::new(
            Disposition::GiveUp,
            "LIST_ENDLESS",
            format!("GitHub's list {} does not end", url.path()),
        ))
    }

    /// Asks GraphQL. `None` where this site or this account has none that knows the question.
    pub async fn graphql<T: DeserializeOwned>(
        &self,
        question: &'static str,
        variables: serde_json::Value,
    ) -> Result<Option<(T, Timestamp)>, ConnectorError> {
        if self.anonymous || self.refused_questions().contains(question) {
            return Ok(None);
        }
        let body = serde_json::json!({"query": question, "variables": variables});
        let call = Call::post(self.graphql.clone(), &body, true)?.from_budget("graphql");
        let answer = self.send(call).await?;
        match answer.status.as_u16() {
            200 => {}
            404 | 405 => {
                self.refused_questions().insert(question);
                return Ok(None);
            }
            _ => return Err(refused(&answer)),
        }
        let read: GraphQlAnswer<T> = answer.json()?;
        if read.errors.iter().any(GraphQlError::is_limit) {
            self.caller.refused_in_words("graphql", &answer)?;
        }
        match read.data {
            // What is missing in it (a node that is gone) is null; the rest is good.
            Some(data) => Ok(Some((data, answer.at))),
            None if read.errors.iter().any(GraphQlError::is_failure) => Err(ConnectorError::new(
                Disposition::BackOff,
                TOOL_FAILING,
                "GitHub did not get done with a GraphQL question; it is asked again later",
            )),
            // The question was not understood: an older server lacks a field.
            None => {
                let reason = read.errors.first().map_or("no reason given", |error| &error.message);
                tracing::info!(reason, "this site's GraphQL is older; reading by REST instead");
                self.refused_questions().insert(question);
                Ok(None)
            }
        }
    }

    async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        self.caller.send(call.in_background(self.background)).await
    }

    fn refused_questions(&self) -> MutexGuard<'_, HashSet<&'static str>> {
        self.refused_questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct GraphQlAnswer<T> {
    data: Option<T>,
    #[serde(default = "Vec::new")]
    errors: Vec<GraphQlError>,
}

#[derive(Deserialize)]
struct GraphQlError {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: String,
}

impl GraphQlError {
    fn is_limit(&self) -> bool {
        matches!(self.kind.as_deref(), Some("RATE_LIMITED" | "RATE_LIMIT"))
            || self.message.to_lowercase().contains("rate limit")
    }

    /// Whether GitHub understood the question and could not answer it, as after ten seconds of work.
    fn is_failure(&self) -> bool {
        self.message.to_lowercase().contains("something went wrong")
    }
}

/// The headers that every request to GitHub carries.
pub fn common_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28")),
    ])
}

fn read_page(answer: &Answer) -> Result<ListPage, ConnectorError> {
    // One ill-formed byte must not sink the page; its record is quarantined or reads slightly off.
    let body = match std::str::from_utf8(&answer.body) {
        Ok(_) => answer.body.clone(),
        Err(_) => Bytes::from(String::from_utf8_lossy(&answer.body).into_owned()),
    };
    let parts: Vec<&RawValue> =
        serde_json::from_slice(&body).map_err(|error| answer.unreadable(&error))?;
    let records = parts.iter().map(|part| body.slice_ref(part.get().as_bytes())).collect();
    let last = answer.link("last").and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "page").and_then(|(_, page)| page.parse().ok())
    });
    Ok(ListPage { records, next: answer.link("next"), last, etag: answer.etag(), at: answer.at })
}

/// The error for an answer that is neither what was asked for nor one that means something.
pub fn refused(answer: &Answer) -> ConnectorError {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let said = serde_json::from_slice::<Said>(&answer.body).map(|said| said.message);
    // It is shown on terminals, so nothing of it may steer one.
    let said = said.unwrap_or_default();
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    let path = answer.url.path();
    let (code, advice) = match answer.status.as_u16() {
        403 | 404 | 451 => (
            SourceError::SCOPE_NOT_VISIBLE,
            "check that it exists and that the credential may read its issues",
        ),
        _ => ("REFUSED", "this is not expected; look at the settings"),
    };
    ConnectorError::new(
        Disposition::GiveUp,
        code,
        format!("GitHub answered {} ({said}) for {path}; {advice}", answer.status.as_u16()),
    )
}
