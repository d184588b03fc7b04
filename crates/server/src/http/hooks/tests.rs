//! Deliveries, through the router, from a made-up Jira site.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;

use axum::Router;
use axum::body::to_bytes;
use axum::http::{HeaderMap, Response, header};
use mainstem_model::clock::ManualClock;
use mainstem_model::record::Scope;
use mainstem_sandbox::jira::Undelivered;
use mainstem_sandbox::{JiraOptions, JiraSite};
use mainstem_store::{SourceSpec, StoreOptions};
use mainstem_vault::OsRandom;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::http::{Metrics, SiteSettings, router};
use crate::installation::registry;

const SECRET: &str = "the-secret-of-the-webhook";

/// A site that tells, and a program that hears it.
struct Hub {
    jira: JiraSite,
    router: Router,
    store: Store,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

impl Hub {
    /// With three sources: `jira` has a webhook, `mute` has none, and the secret of `lost` cannot be read.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let options = StoreOptions { clock: clock.clone(), random: Arc::new(OsRandom) };
        let store = Store::open(&url, options).await.unwrap();
        let jira = JiraSite::new(JiraOptions::default(), clock.clone());
        let metrics = Metrics::recorded_by(PrometheusBuilder::new().build_recorder().handle());
        let settings = SiteSettings { graphiql: false, metrics_public: false };
        let site = Site::new(store.clone(), clock.clone(), registry(), metrics, settings);
        let hub = Self { jira, router: router(site), store, clock, folder };
        let file = |name: &str| CredentialRef::File {
            path: hub.folder.path().join(name).display().to_string(),
        };
        hub.put_secret("new", SECRET);
        hub.put_secret("old", "the-secret-before");
        let good = Webhook { secret: file("new"), previous: Some(file("old")), register_at: None };
        let lost = Webhook { secret: file("nowhere"), previous: None, register_at: None };
        for (name, webhook) in [("jira", Some(good)), ("mute", None), ("lost", Some(lost))] {
            let source = hub.store.put_source(&spec(name, webhook), true).await.unwrap();
            let scopes = ["ENG", "WEB"].map(|key| Scope { key: key.into(), name: key.into() });
            hub.store.put_scopes(source.id, &scopes, |_| false).await.unwrap();
        }
        hub.listen(SECRET).await;
        hub
    }

    fn put_secret(&self, name: &str, secret: &str) {
        std::fs::write(self.folder.path().join(name), secret).unwrap();
    }

    /// From now on the site tells of issues, signed with this secret alone.
    async fn listen(&self, secret: &str) {
        let body = json!({
            "name": "hub",
            "url": "https://hub.test/hooks/jira",
            "events": ["jira:issue_updated", "comment_created", "issuelink_created"],
            "secret": secret,
        });
        for (method, path, body) in [
            ("DELETE", "/rest/webhooks/1.0/webhook/1", Value::Null),
            ("POST", "/rest/webhooks/1.0/webhook", body),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("host", "jira.test")
                .header(header::AUTHORIZATION, "Basic bWVAYWNtZS5leGFtcGxlOmEtdG9rZW4=")
                .body(Body::from(body.to_string()))
                .unwrap();
            let answer = self.jira.router().oneshot(request).await.unwrap();
            assert!(answer.status().is_success());
        }
    }

    /// What the site tells when this issue gets another title.
    fn edit(&self, key: &str, title: &str) -> Undelivered {
        self.jira.edit(|world| {
            let issue = world.issue(key).unwrap();
            world.edit_summary(issue, title);
        });
        let [delivery] = self.jira.deliveries().try_into().unwrap();
        delivery
    }

    async fn post(&self, path: &str, headers: HeaderMap, body: impl Into<Body>) -> Response<Body> {
        self.send("203.0.113.1", "POST", path, headers, body).await
    }

