//! The same, said over HTTP.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::jira::support::Client;

#[tokio::test]
async fn every_script_does_what_it_says() {
    let client = Client::cloud();
    let key = client.run(json!({"op": "create_issue", "project": "ENG", "summary": "One", "description": "Text", "issue_type": "Bug", "parent": "ENG-1"})).await["key"].clone();
    let path = format!("/issue/{}", key.as_str().unwrap());
    let person = client.site.world()[client.issue("ENG-1")].assignee;
    let person =
        person.map_or("mainstem-sync".to_owned(), |user| client.site.world()[user].name.clone());
    for (script, pointer, expected) in [
        (json!({"op": "edit", "issue": key, "summary": "Two"}), "/fields/summary", json!("Two")),
        (
            json!({"op": "edit", "issue": key, "priority": "low"}),
            "/fields/priority/name",
            json!("Low"),
        ),
        (json!({"op": "edit", "issue": key, "labels": ["a"]}), "/fields/labels/0", json!("a")),
        (
            json!({"op": "edit", "issue": key, "status": "In Review"}),
            "/fields/status/name",
            json!("In Review"),
        ),
        (json!({"op": "edit", "issue": key, "parent": ""}), "/fields/assignee", json!(null)),
        (
            json!({"op": "edit", "issue": key, "assignee": person}),
            "/fields/assignee/active",
            json!(true),
        ),
        (json!({"op": "edit", "issue": key, "assignee": ""}), "/fields/assignee", json!(null)),
        (json!({"op": "time_zone", "name": "Asia/Kathmandu"}), "/fields/labels/0", json!("a")),
        (json!({"op": "index_lag", "seconds": 30}), "/fields/summary", json!("Two")),
        (json!({"op": "index_lag", "seconds": 30, "issue": key}), "/fields/summary", json!("Two")),
        (json!({"op": "index_lag", "seconds": 0}), "/fields/summary", json!("Two")),
    ] {
        client.run(script.clone()).await;
        assert_eq!(client.get(&path).await.json().pointer(pointer), Some(&expected), "{script}");
    }
    assert!(client.get("/myself").await.json()["timeZone"] == "Asia/Kathmandu");
    assert!(
        client.get(&path).await.json()["fields"]["updated"].as_str().unwrap().ends_with("+0545")
    );
    let link = client
        .run(json!({"op": "link", "kind": "blocks", "source": key, "target": "WEB-1"}))
        .await["id"]
        .clone();
    client.run(json!({"op": "unlink", "id": link})).await;
    let link = client.run(json!({"op": "link_elsewhere", "issue": key, "url": "https://github.com/acme/api/issues/7", "title": "acme/api#7", "relationship": "follows"})).await["id"].clone();
    let links = client.get(&format!("{path}/remotelink")).await.json();
    assert_eq!(
        (&links[0]["object"]["title"], &links[0]["relationship"]),
        (&json!("acme/api#7"), &json!("follows"))
    );
    client.run(json!({"op": "unlink_elsewhere", "id": link})).await;
    assert_eq!(client.get(&format!("{path}/remotelink")).await.json(), json!([]));
    let work = client
        .run(json!({"op": "log_work", "issue": key, "seconds": 60, "note": "Paired"}))
        .await["id"]
        .clone();
    client.run(json!({"op": "edit_worklog", "id": work, "seconds": 120})).await;
    let work = client.get(&format!("{path}/worklog/{work}")).await.json();
    assert_eq!(work["timeSpentSeconds"], 120);
    assert!(work["comment"].to_string().contains("Paired"));
    assert_eq!(client.run(json!({"op": "bulk_edit", "count": 7})).await["edited"], 7);
    client.run(json!({"op": "fail", "fault": {"kind": "status", "status": 502, "path_contains": "/field"}})).await;
    assert_eq!(client.get("/field").await.status, StatusCode::BAD_GATEWAY);
    client.run(json!({"op": "refuse", "seconds": 9, "refused": "quota"})).await;
    assert_eq!(client.get("/field").await.header("retry-after"), "9");
    client.run(json!({"op": "heal"})).await;
    client.run(json!({"op": "set_burst", "per_second": 1})).await;
    assert_eq!(client.get("/field").await.header("x-ratelimit-limit"), "1");
    client.run(json!({"op": "set_burst"})).await;
    client.run(json!({"op": "require", "credential": {"kind": "basic", "username": "a", "token": "b"}})).await;
    assert_eq!(client.get("/myself").await.status, StatusCode::UNAUTHORIZED);
    client.run(json!({"op": "reset_stats"})).await;
    client.get("/field").await;
    let stats = client.send(Method::GET, "/_sandbox/stats", &[], "").await.json();
    assert_eq!(stats["by_endpoint"], json!({"GET /field": 1}), "scripts are not counted");
}

#[tokio::test]
async fn a_wrong_script_says_what_is_wrong() {
    let client = Client::cloud();
    for (script, status, words) in [
        (json!({"op": "dance"}), 400, "dance"),
        (json!({"op": "edit"}), 400, "issue"),
        (json!({"op": "edit", "issue": "ENG-1", "colour": "red"}), 400, "colour"),
        (json!({"op": "edit", "issue": "ENG-99999", "summary": "x"}), 404, "ENG-99999"),
        (json!({"op": "edit", "issue": "ENG-1", "status": "Asleep"}), 404, "Asleep"),
        (
            json!({"op": "link", "kind": "Adores", "source": "ENG-1", "target": "ENG-2"}),
            404,
            "Adores",
        ),
        (json!({"op": "time_zone", "name": "Mars/Olympus"}), 404, "Mars/Olympus"),
        (json!({"op": "delete_comment", "id": 1}), 404, "comment"),
        (json!({"op": "unlink_elsewhere", "id": 1}), 404, "remote link"),
        (json!({"op": "edit_worklog", "id": 1, "seconds": 60}), 404, "work log"),
    ] {
        let answer = client.send(Method::POST, "/_sandbox/script", &[], &script.to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{script}");
        assert!(answer.message().contains(words), "{script}: {}", answer.message());
    }
    assert_eq!(
        client.send(Method::GET, "/_sandbox/nothing", &[], "").await.status,
        StatusCode::NOT_FOUND
    );
}
