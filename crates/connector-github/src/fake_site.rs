//! A small GitHub in memory for the tests of this crate: lists that page, filter and order as
//! GitHub's do, and a hook that changes them between two requests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, Request, Response};
use mainstem_connector::{Connector, Credential, Host, Session, Settings};
use mainstem_model::Timestamp;
use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::GitHub;

pub const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Changes the site between two requests.
pub type Hook = Box<dyn FnMut(&mut State) + Send>;

/// The site as a test sees and changes it.
pub struct State {
    pub name: String,
    pub now: i64,
    pub issues: Vec<Value>,
    pub comments: Vec<Value>,
    pub events: Vec<Value>,
    /// Pages beyond this one are refused, and links name a place instead of a number.
    pub deepest_page: usize,
    /// What other paths answer, by method and path.
    pub answers: HashMap<String, (u16, Value)>,
    /// Every request, as method, path and query.
    pub log: Vec<String>,
    /// The `authorization` of every request.
    pub shown: Vec<String>,
    pub between: Option<Hook>,
}

impl State {
    pub fn timestamp(&self) -> String {
        Timestamp::from_seconds(START.seconds() + self.now).to_string()
    }

    pub fn add_issue(&mut self, fields: Value) -> u64 {
        let number = self.issues.len() as u64 + 1;
        let at = self.timestamp();
        let mut issue = json!({
            "id": 1000 + number, "node_id": format!("I_{number}"), "number": number,
            "title": format!("Issue {number}"), "state": "open", "comments": 0,
            "created_at": at, "updated_at": at,
            "user": {"id": 1, "login": "ada"},
            "issue_dependencies_summary": {"total_blocked_by": 0, "total_blocking": 0},
        });
        issue.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.issues.push(issue);
        number
    }

    pub fn add_comment(&mut self, number: u64) {
        let id = self.comments.len() as u64 + 1;
        let at = self.timestamp();
        self.comments.push(json!({
            "id": id, "body": format!("Comment {id}"), "created_at": at, "updated_at": at,
            "issue_url": format!("https://github.test/repos/{}/issues/{number}", self.name),
        }));
        self.edit(number, json!({}));
        let issue = &mut self.issues[number as usize - 1];
        issue["comments"] = json!(issue["comments"].as_u64().unwrap() + 1);
    }

    pub fn edit(&mut self, number: u64, fields: Value) {
        let at = self.timestamp();
        let issue = self.issues[number as usize - 1].as_object_mut().unwrap();
        issue.extend(fields.as_object().unwrap().clone());
        issue.insert("updated_at".into(), at.into());
    }

    pub fn add_event(&mut self, name: &str, number: u64, fields: Value) {
        let id = self.events.len() as u64 + 1;
        let issue = &self.issues[number as usize - 1];
        let mut event = json!({
            "id": id, "event": name, "created_at": self.timestamp(), "issue": issue,
            "actor": {"id": 1, "login": "ada"},
        });
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.events.insert(0, event);
    }

    fn answer(&mut self, request: &Request) -> Response {
        let url = &request.url;
        let path = url.path();
        self.log.push(format!("{} {path}?{}", request.method, url.query().unwrap_or("")));
        let shown = request.headers.get("authorization").map(|value| value.to_str().unwrap());
        self.shown.push(shown.unwrap_or_default().to_owned());
        if let Some((status, body)) = self.answers.get(&format!("{} {path}", request.method)) {
            return self.respond(*status, body, None, request);
        }
        let repository = format!("/repos/{}", self.name);
        match path.strip_prefix(&repository) {
            Some("") => {
                let body = json!({"id": 9, "full_name": self.name});
                self.respond(200, &body, None, request)
            }
            Some("/issues") => self.list(self.issues.clone(), request),
            Some("/issues/comments") => self.list(self.comments.clone(), request),
            Some("/issues/events") => self.list(self.events.clone(), request),
            _ => self.respond(404, &json!({"message": "Not Found"}), None, request),
        }
    }

