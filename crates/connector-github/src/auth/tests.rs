//! A GitHub App against a site that issues installation tokens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::fake_site::{FakeSite, START};

/// A new private key in PEM form.
fn private_key() -> String {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = key.as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

fn app(public: Value, secret: String) -> Credential {
    Credential { kind: "app".into(), public, secret: secret.into() }
}

fn site() -> FakeSite {
    let site = FakeSite::new();
    site.change(|state| {
        let issued = json!({"token": "ghs_1", "expires_at": START.plus_seconds(3600).to_string()});
        state.answers.extend([
            ("GET /repos/acme/api/installation".to_owned(), (200, json!({"id": 77}))),
            ("POST /app/installations/77/access_tokens".to_owned(), (201, issued)),
        ]);
    });
    site
}

fn tokens_fetched(site: &FakeSite) -> usize {
    site.asked().iter().filter(|asked| asked.contains("/access_tokens")).count()
}

#[tokio::test]
async fn an_app_acts_by_one_token_until_it_runs_out() {
    let site = site();
    let session = site.connect(Some(&app(json!({"app_id": 5}), private_key()))).await;
    let scope = "acme/api".into();
    let (one, two) = tokio::join!(session.pull(&scope, None), session.pull(&scope, None));
    one.unwrap();
    two.unwrap();
    assert_eq!(tokens_fetched(&site), 1, "two pulls share one token");

    let shown = site.change(|state| std::mem::take(&mut state.shown));
    assert_eq!(shown.last().unwrap(), "Bearer ghs_1");
    let claims = shown[0].split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let now = START.seconds();
    assert_eq!(claims, json!({"iat": now - 60, "exp": now + 540, "iss": "5"}));

    site.clock.advance_seconds(54 * 60);
    session.pull(&scope, None).await.unwrap();
    assert_eq!(tokens_fetched(&site), 0);
    site.clock.advance_seconds(60);
    session.pull(&scope, None).await.unwrap();
    assert_eq!(tokens_fetched(&site), 1, "it is renewed five minutes before its end");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_fetched_anew_once() {
    let site = site();
    let public = json!({"app_id": "5", "installation_id": 77});
    let session = site.connect(Some(&app(public, private_key()))).await;
    site.change(|state| {
        state.answers.insert("GET /repos/acme/api".into(), (401, json!({})));
    });
    let error = session.pull(&"acme/api".into(), None).await.unwrap_err();
    assert_eq!(error.code, "CREDENTIAL_REFUSED");
    assert_eq!(tokens_fetched(&site), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_credential_is_told_without_it() {
    let settings = json!({"base_url": "https://github.test", "owner": "acme"});
    let settings = GitHubSettings::read(&mainstem_connector::Settings(settings)).unwrap();
    let site = FakeSite::new();
    let host = Host {
        http: Arc::new(site.clone()),
        dial: Arc::new(mainstem_connector::dial::NoDial),
        clock: site.clock.clone(),
        random: Arc::new(mainstem_model::random::SeededRandom::new(1)),
    };
    let key = private_key();
    for (credential, told) in [
        (app(json!({}), key.clone()), "app_id"),
        (app(json!({"app_id": "../x"}), key.clone()), "app_id"),
        (app(json!({"app_id": 1, "app": 2}), key.clone()), "app"),
        (app(json!({"app_id": 1}), "s3cret".into()), "private key"),
        (Credential { kind: "basic".into(), ..app(json!({}), "s3cret".into()) }, "basic"),
        (Credential { kind: "token".into(), ..app(json!({}), "s3\ncret".into()) }, "token"),
    ] {
        let Err(error) = authorization(Some(&credential), &settings, &host) else {
            panic!("{told} passes")
        };
        assert_eq!(error.disposition, Disposition::PauseSource);
        assert!(error.message.contains(told), "{error}");
        assert!(!error.message.contains("s3"));
    }
}
