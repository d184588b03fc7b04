//! What follows from an error: state, waiting time, and what is asked of the tool afterwards.

use std::time::Duration;

use mainstem_connector::Disposition;
use mainstem_model::SourceState;
use mainstem_store::SourceSpec;
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, SECRET, spec};

#[tokio::test]
async fn each_disposition_waits_its_time_and_then_recovers() {
    use SourceState::{Degraded, NeedsCredential, RateLimited};
    // disposition, state meanwhile, seconds in which nothing is asked, seconds after which it is
    let table = [
        (Disposition::RetryAfter(Duration::from_secs(300)), RateLimited, 299, 300),
        (Disposition::BackOff, Degraded, 1, 5),
        (Disposition::PauseSource, NeedsCredential, 899, 900),
        (Disposition::GiveUp, Degraded, 3599, 3600),
    ];
    // A failing pull concerns a scope, a failing discovery the whole source: both wait.
    for call in ["pull", "discover", "connect"] {
        for (disposition, state, quiet, until) in table {
            let bench = Bench::new(3).await;
            bench.tool.fail(call, 1, disposition, "SOME_CODE");
            bench.run_due().await;
            let case = format!("{call}: {disposition:?}");
            assert_eq!(bench.state().await, (state, Some("SOME_CODE".to_owned())), "{case}");
            assert_eq!(bench.events.of("failed").len(), 1, "told once: {case}");

            bench.tool.forget_calls();
            bench.time.advance(quiet);
            bench.run_due().await;
            assert_eq!(bench.tool.calls(), Vec::<String>::new(), "{case}");
            bench.time.advance(until - quiet);
            bench.run_due().await;
            assert_eq!(bench.state().await, (SourceState::Healthy, None), "{case}");
            bench.assert_converged().await;
        }
    }
}

#[tokio::test]
async fn a_limit_that_the_tool_named_stops_every_scope_and_outlives_the_process() {
    let bench = Bench::new(2).await;
    for scope in ["a", "b", "c", "d"] {
        bench.tool.add_scope(scope);
        bench.tool.edit(scope, 1);
    }
    bench.tool.fail("pull a", 1, Disposition::RetryAfter(Duration::from_secs(600)), "RATE_LIMITED");
    bench.run_due().await;
    let asked = bench.tool.calls_of("pull").len();
    assert!(asked <= 2, "no more than those in flight: {:?}", bench.tool.calls());

    bench.tool.forget_calls();
    let (_, restarted) = bench.another(2).await;
    bench.time.advance(599);
    restarted.run_due(CancellationToken::new()).await.unwrap();
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    bench.time.advance(1);
    restarted.run_due(CancellationToken::new()).await.unwrap();
    bench.assert_converged().await;
}

#[tokio::test]
async fn one_bad_scope_leaves_the_others_alone_but_three_are_the_tool() {
    let bench = Bench::empty().await;
    for scope in ["a", "b", "c", "d", "e", "f"] {
        bench.tool.add_scope(scope);
        bench.tool.edit(scope, 1);
    }
    bench.add_source("acme").await;
    bench.tool.fail("pull a", 1, Disposition::BackOff, "BAD_GATEWAY");
    bench.run_due().await;
    assert_eq!(bench.events.of("finished").len(), 5);
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("BAD_GATEWAY".to_owned())));

    bench.time.advance(60);
    bench.tool.forget_calls();
    bench.tool.fail("pull", 100, Disposition::BackOff, "BAD_GATEWAY");
    bench.run_due().await;
    let asked = bench.tool.calls_of("pull").len();
    assert!((3..=4).contains(&asked), "{:?}", bench.tool.calls());
    bench.tool.forget_calls();
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), Vec::<String>::new(), "the tool is left alone for a while");
}

#[tokio::test]
async fn failures_in_a_row_wait_longer_and_longer_up_to_a_quarter_of_an_hour() {
    let bench = Bench::new(1).await;
    bench.tool.fail("pull", 100, Disposition::BackOff, "BAD_GATEWAY");
    let mut waits = Vec::new();
    for _ in 0..12 {
        bench.run_due().await;
        let scope = bench.scope().await;
        let wait = scope.next_run_at.since(scope.last_error.unwrap().at) / 1_000_000;
        waits.push(wait);
        bench.time.advance(wait + 1);
    }
    let longest = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900];
    for (wait, longest) in waits.iter().zip(longest) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
}

#[tokio::test]
async fn a_renewed_credential_is_tried_at_once() {
    let bench = Bench::new(2).await;
    bench.tool.fail("pull", 1, Disposition::PauseSource, "CREDENTIAL_REFUSED");
    bench.run_due().await;
    assert_eq!(bench.state().await.0, SourceState::NeedsCredential);
    bench.time.advance(1);
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("pull").len(), 1);

    bench.credentials.set("second");
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("connect").len(), 2, "with a session of its own");
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
    bench.assert_converged().await;
}

#[tokio::test]
async fn what_cannot_work_as_configured_is_tried_again_when_that_changes() {
    let bench = Bench::new(2).await;
    bench.tool.fail("pull", 1, Disposition::GiveUp, "NOT_FOUND");
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("NOT_FOUND".to_owned())));
    let settings = serde_json::json!({"repositories": ["the right one"]});
    bench.store.put_source(&SourceSpec { settings, ..spec("acme") }, true).await.unwrap();
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
    bench.assert_converged().await;
}

#[tokio::test]
async fn a_missing_credential_pauses_the_source_until_it_is_there() {
    let bench = Bench::new(2).await;
    bench.credentials.remove();
    bench.run_due().await;
    assert_eq!(
        bench.state().await,
        (SourceState::NeedsCredential, Some("CREDENTIAL_MISSING".to_owned()))
    );
    assert_eq!(bench.tool.calls(), Vec::<String>::new());
    bench.credentials.set(SECRET);
    bench.run_due().await;
    bench.assert_converged().await;
}

#[tokio::test]
async fn a_cursor_that_the_tool_no_longer_takes_is_dropped_once_in_a_pass() {
    let bench = Bench::new(4).await;
    bench.run_due().await;
    bench.tool.edit("board", 2);
    bench.tool.forget_calls();
    bench.tool.fail("pull board 4", 1, Disposition::RestartScope, "CURSOR_EXPIRED");
    bench.time.advance(60);
    bench.run_due().await;
    assert_eq!(
        bench.tool.calls(),
        ["pull board 4", "pull board 0", "pull board 2", "pull board 4"]
    );
    bench.assert_converged().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));

    bench.tool.forget_calls();
    bench.tool.fail("pull", 100, Disposition::RestartScope, "CURSOR_EXPIRED");
    bench.time.advance(60);
    bench.run_due().await;
    assert_eq!(bench.tool.calls(), ["pull board 5", "pull board 0"], "it is not kept at for ever");
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("CURSOR_EXPIRED".to_owned())));
}

#[tokio::test]
async fn a_source_of_an_unknown_kind_says_which_kinds_there_are() {
    let bench = Bench::new(0).await;
    let spec = SourceSpec { connector: "jirra".to_owned(), ..spec("acme") };
    bench.store.put_source(&spec, true).await.unwrap();
    bench.run_due().await;
    let error = bench.source().await.last_error.unwrap();
    assert_eq!(error.code, "UNKNOWN_CONNECTOR");
    assert!(
        error.message.contains("\"jirra\"") && error.message.contains("fake"),
        "{}",
        error.message
    );
}
