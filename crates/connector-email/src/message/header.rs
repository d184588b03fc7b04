//! The header block of a message or of one of its parts, cut into fields before any parser sees it.

use mail_parser::parsers::MessageStream;
use mainstem_model::Timestamp;

use super::Unreadable;
use super::address::{Mailbox, mailboxes};
use super::words::one_line;

/// The longest header block that is read; what mail servers themselves accept is shorter.
const MOST_HEADER_BYTES: usize = 256 * 1024;
/// The most fields that a header block may have.
const MOST_FIELDS: usize = 1_000;
/// How much of one field is looked at.
const MOST_FIELD_BYTES: usize = 16 * 1024;
/// The most addresses of one field that are looked at.
const MOST_ADDRESSES: usize = 100;
/// No longer Message-ID is worth remembering: a line of mail may have 998 bytes.
const MOST_ID_BYTES: usize = 500;
/// The most references that are followed; the first and the last ones count.
const MOST_REFERENCES: usize = 100;

/// The fields of a header block, in their order.
#[derive(Debug, Clone, Default)]
pub struct Header<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Header<'a> {
    /// Cuts the header block off the start of `raw`. Answers what follows it.
    ///
    /// # Errors
    /// Where the block is too long or has too many fields.
    pub fn split(raw: &'a [u8]) -> Result<(Self, &'a [u8]), Unreadable> {
        let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
        let mut rest = raw;
        // The field that is being read: where its value starts, counted from the start of `raw`.
        let mut open: Option<(&[u8], usize)> = None;
        loop {
            let at = raw.len() - rest.len();
            if at > MOST_HEADER_BYTES {
                return Err(Unreadable::HeaderTooLong);
            }
            let (line, after) = line(rest);
            let continues = matches!(line.first(), Some(b' ' | b'\t'));
            if let Some((name, start)) = open.filter(|_| !continues) {
                fields.push((name, &raw[start..at]));
                if fields.len() > MOST_FIELDS {
                    return Err(Unreadable::TooManyFields);
                }
                open = None;
            }
            if line.len() > MOST_HEADER_BYTES {
                return Err(Unreadable::HeaderTooLong);
            }
            match name(line) {
                _ if rest.is_empty() => return Ok((Self(fields), rest)),
                _ if continues => {}
                _ if trimmed(line).is_empty() => return Ok((Self(fields), after)),
                Some(name) => open = Some((name, at + name.len() + colon(line, name))),
                // The line that an mbox puts before a message.
                None if at == 0 && line.starts_with(b"From ") => {}
                // A line that is no field ends the header: what follows is text.
                None => return Ok((Self(fields), rest)),
            }
            rest = after;
        }
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field, as it came.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.0.iter().copied()
    }

    /// The raw values of the fields of this name, from the top.
    pub fn all(&self, wanted: &str) -> impl Iterator<Item = &'a [u8]> {
        let of_name =
            move |(name, _): &&(&[u8], &[u8])| name.eq_ignore_ascii_case(wanted.as_bytes());
        self.0.iter().filter(of_name).map(|(_, value)| &value[..value.len().min(MOST_FIELD_BYTES)])
    }

    /// The topmost field of this name, unfolded, white space around it taken away.
    pub fn plain(&self, name: &str) -> Option<String> {
        let value = self.all(name).next()?;
        Some(one_line(&String::from_utf8_lossy(value)))
    }

    /// The topmost field of this name as text, its encoded words decoded, on one line.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(decoded(self.all(name).next()?))
    }

    /// The addresses of all fields of this name.
    pub fn addresses(&self, name: &str) -> Vec<Mailbox> {
        let mut found = Vec::new();
        for value in self.all(name) {
            found.extend(mailboxes(&String::from_utf8_lossy(value)));
            found.truncate(MOST_ADDRESSES);
        }
        found
    }

    /// The Message-IDs in the fields of this name, in their order, each once.
    pub fn message_ids(&self, name: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for value in self.all(name) {
            let value = String::from_utf8_lossy(value);
            for text in value.split('<').skip(1) {
                let Some((id, _)) = text.split_once('>') else { continue };
                let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
                if !id.is_empty() && id.len() <= MOST_ID_BYTES && !ids.contains(&id) {
                    ids.push(id);
                }
                if ids.len() > MOST_REFERENCES {
                    // The first one names the thread, the last ones what this is an answer to.
                    ids.remove(1);
                }
            }
        }
        ids
    }

    /// The instant in the topmost field of this name.
    pub fn date(&self, name: &str) -> Option<Timestamp> {
        // The parser knows names of time zones in capitals only, and takes an unknown one for UTC.
        let value = terminated(self.all(name).next()?).to_ascii_uppercase();
        let read = MessageStream::new(&value).parse_date();
        let date = read.as_datetime().filter(|date| date.is_valid())?;
        Some(Timestamp::from_seconds(date.to_timestamp()))
    }

    /// `Content-Type` and the like: the value in small letters, and its parameters.
    pub fn parametrised(&self, name: &str) -> Option<Parametrised> {
        let value = terminated(self.all(name).next()?);
        let read = MessageStream::new(&value).parse_content_type();
        let read = read.as_content_type()?;
        let value = match read.subtype() {
            Some(subtype) => format!("{}/{subtype}", read.ctype()),
            None => read.ctype().to_owned(),
        };
        let parameters = read.attributes().unwrap_or_default().iter();
        let parameters = parameters
            .map(|parameter| (parameter.name.to_ascii_lowercase(), parameter.value.to_string()))
            .collect();
        Some(Parametrised { value: value.to_ascii_lowercase(), parameters })
    }
}

