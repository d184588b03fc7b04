//! One installation: its configuration, the world it runs in, and what is built from both.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mainstem_connector::{CountingHttp, Host, Registry, ReqwestHttp, TcpDial};
use mainstem_connector_email::Email;
use mainstem_connector_github::GitHub;
use mainstem_connector_jira::Jira;
use mainstem_engine::{
    Engine, EngineParts, EngineSettings, Observer, RequestCounts, TokioSleeper, read_texts,
};
use mainstem_model::{Clock, Random, Source, SourceState, SystemClock, TokenScope};
use mainstem_read_model::ReadModel;
use mainstem_store::{SourceSpec, Store, StoreError, StoreOptions};
use mainstem_vault::OsRandom;

use crate::cli::Global;
use crate::config::{Config, ConfigError, DEFAULT_FILE};
use crate::credentials::Credentials;
use crate::exit::Failure;
use crate::output::remark;
use crate::token::TokenText;

/// The connectors that this program knows. One line more is one kind of tool more.
#[must_use]
pub fn registry() -> Registry {
    Registry::default().with(GitHub).with(Jira).with(Email)
}

/// One installation.
pub struct Installation {
    /// The configuration, with what the command line says instead.
    pub config: Config,
    /// The kinds of tool that it knows.
    pub registry: Registry,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Installation {
    /// Reads the configuration: the file named, or `mainstem.toml` where it exists, or none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(global: &Global) -> Result<Self, Failure> {
        let default = Path::new(DEFAULT_FILE);
        let mut config = match &global.config {
            Some(path) => Config::read(path)?,
            None if default.exists() => Config::read(default)?,
            None => Config::default(),
        };
        if let Some(url) = &global.database_url {
            config.database.url.clone_from(url);
        }
        Ok(Self::new(config))
    }

