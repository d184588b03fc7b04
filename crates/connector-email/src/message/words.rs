//! Text as a reader of the API wants it: without control characters, and without anything active
//! where it is shown as Markdown.

/// One line of plain text: white space runs together; control characters and those that turn the
/// direction of writing or hide, with which one text is made to look like another, are left out.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c == '\0' {
            space = !line.is_empty();
        } else if !hides(c) {
            if std::mem::take(&mut space) {
                line.push(' ');
            }
            line.push(c);
        }
    }
    line
}

/// Whether a character shows nothing by itself and changes how others look.
pub fn hides(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// At most so many characters, with a sign where some were cut off.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Plain text as Markdown that shows it as it is: no tag and no link comes to be that the text
/// did not show openly. Lists, quotes and checklists stay what they are.
pub fn inert(text: &str) -> String {
    inert_behind('\0', text)
}

/// The same of a text that goes on behind the character `before`.
pub fn inert_behind(mut before: char, text: &str) -> String {
    let mut written = String::with_capacity(text.len() + text.len() / 16);
    let mut shown = text.chars().filter(|c| !hides(*c)).peekable();
    while let Some(c) = shown.next() {
        let next = shown.peek().copied().unwrap_or('\0');
        let active = match c {
            '<' => true,
            // What comes behind the text may be a mark.
            '\\' => next.is_ascii_punctuation() || next == '\0',
            '(' | ':' => before == ']',
            '&' => next == '#' || next.is_ascii_alphabetic(),
            _ => false,
        };
        if active {
            written.push('\\');
        }
        written.push(c);
        before = c;
    }
    written
}

/// Reads what was written as two hexadecimal digits a byte.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_active_comes_of_plain_text() {
        for (text, shown) in [
            ("a < b && c", "a \\< b && c"),
            ("<script>alert(1)</script>", "\\<script>alert(1)\\</script>"),
            ("\\<script>", "\\\\\\<script>"),
            ("[x](javascript:alert(1))", "[x]\\(javascript:alert(1))"),
            ("[x\u{200b}]\u{200b}(javascript:1)", "[x]\\(javascript:1)"),
            ("![x](http://tracker.example/p.gif)", "![x]\\(http://tracker.example/p.gif)"),
            ("[x]: javascript:1", "[x]\\: javascript:1"),
            ("&lt;b&gt;", "\\&lt;b\\&gt;"),
            ("C:\\users\\me", "C:\\users\\me"),
            ("C:\\", "C:\\\\"),
            ("- [ ] open\n- [x] done", "- [ ] open\n- [x] done"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
        ] {
            assert_eq!(inert(text), shown);
        }
    }

    #[test]
    fn a_line_is_one_line() {
        for (text, line) in [
            (" a\r\n\tb  c ", "a b c"),
            ("a\0b", "a b"),
            ("\u{202e}a\u{200b}b\u{7}", "ab"),
            ("", ""),
        ] {
            assert_eq!(one_line(text), line);
        }
        assert_eq!(shortened("äbc", 2), "äb…");
        assert_eq!(shortened("äbc", 3), "äbc");
    }
}
