#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use mainstem_model::clock::ManualClock;
use mainstem_model::{SourceId, Timestamp, TokenScope};
use mainstem_store::{NewToken, StoreOptions};
use mainstem_vault::OsRandom;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tower::ServiceExt as _;

use super::body::LARGEST;
use super::*;
use crate::installation::registry;
use crate::token::TokenText;

const QUESTION: &str = r#"{"query":"{ viewer { name } }"}"#;

/// A site over an empty store, and a good token.
struct Hub {
    site: Arc<Site>,
    store: Store,
    clock: Arc<ManualClock>,
    token: TokenText,
    _folder: tempfile::TempDir,
}

impl Hub {
    async fn new(settings: SiteSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let options = StoreOptions { clock: clock.clone(), random: Arc::new(OsRandom) };
        let store = Store::open(&url, options).await.unwrap();
        let metrics = Metrics::recorded_by(PrometheusBuilder::new().build_recorder().handle());
        let site = Site::new(store.clone(), clock.clone(), registry(), metrics, settings);
        let token = TokenText::random(&OsRandom).unwrap();
        store.create_token(&token.keep("test", TokenScope::Read)).await.unwrap();
        Self { site, store, clock, token, _folder: folder }
    }

    /// The same, and it answers questions.
    async fn open() -> Self {
        let hub = Self::new(SETTINGS).await;
        let model = Arc::new(ReadModel::load(&hub.store, hub.clock.clone()).await.unwrap());
        let api = Api::new(hub.store.clone(), model.clone(), hub.clock.clone(), Default::default())
            .unwrap();
        hub.site.open(Service { api, model });
        hub
    }

    async fn add_token(&self, new: impl FnOnce(NewToken) -> NewToken) -> TokenText {
        let token = TokenText::random(&OsRandom).unwrap();
        self.store.create_token(&new(token.keep("another", TokenScope::Read))).await.unwrap();
        token
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.send_from("203.0.113.1", request).await
    }

    async fn send_from(&self, address: &str, mut request: Request<Body>) -> Response<Body> {
        request.extensions_mut().insert(Peer(SocketAddr::new(address.parse().unwrap(), 4000)));
        router(self.site.clone()).oneshot(request).await.unwrap()
    }

    /// A good question.
    fn question(&self) -> axum::http::request::Builder {
        question(self.token.expose())
    }
}

const SETTINGS: SiteSettings = SiteSettings { graphiql: true, metrics_public: false };

