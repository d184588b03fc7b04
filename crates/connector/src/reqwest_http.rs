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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use reqwest::Method;
    use reqwest::header::HeaderMap;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Asks a server that answers with these bytes, the last part again and again.
    async fn ask(
        head: &'static str,
        part: &'static [u8],
        times: usize,
    ) -> Result<Response, HttpError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap()).parse().unwrap();
        let serve = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).await.unwrap();
            let asked = String::from_utf8_lossy(&asked[..read]).to_lowercase();
            assert!(asked.contains("user-agent: mainstem/"), "{asked}");
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..times {
                // The client may have had enough.
                if stream.write_all(part).await.is_err() {
                    break;
                }
            }
        };
        let http = ReqwestHttp::new().unwrap();
        let request =
            Request { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
        let (answer, ()) = tokio::join!(http.send(request), serve);
        answer
    }

    #[tokio::test]
    async fn an_answer_is_whole_or_an_error() {
        let whole = ask("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", b"ab", 2).await.unwrap();
        assert_eq!(whole.body, "abab");
        let cut = ask("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"ab", 2).await;
        assert!(matches!(cut, Err(HttpError::Interrupted { .. })), "{cut:?}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let head =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(ask(head, b"", 0).await.unwrap().status.as_u16(), 302);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_refused() {
        const PART: &[u8] = &[b'x'; 1024 * 1024];
        let endless = ask("HTTP/1.1 200 OK\r\n\r\n", PART, 2 * MAX_BODY_BYTES / PART.len()).await;
        assert!(matches!(endless, Err(HttpError::TooLarge { .. })), "{endless:?}");
    }

    #[tokio::test]
    async fn no_connection_is_told_apart() {
        let http = ReqwestHttp::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?token=secret", listener.local_addr().unwrap());
        drop(listener);
        let request = Request {
            method: Method::GET,
            url: url.parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let error = http.send(request).await.unwrap_err();
        assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
        assert!(!error.to_string().contains("secret"));
    }
}
