//! What the engine tells of its work: log lines and metrics.

use mainstem_connector::Disposition;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::support::{Bench, SECRET, log};

#[tokio::test]
async fn a_failure_is_logged_once_with_its_code_and_without_a_secret() {
    let bench = Bench::new(5).await;
    bench.tool.fail("pull board 2", 1, Disposition::BackOff, "BAD_GATEWAY");
    bench.run_due().await;
    bench.time.advance(5);
    bench.run_due().await;
    let text = log::of_this_test();
    let lines: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["target"].as_str().unwrap().starts_with("mainstem_engine"))
        .collect();
    let warnings: Vec<_> = lines.iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let fields = &warnings[0]["fields"];
    assert_eq!(
        (&fields["source"], &fields["scope"], &fields["code"]),
        (&"acme".into(), &"board".into(), &"BAD_GATEWAY".into())
    );
    let complete = |line: &&serde_json::Value| line["fields"]["message"] == "pass complete";
    assert_eq!(lines.iter().filter(complete).count(), 1);
    assert!(!text.contains(SECRET));
}

#[test]
fn the_work_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let bench = Bench::new(5).await;
            bench.tool.hint_at("board-0001");
            bench.tool.fail("pull board 2", 1, Disposition::BackOff, "BAD_GATEWAY");
            bench.run_due().await;
            bench.time.advance(5);
            bench.run_due().await;
            bench.time.advance(10);
            bench.run_due().await;
        });
    });
    let text = metrics.render();
    for line in [
        "mainstem_batches_total{source=\"acme\"} 3",
        "mainstem_rows_written_total{source=\"acme\"} 6",
        "mainstem_hints_answered_total{source=\"acme\"} 1",
        "mainstem_errors_total{source=\"acme\",code=\"BAD_GATEWAY\"} 1",
        "mainstem_lag_seconds{source=\"acme\"} 15",
        "mainstem_requests_total{outcome=\"other\"} 7",
        "mainstem_pass_seconds_count{source=\"acme\"} 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is missing from\n{text}");
    }
}
