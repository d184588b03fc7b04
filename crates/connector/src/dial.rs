//! Connections as connectors use them where their tool speaks no HTTP: to one host, with no proxy of the
//! environment. A trait, so that a test can be the network.

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub struct Connection {
    /// What goes over it.
    pub stream: Box<dyn Stream>,
    /// Whether it stays on this machine.
    pub is_loopback: bool,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// Nobody answers.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// Whom we called, with the port.
        host: String,
        /// Why not.
        reason: String,
    },
    /// Whoever answers does not prove to be the host.
    #[error("no secure connection to {host}: {reason}")]
    Secure {
        /// Whom we called.
        host: String,
        /// Why not.
        reason: String,
    },
}

/// The way out.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    /// Connects to a host, in clear.
    ///
    /// # Errors
    /// Where nobody answers within 10 seconds.
    async fn connect(&self, host: &str, port: u16) -> Result<Connection, DialError>;

    /// Makes a connection a secure one (TLS 1.2 or newer), on which the host has proved its name.
    ///
    /// # Errors
    /// Where it has not within 10 seconds.
    async fn secure(&self, host: &str, connection: Connection) -> Result<Connection, DialError>;
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("is_loopback", &self.is_loopback).finish_non_exhaustive()
    }
}

/// A way out that leads nowhere, for whoever needs HTTP alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDial;

#[async_trait]
impl Dial for NoDial {
    async fn connect(&self, host: &str, port: u16) -> Result<Connection, DialError> {
        let reason = "only HTTP leads out of here".to_owned();
        Err(DialError::Connect { host: format!("{host}:{port}"), reason })
    }

    async fn secure(&self, host: &str, _: Connection) -> Result<Connection, DialError> {
        let reason = "only HTTP leads out of here".to_owned();
        Err(DialError::Secure { host: host.to_owned(), reason })
    }
}