fn question(token: &str) -> axum::http::request::Builder {
    Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

async fn code(response: Response<Body>) -> String {
    json(response).await["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_no_question_is_refused_with_the_right_code() {
    let hub = Hub::new(SETTINGS).await;
    let good = hub.token.expose();
    let plain = |request: axum::http::request::Builder| request.body(Body::from(QUESTION)).unwrap();
    let post = || Request::post("/graphql").header(header::AUTHORIZATION, format!("Bearer {good}"));
    for (request, status, expected) in [
        (plain(hub.question().method("GET")), 405, "BAD_USER_INPUT"),
        (plain(hub.question().method("PUT")), 405, "BAD_USER_INPUT"),
        (plain(post()), 415, "BAD_USER_INPUT"),
        (plain(post().header(header::CONTENT_TYPE, "text/plain")), 415, "BAD_USER_INPUT"),
        (
            plain(post().header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")),
            415,
            "BAD_USER_INPUT",
        ),
        (
            plain(post().header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")),
            415,
            "BAD_USER_INPUT",
        ),
        (plain(post().header(header::CONTENT_TYPE, "application/jsonp")), 415, "BAD_USER_INPUT"),
        (
            plain(post().header(header::CONTENT_TYPE, "application/json; charset=utf-16")),
            415,
            "BAD_USER_INPUT",
        ),
        (plain(hub.question().header(header::CONTENT_ENCODING, "gzip")), 415, "BAD_USER_INPUT"),
        (
            plain(Request::post("/graphql").header(header::CONTENT_TYPE, "application/json")),
            401,
            "UNAUTHENTICATED",
        ),
        (plain(Request::post("/nothing")), 404, "NOT_FOUND"),
        (plain(Request::post("/healthz")), 405, "BAD_USER_INPUT"),
        (plain(hub.question()), 503, "SOURCE_UNAVAILABLE"),
        (
            plain(
                hub.question().header(header::CONTENT_TYPE, "application/json; charset=\"UTF-8\""),
            ),
            503,
            "SOURCE_UNAVAILABLE",
        ),
    ] {
        let shown = format!("{request:?}");
        let response = hub.send(request).await;
        assert_eq!(response.status(), status, "{shown}");
        assert_eq!(code(response).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn refusals_say_what_to_send_instead() {
    let hub = Hub::new(SETTINGS).await;
    let response = hub.send(hub.question().method("GET").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[header::ALLOW], "POST");
    let response = hub.send(Request::post("/graphql").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"mainstem\"");
    let response = hub.send(question("ms_pat_wrong").body(Body::empty()).unwrap()).await;
    let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains("invalid_token"), "{challenge}");
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_however_it_comes() {
    let hub = Hub::new(SETTINGS).await;
    let piece = || bytes::Bytes::from(vec![b' '; 64 * 1024]);
    let stream = |pieces: usize| {
        let pieces = (0..pieces).map(move |_| Ok::<_, std::io::Error>(piece()));
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let endless = Body::from_stream(futures_util::stream::repeat_with(move || {
        Ok::<_, std::io::Error>(piece())
    }));
    for (body, status) in [
        (Body::from(vec![b' '; LARGEST]), 503),
        (Body::from(vec![b' '; LARGEST + 1]), 413),
        (stream(16), 503),
        (stream(17), 413),
        (endless, 413),
    ] {
        let response = hub.send(hub.question().body(body).unwrap()).await;
        assert_eq!(response.status(), status);
    }
}

#[tokio::test]
async fn only_a_valid_token_in_the_header_lets_in() {
    let hub = Hub::new(SETTINGS).await;
    let good = hub.token.expose();
    let now = hub.clock.now();
    let expired = hub.add_token(|new| NewToken { expires_at: Some(now), ..new }).await;
    let unknown = TokenText::random(&OsRandom).unwrap();
    let revoked = hub.add_token(|new| new).await;
    let id = hub.store.token_by_hash(&revoked.hash()).await.unwrap().unwrap().id;
    assert!(hub.store.revoke_token(id).await.unwrap());
    for (header, status) in [
        (format!("Bearer {good}"), 503),
        (format!("bearer {good}"), 503),
        (good.to_owned(), 401),
        (format!("Basic {good}"), 401),
        (format!("Bearer {}", expired.expose()), 401),
        (format!("Bearer {}", unknown.expose()), 401),
        (format!("Bearer {}", revoked.expose()), 401),
        (format!("Bearer {}x", good), 401),
        ("Bearer".into(), 401),
    ] {
        let request = Request::post("/graphql")
            .header(header::AUTHORIZATION, &header)
            .header(header::CONTENT_TYPE, "application/json");
        let response = hub.send(request.body(Body::from(QUESTION)).unwrap()).await;
        assert_eq!(response.status(), status, "{header}");
    }
    let in_url = hub.question().uri(format!("/graphql?access_token={good}"));
    let response = hub.send(in_url.body(Body::from(QUESTION)).unwrap()).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_soon_after_it_is_revoked() {
    let hub = Hub::new(SETTINGS).await;
    let status = async |token: &TokenText| {
        hub.send(question(token.expose()).body(Body::from(QUESTION)).unwrap()).await.status()
    };
    let end = hub.clock.now().plus_seconds(2);
    let short = hub.add_token(|new| NewToken { expires_at: Some(end), ..new }).await;
    assert_eq!(status(&short).await, StatusCode::SERVICE_UNAVAILABLE);
    hub.clock.advance_seconds(2);
    assert_eq!(status(&short).await, StatusCode::UNAUTHORIZED);

    assert_eq!(status(&hub.token).await, StatusCode::SERVICE_UNAVAILABLE);
    let id = hub.store.token_by_hash(&hub.token.hash()).await.unwrap().unwrap().id;
    assert!(hub.store.revoke_token(id).await.unwrap());
    hub.clock.advance_seconds(5);
    assert_eq!(status(&hub.token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn ten_wrong_tokens_a_minute_are_enough_for_an_address() {
    let hub = Hub::new(SETTINGS).await;
    let ask = |token: &str| question(token).body(Body::from(QUESTION)).unwrap();
    assert_eq!(hub.send(ask(hub.token.expose())).await.status(), 503);
    for _ in 0..10 {
        let wrong = TokenText::random(&OsRandom).unwrap();
        assert_eq!(hub.send(ask(wrong.expose())).await.status(), 401);
    }
    let before = hub.store.statements();
    for wrong in [TokenText::random(&OsRandom).unwrap().expose(), "ms_pat_wrong"] {
        let response = hub.send(ask(wrong)).await;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "60");
        assert_eq!(code(response).await, "RATE_LIMITED");
    }
    assert_eq!(hub.store.statements(), before, "the database is not asked");
    assert_eq!(hub.send(ask(hub.token.expose())).await.status(), 503, "a known token works on");
    assert_eq!(hub.send_from("203.0.113.2", ask("ms_pat_wrong")).await.status(), 401);
}

#[tokio::test]
async fn metrics_need_a_token_for_all_sources_unless_they_are_public() {
    let hub = Hub::new(SETTINGS).await;
    let limited =
        hub.add_token(|new| NewToken { sources: Some([SourceId::of("acme")].into()), ..new }).await;
    let ask = |token: Option<&TokenText>| {
        let request = Request::get("/metrics");
        match token {
            Some(token) => {
                request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            }
            None => request,
        }
        .body(Body::empty())
        .unwrap()
    };
    assert_eq!(hub.send(ask(None)).await.status(), 401);
    assert_eq!(hub.send(ask(Some(&limited))).await.status(), 403);
    let response = hub.send(ask(Some(&hub.token))).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain"));
    let public = Hub::new(SiteSettings { metrics_public: true, ..SETTINGS }).await;
    assert_eq!(public.send(ask(None)).await.status(), 200);
}

#[tokio::test]
async fn the_site_lives_before_it_is_ready_and_is_not_ready_when_it_stops() {
    let hub = Hub::new(SETTINGS).await;
    let status = async |hub: &Hub, path: &str| {
        hub.send(Request::get(path).body(Body::empty()).unwrap()).await.status().as_u16()
    };
    assert_eq!(status(&hub, "/healthz").await, 200);
    assert_eq!(status(&hub, "/readyz").await, 503);
    let hub = Hub::open().await;
    assert_eq!(status(&hub, "/readyz").await, 200);
    hub.site.stop();
    assert_eq!(status(&hub, "/readyz").await, 503);
    assert_eq!(status(&hub, "/healthz").await, 200);
}

#[tokio::test]
async fn an_answer_is_not_sent_again_to_who_has_it() {
    let hub = Hub::open().await;
    let ask = |request: axum::http::request::Builder| {
        request.body(Body::from(r#"{"query":"{ tasks { totalCount } }"}"#)).unwrap()
    };
    let response = hub.send(ask(hub.question())).await;
    assert_eq!(response.status(), 200);
    let etag = response.headers()[header::ETAG].clone();
    assert_eq!(json(response).await["data"]["tasks"]["totalCount"], 0);
    let response = hub.send(ask(hub.question().header(header::IF_NONE_MATCH, etag))).await;
    assert_eq!(response.status(), 304);
    assert!(to_bytes(response.into_body(), 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn graphiql_is_served_whole_and_strictly_or_not_at_all() {
    let hub = Hub::new(SETTINGS).await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let response = hub.send(get("/graphiql")).await;
    assert_eq!(response.status(), 200);
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{policy}");
    assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
    let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let page = std::str::from_utf8(&page).unwrap();
    assert!(page.contains("mainstem token create"), "it says where a token comes from: {page}");
    for reference in page.split(['"', '\'']).filter(|part| part.starts_with("/graphiql/")) {
        assert_eq!(hub.send(get(reference)).await.status(), 200, "{reference}");
    }
    assert_eq!(hub.send(get("/graphiql/../etc/passwd")).await.status(), 404);
    let without = Hub::new(SiteSettings { graphiql: false, ..SETTINGS }).await;
    assert_eq!(without.send(get("/graphiql")).await.status(), 404);
}

#[tokio::test]
async fn a_panic_is_one_failed_request() {
    let router: Router = Router::new()
        .route("/", get(async || -> &'static str { panic!("a test") }))
        .layer(CatchPanicLayer::custom(refusal::panicked));
    let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(code(response).await, "INTERNAL");
}
