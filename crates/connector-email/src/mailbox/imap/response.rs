//! Values into what a server says. What we have no use for is left out; what we have is checked.

use std::ops::RangeInclusive;

use bytes::Bytes;
use jiff::fmt::strtime;
use mainstem_model::Timestamp;

use super::error::ImapError;
use super::value::{Value, values};
use super::wire::Piece;
use crate::mailbox::Flags;

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// It is done with a command.
    Done(String, Said),
    /// Something by itself: a greeting, a remark, a farewell.
    Status(Said),
    /// It waits for the rest of a command; what it says to that.
    Continue(Bytes),
    /// What it can do, in capitals.
    Capability(Vec<String>),
    /// A folder.
    List(Listed),
    /// How a folder stands that is not open.
    Standing(Standing),
    /// How many messages the folder holds.
    Exists(u32),
    /// What it tells of a message.
    Fetch(Box<Fetched>),
    /// These are gone; whether that answers a question.
    Vanished(Vec<RangeInclusive<u32>>),
    /// A message is gone, by its place.
    Expunge,
    /// What a search has found.
    Search(Vec<u32>),
    /// Anything else.
    Other,
}

/// A status with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub status: Status,
    pub code: Code,
    pub text: String,
}

/// What a server says to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// What a status says to programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    None,
    Capability(Vec<String>),
    UidValidity(u32),
    UidNext(u32),
    HighestModSeq(u64),
    NoModSeq,
    /// What follows is about the folder that was opened.
    Closed,
    /// Any other, in capitals, without what stands behind its first word.
    Other(String),
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// In small letters, with the backslash.
    pub attributes: Vec<String>,
    pub delimiter: Option<char>,
    pub name: String,
}

/// How a folder stands; each part only where it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the server calls it.
    pub name: String,
    pub messages: Option<u32>,
    pub next: Option<u32>,
    pub validity: Option<u32>,
    pub change: Option<u64>,
}

/// What is told of a message; each part only where it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    pub uid: Option<u32>,
    pub flags: Option<Flags>,
    pub size: Option<u64>,
    pub received_at: Option<Timestamp>,
    pub header: Option<Bytes>,
    /// Of what follows the header.
    pub text: Option<Bytes>,
    /// Of header and text.
    pub whole: Option<Bytes>,
}

impl Response {
    /// Whether it says that something in the open folder has changed.
    pub const fn is_news(&self) -> bool {
        matches!(self, Self::Exists(_) | Self::Expunge | Self::Vanished(_) | Self::Fetch(_))
    }

    /// Reads a response.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(pieces: &[Piece]) -> Result<Self, ImapError> {
        let Some(Piece::Line(line)) = pieces.first() else { return Err(ImapError::Unintelligible) };
        if let Some(text) = line.strip_prefix(b"+") {
            return Ok(Self::Continue(Bytes::copy_from_slice(text.trim_ascii())));
        }
        let (tag, rest) = split(line);
        if let Some(said) = said(rest)? {
            return Ok(match tag {
                b"*" => Self::Status(said),
                tag => Self::Done(String::from_utf8_lossy(tag).into_owned(), said),
            });
        }
        if tag != b"*" {
            return Err(ImapError::Unintelligible);
        }
        let mut values = values(pieces)?.into_iter().skip(1);
        let first = values.next().ok_or(ImapError::Unintelligible)?;
        let rest: Vec<Value> = values.collect();
        data(&first, &rest)
    }
}

/// The first word, and what follows it.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    (&line[..end], line.get(end + 1..).unwrap_or_default())
}

fn said(line: &[u8]) -> Result<Option<Said>, ImapError> {
    let (word, rest) = split(line);
    let status = match word.to_ascii_uppercase().as_slice() {
        b"OK" => Status::Ok,
        b"NO" => Status::No,
        b"BAD" => Status::Bad,
        b"BYE" => Status::Bye,
        b"PREAUTH" => Status::PreAuth,
        _ => return Ok(None),
    };
    let text = String::from_utf8_lossy(rest);
    let Some((code, text)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return Ok(Some(Said { status, code: Code::None, text: text.trim().to_owned() }));
    };
    Ok(Some(Said { status, code: self::code(code)?, text: text.trim().to_owned() }))
}

fn code(code: &str) -> Result<Code, ImapError> {
    let (word, rest) = code.split_once(' ').unwrap_or((code, ""));
    let rest = rest.trim();
    Ok(match word.to_ascii_uppercase().as_str() {
        "CAPABILITY" => Code::Capability(rest.split_whitespace().map(str::to_uppercase).collect()),
        "UIDVALIDITY" => Code::UidValidity(positive(rest.parse().ok())?),
        "UIDNEXT" => Code::UidNext(positive(rest.parse().ok())?),
        "HIGHESTMODSEQ" => {
            Code::HighestModSeq(rest.parse().map_err(|_| ImapError::Unintelligible)?)
        }
        "NOMODSEQ" => Code::NoModSeq,
        "CLOSED" => Code::Closed,
        word => Code::Other(word.to_owned()),
    })
}

