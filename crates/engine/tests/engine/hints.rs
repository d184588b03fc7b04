//! Hints: items that are read one by one.

use std::time::Duration;

use mainstem_connector::Disposition;
use mainstem_model::record::{Depth, Heard, Hint};
use mainstem_model::{ChangeCause, SourceState, Subject};

use crate::support::{Bench, FETCH_LIMIT};

/// A bench whose every task asks to be read whole.
async fn hinting(tasks: u32) -> Bench {
    let bench = Bench::new(tasks).await;
    for task in 1..=tasks {
        bench.tool.hint_at(&format!("board-{task:04}"));
    }
    bench
}

#[tokio::test]
async fn hints_are_answered_in_bundles_and_leave_the_queue() {
    let bench = hinting(8).await;
    bench.run_due().await;
    let fetches = bench.tool.calls_of("fetch");
    assert_eq!(fetches.len(), 8_usize.div_ceil(FETCH_LIMIT), "{fetches:?}");
    assert_eq!(fetches.iter().map(|fetch| fetch.split(' ').count() - 1).sum::<usize>(), 8);

    bench.tool.forget_calls();
    bench.time.advance(3_600);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("fetch"), Vec::<String>::new());
}

#[tokio::test]
async fn a_poisonous_item_is_parked_and_takes_no_other_down_with_it() {
    let bench = hinting(6).await;
    bench.tool.interfere(|call| {
        let poisoned = call.starts_with("fetch") && call.contains("board-0002");
        async move {
            assert!(!poisoned, "an item that the connector's author did not foresee");
            Ok(())
        }
    });
    let mut rounds = 0;
    while bench.store.quarantined(bench.source_id(), 10).await.unwrap().is_empty() {
        rounds += 1;
        assert!(rounds < 200, "it is never parked: {:?}", bench.tool.calls_of("fetch"));
        bench.run_due().await;
        bench.time.advance(600);
    }
    let alone = bench
        .tool
        .calls_of("fetch board-0002")
        .into_iter()
        .filter(|call| !call.contains("0003"))
        .count();
    assert!(alone <= 5, "at most five attempts, was {alone}");
    let parked = bench.store.quarantined(bench.source_id(), 10).await.unwrap();
    assert_eq!(parked.len(), 1, "{parked:?}");
    bench.assert_converged().await;
    assert_eq!(
        bench.events.of("hints").iter().map(|line| line[6..].parse::<u32>().unwrap()).sum::<u32>(),
        5
    );
}

#[tokio::test]
async fn a_limit_among_hints_stops_them_all_until_it_is_over() {
    let bench = hinting(9).await;
    bench.tool.fail("fetch", 1, Disposition::RetryAfter(Duration::from_secs(120)), "RATE_LIMITED");
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::RateLimited, Some("RATE_LIMITED".to_owned())));
    bench.tool.forget_calls();
    bench.time.advance(119);
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    for _ in 0..20 {
        bench.time.advance(600);
        bench.run_due().await;
    }
    let answered: u32 =
        bench.events.of("hints").iter().map(|line| line[6..].parse::<u32>().unwrap()).sum();
    assert_eq!(answered, 9);
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
}

#[tokio::test]
async fn what_a_webhook_names_is_fetched_at_the_next_look_and_nothing_else_is() {
    let bench = Bench::new(3).await;
    bench.run_due().await;
    bench.tool.forget_calls();
    let log = bench.store.read_log(Default::default(), 1_000).await.unwrap();
    bench.tool.edit("board", 2);
    let locator = "board-0002".to_owned();
    let hint = Hint { external_id: Some(locator.as_str().into()), locator, depth: Depth::Whole };
    let heard = [Heard { hint, scope: Some("board".into()) }];
    assert!(bench.store.hear(bench.source_id(), b"a delivery", &heard).await.unwrap());
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), ["fetch board-0002"]);
    bench.assert_converged().await;
    let told = bench.store.read_log(log.last().unwrap().position, 1_000).await.unwrap();
    assert!(told.iter().any(|change| matches!(change.subject, Subject::Task(_))));
    assert!(told.iter().all(|change| change.cause == ChangeCause::Webhook), "{told:?}");
    bench.tool.forget_calls();
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
}
