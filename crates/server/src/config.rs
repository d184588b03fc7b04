//! The configuration: one TOML file, and a few settings of the environment. Whatever is wrong is
//! refused at the start, by name.
//!
//! Relative paths (the database's, a key file's, a secret's) start at the working directory, not at
//! the folder of the configuration file.

mod calendar;
mod fault;
mod source;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mainstem_connector::Registry;
use mainstem_store::SourceSpec;
use serde::{Deserialize, Deserializer};
use url::Url;

pub use calendar::CalendarConfig;
pub use fault::ConfigError;
pub use source::{CredentialConfig, SecretPlace, SourceConfig, WebhookConfig};

/// The file that is read where none is named and it exists.
pub const DEFAULT_FILE: &str = "mainstem.toml";

/// The whole file. Every section may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where data is kept.
    #[serde(default)]
    pub database: Database,
    /// How it is served.
    #[serde(default)]
    pub server: Server,
    /// How secrets are sealed.
    #[serde(default)]
    pub vault: Vault,
    /// When people work.
    #[serde(default)]
    pub calendar: CalendarConfig,
    /// What is read.
    #[serde(default)]
    pub sources: Vec<SourceConfig>,
}

/// Where data is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://USER@HOST/DATABASE`.
    #[serde(default = "default_database_url")]
    pub url: String,
}

fn default_database_url() -> String {
    "sqlite://mainstem.db".into()
}

impl Default for Database {
    fn default() -> Self {
        Self { url: default_database_url() }
    }
}

impl fmt::Debug for Database {
    // The URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    /// Whether the URL names a database that this program knows.
    ///
    /// # Errors
    /// One sentence that shows the form expected, never the URL, which may hold a password.
    pub fn check(&self) -> Result<(), String> {
        let form = "give sqlite://PATH or postgres://USER@HOST/DATABASE";
        match self.url.split_once("://") {
            Some(("sqlite", "")) => Err(format!("database.url: it names no file; {form}")),
            Some(("sqlite", _)) => Ok(()),
            Some(("postgres" | "postgresql", _)) => match Url::parse(&self.url) {
                Ok(url) if url.path().len() > 1 => Ok(()),
                Ok(_) => Err(format!("database.url: it names no database; {form}")),
                Err(reason) => Err(format!("database.url: {reason}; {form}")),
            },
            Some((scheme, _)) => Err(format!("database.url: {scheme:?} is not known; {form}")),
            None => Err(format!("database.url: it has no scheme; {form}")),
        }
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let rest = self.url.strip_prefix("sqlite://")?;
        Some(Path::new(rest.split('?').next().unwrap_or(rest)))
    }

    /// Where the database is, without what the URL may hold of secrets.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.file(), Url::parse(&self.url)) {
            (Some(file), _) => file.display().to_string(),
            (None, Ok(url)) => format!(
                "{} at {}:{}",
                url.path().trim_start_matches('/'),
                url.host_str().unwrap_or("localhost"),
                url.port().unwrap_or(5432)
            ),
            (None, Err(_)) => "it".into(),
        }
    }

    /// The path of a file that belongs to the database: beside it and named like it, or
    /// `mainstem.EXTENSION` in the working directory where the database is on a server.
    #[must_use]
    pub fn beside(&self, extension: &str) -> PathBuf {
        self.file().unwrap_or(Path::new("mainstem")).with_extension(extension)
    }
}

/// How it is served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    #[serde(default = "default_listen", deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// Whether GraphiQL is served at `/graphiql`.
    #[serde(default = "yes")]
    pub graphiql: bool,
    /// Whether `/metrics` is served without a token.
    #[serde(default)]
    pub metrics_public: bool,
    /// Where tools reach this program, for webhooks that are registered.
    #[serde(default, deserialize_with = "public_url")]
    pub public_url: Option<Url>,
}

/// The address and port that are listened on where nothing else is said.
#[must_use]
pub fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

const fn yes() -> bool {
    true
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: default_listen(), graphiql: true, metrics_public: false, public_url: None }
    }
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    read_listen(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Reads an address and port.
///
/// # Errors
/// One sentence that shows the form expected.
pub fn read_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "{text:?} is no IP address with a port; give one such as 127.0.0.1:8080 or [::]:8080"
        )
    })
}

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).ok().filter(|url| {
        url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    // The text may hold a password, so it is not shown.
    url.map(Some).ok_or_else(|| {
        serde::de::Error::custom(
            "this is not the address of a site; give one such as https://hub.acme.example",
        )
    })
}

/// How secrets are sealed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// The key file; `NAME.key` beside the database `NAME.db` where left out, and `mainstem.key` in
    /// the working directory for PostgreSQL.
    pub key_file: Option<PathBuf>,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Where it cannot be read or is not what a configuration looks like; the message names file,
    /// line and key, and shows no value.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(vec![format!("cannot read the configuration {}: {error}", path.display())])
        })?;
        Self::parse(&text)
            .map_err(|fault| ConfigError(vec![format!("{}, {fault}", path.display())]))
    }

    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// One sentence that names line and key, and shows no value.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| fault::describe(text, &error))
    }

    /// The sources as the store keeps them, checked as far as that goes without asking a tool or
    /// reading a secret.
    ///
    /// # Errors
    /// Every fault found.
    pub fn source_specs(&self, registry: &Registry) -> Result<Vec<SourceSpec>, ConfigError> {
        let mut faults = Vec::new();
        let mut specs = Vec::<SourceSpec>::new();
        for source in &self.sources {
            if specs.iter().any(|spec| spec.name == source.name) {
                faults.push(format!("sources: the name {:?} is given twice", source.name));
            }
            match source.spec(registry, self.server.public_url.as_ref()) {
                Ok(spec) => specs.push(SourceSpec { provisioned: true, ..spec }),
                Err(ConfigError(found)) => faults.extend(found),
            }
        }
        if faults.is_empty() { Ok(specs) } else { Err(ConfigError(faults)) }
    }

    /// What is missing of the secrets that the sources name: one sentence each.
    #[must_use]
    pub fn missing_secrets(&self) -> Vec<String> {
        self.sources.iter().flat_map(SourceConfig::missing_secrets).collect()
    }
}

#[cfg(test)]
mod tests;
