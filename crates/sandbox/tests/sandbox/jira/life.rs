//! What becomes of issues, and how their histories tell it.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::jira::{
    Custom, CustomValue, Edit, LinkType, NewIssue, Priority, ProjectStatus, Status,
};
use mainstem_sandbox::{Deployment, JiraOptions};
use serde_json::{Value, json};

use crate::jira::support::{Client, data_center};

/// The last entry of an issue's history.
async fn last_history(client: &Client, key: &str) -> Value {
    let path = format!("/issue/{key}?expand=changelog&fields=updated");
    let issue = client.get(&path).await.json();
    let histories = issue["changelog"]["histories"].as_array().unwrap();
    let latest = if client.api.ends_with('3') { histories.first() } else { histories.last() };
    let latest = latest.unwrap().clone();
    assert_eq!(latest["created"], issue["fields"]["updated"], "the time of the issue moved too");
    latest
}

#[tokio::test]
async fn changes_at_once_are_one_entry() {
    let client = Client::cloud();
    let issue = client.issue("ENG-1");
    let severity = client.site.world().custom_field_id(Custom::Severity);
    client.edit(|world| {
        world.edit(
            issue,
            Edit {
                summary: Some("Two things".into()),
                priority: Priority::named("Lowest"),
                labels: Some(vec!["one".into(), "two".into()]),
                status: Status::named("Done"),
                custom: vec![(Custom::Severity, Some(CustomValue::Choice(1)))],
                ..Edit::default()
            },
        );
    });
    let history = last_history(&client, "ENG-1").await;
    let items = history["items"].as_array().unwrap();
    let item =
        |field: &str| items.iter().find(|item| item["field"] == field).unwrap_or(&Value::Null);
    assert_eq!(item("summary")["toString"], "Two things");
    assert_eq!(
        (&item("priority")["to"], &item("priority")["fieldId"]),
        (&json!("5"), &json!("priority"))
    );
    assert_eq!(
        (&item("labels")["from"], &item("labels")["toString"]),
        (&Value::Null, &json!("one two"))
    );
    let changed = items.iter().find(|item| item["fieldId"] == severity.as_str());
    if let Some(changed) = changed {
        assert_eq!(
            (&changed["fieldtype"], &changed["toString"]),
            (&json!("custom"), &json!("Major"))
        );
    }
    assert!(history["author"]["accountId"].is_string());
    let before = client.get("/issue/ENG-1?fields=updated").await.json();
    client.clock.advance_seconds(5);
    client.edit(|world| world.edit_summary(issue, "Two things"));
    assert_eq!(
        client.get("/issue/ENG-1?fields=updated").await.json(),
        before,
        "nothing differs, nothing moves"
    );
}

#[tokio::test]
async fn done_sets_a_resolution_and_undone_clears_it() {
    let client = Client::cloud();
    let key = client.edit(|world| {
        let home = world.project("ENG").unwrap();
        let made = world.create_issue(home, NewIssue::default());
        world.issue_key(made)
    });
    for (status, category, resolution) in [
        ("In Progress", "indeterminate", Value::Null),
        ("In Review", "indeterminate", Value::Null),
        ("Done", "done", json!("Done")),
        ("In Progress", "indeterminate", Value::Null),
        ("Rejected", "done", json!("Won't Do")),
    ] {
        client.clock.advance_seconds(10);
        let before = client.get(&format!("/issue/{key}")).await.json()["fields"].clone();
        client.run(json!({"op": "edit", "issue": key, "status": status})).await;
        let after = client.get(&format!("/issue/{key}")).await.json()["fields"].clone();
        assert_eq!(after["status"]["statusCategory"]["key"], category);
        assert_eq!(
            after["resolution"].get("name").unwrap_or(&Value::Null),
            &resolution,
            "{status}"
        );
        assert_eq!(after["resolutiondate"].is_null(), resolution.is_null());
        let moved = before["statuscategorychangedate"] != after["statuscategorychangedate"];
        assert_eq!(moved, before["status"]["statusCategory"]["key"] != category, "{status}");
        let items = last_history(&client, &key).await["items"].clone();
        assert!(items.as_array().unwrap().iter().any(|item| item["field"] == "status"), "{items}");
    }
}

