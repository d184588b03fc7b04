//! A load generator that costs little: raw HTTP/1.1 over kept connections, one request in flight on each.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a run of load showed.
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Median time of an answer.
    pub median: Duration,
    /// Time under which 99 of 100 answers came.
    pub p99: Duration,
}

/// Sends requests over `connections` for `duration`; `request` gives the n-th one of a connection.
#[allow(clippy::disallowed_methods, reason = "the load is the other side")]
pub async fn run(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    request: impl Fn(usize, u64) -> Vec<u8> + Clone + Send + 'static,
) -> anyhow::Result<Load> {
    let end = Instant::now() + duration;
    let workers: Vec<_> = (0..connections)
        .map(|connection| {
            let request = request.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut buffer = Vec::with_capacity(64 * 1024);
                let mut times = Vec::new();
                for number in 0.. {
                    let started = Instant::now();
                    if started >= end {
                        break;
                    }
                    stream.write_all(&request(connection, number)).await?;
                    let status = read_answer(&mut stream, &mut buffer).await?;
                    anyhow::ensure!(
                        status == 200 || status == 304,
                        "the server answered {status}: {}",
                        String::from_utf8_lossy(&buffer[..buffer.len().min(400)])
                    );
                    times.push(started.elapsed());
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.await??);
    }
    times.sort_unstable();
    anyhow::ensure!(!times.is_empty(), "no answer came");
    Ok(Load {
        rate: times.len() as f64 / duration.as_secs_f64(),
        median: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
    })
}

/// One request and the bytes of its answer's body.
#[allow(clippy::disallowed_methods, reason = "the load is the other side")]
pub async fn once(address: SocketAddr, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut buffer = Vec::new();
    let status = read_answer(&mut stream, &mut buffer).await?;
    let body = buffer.split_off(header_end(&buffer).unwrap_or(0));
    anyhow::ensure!(
        status == 200,
        "the server answered {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(body)
}

/// A POST of a JSON body with a bearer token.
pub fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    post_as(&format!("Bearer {token}"), path, body)
}

/// A POST of a JSON body.
pub fn post_as(authorization: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one answer into `buffer` and gives its status.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<u16> {
    buffer.clear();
    loop {
        if let Some(head) = header_end(buffer) {
            let text = std::str::from_utf8(&buffer[..head])?;
            let status: u16 = text.get(9..12).unwrap_or_default().parse()?;
            let length = text
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>())
                })
                .transpose()?
                .unwrap_or(0);
            if buffer.len() >= head + length {
                return Ok(status);
            }
        }
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
    }
}

fn header_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
