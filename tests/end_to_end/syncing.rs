//! `sync --once`, alone, interrupted and beside another process, on both databases.

use std::sync::mpsc;
use std::time::Duration;

use super::program::{PATIENCE, Program};
use super::site;
use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::Contents;

both_databases! {
    async fn the_second_sync_of_an_unchanged_site_writes_nothing(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        let first = program.json(&["sync", "--once", "--json"]);
        assert_eq!(first["ok"], true, "{first}");
        assert_eq!(first["totals"]["tasksAdded"], 140, "{first}");
        site.site.reset_stats();
        let second = program.json(&["sync", "--once", "--json"]);
        assert_eq!(second["ok"], true, "{second}");
        assert_eq!(second["totals"]["rowsWritten"], 0, "{second}");
        assert_eq!(second["totals"]["changes"], 0, "{second}");
        // Two repositories, a few requests each, whatever is in them.
        assert!(site.site.stats().requests <= 14, "{:?}", site.site.stats());
        assert_eq!(second["requests"]["sent"], site.site.stats().requests, "{second}");
    }
}

both_databases! {
    async fn a_sync_that_was_killed_is_completed_by_the_next(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        // The site falls silent at its tenth request, until the process is gone.
        let (reached, wait_until_reached) = mpsc::channel();
        let (go_on, wait_until_gone) = mpsc::channel::<()>();
        site.site.on_request(move |number, _| {
            if number == 10 {
                reached.send(()).unwrap();
                wait_until_gone.recv().unwrap();
            }
        });
        let killed = program.start(&["sync", "--once"]);
        wait_until_reached.recv_timeout(PATIENCE).unwrap();
        killed.kill();
        go_on.send(()).unwrap();
        site.site.clear_hook();
        let_the_lease_run_out(&db).await;

        let second = program.json(&["sync", "--once", "--json"]);
        assert_eq!(second["ok"], true, "{second}");
        let fresh = TestDatabase::sqlite().await;
        Program::reading(&site.base_url, &fresh.url).must(&["sync", "--once"]);
        let (read, expected) = (Contents::of(&db.store).await, Contents::of(&fresh.store).await);
        assert_eq!(read.tasks.len(), 140);
        assert_eq!(read, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_nothing() {
    let site = site().await;
    let program = Program::reading(&site.base_url, "sqlite://mainstem.db");
    assert!(program.run_unread(&["sync", "--once", "--log", "debug"]).success());
    let counted = program.json(&["query", "{ tasks { totalCount } }"]);
    assert_eq!(counted["data"]["tasks"]["totalCount"], 140, "{counted}");
}

/// The killed process would hold its lease for a minute: to a clock far ahead that minute is over.
async fn let_the_lease_run_out(db: &TestDatabase) {
    db.clock.advance_seconds(100 * 365 * 86_400);
    let lease = db.store.acquire_lease("source:acme", "the tests", Duration::from_secs(1)).await;
    db.store.release_lease(&lease.unwrap().unwrap()).await.unwrap();
}

both_databases! {
    async fn two_processes_on_one_database_read_each_source_once(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        let answers = std::thread::scope(|threads| {
            let sync = || program.json(&["sync", "--once", "--json"]);
            let running = [threads.spawn(sync), threads.spawn(sync)];
            running.map(|thread| thread.join().unwrap())
        });
        let added: u64 =
            answers.iter().map(|answer| answer["totals"]["tasksAdded"].as_u64().unwrap()).sum();
        assert_eq!(added, 140, "{answers:?}");
        assert!(answers.iter().all(|answer| answer["ok"] == true), "{answers:?}");
        assert_eq!(Contents::of(&db.store).await.tasks.len(), 140);
    }
}

both_databases! {
    async fn a_question_from_the_shell_is_answered(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        program.must(&["sync", "--once"]);
        let answer = program.json(&["query", "{ tasks(first: 1) { totalCount nodes { key } } }"]);
        assert_eq!(answer["data"]["tasks"]["totalCount"], 140);
        let key = answer["data"]["tasks"]["nodes"][0]["key"].as_str().unwrap();
        let variables = serde_json::json!({ "key": key }).to_string();
        let answer = program.json(&[
            "query",
            "query ($key: String) { task(key: $key) { key } }",
            "--variables",
            &variables,
        ]);
        assert_eq!(answer["data"]["task"]["key"], key);
        let ended = program.run(&["query", "{ nothing }"]);
        assert_eq!(ended.code, Some(1));
        let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_refuses_is_reported_and_ends_with_a_code() {
    let options = mainstem_sandbox::SiteOptions {
        tokens: Some(vec!["another".to_owned()]),
        ..mainstem_sandbox::SiteOptions::default()
    };
    let clock = std::sync::Arc::new(mainstem_model::SystemClock);
    let site = mainstem_sandbox::Sandbox::start(options, clock).await.unwrap();
    let program = Program::reading(&site.base_url, "sqlite://mainstem.db");
    let ended = program.run(&["sync", "--once", "--json"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["sources"][0]["error"]["code"], "CREDENTIAL_REFUSED", "{report}");
}