    async fn send(
        &self,
        address: &str,
        method: &str,
        path: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        *request.headers_mut() = headers;
        let peer = SocketAddr::new(address.parse().unwrap(), 4000);
        request.extensions_mut().insert(Peer(peer));
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// How many hints wait.
    async fn waiting(&self, source: &str) -> usize {
        let owner = "test";
        let ttl = std::time::Duration::from_secs(60);
        let lease = self.store.acquire_lease(source, owner, ttl).await.unwrap().unwrap();
        let cause = mainstem_model::ChangeCause::Webhook;
        let taken = self.store.take_hints(&lease, SourceId::of(source), cause, 100).await.unwrap();
        taken.len()
    }
}

fn spec(name: &str, webhook: Option<Webhook>) -> SourceSpec {
    SourceSpec {
        name: name.into(),
        connector: "jira".into(),
        settings: json!({"base_url": "https://acme.atlassian.net"}),
        credential_kind: String::new(),
        credential_public: json!({}),
        credential: None,
        webhook,
        poll_interval_seconds: 60,
        provisioned: true,
        paused: false,
    }
}

async fn text(response: Response<Body>) -> String {
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_delivery_is_kept_and_then_acknowledged_with_nothing() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    let response = hub.post("/hooks/jira", delivery.headers, delivery.body).await;
    assert_eq!(response.status(), 202);
    assert_eq!(text(response).await, "");
    assert_eq!(hub.waiting("jira").await, 1);
}

#[tokio::test]
async fn a_replay_under_another_identifier_is_acknowledged_and_asks_for_nothing() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    for identifier in ["a", "'; DROP TABLE hint; --", &"x".repeat(10_000)] {
        let mut headers = delivery.headers.clone();
        headers.insert("x-atlassian-webhook-identifier", identifier.parse().unwrap());
        let response = hub.post("/hooks/jira", headers, delivery.body.clone()).await;
        assert_eq!(response.status(), 202);
    }
    assert_eq!(hub.waiting("jira").await, 1);
}

#[tokio::test]
async fn a_wrong_signature_and_an_unknown_source_look_the_same() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    let without = |name: &str| {
        let mut headers = delivery.headers.clone();
        headers.remove(name);
        headers
    };
    let signed = |value: &str| {
        let mut headers = delivery.headers.clone();
        headers.insert("x-hub-signature", value.parse().unwrap());
        headers
    };
    let good = delivery.headers["x-hub-signature"].to_str().unwrap();
    let mut answers = Vec::new();
    for (address, path, headers, body) in [
        ("203.0.113.1", "/hooks/jira", without("x-hub-signature"), delivery.body.clone()),
        ("203.0.113.2", "/hooks/jira", signed(&good.to_uppercase()), delivery.body.clone()),
        (
            "203.0.113.3",
            "/hooks/jira",
            signed(&format!("sha1={}", &good[7..47])),
            delivery.body.clone(),
        ),
        ("203.0.113.4", "/hooks/jira", delivery.headers.clone(), "{}".into()),
        ("203.0.113.5", "/hooks/mute", delivery.headers.clone(), delivery.body.clone()),
        ("203.0.113.6", "/hooks/nobody", delivery.headers.clone(), delivery.body.clone()),
        ("203.0.113.7", "/hooks/jirb", delivery.headers.clone(), delivery.body.clone()),
        ("203.0.113.8", "/hooks/jira%00", delivery.headers.clone(), delivery.body.clone()),
        ("203.0.113.9", "/hooks/..%2Fjira", delivery.headers.clone(), delivery.body.clone()),
    ] {
        let response = hub.send(address, "POST", path, headers, body).await;
        assert_eq!(response.status(), 401, "{path}");
        let headers = response.headers().clone();
        answers.push((headers, text(response).await));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    assert!(!answers[0].1.contains("jira"));
    assert_eq!(hub.post("/hooks/", delivery.headers.clone(), "{}").await.status(), 404);
    assert_eq!(hub.waiting("jira").await, 0);
}

