//! `serve`: what is answered, what is refused, and how it ends.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::json;

use super::client::{Client, code};
use super::program::{PATIENCE, Program, Running};
use super::site;
use crate::support::database::both_databases;

/// Starts to serve; gives the process and somebody with the first admin token.
pub fn serve(program: &Program) -> (Running, Client) {
    let running = program.start(&["serve"]);
    let said = running.stderr.wait_for("The first admin token is in ");
    let path = program.folder().join(said.rsplit(' ').next().unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads {}", path.display());
    let token = std::fs::read_to_string(path).unwrap();
    let client = Client::new(&running.address(), &token);
    (running, client)
}

both_databases! {
    async fn one_process_reads_and_answers(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        let (running, client) = serve(&program);
        let all = "{ tasks { totalCount } sources { nodes { state } } }";
        client
            .until(all, |status, answer| {
                status == 200
                    && answer["data"]["tasks"]["totalCount"] == 140
                    && answer["data"]["sources"]["nodes"][0]["state"] == "HEALTHY"
            })
            .await;
        let stranger = client.with_token("");
        for (path, expected) in [("/healthz", "ok"), ("/readyz", "true"), ("/graphiql", "<!doctype html")] {
            let answer = stranger.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            let body = String::from_utf8_lossy(&answer.body).to_lowercase();
            assert!(body.contains(expected), "{path}: {body}");
        }
        assert_eq!(stranger.get("/metrics").await.status, 401);
        let metrics = client.get("/metrics").await;
        assert_eq!(metrics.status, 200);
        let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
        assert!(metrics.lines().any(|line| line.starts_with("# TYPE mainstem_")), "{metrics}");

        let told = Instant::now();
        assert!(running.terminate().success());
        assert!(told.elapsed() < Duration::from_secs(5), "it took {:?}", told.elapsed());
    }
}

both_databases! {
    async fn one_process_reads_and_others_answer(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        let worker = program.start(&["work"]);
        worker.stderr.wait_for("working");
        let path = worker.stderr.wait_for("The first admin token is in ");
        let path = program.folder().join(path.rsplit(' ').next().unwrap());
        let token = std::fs::read_to_string(path).unwrap();
        let servers = [0, 1].map(|_| program.start(&["serve", "--no-work"]));
        let all = "{ tasks { totalCount nodes { key } } }";
        let mut answers = Vec::new();
        for server in &servers {
            let client = Client::new(&server.address(), &token);
            let whole = |_, answer: &serde_json::Value| answer["data"]["tasks"]["totalCount"] == 140;
            client.until(all, whole).await;
            answers.push(client.data(all).await);
        }
        assert_eq!(answers[0], answers[1]);
        for process in servers.into_iter().chain([worker]) {
            assert!(process.terminate().success());
        }
    }
}

both_databases! {
    async fn being_told_to_stop_ends_a_sync_that_waits_for_its_tool(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        let (reached, wait_until_reached) = std::sync::mpsc::channel();
        site.site.on_request(move |number, _| {
            if number == 5 {
                reached.send(()).unwrap();
            }
        });
        site.site.set_latency(Duration::from_millis(100));
        let (running, _client) = serve(&program);
        wait_until_reached.recv_timeout(PATIENCE).unwrap();
        // From now on nobody waits for the site, neither the program nor this test.
        site.site.set_latency(Duration::from_secs(600));
        let told = Instant::now();
        assert!(running.terminate().success());
        assert!(told.elapsed() < Duration::from_secs(5), "it took {:?}", told.elapsed());
        // What was under way is done by the next, without waiting for anybody's lease.
        site.site.set_latency(Duration::ZERO);
        let report = program.json(&["sync", "--once", "--json"]);
        assert_eq!(report["ok"], true, "{report}");
        assert!(report["durationSeconds"].as_f64().unwrap() < 20.0, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_the_token_and_the_answer() {
    let site = site().await;
    let program = Program::reading(&site.base_url, "sqlite://mainstem.db");
    program.must(&["sync", "--once"]);
    let token = std::fs::read_to_string(program.folder().join("mainstem.admin-token")).unwrap();
    for _ in 0..2 {
        let running = program.start(&["serve"]);
        let client = Client::new(&running.address(), &token);
        assert_eq!(client.data("{ tasks { totalCount } }").await["tasks"]["totalCount"], 140);
        assert!(running.terminate().success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_over_the_wire_are_refused_with_the_right_status() {
    let site = site().await;
    let program = Program::reading(&site.base_url, "sqlite://mainstem.db");
    let (running, client) = serve(&program);
    let question = json!({ "query": "{ viewer { name } }" }).to_string();
    let mutation = json!({ "query": "mutation { anything }" }).to_string();
    let json = ("content-type", "application/json");
    let url_encoded = "query=mutation%7Banything%7D";
    let boundary = ("content-type", "multipart/form-data; boundary=b");
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n\
        --b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n\
        --b\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.no.such\"]}\r\n--b--\r\n";
    let bomb = gzip_of_zeros();
    let graphql = "/graphql";
    let by_get = format!("{graphql}?{url_encoded}");
    for (method, path, headers, body, status) in [
        (Method::GET, graphql, vec![], vec![], 405),
        (Method::GET, by_get.as_str(), vec![], vec![], 405),
        (Method::PUT, graphql, vec![json], question.clone().into_bytes(), 405),
        (Method::DELETE, graphql, vec![], vec![], 405),
        (Method::POST, "/healthz", vec![], vec![], 405),
        (Method::GET, "/nothing", vec![], vec![], 404),
        (Method::GET, "/graphiql/../../etc/passwd", vec![], vec![], 404),
        (Method::POST, graphql, vec![], mutation.clone().into_bytes(), 415),
        (Method::POST, graphql, vec![("content-type", "text/plain")], mutation.into_bytes(), 415),
        (
            Method::POST,
            graphql,
            vec![("content-type", "application/x-www-form-urlencoded")],
            url_encoded.as_bytes().to_vec(),
            415,
        ),
        (Method::POST, graphql, vec![boundary], multipart.as_bytes().to_vec(), 415),
        (Method::POST, graphql, vec![json, ("content-encoding", "gzip")], bomb, 415),
        (Method::POST, graphql, vec![json], vec![b' '; 1024 * 1024 + 1], 413),
        (Method::POST, graphql, vec![json], question.clone().into_bytes(), 200),
    ] {
        let shown = format!("{method} {path} {headers:?}");
        let answer = client.send(method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{shown}");
        if ![200, 404].contains(&status) {
            assert_eq!(code(&answer), "BAD_USER_INPUT", "{shown}");
        }
    }
    // 64 MiB are refused before they come.
    let announced = client
        .raw(
            format!(
                "POST /graphql HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: 67108864\r\n\r\n",
                client.token
            )
            .as_bytes(),
        )
        .await;
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");

    // Nobody gets in by guessing, and those who are known to be good are not locked out.
    let stranger = client.with_token("");
    assert_eq!(stranger.ask("{ viewer { name } }").await.0, 401);
    let in_url = format!("{graphql}?access_token={}", client.token);
    let answer = stranger.send(Method::POST, &in_url, &[json], question).await;
    assert_eq!(answer.status, 400);
    let guess = client.with_token("ms_pat_a_guess");
    for _ in 0..10 {
        assert_eq!(guess.ask("{ viewer { name } }").await.0, 401);
    }
    let (status, answer) = guess.ask("{ viewer { name } }").await;
    assert_eq!(status, 429);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    client.data("{ viewer { name } }").await;
    assert!(running.terminate().success());
}

/// A few hundred bytes of gzip that would grow to 64 KiB for each; hand-made stored-and-repeated
/// blocks are not needed, since it must never be unpacked.
fn gzip_of_zeros() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    bytes.extend([0xed, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a]);
    bytes.extend(vec![0; 400]);
    bytes
}
