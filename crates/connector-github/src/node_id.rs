//! What GraphQL's node ids say.
//!
//! Events of a timeline have no other id there, while REST names them by a number. GitHub promises
//! nothing of what stands in a node id; both forms that it has given so far hold that number, and
//! REST shows the two side by side. Whatever reads otherwise is no id to us.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The id that REST knows this thing by; `None` where the node id does not tell.
pub fn database_id(node_id: &str) -> Option<u64> {
    match node_id.split_once('_') {
        Some((_, packed)) => last_number(&URL_SAFE_NO_PAD.decode(packed).ok()?),
        None => number_at_the_end(&STANDARD.decode(node_id).ok()?),
    }
}

/// Today's form, `LE_lADO…`: a kind, then an array of numbers in MessagePack, the last one the id.
fn last_number(packed: &[u8]) -> Option<u64> {
    let (head, mut rest) = packed.split_first()?;
    // An array of at most 15, which says how many.
    let count = head.checked_sub(0x90).filter(|count| *count <= 0x0f)?;
    let mut last = None;
    for _ in 0..count {
        let (number, after) = number(rest)?;
        last = Some(number);
        rest = after;
    }
    last.filter(|_| rest.is_empty())
}

/// A whole number in MessagePack, and what comes after it.
fn number(packed: &[u8]) -> Option<(u64, &[u8])> {
    let (&kind, rest) = packed.split_first()?;
    let width = match kind {
        0x00..=0x7f => return Some((kind.into(), rest)),
        0xcc => 1,
        0xcd => 2,
        0xce => 4,
        0xcf => 8,
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(width)?;
    let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((number, rest))
}

/// The older form, in base64 `012:LabeledEvent6430296748`: how long the kind is, the kind, the id.
fn number_at_the_end(text: &[u8]) -> Option<u64> {
    let (length, named) = std::str::from_utf8(text).ok()?.split_once(':')?;
    let (kind, number) = named.split_at_checked(length.parse().ok()?)?;
    kind.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_hold_the_number_that_rest_knows() {
        for (node_id, expected) in [
            // From GitHub's own examples of a timeline, where REST gives id and node id.
            ("LOE_lADODwFebM5HwC0kzwAAAAF_RoSA", Some(6_430_295_168)),
            ("LE_lADODwFebM5HwC0kzwAAAAF_Roqs", Some(6_430_296_748)),
            ("RTE_lADODwFebM5HwC0kzwAAAAGLfJhq", Some(6_635_165_802)),
            ("IC_kwDODwFebM5DZ8-5", Some(1_130_876_857)),
            ("U_kgDOBaePmQ", Some(94_867_353)),
            ("MDQ6VXNlcjY3NjU2NTcw", Some(67_656_570)),
            ("MDEyOkxhYmVsZWRFdmVudDY0MzAyOTY3NDg=", Some(6_430_296_748)),
            // Nothing that could be mistaken for an id.
            ("", None),
            ("LE_", None),
            ("LE_lADO", None),
            ("LE_lADODwFebM5HwC0kzwAAAAF_RoqsAA", None),
            ("LE_4oCm", None),
            ("I_7", None),
            ("MDEyOkxhYmVsZWRFdmVudA==", None),
            ("bm90IGFuIGlk", None),
        ] {
            assert_eq!(database_id(node_id), expected, "{node_id}");
        }
    }

    #[test]
    fn the_recorded_answers_agree() {
        let recorded = [
            include_str!(
                "../../../tests/fixtures/github/openapi-examples/timeline-issue-events.json"
            ),
            include_str!(
                "../../../tests/fixtures/github/openapi-examples/issue-event-for-issue-items.json"
            ),
        ];
        let mut checked = 0;
        for text in recorded {
            let events: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
            for event in &events {
                let Some(node_id) = event["node_id"].as_str() else { continue };
                assert_eq!(database_id(node_id), event["id"].as_u64(), "{node_id}");
                checked += 1;
            }
        }
        assert!(checked >= 4, "{checked} ids only");
    }
}
