//! The organisation that a seed makes.

use mainstem_sandbox::{JiraOptions, Site, SiteOptions};
use serde_json::{Value, json};

use crate::jira::support::{Client, NOW, data_center};

const EVERYTHING: &str = "created >= -3650d ORDER BY id ASC";

#[tokio::test]
async fn the_seed_decides_everything() {
    for base in [JiraOptions::default(), data_center()] {
        let options = JiraOptions { issues: 80, ..base };
        let everything = |options: JiraOptions| async move {
            let client = Client::of(options);
            let fields = client.get("/field").await.json();
            (client.all(EVERYTHING, &["*all"]).await, fields)
        };
        let one = everything(options.clone()).await;
        assert_eq!(one, everything(options.clone()).await);
        assert_ne!(one, everything(JiraOptions { seed: 2, ..options }).await);
    }
}

#[tokio::test]
async fn the_organisation_is_believable() {
    let client = Client::of(JiraOptions { issues: 2_000, ..JiraOptions::default() });
    let issues = client.all(EVERYTHING, &["*all"]).await;
    assert_eq!(issues.len(), 2_000);
    let count =
        |wanted: &dyn Fn(&Value) -> bool| issues.iter().filter(|issue| wanted(issue)).count();
    let text = |issue: &Value, path: &str, word: &str| {
        issue.pointer(path).is_some_and(|value| value.to_string().contains(word))
    };
    let across = |issue: &Value| {
        let project = issue["fields"]["project"]["key"].as_str().unwrap();
        issue["fields"]["issuelinks"].as_array().unwrap().iter().any(|link| {
            let other = link.get("inwardIssue").or(link.get("outwardIssue")).unwrap();
            !other["key"].as_str().unwrap().starts_with(&format!("{project}-"))
        })
    };
    for (what, least, most, number) in [
        (
            "done",
            1_000,
            1_800,
            count(&|issue| text(issue, "/fields/status/statusCategory/key", "done")),
        ),
        (
            "in progress",
            50,
            500,
            count(&|issue| text(issue, "/fields/status/statusCategory/key", "indeterminate")),
        ),
        (
            "blocked",
            150,
            700,
            count(&|issue| {
                text(issue, "/fields/issuelinks", "inwardIssue")
                    && text(issue, "/fields/issuelinks", "is blocked by")
            }),
        ),
        ("linked across", 100, 900, count(&across)),
        ("epics", 40, 140, count(&|issue| text(issue, "/fields/issuetype/name", "Epic"))),
        ("sub-tasks", 80, 350, count(&|issue| text(issue, "/fields/issuetype/subtask", "true"))),
        ("with a parent", 400, 1_100, count(&|issue| issue["fields"]["parent"]["key"].is_string())),
        (
            "in a sprint",
            300,
            1_200,
            count(&|issue| issue["fields"].to_string().contains("\"boardId\"")),
        ),
        ("with work", 150, 500, count(&|issue| issue["fields"]["timespent"].is_u64())),
        (
            "with worklogs",
            150,
            500,
            count(&|issue| issue["fields"]["worklog"]["total"].as_u64() > Some(0)),
        ),
        ("unassigned", 100, 700, count(&|issue| issue["fields"]["assignee"].is_null())),
        (
            "naming the code host",
            150,
            600,
            count(&|issue| issue["fields"].to_string().contains("acme/")),
        ),
        (
            "waiting for it",
            60,
            300,
            count(&|issue| text(issue, "/fields/description", "Blocked by acme/")),
        ),
    ] {
        assert!((least..=most).contains(&number), "{what}: {number}");
    }
    let comments: u64 =
        issues.iter().map(|issue| issue["fields"]["comment"]["total"].as_u64().unwrap()).sum();
    assert!((1_200..2_000).contains(&comments), "comments: {comments}");
    let bytes: usize = issues.iter().map(|issue| issue.to_string().len()).sum();
    assert!(
        (8_000..22_000).contains(&(bytes / issues.len())),
        "average record: {}",
        bytes / issues.len()
    );
    for issue in &issues {
        let fields = &issue["fields"];
        assert!(fields["created"].as_str() <= fields["updated"].as_str(), "{issue}");
        assert!(fields["updated"].as_str() < Some(NOW), "{issue}");
        let done = fields["status"]["statusCategory"]["key"] == "done";
        assert_eq!(done, fields["resolutiondate"].is_string(), "{issue}");
        assert_eq!(done, fields["resolution"].is_object(), "{issue}");
    }
}

/// The history leads from what an issue began with to what it is.
#[tokio::test]
async fn histories_end_where_issues_stand() {
    let client = Client::cloud();
    let issues = client.all(EVERYTHING, &["status", "assignee", "created", "updated"]).await;
    let mut changes = 0;
    for issue in issues.iter().take(120) {
        let log = client
            .get(&format!("/issue/{}/changelog", issue["key"].as_str().unwrap()))
            .await
            .json();
        let entries = log["values"].as_array().unwrap();
        let mut status = json!("To Do");
        let mut assignee = Value::Null;
        for entry in entries {
            assert!(entry["created"].as_str() >= issue["fields"]["created"].as_str());
            assert!(entry["created"].as_str() <= issue["fields"]["updated"].as_str());
            for item in entry["items"].as_array().unwrap() {
                changes += 1;
                if item["field"] == "status" {
                    assert_eq!(item["fromString"], status, "{log}");
                    status = item["toString"].clone();
                }
                if item["field"] == "assignee" {
                    assert_eq!(item["fromString"], assignee);
                    assignee = item["toString"].clone();
                }
            }
        }
        assert_eq!(status, issue["fields"]["status"]["name"]);
        let now = issue["fields"]["assignee"].get("displayName").cloned().unwrap_or(Value::Null);
        assert_eq!(assignee, now);
    }
    assert!(changes > 300, "{changes}");
}

/// A person at the code host is the same person here.
#[tokio::test]
async fn the_code_host_of_the_same_seed_has_the_same_people() {
    let clock = std::sync::Arc::new(mainstem_model::clock::ManualClock::at(NOW.parse().unwrap()));
    let host = Site::new(SiteOptions { seed: 5, ..SiteOptions::default() }, clock);
    let client = Client::of(JiraOptions { seed: 5, ..JiraOptions::default() });
    let assignees = client.all("assignee is not EMPTY", &["assignee"]).await;
    let world = client.site.world();
    let mut same = 0;
    for issue in &assignees {
        let id = issue["fields"]["assignee"]["accountId"].as_str().unwrap();
        let user = &world[world.user(id).unwrap()];
        same += usize::from(host.world().user(&user.name).is_some());
    }
    assert_eq!(same, assignees.len());
}

/// Ids grow with time, as they do at Jira.
#[tokio::test]
async fn ids_grow_with_time() {
    let client = Client::cloud();
    let issues = client.all(EVERYTHING, &["created", "comment"]).await;
    let created: Vec<&str> =
        issues.iter().map(|issue| issue["fields"]["created"].as_str().unwrap()).collect();
    assert!(created.is_sorted());
    let mut comments: Vec<(u64, String)> = issues
        .iter()
        .flat_map(|issue| issue["fields"]["comment"]["comments"].as_array().unwrap())
        .map(|comment| {
            (
                comment["id"].as_str().unwrap().parse().unwrap(),
                comment["created"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    comments.sort();
    assert!(comments.len() > 200 && comments.is_sorted_by_key(|(_, created)| created));
}
