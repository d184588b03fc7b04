//! Padding, so that the length of a sealed value tells little of its secret: one byte 0x80, then
//! zeros up to a multiple of 64 bytes.

use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 64;
const MARK: u8 = 0x80;

/// The padded bytes of a secret, with room for the tag of the cipher, so that they never move
/// and leave no copy behind.
pub(crate) fn pad(secret: &[u8], tag_bytes: usize) -> Zeroizing<Vec<u8>> {
    let length = (secret.len() + 1).next_multiple_of(BLOCK_BYTES);
    let mut padded = Zeroizing::new(Vec::with_capacity(length + tag_bytes));
    padded.extend_from_slice(secret);
    padded.push(MARK);
    padded.resize(length, 0);
    padded
}

/// The secret in padded bytes; `None` where they are not padded.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let mark = padded.iter().rposition(|byte| *byte != 0)?;
    (padded[mark] == MARK).then(|| &padded[..mark])
}
