//! What a tool tells by itself, and how it is known to be the tool.

use aws_lc_rs::hmac;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

/// One delivery of a webhook, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'d> {
    /// Its headers.
    pub headers: &'d HeaderMap,
    /// The path and query that it was sent to.
    pub target: &'d str,
    /// Its body, byte for byte: that is what is signed.
    pub body: &'d Bytes,
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// It is not signed with the secret, or not signed at all. Why exactly is nobody's business.
    #[error("the delivery is not signed with the secret of this source")]
    NotAuthentic,
    /// It comes from the tool and is not what its webhooks look like. The text says where, and holds
    /// nothing of the body.
    #[error("{0}")]
    Unreadable(String),
}

/// Whether `signature` is `sha256=` and the HMAC-SHA256 of the body in small hexadecimal digits, the form
/// that several tools share. Takes the same time wherever a signature of the right form is wrong.
#[must_use]
pub fn is_signed(body: &[u8], signature: &[u8], secret: &SecretString) -> bool {
    let Some(tag) = signature.strip_prefix(b"sha256=").and_then(unhex) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, body, &tag).is_ok()
}

fn unhex(digits: &[u8]) -> Option<[u8; 32]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation, which Jira signs alike.
    #[test]
    fn a_signature_is_the_hmac_of_the_body_in_small_hexadecimal_digits() {
        let secret: SecretString = "It's a Secret to Everybody".into();
        let digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let good = format!("sha256={digits}");
        assert!(is_signed(b"Hello, World!", good.as_bytes(), &secret));
        for wrong in [
            String::new(),
            digits.to_owned(),
            format!("sha256={}", digits.to_uppercase()),
            format!("SHA256={digits}"),
            format!("sha1={digits}"),
            format!("sha256={digits} "),
            format!("sha256= {digits}"),
            format!("sha256={digits}00"),
            format!("sha256={}", &digits[..62]),
            format!("sha256={}", &digits[..63]),
            format!("sha256={}g", &digits[..63]),
            format!("sha256={}", "0".repeat(64)),
            format!("{good},{good}"),
        ] {
            assert!(!is_signed(b"Hello, World!", wrong.as_bytes(), &secret), "{wrong:?}");
        }
        assert!(!is_signed(b"Hello, World", good.as_bytes(), &secret));
        assert!(!is_signed(b"Hello, World!", good.as_bytes(), &"it's a secret".into()));
    }
}
