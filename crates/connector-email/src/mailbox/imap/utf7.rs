//! Names of folders in modified UTF-7 (RFC 3501, section 5.1.3), as people read them.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// The name as people read it; as it is written where it is not well-formed.
pub fn decoded(name: &str) -> String {
    decode(name).unwrap_or_else(|| name.to_owned())
}

fn decode(name: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('&') {
        let (encoded, after) = after.split_once('-')?;
        text.push_str(plain);
        if encoded.is_empty() {
            text.push('&');
        } else {
            let bytes = BASE64.decode(encoded).ok()?;
            let (units, odd) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            let read: Result<String, _> = char::decode_utf16(units).collect();
            text.push_str(&read.ok().filter(|_| odd.is_empty())?);
        }
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded() {
        for (name, expected) in [
            ("INBOX", "INBOX"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("R&-D/&U,BTFw-", "R&D/台北"),
            ("&2D3eAA-", "😀"),
            // Not well-formed.
            ("AT&T", "AT&T"),
            ("&APw", "&APw"),
            ("&!-", "&!-"),
            ("&2D0-", "&2D0-"),
        ] {
            assert_eq!(decoded(name), expected);
        }
    }
}
