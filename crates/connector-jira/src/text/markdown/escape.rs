//! Text as Markdown that is read as this text. As few escapes as can be: most text stays as it is.

use std::fmt::Write;

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Paragraph,
    /// One line, from which a closing `#` is taken away.
    Heading,
    /// One line, cut at every `|`.
    Cell,
}

/// What is beside a text.
#[derive(Debug, Clone, Copy)]
pub struct Edges {
    pub place: Place,
    /// Nothing was said yet in this line.
    pub line_start: bool,
    /// Nothing follows in this line.
    pub line_end: bool,
    /// Within the brackets of a link.
    pub in_link: bool,
}

/// Appends a text.
pub fn text(out: &mut String, text: &str, edges: Edges) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let line_start = edges.line_start && edges.place == Place::Paragraph;
    let ordinal = if line_start { ordinal_end(bytes) } else { None };
    for (at, &byte) in bytes.iter().enumerate() {
        if byte.is_ascii_alphanumeric() || byte >= 0x80 {
            continue;
        }
        let next = bytes.get(at + 1).copied();
        let first = at == 0;
        let entity = match byte {
            b' ' => (first && edges.line_start) || (next.is_none() && edges.line_end),
            _ => byte.is_ascii_control(),
        };
        let escaped = match byte {
            b'\\' => next.is_none_or(|next| next.is_ascii() && !next.is_ascii_alphanumeric()),
            b'`' | b'[' | b'~' => true,
            b']' => edges.in_link,
            // Between spaces it means nothing; but one at either end may be written by its number.
            b'*' => at < 2 || at + 2 >= bytes.len() || bytes[at - 1] != b' ' || next != Some(b' '),
            b'_' => !(ends_in_word(&text[..at]) && starts_with_word(&text[at + 1..])),
            b'<' => !matches!(next, Some(b' ' | b'=' | b'0'..=b'9')),
            b'&' => is_entity(&bytes[at..]),
            b'|' => edges.place == Place::Cell || (first && line_start),
            b'#' => (first && line_start) || (next.is_none() && edges.place == Place::Heading),
            b'>' | b'+' | b'-' | b'=' => first && line_start,
            b':' => first && line_start && next == Some(b'-'),
            b'.' | b')' => ordinal == Some(at),
            _ => false,
        };
        if entity {
            out.push_str(&text[start..at]);
            start = at + 1;
            character(out, char::from(byte));
        } else if escaped {
            out.push_str(&text[start..at]);
            start = at;
            out.push('\\');
        }
    }
    out.push_str(&text[start..]);
}

/// Where the number of a list would end that a line seems to begin with.
fn ordinal_end(line: &[u8]) -> Option<usize> {
    let digits = line.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    ((1..10).contains(&digits) && matches!(line.get(digits), Some(b'.' | b')'))).then_some(digits)
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphanumeric)
}

fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphanumeric)
}

/// Whether `&` begins a character reference. The longest name has 31 letters.
fn is_entity(text: &[u8]) -> bool {
    let name =
        text[1..].iter().take(33).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#');
    let length = name.count();
    length > 0 && text.get(1 + length) == Some(&b';')
}

/// A character by its number; NUL has none.
fn character(out: &mut String, character: char) {
    match character {
        '\0' => out.push(char::REPLACEMENT_CHARACTER),
        // Writing to a string cannot fail.
        _ => drop(write!(out, "&#{};", u32::from(character))),
    }
}

/// Appends the address of a link.
pub fn destination(out: &mut String, address: &str) {
    if address.is_empty() {
        out.push_str("<>");
        return;
    }
    let balanced = has_balanced_parentheses(address);
    quoted(out, address, |byte| match byte {
        b'(' | b')' => balanced,
        b' ' | b'[' | b']' => false,
        _ => true,
    });
}

/// Appends the title of a link, without its quotes.
pub fn title(out: &mut String, title: &str) {
    quoted(out, title, |_| true);
}

fn quoted(out: &mut String, text: &str, kept: impl Fn(u8) -> bool) {
    let bytes = text.as_bytes();
    for (at, letter) in text.char_indices() {
        let plain = match u8::try_from(letter) {
            Ok(b'\\' | b'`' | b'<' | b'>' | b'"' | b'|') => false,
            Ok(b'&') => !is_entity(&bytes[at..]),
            Ok(byte) if byte.is_ascii_control() => false,
            Ok(byte) => kept(byte),
            Err(_) => true,
        };
        if plain { out.push(letter) } else { character(out, letter) }
    }
}

fn has_balanced_parentheses(text: &str) -> bool {
    let mut open = 0_u32;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' => open += 1,
            b')' => match open.checked_sub(1) {
                Some(less) => open = less,
                None => return false,
            },
            _ => {}
        }
        deepest = deepest.max(open);
    }
    open == 0 && deepest < 4
}
