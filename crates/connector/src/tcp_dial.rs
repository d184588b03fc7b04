//! Connections over a real network: the one place that opens sockets for connectors that speak no HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::dial::{Connection, Dial, DialError};

const TIMEOUT: Duration = Duration::from_secs(10);

/// TCP, and TLS that trusts what the operating system trusts.
#[derive(Clone)]
pub struct TcpDial(TlsConnector);

/// This machine's TLS set-up cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no secure connection can be made on this machine: {reason}; check its trusted certificates"
)]
pub struct NoTls {
    /// Why not.
    pub reason: String,
}

impl TcpDial {
    /// Trusts what the operating system trusts, and the certificates in PEM form that are given.
    ///
    /// # Errors
    /// Where the machine's TLS set-up, or what was given, cannot be used.
    pub fn trusting(pem: &[u8]) -> Result<Self, NoTls> {
        let of = |reason: String| NoTls { reason };
        let more = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| of(error.to_string()))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(more, Arc::clone(&provider))
            .map_err(|error| of(error.to_string()))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| of(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

#[async_trait]
impl Dial for TcpDial {
    #[allow(clippy::disallowed_methods, reason = "the one place that opens sockets")]
    async fn connect(&self, host: &str, port: u16) -> Result<Connection, DialError> {
        let connecting = async {
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            let is_loopback = stream.peer_addr()?.ip().to_canonical().is_loopback();
            Ok(Connection { stream: Box::new(stream), is_loopback })
        };
        within(connecting).await.map_err(|reason| DialError::Connect {
            host: format!("{host}:{port}"),
            reason: reason.to_string(),
        })
    }

    async fn secure(&self, host: &str, connection: Connection) -> Result<Connection, DialError> {
        let Connection { stream, is_loopback } = connection;
        let securing = async {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let stream = self.0.connect(name, stream).await?;
            Ok(Connection { stream: Box::new(stream), is_loopback })
        };
        within(securing).await.map_err(|reason| DialError::Secure {
            host: host.to_owned(),
            reason: reason.to_string(),
        })
    }
}

async fn within<T>(doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(TIMEOUT, doing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

impl std::fmt::Debug for TcpDial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TcpDial")
    }
}
