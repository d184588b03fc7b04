//! A client of the program's HTTP surface.

use std::time::Instant;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use mainstem_connector::ReqwestHttp;
use mainstem_connector::http::{Http as _, Request, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::program::PATIENCE;

/// Somebody who asks a running program.
pub struct Client {
    http: ReqwestHttp,
    /// Such as `http://127.0.0.1:40123`.
    pub address: String,
    /// Sent where it is not empty.
    pub token: String,
}

impl Client {
    pub fn new(address: &str, token: &str) -> Self {
        let http = ReqwestHttp::new().unwrap();
        Self { http, address: address.to_owned(), token: token.trim().to_owned() }
    }

    /// The same program, asked with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self::new(&self.address, token)
    }

    /// Sends one request with the token and these headers.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Response {
        let mut all = HeaderMap::new();
        if !self.token.is_empty() {
            all.insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        }
        for (name, value) in headers {
            all.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let url = format!("{}{path}", self.address).parse().unwrap();
        self.http.send(Request { method, url, headers: all, body: body.into() }).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, &[], "").await
    }

    /// The status and JSON of the answer to a document.
    pub async fn ask(&self, query: &str) -> (u16, Value) {
        let body = json!({ "query": query }).to_string();
        let answer = self
            .send(Method::POST, "/graphql", &[("content-type", "application/json")], body)
            .await;
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
    }

    /// The data of a document that must be answered.
    pub async fn data(&self, query: &str) -> Value {
        let (status, mut answer) = self.ask(query).await;
        assert_eq!((status, answer.get("errors")), (200, None), "{query}");
        answer["data"].take()
    }

    /// Asks again and again until the answer is as expected.
    pub async fn until(&self, query: &str, expected: impl Fn(u16, &Value) -> bool) -> (u16, Value) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, answer) = self.ask(query).await;
            if expected(status, &answer) {
                return (status, answer);
            }
            assert!(Instant::now() < deadline, "{query}: still {status} {answer}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Sends these bytes over a connection of their own, and reads what comes until it is closed or
    /// nothing more is to come.
    #[allow(clippy::disallowed_methods, reason = "a test is the other side")]
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let address = self.address.trim_start_matches("http://");
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        connection.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // The other side closes: every raw request asks it to, or leaves its body unread.
        tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await.unwrap().ok();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The code of an answer's first error.
pub fn code(answer: &Response) -> String {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}
