//! Lists: order, filters, links, cursors, and changes between two pages.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use mainstem_sandbox::SiteOptions;
use serde_json::Value;

use crate::support::{Client, HOST};

#[tokio::test]
async fn links_name_the_other_pages_as_github_does() {
    let client = Client::new();
    let path = "/repos/acme/api/issues?state=all&per_page=100";
    let id = client.get("/repos/acme/api").await.json()["id"].as_u64().unwrap();
    let count = client.all(path).await.len();
    let last = count.div_ceil(100);
    assert_eq!(last, 3, "the seed fills three pages");
    let url = |page: usize| format!("/repositories/{id}/issues?state=all&per_page=100&page={page}");
    for (page, prev, next, first, final_page) in [
        (1, None, Some(2), None, Some(3)),
        (2, Some(1), Some(3), Some(1), Some(3)),
        (3, Some(2), None, Some(1), None),
    ] {
        let answer = client.get(&format!("{path}&page={page}")).await;
        assert_eq!(answer.link("prev"), prev.map(url), "{page}");
        assert_eq!(answer.link("next"), next.map(url), "{page}");
        assert_eq!(answer.link("first"), first.map(url), "{page}");
        assert_eq!(answer.link("last"), final_page.map(url), "{page}");
    }
    let short = client.get("/repos/acme/api/labels?per_page=100").await;
    assert_eq!(short.header("link"), "");
    let enterprise = client.get(&format!("/api/v3{path}")).await;
    assert!(
        enterprise
            .header("link")
            .contains(&format!("<http://{HOST}/api/v3/repositories/{id}/issues?"))
    );
    assert_eq!(client.get(&format!("{path}&page=4")).await.json(), Value::Array(Vec::new()));
    assert_eq!(
        client
            .get("/repos/acme/api/issues?per_page=1000")
            .await
            .json()
            .as_array()
            .unwrap()
            .len()
            .min(101),
        100.min(client.all("/repos/acme/api/issues").await.len())
    );
}

#[tokio::test]
async fn lists_are_ordered_and_filtered() {
    let client = Client::new();
    let all = client.all("/repos/acme/api/issues?state=all&per_page=100").await;
    let text = |issue: &Value, field: &str| issue[field].as_str().unwrap().to_owned();
    let sorted = client.all("/repos/acme/api/issues?state=all&sort=updated&direction=asc").await;
    assert!(sorted.is_sorted_by_key(|issue| text(issue, "updated_at")));
    assert_eq!(sorted.len(), all.len());
    assert!(
        all.iter().rev().is_sorted_by_key(|issue| issue["number"].as_u64()),
        "newest first by default"
    );

    let since = text(&sorted[sorted.len() - 10], "updated_at");
    let expected: Vec<&Value> =
        sorted.iter().filter(|issue| text(issue, "updated_at") >= since).collect();
    let changed = client
        .all(&format!("/repos/acme/api/issues?state=all&sort=updated&direction=asc&since={since}"))
        .await;
    assert_eq!(changed.iter().collect::<Vec<_>>(), expected, "since holds the instant itself");

    let assignee = all.iter().find_map(|issue| issue["assignee"]["login"].as_str()).unwrap();
    for (query, holds) in [
        (
            "state=open",
            Box::new(|issue: &Value| issue["state"] == "open") as Box<dyn Fn(&Value) -> bool>,
        ),
        ("", Box::new(|issue| issue["state"] == "open")),
        ("state=closed", Box::new(|issue| issue["state"] == "closed")),
        ("state=all&labels=bug", Box::new(|issue| has_label(issue, "bug"))),
        (
            "state=all&labels=bug,priority:%20high",
            Box::new(|issue| has_label(issue, "bug") && has_label(issue, "priority: high")),
        ),
        ("state=all&assignee=none", Box::new(|issue| issue["assignee"].is_null())),
        ("state=all&milestone=*", Box::new(|issue| issue["milestone"].is_object())),
        ("state=all&milestone=2", Box::new(|issue| issue["milestone"]["number"] == 2)),
        ("state=all&type=Bug", Box::new(|issue| issue["type"]["name"] == "Bug")),
        (
            &format!("state=all&assignee={assignee}"),
            Box::new(|issue| {
                issue["assignees"].as_array().unwrap().iter().any(|user| user["login"] == assignee)
            }),
        ),
    ] {
        let found = client.all(&format!("/repos/acme/api/issues?per_page=100&{query}")).await;
        let expected: Vec<&Value> = all.iter().filter(|issue| holds(issue)).collect();
        assert!(!expected.is_empty(), "{query}");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for wrong in ["state=half", "sort=size", "direction=up", "since=yesterday", "milestone=soon"] {
        let answer = client.get(&format!("/repos/acme/api/issues?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

fn has_label(issue: &Value, name: &str) -> bool {
    issue["labels"].as_array().unwrap().iter().any(|label| label["name"] == name)
}

#[tokio::test]
async fn page_numbers_lose_issues_that_move_while_a_client_turns_pages() {
    let client = Client::new();
    let path = "/repos/acme/api/issues?state=all&sort=updated&direction=asc&per_page=50";
    let before: BTreeSet<u64> =
        client.all(path).await.iter().map(|issue| issue["number"].as_u64().unwrap()).collect();
    let first = client.get(path).await.json()[0]["number"].as_u64().unwrap() as u32;
    client.site.on_request(move |number, world| {
        if number == 2 {
            let issue = world.issue("acme/api", first).unwrap();
            world.edit_title(issue, "Moved to the end");
        }
    });
    let seen: Vec<u64> =
        client.all(path).await.iter().map(|issue| issue["number"].as_u64().unwrap()).collect();
    let distinct: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(before.len() - distinct.len(), 1, "one slipped to the page already read");
    assert_eq!(seen.len() - distinct.len(), 1, "and the edited one came twice");
}

#[tokio::test]
async fn cursors_keep_their_place_and_page_numbers_end() {
    let client = Client::of(SiteOptions { issue_cursors: true, ..SiteOptions::default() });
    let path = "/repos/acme/api/issues?state=all&sort=created&direction=asc&per_page=50";
    let answer = client.get(path).await;
    assert!(answer.link("next").unwrap().contains("after="));
    assert_eq!((answer.link("last"), answer.link("first")), (None, None));
    let first = answer.json()[0]["number"].as_u64().unwrap() as u32;
    client.site.on_request(move |number, world| {
        if number == 2 {
            let issue = world.issue("acme/api", first).unwrap();
            world.delete(issue);
        }
    });
    let seen: Vec<u64> =
        client.all(path).await.iter().map(|issue| issue["number"].as_u64().unwrap()).collect();
    assert_eq!(
        seen,
        (1..=seen.len() as u64).collect::<Vec<_>>(),
        "a deletion before the cursor skips nothing"
    );
    let deep = client.get("/repos/acme/api/issues?per_page=100&page=101").await;
    assert_eq!(deep.status, StatusCode::UNPROCESSABLE_ENTITY);
}
