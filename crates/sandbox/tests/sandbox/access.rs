//! Credentials and limits.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::signature::KeyPair as _;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mainstem_sandbox::SiteOptions;
use mainstem_sandbox::limits::{Refused, Resource};
use serde_json::json;

use crate::support::{Client, NOW};

async fn status(client: &Client, authorization: Option<&str>) -> StatusCode {
    let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
    client.send(Method::GET, "/repos/acme/api", &headers, "").await.status
}

#[tokio::test]
async fn tokens_are_let_in_or_not() {
    let client = Client::new();
    assert_eq!(status(&client, None).await, StatusCode::OK);
    assert_eq!(status(&client, Some("token anything")).await, StatusCode::OK);
    assert_eq!(status(&client, Some("Digest x")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&client, Some("Bearer ghs_never_given_out")).await, StatusCode::UNAUTHORIZED);
    client.site.require_token("right");
    assert_eq!(status(&client, None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&client, Some("Bearer wrong")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&client, Some("Bearer right")).await, StatusCode::OK);
    assert_eq!(status(&client, Some("Basic b2N0b2NhdDpyaWdodA==")).await, StatusCode::OK);
    client.site.revoke_token("right");
    assert_eq!(status(&client, Some("Bearer right")).await, StatusCode::UNAUTHORIZED);
}

fn assertion(issued: i64, expires: i64) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "RS256", "typ": "JWT"}));
    format!(
        "{header}.{}.{}",
        part(json!({"iss": "310411", "iat": issued, "exp": expires})),
        URL_SAFE_NO_PAD.encode("signed")
    )
}

#[tokio::test]
async fn an_app_gets_tokens_that_end_after_an_hour() {
    let client = Client::of(SiteOptions { tokens: Some(Vec::new()), ..SiteOptions::default() });
    let now = NOW.parse::<mainstem_model::Timestamp>().unwrap().seconds();
    let as_app = format!("Bearer {}", assertion(now - 60, now + 540));
    let installation = client
        .send(Method::GET, "/orgs/acme/installation", &[("authorization", &as_app)], "")
        .await;
    assert_eq!(installation.status, StatusCode::OK);
    let url = installation.json()["access_tokens_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&format!("http://{}", crate::support::HOST)).unwrap();
    let given = client.send(Method::POST, path, &[("authorization", &as_app)], "{}").await;
    assert_eq!(given.status, StatusCode::CREATED);
    assert_eq!(given.json()["expires_at"], "2026-06-01T10:00:00Z");
    let token = format!("Bearer {}", given.json()["token"].as_str().unwrap());

    let repositories = client
        .send(Method::GET, "/installation/repositories", &[("authorization", &token)], "")
        .await;
    assert_eq!(repositories.json()["total_count"], 4);
    assert_eq!(status(&client, Some(&token)).await, StatusCode::OK);
    client.clock.advance_seconds(3_599);
    assert_eq!(status(&client, Some(&token)).await, StatusCode::OK);
    client.clock.advance_seconds(1);
    assert_eq!(status(&client, Some(&token)).await, StatusCode::UNAUTHORIZED);
    for wrong in [assertion(now, now + 100), assertion(now + 3_600, now + 4_300), "a.b.c".into()] {
        let wrong = format!("Bearer {wrong}");
        let refused = client.send(Method::POST, path, &[("authorization", &wrong)], "{}").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test]
async fn a_registered_key_is_checked() {
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let options = SiteOptions {
        app_public_key: Some(pem("PUBLIC KEY", public.as_ref())),
        ..SiteOptions::default()
    };
    let client = Client::of(options);
    let now = NOW.parse::<mainstem_model::Timestamp>().unwrap().seconds();
    let claims = json!({"iss": "310411", "iat": now, "exp": now + 300});
    let key =
        jsonwebtoken::EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes())
            .unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let signed = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    for (token, expected) in
        [(signed, StatusCode::OK), (assertion(now, now + 300), StatusCode::UNAUTHORIZED)]
    {
        let token = format!("Bearer {token}");
        let answer = client.send(Method::GET, "/app", &[("authorization", &token)], "").await;
        assert_eq!(answer.status, expected);
    }
}

#[tokio::test]
async fn a_spent_quota_refuses_until_it_starts_anew() {
    let client = Client::new();
    client.site.set_limit(Resource::Core, 2);
    for remaining in ["1", "0"] {
        let answer = client.get("/repos/acme/api").await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-remaining")),
            (StatusCode::OK, remaining)
        );
    }
    let refused = client.get("/repos/acme/api").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.json()["message"].as_str().unwrap().starts_with("API rate limit exceeded"));
    assert_eq!(client.get("/rate_limit").await.json()["resources"]["core"]["remaining"], 0);
    assert_eq!(client.site.stats().while_told_to_wait, 0, "the first refusal tells the client");
    client.get("/repos/acme/api").await;
    assert_eq!(client.site.stats().while_told_to_wait, 1);
    assert!(
        client.ask("{ viewer { login } }", json!({})).await["data"].is_object(),
        "GraphQL has its own"
    );
    client.clock.advance_seconds(3_600);
    assert_eq!(client.get("/repos/acme/api").await.status, StatusCode::OK);
}

#[tokio::test]
async fn scripted_limits_end_when_they_say() {
    for (refused, status, header, value) in [
        (Refused::Primary(403), 403, "x-ratelimit-remaining", "0"),
        (Refused::Primary(429), 429, "x-ratelimit-reset", "1780304430"),
        (Refused::Secondary { retry_after: Some(30) }, 403, "retry-after", "30"),
        (Refused::Secondary { retry_after: None }, 403, "retry-after", ""),
        (Refused::Unauthorized, 401, "retry-after", ""),
    ] {
        let client = Client::new();
        client.site.refuse_for(30, refused);
        let answer = client.get("/repos/acme/api").await;
        assert_eq!(answer.status.as_u16(), status, "{refused:?}");
        assert_eq!(answer.header(header), value, "{refused:?}");
        client.clock.advance_seconds(29);
        client.get("/repos/acme/api").await;
        assert_eq!(client.site.stats().while_told_to_wait, 1, "{refused:?}");
        client.clock.advance_seconds(1);
        assert_eq!(client.get("/repos/acme/api").await.status, StatusCode::OK, "{refused:?}");
        assert_eq!(client.site.stats().while_told_to_wait, 1, "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_already_on_the_way_are_not_blamed() {
    let client = Client::new();
    client.site.set_latency(std::time::Duration::from_millis(100));
    client.site.refuse_for(30, Refused::Secondary { retry_after: Some(30) });
    let path = "/repos/acme/api";
    tokio::join!(client.get(path), client.get(path), client.get(path));
    assert_eq!(client.site.stats().while_told_to_wait, 0);
    tokio::join!(client.get(path), client.get(path));
    assert_eq!(client.site.stats().while_told_to_wait, 2);
}

#[tokio::test]
async fn graphql_says_in_a_good_answer_that_the_limit_is_reached() {
    let client = Client::new();
    client.site.refuse_for(30, Refused::Primary(403));
    let answer = client.ask("{ viewer { login } }", json!({})).await;
    assert_eq!(answer["errors"][0]["type"], "RATE_LIMITED");
    assert!(answer.get("data").is_none());
    client.site.heal();
    assert!(
        client.ask("{ viewer { login } }", json!({})).await["data"]["viewer"]["login"].is_string()
    );
}
