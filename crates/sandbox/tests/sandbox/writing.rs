//! What ordinary clients write, and what follows from it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Client;

/// The numbers of the first `count` issues of `acme/api` that are no pull requests.
async fn issues(client: &Client, count: usize) -> Vec<Value> {
    let all = client.all("/repos/acme/api/issues?state=all&direction=asc&per_page=100").await;
    all.into_iter()
        .filter(|issue| issue["pull_request"].is_null() && issue["parent_issue_url"].is_null())
        .filter(|issue| issue["sub_issues_summary"]["total"] == 0)
        .take(count)
        .collect()
}

#[tokio::test]
async fn an_issue_is_made_changed_and_closed() {
    let client = Client::new();
    let made = client
        .write(
            Method::POST,
            "/repos/acme/api/issues",
            json!({"title": "New", "body": "Text", "labels": ["bug", "brand new"], "assignees": ["nobody"], "milestone": 2, "type": "Bug"}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let issue = made.json();
    let path = made
        .header("location")
        .split_once("/repos")
        .map(|(_, path)| format!("/repos{path}"))
        .unwrap();
    assert_eq!(client.get(&path).await.json(), issue);
    assert_eq!(issue["labels"].as_array().unwrap().len(), 2);
    assert_eq!((&issue["milestone"]["number"], &issue["type"]["name"]), (&json!(2), &json!("Bug")));
    assert_eq!(issue["assignees"], json!([]));

    let person = issue["user"]["login"].as_str().unwrap();
    let changed = client
        .write(
            Method::PATCH,
            &path,
            json!({"title": "Newer", "state": "closed", "state_reason": "not_planned", "labels": ["security"], "assignees": [person], "milestone": null}),
        )
        .await
        .json();
    assert_eq!(changed["title"], "Newer");
    assert_eq!(
        (&changed["state"], &changed["state_reason"]),
        (&json!("closed"), &json!("not_planned"))
    );
    assert_eq!(changed["closed_by"]["login"], person);
    assert_eq!(changed["labels"][0]["name"], "security");
    assert_eq!(changed["assignee"]["login"], person);
    assert!(changed["milestone"].is_null());
    assert!(changed["updated_at"].as_str() > issue["updated_at"].as_str());
    let reopened = client.write(Method::PATCH, &path, json!({"state": "open"})).await.json();
    assert_eq!(
        (&reopened["state_reason"], &reopened["closed_at"]),
        (&json!("reopened"), &Value::Null)
    );

    let events = client.get(&format!("{path}/events")).await.json();
    let words: Vec<&str> =
        events.as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    for word in [
        "renamed",
        "closed",
        "reopened",
        "labeled",
        "unlabeled",
        "assigned",
        "milestoned",
        "demilestoned",
        "issue_type_added",
    ] {
        assert!(words.contains(&word), "{word}: {words:?}");
    }
}

#[tokio::test]
async fn comments_labels_and_assignees_come_and_go() {
    let client = Client::new();
    let issue = issues(&client, 1).await.remove(0);
    let path = format!("/repos/acme/api/issues/{}", issue["number"]);
    let comments = issue["comments"].as_u64().unwrap();
    let comment =
        client.write(Method::POST, &format!("{path}/comments"), json!({"body": "Hello"})).await;
    assert_eq!(comment.status, StatusCode::CREATED);
    let id = comment.json()["id"].as_u64().unwrap();
    assert_eq!(client.get(&path).await.json()["comments"], comments + 1);
    let comment_path = format!("/repos/acme/api/issues/comments/{id}");
    let edited =
        client.write(Method::PATCH, &comment_path, json!({"body": "Hello again"})).await.json();
    assert_eq!(edited["body"], "Hello again");
    assert!(edited["updated_at"].as_str() > edited["created_at"].as_str());
    let since = edited["updated_at"].as_str().unwrap();
    let found = client.get(&format!("/repos/acme/api/issues/comments?since={since}")).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(
        client.write(Method::DELETE, &comment_path, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(client.get(&comment_path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get(&path).await.json()["comments"], comments);

    let labels = client
        .write(Method::POST, &format!("{path}/labels"), json!(["very new label"]))
        .await
        .json();
    assert!(labels.to_string().contains("very new label"));
    let gone = client
        .write(Method::DELETE, &format!("{path}/labels/very%20new%20label"), Value::Null)
        .await;
    assert_eq!(gone.status, StatusCode::OK);
    assert!(!gone.json().to_string().contains("very new label"));
    let again = client
        .write(Method::DELETE, &format!("{path}/labels/very%20new%20label"), Value::Null)
        .await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);

    let person = client.get("/user").await.json()["login"].clone();
    let assignees = format!("{path}/assignees");
    let assigned = client.write(Method::POST, &assignees, json!({"assignees": [person]})).await;
    assert_eq!(assigned.status, StatusCode::CREATED);
    assert!(assigned.json()["assignees"].to_string().contains(person.as_str().unwrap()));
    let freed = client.write(Method::DELETE, &assignees, json!({"assignees": [person]})).await;
    assert!(!freed.json()["assignees"].to_string().contains(person.as_str().unwrap()));
}

#[tokio::test]
async fn relations_change_the_summaries_but_not_the_time() {
    let client = Client::new();
    let [one, two] = <[Value; 2]>::try_from(issues(&client, 2).await).unwrap();
    let path = format!("/repos/acme/api/issues/{}", two["number"]);
    let blocker = json!({"issue_id": one["id"]});
    let dependencies = format!("{path}/dependencies/blocked_by");
    client.write(Method::DELETE, &format!("{dependencies}/{}", one["id"]), Value::Null).await;
    let before = client.get(&path).await.json();
    let total = before["issue_dependencies_summary"]["total_blocked_by"].as_u64().unwrap();

    let added = client.write(Method::POST, &dependencies, blocker.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let after = client.get(&path).await.json();
    assert_eq!(after["issue_dependencies_summary"]["total_blocked_by"], total + 1);
    assert_eq!(after["updated_at"], before["updated_at"], "GitHub's trap");
    assert!(
        client
            .get(&dependencies)
            .await
            .json()
            .to_string()
            .contains(one["node_id"].as_str().unwrap())
    );
    let timeline = client.get(&format!("{path}/timeline?per_page=100")).await.json();
    assert_eq!(timeline.as_array().unwrap().last().unwrap()["event"], "blocked_by_added");

    let again = client.write(Method::POST, &dependencies, blocker).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let circle = format!("/repos/acme/api/issues/{}/dependencies/blocked_by", one["number"]);
    let circular = client.write(Method::POST, &circle, json!({"issue_id": two["id"]})).await;
    assert_eq!(circular.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed =
        client.write(Method::DELETE, &format!("{dependencies}/{}", one["id"]), Value::Null).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(
        client.get(&path).await.json()["issue_dependencies_summary"]["total_blocked_by"],
        total
    );

    let part = json!({"sub_issue_id": one["id"]});
    let added = client.write(Method::POST, &format!("{path}/sub_issues"), part.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.json()["number"], two["number"], "the answer is the parent");
    let child = format!("/repos/acme/api/issues/{}", one["number"]);
    assert_eq!(client.get(&format!("{child}/parent")).await.json()["number"], two["number"]);
    let removed = client.write(Method::DELETE, &format!("{path}/sub_issue"), part).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(client.get(&format!("{child}/parent")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let client = Client::new();
    let post = async |path: &str, body: &str| {
        client
            .send(Method::POST, path, &[("authorization", "Bearer t")], body)
            .await
            .status
            .as_u16()
    };
    for (path, body, status) in [
        ("/repos/acme/api/issues", "{", 400),
        ("/repos/acme/api/issues", "{}", 422),
        ("/repos/acme/api/issues", r#"{"title": " "}"#, 422),
        ("/repos/acme/api/issues", r#"{"title": "x", "milestone": 99}"#, 422),
        ("/repos/acme/api/issues", r#"{"title": "x", "type": "Wish"}"#, 422),
        ("/repos/acme/api/issues/99999/comments", r#"{"body": "x"}"#, 404),
        ("/repos/acme/api/issues/1/dependencies/blocked_by", r#"{"issue_id": 7}"#, 404),
        ("/repos/acme/nothing/issues", r#"{"title": "x"}"#, 404),
    ] {
        assert_eq!(post(path, body).await, status, "{path} {body}");
    }
    let anonymous =
        client.send(Method::POST, "/repos/acme/api/issues", &[], r#"{"title": "x"}"#).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    client
        .site
        .edit(|world| world.rename_repository(world.repository("acme/api").unwrap(), "core"));
    assert_eq!(post("/repos/acme/api/issues", r#"{"title": "x"}"#).await, 307);
}
