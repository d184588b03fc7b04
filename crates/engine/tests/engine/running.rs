//! The loop itself.

use std::time::Duration;

use mainstem_model::{SourceState, Visibility};
use mainstem_store::SourceSpec;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, spec};

#[tokio::test]
async fn it_reads_what_falls_due_until_it_is_cancelled() {
    let bench = Bench::new(3).await;
    let cancellation = CancellationToken::new();
    let (engine, token) = (bench.engine.clone(), cancellation.clone());
    let running = tokio::spawn(async move { engine.run(token).await });
    until(&bench, "finished board", 1).await;
    bench.tool.edit("board", 9);
    for _ in 0..60 {
        bench.time.tick().await;
    }
    until(&bench, "finished board", 2).await;
    bench.assert_converged().await;

    cancellation.cancel();
    running.await.unwrap();
    let lease =
        bench.store.acquire_lease("source:acme", "another", Duration::from_secs(60)).await.unwrap();
    assert!(lease.is_some(), "it was given back");
}

#[tokio::test]
async fn a_source_that_is_paused_while_it_is_read_stops() {
    let bench = Bench::new(3).await;
    bench.tool.interfere(|call| {
        let hangs = call.starts_with("pull");
        async move { if hangs { std::future::pending().await } else { Ok(()) } }
    });
    let cancellation = CancellationToken::new();
    let (engine, token) = (bench.engine.clone(), cancellation.clone());
    let running = tokio::spawn(async move { engine.run(token).await });
    until(&bench, "started board", 1).await;
    let paused = SourceSpec { paused: true, ..spec("acme") };
    bench.store.put_source(&paused, true).await.unwrap();
    bench.time.tick().await;
    loop {
        let lease = bench
            .store
            .acquire_lease("source:acme", "another", Duration::from_secs(60))
            .await
            .unwrap();
        if lease.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.state().await.0, SourceState::Paused, "its state stays");
    cancellation.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn search_is_indexed_behind_the_changes() {
    let bench = Bench::new(3).await;
    let cancellation = CancellationToken::new();
    let (engine, token) = (bench.engine.clone(), cancellation.clone());
    let running = tokio::spawn(async move { engine.run(token).await });
    until(&bench, "finished board", 1).await;
    for _ in 0..3 {
        bench.time.tick().await;
    }
    cancellation.cancel();
    running.await.unwrap();
    let found = bench.store.search("edit", &Visibility::Everything, 10).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(bench.store.index_search().await.unwrap(), 0, "nothing was left to index");
}

/// Waits until an event was told so often.
async fn until(bench: &Bench, line: &str, times: usize) {
    while bench.events.of(line).len() < times {
        tokio::task::yield_now().await;
    }
}
