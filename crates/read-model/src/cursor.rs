//! Cursors: the values that a row is ordered by and its id, checked when they come back. They hold
//! nothing that the page itself did not show, and a forged one that passes the check only names
//! another place in the caller's own list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::QueryError;
use crate::order::{SortValue, Step};

const VERSION: u8 = 1;
/// No cursor that we give out is longer.
const MAX_LENGTH: usize = 4_096;

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    values: Vec<Value>,
    pub(crate) id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Absent,
    Number(i64),
    Text(String),
}

impl Mark {
    /// The value of each step.
    pub(crate) fn values(&self) -> impl Iterator<Item = SortValue<'_>> {
        self.values.iter().map(|value| match value {
            Value::Absent => SortValue::Absent,
            Value::Number(number) => SortValue::Number(*number),
            Value::Text(text) => SortValue::Text(text),
        })
    }
}

/// The cursor of a row in a list ordered by `steps`.
pub(crate) fn encode<'a>(
    steps: &[Step],
    values: impl Iterator<Item = SortValue<'a>>,
    id: Uuid,
) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&order_mark(steps).to_be_bytes());
    bytes.extend_from_slice(id.as_bytes());
    for value in values {
        match value {
            SortValue::Absent => bytes.push(0),
            SortValue::Number(number) => {
                bytes.push(1);
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            SortValue::Text(text) => {
                bytes.push(2);
                // A text of 200 characters has at most 800 bytes.
                bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a cursor names.
///
/// # Errors
/// [`QueryError::Cursor`] where it was not given out for a list of this order.
pub(crate) fn decode(steps: &[Step], cursor: &str) -> Result<Mark, QueryError> {
    const DAMAGED: QueryError = QueryError::Cursor("it is damaged");
    if cursor.len() > MAX_LENGTH {
        return Err(QueryError::Cursor("it is too long"));
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| DAMAGED)?;
    let (bytes, check) = bytes.split_last_chunk::<4>().ok_or(DAMAGED)?;
    if crc32fast::hash(bytes) != u32::from_be_bytes(*check) {
        return Err(DAMAGED);
    }
    let mut reader = Reader(bytes);
    if reader.array::<1>() != Some([VERSION]) {
        return Err(QueryError::Cursor("it was given out by another version of this program"));
    }
    if reader.array() != Some(order_mark(steps).to_be_bytes()) {
        return Err(QueryError::Cursor("it was given out for another order"));
    }
    let id = Uuid::from_bytes(reader.array().ok_or(DAMAGED)?);
    let values = steps
        .iter()
        .map(|step| {
            reader.value().filter(|value| match value {
                Value::Absent => true,
                Value::Number(_) => !step.key.is_text(),
                Value::Text(_) => step.key.is_text(),
            })
        })
        .collect::<Option<Vec<_>>>()
        .ok_or(DAMAGED)?;
    if reader.0.is_empty() { Ok(Mark { values, id }) } else { Err(DAMAGED) }
}

/// Tells orders apart.
fn order_mark(steps: &[Step]) -> u32 {
    let bytes: Vec<u8> =
        steps.iter().flat_map(|step| [step.key as u8, u8::from(step.descending)]).collect();
    crc32fast::hash(&bytes)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn value(&mut self) -> Option<Value> {
        match self.array::<1>()? {
            [0] => Some(Value::Absent),
            [1] => Some(Value::Number(i64::from_be_bytes(self.array()?))),
            [2] => {
                let length = u16::from_be_bytes(self.array()?);
                let (text, rest) = self.0.split_at_checked(length.into())?;
                self.0 = rest;
                Some(Value::Text(std::str::from_utf8(text).ok()?.to_owned()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::order::SortKey;

    const STEPS: &[Step] = &[
        Step { key: SortKey::DueOn, descending: true },
        Step { key: SortKey::Title, descending: false },
    ];

    fn cursor() -> String {
        let values = [SortValue::Number(-5), SortValue::Text("größer")];
        encode(STEPS, values.into_iter(), Uuid::from_u128(7))
    }

    #[test]
    fn a_cursor_reads_back() {
        let mark = decode(STEPS, &cursor()).unwrap();
        assert_eq!(mark.id, Uuid::from_u128(7));
        assert_eq!(mark.values, [Value::Number(-5), Value::Text("größer".into())]);
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let other = [STEPS[1], STEPS[0]];
        assert!(matches!(decode(&other, &cursor()), Err(QueryError::Cursor(_))));
        assert!(matches!(decode(&STEPS[..1], &cursor()), Err(QueryError::Cursor(_))));
    }

    #[test]
    fn a_damaged_or_overlong_cursor_is_refused() {
        let good = cursor();
        for place in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(bytes).unwrap();
            assert!(decode(STEPS, &damaged).is_err(), "{damaged}");
            assert!(decode(STEPS, &good[..place]).is_err());
        }
        assert!(decode(STEPS, &"A".repeat(MAX_LENGTH + 1)).is_err());
        assert!(decode(STEPS, "ä").is_err());
    }
}
