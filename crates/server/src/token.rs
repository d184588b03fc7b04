//! The text of API tokens: `ms_pat_`, 32 random characters, and a checksum of 6, so that a mistyped
//! or forged text is refused without asking the database. Only the SHA-256 of the text is kept.

use mainstem_model::random::NoRandomness;
use mainstem_model::{Random, TokenScope};
use mainstem_store::NewToken;
use secrecy::{ExposeSecret as _, SecretString};

/// Random characters after the prefix: 190 bits.
const RANDOM_CHARACTERS: usize = 32;
/// Characters of the checksum.
const CHECKSUM_CHARACTERS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token's text: shown once, when it is made.
#[derive(Debug, Clone)]
pub struct TokenText(SecretString);

impl TokenText {
    /// What every token starts with.
    pub const PREFIX: &str = "ms_pat_";

    /// A new random token.
    ///
    /// # Errors
    /// Where there is no randomness.
    pub fn random(random: &dyn Random) -> Result<Self, NoRandomness> {
        let mut text = String::from(Self::PREFIX);
        while text.len() < Self::PREFIX.len() + RANDOM_CHARACTERS {
            let mut byte = [0];
            random.fill(&mut byte)?;
            // Bytes from 248 on would make some characters likelier than others.
            if byte[0] < 248 {
                text.push(char::from(ALPHABET[usize::from(byte[0] % 62)]));
            }
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self(text.into()))
    }

    /// Reads a token's text; `None` where form or checksum is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(Self::PREFIX)?;
        let right_length = random.len() == RANDOM_CHARACTERS + CHECKSUM_CHARACTERS;
        if !right_length || !random.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (body, given) = text.split_at(text.len() - CHECKSUM_CHARACTERS);
        (checksum(body) == given).then(|| Self(text.into()))
    }

    /// The text itself, to be shown once or sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 of the text.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.expose().as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_ref());
        hash
    }

    /// What the store keeps of a token with this name and scope, without an end and for all sources.
    #[must_use]
    pub fn keep(&self, name: &str, scope: TokenScope) -> NewToken {
        NewToken {
            name: name.into(),
            hash: self.hash(),
            hint: self.hint(),
            scope,
            sources: None,
            expires_at: None,
        }
    }

    /// Enough to recognise it by, too little to use.
    #[must_use]
    pub fn hint(&self) -> String {
        let text = self.expose();
        format!("{}…{}", Self::PREFIX, &text[text.len() - 4..])
    }
}

/// CRC-32 in base 62, six characters.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut characters = [b'0'; CHECKSUM_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    characters.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_documented_one() {
        assert_eq!(checksum(&format!("{}{}", TokenText::PREFIX, "A".repeat(32))), "4PRxXW");
    }

    #[test]
    fn a_new_token_reads_back_and_its_neighbours_do_not() {
        let token = TokenText::random(&mainstem_model::random::SeededRandom::new(7)).unwrap();
        let text = token.expose();
        assert_eq!(TokenText::parse(text).map(|read| read.hash()), Some(token.hash()));
        for position in 0..text.len() {
            let mut near = text.as_bytes().to_vec();
            near[position] = if near[position] == b'x' { b'y' } else { b'x' };
            assert!(TokenText::parse(std::str::from_utf8(&near).unwrap()).is_none());
        }
        for wrong in ["", "ms_pat_", &text[1..], &format!("{text} "), &text.to_uppercase()] {
            assert!(TokenText::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_does_not_print() {
        let token = TokenText::random(&mainstem_model::random::SeededRandom::new(7)).unwrap();
        assert!(!format!("{token:?}").contains(&token.expose()[7..]));
    }
}
