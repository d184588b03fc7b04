//! A site in process and a client for it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use mainstem_model::clock::ManualClock;
use mainstem_sandbox::{Site, SiteOptions};
use serde_json::Value;
use tower::ServiceExt;

pub const NOW: &str = "2026-06-01T09:00:00Z";
pub const HOST: &str = "github.test:8080";

pub struct Client {
    pub site: Site,
    pub clock: Arc<ManualClock>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The URL of a link, as path and query.
    pub fn link(&self, relation: &str) -> Option<String> {
        self.header("link").split(", ").find_map(|link| {
            let (url, said) = link.split_once("; ")?;
            (said == format!("rel=\"{relation}\"")).then(|| {
                let url = url.trim_matches(['<', '>']);
                url.strip_prefix(&format!("http://{HOST}")).unwrap_or(url).to_owned()
            })
        })
    }
}

impl Client {
    pub fn of(options: SiteOptions) -> Self {
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        Self { site: Site::new(options, clock.clone()), clock }
    }

    pub fn new() -> Self {
        Self::of(SiteOptions::default())
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
        // A connection that was cut leaves what came before.
        let body = to_bytes(body, 64 << 20).await.map(|body| body.to_vec()).unwrap_or_default();
        Answer { status: head.status, headers: head.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("authorization", "Bearer t")], "").await
    }

    pub async fn write(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &[("authorization", "Bearer t")], &body).await
    }

    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let question = serde_json::json!({"query": query, "variables": variables});
        let answer = self.write(Method::POST, "/graphql", question).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    }

    /// Every entry of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let answer = self.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            found.extend(answer.json().as_array().unwrap().iter().cloned());
            next = answer.link("next");
        }
        found
    }
}
