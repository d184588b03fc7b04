//! The words of a query.

/// A word and where it starts, counted in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub kind: WordKind,
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WordKind {
    /// A name, a number or a keyword.
    Plain(String),
    /// A text in quotes.
    Quoted(String),
    /// One of `( ) , = != < <= > >= ~ !~`.
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["!=", "!~", "<=", ">=", "(", ")", ",", "=", "<", ">", "~"];

/// Splits a query into words.
///
/// # Errors
/// What Jira says to a query that cannot be split.
pub(super) fn words(query: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let at = query[..query.len() - rest.len()].chars().count() + 1;
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            words.push(Word { kind: WordKind::Sign(sign), at });
            rest = &rest[sign.len()..];
        } else if matches!(first, '"' | '\'') {
            let (text, length) = quoted(rest, first).ok_or_else(|| {
                format!(
                    "Error in the JQL Query: The quoted string '{}' has not been completed. (line 1, character {at})",
                    &rest[1..]
                )
            })?;
            words.push(Word { kind: WordKind::Quoted(text), at });
            rest = &rest[length..];
        } else if is_plain(first) {
            let length = rest.find(|letter: char| !is_plain(letter)).unwrap_or(rest.len());
            words.push(Word { kind: WordKind::Plain(rest[..length].to_owned()), at });
            rest = &rest[length..];
        } else {
            return Err(format!(
                "Error in the JQL Query: The character '{first}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead. (line 1, character {at})",
                first as u32
            ));
        }
    }
    Ok(words)
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '[' | ']') || !letter.is_ascii()
}

/// The text in quotes and how many bytes it takes with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut escaped = false;
    for (place, letter) in rest.char_indices().skip(1) {
        if escaped {
            text.push(match letter {
                'n' => '\n',
                't' => '\t',
                other => other,
            });
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return Some((text, place + letter.len_utf8()));
        } else {
            text.push(letter);
        }
    }
    None
}