#[tokio::test]
async fn wrong_signatures_are_counted_and_right_ones_taken_all_the_same() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    let mut wrong = delivery.headers.clone();
    wrong.insert("x-hub-signature", format!("sha256={}", "0".repeat(64)).parse().unwrap());
    for _ in 0..10 {
        let answer = hub.post("/hooks/jira", wrong.clone(), delivery.body.clone()).await;
        assert_eq!(answer.status(), 401);
    }
    let answer = hub.post("/hooks/jira", wrong, delivery.body.clone()).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()[header::RETRY_AFTER]),
        (429, &"60".parse().unwrap())
    );
    let answer = hub.post("/hooks/jira", delivery.headers, delivery.body).await;
    assert_eq!(answer.status(), 202);
}

#[tokio::test]
async fn only_json_of_a_bearable_size_is_read() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    let typed = |kind: Option<&str>| {
        let mut headers = delivery.headers.clone();
        headers.remove(header::CONTENT_TYPE);
        headers.extend(kind.map(|kind| (header::CONTENT_TYPE, kind.parse().unwrap())));
        headers
    };
    for kind in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        Some("text/json"),
        Some("application/jsonp"),
        Some("application/json; charset=utf-16"),
    ] {
        let response = hub.post("/hooks/jira", typed(kind), delivery.body.clone()).await;
        assert_eq!(response.status(), 415, "{kind:?}");
    }
    for kind in ["application/json", "application/json; charset=utf-8"] {
        let response = hub.post("/hooks/jira", typed(Some(kind)), delivery.body.clone()).await;
        assert_eq!(response.status(), 202, "{kind}");
    }
    let endless = Body::from_stream(futures_util::stream::repeat_with(|| {
        Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b' '; 64 * 1024]))
    }));
    let response = hub.post("/hooks/jira", delivery.headers.clone(), endless).await;
    assert_eq!(response.status(), 413);
    let response = hub.send("203.0.113.1", "GET", "/hooks/jira", HeaderMap::new(), "").await;
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_read_is_refused_without_a_word_of_it() {
    let hub = Hub::new().await;
    let deep = "[".repeat(100_000);
    for body in ["{\"webhookEvent\":1}", "payload=%7B%7D", "", &deep] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
        let tag = aws_lc_rs::hmac::sign(&key, body.as_bytes());
        let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, "application/json".parse().unwrap()),
            ("x-hub-signature".parse().unwrap(), format!("sha256={digits}").parse().unwrap()),
        ]);
        let response = hub.post("/hooks/jira", headers, body.to_owned()).await;
        assert_eq!(response.status(), 400, "{body:.40}");
    }
}

#[tokio::test]
async fn both_secrets_are_taken_while_one_replaces_the_other() {
    let hub = Hub::new().await;
    let new = hub.edit("ENG-3", "Signed with the new one");
    hub.listen("the-secret-before").await;
    let _ = hub.jira.deliveries();
    // The webhook set up first is gone at the site, so this is signed with the old secret.
    let old: Vec<_> = {
        hub.jira.edit(|world| {
            let issue = world.issue("ENG-4").unwrap();
            world.edit_summary(issue, "Signed with the old one");
        });
        hub.jira.deliveries()
    };
    for delivery in std::iter::once(new).chain(old.clone()) {
        let response = hub.post("/hooks/jira", delivery.headers, delivery.body).await;
        assert_eq!(response.status(), 202);
    }
    // A secret that was replaced in its file is used within seconds, without a restart.
    hub.put_secret("old", "another");
    hub.clock.advance_seconds(5);
    let delivery = old.last().unwrap().clone();
    let response = hub.post("/hooks/jira", delivery.headers, delivery.body).await;
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn what_cannot_be_taken_now_is_asked_for_again() {
    let hub = Hub::new().await;
    let delivery = hub.edit("ENG-3", "Another title");
    let (headers, body) = (delivery.headers.clone(), delivery.body.clone());
    let response = hub.post("/hooks/lost", headers.clone(), body.clone()).await;
    assert_eq!(response.status(), 503, "its secret cannot be read");
    hub.store.close().await;
    let response = hub.post("/hooks/jira", headers, body).await;
    assert_eq!(response.status(), 503, "the database is gone");
    hub.jira.answered(delivery, response.status().as_u16());
    let [again] = hub.jira.deliveries().try_into().unwrap();
    assert_eq!(again.headers["x-atlassian-webhook-retry"], "1");
}
