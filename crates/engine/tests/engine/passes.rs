//! Passes: what is read when, and what a pass leaves behind.

use std::sync::{Arc, Mutex};

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::SourceState;
use mainstem_store::SourceSpec;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, PAGE, POLL_SECONDS, spec};

#[tokio::test]
async fn a_first_pass_reads_everything_and_a_second_only_what_changed() {
    let bench = Bench::new(5).await;
    assert_eq!(bench.state().await.0, SourceState::Syncing);
    bench.run_due().await;
    assert_eq!(
        bench.tool.calls(),
        ["connect", "discover", "pull board 0", "pull board 2", "pull board 4"]
    );
    bench.assert_converged().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));

    bench.tool.forget_calls();
    bench.tool.edit("board", 3);
    bench.time.advance(POLL_SECONDS.into());
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), ["pull board 5"], "the session stays open");
    bench.assert_converged().await;
}

#[tokio::test]
async fn nothing_is_asked_of_the_tool_before_it_is_due() {
    let bench = Bench::new(3).await;
    bench.run_due().await;
    bench.tool.forget_calls();
    for _ in 1..POLL_SECONDS {
        bench.time.advance(1);
        bench.run_due().await;
    }
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), ["pull board 3"]);

    bench.tool.forget_calls();
    bench.store.request_sync(bench.source_id()).await.unwrap();
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), ["pull board 3"], "unless somebody asks for it");
}

#[tokio::test]
async fn scopes_are_asked_for_each_hour_and_when_the_settings_change() {
    let bench = Bench::new(1).await;
    bench.run_due().await;
    bench.tool.add_scope("other");
    bench.tool.edit("other", 1);
    bench.time.advance(3599);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("discover").len(), 1);
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("discover").len(), 2);
    bench.assert_converged().await;

    let settings = serde_json::json!({"anything": "else"});
    bench.store.put_source(&SourceSpec { settings, ..spec("acme") }, true).await.unwrap();
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("discover").len(), 3);
    assert_eq!(bench.tool.calls_of("connect").len(), 2, "another declaration, another session");
}

#[tokio::test]
async fn what_is_known_is_as_fresh_as_the_beginning_of_the_pass() {
    let bench = Bench::new(6).await;
    let began = bench.source().await.credential_set_at;
    let time = Arc::clone(&bench.time);
    bench.tool.interfere(move |_| {
        time.jump(10);
        async { Ok(()) }
    });
    bench.run_due().await;
    // Connecting and discovering took ten seconds each; then the pass began.
    assert_eq!(bench.scope().await.synced_at, Some(began.plus_seconds(20)));
    assert_eq!(bench.scope().await.next_run_at, began.plus_seconds(20 + i64::from(POLL_SECONDS)));
}

#[tokio::test]
async fn a_pass_over_two_visits_began_with_the_first() {
    let bench = Bench::new(6).await;
    let began = bench.source().await.credential_set_at;
    bench.tool.fail("pull board 4", 1, Disposition::BackOff, "BAD_GATEWAY");
    bench.run_due().await;
    assert_eq!(bench.scope().await.synced_at, None);
    bench.time.advance(5);
    bench.run_due().await;
    assert_eq!(bench.scope().await.synced_at, Some(began));
    bench.assert_converged().await;
}

