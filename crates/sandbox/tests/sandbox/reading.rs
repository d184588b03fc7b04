//! Conditional requests, what became of what was there, and the shape of refusals.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::World;
use serde_json::Value;

use crate::support::Client;

type Change = Box<dyn Fn(&mut World)>;

const TOKEN: (&str, &str) = ("authorization", "Bearer t");

#[tokio::test]
async fn an_etag_changes_when_the_content_does_and_only_then() {
    let client = Client::new();
    let all = client.all("/repos/acme/api/issues?state=all&per_page=100").await;
    let number = |wanted: &dyn Fn(&Value) -> bool| {
        all.iter().find(|issue| wanted(issue)).expect("the seed has one")["number"]
            .as_u64()
            .unwrap() as u32
    };
    let blocked =
        number(&|issue| issue["issue_dependencies_summary"]["blocked_by"].as_u64() > Some(0));
    let child = number(&|issue| issue["parent_issue_url"].is_string() && issue["state"] == "open");
    let in_milestone = number(&|issue| issue["milestone"].is_object() && issue["state"] == "open");
    let commented = number(&|issue| issue["comments"].as_u64() > Some(0));
    let paths: Vec<String> = [
        "/repos/acme/api",
        "/repos/acme/api/issues?state=all&per_page=100",
        "/repos/acme/api/issues?state=all&per_page=100&page=2",
        "/repos/acme/api/issues/comments?per_page=100",
        "/repos/acme/api/issues/events?per_page=10",
        "/repos/acme/api/labels",
        "/repos/acme/api/milestones?state=all",
        "/repos/acme/web/issues?state=all&per_page=100",
        "/orgs/acme",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        format!("/repos/acme/api/issues/{blocked}"),
        format!("/repos/acme/api/issues/{blocked}/dependencies/blocked_by"),
        format!("/repos/acme/api/issues/{child}/parent"),
        format!("/repos/acme/api/issues/{commented}/comments"),
        format!("/repos/acme/api/issues/{commented}/timeline"),
    ])
    .collect();

    let issue = move |world: &World, number| world.issue("acme/api", number).unwrap();
    let changes: Vec<(&str, Change)> = vec![
        ("nothing", Box::new(|_| {})),
        ("title", Box::new(move |world| world.edit_title(issue(world, blocked), "New"))),
        ("body", Box::new(move |world| world.edit_body(issue(world, blocked), "New"))),
        ("label", Box::new(move |world| world.add_label(issue(world, child), "fresh"))),
        (
            "close",
            Box::new(move |world| {
                world.close(
                    issue(world, in_milestone),
                    mainstem_sandbox::world::StateReason::Completed,
                )
            }),
        ),
        (
            "child closed",
            Box::new(move |world| {
                world.close(issue(world, child), mainstem_sandbox::world::StateReason::Completed)
            }),
        ),
        (
            "comment",
            Box::new(move |world| {
                let author = world.people().next().unwrap();
                world.comment(issue(world, commented), author, "Hello");
            }),
        ),
        (
            "dependency",
            Box::new(|world| {
                let (waits, blocker) =
                    (world.issue("acme/web", 1).unwrap(), world.issue("acme/api", 250).unwrap());
                let _ = world.add_dependency(waits, blocker);
            }),
        ),
        ("deleted", Box::new(|world| world.delete(world.issue("acme/api", 200).unwrap()))),
        (
            "hidden repository",
            Box::new(|world| world.hide_repository(world.repository("acme/web").unwrap(), true)),
        ),
        (
            "renamed",
            Box::new(|world| {
                world.rename_repository(world.repository("acme/mobile").unwrap(), "phone")
            }),
        ),
        (
            "malformed",
            Box::new(|world| {
                let how = mainstem_sandbox::world::Malformation::Without { field: "title".into() };
                world.malform(world.issue("acme/api", 201).unwrap(), Some(how));
            }),
        ),
    ];
    for (what, change) in changes {
        let mut before = Vec::new();
        for path in &paths {
            before.push(client.get(path).await);
        }
        client.site.edit(|world| change(world));
        for (path, before) in paths.iter().zip(before) {
            let after = client.get(path).await;
            let etag = before.header("etag");
            assert_eq!(after.body == before.body, after.header("etag") == etag, "{what}: {path}");
            let asked = client.send(Method::GET, path, &[TOKEN, ("if-none-match", etag)], "").await;
            let expected = if after.status != StatusCode::OK {
                after.status
            } else if after.body == before.body {
                StatusCode::NOT_MODIFIED
            } else {
                StatusCode::OK
            };
            assert_eq!(asked.status, expected, "{what}: {path}");
        }
    }
}

