//! What keeps a document within depth and size, without losing what it says: what lies too deep, or
//! in a document that is too large to be read as one, is shown flat. One pass over the bytes.

use std::borrow::Cow;

/// The longest text that is read as a document, in bytes. A longer one is shown as it is.
pub const MAX_BYTES: usize = 4 << 20;

/// How deep brackets may be nested in JSON that is read: two for each level of a document. What
/// parses JSON here ends at 127.
const MAX_BRACKETS: usize = 120;

/// How deep blocks may be nested in Markdown that is read.
pub const MAX_BLOCKS: usize = 40;

/// The same JSON, with everything below [`MAX_BRACKETS`] replaced by one text.
pub fn flatten_deep(json: &str) -> Cow<'_, str> {
    let mut flat = String::new();
    let mut copied = 0;
    let mut scanner = Scanner::new(json);
    let mut depth = 0;
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(at) => {
                depth += 1;
                if depth > MAX_BRACKETS {
                    let text = texts(&mut scanner);
                    depth -= 1;
                    flat.push_str(&json[copied..at]);
                    flat.push_str(&replacement(&text, json.as_bytes()[at] == b'['));
                    copied = scanner.at;
                }
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::String { .. } => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    flat.push_str(&json[copied..]);
    Cow::Owned(flat)
}

/// Every text of a document, one a line.
pub fn all_texts(json: &str) -> String {
    texts(&mut Scanner::new(json))
}

fn replacement(text: &str, list: bool) -> String {
    let shown = format!("[nested too deep, shown flat] {text}");
    let node = serde_json::json!({"type": "text", "text": shown});
    if list { format!("[{node}]") } else { node.to_string() }
}

/// The values of `"text"` up to the bracket that closes the one already open, or to the end.
fn texts(scanner: &mut Scanner<'_>) -> String {
    let mut found = String::new();
    let mut open = 1;
    let mut named = false;
    while let Some(token) = scanner.next() {
        match token {
            Token::Open(_) => {
                open += 1;
                named = false;
            }
            Token::Close => {
                open -= 1;
                if open == 0 {
                    break;
                }
                named = false;
            }
            Token::String { raw, name } => {
                if named && !name {
                    if !found.is_empty() {
                        found.push('\n');
                    }
                    found.push_str(
                        &serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.into()),
                    );
                }
                named = name && raw == "\"text\"";
            }
        }
    }
    found
}

enum Token<'a> {
    /// `{` or `[`, and where it stands.
    Open(usize),
    Close,
    /// A string with its quotes, and whether it names a member.
    String {
        raw: &'a str,
        name: bool,
    },
}

/// The brackets and strings of a JSON text.
struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.json.as_bytes();
        loop {
            let start = self.at;
            self.at += 1;
            match bytes.get(start)? {
                b'{' | b'[' => return Some(Token::Open(start)),
                b'}' | b']' => return Some(Token::Close),
                b'"' => {
                    loop {
                        match bytes.get(self.at) {
                            None | Some(b'"') => break,
                            Some(b'\\') => self.at += 2,
                            Some(_) => self.at += 1,
                        }
                    }
                    self.at = (self.at + 1).min(bytes.len());
                    let mut after = self.at;
                    while bytes.get(after).is_some_and(u8::is_ascii_whitespace) {
                        after += 1;
                    }
                    let name = bytes.get(after) == Some(&b':');
                    // A cut string can end within a character only where the text is no JSON.
                    let raw = self.json.get(start..self.at).unwrap_or_default();
                    return Some(Token::String { raw, name });
                }
                _ => {}
            }
        }
    }
}

/// The same JSON with escapes of half a surrogate pair replaced: they are no characters, and nothing
/// that parses JSON takes them.
pub fn mend_surrogates(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match (code_unit(escape), code_unit(escape.get(6..).unwrap_or_default())) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => {
                mended.push_str(&escape[..12]);
                12
            }
            (Some(0xD800..=0xDFFF), _) => {
                mended.push('\u{FFFD}');
                6
            }
            _ => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                mended.push_str(&escape[..length]);
                length
            }
        };
        rest = &escape[length..];
    }
    mended.push_str(rest);
    mended
}

/// The number in an escape like `\u00e9` at the beginning of a text.
fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// Text as it can be stored: NUL, which PostgreSQL cannot hold, is shown as a character that is none.
pub fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}
