//! `POST /hooks/{source}`: what a tool tells by itself. A delivery is checked, and what it says has changed
//! is queued to be fetched; only then is it answered. Nothing of it is logged.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Method, Request, StatusCode};
use mainstem_connector::{Connector, Delivery, Registry, Settings, WebhookRefusal};
use mainstem_model::record::Heard;
use mainstem_model::{Clock, CredentialRef, Source, SourceId, Timestamp, Webhook};
use mainstem_store::{Store, StoreError};
use metrics::counter;
use secrecy::SecretString;
use tokio::sync::{Mutex, Semaphore};

use super::attempts::Attempts;
use super::{HOOKS, Peer, Refusal, Site, body};
use crate::credentials::read_reference;

/// Deliveries that are held in memory at the same time, up to a mebibyte each.
const MOST_AT_ONCE: usize = 64;
/// How old what is known of the sources may be: a secret that was replaced is used after that.
const FRESH_SECONDS: i64 = 5;

/// Whoever hears the tools.
pub struct Hooks {
    store: Store,
    clock: Arc<dyn Clock>,
    registry: Registry,
    hearers: Mutex<Hearers>,
    places: Semaphore,
    attempts: Attempts,
}

/// The sources that have a webhook, by name, and when they were read.
#[derive(Default)]
struct Hearers {
    read_at: Option<Timestamp>,
    by_name: HashMap<String, Arc<Hearer>>,
}

/// What it takes to hear the tool of one source.
struct Hearer {
    source: SourceId,
    name: String,
    connector: Arc<dyn Connector>,
    settings: Settings,
    /// The secrets that its deliveries may be signed with; none where they cannot be read here.
    secrets: Vec<SecretString>,
}

impl Hooks {
    /// Hears the sources of this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>, registry: Registry) -> Self {
        Self {
            store,
            clock,
            registry,
            hearers: Mutex::default(),
            places: Semaphore::new(MOST_AT_ONCE),
            attempts: Attempts::new(),
        }
    }

    async fn hear(&self, peer: Peer, request: Request<Body>) -> Result<&'static str, Refusal> {
        let (head, body) = request.into_parts();
        if head.method != Method::POST {
            return Err(Refusal::NotPost);
        }
        let _place = self.places.try_acquire().map_err(|_| Refusal::CannotHear)?;
        let body = body::read_json(&head.headers, body).await?;
        let name = head.uri.path().strip_prefix(HOOKS).unwrap_or_default();
        let Some(hearer) = self.hearer(name).await.map_err(database_failed)? else {
            return Err(self.bad_signature(peer));
        };
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        let delivery = Delivery { headers: &head.headers, target, body: &body };
        let heard = hearer.read(&delivery, self.clock.now()).map_err(|refusal| match refusal {
            Refusal::BadSignature => self.bad_signature(peer),
            other => other,
        })?;
        if heard.is_empty() {
            return Ok("ignored");
        }
        let is_new =
            self.store.hear(hearer.source, &body, &heard).await.map_err(database_failed)?;
        Ok(if is_new { "heard" } else { "repeated" })
    }

    /// One wrong signature more. A right one is taken however many wrong ones come from its address: all
    /// sites of a hosted tool call from the same addresses, and anybody may have one.
    fn bad_signature(&self, Peer(peer): Peer) -> Refusal {
        if self.attempts.exhausted(peer.ip()) {
            return Refusal::TooManyAttempts;
        }
        self.attempts.note(peer.ip());
        Refusal::BadSignature
    }

    async fn hearer(&self, name: &str) -> Result<Option<Arc<Hearer>>, StoreError> {
        let now = self.clock.now();
        let mut hearers = self.hearers.lock().await;
        let fresh = |at: Timestamp| (0..FRESH_SECONDS * 1_000_000).contains(&now.since(at));
        if !hearers.read_at.is_some_and(fresh) {
            let sources = self.store.sources().await?;
            let with_webhook = sources.into_iter().filter_map(|source| self.open(source));
            hearers.by_name =
                with_webhook.map(|hearer| (hearer.name.clone(), Arc::new(hearer))).collect();
            hearers.read_at = Some(now);
        }
        Ok(hearers.by_name.get(name).cloned())
    }

    fn open(&self, source: Source) -> Option<Hearer> {
        let Webhook { secret, previous, .. } = source.webhook?;
        let read = |place: &CredentialRef| {
            read_reference(place)
                .inspect_err(|reason| {
                    tracing::error!(source = source.name, reason, "webhooks cannot be checked");
                })
                .ok()
        };
        let secrets = [Some(secret), previous].iter().flatten().filter_map(read).collect();
        Some(Hearer {
            connector: Arc::clone(self.registry.get(&source.connector)?),
            source: source.id,
            settings: Settings(source.settings),
            secrets,
            name: source.name,
        })
    }
}

impl Hearer {
    fn read(&self, delivery: &Delivery<'_>, now: Timestamp) -> Result<Vec<Heard>, Refusal> {
        if self.secrets.is_empty() {
            return Err(Refusal::CannotHear);
        }
        for secret in &self.secrets {
            match self.connector.read_webhook(&self.settings, delivery, secret, now) {
                Err(WebhookRefusal::NotAuthentic) => {}
                Err(WebhookRefusal::Unreadable(reason)) => {
                    tracing::warn!(source = self.name, reason, "a webhook cannot be read");
                    return Err(Refusal::BadDelivery);
                }
                Ok(heard) => return Ok(heard),
            }
        }
        Err(Refusal::BadSignature)
    }
}

fn database_failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "a webhook cannot be kept; the tool is asked to send it again");
    Refusal::DatabaseFailed
}

/// Hears one delivery.
pub async fn hear(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Result<StatusCode, Refusal> {
    let outcome = site.hooks.hear(peer, request).await;
    let word = outcome.unwrap_or_else(|refusal| match refusal {
        Refusal::BadSignature | Refusal::TooManyAttempts => "not_authentic",
        Refusal::CannotHear | Refusal::DatabaseFailed => "put_off",
        _ => "refused",
    });
    counter!("mainstem_webhooks_total", "outcome" => word).increment(1);
    outcome.map(|_| StatusCode::ACCEPTED)
}

#[cfg(test)]
mod tests;
