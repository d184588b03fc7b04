//! `source test`: connects to the tool and lists what it would read.

use std::sync::Arc;

use mainstem_connector::{ReqwestHttp, Settings};
use mainstem_engine::CredentialProvider as _;
use mainstem_model::Source;
use mainstem_model::record::Scope;
use mainstem_store::Store;
use serde_json::json;

use crate::exit::Failure;
use crate::installation::Installation;
use crate::output::{say, say_json};

/// Tests it.
pub(super) async fn run(
    installation: &Installation,
    store: &Store,
    source: &Source,
    as_json: bool,
) -> Result<(), Failure> {
    let found = scopes(installation, store, source).await;
    if as_json {
        let listed = |scope: &Scope| json!({"key": *scope.key, "name": scope.name});
        say_json(&match &found {
            Ok(scopes) => {
                json!({"ok": true, "scopes": scopes.iter().map(listed).collect::<Vec<_>>()})
            }
            Err((code, message)) => {
                json!({"ok": false, "error": {"code": code, "message": message}})
            }
        })?;
    }
    let scopes = found.map_err(|(code, message)| Failure::Failed(format!("{code}: {message}")))?;
    if !as_json {
        say(format!("{} works; it would read {}:", source.name, scopes.len()));
        for scope in scopes {
            say(format!("  {}", scope.name));
        }
    }
    Ok(())
}

/// What the account sees of what the settings ask for; otherwise a code and what to do.
async fn scopes(
    installation: &Installation,
    store: &Store,
    source: &Source,
) -> Result<Vec<Scope>, (&'static str, String)> {
    let credential = installation
        .credentials(store)
        .credential(source)
        .await
        .map_err(|error| (error.code, error.message))?;
    let connector = installation.registry.get(&source.connector).ok_or_else(|| {
        ("UNKNOWN_CONNECTOR", format!("the connector {:?} is not known", source.connector))
    })?;
    let http = ReqwestHttp::new().map_err(|error| ("NO_HTTP_CLIENT", error.to_string()))?;
    let host = installation.host(Arc::new(http)).map_err(|error| ("NO_TLS", error.to_string()))?;
    let session = connector
        .connect(&source.name, &Settings(source.settings.clone()), credential.as_ref(), &host)
        .await
        .map_err(|error| (error.code, error.message))?;
    let mut scopes = Vec::new();
    let mut page = None;
    loop {
        let found = session.discover(page).await.map_err(|error| (error.code, error.message))?;
        scopes.extend(found.items);
        match found.next {
            Some(next) => page = Some(next),
            None => return Ok(scopes),
        }
    }
}
