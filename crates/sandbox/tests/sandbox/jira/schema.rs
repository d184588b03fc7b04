//! Every answer keeps to the published descriptions of Cloud and of Data Center.

use axum::http::Method;
use mainstem_sandbox::JiraOptions;
use serde_json::{Value, json};

use crate::jira::support::{Client, data_center};
use crate::schema::faults;

fn description(name: &str) -> Value {
    let path = format!("{}/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Where the recorded payloads differ from the descriptions, the payloads win.
fn is_known_difference(fault: &str) -> bool {
    // Bulk-fetched histories carry their time in milliseconds.
    fault.contains("issueChangeLogs") && fault.contains(".created is no \"string\"")
        // Data Center leaves out what it does not know, and then says so with null.
        || fault.ends_with(".from is null")
        || fault.ends_with(".fromString is null")
        || fault.ends_with(".to is null")
        || fault.ends_with(".toString is null")
}

fn check(schemas: &Value, name: &str, value: &Value, path: &str) {
    let schema = &schemas[name];
    assert!(!schema.is_null(), "{name} is not described");
    let mut found = Vec::new();
    faults(schemas, schema, value, path, &mut found);
    found.retain(|fault| !is_known_difference(fault));
    assert!(found.is_empty(), "{name}: {found:#?}");
}

async fn rich_issue(client: &Client) -> String {
    client
        .run(json!({"op": "comment", "issue": "ENG-1", "body": "A remark\n\nof two paragraphs"}))
        .await;
    client.run(json!({"op": "log_work", "issue": "ENG-1", "seconds": 3_600})).await;
    client.run(json!({"op": "link_elsewhere", "issue": "ENG-1", "url": "https://x.example", "title": "X"})).await;
    client.run(json!({"op": "link", "kind": "Blocks", "source": "WEB-1", "target": "ENG-1"})).await;
    client.run(json!({"op": "create_issue", "project": "ENG", "summary": "Part", "issue_type": "Sub-task", "parent": "ENG-1"})).await;
    client
        .run(json!({"op": "edit", "issue": "ENG-1", "status": "Done", "description": "Text"}))
        .await;
    client.clock.advance_seconds(120);
    let id = client.get("/issue/ENG-1?fields=summary").await.json()["id"].clone();
    id.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn cloud_keeps_to_the_published_description() {
    let schemas = description("jira-cloud");
    let client =
        Client::of(JiraOptions { time_zone: "Asia/Kolkata".into(), ..JiraOptions::default() });
    let id = rich_issue(&client).await;
    let ids = vec![id.clone()];
    let link = client.get("/issue/ENG-1").await.json()["fields"]["issuelinks"][0]["id"].clone();
    let comment = client.get("/issue/ENG-1/comment").await.json()["comments"][0]["id"].clone();
    let paths = |path: &str| path.replace("{id}", &id);
    for (method, path, body, schema, list) in [
        ("GET", "/serverInfo".to_owned(), Value::Null, "ServerInformation", false),
        ("GET", "/myself".into(), Value::Null, "DashboardUser", false),
        ("GET", "/project/search?maxResults=2".into(), Value::Null, "PageProject", false),
        ("GET", "/project/ENG".into(), Value::Null, "Project", false),
        ("GET", "/field".into(), Value::Null, "FieldDetails", true),
        ("GET", "/status".into(), Value::Null, "StatusDetails", true),
        ("GET", "/priority".into(), Value::Null, "Priority", true),
        ("GET", "/resolution".into(), Value::Null, "Resolution", true),
        ("GET", "/issuetype".into(), Value::Null, "IssueTypeDetails", true),
        ("GET", "/issueLinkType".into(), Value::Null, "IssueLinkTypes", false),
        (
            "POST",
            "/search/jql".into(),
            json!({"jql": "project = ENG", "fields": ["*all"], "expand": "changelog,names,schema,transitions", "maxResults": 100}),
            "SearchAndReconcileResults",
            false,
        ),
        (
            "POST",
            "/search/jql".into(),
            json!({"jql": "project = ENG"}),
            "SearchAndReconcileResults",
            false,
        ),
        (
            "POST",
            "/search/approximate-count".into(),
            json!({"jql": "project = ENG"}),
            "JQLCountResults",
            false,
        ),
        (
            "GET",
            paths("/issue/{id}?expand=changelog,names,schema,renderedFields,transitions"),
            Value::Null,
            "Issue",
            false,
        ),
        ("GET", paths("/issue/{id}/changelog?maxResults=1"), Value::Null, "PageChangelog", false),
        (
            "POST",
            "/changelog/bulkfetch".into(),
            json!({"issueIdsOrKeys": ids}),
            "BulkChangelogResponse",
            false,
        ),
        ("GET", paths("/issue/{id}/comment"), Value::Null, "PageOfComments", false),
        (
            "GET",
            format!("/issue/{id}/comment/{}", comment.as_str().unwrap()),
            Value::Null,
            "Comment",
            false,
        ),
        ("GET", paths("/issue/{id}/worklog"), Value::Null, "PageOfWorklogs", false),
        ("GET", "/worklog/updated".into(), Value::Null, "ChangedWorklogs", false),
        ("GET", "/worklog/deleted".into(), Value::Null, "ChangedWorklogs", false),
        ("GET", paths("/issue/{id}/remotelink"), Value::Null, "RemoteIssueLink", true),
        ("GET", paths("/issue/{id}/transitions"), Value::Null, "Transitions", false),
        ("GET", format!("/issueLink/{}", link.as_str().unwrap()), Value::Null, "IssueLink", false),
        ("GET", "/issue/NOPE-1".into(), Value::Null, "ErrorCollection", false),
        (
            "POST",
            "/issue".into(),
            json!({"fields": {"project": {"key": "ENG"}, "issuetype": {"name": "Task"}, "summary": "x"}}),
            "CreatedIssue",
            false,
        ),
    ] {
        let answer =
            client.write(Method::from_bytes(method.as_bytes()).unwrap(), &path, body).await.json();
        if list {
            let items = answer.as_array().unwrap_or_else(|| panic!("{path} is no list"));
            assert!(!items.is_empty(), "{path} is empty");
            for item in items {
                check(&schemas, schema, item, &path);
            }
        } else {
            check(&schemas, schema, &answer, &path);
        }
    }
    for (path, schema) in
        [("/rest/agile/1.0/board?maxResults=1", "PageBoard"), ("/rest/agile/1.0/board/1", "Board")]
    {
        let answer =
            client.send(Method::GET, path, &[crate::jira::support::credential()], "").await.json();
        check(&schemas, schema, &answer, path);
    }
}

#[tokio::test]
async fn data_center_keeps_to_its_description() {
    let schemas = description("jira-data-center");
    let client = Client::of(data_center());
    let id = rich_issue(&client).await;
    let paths = |path: &str| path.replace("{id}", &id);
    for (path, schema, list) in [
        ("/myself".to_owned(), "UserBean", false),
        ("/project".into(), "ProjectBean", true),
        ("/field".into(), "FieldBean", true),
        ("/status".into(), "StatusJsonBean", true),
        ("/priority".into(), "PriorityJsonBean", true),
        ("/resolution".into(), "ResolutionJsonBean", true),
        ("/issuetype".into(), "IssueTypeJsonBean", true),
        ("/issueLinkType".into(), "IssueLinkTypesBean", false),
        (
            "/search?jql=project%3DENG&fields=*all&expand=changelog,names,schema".into(),
            "SearchResultsBean",
            false,
        ),
        (paths("/issue/{id}?expand=changelog,names"), "IssueBean", false),
        (paths("/issue/{id}/comment"), "CommentsWithPaginationJsonBean", false),
        (paths("/issue/{id}/worklog"), "WorklogWithPaginationBean", false),
        ("/worklog/updated".into(), "WorklogChangedSinceBean", false),
        (paths("/issue/{id}/transitions"), "TransitionsMetaBean", false),
        ("/issue/NOPE-1".into(), "ErrorCollection", false),
    ] {
        let answer = client.get(&path).await.json();
        if list {
            assert!(!answer.as_array().unwrap().is_empty(), "{path} is empty");
            for item in answer.as_array().unwrap() {
                check(&schemas, schema, item, &path);
            }
        } else {
            check(&schemas, schema, &answer, &path);
        }
    }
}