#[tokio::test]
async fn an_unchanged_answer_is_free() {
    let client = Client::new();
    let path = "/repos/acme/api/issues";
    let first = client.get(path).await;
    assert!(first.header("etag").starts_with("W/\""));
    let second =
        client.send(Method::GET, path, &[TOKEN, ("if-none-match", first.header("etag"))], "").await;
    assert_eq!(second.status, StatusCode::NOT_MODIFIED);
    assert!(second.body.is_empty());
    assert_eq!(second.header("x-ratelimit-remaining"), first.header("x-ratelimit-remaining"));
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(client.site.stats().not_modified, 1);
}

#[tokio::test]
async fn what_is_gone_says_how() {
    let client = Client::new();
    let (transferred, number) = client.site.edit(|world| {
        world.delete(world.issue("acme/api", 1).unwrap());
        world.hide(world.issue("acme/api", 2).unwrap());
        let issue = (3..)
            .map(|number| world.issue("acme/api", number).unwrap())
            .find(|&key| !world[key].is_pull_request())
            .unwrap();
        let number = world[issue].number;
        let to = world.repository("acme/web").unwrap();
        let new = world.transfer(issue, to);
        world.rename_repository(world.repository("acme/mobile").unwrap(), "phone");
        world.hide_repository(world.repository("acme/infrastructure").unwrap(), true);
        (world[new].number, number)
    });
    let web = client.get("/repos/acme/web").await.json()["id"].as_u64().unwrap();
    let phone = client.get("/repos/acme/phone").await.json()["id"].as_u64().unwrap();
    for (path, status, location) in [
        ("/repos/acme/api/issues/1".to_owned(), 410, None),
        ("/repos/acme/api/issues/2".into(), 404, None),
        ("/repos/acme/api/issues/99999".into(), 404, None),
        ("/repos/acme/api/issues/soon".into(), 404, None),
        (
            format!("/repos/acme/api/issues/{number}"),
            301,
            Some(format!("/repositories/{web}/issues/{transferred}")),
        ),
        (format!("/repos/acme/api/issues/{number}/comments"), 404, None),
        ("/repos/acme/mobile".into(), 301, Some(format!("/repositories/{phone}"))),
        (
            "/repos/acme/mobile/issues?state=all".into(),
            301,
            Some(format!("/repositories/{phone}/issues?state=all")),
        ),
        ("/repos/acme/infrastructure".into(), 404, None),
        ("/repos/acme/infrastructure/issues/1".into(), 404, None),
        ("/repos/acme/nothing".into(), 404, None),
        ("/repos/other/api".into(), 404, None),
        ("/nothing/here".into(), 404, None),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let expected =
            location.map_or(String::new(), |path| format!("http://{}{path}", crate::support::HOST));
        assert_eq!(answer.header("location"), expected, "{path}");
        let body = answer.json();
        assert!(body["message"].is_string() && body["documentation_url"].is_string(), "{body}");
        if status == 301 {
            assert_eq!(body["url"], expected);
            let target = client
                .get(expected.trim_start_matches(&format!("http://{}", crate::support::HOST)))
                .await;
            assert_eq!(target.status, StatusCode::OK, "{expected}");
        } else {
            assert_eq!(body["status"], status.to_string());
        }
    }
    let moved = client.get(&format!("/repos/acme/web/issues/{transferred}")).await.json();
    assert!(moved["repository_url"].as_str().unwrap().ends_with("/repos/acme/web"));
    let listed = client.all("/repos/acme/api/issues?state=all&per_page=100").await;
    assert!(
        listed
            .iter()
            .all(|issue| ![1, 2, u64::from(number)].contains(&issue["number"].as_u64().unwrap()))
    );
}

#[tokio::test]
async fn every_answer_carries_the_usual_headers() {
    let client = Client::new();
    let answer = client.get("/repos/acme/api").await;
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("date", "Mon, 01 Jun 2026 09:00:00 GMT"),
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "4999"),
        ("x-ratelimit-used", "1"),
        ("x-ratelimit-resource", "core"),
        ("x-ratelimit-reset", "1780308000"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(!answer.header("x-github-request-id").is_empty());
    let zipped = client
        .send(Method::GET, "/repos/acme/api/issues", &[TOKEN, ("accept-encoding", "gzip")], "")
        .await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert!(zipped.body.starts_with(&[0x1f, 0x8b]));
    let xml =
        client.send(Method::GET, "/repos/acme/api", &[TOKEN, ("accept", "text/xml")], "").await;
    assert_eq!(xml.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn both_prefixes_answer_the_same_but_for_their_urls() {
    let client = Client::new();
    let plain = String::from_utf8(client.get("/repos/acme/api/issues/7").await.body).unwrap();
    let enterprise =
        String::from_utf8(client.get("/api/v3/repos/acme/api/issues/7").await.body).unwrap();
    assert!(enterprise.contains("/api/v3/repos/acme/api/issues/7/comments"));
    assert_eq!(enterprise.replace("/api/v3", ""), plain);
}
