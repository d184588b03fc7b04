//! The past of tasks, read behind everything else.

use std::time::Duration;

use mainstem_connector::Disposition;
use mainstem_engine::{SyncOptions, SyncReport};
use mainstem_model::{Position, SourceState};
use tokio_util::sync::CancellationToken;

use crate::support::{Bench, FETCH_LIMIT, POLL_SECONDS};

/// A bench whose tool tells the past.
async fn historical(tasks: u32) -> Bench {
    let bench = Bench::new(tasks).await;
    bench.tool.tell_history();
    bench
}

async fn sync(bench: &Bench, history: bool) -> SyncReport {
    let options = SyncOptions { history, max_wait: Duration::ZERO, ..SyncOptions::default() };
    bench.engine.sync_once(&options, CancellationToken::new()).await.unwrap()
}

impl Bench {
    /// The tasks whose past the log tells, in order.
    async fn pasts(&self) -> Vec<String> {
        let log = self.store.read_log(Position(0), 100_000).await.unwrap();
        let mut pasts: Vec<_> = log
            .into_iter()
            .filter(|change| change.field == "milestone")
            .map(|change| change.after.unwrap().as_str().unwrap().to_owned())
            .collect();
        pasts.sort();
        pasts
    }

    fn all(tasks: u32) -> Vec<String> {
        (1..=tasks).map(|task| format!("board-{task:04}")).collect()
    }

    async fn past_is_known(&self) -> bool {
        self.scope().await.history_read_at.is_some()
    }
}

#[tokio::test]
async fn it_is_read_once_after_the_first_pass_and_told_once() {
    let bench = historical(7).await;
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("past").len(), 7_usize.div_ceil(FETCH_LIMIT));
    assert_eq!(bench.pasts().await, Bench::all(7));
    assert!(bench.past_is_known().await);
    assert_eq!(bench.events.of("past of"), ["past of board known"]);
    let calls = bench.tool.calls();
    let place = |start| calls.iter().position(|call| call.starts_with(start)).unwrap();
    assert!(place("past") > calls.iter().rposition(|call| call.starts_with("pull")).unwrap());

    // Neither the schedule nor a pass over everything again asks for it again.
    bench.tool.forget_calls();
    bench.time.advance(i64::from(POLL_SECONDS));
    bench.tool.fail("pull", 1, Disposition::RestartScope, "CURSOR_EXPIRED");
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("pull board 0").len(), 1, "{:?}", bench.tool.calls());
    assert_eq!(bench.tool.calls_of("past"), Vec::<String>::new());
}

#[tokio::test]
async fn a_tool_that_tells_no_past_is_not_asked_for_it() {
    let bench = Bench::new(3).await;
    bench.run_due().await;
    sync(&bench, true).await;
    assert_eq!(bench.tool.calls_of("past"), Vec::<String>::new());
    assert!(!bench.past_is_known().await);
}

#[tokio::test]
async fn one_visit_reads_only_so_much_of_it() {
    let bench = historical(320).await;
    bench.run_due().await;
    let first = bench.pasts().await.len();
    assert!((300..320).contains(&first), "{first} tasks in one visit");
    assert!(!bench.past_is_known().await);
    // The next visit is due at once, although no pass is.
    bench.tool.forget_calls();
    bench.run_due().await;
    assert_eq!(bench.tool.calls_of("pull"), Vec::<String>::new());
    assert_eq!(bench.pasts().await, Bench::all(320));
    assert!(bench.past_is_known().await);
}

#[tokio::test]
async fn a_sync_once_reads_it_only_where_that_is_asked_for() {
    let bench = historical(7).await;
    let report = sync(&bench, false).await;
    assert_eq!((report.ok, report.sources[0].histories), (true, 0));
    assert_eq!(bench.tool.calls_of("past"), Vec::<String>::new());

    let report = sync(&bench, true).await;
    assert_eq!((report.ok, report.sources[0].histories), (true, 7));
    assert_eq!(report.totals.changes, 7);
    assert_eq!(bench.pasts().await, Bench::all(7));

    let report = sync(&bench, true).await;
    assert_eq!((report.ok, report.sources[0].histories), (true, 0));
}

