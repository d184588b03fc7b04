//! Escapes in strings that GraphQL has and the parser does not know: `\u{1F600}`, and a character beyond
//! the first plane in two halves, as JSON writes it. They are written out before the document is parsed.

use std::borrow::Cow;

use crate::guard::lexer::{Lexer, Token};

/// The document with these escapes written out. Whatever is wrong is left for the parser to find.
pub fn written_out(document: &str) -> Cow<'_, str> {
    if !document.contains("\\u") {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len());
    let mut written = 0;
    let mut lexer = Lexer::new(document);
    while let Ok(Some(token)) = lexer.next() {
        let place = lexer.last();
        let text = &document[place.clone()];
        if token == Token::Literal && text.starts_with('"') && !text.starts_with("\"\"\"") {
            out.push_str(&document[written..place.start]);
            write_string(&mut out, text);
            written = place.end;
        }
    }
    out.push_str(&document[written..]);
    Cow::Owned(out)
}

fn write_string(out: &mut String, mut text: &str) {
    while let Some(at) = text.find('\\') {
        let (before, escape) = text.split_at(at);
        out.push_str(before);
        let (character, length) = match character(escape) {
            Some(found) => found,
            // The backslash and what it escapes, as they are.
            None => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                out.push_str(&escape[..length]);
                text = &escape[length..];
                continue;
            }
        };
        match character {
            '"' | '\\' | '\0'..' ' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => out.push(character),
        }
        text = &escape[length..];
    }
    out.push_str(text);
}

/// The character that an escape stands for, where the parser does not know it, and the escape's length.
fn character(escape: &str) -> Option<(char, usize)> {
    if let Some(braced) = escape.strip_prefix("\\u{") {
        let (digits, _) = braced.split_once('}')?;
        let character = char::from_u32(hex(digits)?)?;
        return Some((character, "\\u{}".len() + digits.len()));
    }
    let half = |text: &str| hex(text.strip_prefix("\\u")?.get(..4)?);
    let (high, low) = (half(escape)?, half(escape.get(6..)?)?);
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let character = String::from_utf16(&pair).ok()?.chars().next()?;
    (u32::from(character) > 0xffff).then_some((character, 12))
}

fn hex(digits: &str) -> Option<u32> {
    // A sign would be read too.
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_parser_does_not_know_is_written_out() {
        for (document, expected) in [
            (r#"{a(b:"\u{1F600}\ud83D\uDE00")}"#, "{a(b:\"😀😀\")}"),
            (r#"{a(b:"\u{22}\u{5c}\u{a}x")}"#, r#"{a(b:"\u0022\u005c\u000ax")}"#),
            (r#"{a(b:"\u0061\\u{61}\"\n")}"#, r#"{a(b:"\u0061\\u{61}\"\n")}"#),
            (
                r#"{a(b:"""\u{61} \ud83d\ude00""")} # \u{61}"#,
                r#"{a(b:"""\u{61} \ud83d\ude00""")} # \u{61}"#,
            ),
            (r#"{a(b:"\ud83d", c:"\ude00\ud83d")}"#, r#"{a(b:"\ud83d", c:"\ude00\ud83d")}"#),
            (
                r#"{a(b:"\u{}\u{110000}\u{+1}\u{d800}\u{61")}"#,
                r#"{a(b:"\u{}\u{110000}\u{+1}\u{d800}\u{61")}"#,
            ),
            (r#"{a(b:"\ué\")}"#, r#"{a(b:"\ué\")}"#),
            (r#"{a(b:"ü\u{fc}" c:"")}"#, "{a(b:\"üü\" c:\"\")}"),
        ] {
            assert_eq!(written_out(document), expected);
        }
    }
}
