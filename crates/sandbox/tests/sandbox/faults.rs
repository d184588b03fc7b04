//! Faults meet the requests they are meant for, and no others.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::faults::{Fault, FaultKind};
use mainstem_sandbox::world::Malformation;
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::Client;

const PATH: &str = "/repos/acme/api/issues?state=all&per_page=100";

#[tokio::test]
async fn statuses_come_as_often_as_scripted_and_only_where() {
    let client = Client::new();
    client.site.fail(Fault::next(FaultKind::Status { status: 502 }).times(2).on("/issues"));
    assert_eq!(client.get("/repos/acme/api").await.status, StatusCode::OK);
    for expected in [502, 502, 200] {
        assert_eq!(client.get(PATH).await.status.as_u16(), expected);
    }
    client.site.fail(Fault::next(FaultKind::Status { status: 500 }).times(9));
    client.site.heal();
    assert_eq!(client.get(PATH).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_break_as_scripted() {
    let client = Client::new();
    let whole = client.get(PATH).await;
    client.site.fail(Fault::next(FaultKind::Html));
    let html = client.get(PATH).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    assert!(html.body.starts_with(b"<!DOCTYPE html>"));
    client.site.fail(Fault::next(FaultKind::Cut));
    assert!(client.get(PATH).await.body.is_empty(), "no whole body comes");
    assert_eq!(client.get(PATH).await.body, whole.body);
}

#[allow(clippy::disallowed_methods, reason = "a test is the other side")]
#[tokio::test]
async fn a_cut_connection_breaks_on_a_real_socket() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let clock = std::sync::Arc::new(mainstem_model::clock::ManualClock::at(
        crate::support::NOW.parse().unwrap(),
    ));
    let sandbox = mainstem_sandbox::Sandbox::start(mainstem_sandbox::SiteOptions::default(), clock)
        .await
        .unwrap();
    sandbox.site.fail(Fault::next(FaultKind::Cut));
    let mut received = [Vec::new(), Vec::new()];
    for received in &mut received {
        let address = sandbox.base_url.strip_prefix("http://").unwrap();
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {PATH} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        socket.read_to_end(received).await.ok();
    }
    let [cut, whole] = received.map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(cut.starts_with("HTTP/1.1 200") && whole.starts_with("HTTP/1.1 200"));
    assert!(
        cut.len() > 10_000 && cut.len() < whole.len() * 2 / 3,
        "{} of {}",
        cut.len(),
        whole.len()
    );
    assert!(!cut.ends_with("0\r\n\r\n"), "a cut answer has no end");
}

#[tokio::test]
async fn links_mislead_as_scripted() {
    let client = Client::new();
    client.site.fail(Fault::next(FaultKind::ForeignNext { host: "https://elsewhere.test".into() }));
    let next = client.get(PATH).await.link("next").unwrap();
    assert!(next.starts_with("https://elsewhere.test/repositories/"), "{next}");

    client.site.fail(Fault::next(FaultKind::EndlessPages).times(50));
    let mut path = PATH.to_owned();
    for _ in 0..20 {
        let answer = client.get(&path).await;
        assert!(!answer.json().as_array().unwrap().is_empty());
        path = answer.link("next").expect("there is always a next page");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_take_their_time() {
    let client = Client::new();
    client.site.set_latency(Duration::from_millis(100));
    let start = tokio::time::Instant::now();
    client.get(PATH).await;
    assert_eq!(start.elapsed().as_millis() / 10, 10);
}

#[tokio::test]
async fn one_record_breaks_its_schema() {
    let client = Client::new();
    let malform =
        |how| client.site.edit(|world| world.malform(world.issue("acme/api", 5).unwrap(), how));
    let listed = async || {
        let path = "/repos/acme/api/issues?state=all&per_page=100&direction=asc";
        let all: Result<Value, _> = serde_json::from_slice(&client.get(path).await.body);
        all.map(|all| all[4].clone())
    };
    malform(Some(Malformation::Replace { field: "id".into(), value: json!("abc") }));
    assert_eq!(listed().await.unwrap()["id"], "abc");
    malform(Some(Malformation::Without { field: "title".into() }));
    assert!(listed().await.unwrap().get("title").is_none());
    malform(Some(Malformation::Truncated));
    assert!(listed().await.is_err(), "the whole page is no JSON");
    malform(None);
    assert!(listed().await.unwrap()["title"].is_string());
}

#[tokio::test]
async fn equal_times_come_when_time_is_frozen() {
    let client = Client::new();
    let times = |freeze: bool| {
        client.site.edit(|world| {
            if freeze {
                world.freeze_time();
            }
            world.bulk_edit(3).into_iter().map(|issue| world[issue].updated_at).collect::<Vec<_>>()
        })
    };
    assert!(times(false).is_sorted_by(|one, other| one < other));
    let frozen = times(true);
    assert!(frozen.iter().all(|time| *time == frozen[0]));
}

#[tokio::test]
async fn requests_are_counted_by_endpoint() {
    let client = Client::new();
    let next = client.get(PATH).await.link("next").unwrap();
    assert!(next.starts_with("/repositories/"));
    client.get(&next).await;
    client.get("/repos/acme/api/issues/1/comments").await;
    client.write(Method::POST, "/repos/acme/api/issues", json!({"title": "One"})).await;
    let stats = client.site.stats();
    for (endpoint, count) in [
        ("GET /repos/{owner}/{repo}/issues", 2),
        ("GET /repos/{owner}/{repo}/issues/{id}/comments", 1),
        ("POST /repos/{owner}/{repo}/issues", 1),
    ] {
        assert_eq!(stats.asked(endpoint), count, "{endpoint}: {stats:?}");
    }
    assert_eq!((stats.requests, stats.by_status[&200], stats.by_status[&201]), (4, 3, 1));
    client.site.reset_stats();
    assert_eq!(client.site.stats().requests, 0);
}