/// Both ends tell of a link, each in its own words, and both move; so Jira's own code does.
#[tokio::test]
async fn links_are_told_at_both_ends() {
    let client = Client::cloud();
    let (one, other) = (client.issue("ENG-1"), client.issue("WEB-1"));
    for (kind, outward, inward) in [
        ("Blocks", "This issue blocks WEB-1", "This issue is blocked by ENG-1"),
        ("Dependency", "This issue depends on WEB-1", "This issue is depended on by ENG-1"),
        ("Relates", "This issue relates to WEB-1", "This issue relates to ENG-1"),
    ] {
        let link =
            client.edit(|world| world.link(LinkType::named(kind).unwrap(), one, other).unwrap());
        for (key, named, text) in [("ENG-1", "WEB-1", outward), ("WEB-1", "ENG-1", inward)] {
            assert_eq!(
                last_history(&client, key).await["items"],
                json!([{
                    "field": "Link", "fieldtype": "jira", "from": null, "fromString": null,
                    "to": named, "toString": text,
                }])
            );
        }
        let side = |issue: &Value, side: &str, key: &str| {
            issue["fields"]["issuelinks"]
                .as_array()
                .unwrap()
                .iter()
                .any(|link| link["type"]["name"] == kind && link[side]["key"] == key)
        };
        assert!(side(&client.get("/issue/ENG-1").await.json(), "outwardIssue", "WEB-1"));
        assert!(side(&client.get("/issue/WEB-1").await.json(), "inwardIssue", "ENG-1"));
        client.edit(|world| {
            assert!(world.link(LinkType::named(kind).unwrap(), one, other).is_none(), "already");
            world.unlink(link);
        });
        let items = last_history(&client, "WEB-1").await["items"].clone();
        assert_eq!((&items[0]["fromString"], &items[0]["to"]), (&json!(inward), &Value::Null));
        assert!(!side(&client.get("/issue/ENG-1").await.json(), "outwardIssue", "WEB-1"));
    }
    let still = Client::of(JiraOptions { links_move_updated: false, ..JiraOptions::default() });
    let before = still.get("/issue/ENG-1?fields=updated").await.json();
    still.run(json!({"op": "link", "kind": "Blocks", "source": "ENG-1", "target": "WEB-1"})).await;
    assert_eq!(still.get("/issue/ENG-1?fields=updated").await.json(), before);
}

#[tokio::test]
async fn a_moved_issue_keeps_its_id_and_its_old_keys() {
    for options in [JiraOptions::default(), data_center()] {
        let cloud = options.deployment == Deployment::Cloud;
        let client = Client::of(options);
        let issue = client.issue("ENG-3");
        let id = client.site.world().issue_id(issue);
        let new =
            client.run(json!({"op": "move", "issue": "ENG-3", "to": "OPS"})).await["key"].clone();
        let newer =
            client.run(json!({"op": "move", "issue": "ENG-3", "to": "WEB"})).await["key"].clone();
        for name in ["ENG-3", new.as_str().unwrap(), newer.as_str().unwrap(), &id.to_string()] {
            let found = client.get(&format!("/issue/{name}")).await.json();
            assert_eq!((&found["key"], &found["id"]), (&newer, &json!(id.to_string())), "{name}");
            assert_eq!(found["fields"]["project"]["key"], "WEB");
        }
        assert_eq!(
            client.keys("key = ENG-3").await,
            [newer.as_str().unwrap()],
            "search follows too"
        );
        let items = last_history(&client, "ENG-3").await["items"].clone();
        let items = items.as_array().unwrap();
        let key = items.iter().find(|item| item["field"] == "Key").unwrap();
        assert_eq!(
            (&key["fromString"], &key["toString"], &key["to"]),
            (&new, &newer, &Value::Null)
        );
        let project = items.iter().find(|item| item["field"] == "project").unwrap();
        assert_eq!(
            (&project["from"], &project["toString"]),
            (&json!("10003"), &json!("Web application"))
        );
        assert_eq!(project.get("fieldId").is_some(), cloud, "Data Center tells no ids of fields");
        let next =
            client.run(json!({"op": "create_issue", "project": "ENG", "summary": "x"})).await;
        assert_ne!(next["key"], "ENG-3", "a number is never given twice");
    }
}

