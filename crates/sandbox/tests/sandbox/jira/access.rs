//! Who is let in, limits, and faults.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::faults::{Fault, FaultKind};
use mainstem_sandbox::jira::{Credential, Refused};
use mainstem_sandbox::{Deployment, JiraOptions};
use serde_json::{Value, json};

use crate::jira::support::{Client, credential, data_center};

fn strict(deployment: Deployment) -> Client {
    Client::of(JiraOptions {
        deployment,
        credentials: Some(vec![
            Credential::Basic { username: "me@acme.example".into(), token: "secret".into() },
            Credential::Personal { token: "pat".into() },
            Credential::OAuth { token: "access".into() },
        ]),
        ..JiraOptions::default()
    })
}

#[tokio::test]
async fn cloud_treats_a_wrong_token_as_nobody() {
    let client = strict(Deployment::Cloud);
    let wrong = ("authorization", "Basic bWVAYWNtZS5leGFtcGxlOndyb25n");
    for (headers, myself, reason) in [
        (vec![credential()], 200, ""),
        (vec![wrong], 401, "AUTHENTICATED_FAILED"),
        (vec![("authorization", "Bearer access")], 401, "AUTHENTICATED_FAILED"),
        (vec![], 401, ""),
    ] {
        let answer = client.send(Method::GET, "/rest/api/3/myself", &headers, "").await;
        assert_eq!(answer.status.as_u16(), myself, "{headers:?}");
        assert_eq!(answer.header("x-seraph-loginreason"), reason, "{headers:?}");
        let known = myself == 200;
        assert_eq!(answer.header("x-aaccountid").is_empty(), !known);
        let projects = client.send(Method::GET, "/rest/api/3/project/search", &headers, "").await;
        assert_eq!(projects.status, StatusCode::OK, "not refused, only empty");
        assert_eq!(projects.json()["total"], if known { 4 } else { 0 });
        let search = |jql: &str| {
            let body = json!({"jql": jql}).to_string();
            let headers = headers.clone();
            let client = &client;
            async move { client.send(Method::POST, "/rest/api/3/search/jql", &headers, &body).await }
        };
        let open = search("updated >= -365d").await;
        assert_eq!(open.status, StatusCode::OK);
        assert_eq!(open.json()["issues"].as_array().unwrap().is_empty(), !known);
        assert_eq!(search("project = ENG").await.status == StatusCode::OK, known);
        let issue = client.send(Method::GET, "/rest/api/3/issue/ENG-1", &headers, "").await;
        assert_eq!(issue.status.as_u16(), if known { 200 } else { 404 });
    }
    client.site.revoke_token("secret");
    assert_eq!(client.get("/myself").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_gateway_takes_access_tokens_and_names_its_sites() {
    let client = strict(Deployment::Cloud);
    let bearer = |token: &'static str| vec![("authorization", token)];
    let sites = client
        .send(Method::GET, "/oauth/token/accessible-resources", &bearer("Bearer access"), "")
        .await
        .json();
    assert_eq!(sites[0]["id"], client.site.cloud_id());
    let root = format!("/ex/jira/{}", client.site.cloud_id());
    let issue = client
        .send(Method::GET, &format!("{root}/rest/api/3/issue/ENG-1"), &bearer("Bearer access"), "")
        .await
        .json();
    let own = format!("http://jira.test:8080{root}/rest/api/3/issue/");
    assert!(issue["self"].as_str().unwrap().starts_with(&own), "links stay at the gateway");
    let basic =
        client.send(Method::GET, &format!("{root}/rest/api/3/myself"), &[credential()], "").await;
    assert_eq!(basic.status, StatusCode::OK, "an API token with scopes");
    for (path, headers) in [
        (format!("{root}/rest/api/3/myself"), bearer("Bearer other")),
        (format!("{root}/rest/api/3/myself"), vec![]),
        ("/oauth/token/accessible-resources".into(), bearer("Bearer other")),
    ] {
        let answer = client.send(Method::GET, &path, &headers, "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json(), json!({"code": 401, "message": "Unauthorized"}));
    }
    let other = "/ex/jira/00000000-0000-0000-0000-000000000000/rest/api/3/myself";
    assert_eq!(
        client.send(Method::GET, other, &bearer("Bearer access"), "").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn data_center_refuses_with_a_page() {
    let client = strict(Deployment::DataCenter);
    for (header, status) in [
        ("Bearer pat", 200),
        ("Bearer other", 401),
        ("Basic bWVAYWNtZS5leGFtcGxlOnNlY3JldA==", 200),
        ("Basic bWVAYWNtZS5leGFtcGxlOndyb25n", 401),
    ] {
        let answer =
            client.send(Method::GET, "/rest/api/2/myself", &[("authorization", header)], "").await;
        assert_eq!(answer.status.as_u16(), status, "{header}");
        if status == 401 {
            assert!(answer.header("content-type").starts_with("text/html"));
            assert_eq!(answer.header("x-seraph-loginreason"), "AUTHENTICATED_FAILED");
        } else {
            assert_eq!(answer.header("x-ausername"), "JIRAUSER10000");
        }
    }
    let nobody = client.send(Method::GET, "/rest/api/2/issue/ENG-1", &[], "").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.json()["errorMessages"][1], "Login Required");
}

#[tokio::test]
async fn bursts_are_counted_for_each_endpoint() {
    let client = Client::of(JiraOptions { burst_per_second: Some(3), ..JiraOptions::default() });
    for left in ["2", "1", "0"] {
        let answer = client.get("/issue/ENG-1").await;
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (StatusCode::OK, left));
    }
    let refused = client.get("/issue/ENG-2").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit-reason"), "jira-burst-based");
    assert_eq!(refused.header("x-ratelimit-reset"), "2026-06-01T09:01Z");
    assert_eq!(client.get("/issue/ENG-1/comment").await.status, StatusCode::OK, "another endpoint");
    assert_eq!(client.site.stats().while_told_to_wait, 0);
    client.get("/issue/ENG-2").await;
    assert_eq!(client.site.stats().while_told_to_wait, 1);
    client.clock.advance_seconds(1);
    assert_eq!(client.get("/issue/ENG-2").await.status, StatusCode::OK);
}

#[tokio::test]
async fn points_are_spent_by_what_is_shown_and_by_apps_only() {
    let client = Client::of(JiraOptions { points_per_hour: 150, ..JiraOptions::default() });
    let root = format!("/ex/jira/{}/rest/api/3", client.site.cloud_id());
    let app = [("authorization", "Bearer access")];
    let body =
        json!({"jql": "project = ENG", "maxResults": 100, "fields": ["summary"]}).to_string();
    let path = format!("{root}/search/jql");
    let search = || client.send(Method::POST, &path, &app, &body);
    let first = search().await;
    assert_eq!(first.header("beta-ratelimit-policy"), "\"tenant-app-quota\";q=150;w=3600");
    assert_eq!(
        first.header("beta-ratelimit"),
        "\"tenant-app-quota\";r=49;t=3600",
        "1 and one for each issue"
    );
    assert_eq!(search().await.status, StatusCode::OK, "a point is left, so it goes on");
    let refused = search().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("ratelimit-reason"), "jira-quota-tenant-based");
    assert_eq!(refused.header("retry-after"), "3600");
    assert_eq!(
        client.get("/myself").await.status,
        StatusCode::OK,
        "people with API tokens spend none"
    );
    client.clock.advance_seconds(3_600);
    assert_eq!(search().await.status, StatusCode::OK);
}

#[tokio::test]
async fn data_center_counts_requests() {
    let client = Client::of(JiraOptions { requests_per_minute: Some(2), ..data_center() });
    let first = client.get("/myself").await;
    assert_eq!(
        [
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-interval-seconds",
            "retry-after"
        ]
        .map(|name| first.header(name).to_owned()),
        ["2", "1", "60", "0"]
    );
    client.get("/myself").await;
    let refused = client.get("/myself").await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    assert_eq!(refused.header("ratelimit-reason"), "");
}

#[tokio::test]
async fn refusals_by_script_last_as_long_as_they_say() {
    let client = Client::cloud();
    for (refused, retry_after, reason) in [
        (Refused::Burst, "30", "jira-burst-based"),
        (Refused::Quota, "30", "jira-quota-tenant-based"),
        (Refused::PerIssueWrite, "30", "jira-per-issue-on-write"),
        (Refused::Unsaid, "", ""),
    ] {
        client.site.refuse_for(30, refused);
        let answer = client.get("/myself").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(
            (answer.header("retry-after"), answer.header("ratelimit-reason")),
            (retry_after, reason)
        );
        client.clock.advance_seconds(30);
        assert_eq!(client.get("/myself").await.status, StatusCode::OK);
    }
    client.site.refuse_for(30, Refused::Burst);
    client.site.heal();
    assert_eq!(client.get("/myself").await.status, StatusCode::OK);
    assert_eq!(client.site.stats().while_told_to_wait, 0);
}

#[tokio::test]
async fn faults_meet_the_requests_they_are_meant_for() {
    let client = Client::cloud();
    let jql = json!({"jql": "project = ENG ORDER BY id", "maxResults": 5});
    client.site.fail(Fault::next(FaultKind::Status { status: 503 }).times(2).on("/search"));
    assert_eq!(client.get("/myself").await.status, StatusCode::OK);
    for status in [503, 503, 200] {
        assert_eq!(client.search(jql.clone()).await.status.as_u16(), status);
    }
    client.site.fail(Fault::next(FaultKind::Html));
    let html = client.get("/myself").await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (StatusCode::OK, "text/html;charset=UTF-8")
    );
    client.site.fail(Fault::next(FaultKind::Cut));
    assert!(client.get("/myself").await.body.is_empty(), "no whole body comes");
    client.site.fail(Fault::next(FaultKind::ForeignNext { host: "https://elsewhere.test".into() }));
    let foreign = client.get("/project/search?maxResults=1").await.json();
    assert!(
        foreign["nextPage"].as_str().unwrap().starts_with("https://elsewhere.test/rest/api/3/")
    );
    client.site.fail(Fault::next(FaultKind::EndlessPages).times(3));
    let mut token = Value::Null;
    let mut pages = Vec::new();
    for _ in 0..3 {
        let mut body = jql.clone();
        body["nextPageToken"] = token;
        let page = client.search(body).await.json();
        assert_eq!(page["isLast"], false);
        token = page["nextPageToken"].clone();
        pages.push(page["issues"].clone());
    }
    assert_eq!(pages[0], pages[2], "the page repeats for ever");
    client.run(json!({"op": "malform", "issue": "ENG-1", "malformation": {"how": "replace", "field": "fields.updated", "value": "yesterday"}})).await;
    let broken = client.get("/issue/ENG-1").await.json();
    assert_eq!(
        (&broken["fields"]["updated"], &broken["key"]),
        (&json!("yesterday"), &json!("ENG-1"))
    );
    client.run(json!({"op": "malform", "issue": "ENG-1"})).await;
    assert_ne!(client.get("/issue/ENG-1").await.json()["fields"]["updated"], "yesterday");
    let stats = client.site.stats();
    assert_eq!(stats.asked("POST /search/jql"), 6);
    assert_eq!(stats.asked("GET /issue/{id}"), 2);
    assert_eq!(stats.by_status[&503], 2);
}
