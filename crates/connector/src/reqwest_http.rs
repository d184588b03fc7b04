//! The way out over a real network: the one place that builds an HTTP client.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::http::{Http, HttpError, MAX_BODY_BYTES, Request, Response};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
/// What a body is expected to need at most before its true size is known, in bytes.
const FIRST_RESERVE: u64 = 1024 * 1024;

/// HTTP/1.1 and HTTP/2 over TCP and TLS, trusting what the operating system trusts.
#[derive(Debug, Clone)]
pub struct ReqwestHttp(reqwest::Client);

/// This machine's TLS set-up cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no HTTP client can be made on this machine: {reason}; check its trusted certificates")]
pub struct NoHttpClient {
    /// Why not.
    pub reason: String,
}

impl ReqwestHttp {
    /// A client with its own pool of connections: 10 seconds to connect, 60 for a whole answer.
    ///
    /// # Errors
    /// Where the machine's TLS set-up cannot be used.
    #[allow(clippy::disallowed_methods, reason = "the one place that builds an HTTP client")]
    pub fn new() -> Result<Self, NoHttpClient> {
        reqwest::Client::builder()
            .user_agent(concat!("mainstem/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()
            .map(Self)
            .map_err(|error| NoHttpClient { reason: root_cause(&error) })
    }
}

#[async_trait]
impl Http for ReqwestHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        if !request.body.is_empty() {
            *outgoing.body_mut() = Some(request.body.into());
        }
        let mut answer = self.0.execute(outgoing).await.map_err(|error| failure(&host, &error))?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let body = read_body(answer, &host).await?;
        Ok(Response { status, headers, body })
    }
}

/// Reads the body and counts what comes out of decompression, so that a small answer cannot grow
/// without limit.
async fn read_body(mut answer: reqwest::Response, host: &str) -> Result<Bytes, HttpError> {
    let expected = answer.content_length().unwrap_or(0).min(FIRST_RESERVE);
    let mut body = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0));
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure(host, &error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(HttpError::TooLarge { host: host.to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn failure(host: &str, error: &reqwest::Error) -> HttpError {
    let host = host.to_owned();
    let reason = root_cause(error);
    if error.is_connect() {
        HttpError::Connect { host, reason }
    } else {
        HttpError::Interrupted { host, reason }
    }
}

/// The innermost cause: the outer layers repeat the URL, which may hold what must not be logged.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { format!("timed out ({cause})") } else { cause.to_string() }
}
