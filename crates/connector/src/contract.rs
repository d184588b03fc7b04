//! The two traits of a connector, and what they are given.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use mainstem_model::command::{Command, IdempotencyKey};
use mainstem_model::record::{
    Batch, CensusEntry, Cursor, Heard, Hint, Page, PageToken, Scope, ScopeKey, Site,
};
use mainstem_model::{Clock, Random, Timestamp};
use secrecy::SecretString;

use crate::dial::Dial;
use crate::http::Http;
use crate::{ConnectorError, Delivery, Descriptor, Disposition, WebhookRefusal};

/// One stateless value for each kind of tool.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// What this kind of tool needs and can do.
    fn descriptor(&self) -> &'static Descriptor;

    /// Checks settings without asking the tool anything, and answers the scopes' site: the origin
    /// that every request will go to.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, naming the setting and what to give instead.
    fn check(&self, settings: &Settings) -> Result<url::Url, Vec<String>>;

    /// Where the credential is shown beside the origin that [`check`](Self::check) answers: a credential
    /// that is kept is good for just these.
    fn further_origins(&self, _settings: &Settings) -> Vec<url::Url> {
        Vec::new()
    }

    /// Whether settings that were checked ask for this scope, provided that the tool shows it. One that
    /// is asked for and not discovered any more has been lost, and is not let go without a word.
    fn selects(&self, settings: &Settings, scope: &ScopeKey) -> bool;

    /// How the item that people call `key` is asked for, and the scope that it belongs to by that name.
    /// `None` where nothing here is called like that.
    fn locate(&self, _settings: &Settings, _key: &str) -> Option<Heard> {
        None
    }

    /// When a credential ends by itself, where it says so. The engine does not use one any longer than
    /// that.
    fn expires_at(&self, _credential: &Credential) -> Option<Timestamp> {
        None
    }

    /// Opens one authenticated account. It may ask the tool who we are. `source` is the name of the
    /// source, for a tool that has no name of its own for what it holds.
    ///
    /// # Errors
    /// [`Disposition::PauseSource`] where the tool refuses the credential.
    async fn connect(
        &self,
        source: &str,
        settings: &Settings,
        credential: Option<&Credential>,
        host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError>;

    /// Makes sure that a delivery comes from the tool, and reads what it says has changed. Nothing
    /// else of it is used, and no URL in it is followed. An event that concerns no task is none to
    /// refuse: it says nothing.
    ///
    /// # Errors
    /// See [`WebhookRefusal`].
    fn read_webhook(
        &self,
        _settings: &Settings,
        _delivery: &Delivery<'_>,
        _secret: &SecretString,
        _now: Timestamp,
    ) -> Result<Vec<Heard>, WebhookRefusal> {
        Err(WebhookRefusal::NotAuthentic)
    }
}

/// One authenticated account at a tool. Dropping any of its futures loses nothing: what was not
/// handed over was not read.
#[async_trait]
pub trait Session: Send + Sync {
    /// The scopes that the settings ask for and the account can see.
    async fn discover(&self, page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError>;

    /// Where people read what this account reads, as mail about it names it; `None` where no other source's
    /// mail is about it.
    async fn site(&self) -> Result<Option<Site>, ConnectorError> {
        Ok(None)
    }

    /// One step of a pull: what comes after `cursor` (from the start where there is none), the next
    /// cursor, and whether there is more right now. Answering the same cursor twice is harmless.
    ///
    /// The next step may be asked for before this one is stored, so a session keeps no state that
    /// decides where a pull goes on.
    async fn pull(
        &self,
        scope: &ScopeKey,
        cursor: Option<&Cursor>,
    ) -> Result<Batch, ConnectorError>;

    /// Reads particular items again, at most [`Descriptor::fetch_limit`] at a time. What the tool no
    /// longer shows comes back as an absence or a move, never as an error; a fetch of
    /// [`Depth::History`](mainstem_model::record::Depth::History) asks by a hint for such an item to
    /// be read whole.
    async fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError>;

    /// One page of the ids that the tool shows in a scope.
    async fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError>;

    /// Carries a command out, once for each key however often it is asked: it looks first for what came
    /// of it before. Answers what the tool then says of the task.
    ///
    /// # Errors
    /// [`ConnectorError::OUTCOME_UNKNOWN`] where it may have been carried out or not, and nothing at the
    /// tool tells; it is never tried again by itself then. Otherwise it was not carried out;
    /// [`Disposition::GiveUp`] `COMMAND_UNKNOWN` where the tool cannot do such a thing.
    async fn apply(
        &self,
        _command: &Command,
        _key: &IdempotencyKey,
    ) -> Result<Batch, ConnectorError> {
        Err(ConnectorError::new(
            Disposition::GiveUp,
            "COMMAND_UNKNOWN",
            "this source is read only; do it in the tool itself",
        ))
    }

    /// Sees to it that the tool delivers its webhooks for these scopes to `address`, and goes on doing
    /// so for several days. Called once a day; changes nothing where nothing is to be changed.
    ///
    /// # Errors
    /// [`Disposition::GiveUp`] where the tool does not let this account do that.
    async fn keep_webhook(
        &self,
        _address: &str,
        _scopes: &[ScopeKey],
    ) -> Result<(), ConnectorError> {
        Err(ConnectorError::new(
            Disposition::GiveUp,
            "WEBHOOK_NOT_REGISTERED",
            "webhooks of this tool are set up by a person; leave out webhook.register",
        ))
    }

    /// Whether [`listen`](Self::listen) ever answers.
    fn listens(&self) -> bool {
        false
    }

    /// Answers when the tool says over an open connection that something has changed, or may have while
    /// nobody listened. It makes a visit come earlier; a connection may fall silent without a word, so
    /// the poll goes on as if it were not there. Called again and again by one listener.
    ///
    /// # Errors
    /// Where the tool cannot be listened to now.
    async fn listen(&self) -> Result<(), ConnectorError> {
        std::future::pending().await
    }
}

/// A connector's own settings, as the configuration gives them: a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings(pub serde_json::Value);

impl Settings {
    /// Reads the settings into a connector's own type, which refuses unknown fields.
    ///
    /// # Errors
    /// One sentence that names the setting.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, String> {
        serde_path_to_error::deserialize(&self.0).map_err(|error| {
            match error.path().to_string().as_str() {
                "." => format!("settings: {}", error.inner()),
                path => format!("settings.{path}: {}", error.inner()),
            }
        })
    }
}

/// What a source authenticates with. The secret part never prints.
#[derive(Clone)]
pub struct Credential {
    /// The kind, one of the descriptor's: `token`, `app`, `basic`, …
    pub kind: String,
    /// The public part: app id, user name.
    pub public: serde_json::Value,
    /// The secret part: token, private key, password.
    pub secret: SecretString,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What a connector may use of the world: passed in, so that a test decides it.
#[derive(Clone)]
pub struct Host {
    /// The only way out to tools that speak HTTP.
    pub http: Arc<dyn Http>,
    /// The only way out to those that speak something else.
    pub dial: Arc<dyn Dial>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}
