//! One run with somebody waiting for its report.

use std::time::Duration;

use mainstem_connector::Disposition;
use mainstem_engine::{SourceReport, SyncOptions, SyncReport};
use mainstem_model::SourceState;
use mainstem_store::SourceSpec;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, spec};

async fn sync(bench: &Bench, options: SyncOptions) -> SyncReport {
    bench.engine.sync_once(&options, CancellationToken::new()).await.unwrap()
}

fn only(report: &SyncReport) -> &SourceReport {
    assert_eq!(report.sources.len(), 1);
    &report.sources[0]
}

fn code(report: &SourceReport) -> Option<&str> {
    report.error.as_ref().map(|error| error.code.as_str())
}

#[tokio::test]
async fn a_second_run_over_an_unchanged_tool_writes_nothing() {
    let bench = Bench::new(7).await;
    bench.tool.hint_at("board-0002");
    let first = sync(&bench, SyncOptions::default()).await;
    assert!(first.ok, "{first:?}");
    assert_eq!((first.totals.tasks_added, only(&first).hints), (7, 1));
    assert!(first.totals.changes >= 7);
    assert_eq!(only(&first).scopes[0].batches, 4);
    bench.assert_converged().await;

    let head = bench.store.head().await.unwrap();
    let second = sync(&bench, SyncOptions::default()).await;
    assert!(second.ok);
    assert_eq!((second.totals.rows_written, second.totals.changes), (0, 0));
    assert_eq!(second.requests.unwrap().sent, 2, "discover and one page");
    assert_eq!(bench.store.head().await.unwrap(), head, "the log has not grown");
}

#[tokio::test]
async fn it_waits_out_a_short_limit_and_goes_on_where_it_was() {
    let bench = Bench::new(7).await;
    bench.tool.fail(
        "pull board 4",
        1,
        Disposition::RetryAfter(Duration::from_secs(90)),
        "RATE_LIMITED",
    );
    let engine = bench.engine.clone();
    let running = tokio::spawn(async move {
        engine.sync_once(&SyncOptions::default(), CancellationToken::new()).await.unwrap()
    });
    bench.time.until_asleep_for(Duration::from_secs(90)).await;
    assert_eq!(bench.state().await.0, SourceState::RateLimited);
    bench.time.advance(90);
    let report = running.await.unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.totals.tasks_added, 7);
    assert_eq!(
        bench.tool.calls_of("pull"),
        ["pull board 0", "pull board 2", "pull board 4", "pull board 4", "pull board 6"]
    );
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
}

#[tokio::test]
async fn it_does_not_wait_longer_than_it_may() {
    let bench = Bench::new(7).await;
    bench.tool.fail(
        "pull board 4",
        1,
        Disposition::RetryAfter(Duration::from_secs(90)),
        "RATE_LIMITED",
    );
    let options = SyncOptions { max_wait: Duration::from_secs(89), ..SyncOptions::default() };
    let report = sync(&bench, options.clone()).await;
    assert!(!report.ok);
    assert_eq!(code(only(&report)), Some("RATE_LIMITED"));
    assert_eq!(report.totals.tasks_added, 4, "what was read is kept");

    // The next run asks nothing of the tool before the limit is over, and then goes on.
    bench.tool.forget_calls();
    let report = sync(&bench, SyncOptions { max_wait: Duration::ZERO, ..options.clone() }).await;
    assert_eq!((code(only(&report)), bench.tool.calls().len()), (Some("RATE_LIMITED"), 0));
    bench.time.advance(90);
    assert!(sync(&bench, options).await.ok);
    bench.assert_converged().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_reported_by_name() {
    let bench = Bench::new(2).await;
    bench.add_source("broken").await;
    let paused = SourceSpec { paused: true, ..spec("resting") };
    bench.store.put_source(&paused, true).await.unwrap();

    let all = sync(&bench, SyncOptions::default()).await;
    assert!(all.ok, "a paused source is left out: {all:?}");
    assert_eq!(all.sources.len(), 2);

    let names = ["acme", "resting", "nobody"].map(str::to_owned).to_vec();
    let report = sync(&bench, SyncOptions { sources: Some(names), ..SyncOptions::default() }).await;
    assert!(!report.ok);
    let outcomes: Vec<_> = report
        .sources
        .iter()
        .map(|source| (source.name.as_str(), source.ok, code(source)))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("acme", true, None),
            ("nobody", false, Some("UNKNOWN_SOURCE")),
            ("resting", false, Some("PAUSED"))
        ]
    );
}

