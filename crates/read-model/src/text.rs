//! Text as people mean it: whatever the case, and with numbers in their natural order.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::iter::Peekable;

/// A text in the form that is the same whatever the case.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// A hash that two texts of the same [`fold`] share.
pub(crate) fn folded_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    folded(text).for_each(|character| character.hash(&mut hasher));
    hasher.finish()
}

/// Whether two texts are the same whatever the case.
pub(crate) fn same(left: &str, right: &str) -> bool {
    folded(left).eq(folded(right))
}

/// Whether `text` holds `needle`, which is folded already.
pub(crate) fn contains(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some((first, rest)) = needle.split_first() else { return true };
    if needle.len() > text.len() {
        return false;
    }
    text[..=text.len() - needle.len()].iter().enumerate().any(|(start, byte)| {
        byte.to_ascii_lowercase() == *first
            && text[start + 1..start + needle.len()].eq_ignore_ascii_case(rest)
    })
}

/// Compares two texts whatever the case.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    folded(left).cmp(folded(right))
}

/// Compares two texts whatever the case, runs of digits by their number: `a9` before `a10`.
pub(crate) fn compare_natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (folded(left).peekable(), folded(right).peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (a, b) = (number(&mut left), number(&mut right));
                a.len().cmp(&b.len()).then(a.cmp(&b))
            }
            _ => left.next().cmp(&right.next()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Bytes that order as [`compare_natural`] does: a run of digits becomes the digit zero, how many
/// digits it has, and the digits themselves, so that it stands among other characters where digits
/// do and among numbers by its size.
pub(crate) fn natural_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 8);
    let mut characters = folded(text).peekable();
    while let Some(character) = characters.peek() {
        if character.is_ascii_digit() {
            let digits = number(&mut characters);
            bytes.push(b'0');
            bytes.extend_from_slice(&(digits.len() as u32).to_be_bytes());
            bytes.extend_from_slice(digits.as_bytes());
        } else {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            characters.next();
        }
    }
    bytes
}

/// Takes a run of digits, without its leading zeros.
fn number(text: &mut Peekable<impl Iterator<Item = char>>) -> String {
    while text.next_if_eq(&'0').is_some() {}
    std::iter::from_fn(|| text.next_if(char::is_ascii_digit)).collect()
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_natural_order() {
        let sorted =
            ["", "acme/api#9", "Acme/API#10", "acme/api#100", "acme/b#1", "ENG-2", "eng-10", "ä-1"];
        for pair in sorted.windows(2) {
            assert_eq!(compare_natural(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare_natural(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare_natural("ENG-007", "eng-7"), Ordering::Equal);
    }

    proptest::proptest! {
        #[test]
        fn bytes_order_as_texts_do(left in "[a0-2 ä/~]{0,6}", right in "[A0-2 Ä/~]{0,6}") {
            let bytes = natural_bytes(&left).cmp(&natural_bytes(&right));
            proptest::prop_assert_eq!(bytes, compare_natural(&left, &right));
            let folded = fold(&left).cmp(&fold(&right));
            proptest::prop_assert_eq!(folded, compare(&left, &right));
        }
    }

    #[test]
    fn contains_whatever_the_case() {
        for (text, needle, holds) in [
            ("Fix the Parser", "parse", true),
            ("Fix", "fix it", false),
            ("", "", true),
            ("Größe", "GRÖ", true),
            ("ASCII", "ß", false),
        ] {
            assert_eq!(contains(text, &fold(needle)), holds, "{text} {needle}");
        }
    }

    #[test]
    fn texts_of_one_fold_share_a_hash() {
        assert_eq!(folded_hash("Acme/API#7"), folded_hash("acme/api#7"));
        assert!(same("Acme/API#7", "acme/api#7"));
    }
}
