//! A source as a person declares it, in the file or on the command line.

use std::path::{Path, PathBuf};

use mainstem_connector::{CredentialKind, Descriptor, Registry, Settings};
use mainstem_model::{CredentialRef, Webhook};
use mainstem_store::SourceSpec;
use serde::Deserialize;
use url::Url;

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
    /// How it hears of changes from the tool; left out to ask only.
    pub webhook: Option<WebhookConfig>,
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

/// How a source hears of changes from its tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where the secret stands that the tool signs with.
    pub secret: SecretPlace,
    /// Where the one before stands, while the tool may still sign with it.
    pub previous: Option<SecretPlace>,
    /// Whether the tool is asked to deliver; otherwise a person sets that up there.
    #[serde(default)]
    pub register: bool,
}

/// Where a secret stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { env = \"NAME\" }")]
pub struct SecretPlace {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// The file that holds it.
    pub file: Option<PathBuf>,
}

impl SourceConfig {
    /// What the store keeps of this source. `public_url` is where the tool reaches this program.
    ///
    /// # Errors
    /// Every fault found, each naming the source and the key.
    pub fn spec(
        &self,
        registry: &Registry,
        public_url: Option<&Url>,
    ) -> Result<SourceSpec, ConfigError> {
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
                if let Some(webhook) = &self.webhook {
                    faults.extend(webhook.faults(connector.descriptor(), public_url));
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
            webhook: self.webhook.as_ref().and_then(|given| given.spec(&self.name, public_url)),
            poll_interval_seconds: self.poll_interval_seconds,
            provisioned: false,
            paused: self.paused,
        })
    }

    /// Why secrets that this source names cannot be read now.
    #[must_use]
    pub fn missing_secrets(&self) -> Vec<String> {
        let credential = self.credential.as_ref().map(|given| ("credential", given.reference()));
        let webhook = self.webhook.as_ref();
        let secret = webhook.map(|given| ("webhook.secret", given.secret.reference()));
        let previous = webhook.and_then(|given| given.previous.as_ref());
        let previous = previous.map(|place| ("webhook.previous", place.reference()));
        [credential, secret, previous]
            .into_iter()
            .flatten()
            .filter_map(|(key, reference)| {
                let reason = read_reference(&reference?).err()?;
                Some(format!("source {:?}: {key}: {reason}", self.name))
            })
            .collect()
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

impl WebhookConfig {
    /// What the store keeps of it, where it names its secrets as it should.
    fn spec(&self, source: &str, public_url: Option<&Url>) -> Option<Webhook> {
        let previous = self.previous.as_ref().map(SecretPlace::reference);
        Some(Webhook {
            secret: self.secret.reference()?,
            previous: previous.flatten(),
            register_at: public_url.filter(|_| self.register).map(|url| {
                let base = url.as_str().trim_end_matches('/');
                format!("{base}{}{source}", crate::http::HOOKS)
            }),
        })
    }

    fn faults(&self, descriptor: &Descriptor, public_url: Option<&Url>) -> Vec<String> {
        let mut faults = Vec::new();
        if !descriptor.hears_webhooks {
            faults.push(format!("webhook: webhooks of {} are not read yet", descriptor.name));
        }
        let places = [("secret", Some(&self.secret)), ("previous", self.previous.as_ref())];
        for (key, place) in places {
            if place.is_some_and(|place| place.reference().is_none()) {
                faults.push(format!("webhook.{key}: give exactly one of env and file"));
            }
        }
        if self.register && public_url.is_none() {
            faults.push(
                "webhook.register: set server.public_url, so that the tool can be told where to deliver"
                    .into(),
            );
        }
        faults
    }
}

impl SecretPlace {
    /// The place, where exactly one is named.
    fn reference(&self) -> Option<CredentialRef> {
        reference(self.env.as_deref(), self.file.as_deref())
    }
}

/// A variable or a file, where exactly one of them is named.
fn reference(env: Option<&str>, file: Option<&Path>) -> Option<CredentialRef> {
    match (env, file) {
        (Some(name), None) => Some(CredentialRef::Env { name: name.to_owned() }),
        (None, Some(path)) => Some(CredentialRef::File { path: path.display().to_string() }),
        _ => None,
    }
}

impl CredentialConfig {
    /// Where the secret comes from, where exactly one place is named.
    fn reference(&self) -> Option<CredentialRef> {
        match (&self.env, &self.file, self.sealed) {
            (None, None, true) => Some(CredentialRef::Sealed),
            (_, _, true) => None,
            (env, file, false) => reference(env.as_deref(), file.as_deref()),
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
