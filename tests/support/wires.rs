//! The network between a mailbox and its server, in a test's hands.
//!
//! The tests of `connector-email` use this file, too.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use mainstem_connector::TcpDial;
use mainstem_connector::dial::{Connection, Dial, DialError, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Real connections that a test counts and disturbs.
#[derive(Clone)]
pub struct Wires {
    inner: TcpDial,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    commands: AtomicU64,
    far: AtomicBool,
    idles_are_swallowed: AtomicBool,
    break_after: Mutex<Option<&'static [u8]>>,
    broken: AtomicBool,
}

impl Wires {
    /// Connections that trust this certificate.
    pub fn trusting(certificate: &[u8]) -> Self {
        Self { inner: TcpDial::trusting(certificate).unwrap(), state: Arc::default() }
    }

    /// Commands sent so far.
    pub fn commands(&self) -> u64 {
        self.state.commands.load(Ordering::SeqCst)
    }

    /// From now on every server seems to be on another machine.
    pub fn go_far(&self) {
        self.state.far.store(true, Ordering::SeqCst);
    }

    /// From now on nothing comes through any more where somebody waits for what a server says by
    /// itself, and nobody is told.
    pub fn swallow_idles(&self) {
        self.state.idles_are_swallowed.store(true, Ordering::SeqCst);
    }

    /// Once a command with these words was sent, it is the last one that gets through.
    pub fn break_after(&self, words: &'static str) {
        *self.state.break_after.lock().unwrap() = Some(words.as_bytes());
    }

    fn wire(&self, connection: Connection) -> Connection {
        let is_loopback = connection.is_loopback && !self.state.far.load(Ordering::SeqCst);
        let wire =
            Wire { inner: connection.stream, state: Arc::clone(&self.state), is_idle: false };
        Connection { stream: Box::new(wire), is_loopback }
    }
}

#[async_trait]
impl Dial for Wires {
    async fn connect(&self, host: &str, port: u16) -> Result<Connection, DialError> {
        Ok(self.wire(self.inner.connect(host, port).await?))
    }

    async fn secure(&self, host: &str, connection: Connection) -> Result<Connection, DialError> {
        Ok(self.wire(self.inner.secure(host, connection).await?))
    }
}

struct Wire {
    inner: Box<dyn Stream>,
    state: Arc<State>,
    is_idle: bool,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if self.is_idle && self.state.idles_are_swallowed.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // What is encrypted looks otherwise.
        let is_command = bytes.starts_with(b"M") && bytes.ends_with(b"\r\n");
        if is_command && self.state.broken.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if written.is_ready() && is_command {
            self.state.commands.fetch_add(1, Ordering::SeqCst);
            self.is_idle |= bytes.ends_with(b" IDLE\r\n");
            let last = *self.state.break_after.lock().unwrap();
            if last.is_some_and(|words| bytes.windows(words.len()).any(|part| part == words)) {
                self.state.broken.store(true, Ordering::SeqCst);
            }
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
