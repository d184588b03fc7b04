//! `source list` and `source show`.

use mainstem_model::{Source, SourceError};
use mainstem_store::{Quarantined, ScopeState, Store};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output::{say, say_json};

/// Records in quarantine that are shown, newest first.
const MOST_QUARANTINED: u32 = 50;

/// Every source.
pub(super) async fn list(store: &Store, as_json: bool) -> Result<(), Failure> {
    let sources = store.sources().await?;
    if as_json {
        return say_json(&sources.iter().map(source_json).collect::<Vec<_>>());
    }
    for source in &sources {
        say(line(source));
    }
    Ok(())
}

/// One source, with its scopes and what could not be read.
pub(super) async fn one(store: &Store, source: &Source, as_json: bool) -> Result<(), Failure> {
    let scopes = store.scopes(source.id).await?;
    let quarantined = store.quarantined(source.id, MOST_QUARANTINED).await?;
    if as_json {
        let mut shown = source_json(source);
        shown["scopes"] = scopes.iter().map(scope_json).collect();
        shown["quarantined"] = quarantined.iter().map(quarantined_json).collect();
        return say_json(&shown);
    }
    say(line(source));
    say(format!("  settings: {}", source.settings));
    say(format!("  every {} s; {}", source.poll_interval_seconds, credential(source)));
    if let Some(webhook) = &source.webhook {
        let address = webhook.register_at.as_deref().unwrap_or("set up at the tool");
        say(format!("  hears webhooks: {address}"));
    }
    for scope in &scopes {
        let synced =
            scope.synced_at.map_or("never read whole".into(), |at| format!("read whole at {at}"));
        say(format!("  {}: {synced}; {}", scope.name, past(scope)));
        if let Some(error) = &scope.last_error {
            say(format!("    {}: {} ({})", error.code, error.message, error.at));
        }
    }
    for record in &quarantined {
        say(format!("  not read: {} {}: {}", record.kind, record.external_id, record.reason));
    }
    Ok(())
}

/// How far the past of a scope's tasks has been read.
fn past(scope: &ScopeState) -> String {
    match (scope.history_read_at, scope.history_after) {
        (Some(at), _) => format!("its past read at {at}"),
        // Ids are spread evenly, so the place of the last one says how much is done.
        (None, Some(task)) => {
            let percent = (task.0.as_u128() >> 120) * 100 / 256;
            format!("its past about {percent} % read")
        }
        (None, None) => "its past not read yet".into(),
    }
}

fn line(source: &Source) -> String {
    let synced =
        source.last_synced_at.map_or("never read whole".into(), |at| format!("read whole at {at}"));
    let place = if source.provisioned { ", declared in the configuration" } else { "" };
    let error = source
        .last_error
        .as_ref()
        .map_or(String::new(), |error| format!("\n  {}: {}", error.code, error.message));
    format!(
        "{}  {}  {}  {synced}{place}{error}",
        source.name,
        source.connector,
        source.state.as_str()
    )
}

fn credential(source: &Source) -> String {
    match &source.credential {
        None => "no credential".into(),
        Some(mainstem_model::CredentialRef::Env { name }) => {
            format!("credential: {} in the environment variable {name}", source.credential_kind)
        }
        Some(mainstem_model::CredentialRef::File { path }) => {
            format!("credential: {} in the file {path}", source.credential_kind)
        }
        Some(mainstem_model::CredentialRef::Sealed) => {
            format!("credential: {}, sealed in the database", source.credential_kind)
        }
    }
}

fn source_json(source: &Source) -> Value {
    let credential = source.credential.as_ref().map(|reference| {
        json!({
            "kind": source.credential_kind,
            "public": source.credential_public,
            "place": reference,
            "setAt": source.credential_set_at,
            "expiresAt": source.credential_expires_at,
        })
    });
    json!({
        "id": source.id,
        "name": source.name,
        "connector": source.connector,
        "state": source.state,
        "lastError": source.last_error.as_ref().map(error_json),
        "lastSyncedAt": source.last_synced_at,
        "pollIntervalSeconds": source.poll_interval_seconds,
        "provisioned": source.provisioned,
        "settings": source.settings,
        "credential": credential,
        "webhook": source.webhook,
    })
}

fn scope_json(scope: &ScopeState) -> Value {
    json!({
        "key": scope.key,
        "name": scope.name,
        "syncedAt": scope.synced_at,
        "nextRunAt": scope.next_run_at,
        "failures": scope.failures,
        "lastError": scope.last_error.as_ref().map(error_json),
        "censusAt": scope.census_at,
        "atSource": scope.at_source,
        "inStore": scope.in_store,
        "historyReadAt": scope.history_read_at,
    })
}

fn quarantined_json(record: &Quarantined) -> Value {
    json!({
        "scope": record.scope,
        "kind": record.kind,
        "externalId": record.external_id,
        "reason": record.reason,
        "at": record.at,
    })
}

fn error_json(error: &SourceError) -> Value {
    json!({"code": error.code, "message": error.message, "at": error.at})
}
