//! Who is asking: personal tokens, App signatures and the tokens of App installations.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mainstem_model::Timestamp;
use serde::Deserialize;

use crate::generate::mix;

const INSTALLATION_TOKEN_SECONDS: i64 = 3_600;
const LONGEST_ASSERTION_SECONDS: i64 = 600;

/// Whom a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Anonymous,
    /// A person, by a token.
    Person(String),
    /// An installation, by a token of its own.
    Installation(String),
    /// The App itself, by a signed assertion.
    App(String),
}

impl Caller {
    /// The name that quotas go by.
    pub fn account(&self) -> &str {
        match self {
            Self::Anonymous => "",
            // All tokens of one person share one quota, and there is one person.
            Self::Person(_) => "person",
            Self::Installation(_) => "installation",
            Self::App(_) => "app",
        }
    }
}

/// Why nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    BadCredentials,
    AuthenticationRequired,
    UnreadableAssertion,
    AssertionExpired,
    AssertionTooLong,
}

impl Denied {
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadCredentials => "Bad credentials",
            Self::AuthenticationRequired => "Requires authentication",
            Self::UnreadableAssertion => "A JSON web token could not be decoded",
            Self::AssertionExpired => {
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
            }
            Self::AssertionTooLong => "'Expiration time' claim ('exp') is too far in the future",
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: Option<f64>,
    exp: f64,
}

pub(crate) struct Access {
    seed: u64,
    tokens: Option<HashSet<String>>,
    revoked: HashSet<String>,
    app_public_key: Option<String>,
    installation_tokens: HashMap<String, Timestamp>,
}

impl Access {
    pub fn new(seed: u64, tokens: Option<Vec<String>>, app_public_key: Option<String>) -> Self {
        Self {
            seed,
            tokens: tokens.map(HashSet::from_iter),
            revoked: HashSet::new(),
            app_public_key,
            installation_tokens: HashMap::new(),
        }
    }

    pub fn require(&mut self, token: &str) {
        self.tokens.get_or_insert_default().insert(token.to_owned());
    }

    pub fn revoke(&mut self, token: &str) {
        self.revoked.insert(token.to_owned());
        self.installation_tokens.remove(token);
    }

    /// A new token of the installation, good for an hour.
    pub fn mint(&mut self, now: Timestamp) -> (String, Timestamp) {
        let number =
            self.installation_tokens.len() as u64 + (self.revoked.len() as u64) * 1_000_003;
        let first = mix(self.seed ^ mix(number));
        let token = format!("ghs_{first:016x}{:016x}{:04x}", mix(first), number & 0xffff);
        let expires = Timestamp::from_seconds(now.seconds() + INSTALLATION_TOKEN_SECONDS);
        self.installation_tokens.insert(token.clone(), expires);
        (token, expires)
    }

    pub fn caller(&self, authorization: Option<&str>, now: Timestamp) -> Result<Caller, Denied> {
        let Some(authorization) = authorization else {
            return if self.tokens.is_some() {
                Err(Denied::AuthenticationRequired)
            } else {
                Ok(Caller::Anonymous)
            };
        };
        let (scheme, token) = authorization.split_once(' ').ok_or(Denied::BadCredentials)?;
        let token = token.trim();
        if scheme.eq_ignore_ascii_case("basic") {
            return self.basic(token);
        }
        if !(scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token"))
            || token.is_empty()
        {
            return Err(Denied::BadCredentials);
        }
        if token.bytes().filter(|&byte| byte == b'.').count() == 2 {
            return self.assertion(token, now);
        }
        if let Some(&expires) = self.installation_tokens.get(token) {
            return if now < expires {
                Ok(Caller::Installation(token.to_owned()))
            } else {
                Err(Denied::BadCredentials)
            };
        }
        self.person(token)
    }

    fn person(&self, token: &str) -> Result<Caller, Denied> {
        let known = self.tokens.as_ref().is_none_or(|tokens| tokens.contains(token));
        // A token of an installation that was never given out, or was taken back, is nobody's.
        if known && !self.revoked.contains(token) && !token.starts_with("ghs_") {
            Ok(Caller::Person(token.to_owned()))
        } else {
            Err(Denied::BadCredentials)
        }
    }

    fn basic(&self, encoded: &str) -> Result<Caller, Denied> {
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .map_err(|_| Denied::BadCredentials)?;
        let pair = String::from_utf8(decoded).map_err(|_| Denied::BadCredentials)?;
        let (name, secret) = pair.split_once(':').ok_or(Denied::BadCredentials)?;
        self.person(if secret.is_empty() || secret == "x-oauth-basic" { name } else { secret })
    }

    fn assertion(&self, token: &str, now: Timestamp) -> Result<Caller, Denied> {
        let claims = self.claims(token).ok_or(Denied::UnreadableAssertion)?;
        let seconds = now.seconds() as f64;
        if claims.exp <= seconds || claims.iat.is_some_and(|issued| issued > seconds + 60.0) {
            return Err(Denied::AssertionExpired);
        }
        if claims.exp > seconds + (LONGEST_ASSERTION_SECONDS as f64) {
            return Err(Denied::AssertionTooLong);
        }
        Ok(Caller::App(claims.iss.to_string()))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != jsonwebtoken::Algorithm::RS256 {
            return None;
        }
        let Some(key) = &self.app_public_key else {
            let payload = token.split('.').nth(1)?;
            return serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok();
        };
        let key = jsonwebtoken::DecodingKey::from_rsa_pem(key.as_bytes()).ok()?;
        // The times are compared with the site's clock, not with the machine's.
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Some(jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims)
    }
}
