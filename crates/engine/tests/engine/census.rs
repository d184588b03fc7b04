//! Censuses: what no listing tells.

use mainstem_connector::Disposition;
use mainstem_model::{Presence, SourceState};

use crate::support::{Bench, CENSUS_INTERVAL_SECONDS};

const FIRST_AFTER_SECONDS: i64 = 3_600;

#[tokio::test]
async fn a_census_finds_what_was_deleted_silently() {
    let bench = Bench::new(5).await;
    bench.run_due().await;
    assert_eq!(
        bench.tool.calls_of("census"),
        Vec::<String>::new(),
        "not right after the first pass"
    );

    bench.tool.hide("board-0003");
    bench.time.advance(FIRST_AFTER_SECONDS);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census"), ["census board 0", "census board 2"]);
    let gone: Vec<_> =
        bench.tasks().await.into_iter().filter(|task| task.presence != Presence::Present).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].key.as_str(), gone[0].presence), ("board-0003", Presence::Deleted));
    assert_eq!((bench.scope().await.at_source, bench.scope().await.in_store), (Some(4), Some(5)));

    bench.tool.forget_calls();
    bench.time.advance(i64::from(CENSUS_INTERVAL_SECONDS) - 1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census"), Vec::<String>::new());
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census").len(), 2);
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
}

#[tokio::test]
async fn a_listing_that_may_have_missed_something_is_followed_by_a_census() {
    let bench = Bench::new(5).await;
    bench.tool.want_census();
    bench.run_due().await;
    let calls = bench.tool.calls();
    let place = |call: &str| calls.iter().position(|made| made == call).unwrap();
    assert!(place("pull board 4") < place("census board 0"), "after the pass: {calls:?}");
    bench.time.advance(60);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census").len(), 3, "once");
}

#[tokio::test]
async fn many_missing_at_once_are_told_and_not_deleted() {
    let bench = Bench::new(40).await;
    bench.run_due().await;
    for task in 1..=20 {
        bench.tool.hide(&format!("board-{task:04}"));
    }
    bench.time.advance(FIRST_AFTER_SECONDS);
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("MASS_LOSS".to_owned())));
    let deleted = || async {
        bench.tasks().await.into_iter().filter(|task| task.presence != Presence::Present).count()
    };
    assert_eq!(deleted().await, 0);

    // Neither a pass that goes well nor one that fails makes it good.
    bench.time.advance(60);
    bench.run_due().await;
    bench.tool.fail("pull", 1, Disposition::BackOff, "BAD_GATEWAY");
    bench.time.advance(60);
    bench.run_due().await;
    bench.time.advance(60);
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("MASS_LOSS".to_owned())));

    bench.tool.show_again();
    bench.time.advance(CENSUS_INTERVAL_SECONDS.into());
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
    assert_eq!(deleted().await, 0);
}

#[tokio::test]
async fn a_census_that_fails_half_way_deletes_nothing_and_starts_over() {
    let bench = Bench::new(7).await;
    bench.run_due().await;
    bench.tool.hide("board-0001");
    bench.tool.fail("census board 4", 1, Disposition::BackOff, "BAD_GATEWAY");
    bench.time.advance(FIRST_AFTER_SECONDS);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census").len(), 3);
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("BAD_GATEWAY".to_owned())));
    assert_eq!(bench.present().await.len(), 7);

    bench.time.advance(899);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census").len(), 3);
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("census").len(), 6);
    assert_eq!(bench.present().await.len(), 6);
}
