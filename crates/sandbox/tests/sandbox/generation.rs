//! The organisation that a seed makes.

use mainstem_sandbox::SiteOptions;
use serde_json::Value;

use crate::support::{Client, NOW};

async fn everything(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    for repository in client.get("/orgs/acme/repos").await.json().as_array().unwrap() {
        let name = repository["full_name"].as_str().unwrap();
        all.extend(client.all(&format!("/repos/{name}/issues?state=all&per_page=100")).await);
        all.extend(client.all(&format!("/repos/{name}/issues/comments?per_page=100")).await);
        all.extend(client.all(&format!("/repos/{name}/issues/events?per_page=100")).await);
    }
    all
}

#[tokio::test]
async fn the_seed_decides_everything() {
    let options = SiteOptions { issues: 60, pull_requests: 20, ..SiteOptions::default() };
    let one = everything(&Client::of(options.clone())).await;
    let same = everything(&Client::of(options.clone())).await;
    let other = everything(&Client::of(SiteOptions { seed: 2, ..options })).await;
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn the_organisation_is_believable() {
    let client =
        Client::of(SiteOptions { issues: 1_500, pull_requests: 500, ..SiteOptions::default() });
    let mut issues = Vec::new();
    for name in ["api", "web", "mobile", "infrastructure"] {
        issues
            .extend(client.all(&format!("/repos/acme/{name}/issues?state=all&per_page=100")).await);
    }
    assert_eq!(issues.len(), 2_000);
    let count =
        |wanted: &dyn Fn(&Value) -> bool| issues.iter().filter(|issue| wanted(issue)).count();
    assert_eq!(count(&|issue| !issue["pull_request"].is_null()), 500);
    for (what, least, most, number) in [
        ("open", 300, 1_000, count(&|issue| issue["state"] == "open")),
        ("duplicates", 10, 200, count(&|issue| issue["state_reason"] == "duplicate")),
        (
            "blocked",
            200,
            900,
            count(&|issue| {
                issue["issue_dependencies_summary"]["total_blocked_by"].as_u64() > Some(0)
            }),
        ),
        ("parts", 100, 700, count(&|issue| issue["parent_issue_url"].is_string())),
        ("drafts", 10, 200, count(&|issue| issue["draft"] == true)),
        ("merged", 250, 490, count(&|issue| issue["pull_request"]["merged_at"].is_string())),
        ("urgent", 50, 500, count(&|issue| issue.to_string().contains("priority: urgent"))),
        ("in a milestone", 700, 1_500, count(&|issue| issue["milestone"].is_object())),
        ("unassigned", 100, 700, count(&|issue| issue["assignee"].is_null())),
        (
            "closing",
            150,
            450,
            count(&|issue| issue["body"].as_str().is_some_and(|body| body.contains("\nCloses "))),
        ),
        (
            "with tasks",
            400,
            1_500,
            count(&|issue| issue["body"].as_str().is_some_and(|body| body.contains("- [ ] "))),
        ),
    ] {
        assert!((least..=most).contains(&number), "{what}: {number}");
    }
    let comments: u64 = issues.iter().map(|issue| issue["comments"].as_u64().unwrap()).sum();
    assert!((800..1_200).contains(&comments), "comments: {comments}");
    let bodies: usize = issues.iter().map(|issue| issue["body"].as_str().map_or(0, str::len)).sum();
    assert!(
        (250..750).contains(&(bodies / issues.len())),
        "average body: {}",
        bodies / issues.len()
    );
    let records: usize = issues.iter().map(|issue| issue.to_string().len()).sum();
    assert!(
        (3_500..7_500).contains(&(records / issues.len())),
        "average record: {}",
        records / issues.len()
    );

    let mut load = std::collections::BTreeMap::new();
    for login in issues.iter().filter_map(|issue| issue["assignee"]["login"].as_str()) {
        *load.entry(login).or_insert(0) += 1;
    }
    let (least, most) = (load.values().min().unwrap(), load.values().max().unwrap());
    assert!(*most > *least * 5, "everybody carries the same: {load:?}");
    for issue in &issues {
        assert!(issue["created_at"].as_str() <= issue["updated_at"].as_str(), "{issue}");
        assert!(issue["updated_at"].as_str() < Some(NOW), "{issue}");
        assert_eq!(issue["state"] == "closed", issue["closed_at"].is_string(), "{issue}");
    }
}

#[tokio::test]
async fn finished_work_waited_for_nothing_unfinished() {
    let client = Client::new();
    let answer = client
        .ask(
            "{ repository(owner: \"acme\", name: \"api\") { issues(first: 100) { nodes {
                number closedAt blockedBy(first: 10) { nodes { closedAt repository { name } } } } } } }",
            Value::Null,
        )
        .await;
    let issues = answer["data"]["repository"]["issues"]["nodes"].as_array().unwrap();
    let mut across = 0;
    let mut late = 0;
    for issue in issues {
        for blocker in issue["blockedBy"]["nodes"].as_array().unwrap() {
            across += usize::from(blocker["repository"]["name"] != "api");
            // Epics end when their parts do, whatever they block; nothing else is out of order.
            late += usize::from(issue["closedAt"].is_string() && blocker["closedAt"].is_null());
        }
    }
    assert!(across > 5, "dependencies cross repositories: {across}");
    assert!(late < issues.len() / 20, "closed before their blockers: {late}");
}
