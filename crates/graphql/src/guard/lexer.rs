//! Cuts a document into tokens. Stricter than the parser behind it wherever the two could disagree
//! on where a string or a number ends, so that nothing hides from the guard.

use std::ops::Range;

/// One token, as far as the guard has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name or keyword.
    Name(&'a str),
    /// `...`
    Spread,
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(u8),
    /// A number or a string; its content does not matter.
    Literal,
}

/// The text cannot be a GraphQL document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// Where, in bytes from the start.
    pub offset: usize,
}

/// The tokens of a document, in order, without comments.
pub struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    start: usize,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), start: 0, at: 0 }
    }

    /// Where the last token stands, in bytes.
    pub fn last(&self) -> Range<usize> {
        self.start..self.at
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Token<'a>>, Invalid> {
        self.skip_ignored();
        let Some(&byte) = self.bytes.get(self.at) else { return Ok(None) };
        let start = self.at;
        self.start = start;
        let token = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                self.skip_while(is_name_byte);
                Token::Name(&self.text[start..self.at])
            }
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|'
            | b'}' => {
                self.at += 1;
                Token::Punctuator(byte)
            }
            b'.' if self.bytes[start..].starts_with(b"...") => {
                self.at += 3;
                Token::Spread
            }
            b'-' | b'0'..=b'9' => self.number()?,
            b'"' if self.bytes[start..].starts_with(b"\"\"\"") => self.block_string()?,
            b'"' => self.string()?,
            _ => return Err(Invalid { offset: start }),
        };
        Ok(Some(token))
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| wanted(*byte)) {
            self.at += 1;
        }
    }

    fn skip_ignored(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b','));
            if self.bytes.get(self.at) == Some(&b'#') {
                self.skip_while(|byte| !matches!(byte, b'\n' | b'\r'));
            } else if self.bytes[self.at..].starts_with("\u{feff}".as_bytes()) {
                self.at += '\u{feff}'.len_utf8();
            } else {
                return;
            }
        }
    }

    fn number(&mut self) -> Result<Token<'a>, Invalid> {
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        let whole = self.at;
        self.digits()?;
        if self.bytes[whole] == b'0' && self.at > whole + 1 {
            return Err(Invalid { offset: whole });
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.bytes.get(self.at) {
            Some(byte) if is_name_byte(*byte) || *byte == b'.' => Err(Invalid { offset: self.at }),
            _ => Ok(Token::Literal),
        }
    }

    fn digits(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.at == start { Err(Invalid { offset: start }) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Token<'a>, Invalid> {
        let start = self.at;
        self.at += 1;
        loop {
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r'));
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Token::Literal);
                }
                Some(b'\\')
                    if !matches!(self.bytes.get(self.at + 1), None | Some(b'\n' | b'\r')) =>
                {
                    self.at += 2;
                }
                _ => return Err(Invalid { offset: start }),
            }
        }
    }

    fn block_string(&mut self) -> Result<Token<'a>, Invalid> {
        let start = self.at;
        self.at += 3;
        loop {
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\'));
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"\"\"\"") {
                self.at += 3;
                return Ok(Token::Literal);
            }
            self.at += match rest {
                [] => return Err(Invalid { offset: start }),
                _ if rest.starts_with(b"\\\"\"\"") => 4,
                _ => 1,
            };
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