#[tokio::test]
async fn a_renamed_project_takes_its_issues_along_silently() {
    let client = Client::cloud();
    let before = client.get("/issue/ENG-7?fields=updated").await.json();
    client.run(json!({"op": "rename_project", "project": "ENG", "key": "PLAT"})).await;
    let after = client.get("/issue/ENG-7?fields=updated").await.json();
    assert_eq!(after["key"], "PLAT-7");
    assert_eq!(after["fields"], before["fields"]);
    assert_eq!(client.get("/project/ENG").await.json()["key"], "PLAT");
    assert!(!client.keys("project = ENG").await.is_empty());
}

#[tokio::test]
async fn gone_hidden_and_archived_are_told_apart_as_far_as_jira_does() {
    for options in [JiraOptions::default(), data_center()] {
        let cloud = options.deployment == Deployment::Cloud;
        let client = Client::of(options);
        for (op, status, message) in [
            (
                "delete",
                404,
                if cloud {
                    "Issue does not exist or you do not have permission to see it."
                } else {
                    "Issue Does Not Exist"
                },
            ),
            (
                "hide",
                if cloud { 404 } else { 403 },
                if cloud {
                    "Issue does not exist or you do not have permission to see it."
                } else {
                    "You do not have the permission to see the specified issue."
                },
            ),
            ("archive", 200, ""),
        ] {
            let key = client
                .run(json!({"op": "create_issue", "project": "ENG", "summary": "x"}))
                .await["key"]
                .clone();
            let key = key.as_str().unwrap();
            client.run(json!({"op": op, "issue": key})).await;
            let answer = client.get(&format!("/issue/{key}")).await;
            assert_eq!(answer.status.as_u16(), status, "{op}");
            assert_eq!(answer.message(), message, "{op}");
            assert!(!client.keys("project = ENG").await.contains(&key.to_owned()), "{op}");
            if op == "archive" && !cloud {
                assert!(answer.json()["fields"]["archiveddate"].is_string());
            }
            if op != "delete" {
                client.run(json!({"op": "show", "issue": key})).await;
                assert!(client.keys("project = ENG").await.contains(&key.to_owned()), "{op}");
            }
        }
    }
}

#[tokio::test]
async fn deleting_takes_sub_tasks_and_links_along() {
    let client = Client::cloud();
    let (whole, part, other) = client.edit(|world| {
        let home = world.project("ENG").unwrap();
        let whole = world.create_issue(home, NewIssue::default());
        let part = world.create_issue(
            home,
            NewIssue {
                issue_type: mainstem_sandbox::jira::IssueType::named("Sub-task").unwrap(),
                parent: Some(whole),
                ..NewIssue::default()
            },
        );
        let other = world.issue("WEB-1").unwrap();
        world.link(LinkType::named("Blocks").unwrap(), whole, other);
        (world.issue_key(whole), world.issue_key(part), world.issue_key(other))
    });
    let refused = client.write(Method::DELETE, &format!("/issue/{whole}"), Value::Null).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let shown = client.get(&format!("/issue/{whole}")).await.json();
    assert_eq!(shown["fields"]["subtasks"][0]["key"], part.as_str());
    let gone = client
        .write(Method::DELETE, &format!("/issue/{whole}?deleteSubtasks=true"), Value::Null)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get(&format!("/issue/{part}")).await.status, StatusCode::NOT_FOUND);
    let items = last_history(&client, &other).await["items"].clone();
    assert_eq!(items[0]["fromString"], format!("This issue is blocked by {whole}"));
}

