//! Bytes into responses. What a server announces reserves nothing: memory grows with what has come, up
//! to a limit, and a response that is cut off by a dropped future goes on where it stood.

use bytes::{Buf, Bytes, BytesMut};
use mainstem_connector::dial::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::error::ImapError;
use crate::mailbox::imap::MOST_TEXT_BYTES;

/// The longest line of a response: a list of a hundred thousand single messages that are gone.
const MOST_LINE_BYTES: usize = 1024 * 1024;
/// The largest literal: what is asked for is never larger.
const MOST_LITERAL_BYTES: usize = MOST_TEXT_BYTES + 1024;
/// How much may come in answer to one command.
const MOST_RECEIVED_BYTES: usize = 64 * 1024 * 1024;

/// A piece of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A line, or what stands of it before or behind a literal, without its end.
    Line(Bytes),
    /// Bytes that were announced by their number.
    Literal(Bytes),
}

/// A connection as responses.
pub struct Wire {
    stream: Box<dyn Stream>,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no end of line.
    scanned: usize,
    /// What has come of the response so far.
    pieces: Vec<Piece>,
    /// How many bytes of a literal come next.
    literal: Option<usize>,
    received: usize,
}

impl Wire {
    /// The responses that come over a connection.
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            scanned: 0,
            pieces: Vec::new(),
            literal: None,
            received: 0,
        }
    }

    /// The connection itself, to make it a secure one.
    ///
    /// # Errors
    /// Where something was sent already that would be taken for having come over the secure one.
    pub fn into_stream(self) -> Result<Box<dyn Stream>, ImapError> {
        match self.buffer.is_empty() && self.pieces.is_empty() {
            true => Ok(self.stream),
            false => Err(ImapError::Injected),
        }
    }

    /// Sends a command, or a part of one. What comes from now on answers it.
    ///
    /// # Errors
    /// Where the connection is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), ImapError> {
        self.received = 0;
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// Whether bytes of a further response are here already.
    pub fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next response, as it came. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Where the connection is gone, or what comes is beyond a limit.
    pub async fn response(&mut self) -> Result<Vec<Piece>, ImapError> {
        loop {
            if let Some(response) = self.taken()? {
                return Ok(response);
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            if read == 0 {
                return Err(ImapError::Closed { said: None });
            }
            self.received = self.received.saturating_add(read);
            if self.received > MOST_RECEIVED_BYTES {
                return Err(ImapError::TooMuch);
            }
        }
    }

    /// The next response, where the buffer holds all of it.
    fn taken(&mut self) -> Result<Option<Vec<Piece>>, ImapError> {
        loop {
            if let Some(length) = self.literal {
                if self.buffer.len() < length {
                    return Ok(None);
                }
                self.pieces.push(Piece::Literal(self.buffer.split_to(length).freeze()));
                self.literal = None;
            }
            let Some(end) = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n')
            else {
                self.scanned = self.buffer.len();
                let too_long = self.scanned > MOST_LINE_BYTES;
                return if too_long { Err(ImapError::TooMuch) } else { Ok(None) };
            };
            let mut line = self.buffer.split_to(self.scanned + end);
            self.buffer.advance(1);
            self.scanned = 0;
            if line.last() == Some(&b'\r') {
                line.truncate(line.len() - 1);
            }
            let literal = announced(self.pieces.first(), &line)?;
            self.pieces.push(Piece::Line(line.freeze()));
            match literal {
                Some(length) => self.literal = Some(length),
                None => return Ok(Some(std::mem::take(&mut self.pieces))),
            }
        }
    }
}

/// How long a literal is that a line announces at its end. Only data holds literals: the text that
/// ends a status may end in braces.
fn announced(first: Option<&Piece>, line: &[u8]) -> Result<Option<usize>, ImapError> {
    let start = match first {
        Some(Piece::Line(start)) => start,
        _ => line,
    };
    if !is_data(start) {
        return Ok(None);
    }
    let Some(start) = line.strip_suffix(b"}").and_then(|line| {
        let digits = line.iter().rev().take_while(|byte| !b"{ ".contains(byte)).count();
        let (before, digits) = line.split_at(line.len() - digits);
        before.ends_with(b"{").then_some(digits)
    }) else {
        return Ok(None);
    };
    let length = std::str::from_utf8(start).ok().and_then(|digits| digits.parse::<usize>().ok());
    match length {
        Some(length) if length <= MOST_LITERAL_BYTES => Ok(Some(length)),
        Some(_) => Err(ImapError::TooMuch),
        None => Err(ImapError::Unintelligible),
    }
}

/// Whether a response is data, which may hold literals.
fn is_data(start: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix(b"* ") else { return false };
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    ![&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says just this, in pieces of so many bytes.
    async fn heard(said: &[u8], piece: usize) -> (Vec<Vec<Piece>>, ImapError) {
        let (here, mut there) = tokio::io::duplex(piece);
        let said = said.to_vec();
        let saying = tokio::spawn(async move { there.write_all(&said).await });
        let mut wire = Wire::new(Box::new(here));
        let mut responses = Vec::new();
        let error = loop {
            match wire.response().await {
                Ok(response) => responses.push(response),
                Err(error) => break error,
            }
        };
        drop(wire);
        // Where the wire had enough, the rest was not taken.
        let _ = saying.await.unwrap();
        (responses, error)
    }

    #[tokio::test]
    async fn responses_are_told_apart_however_they_arrive() {
        let line = |text: &'static str| Piece::Line(Bytes::from_static(text.as_bytes()));
        let literal = |text: &'static str| Piece::Literal(Bytes::from_static(text.as_bytes()));
        let said = b"* OK hello {5}\r\n* 1 FETCH (BODY[] {4}\r\na\r\nb UID 7)\r\n* LIST () \"/\" {0}\r\n\r\nA1 OK {3}\n";
        for piece in [1, 2, 7, 4_096] {
            let (responses, error) = heard(said, piece).await;
            assert_eq!(
                responses,
                [
                    vec![line("* OK hello {5}")],
                    vec![line("* 1 FETCH (BODY[] {4}"), literal("a\r\nb"), line(" UID 7)")],
                    vec![line("* LIST () \"/\" {0}"), literal(""), line("")],
                    vec![line("A1 OK {3}")],
                ]
            );
            assert!(matches!(error, ImapError::Closed { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn what_is_announced_reserves_nothing_and_has_limits() {
        for (said, expected) in [
            (&b"* 1 FETCH (BODY[] {4294967295}\r\n"[..], ImapError::TooMuch),
            (b"* 1 FETCH (BODY[] {99999999999999999999}\r\n", ImapError::Unintelligible),
            (b"* 1 FETCH (BODY[] {-1}\r\n", ImapError::Unintelligible),
            (b"* 1 FETCH (BODY[] {}\r\n", ImapError::Unintelligible),
            (b"* 1 FETCH (BODY[] {500}\r\nshort", ImapError::Closed { said: None }),
            (&vec![b'x'; MOST_LINE_BYTES + 100_000], ImapError::TooMuch),
        ] {
            let (responses, error) = heard(said, 65_536).await;
            assert_eq!(responses, Vec::<Vec<Piece>>::new());
            assert_eq!(error.to_string(), expected.to_string());
        }
        let flood = b"* OK still here\r\n".repeat(MOST_RECEIVED_BYTES / 17 + 10);
        let (_, error) = heard(&flood, 65_536).await;
        assert!(matches!(error, ImapError::TooMuch), "{error:?}");
    }
}
