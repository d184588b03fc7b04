//! The same site, scripted over HTTP by tests in other languages.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Client;

async fn run(client: &Client, script: Value) -> Value {
    let answer = client.send(Method::POST, "/_sandbox/script", &[], &script.to_string()).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "{script}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    answer.json()
}

#[tokio::test]
async fn every_operation_has_its_effect() {
    let client = Client::new();
    let made =
        run(&client, json!({"op": "create_issue", "repository": "acme/api", "title": "One"})).await;
    let other =
        run(&client, json!({"op": "create_issue", "repository": "acme/web", "title": "Other"}))
            .await;
    let (number, blocker) = (made["number"].clone(), other["number"].clone());
    let path = format!("/repos/acme/api/issues/{number}");
    let person = client.get("/user").await.json()["login"].clone();
    let at = |op: &str, more: Value| {
        let mut script = json!({"op": op, "repository": "acme/api", "number": number});
        script.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        script
    };
    let other = json!({"repository": "acme/web", "number": blocker});
    for (script, pointer, expected) in [
        (at("edit_title", json!({"title": "Two"})), "/title", json!("Two")),
        (at("edit_body", json!({"body": "Text"})), "/body", json!("Text")),
        (at("close", json!({"reason": "duplicate"})), "/state_reason", json!("duplicate")),
        (at("reopen", json!({})), "/state", json!("open")),
        (at("add_label", json!({"label": "bug"})), "/labels/0/name", json!("bug")),
        (at("remove_label", json!({"label": "bug"})), "/labels", json!([])),
        (at("assign", json!({"login": person})), "/assignee/login", person.clone()),
        (at("unassign", json!({"login": person})), "/assignee", Value::Null),
        (at("comment", json!({"body": "Hello"})), "/comments", json!(1)),
        (
            at("add_dependency", json!({"blocker": other})),
            "/issue_dependencies_summary/blocked_by",
            json!(1),
        ),
        (
            at("remove_dependency", json!({"blocker": other})),
            "/issue_dependencies_summary/blocked_by",
            json!(0),
        ),
        (at("add_sub_issue", json!({"sub_issue": other})), "/sub_issues_summary/total", json!(1)),
        (
            at("remove_sub_issue", json!({"sub_issue": other})),
            "/sub_issues_summary/total",
            json!(0),
        ),
        (
            at(
                "malform",
                json!({"malformation": {"how": "replace", "field": "id", "value": "abc"}}),
            ),
            "/id",
            json!("abc"),
        ),
        (at("malform", json!({})), "/number", number.clone()),
        (at("hide", json!({})), "/message", json!("Not Found")),
        (at("show", json!({})), "/title", json!("Two")),
    ] {
        run(&client, script.clone()).await;
        let seen = client.get(&path).await.json();
        assert_eq!(seen.pointer(pointer), Some(&expected), "{script}");
    }
    let before = client.get(&path).await.json()["updated_at"].clone();
    run(&client, at("add_dependency", json!({"blocker": other, "moves_updated_at": true}))).await;
    assert_ne!(client.get(&path).await.json()["updated_at"], before);
    let comment = client.get(&format!("{path}/comments")).await.json()[0]["id"].clone();
    run(&client, json!({"op": "edit_comment", "id": comment, "body": "Changed"})).await;
    assert_eq!(client.get(&format!("{path}/comments")).await.json()[0]["body"], "Changed");
    run(&client, json!({"op": "delete_comment", "id": comment})).await;
    assert_eq!(client.get(&format!("{path}/comments")).await.json(), json!([]));
    assert_eq!(run(&client, json!({"op": "bulk_edit", "count": 7})).await["edited"], 7);
    let moved = run(&client, at("transfer", json!({"to": "acme/web"}))).await;
    assert_eq!(client.get(&path).await.status, StatusCode::MOVED_PERMANENTLY);
    let path = format!("/repos/acme/web/issues/{}", moved["number"]);
    assert_eq!(client.get(&path).await.json()["id"], moved["id"]);
    run(&client, json!({"op": "delete", "repository": "acme/web", "number": moved["number"]}))
        .await;
    assert_eq!(client.get(&path).await.status, StatusCode::GONE);
    run(&client, json!({"op": "rename_repository", "repository": "acme/web", "name": "site"}))
        .await;
    assert_eq!(client.get("/repos/acme/web").await.status, StatusCode::MOVED_PERMANENTLY);
    run(&client, json!({"op": "hide_repository", "repository": "acme/site"})).await;
    assert_eq!(client.get("/repos/acme/site").await.status, StatusCode::NOT_FOUND);
    run(&client, json!({"op": "fail", "fault": {"kind": "status", "status": 503, "times": 1, "path_contains": "labels"}})).await;
    assert_eq!(client.get("/repos/acme/api/labels").await.status, StatusCode::SERVICE_UNAVAILABLE);
    run(&client, json!({"op": "secondary_limit", "seconds": 60, "retry_after": 60})).await;
    assert_eq!(client.get("/repos/acme/api").await.header("retry-after"), "60");
    run(&client, json!({"op": "heal"})).await;
    run(&client, json!({"op": "set_limit", "limit": 77})).await;
    assert_eq!(client.get("/repos/acme/api").await.header("x-ratelimit-limit"), "77");
    run(&client, json!({"op": "reset_stats"})).await;
    client.get("/repos/acme/api").await;
    let stats = client.send(Method::GET, "/_sandbox/stats", &[], "").await.json();
    assert_eq!(
        stats["by_endpoint"],
        json!({"GET /repos/{owner}/{repo}": 1}),
        "scripts are not counted"
    );
}