#[tokio::test]
async fn a_project_that_is_out_of_sight_is_refused_by_name() {
    let client = Client::cloud();
    let listed = |body: Value| -> Vec<String> {
        body["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|project| project["key"].as_str().unwrap().to_owned())
            .collect()
    };
    client.run(json!({"op": "hide_project", "project": "WEB"})).await;
    let answer = client.search(json!({"jql": "project = WEB"})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "not an empty list");
    assert_eq!(answer.message(), "The value 'WEB' does not exist for the field 'project'.");
    assert_eq!(client.get("/issue/WEB-1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        client.get("/project/WEB").await.message(),
        "No project could be found with key 'WEB'."
    );
    assert_eq!(listed(client.get("/project/search").await.json()), ["ENG", "MOB", "OPS"]);
    let links = client.all("project in (ENG, MOB, OPS)", &["issuelinks"]).await;
    assert!(!json!(links).to_string().contains("\"WEB-"), "no link shows it either");
    client.run(json!({"op": "hide_project", "project": "WEB", "hidden": false})).await;
    assert!(!client.keys("project = WEB").await.is_empty());
    for (status, archived, deleted) in [("archived", true, false), ("deleted", false, true)] {
        client.run(json!({"op": "project_status", "project": "WEB", "status": status})).await;
        assert!(!listed(client.get("/project/search").await.json()).contains(&"WEB".into()));
        let asked = client.get(&format!("/project/search?status={status}")).await.json();
        assert_eq!(listed(asked), ["WEB"]);
        assert_eq!(client.get("/issue/WEB-1").await.status == StatusCode::OK, archived);
        assert_eq!(
            client.search(json!({"jql": "project = WEB"})).await.status == StatusCode::BAD_REQUEST,
            deleted
        );
        client.edit(|world| {
            let web = world.project("WEB").unwrap();
            world.set_project_status(web, ProjectStatus::Live);
        });
    }
}

#[tokio::test]
async fn comments_and_work_move_the_issue_and_the_history_tells_what_jira_tells() {
    let client = Client::cloud();
    let updated = || async {
        client.get("/issue/ENG-1?fields=updated").await.json()["fields"]["updated"].clone()
    };
    let count =
        || async { client.get("/issue/ENG-1/changelog").await.json()["total"].as_u64().unwrap() };
    let comment =
        client.run(json!({"op": "comment", "issue": "ENG-1", "body": "First"})).await["id"].clone();
    let mut before = (updated().await, count().await);
    for (script, moves, tells) in [
        (json!({"op": "comment", "issue": "ENG-1", "body": "Second"}), true, 0),
        (json!({"op": "edit_comment", "id": comment, "body": "Other"}), true, 0),
        (json!({"op": "delete_comment", "id": comment}), true, 1),
        (json!({"op": "log_work", "issue": "ENG-1", "seconds": 5_400}), true, 1),
        (
            json!({"op": "link_elsewhere", "issue": "ENG-1", "url": "https://x.example/1", "title": "One"}),
            true,
            1,
        ),
    ] {
        client.clock.advance_seconds(5);
        client.run(script.clone()).await;
        let after = (updated().await, count().await);
        assert_eq!((after.0 != before.0, after.1 - before.1), (moves, tells), "{script}");
        before = after;
    }
    let histories = client.get("/issue/ENG-1/changelog").await.json();
    let items: Vec<&Value> = histories["values"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entry| entry["items"].as_array().unwrap())
        .collect();
    let find = |field: &str| *items.iter().rev().find(|item| item["field"] == field).unwrap();
    assert_eq!(
        (&find("Comment")["fromString"], &find("Comment")["toString"]),
        (&json!("Other"), &Value::Null)
    );
    let link = find("RemoteWorkItemLink");
    assert_eq!(
        (&link["from"], &link["toString"]),
        (&Value::Null, &json!("This issue links to \"One\""))
    );
    assert!(find("timespent")["to"].is_string() && find("WorklogId")["to"].is_string());
    let quiet =
        client.run(json!({"op": "comment", "issue": "ENG-1", "body": "Quiet"})).await["id"].clone();
    let before = updated().await;
    client.run(json!({"op": "delete_comment", "id": quiet, "silently": true})).await;
    assert_eq!(updated().await, before);
    let comments = client.get("/issue/ENG-1/comment").await.json();
    assert!(!comments.to_string().contains("Quiet"));
}

#[tokio::test]
async fn equal_times_are_possible() {
    let client = Client::cloud();
    client.run(json!({"op": "freeze_time"})).await;
    client.run(json!({"op": "bulk_edit", "count": 120})).await;
    let times = client.all("updated >= -1m ORDER BY updated ASC", &["updated"]).await;
    assert_eq!(times.len(), 120);
    assert!(times.iter().all(|issue| issue["fields"] == times[0]["fields"]));
    let ids: std::collections::HashSet<_> = times.iter().map(|issue| &issue["id"]).collect();
    assert_eq!(ids.len(), 120, "equal values are told apart at the seam of pages");
    client.run(json!({"op": "thaw_time"})).await;
    client.run(json!({"op": "bulk_edit", "count": 2})).await;
    let later = client.all("updated >= -1m ORDER BY updated DESC", &["updated"]).await;
    assert_ne!(later[0]["fields"], later[1]["fields"]);
}
