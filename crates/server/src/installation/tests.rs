#![allow(clippy::unwrap_used, reason = "tests")]

use mainstem_engine::CredentialProvider as _;
use mainstem_model::CredentialRef;
use secrecy::ExposeSecret as _;

use super::*;

/// An installation whose database is in this folder, with these sources.
fn installation(folder: &Path, sources: &str) -> Installation {
    let database = folder.join("hub.db");
    let text = format!("[database]\nurl = \"sqlite://{}\"\n{sources}", database.display());
    Installation::new(Config::parse(&text).unwrap())
}

const ACME: &str =
    "[[sources]]\nname = \"acme\"\nconnector = \"github\"\nsettings = { owner = \"acme\" }\n";

#[tokio::test]
async fn the_first_token_is_made_once_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let installation = installation(folder.path(), "");
    let store = installation.open_for_work().await.unwrap();
    let path = folder.path().join("hub.admin-token");
    let text = std::fs::read_to_string(&path).unwrap();
    let token = TokenText::parse(text.trim()).unwrap();
    let kept = store.token_by_hash(&token.hash()).await.unwrap().unwrap();
    assert_eq!(kept.scope, TokenScope::Admin);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    store.close().await;

    let store = installation.open_for_work().await.unwrap();
    assert_eq!(store.tokens().await.unwrap().len(), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    store.close().await;
}

#[tokio::test]
async fn a_source_that_the_configuration_loses_is_paused_and_one_that_returns_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for (sources, provisioned, paused) in
        [(ACME, true, false), ("", false, true), (ACME, true, false)]
    {
        let store = installation(folder.path(), sources).open_for_work().await.unwrap();
        let found = store.sources().await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].provisioned, provisioned);
        assert_eq!(found[0].state == SourceState::Paused, paused);
        store.close().await;
    }
}

#[tokio::test]
async fn a_process_that_only_asks_leaves_other_sources_alone() {
    let folder = tempfile::tempdir().unwrap();
    installation(folder.path(), ACME).open_for_work().await.unwrap().close().await;
    let store = installation(folder.path(), "").open_for_sources().await.unwrap();
    assert!(store.sources().await.unwrap()[0].provisioned);
    store.close().await;
}

#[tokio::test]
async fn a_sealed_secret_opens_for_its_source_at_its_site_only() {
    let folder = tempfile::tempdir().unwrap();
    let installation = installation(folder.path(), "");
    let store = installation.open().await.unwrap();
    let credentials = installation.credentials(&store);
    let spec = SourceSpec {
        name: "acme".into(),
        connector: "github".into(),
        settings: serde_json::json!({"owner": "acme"}),
        credential_kind: "token".into(),
        credential_public: serde_json::json!({}),
        credential: Some(CredentialRef::Sealed),
        webhook: None,
        poll_interval_seconds: 60,
        provisioned: false,
        paused: false,
    };
    let source = store.put_source(&spec, false).await.unwrap();
    let missing = credentials.credential(&source).await.unwrap_err();
    assert_eq!(missing.code, "CREDENTIAL_MISSING");

    credentials.seal(&source, &"a secret".into(), &*installation.random).await.unwrap();
    let opened = credentials.credential(&source).await.unwrap().unwrap();
    assert_eq!(opened.secret.expose_secret(), "a secret");

    let elsewhere = serde_json::json!({"owner": "acme", "base_url": "https://evil.example/api/v3"});
    let moved = store.put_source(&SourceSpec { settings: elsewhere, ..spec }, true).await.unwrap();
    let refused = credentials.credential(&moved).await.unwrap_err();
    assert_eq!(refused.code, "CREDENTIAL_SEALED_ELSEWHERE");
    assert!(!refused.message.contains("a secret"));
    store.close().await;
}