#[tokio::test]
async fn pushes_change_the_commits_of_an_open_pull_request() {
    let client = Client::new();
    let pulls = client.get("/repos/acme/api/pulls?state=open").await.json();
    let number = pulls[0]["number"].clone();
    let path = format!("/repos/acme/api/pulls/{number}");
    let question = "query($number: Int!) { repository(owner: \"acme\", name: \"api\") {
        pullRequest(number: $number) { url commits(last: 2) { totalCount nodes {
          url pullRequest { number } commit { oid message committedDate url } } } } } }";
    let mut before = client.get(&path).await.json();
    assert_eq!(before["commits"].as_u64().map(|count| (1..=4).contains(&count)), Some(true));
    for (op, expected) in [
        (json!({"op": "push", "message": "Mend it\n\nFixes #1"}), vec!["Mend it\n\nFixes #1"]),
        (json!({"op": "force_push", "messages": ["One", "Two"]}), vec!["One", "Two"]),
    ] {
        let mut script = json!({"repository": "acme/api", "number": number});
        script.as_object_mut().unwrap().extend(op.as_object().unwrap().clone());
        run(&client, script).await;
        let after = client.get(&path).await.json();
        assert_ne!(after["updated_at"], before["updated_at"]);
        assert_ne!(after["head"]["sha"], before["head"]["sha"]);
        let count = match expected.len() {
            1 => before["commits"].as_u64().unwrap() + 1,
            count => count as u64,
        };
        let answer = client.ask(question, json!({"number": number})).await;
        let shown = &answer["data"]["repository"]["pullRequest"];
        let commits = &shown["commits"];
        assert_eq!((&commits["totalCount"], &after["commits"]), (&json!(count), &json!(count)));
        let nodes = commits["nodes"].as_array().unwrap();
        let told: Vec<_> = nodes.iter().map(|node| node["commit"]["message"].clone()).collect();
        assert_eq!(told[2 - expected.len()..], expected);
        let (last, oid) = (&nodes[1], nodes[1]["commit"]["oid"].as_str().unwrap());
        assert_eq!(
            (oid, &last["pullRequest"]["number"]),
            (after["head"]["sha"].as_str().unwrap(), &number)
        );
        assert_eq!(last["commit"]["committedDate"], after["updated_at"]);
        let page = shown["url"].as_str().unwrap();
        assert_eq!(last["url"], format!("{page}/commits/{oid}"));
        let repository = page.split_once("/pull/").unwrap().0;
        assert_eq!(last["commit"]["url"], format!("{repository}/commit/{oid}"));
        before = after;
    }
}

#[tokio::test]
async fn a_wrong_script_says_what_is_wrong() {
    let client = Client::new();
    for (script, status) in [
        (json!({"op": "dance"}), 400),
        (json!({"op": "edit_title", "repository": "acme/api", "number": 1}), 400),
        (json!({"op": "edit_title", "repository": "acme/api", "number": 99999, "title": "x"}), 404),
        (json!({"op": "heal", "nonsense": 1}), 400),
        (json!({"op": "push", "repository": "acme/api", "number": 1, "message": "x"}), 404),
    ] {
        let answer = client.send(Method::POST, "/_sandbox/script", &[], &script.to_string()).await;
        assert_eq!(answer.status.as_u16(), status, "{script}");
        assert!(answer.json()["message"].is_string());
    }
}