/// A value with parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parametrised {
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Parametrised {
    /// A value without parameters.
    pub fn of(value: &str) -> Self {
        Self { value: value.to_owned(), parameters: Vec::new() }
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// The first line, with its end, and what follows it.
pub fn line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => text.split_at(end + 1),
        None => (text, &[]),
    }
}

/// A line without white space at its end.
pub fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}

/// The name that a line begins with, if it begins a field.
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let valid = !name.is_empty() && name.iter().all(|byte| (33..127).contains(byte));
    valid.then_some(name)
}

/// How far behind its name the value of a field begins.
fn colon(line: &[u8], name: &[u8]) -> usize {
    line[name.len()..].iter().position(|byte| *byte == b':').map_or(0, |at| at + 1)
}

/// The text of a field on one line, its encoded words decoded.
pub fn decoded(value: &[u8]) -> String {
    let value = terminated(value);
    let read = MessageStream::new(&value).parse_unstructured();
    one_line(read.as_text().unwrap_or_default())
}

/// The parser wants each field to end with its line.
fn terminated(value: &[u8]) -> Vec<u8> {
    let mut value = trimmed(value).to_vec();
    value.push(b'\n');
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_have_names() {
        for (zone, hours) in [
            ("+0000", 0),
            ("-0330", -3),
            ("UT", 0),
            ("GMT", 0),
            ("Z", 0),
            ("EST", -5),
            ("EDT", -4),
            ("CST", -6),
            ("CDT", -5),
            ("MST", -7),
            ("MDT", -6),
            ("PST", -8),
            ("PDT", -7),
            ("est", -5),
            ("Cst", -6),
            ("pdt (summer)", -7),
            ("gmt", 0),
            ("z", 0),
            ("A", 0),
            ("XYZ", 0),
        ] {
            let raw = format!("Date: Mon, 2 nov 2026 12:00:00 {zone}\n\n");
            let (header, _) = Header::split(raw.as_bytes()).unwrap();
            let minutes = if zone == "-0330" { 30 } else { 0 };
            let expected = format!("2026-11-02T{:02}:{minutes:02}:00Z", 12 - hours);
            assert_eq!(header.date("date").unwrap().to_string(), expected, "{zone}");
        }
    }
}
