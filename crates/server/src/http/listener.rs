//! Connections: how many, how slow, and how they end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// Connections at the same time; the next ones wait in the queue of the operating system.
const MOST_CONNECTIONS: usize = 1_000;
/// How long the head of a request may take to arrive, and a connection may be idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long a peer may leave an answer unread, on Linux.
#[cfg(target_os = "linux")]
const READ_PATIENCE: Duration = Duration::from_secs(30);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// The address at the other end of a request's connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Serves until it is told to stop, then lets requests under way finish.
///
/// HTTP/1.1 only: a proxy in front speaks HTTP/2 and TLS to the world, and one protocol has half
/// the ways to be kept busy.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let accept = async {
        loop {
            // The semaphore is never closed, so the permit always comes.
            let permit = permits.clone().acquire_owned().await.ok();
            let (stream, peer) = accept(&listener).await;
            let serve = connection(stream, Peer(peer), router.clone(), stop.clone());
            connections.spawn(async move {
                serve.await;
                drop(permit);
            });
        }
    };
    stop.run_until_cancelled(accept).await;
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection. A failure is passing (too many open files, a peer that has gone again) and
/// would repeat at once without the pause.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: Router, stop: CancellationToken) {
    tune(&stream);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let answer = router.clone().oneshot(request);
        async move {
            let Ok(response) = answer.await;
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // What goes wrong with one connection is its peer's affair: it has gone, or was too slow.
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
}

/// Asks the operating system for what it can do; a connection works without it too.
fn tune(stream: &TcpStream) {
    // Answers are written whole; waiting for more to send only delays them.
    drop(stream.set_nodelay(true));
    #[cfg(target_os = "linux")]
    drop(socket2::SockRef::from(stream).set_tcp_user_timeout(Some(READ_PATIENCE)));
}