/// No message and no folder has the number 0.
fn positive(number: Option<u32>) -> Result<u32, ImapError> {
    number.filter(|number| *number > 0).ok_or(ImapError::Unintelligible)
}

fn data(first: &Value, rest: &[Value]) -> Result<Response, ImapError> {
    let word = first.text().unwrap_or_default().to_ascii_uppercase();
    if let Ok(number) = word.parse::<u32>() {
        let kind = rest.first().and_then(Value::text).unwrap_or_default().to_ascii_uppercase();
        return match kind.as_str() {
            "EXISTS" => Ok(Response::Exists(number)),
            "EXPUNGE" => Ok(Response::Expunge),
            "FETCH" => {
                let told = rest.get(1).and_then(Value::list).ok_or(ImapError::Unintelligible)?;
                Ok(Response::Fetch(Box::new(fetched(told)?)))
            }
            _ => Ok(Response::Other),
        };
    }
    match word.as_str() {
        "CAPABILITY" => Ok(Response::Capability(
            rest.iter().filter_map(Value::text).map(str::to_uppercase).collect(),
        )),
        "LIST" => listed(rest).map(Response::List),
        "STATUS" => standing(rest).map(Response::Standing),
        "VANISHED" => {
            let uids = rest.last().and_then(Value::text).ok_or(ImapError::Unintelligible)?;
            uids.split(',').map(range).collect::<Result<_, _>>().map(Response::Vanished)
        }
        "SEARCH" => rest
            .iter()
            .map(|value| positive(value.number()))
            .collect::<Result<_, _>>()
            .map(Response::Search),
        _ => Ok(Response::Other),
    }
}

/// `7` or `7:9`; the larger one may stand first.
fn range(text: &str) -> Result<RangeInclusive<u32>, ImapError> {
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    let (from, to) = (positive(from.parse().ok())?, positive(to.parse().ok())?);
    Ok(from.min(to)..=from.max(to))
}

fn listed(rest: &[Value]) -> Result<Listed, ImapError> {
    let [attributes, delimiter, name, ..] = rest else { return Err(ImapError::Unintelligible) };
    let attributes = attributes.list().ok_or(ImapError::Unintelligible)?;
    let delimiter = match delimiter {
        Value::Text(text) => text.first().map(|byte| char::from(*byte)),
        _ => None,
    };
    Ok(Listed {
        attributes: attributes.iter().filter_map(Value::text).map(str::to_lowercase).collect(),
        delimiter,
        // One that is no text cannot be asked for.
        name: name.text().ok_or(ImapError::Unintelligible)?.to_owned(),
    })
}

fn standing(rest: &[Value]) -> Result<Standing, ImapError> {
    let [name, told] = rest else { return Err(ImapError::Unintelligible) };
    let name = name.text().ok_or(ImapError::Unintelligible)?.to_owned();
    let mut standing = Standing { name, ..Standing::default() };
    let (pairs, rest) = told.list().ok_or(ImapError::Unintelligible)?.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ImapError::Unintelligible);
    }
    for [name, value] in pairs {
        match name.text().unwrap_or_default().to_ascii_uppercase().as_str() {
            "MESSAGES" => standing.messages = Some(number(value)?),
            "UIDNEXT" => standing.next = Some(positive(value.number())?),
            "UIDVALIDITY" => standing.validity = Some(positive(value.number())?),
            "HIGHESTMODSEQ" => standing.change = Some(number(value)?),
            _ => {}
        }
    }
    Ok(standing)
}

fn number<T: std::str::FromStr>(value: &Value) -> Result<T, ImapError> {
    value.number().ok_or(ImapError::Unintelligible)
}

fn fetched(told: &[Value]) -> Result<Fetched, ImapError> {
    let mut fetched = Fetched::default();
    let (pairs, rest) = told.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ImapError::Unintelligible);
    }
    for [name, value] in pairs {
        let name = name.text().unwrap_or_default().to_ascii_uppercase();
        match name.split('<').next().unwrap_or_default() {
            "UID" => fetched.uid = Some(positive(value.number())?),
            "FLAGS" => fetched.flags = Some(flags(value.list().ok_or(ImapError::Unintelligible)?)),
            "RFC822.SIZE" => fetched.size = Some(number(value)?),
            "INTERNALDATE" => fetched.received_at = value.text().and_then(received_at),
            "BODY[HEADER]" => fetched.header = Some(bytes(value)),
            "BODY[TEXT]" => fetched.text = Some(bytes(value)),
            "BODY[]" => fetched.whole = Some(bytes(value)),
            _ => {}
        }
    }
    Ok(fetched)
}

/// What a part of a message holds; `NIL` where it has no such part.
fn bytes(value: &Value) -> Bytes {
    match value {
        Value::Text(bytes) => bytes.clone(),
        _ => Bytes::new(),
    }
}

fn flags(words: &[Value]) -> Flags {
    let mut flags = Flags::default();
    for word in words.iter().filter_map(Value::text) {
        match word.to_ascii_lowercase().as_str() {
            "\\seen" => flags.seen = true,
            "\\answered" => flags.answered = true,
            "\\flagged" => flags.flagged = true,
            "\\draft" => flags.draft = true,
            "\\deleted" => flags.deleted = true,
            keyword if keyword.starts_with('\\') => {}
            keyword => flags.keywords.push(keyword.to_owned()),
        }
    }
    flags.keywords.sort();
    flags.keywords.dedup();
    flags
}