    fn list(&self, mut items: Vec<Value>, request: &Request) -> Response {
        let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str, or| query.get(name).map_or(or, |text| text.parse().unwrap());
        let size = number("per_page", 30);
        let place = query.get("after").map(|text| text.parse::<usize>().unwrap());
        let page = number("page", 1);
        if page > self.deepest_page {
            return self.respond(422, &json!({"message": "use cursors"}), None, request);
        }
        if let Some(since) = query.get("since") {
            let since: Timestamp = since.parse().unwrap();
            let updated = |item: &Value| item["updated_at"].as_str().unwrap().parse::<Timestamp>();
            items.retain(|item| updated(item).unwrap() >= since);
        }
        if query.get("sort").map(String::as_str) == Some("updated") {
            items.sort_by_key(|item| item["updated_at"].as_str().unwrap().to_owned());
        }
        if query.get("direction").map(String::as_str) == Some("desc") {
            items.reverse();
        }
        let from = place.unwrap_or((page - 1) * size);
        let shown: Vec<_> = items.iter().skip(from).take(size).cloned().collect();
        let link = (from + size < items.len()).then(|| {
            let mut next = request.url.clone();
            next.query_pairs_mut().clear().extend_pairs(
                query.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "after")),
            );
            let last = items.len().div_ceil(size);
            if last > self.deepest_page {
                next.query_pairs_mut().append_pair("after", &(from + size).to_string());
                return format!("<{next}>; rel=\"next\"");
            }
            let mut end = next.clone();
            next.query_pairs_mut().append_pair("page", &(page + 1).to_string());
            end.query_pairs_mut().append_pair("page", &last.to_string());
            format!("<{next}>; rel=\"next\", <{end}>; rel=\"last\"")
        });
        self.respond(200, &Value::Array(shown), link, request)
    }

    fn respond(
        &self,
        status: u16,
        body: &Value,
        link: Option<String>,
        request: &Request,
    ) -> Response {
        let body = body.to_string();
        let mut hasher = DefaultHasher::new();
        (request.url.as_str(), &body).hash(&mut hasher);
        let etag = format!("W/\"{:x}\"", hasher.finish());
        let date = http_date(START.seconds() + self.now);
        let mut headers = HeaderMap::new();
        headers.insert("date", date.parse().unwrap());
        headers.insert("etag", etag.parse().unwrap());
        if let Some(link) = link {
            headers.insert("link", link.parse().unwrap());
        }
        let unchanged = request.headers.get("if-none-match").is_some_and(|known| *known == etag);
        let (status, body) = if unchanged { (304, String::new()) } else { (status, body) };
        Response { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }
}

/// An HTTP date; the tests stay within one day.
fn http_date(seconds: i64) -> String {
    let of_day = seconds - START.seconds();
    assert!((0..86_400).contains(&of_day), "the tests stay within one day");
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("Thu, 01 Jan 2026 {hours:02}:{minutes:02}:{seconds:02} GMT")
}

/// A site that requests go to.
#[derive(Clone)]
pub struct FakeSite {
    state: Arc<Mutex<State>>,
    pub clock: Arc<ManualClock>,
}

impl FakeSite {
    pub fn new() -> Self {
        let state = State {
            name: "acme/api".into(),
            now: 0,
            issues: Vec::new(),
            comments: Vec::new(),
            events: Vec::new(),
            deepest_page: 99,
            answers: HashMap::new(),
            log: Vec::new(),
            shown: Vec::new(),
            between: None,
        };
        Self { state: Arc::new(Mutex::new(state)), clock: Arc::new(ManualClock::at(START)) }
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }

    pub async fn connect(&self, credential: Option<&Credential>) -> Box<dyn Session> {
        let settings = json!({"base_url": "https://github.test", "repositories": ["acme/api"]});
        let host = Host {
            http: Arc::new(self.clone()),
            dial: Arc::new(NoDial),
            clock: self.clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        match GitHub.connect("acme", &Settings(settings), credential, &host).await {
            Ok(session) => session,
            Err(error) => panic!("{error}"),
        }
    }
}

#[async_trait]
impl Http for FakeSite {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let mut state = self.state.lock().unwrap();
        if let Some(mut between) = state.between.take() {
            between(&mut state);
            state.between = Some(between);
        }
        Ok(state.answer(&request))
    }
}
