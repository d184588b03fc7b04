//! One worker at a time.

use std::sync::Arc;
use std::time::Duration;

use mainstem_model::SourceState;
use tokio_util::sync::CancellationToken;

use crate::support::Bench;

const LEASE: &str = "source:acme";
const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn of_two_workers_one_reads() {
    let bench = Bench::new(5).await;
    let (_, other) = bench.another(2).await;
    let (one, two) = tokio::join!(
        bench.engine.run_due(CancellationToken::new()),
        other.run_due(CancellationToken::new()),
    );
    one.unwrap();
    two.unwrap();
    assert_eq!(bench.tool.calls_of("pull"), ["pull board 0", "pull board 2", "pull board 4"]);
    bench.assert_converged().await;
}

#[tokio::test]
async fn a_worker_that_was_suspended_writes_nothing_after_another_took_over() {
    let bench = Bench::new(8).await;
    let (time, store) = (Arc::clone(&bench.time), bench.another(2).await.0);
    bench.tool.interfere(move |call| {
        let (suspended, time, store) = (call == "pull board 6", Arc::clone(&time), store.clone());
        async move {
            if suspended {
                time.jump(61);
                store.acquire_lease(LEASE, "another", TTL).await.unwrap().expect("it has run out");
            }
            Ok(())
        }
    });
    bench.run_due().await;
    // The batch before was perhaps being stored when the lease was taken; none after it is.
    let stored = bench.tasks().await.len();
    assert!(stored <= 4, "{stored} tasks");
    assert_eq!(bench.events.of("lost"), ["lost acme"]);
    assert_eq!(bench.events.of("failed"), Vec::<String>::new(), "it is no failure of the source");
    assert_eq!(bench.state().await, (SourceState::Syncing, None));
    assert_eq!(bench.scope().await.cursor.unwrap().0, stored.to_string());

    // The other worker's lease stands: this one keeps away until it runs out, and goes on then.
    bench.tool.recover();
    bench.tool.forget_calls();
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    bench.time.advance(60);
    bench.run_due().await;
    bench.assert_converged().await;
}

#[tokio::test]
async fn work_stops_at_once_when_the_renewal_finds_the_lease_lost() {
    let bench = Bench::new(8).await;
    let (time, store) = (Arc::clone(&bench.time), bench.another(2).await.0);
    bench.tool.interfere(move |call| {
        let (hangs, time, store) = (call == "pull board 4", Arc::clone(&time), store.clone());
        async move {
            if hangs {
                time.jump(61);
                store.acquire_lease(LEASE, "another", TTL).await.unwrap().expect("it has run out");
                time.wake();
                std::future::pending().await
            }
            Ok(())
        }
    });
    bench.run_due().await;
    assert_eq!(bench.events.of("lost"), ["lost acme"]);
}

#[tokio::test]
async fn a_long_pass_keeps_its_lease() {
    let bench = Bench::new(4).await;
    let (time, store) = (Arc::clone(&bench.time), bench.another(2).await.0);
    bench.tool.interfere(move |call| {
        let (slow, time, store) = (call.starts_with("pull"), Arc::clone(&time), store.clone());
        async move {
            if slow {
                for _ in 0..10 {
                    time.until_asleep_for(Duration::from_secs(20)).await;
                    time.advance(20);
                    let taken = store.acquire_lease(LEASE, "another", TTL).await.unwrap();
                    assert_eq!(taken, None);
                }
            }
            Ok(())
        }
    });
    // Each batch takes so long that the pass gives way after it.
    bench.run_due().await;
    bench.run_due().await;
    bench.assert_converged().await;
    assert_eq!(bench.events.of("lost"), Vec::<String>::new());
}
