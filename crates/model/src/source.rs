//! Sources: a configured account of a connector.

use serde::{Deserialize, Serialize};

use crate::task::words;
use crate::{SourceId, Timestamp};

words! {
    /// How a source is doing.
    SourceState {
        /// The last pass of every scope went well.
        Healthy = "HEALTHY",
        /// A first pass is under way.
        Syncing = "SYNCING",
        /// The tool asked us to wait.
        RateLimited = "RATE_LIMITED",
        /// Something failed; it is tried again.
        Degraded = "DEGRADED",
        /// The tool refuses the credential: a person has to renew it.
        NeedsCredential = "NEEDS_CREDENTIAL",
        /// Switched off by a person.
        Paused = "PAUSED",
    }
}

/// Where the secret of a source comes from. The secret itself is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum CredentialRef {
    /// An environment variable, by name.
    Env {
        /// Its name.
        name: String,
    },
    /// A file, by path.
    File {
        /// Its path.
        path: String,
    },
    /// Sealed in the store.
    Sealed,
}

/// How a source hears of changes from its tool. Holds no secret, only where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The secret that deliveries are signed with.
    pub secret: CredentialRef,
    /// The secret before that one, which is taken as well while the tool still signs with it.
    pub previous: Option<CredentialRef>,
    /// The URL at which the tool is asked to deliver; `None` where a person sets that up at the tool.
    pub register_at: Option<String>,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// A word that a script can compare: `RATE_LIMITED`, `CREDENTIAL_REFUSED`, …
    pub code: String,
    /// One sentence that says what to do.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

impl SourceError {
    /// The code where the tool shows a scope no more, or never did.
    pub const SCOPE_NOT_VISIBLE: &str = "SCOPE_NOT_VISIBLE";
}

/// A configured account of a connector: one Jira site, one GitHub owner, one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Derives from the name.
    pub id: SourceId,
    /// Unique, never changes.
    pub name: String,
    /// The kind of connector: `github`, `jira`, `email`.
    pub connector: String,
    /// The connector's own settings.
    pub settings: serde_json::Value,
    /// The kind of credential: `token`, `app`, `basic`, …
    pub credential_kind: String,
    /// The public part of the credential (app id, user name), never a secret.
    pub credential_public: serde_json::Value,
    /// Where the secret comes from; `None` where the tool is read without one.
    pub credential: Option<CredentialRef>,
    /// How it hears of changes from the tool; `None` where it only asks.
    pub webhook: Option<Webhook>,
    /// When the credential was set.
    pub credential_set_at: Timestamp,
    /// When the credential ends by itself, where it says so.
    pub credential_expires_at: Option<Timestamp>,
    /// Seconds between two passes.
    pub poll_interval_seconds: u32,
    /// Declared in the configuration file, and so read-only over the API.
    pub provisioned: bool,
    /// How it is doing.
    pub state: SourceState,
    /// What went wrong last; `None` once a pass has gone well since.
    pub last_error: Option<SourceError>,
    /// The oldest of its scopes' last complete passes; `None` before the first.
    pub last_synced_at: Option<Timestamp>,
    /// Where people read what it reads: a host and a path, as `github.com`; `None` before its first
    /// session has found out, and where there is no such place.
    pub site: Option<String>,
}
