//! Handing a message to a server over SMTP.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use mainstem_connector::dial::{Connection, Dial, DialError, Stream};
use mainstem_connector::{ConnectorError, Disposition};
use secrecy::ExposeSecret;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf,
};
use tokio::time::timeout;

use super::answer::Answer;
use crate::mailbox::imap::{Address, Login};
use crate::message::words::{one_line, shortened};

/// How long a server may take for all of it.
const MOST_TIME: Duration = Duration::from_secs(120);
/// How much a server may say in all. It has little to say, and lettre reads a long response again for each
/// of its lines.
const MOST_SAID: usize = 8 * 1024;

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// It was not, for this reason.
    NotSent(ConnectorError),
    /// The connection ended between the end of the message and the server's word on it.
    Unknown(String),
}

/// Sends an answer.
///
/// # Errors
/// See [`SendError`].
pub async fn send(
    dial: &Arc<dyn Dial>,
    server: &Address,
    login: Option<&Login>,
    answer: &Answer,
) -> Result<(), SendError> {
    let until_the_message = async {
        let mut connection = open(dial, server, login).await?;
        let envelope = &answer.envelope;
        let said = |error| refused(server, &error);
        connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await.map_err(said)?;
        for recipient in envelope.to() {
            connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(said)?;
        }
        connection.command(Data).await.map_err(said)?;
        Ok(connection)
    };
    let mut connection = timeout(MOST_TIME, until_the_message)
        .await
        .unwrap_or_else(|_| Err(silent(server)))
        .map_err(SendError::NotSent)?;
    // From here on the server may have taken it without our knowing.
    match timeout(MOST_TIME, connection.message(&answer.bytes)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) if error.status().is_some() => {
            return Err(SendError::NotSent(refused(server, &error)));
        }
        Ok(Err(error)) => return Err(SendError::Unknown(cause(&error))),
        Err(_) => return Err(SendError::Unknown("it did not answer in time".to_owned())),
    }
    // It has the message; how it takes leave does not matter.
    let _ = timeout(Duration::from_secs(5), connection.quit()).await;
    Ok(())
}

async fn open(
    dial: &Arc<dyn Dial>,
    server: &Address,
    login: Option<&Login>,
) -> Result<AsyncSmtpConnection, ConnectorError> {
    let Address { host, port, tls } = server;
    let unreachable = |error: DialError| {
        ConnectorError::new(Disposition::BackOff, "SMTP_UNREACHABLE", error.to_string())
    };
    let mut connection = dial.connect(host, *port).await.map_err(unreachable)?;
    let mut greeted = false;
    if *tls {
        connection = dial.secure(host, connection).await.map_err(unreachable)?;
    } else if let Some(cleared) = start_tls(server, &mut connection).await? {
        connection = dial.secure(host, cleared).await.map_err(unreachable)?;
        greeted = true;
    } else {
        // Nothing leaves this machine; the greeting was heard on the first connection.
        connection = dial.connect(host, *port).await.map_err(unreachable)?;
    }
    let stream = Box::new(Wire::new(connection.stream, greeted));
    let name = ClientId::Domain("mainstem.invalid".to_owned());
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &name)
        .await
        .map_err(|error| refused(server, &error))?;
    if let Some(login) = login {
        let mechanisms: &[Mechanism] = if login.is_token {
            &[Mechanism::Xoauth2]
        } else {
            &[Mechanism::Plain, Mechanism::Login]
        };
        let credentials =
            Credentials::new(login.username.clone(), login.secret.expose_secret().to_owned());
        connection.auth(mechanisms, &credentials).await.map_err(|error| {
            // A server that will not have us says so in its own way; anything else is no answer.
            if error.is_permanent() || error.is_client() {
                let host = &server.host;
                ConnectorError::new(
                    Disposition::PauseSource,
                    "CREDENTIAL_REFUSED",
                    format!("{host} does not take mail from this account; renew its credential"),
                )
            } else {
                refused(server, &error)
            }
        })?;
    }
    Ok(connection)
}

