//! A tool that says over an open connection that something has changed.

use std::time::Duration;

use mainstem_connector::Disposition;
use mainstem_store::SourceSpec;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, POLL_SECONDS, spec};

/// An engine that runs until it is told to stop.
struct Running {
    cancellation: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn of(engine: &mainstem_engine::Engine) -> Self {
        let cancellation = CancellationToken::new();
        let (engine, token) = (engine.clone(), cancellation.clone());
        Self { cancellation, task: tokio::spawn(async move { engine.run(token).await }) }
    }

    async fn stop(self) {
        self.cancellation.cancel();
        self.task.await.unwrap();
    }
}

/// Lets the look-out wake until something is so.
async fn until(bench: &Bench, is_so: impl Fn() -> bool) {
    while !is_so() {
        bench.time.tick().await;
    }
}

/// The same while time stands still.
async fn at_once(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_heard_is_read_at_once() {
    let bench = Bench::new(3).await;
    bench.tool.talk();
    let running = Running::of(&bench.engine);
    until(&bench, || bench.tool.listeners() == 1).await;
    let passes = bench.events.of("finished board").len();
    bench.tool.edit("board", 9);
    bench.tool.say_so();
    at_once(|| bench.events.of("finished board").len() > passes).await;
    bench.assert_converged().await;
    running.stop().await;
    assert_eq!(bench.tool.listeners(), 0);
    for lease in ["source:acme", "listen:acme"] {
        let lease =
            bench.store.acquire_lease(lease, "another", Duration::from_secs(60)).await.unwrap();
        assert!(lease.is_some(), "it was given back");
    }
}

#[tokio::test]
async fn a_tool_that_falls_silent_is_polled_all_the_same() {
    let bench = Bench::new(3).await;
    bench.tool.talk();
    let running = Running::of(&bench.engine);
    until(&bench, || bench.tool.listeners() == 1).await;
    let passes = bench.events.of("finished board").len();
    bench.tool.edit("board", 9);
    bench.time.advance(i64::from(POLL_SECONDS));
    at_once(|| bench.events.of("finished board").len() > passes).await;
    bench.assert_converged().await;
    running.stop().await;
}

#[tokio::test]
async fn of_several_workers_one_listens() {
    let bench = Bench::new(3).await;
    bench.tool.talk();
    let (_, other) = bench.another(2).await;
    let (first, second) = (Running::of(&bench.engine), Running::of(&other));
    until(&bench, || bench.tool.listeners() == 1).await;
    // Both have read it meanwhile, or could have.
    for _ in 0..2 * POLL_SECONDS {
        bench.time.tick().await;
    }
    assert_eq!(bench.tool.listeners(), 1);
    first.stop().await;
    until(&bench, || bench.tool.listeners() == 1).await;
    second.stop().await;
}

#[tokio::test]
async fn a_source_that_is_paused_or_removed_is_not_listened_to() {
    for removed in [false, true] {
        let bench = Bench::new(3).await;
        bench.tool.talk();
        let running = Running::of(&bench.engine);
        until(&bench, || bench.tool.listeners() == 1).await;
        if removed {
            bench.store.remove_source(bench.source_id()).await.unwrap();
        } else {
            let paused = SourceSpec { paused: true, ..spec("acme") };
            bench.store.put_source(&paused, true).await.unwrap();
        }
        until(&bench, || bench.tool.listeners() == 0).await;
        running.stop().await;
    }
}

#[tokio::test]
async fn another_credential_is_listened_with_anew() {
    let bench = Bench::new(3).await;
    bench.tool.talk();
    let running = Running::of(&bench.engine);
    until(&bench, || bench.tool.listeners() == 1).await;
    bench.tool.forget_calls();
    bench.credentials.set("second");
    until(&bench, || bench.tool.calls_of("listen").len() == 1).await;
    assert_eq!(bench.tool.calls_of("connect").len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_tool_that_cannot_be_listened_to_is_left_alone_for_longer_and_longer() {
    let bench = Bench::new(3).await;
    bench.tool.talk();
    bench.tool.fail("listen", 4, Disposition::BackOff, "INTERRUPTED");
    let running = Running::of(&bench.engine);
    let mut tried_at = Vec::new();
    for tries in 1..=5 {
        until(&bench, || bench.tool.calls_of("listen").len() >= tries).await;
        tried_at.push(mainstem_model::Clock::now(&*bench.time).0 / 1_000_000);
    }
    let waits: Vec<_> = tried_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, longest) in waits.iter().zip([5, 10, 20, 40]) {
        // A look-out wakes once a second.
        assert!((longest / 2..=longest + 2).contains(wait), "{waits:?}");
    }
    assert_eq!(bench.state().await.0, mainstem_model::SourceState::Healthy, "nothing is amiss");
    running.stop().await;
}