    /// The installation of this configuration on this machine.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            registry: registry(),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        }
    }

    /// Opens the database, and makes it where there is none.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn open(&self) -> Result<Store, Failure> {
        self.config.database.check().map_err(Failure::Usage)?;
        let options = StoreOptions { clock: self.clock.clone(), random: self.random.clone() };
        let database = &self.config.database;
        Store::open(&database.url, options).await.map_err(|error| match error {
            StoreError::Database(reason) => Failure::Failed(format!(
                "database.url: {} cannot be opened: {reason}",
                database.place()
            )),
            other => other.into(),
        })
    }

    /// Everything that is wrong with the configuration, the secrets that it names included.
    ///
    /// # Errors
    /// Every fault found.
    pub fn check(&self) -> Result<Vec<SourceSpec>, ConfigError> {
        let mut faults = self.config.missing_secrets();
        faults.extend(self.config.database.check().err());
        faults.extend(self.config.calendar.calendars().err().into_iter().flatten());
        match self.config.source_specs(&self.registry) {
            Ok(specs) if faults.is_empty() => Ok(specs),
            Ok(_) => Err(ConfigError(faults)),
            Err(ConfigError(found)) => Err(ConfigError([found, faults].concat())),
        }
    }

    /// Opens the database for a process that does the work: the configuration is checked whole, its
    /// sources are declared, and the first token is made where there is none.
    ///
    /// # Errors
    /// Where the configuration is wrong or the database cannot be opened.
    pub async fn open_for_work(&self) -> Result<Store, Failure> {
        let specs = self.check()?;
        let store = self.open().await?;
        self.provision(&store, &specs).await?;
        self.release(&store, &specs).await?;
        self.make_first_token(&store).await?;
        Ok(store)
    }

    /// Opens the database for a command about sources: those of the configuration are declared,
    /// without reading their secrets.
    ///
    /// # Errors
    /// Where the configuration is wrong or the database cannot be opened.
    pub async fn open_for_sources(&self) -> Result<Store, Failure> {
        let specs = self.config.source_specs(&self.registry)?;
        let store = self.open().await?;
        self.provision(&store, &specs).await?;
        Ok(store)
    }

    /// Opens the database for a question that needs no server. What texts say of other tasks is read
    /// first, so that the answer is as good as that of a process that does the work.
    ///
    /// # Errors
    /// Where there is no database yet, or it cannot be opened.
    pub async fn open_for_questions(&self) -> Result<Store, Failure> {
        if let Some(file) = self.config.database.file().filter(|file| !file.exists()) {
            return Err(Failure::Failed(format!(
                "there is no database {} yet; `mainstem sync --once` or `mainstem serve` makes it",
                file.display()
            )));
        }
        let store = self.open().await?;
        read_texts(&store, &*self.clock).await?;
        Ok(store)
    }

    /// What this store holds, as questions are answered from it.
    ///
    /// # Errors
    /// Where the calendar is wrong or the database cannot be read.
    pub async fn read_model(&self, store: &Store) -> Result<ReadModel, Failure> {
        let calendars = self.config.calendar.calendars().map_err(ConfigError)?;
        let model = ReadModel::load(store, self.clock.clone()).await;
        let model =
            model.map_err(|error| Failure::because("the database cannot be read", error))?;
        Ok(model.with_calendars(calendars))
    }

    /// An engine over this store.
    ///
    /// # Errors
    /// Where the machine has no TLS set-up or no randomness.
    pub fn engine(&self, store: &Store, observer: Arc<dyn Observer>) -> Result<Engine, Failure> {
        let http = ReqwestHttp::new().map_err(|error| Failure::Failed(error.to_string()))?;
        let http = CountingHttp::new(Arc::new(http));
        let counted = http.clone();
        let parts = EngineParts {
            store: store.clone(),
            registry: self.registry.clone(),
            host: self.host(Arc::new(http))?,
            sleeper: Arc::new(TokioSleeper),
            credentials: Arc::new(self.credentials(store)),
            observer,
            requests: Some(Arc::new(move || RequestCounts {
                sent: counted.requests(),
                not_modified: counted.not_modified(),
            })),
            settings: EngineSettings::default(),
        };
        Engine::new(parts).map_err(|error| Failure::Failed(error.to_string()))
    }

    /// What a connector may use of the world.
    ///
    /// # Errors
    /// Where the machine has no TLS set-up.
    pub fn host(&self, http: Arc<dyn mainstem_connector::http::Http>) -> Result<Host, Failure> {
        let dial = TcpDial::trusting(&[]).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Host {
            http,
            dial: Arc::new(dial),
            clock: self.clock.clone(),
            random: self.random.clone(),
        })
    }

    /// Where the secrets of sources come from.
    #[must_use]
    pub fn credentials(&self, store: &Store) -> Credentials {
        Credentials {
            store: store.clone(),
            registry: self.registry.clone(),
            key_file: self.key_file(),
        }
    }

    /// The file of the keys that seal secrets.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        let named = self.config.vault.key_file.clone();
        named.unwrap_or_else(|| self.config.database.beside("key"))
    }

    async fn provision(&self, store: &Store, specs: &[SourceSpec]) -> Result<(), Failure> {
        for spec in specs {
            store.put_source(spec, true).await?;
        }
        Ok(())
    }

    /// A source that the configuration no longer declares is paused and becomes the command line's:
    /// a line lost from a file must not lose what was read.
    async fn release(&self, store: &Store, specs: &[SourceSpec]) -> Result<(), Failure> {
        let sources = store.sources().await?;
        let left = sources.iter().filter(|source| {
            source.provisioned && !specs.iter().any(|spec| spec.name == source.name)
        });
        for source in left {
            let spec = SourceSpec { provisioned: false, paused: true, ..spec_of(source) };
            store.put_source(&spec, true).await?;
            tracing::warn!(
                source = source.name,
                "the configuration no longer declares this source: it is paused; declare it again, \
                 or run `mainstem source resume {0}` or `mainstem source remove {0}`",
                source.name
            );
        }
        Ok(())
    }

    /// Makes the first token where there is none. It is written to a file that only its owner reads,
    /// before it is known to the store, and never shown.
    ///
    /// # Errors
    /// Where the file cannot be made or the store cannot be written.
    pub async fn make_first_token(&self, store: &Store) -> Result<(), Failure> {
        // Of several processes that start at the same time, one makes it.
        let owner = format!("process {}", std::process::id());
        let lease = store.acquire_lease("first-token", &owner, Duration::from_secs(30)).await?;
        let Some(lease) = lease else { return Ok(()) };
        if store.tokens().await?.is_empty() {
            let path = self.config.database.beside("admin-token");
            let text = TokenText::random(&*self.random)
                .map_err(|error| Failure::Failed(error.to_string()))?;
            write_private_file(&path, text.expose()).map_err(|error| {
                let what = format!("the first admin token cannot be kept in {}", path.display());
                Failure::because(&what, error)
            })?;
            store.create_token(&text.keep("first admin", TokenScope::Admin)).await?;
            remark(format!("The first admin token is in {}", path.display()));
        }
        Ok(store.release_lease(&lease).await?)
    }
}

/// What a person would have to declare to get this source.
#[must_use]
pub fn spec_of(source: &Source) -> SourceSpec {
    SourceSpec {
        name: source.name.clone(),
        connector: source.connector.clone(),
        settings: source.settings.clone(),
        credential_kind: source.credential_kind.clone(),
        credential_public: source.credential_public.clone(),
        credential: source.credential.clone(),
        webhook: source.webhook.clone(),
        poll_interval_seconds: source.poll_interval_seconds,
        provisioned: source.provisioned,
        paused: source.state == SourceState::Paused,
    }
}

/// Writes a line to a new file that only its owner may read. One that is left from an earlier
/// database is replaced.
fn write_private_file(path: &Path, line: &str) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