/// Asks a server for TLS. Answers the connection on which TLS is to begin; nothing where the server has
/// no TLS and does not need any, as it is on this machine.
async fn start_tls(
    server: &Address,
    connection: &mut Connection,
) -> Result<Option<Connection>, ConnectorError> {
    let host = &server.host;
    let unclear = |reason: &str| {
        ConnectorError::new(
            Disposition::GiveUp,
            "SMTP_NOT_SECURE",
            format!("{host} {reason}; give `smtp = \"smtps://…\"`, or another server"),
        )
    };
    let broken = |error: io::Error| {
        let message = format!("{host} ended the connection: {error}");
        ConnectorError::new(Disposition::BackOff, "SMTP_UNREACHABLE", message)
    };
    let stream = std::mem::replace(&mut connection.stream, Box::new(tokio::io::empty()));
    let mut lines = BufReader::new(stream).take(MOST_SAID as u64);
    response(&mut lines).await.map_err(broken)?;
    lines.get_mut().write_all(b"EHLO mainstem.invalid\r\n").await.map_err(broken)?;
    let offers = response(&mut lines).await.map_err(broken)?;
    let has_tls = offers.lines().any(|line| {
        line.get(4..).is_some_and(|extension| extension.trim().eq_ignore_ascii_case("STARTTLS"))
    });
    if !has_tls {
        return match connection.is_loopback {
            true => Ok(None),
            false => Err(unclear("offers no STARTTLS")),
        };
    }
    lines.get_mut().write_all(b"STARTTLS\r\n").await.map_err(broken)?;
    let said = response(&mut lines).await.map_err(broken)?;
    if !said.starts_with("220") {
        return Err(unclear("refuses STARTTLS"));
    }
    let reader = lines.into_inner();
    if !reader.buffer().is_empty() {
        // It would be taken for a part of what is said in secret.
        return Err(unclear("says more than it should before TLS begins"));
    }
    Ok(Some(Connection { stream: reader.into_inner(), is_loopback: connection.is_loopback }))
}

/// All lines of one response.
async fn response(lines: &mut tokio::io::Take<BufReader<Box<dyn Stream>>>) -> io::Result<String> {
    let mut said = String::new();
    loop {
        let from = said.len();
        if lines.read_line(&mut said).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // `250-` goes on, `250 ` is the last.
        if said.as_bytes().get(from + 3) != Some(&b'-') {
            return Ok(said);
        }
    }
}

fn refused(server: &Address, error: &lettre::transport::smtp::Error) -> ConnectorError {
    let disposition = if error.is_permanent() { Disposition::GiveUp } else { Disposition::BackOff };
    let message = format!("{} does not take the message: {}", server.host, cause(error));
    ConnectorError::new(disposition, "MAIL_REFUSED", message)
}

fn silent(server: &Address) -> ConnectorError {
    let message = format!("{} does not answer", server.host);
    ConnectorError::new(Disposition::BackOff, "SMTP_UNREACHABLE", message)
}

/// What the server, or the network, said; at most one line of it.
fn cause(error: &lettre::transport::smtp::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let said = if error.status().is_some() { error.to_string() } else { cause.to_string() };
    shortened(&one_line(&said), 200)
}

/// A connection as lettre takes it, which bounds what the server may say.
struct Wire {
    stream: Mutex<Box<dyn Stream>>,
    /// After STARTTLS a server does not greet again, but lettre waits for it.
    greeting: &'static [u8],
    left: usize,
}

impl Wire {
    fn new(stream: Box<dyn Stream>, greeted: bool) -> Self {
        let greeting = if greeted { &b"220 ready\r\n"[..] } else { &[] };
        Self { stream: Mutex::new(stream), greeting, left: MOST_SAID }
    }

    fn stream(&mut self) -> Pin<&mut Box<dyn Stream>> {
        Pin::new(self.stream.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self.greeting.split_at(self.greeting.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = self.stream().poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::Error::other("the server says too much"))),
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[cfg(test)]
pub mod tests;
