//! The names of mail threads.

use super::{Target, Tool};

/// How many digits of a thread's id its key shows.
const DIGITS: usize = 10;

/// `support:1f0e5a77b2`.
pub fn name(word: &str) -> Option<Target> {
    let (mailbox, id) = word.split_once(':')?;
    let named = !mailbox.is_empty()
        && mailbox.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let numbered =
        id.len() == DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (named && numbered).then(|| Target {
        tool: Tool::Email,
        host: None,
        project: mailbox.to_owned(),
        key: word.to_owned(),
    })
}
