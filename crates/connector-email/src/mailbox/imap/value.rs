//! Responses into values: words, texts and lists of them, read in one walk that never goes into itself.

use bytes::Bytes;

use super::error::ImapError;
use super::wire::Piece;

/// How deep lists may stand in one another.
const MOST_LEVELS: usize = 20;

/// A value as IMAP writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A bare word; `NIL` is one.
    Word(Bytes),
    /// A text in quotes, or a literal.
    Text(Bytes),
    /// What stands in parentheses.
    List(Vec<Value>),
}

impl Value {
    /// A word or text as it is written.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Word(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// A word or text, where it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// The number that a word is.
    pub fn number<T: std::str::FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// The members of a list.
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }
}

/// The values that a response consists of.
///
/// # Errors
/// Where it is not well-formed, or lists stand too deep.
pub fn values(pieces: &[Piece]) -> Result<Vec<Value>, ImapError> {
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(bytes) => push(&mut open, Value::Text(bytes.clone())),
            Piece::Line(line) => {
                let announces = matches!(pieces.get(at + 1), Some(Piece::Literal(_)));
                let end = line.len() - if announces { announcement(line) } else { 0 };
                read(&line.slice(..end), &mut open)?;
            }
        }
    }
    match open.pop() {
        Some(values) if open.is_empty() => Ok(values),
        _ => Err(ImapError::Unintelligible),
    }
}

/// How many bytes at the end of a line announce a literal.
fn announcement(line: &[u8]) -> usize {
    line.iter().rev().position(|byte| *byte == b'{').map_or(0, |at| at + 1)
}

fn push(open: &mut [Vec<Value>], value: Value) {
    if let Some(list) = open.last_mut() {
        list.push(value);
    }
}

fn read(line: &Bytes, open: &mut Vec<Vec<Value>>) -> Result<(), ImapError> {
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        match byte {
            b' ' => at += 1,
            b'(' if open.len() <= MOST_LEVELS => {
                open.push(Vec::new());
                at += 1;
            }
            b')' if open.len() > 1 => {
                let list = open.pop().unwrap_or_default();
                push(open, Value::List(list));
                at += 1;
            }
            b'(' | b')' => return Err(ImapError::Unintelligible),
            b'"' => {
                let (text, length) = quoted(&line[at + 1..]).ok_or(ImapError::Unintelligible)?;
                push(open, Value::Text(text));
                at += 1 + length;
            }
            _ => {
                let end = at + word(&line[at..]);
                push(open, Value::Word(line.slice(at..end)));
                at = end;
            }
        }
    }
    Ok(())
}

/// A text up to the quote that ends it, and how many bytes that takes.
fn quoted(rest: &[u8]) -> Option<(Bytes, usize)> {
    let mut text = Vec::new();
    let mut bytes = rest.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((text.into(), at + 1)),
            b'\\' => text.push(*bytes.next()?.1),
            byte => text.push(*byte),
        }
    }
    None
}

/// How many bytes the word has that stands here. What is in brackets, as in `BODY[HEADER.FIELDS (TO)]`,
/// belongs to it.
fn word(rest: &[u8]) -> usize {
    let mut in_brackets = false;
    let end = rest.iter().position(|byte| {
        match byte {
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b' ' | b'(' | b')' => return !in_brackets,
            _ => {}
        }
        false
    });
    end.unwrap_or(rest.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Value>, ImapError> {
        values(&[Piece::Line(Bytes::copy_from_slice(text.as_bytes()))])
    }

    fn shown(values: &[Value]) -> String {
        let show = |value: &Value| match value {
            Value::Word(word) => String::from_utf8_lossy(word).into_owned(),
            Value::Text(text) => format!("«{}»", String::from_utf8_lossy(text)),
            Value::List(list) => format!("({})", shown(list)),
        };
        values.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_response_is_values() {
        for (said, expected) in [
            (r#"LIST (\Sent \X) "." "a \"b\" \\""#, r#"LIST (\Sent \X) «.» «a "b" \»"#),
            (
                "3 FETCH (UID 7 FLAGS () BODY[HEADER.FIELDS (TO)]<0> NIL)",
                "3 FETCH (UID 7 FLAGS () BODY[HEADER.FIELDS (TO)]<0> NIL)",
            ),
            ("", ""),
            ("a(b)c \"\"", "a (b) c «»"),
        ] {
            assert_eq!(shown(&of(said).unwrap()), expected);
        }
        let literal = [
            Piece::Line(Bytes::from_static(b"1 FETCH (BODY[] {3}")),
            Piece::Literal(Bytes::from_static(b"(\"\n")),
            Piece::Line(Bytes::from_static(b" UID 1)")),
        ];
        assert_eq!(shown(&values(&literal).unwrap()), "1 FETCH (BODY[] «(\"\n» UID 1)");
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for said in ["(", ")", "a)", "\"a", "\"a\\", &"(".repeat(100_000)] {
            assert!(of(said).is_err(), "{said:.20}");
        }
        assert!(of(&format!("{}{}", "(".repeat(20), ")".repeat(20))).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            let _ = values(&[Piece::Line(line.into())]);
        }
    }
}