#[tokio::test]
async fn the_next_batches_are_read_while_one_is_stored_and_never_more_than_two() {
    let bench = Bench::new(12).await;
    let tool = Arc::clone(&bench.tool);
    let begun = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&begun);
    bench.events.react(move |line| {
        if line.starts_with("stored") {
            seen.lock().unwrap().push(tool.calls_of("pull").len());
        }
    });
    bench.run_due().await;
    // When batch n is stored, batch n + 2 has been asked for, and batch n + 3 has not.
    assert_eq!(*begun.lock().unwrap(), [3, 4, 5, 6, 6, 6]);
    assert_eq!(
        bench.created().await,
        bench.tool.shown().into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_long_first_pass_gives_way_to_the_passes_of_others() {
    let bench = Bench::new(16).await;
    bench.tool.add_scope("quick");
    bench.tool.edit("quick", 1);
    let time = Arc::clone(&bench.time);
    bench.tool.interfere(move |call| {
        if call.starts_with("pull board") {
            time.advance(25);
        }
        async { Ok(()) }
    });
    for _ in 0..3 {
        bench.run_due().await;
    }
    let pulls = bench.tool.calls_of("pull");
    let board: Vec<_> = pulls.iter().filter(|call| call.contains("board")).collect();
    let places: Vec<_> = (0..16).step_by(2).map(|place| format!("pull board {place}")).collect();
    assert_eq!(board, places.iter().collect::<Vec<_>>(), "each page is asked for once");
    assert!(bench.tool.calls_of("pull quick").len() >= 2, "{pulls:?}");
    assert_eq!(bench.events.of("started board").len(), 1, "it is one pass");
    bench.assert_converged().await;
}

#[tokio::test]
async fn stopped_at_any_batch_and_started_again_nothing_is_lost_or_doubled() {
    const TASKS: u32 = 9;
    let batches = TASKS.div_ceil(u32::try_from(PAGE).unwrap());
    for stop_at in 1..=batches {
        for while_reading in [false, true] {
            let bench = Bench::new(TASKS).await;
            let cancellation = CancellationToken::new();
            let (stop, mut seen) = (cancellation.clone(), 0);
            let mut step = move || {
                seen += 1;
                if seen == stop_at {
                    stop.cancel();
                }
            };
            if while_reading {
                bench.tool.interfere(move |call| {
                    if call.starts_with("pull") {
                        step();
                    }
                    async { Ok(()) }
                });
            } else {
                bench.events.react(move |line| {
                    if line.starts_with("stored") {
                        step();
                    }
                });
            }
            bench.engine.run_due(cancellation).await.unwrap();
            let stored = bench.tasks().await.len();
            // What was read already is stored.
            assert!(stored < TASKS as usize || stop_at + 1 >= batches, "it did stop");
            let (scope, read) = (bench.scope().await, bench.tool.calls_of("pull").len());
            assert_eq!(scope.cursor.map_or(0, |cursor| cursor.0.parse().unwrap()), stored);
            assert!(read <= stored.div_ceil(PAGE) + 1, "at most one batch is read again");

            // Another process takes up where this one stopped, at once: the lease was given back.
            let (_, restarted) = bench.another(2).await;
            restarted.run_due(CancellationToken::new()).await.unwrap();
            bench.assert_converged().await;
            assert_eq!(bench.state().await, (SourceState::Healthy, None));
        }
    }
}

#[tokio::test]
async fn a_connector_that_panics_fails_its_scope_and_nothing_else() {
    let bench = Bench::new(3).await;
    bench.tool.add_scope("other");
    bench.tool.edit("other", 1);
    bench.tool.interfere(|call| {
        let poisoned = call.starts_with("pull board 2");
        async move {
            assert!(!poisoned, "a page that the connector's author did not foresee");
            Ok(())
        }
    });
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("PANICKED".to_owned())));
    assert_eq!(bench.events.of("finished"), ["finished other"]);
    bench.tool.recover();
    bench.time.advance(5);
    bench.run_due().await;
    bench.assert_converged().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
}

#[tokio::test]
async fn a_listing_that_leads_nowhere_is_given_up_for_a_while() {
    let bench = Bench::new(4).await;
    let tool = Arc::clone(&bench.tool);
    bench.tool.interfere(move |call| {
        if call == "pull board 2" {
            tool.stand_still();
        }
        async { Ok::<(), ConnectorError>(()) }
    });
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("NO_PROGRESS".to_owned())));
    assert!(bench.tool.calls_of("pull").len() <= 3);
}

#[tokio::test]
async fn a_paused_source_is_left_alone() {
    let bench = Bench::new(3).await;
    let paused = SourceSpec { paused: true, ..spec("acme") };
    bench.store.put_source(&paused, true).await.unwrap();
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    assert_eq!(bench.state().await.0, SourceState::Paused);

    bench.store.put_source(&spec("acme"), true).await.unwrap();
    bench.run_due().await;
    bench.assert_converged().await;
}
