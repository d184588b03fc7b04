//! The loop itself.

use std::time::Duration;

use mainstem_model::{SourceState, Visibility};
use mainstem_store::SourceSpec;
use metrics_exporter_prometheus::PrometheusBuilder;
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
    while bench.events.of("finished board").len() < 2 {
        bench.time.tick().await;
    }
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
    loop {
        bench.time.tick().await;
        let lease = bench
            .store
            .acquire_lease("source:acme", "another", Duration::from_secs(60))
            .await
            .unwrap();
        if lease.is_some() {
            break;
        }
    }
    assert_eq!(bench.state().await.0, SourceState::Paused, "its state stays");
    cancellation.cancel();
    running.await.unwrap();
}

#[test]
fn search_is_indexed_behind_the_changes() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let searched = async {
        let bench = Bench::new(3).await;
        let cancellation = CancellationToken::new();
        let (engine, token) = (bench.engine.clone(), cancellation.clone());
        let running = tokio::spawn(async move { engine.run(token).await });
        while !metrics.render().lines().any(|line| line == "mainstem_tasks_indexed_total 3") {
            bench.time.tick().await;
        }
        cancellation.cancel();
        running.await.unwrap();
        assert_eq!(bench.store.index_search().await.unwrap(), 0, "nothing was left to index");
        bench.store.search("edit", &Visibility::Everything, 10).await.unwrap()
    };
    let found = metrics::with_local_recorder(&recorder, || runtime.block_on(searched));
    assert_eq!(found.len(), 3);
}

/// Waits until an event was told so often.
async fn until(bench: &Bench, line: &str, times: usize) {
    while bench.events.of(line).len() < times {
        tokio::task::yield_now().await;
    }
}