#[tokio::test]
async fn a_failing_scope_fails_the_run_and_not_the_others() {
    let bench = Bench::new(2).await;
    bench.tool.add_scope("other");
    bench.tool.edit("other", 1);
    bench.tool.fail("pull board", 100, Disposition::GiveUp, "NOT_FOUND");
    let report = sync(&bench, SyncOptions::default()).await;
    assert!(!report.ok);
    let scopes: Vec<_> =
        only(&report).scopes.iter().map(|scope| (scope.key.as_str(), scope.ok)).collect();
    assert_eq!(scopes, [("board", false), ("other", true)]);
    assert_eq!(only(&report).scopes[0].error.as_ref().unwrap().code, "NOT_FOUND");
}

#[tokio::test]
async fn a_census_is_taken_when_it_is_asked_for() {
    let bench = Bench::new(5).await;
    let report = sync(&bench, SyncOptions { census: true, ..SyncOptions::default() }).await;
    let census = only(&report).scopes[0].census.unwrap();
    assert_eq!(
        (census.at_source, census.in_store, census.missing, census.mass_loss),
        (5, 5, 0, false)
    );
    bench.tool.hide("board-0004");
    bench.time.advance(1);
    let report = sync(&bench, SyncOptions { census: true, ..SyncOptions::default() }).await;
    assert_eq!(only(&report).scopes[0].census.unwrap().missing, 1);
    bench.assert_converged().await;
}

#[tokio::test]
async fn a_source_that_another_worker_holds_is_waited_for() {
    let bench = Bench::new(2).await;
    let held = bench
        .store
        .acquire_lease("source:acme", "another", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    let options = SyncOptions { max_wait: Duration::ZERO, ..SyncOptions::default() };
    assert_eq!(code(only(&sync(&bench, options).await)), Some("BUSY"));

    let engine = bench.engine.clone();
    let running = tokio::spawn(async move {
        engine.sync_once(&SyncOptions::default(), CancellationToken::new()).await.unwrap()
    });
    bench.time.until_asleep_for(Duration::from_secs(1)).await;
    bench.store.release_lease(&held).await.unwrap();
    bench.time.advance(1);
    assert!(running.await.unwrap().ok);
}

#[tokio::test]
async fn a_run_that_is_interrupted_says_so() {
    let bench = Bench::new(9).await;
    let cancellation = CancellationToken::new();
    let stop = cancellation.clone();
    bench.events.react(move |line| {
        if line.starts_with("stored") {
            stop.cancel();
        }
    });
    let report = bench.engine.sync_once(&SyncOptions::default(), cancellation).await.unwrap();
    assert_eq!((report.ok, code(only(&report))), (false, Some("INTERRUPTED")));
    // The first batch, and the one that had been read by then.
    assert_eq!(report.totals.tasks_added, 4);
}

#[tokio::test]
async fn the_report_reads_as_json() {
    let bench = Bench::new(1).await;
    let report = serde_json::to_value(sync(&bench, SyncOptions::default()).await).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["requests"], serde_json::json!({"sent": 3, "notModified": 0}));
    let source = &report["sources"][0];
    assert_eq!(
        (source["name"].as_str(), source["state"].as_str()),
        (Some("acme"), Some("HEALTHY"))
    );
    assert_eq!(source["scopes"][0]["totals"]["tasksAdded"], 1);
    assert_eq!(source["scopes"][0].get("error"), None);
}
