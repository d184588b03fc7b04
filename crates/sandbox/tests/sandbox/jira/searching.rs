//! Turning pages, choosing fields, and an index that lags.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::JiraOptions;
use serde_json::{Value, json};

use crate::jira::support::Client;

const JQL: &str = "project in (ENG, WEB, MOB, OPS) ORDER BY updated ASC, key ASC";

#[tokio::test]
async fn pages_hold_what_may_stand_on_them() {
    let client = Client::cloud();
    for (fields, wanted, shown) in [
        (json!([]), 5_000, 400),
        (json!(["id"]), 300, 300),
        (json!(["key"]), 5_000, 400),
        (json!(["summary"]), 5_000, 100),
        (json!(["*all"]), 60, 60),
    ] {
        let page =
            client.search(json!({"jql": JQL, "fields": fields, "maxResults": wanted})).await.json();
        assert_eq!(page["issues"].as_array().unwrap().len(), shown, "{fields}");
        assert_eq!(page["isLast"], shown == 400, "{fields}");
        assert!(page.get("total").is_none() && page.get("startAt").is_none());
    }
    let usual = client.search(json!({"jql": JQL})).await.json();
    assert_eq!(usual["issues"].as_array().unwrap().len(), 50);
    assert_eq!(usual["issues"][0].as_object().unwrap().len(), 1, "nothing but the id: {usual}");
    client.site.set_page_limit(30);
    let few =
        client.search(json!({"jql": JQL, "fields": ["summary"], "maxResults": 100})).await.json();
    assert_eq!(few["issues"].as_array().unwrap().len(), 30, "fewer than asked for");
    for wrong in [0, 5_001, -1] {
        let answer = client.search(json!({"jql": JQL, "maxResults": wrong})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.message(), "The max results parameter has to be between 1 and 5,000.");
    }
}

#[tokio::test]
async fn the_search_of_old_is_gone_and_strangers_are_refused() {
    let client = Client::cloud();
    for path in ["/search?jql=project%3DENG", "/search"] {
        let method = if path.contains('?') { Method::GET } else { Method::POST };
        let answer = client.write(method, path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.message().contains("/rest/api/3/search/jql"));
    }
    for body in [
        json!({"jql": JQL, "startAt": 10}),
        json!({"jql": JQL, "validateQuery": "strict"}),
        json!({"jql": JQL, "expand": ["names"]}),
        json!({"jql": JQL, "fields": "summary"}),
    ] {
        let answer = client.search(body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.message().starts_with("Invalid request payload."), "{body}");
    }
    let by_get = client
        .get("/search/jql?jql=project%20%3D%20ENG&fields=summary,status&maxResults=2&expand=names")
        .await
        .json();
    assert_eq!(by_get["issues"].as_array().unwrap().len(), 2);
    assert_eq!(by_get["names"], json!({"summary": "Summary", "status": "Status"}));
}

