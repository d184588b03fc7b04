//! Who asks: the bearer token of a request, looked up and kept for a few seconds.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Uri, header};
use mainstem_graphql::Caller;
use mainstem_model::{Clock, Timestamp, Visibility};
use mainstem_store::{Store, Token};
use moka::sync::Cache;

use super::Refusal;
use super::attempts::Attempts;
use crate::token::TokenText;

/// A token that was revoked may be used for so long still.
const FRESH_SECONDS: i64 = 5;
/// Tokens that are remembered.
const MOST_TOKENS: u64 = 10_000;
/// A token that nobody has used for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);

/// Finds out who asks.
///
/// A text that is no token costs a checksum. One that may be a token costs a look-up, and an address
/// has ten wrong ones a minute; tokens known to be good go on working from there, because behind
/// one address there may be many people.
pub struct Access {
    store: Store,
    clock: Arc<dyn Clock>,
    known: Cache<[u8; 32], Arc<Known>>,
    attempts: Attempts,
}

/// A token that is known to be good.
pub struct Known {
    /// Who holds it.
    pub caller: Caller,
    expires_at: Option<Timestamp>,
    read_at: Timestamp,
}

impl Access {
    /// Access to what is in this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let known =
            Cache::builder().max_capacity(MOST_TOKENS).time_to_idle(FORGOTTEN_AFTER).build();
        Self { store, clock, known, attempts: Attempts::new() }
    }

    /// Who sent this request.
    ///
    /// # Errors
    /// Where it has no valid token, or the store cannot be asked.
    pub async fn caller(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        address: IpAddr,
    ) -> Result<Arc<Known>, Refusal> {
        if uri.query().is_some_and(|query| query.contains(TokenText::PREFIX)) {
            return Err(Refusal::TokenInUrl);
        }
        let Some(text) = bearer(headers) else {
            return Err(Refusal::NoToken);
        };
        let found = match TokenText::parse(text) {
            Some(token) => self.find(token.hash(), address).await?,
            None => None,
        };
        found.ok_or_else(|| self.wrong_token(address))
    }

    async fn find(&self, hash: [u8; 32], address: IpAddr) -> Result<Option<Arc<Known>>, Refusal> {
        let now = self.clock.now();
        let known = self.known.get(&hash);
        let alive = |known: &Arc<Known>| known.expires_at.is_none_or(|end| now < end);
        match known {
            Some(known) if now.since(known.read_at) < FRESH_SECONDS * 1_000_000 => {
                return Ok(Some(known).filter(alive));
            }
            None if self.attempts.exhausted(address) => return Err(Refusal::TooManyAttempts),
            _ => {}
        }
        let token = self.store.token_by_hash(&hash).await.map_err(|error| {
            tracing::error!(%error, "a token cannot be looked up");
            Refusal::DatabaseFailed
        })?;
        let Some(token) = token.filter(|token| token.revoked_at.is_none()) else {
            self.known.invalidate(&hash);
            return Ok(None);
        };
        self.touch(&token);
        let known =
            Arc::new(Known { expires_at: token.expires_at, caller: caller(token), read_at: now });
        self.known.insert(hash, known.clone());
        Ok(Some(known).filter(alive))
    }

    /// Notes the use of a token, beside the request that uses it.
    fn touch(&self, token: &Token) {
        let (store, id) = (self.store.clone(), token.id);
        tokio::spawn(async move {
            if let Err(error) = store.touch_token(id).await {
                tracing::warn!(%error, "the use of a token cannot be noted");
            }
        });
    }

    fn wrong_token(&self, address: IpAddr) -> Refusal {
        if self.attempts.exhausted(address) {
            return Refusal::TooManyAttempts;
        }
        self.attempts.note(address);
        Refusal::BadToken
    }
}

fn caller(token: Token) -> Caller {
    Caller {
        token: token.id,
        token_name: token.name.into(),
        scope: token.scope,
        visibility: match token.sources {
            None => Visibility::Everything,
            Some(sources) => Visibility::Sources(Arc::new(sources)),
        },
    }
}

/// The token of `Authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