/// `17-Jul-1996 02:44:25 -0700`; days below ten have a space before them.
fn received_at(text: &str) -> Option<Timestamp> {
    let read = strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim_start()).ok()?;
    Some(Timestamp::from_seconds(read.to_timestamp().ok()?.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Response, ImapError> {
        Response::read(&[Piece::Line(Bytes::from_static(text.as_bytes()))])
    }

    fn status(status: Status, code: Code, text: &str) -> Said {
        Said { status, code, text: text.to_owned() }
    }

    #[test]
    fn what_a_server_says_is_understood() {
        for (said, expected) in [
            (
                "* OK [CAPABILITY IMAP4rev1 idle] hi",
                Response::Status(status(
                    Status::Ok,
                    Code::Capability(vec!["IMAP4REV1".into(), "IDLE".into()]),
                    "hi",
                )),
            ),
            (
                "A7 NO [AUTHENTICATIONFAILED] no",
                Response::Done(
                    "A7".into(),
                    status(Status::No, Code::Other("AUTHENTICATIONFAILED".into()), "no"),
                ),
            ),
            ("* ok [UIDNEXT 9]", Response::Status(status(Status::Ok, Code::UidNext(9), ""))),
            ("* BYE", Response::Status(status(Status::Bye, Code::None, ""))),
            ("+ idling", Response::Continue(Bytes::from_static(b"idling"))),
            ("+", Response::Continue(Bytes::new())),
            ("* 3 EXISTS", Response::Exists(3)),
            ("* 3 EXPUNGE", Response::Expunge),
            ("* 3 RECENT", Response::Other),
            ("* FLAGS (\\Seen)", Response::Other),
            ("* SEARCH", Response::Search(vec![])),
            ("* SEARCH 4 2", Response::Search(vec![4, 2])),
            ("* VANISHED (EARLIER) 1,9:7", Response::Vanished(vec![1..=1, 7..=9])),
            (
                "* LIST (\\HasNoChildren \\Sent) \".\" \"a.b\"",
                Response::List(Listed {
                    attributes: vec!["\\hasnochildren".into(), "\\sent".into()],
                    delimiter: Some('.'),
                    name: "a.b".into(),
                }),
            ),
            (
                "* STATUS \"a b\" (MESSAGES 0 UIDNEXT 4 UNSEEN 2 HIGHESTMODSEQ 9)",
                Response::Standing(Standing {
                    name: "a b".into(),
                    messages: Some(0),
                    next: Some(4),
                    validity: None,
                    change: Some(9),
                }),
            ),
            (
                "* STATUS a ()",
                Response::Standing(Standing { name: "a".into(), ..Standing::default() }),
            ),
            (
                "* LIST () NIL INBOX",
                Response::List(Listed {
                    attributes: vec![],
                    delimiter: None,
                    name: "INBOX".into(),
                }),
            ),
        ] {
            assert_eq!(read(said).unwrap(), expected, "{said}");
        }
        let Response::Fetch(told) = read("* 1 FETCH (UID 5 FLAGS (\\Seen Work $Done \\Recent) RFC822.SIZE 70 INTERNALDATE \" 7-Nov-2026 02:44:25 -0100\" BODY[TEXT]<0> \"ab\" MODSEQ (7))").unwrap() else {
            panic!("it is no FETCH")
        };
        assert_eq!(
            (told.uid, told.size, told.text),
            (Some(5), Some(70), Some(Bytes::from_static(b"ab")))
        );
        assert_eq!(told.received_at.unwrap().to_string(), "2026-11-07T03:44:25Z");
        let flags = told.flags.unwrap();
        assert!(flags.seen && !flags.answered);
        assert_eq!(flags.keywords, ["$done", "work"]);
    }

    #[test]
    fn what_no_server_says_is_refused() {
        for said in [
            "",
            "*",
            "hello",
            "A1 FETCH",
            "* 1 FETCH",
            "* 1 FETCH (UID 0)",
            "* 1 FETCH (UID -4)",
            "* 1 FETCH (UID)",
            "* 1 FETCH (RFC822.SIZE -1)",
            "* OK [UIDVALIDITY 0]",
            "* OK [UIDNEXT x]",
            "* VANISHED",
            "* VANISHED 0",
            "* VANISHED 1:x",
            "* SEARCH 0",
            "* LIST ()",
            "* STATUS",
            "* STATUS INBOX",
            "* STATUS INBOX UIDNEXT",
            "* STATUS INBOX (UIDNEXT)",
            "* STATUS INBOX (UIDNEXT 0)",
            "* STATUS INBOX (MESSAGES -1)",
            "* STATUS (INBOX) (MESSAGES 1)",
            "* 1 FETCH (UID 99999999999)",
        ] {
            assert!(read(said).is_err(), "{said}");
        }
    }
}