#[tokio::test]
async fn a_limit_keeps_the_past_waiting_and_nothing_else() {
    let bench = historical(7).await;
    let limit = Disposition::RetryAfter(Duration::from_secs(900));
    bench.tool.fail("past", 1, limit, "RATE_LIMITED");
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Healthy, None));
    assert_eq!(bench.tool.calls_of("past").len(), 1);

    bench.tool.edit("board", 8);
    bench.time.advance(i64::from(POLL_SECONDS));
    bench.run_due().await;
    bench.assert_converged().await;
    assert_eq!(bench.tool.calls_of("past").len(), 1, "its time has not come");

    bench.time.advance(900);
    bench.run_due().await;
    assert_eq!(bench.pasts().await, Bench::all(8));
}

#[tokio::test]
async fn whoever_waits_for_it_is_told_of_the_limit_and_goes_on_later() {
    let bench = historical(7).await;
    let limit = Disposition::RetryAfter(Duration::from_secs(90));
    bench.tool.fail("past", 1, limit, "RATE_LIMITED");
    let report = sync(&bench, true).await;
    let error = report.sources[0].error.as_ref().unwrap();
    assert_eq!((report.ok, error.code.as_str()), (false, "RATE_LIMITED"));
    bench.time.advance(90);
    assert!(sync(&bench, true).await.ok);
    assert_eq!(bench.pasts().await, Bench::all(7));
}

#[tokio::test]
async fn what_cannot_be_read_is_tried_alone_and_takes_no_other_down_with_it() {
    let bench = historical(7).await;
    bench.tool.interfere(|call| {
        let poisoned = call.starts_with("past") && call.contains("board-0002");
        async move {
            assert!(!poisoned, "an item that the connector's author did not foresee");
            Ok(())
        }
    });
    let mut rounds = 0;
    while bench.store.quarantined(bench.source_id(), 10).await.unwrap().is_empty() {
        rounds += 1;
        assert!(rounds < 200, "it is never parked: {:?}", bench.tool.calls_of("past"));
        bench.run_due().await;
        bench.time.advance(600);
    }
    assert!(bench.past_is_known().await);
    let expected: Vec<_> = Bench::all(7).into_iter().filter(|key| key != "board-0002").collect();
    assert_eq!(bench.pasts().await, expected);
}

#[tokio::test]
async fn a_failing_tool_is_left_alone() {
    let bench = historical(30).await;
    bench.tool.fail("past", u32::MAX, Disposition::BackOff, "BAD_GATEWAY");
    bench.run_due().await;
    assert_eq!(bench.state().await, (SourceState::Degraded, Some("BAD_GATEWAY".to_owned())));
    assert_eq!(bench.tool.calls_of("past").len(), 3);
    bench.tool.recover();
    for _ in 0..10 {
        bench.time.advance(600);
        bench.run_due().await;
    }
    assert_eq!(bench.pasts().await, Bench::all(30));
}

#[tokio::test]
async fn another_worker_goes_on_where_the_first_one_died() {
    for answered in 0..5 {
        let bench = historical(13).await;
        bench.run_until_past(answered).await;
        bench.time.advance(600);
        bench.tool.recover();
        let (_store, engine) = bench.another(2).await;
        engine.run_due(CancellationToken::new()).await.unwrap();
        assert_eq!(bench.pasts().await, Bench::all(13), "died after {answered} answers");
        let asked = bench.tool.calls_of("past").len();
        assert!(asked <= 13_usize.div_ceil(FETCH_LIMIT) + 1, "{asked} fetches");
    }
}

impl Bench {
    /// Works, and dies while the tool is asked for the past once more than so many times.
    async fn run_until_past(&self, answered: usize) {
        let (asked, mut asked_once_more) = tokio::sync::mpsc::unbounded_channel();
        let mut left = answered;
        self.tool.interfere(move |call| {
            let silent = call.starts_with("past") && left == 0;
            left -= usize::from(call.starts_with("past") && !silent);
            let asked = asked.clone();
            async move {
                if silent {
                    asked.send(()).unwrap();
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        });
        tokio::select! {
            _ = asked_once_more.recv() => {}
            report = sync(self, true) => panic!("it came to its end: {report:?}"),
        }
    }
}
