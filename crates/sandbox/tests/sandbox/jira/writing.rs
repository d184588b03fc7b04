//! Writing through the interface.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::jira::support::Client;

#[tokio::test]
async fn issues_are_made_and_changed() {
    let client = Client::cloud();
    let document = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}]});
    let made = client
        .write(
            Method::POST,
            "/issue",
            json!({"fields": {
                "project": {"key": "WEB"}, "issuetype": {"name": "Story"}, "summary": "A story",
                "description": document, "labels": ["x"], "priority": {"name": "High"},
            }}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let path = format!("/issue/{key}");
    let fields = client.get(&path).await.json()["fields"].clone();
    assert_eq!((&fields["description"], &fields["priority"]["name"]), (&document, &json!("High")));
    assert_eq!(
        client.get(&format!("{path}/changelog")).await.json()["total"],
        0,
        "nothing changed yet"
    );
    let me = client.get("/myself").await.json()["accountId"].clone();
    let changed = client
        .write(Method::PUT, &path, json!({
            "fields": {"summary": "Another", "assignee": {"accountId": me}, "duedate": "2026-07-01", "timetracking": {"originalEstimate": "1d 2h"}},
            "update": {"labels": [{"add": "y"}, {"remove": "x"}]},
        }))
        .await;
    assert_eq!((changed.status, changed.body.is_empty()), (StatusCode::NO_CONTENT, true));
    let issue = client.get(&format!("{path}?expand=changelog")).await.json();
    assert_eq!(issue["fields"]["labels"], json!(["y"]));
    assert_eq!(issue["fields"]["timeoriginalestimate"], 36_000);
    assert_eq!(issue["changelog"]["total"], 1, "one request, one entry");
    assert_eq!(issue["changelog"]["histories"][0]["author"]["accountId"], me);
    for (body, field) in [
        (json!({"fields": {"nonsense": 1}}), "nonsense"),
        (json!({"fields": {"summary": ""}}), "summary"),
        (json!({"fields": {"description": "not a document"}}), "description"),
        (json!({"fields": {"priority": {"name": "Whenever"}}}), "priority"),
        (json!({"fields": {"assignee": {"accountId": "nobody"}}}), "assignee"),
        (json!({"fields": {"duedate": "soon"}}), "duedate"),
    ] {
        let answer = client.write(Method::PUT, &path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.json()["errors"][field].is_string(), "{field}: {}", answer.text());
    }
}

#[tokio::test]
async fn transitions_differ_from_type_to_type() {
    let client = Client::cloud();
    let mut ids = Vec::new();
    for kind in ["Story", "Bug"] {
        let key = client
            .run(
                json!({"op": "create_issue", "project": "ENG", "summary": "x", "issue_type": kind}),
            )
            .await["key"]
            .clone();
        let path = format!("/issue/{}/transitions", key.as_str().unwrap());
        let ways = client.get(&path).await.json()["transitions"].clone();
        let done = ways.as_array().unwrap().iter().find(|way| way["to"]["name"] == "Done").unwrap()
            ["id"]
            .clone();
        let moved = client.write(Method::POST, &path, json!({"transition": {"id": done}, "fields": {"resolution": {"name": "Cannot Reproduce"}}})).await;
        assert_eq!(moved.status, StatusCode::NO_CONTENT);
        let issue = client.get(&format!("/issue/{}", key.as_str().unwrap())).await.json();
        assert_eq!(issue["fields"]["resolution"]["name"], "Cannot Reproduce");
        let again = client.write(Method::POST, &path, json!({"transition": {"id": done}})).await;
        assert_eq!(again.status, StatusCode::BAD_REQUEST, "there is no way from done to done");
        ids.push(done);
    }
    assert_ne!(ids[0], ids[1]);
}

/// `inwardIssue` of the body is the one that blocks, as was measured; the answer has no id.
#[tokio::test]
async fn links_go_the_way_that_was_measured() {
    let client = Client::cloud();
    let body = json!({"type": {"name": "Blocks"}, "inwardIssue": {"key": "ENG-1"}, "outwardIssue": {"key": "WEB-1"}});
    let made = client.write(Method::POST, "/issueLink", body.clone()).await;
    assert_eq!((made.status, made.body.is_empty()), (StatusCode::CREATED, true));
    let issue = client.get("/issue/WEB-1?fields=issuelinks").await.json();
    let links = issue["fields"]["issuelinks"].as_array().unwrap();
    let link = links
        .iter()
        .find(|link| link["inwardIssue"]["key"] == "ENG-1")
        .expect("WEB-1 is blocked by ENG-1");
    let count = links.len();
    assert_eq!(
        client.write(Method::POST, "/issueLink", body).await.status,
        StatusCode::CREATED,
        "twice is once"
    );
    let path = format!("/issueLink/{}", link["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["outwardIssue"]["key"], "WEB-1");
    assert_eq!(
        client.write(Method::DELETE, &path, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
    let after = client.get("/issue/WEB-1?fields=issuelinks").await.json();
    assert_eq!(after["fields"]["issuelinks"].as_array().unwrap().len(), count - 1);
    let unknown = json!({"type": {"name": "Adores"}, "inwardIssue": {"key": "ENG-1"}, "outwardIssue": {"key": "WEB-1"}});
    assert_eq!(
        client.write(Method::POST, "/issueLink", unknown).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn comments_and_work_are_written() {
    for client in [Client::cloud(), Client::data_center()] {
        let text = |words: &str| {
            if client.api.ends_with('3') {
                json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}]})
            } else {
                json!(words)
            }
        };
        let made =
            client.write(Method::POST, "/issue/ENG-1/comment", json!({"body": text("One")})).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let path = format!("/issue/ENG-1/comment/{}", made.json()["id"].as_str().unwrap());
        client.clock.advance_seconds(5);
        let edited = client.write(Method::PUT, &path, json!({"body": text("Two")})).await.json();
        assert_eq!(edited["body"], text("Two"));
        assert_ne!(edited["created"], edited["updated"]);
        assert_eq!(
            client.write(Method::DELETE, &path, Value::Null).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            client.write(Method::POST, "/issue/ENG-1/comment", json!({})).await.status,
            StatusCode::BAD_REQUEST
        );
        let work = client.write(Method::POST, "/issue/ENG-1/worklog", json!({"timeSpent": "1h 30m", "started": "2026-05-29T10:00:00.000+0200", "comment": text("Work")})).await.json();
        assert_eq!(
            (&work["timeSpentSeconds"], &work["started"]),
            (&json!(5_400), &json!("2026-05-29T08:00:00.000+0000"))
        );
    }
}

#[tokio::test]
async fn remote_links_are_made_and_removed_and_the_history_tells() {
    for (client, field) in
        [(Client::cloud(), "RemoteWorkItemLink"), (Client::data_center(), "RemoteIssueLink")]
    {
        let path = "/issue/ENG-1/remotelink";
        let body = json!({"relationship": "causes", "object": {"url": "https://wiki.example/1", "title": "Plan"}});
        let made = client.write(Method::POST, path, body).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let own = format!("{path}/{}", made.json()["id"]);
        assert_eq!(client.get(&own).await.json()["relationship"], "causes");
        let refused = client.write(Method::POST, path, json!({"object": {"title": "Plan"}})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let removed = client.write(Method::DELETE, &own, Value::Null).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        for gone in [client.get(&own).await, client.write(Method::DELETE, &own, Value::Null).await]
        {
            assert_eq!(gone.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(client.get(path).await.json(), json!([]));
        let issue = client.get("/issue/ENG-1?expand=changelog").await.json();
        let histories = issue["changelog"]["histories"].as_array().unwrap();
        let items: Vec<&Value> =
            histories.iter().flat_map(|entry| entry["items"].as_array().unwrap()).collect();
        let mut told: Vec<_> = items
            .into_iter()
            .filter(|item| item["field"] == field)
            .map(|item| (item["from"].is_string(), item["to"].is_string()))
            .collect();
        told.sort_unstable();
        assert_eq!(told, [(false, true), (true, false)]);
    }
}
