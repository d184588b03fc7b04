//! What a worker remembers of a source between two visits. All of it can be lost: the store holds
//! what matters.

use std::collections::HashMap;
use std::sync::Arc;

use mainstem_connector::{Credential, Session};
use mainstem_model::{Source, SourceError, SourceState, Timestamp, Webhook};
use mainstem_store::ScopeState;
use secrecy::ExposeSecret;

use crate::reaction::Reaction;

/// What a worker remembers of a source.
#[derive(Default)]
pub(crate) struct SourceMemory {
    /// How the source was declared when we last looked; another declaration empties this memory.
    declared: Option<Declared>,
    /// The session, and what it was opened with.
    pub session: Option<OpenSession>,
    /// The credential that was used last, refused or not.
    pub credential: Option<Credential>,
    /// When the scopes were last asked for.
    pub discovered_at: Option<Timestamp>,
    /// Whether scopes that failed are tried at the next visit even where they are not due: what
    /// they failed of may have been put right.
    pub retry_failed: bool,
    /// Whether the tool has said that something changed, so that scopes are read that are not due.
    pub heard: bool,
    /// What keeps the whole source waiting.
    pub gate: Option<Gate>,
    /// Failures in a row that concern the whole source.
    pub failures: u32,
    /// When the unfinished pass of a scope began, across the visits that it takes.
    pub began: HashMap<String, Timestamp>,
    /// When a failed census of a scope may be tried again.
    pub census_not_before: HashMap<String, Timestamp>,
    /// When reading the past may go on.
    pub history_not_before: Option<Timestamp>,
    /// How the webhook that the tool is asked for is doing.
    pub webhook: WebhookMemory,
}

/// How the webhook that the tool is asked for is doing.
#[derive(Default)]
pub(crate) struct WebhookMemory {
    /// When it is looked after next.
    pub next_at: Option<Timestamp>,
    /// What went wrong last; `None` once it has gone well since.
    pub error: Option<SourceError>,
}

/// A session and the credential that it was opened with.
pub(crate) struct OpenSession {
    /// The session.
    pub session: Arc<dyn Session>,
    /// Its credential.
    pub credential: Option<Credential>,
}

/// What keeps a whole source waiting.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    /// Nothing is sent to the tool before.
    pub until: Timestamp,
    /// How the source is doing meanwhile.
    pub state: SourceState,
    /// Why.
    pub error: SourceError,
    /// Whether waiting alone may help.
    pub passing: bool,
}

impl Gate {
    /// The gate that this reaction to an error closes.
    pub(crate) fn new(error: SourceError, reaction: &Reaction) -> Self {
        Self { until: reaction.until, state: reaction.state, error, passing: reaction.passing }
    }
}

/// How a source is declared, as far as a session depends on it.
#[derive(Debug, Clone, PartialEq)]
struct Declared {
    connector: String,
    settings: serde_json::Value,
    credential_kind: String,
    credential_public: serde_json::Value,
    credential_set_at: Timestamp,
    webhook: Option<Webhook>,
}

impl SourceMemory {
    /// Looks at the source as it is declared now: forgets everything where that is not what we
    /// remember, and takes up from the store that the tool asked us to wait.
    pub(crate) fn look_at(&mut self, source: &Source, scopes: &[ScopeState]) {
        let declared = Declared {
            connector: source.connector.clone(),
            settings: source.settings.clone(),
            credential_kind: source.credential_kind.clone(),
            credential_public: source.credential_public.clone(),
            credential_set_at: source.credential_set_at,
            webhook: source.webhook.clone(),
        };
        if self.declared.as_ref() == Some(&declared) {
            return;
        }
        let known = self.declared.is_some();
        *self = Self { declared: Some(declared), retry_failed: true, ..Self::default() };
        if !known {
            self.gate = stored_gate(source, scopes);
        }
    }

    /// What still keeps the whole source waiting.
    pub(crate) fn closed_gate(&self, now: Timestamp) -> Option<&Gate> {
        self.gate.as_ref().filter(|gate| gate.until > now)
    }
}

/// A limit that the tool named to an earlier process. A refused credential is not taken up: whoever
/// restarts the program may have renewed it.
fn stored_gate(source: &Source, scopes: &[ScopeState]) -> Option<Gate> {
    let error = source.last_error.clone().filter(|_| source.state == SourceState::RateLimited)?;
    let until = scopes
        .iter()
        .filter(|scope| scope.last_error.as_ref().is_some_and(|last| last.code == error.code))
        .map(|scope| scope.next_run_at)
        .max()?;
    Some(Gate { until, state: SourceState::RateLimited, error, passing: true })
}

/// Whether two credentials are the same, secret included.
pub(crate) fn same_credential(one: Option<&Credential>, other: Option<&Credential>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one.kind == other.kind
                && one.public == other.public
                && one.secret.expose_secret() == other.secret.expose_secret()
        }
        _ => false,
    }
}
