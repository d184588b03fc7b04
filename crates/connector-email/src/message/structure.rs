//! The parts of a message, found in one walk over its lines that never goes into itself.
//!
//! Nothing is decoded here, and a message within a message is one part that is not opened, so no
//! nesting costs anything. What is left to bound are the parts themselves and how deep lists of
//! parts stand in one another.

use super::Unreadable;
use super::header::{Header, Parametrised, line, trimmed};

/// The most parts of one message.
const MOST_PARTS: usize = 1_000;
/// How deep lists of parts may stand in one another.
const MOST_LEVELS: usize = 20;
/// RFC 2046 allows 70; some programs write longer ones.
const MOST_BOUNDARY_BYTES: usize = 250;

/// A part that holds something, and no other parts.
#[derive(Debug)]
pub struct Part<'a> {
    pub header: Header<'a>,
    /// Still encoded.
    pub body: &'a [u8],
    /// `text/plain` and the like, in small letters, with its parameters.
    pub kind: Parametrised,
    /// The innermost list of alternatives that it is one of.
    pub alternative: Option<usize>,
}

/// A list of parts that is being read.
struct List<'a> {
    boundary: &'a [u8],
    alternative: Option<usize>,
    of_messages: bool,
}

/// The parts of a message whose header was cut off already.
///
/// # Errors
/// Where there are too many, or they stand too deep.
pub fn parts<'a>(header: &Header<'a>, body: &'a [u8]) -> Result<Vec<Part<'a>>, Unreadable> {
    let mut reading = Reading { lists: Vec::new(), parts: Vec::new(), seen: 0 };
    let mut open = reading.begin(header.clone(), body)?;
    let mut rest = body;
    // Where no list of parts is open, nothing delimits one.
    while !rest.is_empty() && !reading.lists.is_empty() {
        let (current, after) = line(rest);
        let at = body.len() - rest.len();
        rest = after;
        let Some((level, ends)) = reading.delimiter(current) else { continue };
        reading.end(open.take(), &body[..at]);
        reading.lists.truncate(if ends { level } else { level + 1 });
        if !ends {
            let (header, text) = Header::split(after)?;
            open = reading.begin(header, text)?;
            rest = text;
        }
    }
    reading.end(open, body);
    Ok(reading.parts)
}

struct Reading<'a> {
    lists: Vec<List<'a>>,
    parts: Vec<Part<'a>>,
    seen: usize,
}

impl<'a> Reading<'a> {
    /// Begins a part whose text starts at `text`. Answers it where it is no list of parts.
    fn begin(
        &mut self,
        header: Header<'a>,
        text: &'a [u8],
    ) -> Result<Option<Part<'a>>, Unreadable> {
        self.seen += 1;
        if self.seen > MOST_PARTS {
            return Err(Unreadable::TooManyParts);
        }
        let list = self.lists.last();
        let alternative = list.and_then(|list| list.alternative);
        let unsaid = match list.is_some_and(|list| list.of_messages) {
            true => "message/rfc822",
            false => "text/plain",
        };
        let kind = header.parametrised("content-type").unwrap_or_else(|| Parametrised::of(unsaid));
        let boundary = kind
            .value
            .starts_with("multipart/")
            .then(|| boundary(&header, kind.parameter("boundary")?))
            .flatten();
        let Some(boundary) = boundary else {
            return Ok(Some(Part { header, body: text, kind, alternative }));
        };
        if self.lists.len() == MOST_LEVELS {
            return Err(Unreadable::TooDeep);
        }
        self.lists.push(List {
            boundary,
            alternative: if kind.value == "multipart/alternative" {
                Some(self.seen)
            } else {
                alternative
            },
            of_messages: kind.value == "multipart/digest",
        });
        Ok(None)
    }

    /// Ends the part that is being read, where there is one: `read` is all that stands before this.
    fn end(&mut self, open: Option<Part<'a>>, read: &'a [u8]) {
        let Some(mut part) = open else { return };
        let start = part.body.as_ptr() as usize - read.as_ptr() as usize;
        let text = read.get(start..).unwrap_or_default();
        // The line end before a delimiter belongs to the delimiter.
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        part.body = text.strip_suffix(b"\r").unwrap_or(text);
        self.parts.push(part);
    }

    /// Which list of parts a line delimits, and whether it ends it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = trimmed(line).strip_prefix(b"--")?;
        self.lists.iter().enumerate().rev().find_map(|(level, list)| {
            match text.strip_prefix(list.boundary)? {
                b"" => Some((level, false)),
                b"--" => Some((level, true)),
                _ => None,
            }
        })
    }
}

/// The boundary as it stands in the message, so that it lives as long as that; a parser has undone
/// quotes and foldings of `read`.
fn boundary<'a>(header: &Header<'a>, read: &str) -> Option<&'a [u8]> {
    let read = read.trim_end().as_bytes();
    if read.is_empty() || read.len() > MOST_BOUNDARY_BYTES {
        return None;
    }
    let value = header.all("content-type").next()?;
    let at = value.windows(read.len()).position(|window| window == read)?;
    Some(&value[at..at + read.len()])
}