#[tokio::test]
async fn tokens_are_bound_to_their_query_and_expire() {
    let client = Client::cloud();
    let first = client.search(json!({"jql": JQL, "maxResults": 10})).await.json();
    let token = first["nextPageToken"].clone();
    let next = json!({"jql": JQL, "maxResults": 10, "nextPageToken": token});
    assert_eq!(client.search(next.clone()).await.status, StatusCode::OK);
    for wrong in [
        json!({"jql": "project = ENG ORDER BY updated ASC, key ASC", "nextPageToken": token}),
        json!({"jql": JQL, "nextPageToken": "nonsense"}),
        json!({"jql": JQL, "nextPageToken": ""}),
    ] {
        assert_eq!(client.search(wrong.clone()).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    client.clock.advance_seconds(7 * 86_400 - 1);
    assert_eq!(client.search(next.clone()).await.status, StatusCode::OK);
    client.clock.advance_seconds(2);
    assert_eq!(client.search(next).await.status, StatusCode::BAD_REQUEST);
}

/// What is edited while pages are turned moves to the end and is seen again; nothing is skipped.
#[tokio::test]
async fn edits_while_paging_skip_nothing() {
    let client = Client::cloud();
    client.site.on_request(|_, world| {
        world.bulk_edit(5);
    });
    let mut seen = std::collections::HashSet::new();
    let mut token = Value::Null;
    for _ in 0..60 {
        let body =
            json!({"jql": JQL, "maxResults": 50, "fields": ["updated"], "nextPageToken": token});
        let page = client.search(body).await.json();
        for issue in page["issues"].as_array().unwrap() {
            seen.insert(issue["id"].as_str().unwrap().to_owned());
        }
        if page["isLast"] == true {
            break;
        }
        token = page["nextPageToken"].clone();
    }
    assert_eq!(seen.len(), 400);
}

#[tokio::test]
async fn fields_are_chosen_by_the_rules_of_each_place() {
    let client = Client::cloud();
    let has = |value: &Value, field: &str| value["fields"].get(field).is_some();
    for (fields, present, absent) in [
        (json!(["*all"]), vec!["summary", "comment", "worklog", "timetracking"], vec![]),
        (
            json!(["*navigable"]),
            vec!["summary", "issuelinks", "status"],
            vec!["comment", "worklog"],
        ),
        (json!(["*all", "-comment"]), vec!["summary", "worklog"], vec!["comment"]),
        (json!(["-summary"]), vec!["status"], vec!["summary", "comment"]),
        (json!(["summary,status"]), vec!["summary", "status"], vec!["created"]),
        (json!(["summary", "nonsense"]), vec!["summary"], vec!["nonsense"]),
    ] {
        let page = client.search(json!({"jql": "key = ENG-1", "fields": fields})).await.json();
        let issue = &page["issues"][0];
        assert!(present.iter().all(|field| has(issue, field)), "{fields}: {issue}");
        assert!(!absent.iter().any(|field| has(issue, field)), "{fields}: {issue}");
        assert!(issue["key"] == "ENG-1" && issue["self"].is_string());
    }
    let whole = client.get("/issue/ENG-1").await.json();
    assert!(has(&whole, "comment") && has(&whole, "worklog"), "all fields, by itself");
    let some = client.get("/issue/ENG-1?fields=-comment,-worklog").await.json();
    assert!(has(&some, "timetracking") && !has(&some, "comment"));
    let old = Client::data_center();
    let page = old.search(json!({"jql": "key = ENG-1"})).await.json();
    assert!(has(&page["issues"][0], "summary") && !has(&page["issues"][0], "comment"));
    let expanded = client
        .search(json!({"jql": "key = ENG-1", "fields": ["summary", "labels"], "expand": "names,schema,changelog,transitions"}))
        .await
        .json();
    assert_eq!(
        expanded["schema"]["labels"],
        json!({"type": "array", "items": "string", "system": "labels"})
    );
    assert!(expanded["issues"][0]["changelog"]["histories"].is_array());
    assert!(expanded["issues"][0]["transitions"].is_array());
}

#[tokio::test]
async fn the_index_lags_and_reading_by_id_does_not() {
    let client = Client::of(JiraOptions { index_lag_seconds: 60, ..JiraOptions::default() });
    let jql = format!("updated >= {}", client.now_seconds() * 1_000);
    client.clock.advance_seconds(1);
    let (id, made) = client.edit(|world| {
        let issue = world.issue("ENG-2").unwrap();
        world.edit_summary(issue, "Fresh");
        let home = world.project("ENG").unwrap();
        let made = world.create_issue(home, mainstem_sandbox::jira::NewIssue::default());
        (world.issue_id(issue), world.issue_key(made))
    });
    assert_eq!(client.get("/issue/ENG-2").await.json()["fields"]["summary"], "Fresh");
    assert!(client.keys(&jql).await.is_empty(), "search does not see it yet");
    let by_key =
        client.search(json!({"jql": format!("key = {made}"), "fields": ["key"]})).await.json();
    assert_eq!(by_key["issues"], json!([]), "nor what was made");
    // What it shows is fresh, whatever it matched by.
    let shown = client.all("key = ENG-2", &["summary"]).await;
    assert_eq!(shown[0]["fields"]["summary"], "Fresh");
    let reconciled = client.search(json!({"jql": jql, "reconcileIssues": [id]})).await.json();
    assert_eq!(reconciled["issues"].as_array().unwrap().len(), 1);
    client.clock.advance_seconds(59);
    assert!(client.keys(&jql).await.is_empty());
    client.clock.advance_seconds(1);
    assert_eq!(client.keys(&jql).await.len(), 2, "a lag later it sees both");

    let other = client.issue("ENG-3");
    client.edit(|world| {
        world.set_index_lag(0);
        world.set_index_lag_of(other, 300);
        world.edit_summary(other, "Slow");
        let quick = world.issue("ENG-4").unwrap();
        world.edit_summary(quick, "Quick");
    });
    let keys = client.keys(&jql).await;
    assert!(keys.contains(&"ENG-4".into()) && !keys.contains(&"ENG-3".into()), "{keys:?}");
    let ids: Vec<u64> = (0..51).collect();
    let answer = client.search(json!({"jql": jql, "reconcileIssues": ids})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

/// An issue that is edited all the time is indexed step by step, each step a lag later.
#[tokio::test]
async fn a_busy_issue_is_seen_as_it_was_a_lag_ago() {
    let client = Client::of(JiraOptions { index_lag_seconds: 10, ..JiraOptions::default() });
    let issue = client.issue("ENG-5");
    let start = client.now_seconds();
    for step in 0..10 {
        client.clock.advance_seconds(3);
        client.edit(|world| world.edit_summary(issue, &format!("Step {step}")));
        // Edits were at 3, 6, 9 …; now is 3 × (step + 1); seen are those of ten seconds ago.
        let seen = (3 * (step + 1) - 10) / 3;
        let bound = (start + seen * 3) * 1_000;
        let later = bound + 3_000;
        let found = |bound: i64| format!("key = ENG-5 AND updated >= {bound}");
        if seen >= 1 {
            assert_eq!(client.keys(&found(bound)).await.len(), 1, "step {step}");
        }
        assert_eq!(client.keys(&found(later)).await.len(), 0, "step {step}");
    }
}

#[tokio::test]
async fn data_center_pages_by_number() {
    let client = Client::data_center();
    let page = client.search(json!({"jql": "order by key asc", "startAt": 390, "maxResults": 50, "fields": ["summary"]})).await.json();
    assert_eq!(
        (&page["startAt"], &page["maxResults"], &page["total"]),
        (&json!(390), &json!(50), &json!(400))
    );
    assert_eq!(page["issues"].as_array().unwrap().len(), 10);
    let capped = client.search(json!({"jql": "", "maxResults": 5_000})).await.json();
    assert_eq!(capped["maxResults"], 1_000);
    let only_total = client.search(json!({"jql": "project = ENG", "maxResults": 0})).await.json();
    assert_eq!(only_total["issues"], json!([]));
    assert!(only_total["total"].as_u64() > Some(50));
    assert_eq!(
        client.get("/search?jql=project%3DENG&maxResults=3&fields=key").await.json()["issues"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        client
            .send(Method::GET, "/rest/api/3/myself", &[crate::jira::support::credential()], "")
            .await
            .status,
        StatusCode::NOT_FOUND,
        "there is no version 3"
    );
}
