//! A source as a person declares it, in the file or on the command line.

use std::path::PathBuf;

use mainstem_connector::{CredentialKind, Descriptor, Registry, Settings};
use mainstem_model::CredentialRef;
use mainstem_store::SourceSpec;
use serde::Deserialize;

use super::ConfigError;
use crate::credentials::read_reference;

/// One source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Unique; letters, digits, `-`, `_` and `.`, at most 64.
    pub name: String,
    /// `github`.
    pub connector: String,
    /// Seconds between two passes, 5 to 86,400.
    #[serde(default = "default_poll_interval")]
    pub poll_interval_seconds: u32,
    /// Switched off.
    #[serde(default)]
    pub paused: bool,
    /// What it authenticates with; left out to read what is public.
    pub credential: Option<CredentialConfig>,
    /// The connector's own settings.
    #[serde(default)]
    pub settings: toml::Table,
}

const fn default_poll_interval() -> u32 {
    60
}

/// What a source authenticates with: a kind, where the secret comes from, and the public part that
/// the kind asks for (`app_id`, `username`).
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "a table such as { kind = \"token\", env = \"NAME\" }")]
pub struct CredentialConfig {
    /// `token`, `app`, …
    pub kind: String,
    /// The environment variable that holds the secret.
    pub env: Option<String>,
    /// The file that holds the secret.
    pub file: Option<PathBuf>,
    /// The secret is sealed in the store. The command line sets it; a file cannot.
    #[serde(skip)]
    pub sealed: bool,
    /// The public part.
    #[serde(flatten)]
    pub public: toml::Table,
}

impl SourceConfig {
    /// What the store keeps of this source.
    ///
    /// # Errors
    /// Every fault found, each naming the source and the key.
    pub fn spec(&self, registry: &Registry) -> Result<SourceSpec, ConfigError> {
        let mut faults = self.own_faults();
        match registry.get(&self.connector) {
            None => faults.push(unknown("connector", &self.connector, registry.kinds())),
            Some(connector) => {
                if let Err(found) = connector.check(&Settings(json(&self.settings))) {
                    faults.extend(found);
                }
                if let Some(credential) = &self.credential {
                    faults.extend(credential.faults(connector.descriptor()));
                }
            }
        }
        if !faults.is_empty() {
            let named = |fault| format!("source {:?}: {fault}", self.name);
            return Err(ConfigError(faults.into_iter().map(named).collect()));
        }
        let credential = self.credential.as_ref();
        Ok(SourceSpec {
            name: self.name.clone(),
            connector: self.connector.clone(),
            settings: json(&self.settings),
            credential_kind: credential.map_or_else(String::new, |given| given.kind.clone()),
            credential_public: json(credential.map_or(&toml::Table::new(), |given| &given.public)),
            credential: credential.and_then(CredentialConfig::reference),
            poll_interval_seconds: self.poll_interval_seconds,
            provisioned: false,
            paused: self.paused,
        })
    }

    /// Why the secret that this source names cannot be read now.
    #[must_use]
    pub fn missing_secret(&self) -> Option<String> {
        let reference = self.credential.as_ref()?.reference()?;
        let reason = read_reference(&reference).err()?;
        Some(format!("source {:?}: credential: {reason}", self.name))
    }

    fn own_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let named = (1..=64).contains(&self.name.len())
            && self.name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !named {
            faults.push("name: give 1 to 64 letters, digits, `-`, `_` or `.`".into());
        }
        if !(5..=86_400).contains(&self.poll_interval_seconds) {
            faults.push(format!(
                "poll_interval_seconds: {} is not within 5 and 86400",
                self.poll_interval_seconds
            ));
        }
        faults
    }
}

impl CredentialConfig {
    /// Where the secret comes from, where exactly one place is named.
    fn reference(&self) -> Option<CredentialRef> {
        match (&self.env, &self.file, self.sealed) {
            (Some(name), None, false) => Some(CredentialRef::Env { name: name.clone() }),
            (None, Some(path), false) => {
                Some(CredentialRef::File { path: path.display().to_string() })
            }
            (None, None, true) => Some(CredentialRef::Sealed),
            _ => None,
        }
    }

    fn faults(&self, descriptor: &Descriptor) -> Vec<String> {
        let mut faults = Vec::new();
        if self.reference().is_none() {
            faults.push("credential: give exactly one of env and file".into());
        }
        match descriptor.credentials.iter().find(|kind| kind.kind == self.kind) {
            Some(kind) => faults.extend(self.public_faults(kind)),
            None => {
                let known = descriptor.credentials.iter().map(|kind| kind.kind);
                faults.push(unknown("credential.kind", &self.kind, known));
            }
        }
        faults
    }

    fn public_faults(&self, kind: &CredentialKind) -> Vec<String> {
        let missing =
            kind.public.iter().filter(|key| !self.public.contains_key(**key)).map(|key| {
                format!("credential.{key}: the credential kind {:?} needs it", kind.kind)
            });
        let surplus = self.public.keys().filter(|key| !kind.public.contains(&key.as_str())).map(|key| {
            format!(
                "credential.{key}: the credential kind {:?} has no such key; the secret itself is named by env or file",
                kind.kind
            )
        });
        missing.chain(surplus).collect()
    }
}

fn unknown(key: &str, given: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    format!("{key}: {given:?} is not known; give one of {}", known.join(", "))
}

/// TOML as the JSON that the store keeps; dates become text.
fn json(table: &toml::Table) -> serde_json::Value {
    serde_json::Value::Object(
        table.iter().map(|(key, item)| (key.clone(), json_of(item))).collect(),
    )
}

fn json_of(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json_of).collect(),
        toml::Value::Table(table) => json(table),
    }
}
