//! A Jira site in process and a client for it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use mainstem_model::clock::ManualClock;
use mainstem_sandbox::jira::{IssueKey, World};
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite};
use serde_json::{Value, json};
use tower::ServiceExt;

pub use crate::support::{Answer, NOW};

pub const HOST: &str = "jira.test:8080";

pub struct Client {
    pub site: JiraSite,
    pub clock: Arc<ManualClock>,
    pub api: &'static str,
}

impl Client {
    pub fn of(options: JiraOptions) -> Self {
        let api = match options.deployment {
            Deployment::Cloud => "/rest/api/3",
            Deployment::DataCenter => "/rest/api/2",
        };
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        Self { site: JiraSite::new(options, clock.clone()), clock, api }
    }

    pub fn cloud() -> Self {
        Self::of(JiraOptions::default())
    }

    pub fn data_center() -> Self {
        Self::of(data_center())
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.site.router().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.map(|body| body.to_vec()).unwrap_or_default();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Asks the platform as the account does: a path such as `/myself`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("{}{path}", self.api), &[credential()], "").await
    }

    pub async fn write(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("{}{path}", self.api), &[credential()], &body).await
    }

    /// One page of a search.
    pub async fn search(&self, body: Value) -> Answer {
        let path = if self.api.ends_with('3') { "/search/jql" } else { "/search" };
        self.write(Method::POST, path, body).await
    }

    /// Every issue that a query finds, page by page.
    pub async fn all(&self, jql: &str, fields: &[&str]) -> Vec<Value> {
        let cloud = self.api.ends_with('3');
        let mut found = Vec::new();
        let mut next = Value::Null;
        loop {
            let mut body = json!({"jql": jql, "fields": fields, "maxResults": 100});
            if cloud {
                body["nextPageToken"] = next.clone();
            } else {
                body["startAt"] = json!(found.len());
            }
            let answer = self.search(body).await;
            assert_eq!(answer.status, StatusCode::OK, "{jql}: {}", answer.text());
            let page = answer.json();
            found.extend(page["issues"].as_array().unwrap().iter().cloned());
            let done = if cloud {
                assert_eq!(page["isLast"] == true, page["nextPageToken"].is_null());
                page["isLast"] == true
            } else {
                found.len() as u64 >= page["total"].as_u64().unwrap()
            };
            if done {
                return found;
            }
            next = page["nextPageToken"].clone();
        }
    }

    /// The keys of what a query finds.
    pub async fn keys(&self, jql: &str) -> Vec<String> {
        let found = self.all(jql, &["key"]).await;
        found.iter().map(|issue| issue["key"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn run(&self, script: Value) -> Value {
        let body = script.to_string();
        let answer = self.send(Method::POST, "/_sandbox/script", &[], &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{script}: {}", answer.text());
        answer.json()
    }

    /// The clock, in seconds since 1970.
    pub fn now_seconds(&self) -> i64 {
        use mainstem_model::Clock;
        self.clock.now().seconds()
    }

    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.site.edit(change)
    }

    pub fn issue(&self, key: &str) -> IssueKey {
        self.site.world().issue(key).expect("the seed has it")
    }
}

pub fn data_center() -> JiraOptions {
    JiraOptions { deployment: Deployment::DataCenter, ..JiraOptions::default() }
}

/// Basic on Cloud and Data Center alike.
pub fn credential() -> (&'static str, &'static str) {
    // me@acme.example:secret
    ("authorization", "Basic bWVAYWNtZS5leGFtcGxlOnNlY3JldA==")
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first message of an error.
    pub fn message(&self) -> String {
        self.json()["errorMessages"][0].as_str().unwrap_or_default().to_owned()
    }
}
