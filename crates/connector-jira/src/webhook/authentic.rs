//! Whether a delivery comes from Jira.

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mainstem_connector::Delivery;
use mainstem_connector::webhook::is_signed;
use mainstem_model::Timestamp;
use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// How far our clock and Jira's may be apart.
const CLOCKS_APART_SECONDS: i64 = 60;

/// Whether one of the two kinds of webhook sent this. Two headers of the same name say nothing.
pub fn is_authentic(delivery: &Delivery<'_>, secret: &SecretString, now: Timestamp) -> bool {
    let header = |name: &str| {
        let mut values = delivery.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    if delivery.headers.contains_key("x-hub-signature") {
        header("x-hub-signature")
            .is_some_and(|signature| is_signed(delivery.body, signature.as_bytes(), secret))
    } else {
        header(AUTHORIZATION.as_str())
            .and_then(|value| value.to_str().ok())
            .and_then(token)
            .is_some_and(|token| is_good(token, delivery.target, secret, now.seconds()))
    }
}

/// The token of `Authorization: Bearer TOKEN`, or `JWT TOKEN` as Connect apps get it.
fn token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    ["bearer", "jwt"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(token)
}

/// What is used of a token. The documentation of webhooks does not say what else an app's token holds;
/// one that never ended would be good for ever to whoever sees it once.
#[derive(Deserialize)]
struct Claims {
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    /// The hash of what was called, where the token is bound to that.
    qsh: Option<String>,
}

fn is_good(token: &str, target: &str, secret: &SecretString, now: i64) -> bool {
    // The library would take the time from the machine.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let Ok(read) = jsonwebtoken::decode::<Claims>(token, &key, &validation) else { return false };
    let Claims { exp, iat, nbf, qsh } = read.claims;
    let mut begins = [iat, nbf].into_iter().flatten();
    exp.saturating_add(CLOCKS_APART_SECONDS) > now
        && begins.all(|begin| begin.saturating_sub(CLOCKS_APART_SECONDS) <= now)
        && qsh.is_none_or(|qsh| qsh == call_hash(target))
}

/// The hash that binds a token to a POST of this path. What we have registered has no query, and a target
/// with one has another hash.
fn call_hash(target: &str) -> String {
    let hash = digest(&SHA256, format!("POST&{target}&").as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
