//! What single things look like, on both deployments.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::jira::{Custom, CustomValue, Edit, NewIssue, Status};
use mainstem_sandbox::{Deployment, JiraOptions};
use serde_json::{Value, json};

use crate::jira::support::{Client, credential, data_center};

#[tokio::test]
async fn people_are_named_as_the_deployment_names_them() {
    let cloud = Client::cloud();
    let me = cloud.get("/myself").await.json();
    assert!(me["accountId"].as_str().unwrap().starts_with("712020:"));
    assert_eq!((&me["accountType"], &me["locale"]), (&json!("atlassian"), &json!("en_US")));
    assert!(me.get("name").is_none() && me.get("key").is_none());
    let all = cloud.all("assignee is not EMPTY", &["assignee", "creator"]).await;
    let text = json!(all).to_string();
    assert!(!text.contains("emailAddress"), "addresses are hidden");
    assert!(text.contains("\"accountType\":\"app\""), "an app files issues too");
    let open = Client::of(JiraOptions { shows_emails: true, ..JiraOptions::default() });
    let shown = open.all("assignee is not EMPTY", &["assignee"]).await;
    assert!(json!(shown).to_string().contains("emailAddress"));

    let own = Client::data_center();
    let me = own.get("/myself").await.json();
    assert_eq!((&me["name"], &me["key"]), (&json!("mainstem-sync"), &json!("JIRAUSER10000")));
    assert!(me.get("accountId").is_none() && me["emailAddress"].is_string());
    let user =
        own.all("assignee is not EMPTY", &["assignee"]).await[0]["fields"]["assignee"].clone();
    assert_eq!(user["active"], true);
    let name = user["name"].as_str().unwrap();
    own.run(json!({"op": "deactivate", "user": name})).await;
    let after = own.get(&format!("/user?username={name}")).await.json();
    assert_eq!(after["active"], false);
}

#[tokio::test]
async fn texts_are_documents_or_markup() {
    let cloud = Client::cloud();
    let all = cloud.all("project = ENG", &["description"]).await;
    let with_text = all.iter().filter(|issue| !issue["fields"]["description"].is_null());
    let mut kinds = std::collections::BTreeSet::new();
    for issue in with_text {
        let document = &issue["fields"]["description"];
        assert_eq!((&document["type"], &document["version"]), (&json!("doc"), &json!(1)));
        collect_kinds(document, &mut kinds);
    }
    for kind in [
        "heading",
        "paragraph",
        "bulletList",
        "orderedList",
        "codeBlock",
        "panel",
        "table",
        "hardBreak",
    ] {
        assert!(kinds.contains(kind), "{kind} is missing from {kinds:?}");
    }
    let path = "/rest/api/2/issue/ENG-1?fields=description";
    cloud
        .run(json!({"op": "edit", "issue": "ENG-1", "description": "One *two*\nthree\n\nfour"}))
        .await;
    let markup = cloud.send(Method::GET, path, &[credential()], "").await.json();
    assert_eq!(markup["fields"]["description"], "One *two*\nthree\n\nfour", "version 2 of Cloud");
    let document = cloud.get("/issue/ENG-1?fields=description").await.json();
    assert_eq!(document["fields"]["description"]["content"].as_array().unwrap().len(), 2);
    cloud.run(json!({"op": "edit", "issue": "ENG-1", "description": ""})).await;
    assert!(cloud.get("/issue/ENG-1").await.json()["fields"]["description"].is_null());

    let own = Client::data_center();
    let all = own.all("project = ENG", &["description"]).await;
    let text = json!(all).to_string();
    for markup in ["h3. ", "# ", "* ", "{noformat}", "{warning}", "||Case||"] {
        assert!(text.contains(markup), "{markup} is missing");
    }
}

fn collect_kinds(node: &Value, kinds: &mut std::collections::BTreeSet<String>) {
    kinds.extend(node["type"].as_str().map(str::to_owned));
    if node["type"] == "text" {
        assert!(!node["text"].as_str().unwrap().is_empty());
    }
    for child in node["content"].as_array().into_iter().flatten() {
        collect_kinds(child, kinds);
    }
}

#[tokio::test]
async fn custom_fields_have_the_value_of_their_type() {
    for options in [JiraOptions::default(), data_center()] {
        let cloud = options.deployment == Deployment::Cloud;
        let client = Client::of(options);
        let issue = client.issue("ENG-1");
        client.edit(|world| {
            let person = world[issue].assignee.or(world.user("mainstem-sync")).unwrap();
            world.edit(
                issue,
                Edit {
                    custom: [
                        (Custom::Severity, CustomValue::Choice(0)),
                        (Custom::Platforms, CustomValue::Choices(vec![1, 2])),
                        (Custom::Area, CustomValue::Cascade(1, Some(1))),
                        (Custom::Reviewer, CustomValue::User(person)),
                        (Custom::Approvers, CustomValue::Users(vec![person])),
                        (Custom::StoryPoints, CustomValue::Number(0.5)),
                        (Custom::StartDate, CustomValue::Date("2026-05-04".parse().unwrap())),
                        (
                            Custom::MaintenanceWindow,
                            CustomValue::Time("2026-05-04T05:00:00Z".parse().unwrap()),
                        ),
                        (Custom::VendorReference, CustomValue::Text("CASE-1".into())),
                        (Custom::AcceptanceCriteria, CustomValue::Text("Works".into())),
                        (Custom::Topics, CustomValue::Labels(vec!["a".into(), "b".into()])),
                    ]
                    .into_iter()
                    .map(|(field, value)| (field, Some(value)))
                    .collect(),
                    ..Edit::default()
                },
            );
        });
        let shown = client.get("/issue/ENG-1").await.json()["fields"].clone();
        let value = |custom| shown[client.site.world().custom_field_id(custom)].clone();
        assert_eq!(value(Custom::Severity)["value"], "Critical");
        assert_eq!(value(Custom::Severity).get("disabled").is_none(), cloud);
        assert_eq!(value(Custom::Platforms)[1]["value"], "Browser");
        assert_eq!(value(Custom::Area).pointer("/child/value"), Some(&json!("Charts")));
        assert!(value(Custom::Reviewer)["displayName"].is_string());
        assert!(value(Custom::Approvers)[0]["displayName"].is_string());
        assert_eq!(value(Custom::StoryPoints), 0.5);
        assert_eq!(value(Custom::StartDate), "2026-05-04");
        assert_eq!(value(Custom::MaintenanceWindow), "2026-05-04T05:00:00.000+0000");
        assert_eq!(value(Custom::VendorReference), "CASE-1");
        assert_eq!(value(Custom::AcceptanceCriteria).is_object(), cloud);
        assert_eq!(value(Custom::Topics), json!(["a", "b"]));
    }
    let ids = |seed| {
        let client = Client::of(JiraOptions { seed, ..JiraOptions::default() });
        client.edit(|world| world.custom_field_id(Custom::Severity))
    };
    assert_ne!(ids(1), ids(2), "no two sites agree on ids");
    let fields = Client::cloud().get("/field").await.json();
    let named = |name: &str| {
        fields.as_array().unwrap().iter().filter(|field| field["name"] == name).count()
    };
    assert_eq!((named("Severity"), named("Team")), (1, 2), "two fields may have one name");
    let sprint = fields.as_array().unwrap().iter().find(|field| field["name"] == "Sprint").unwrap();
    assert_eq!(sprint["schema"]["custom"], "com.pyxis.greenhopper.jira:gh-sprint");
}

#[tokio::test]
async fn sprints_and_epics_stand_where_each_deployment_puts_them() {
    for options in [JiraOptions::default(), data_center()] {
        let cloud = options.deployment == Deployment::Cloud;
        let client = Client::of(options);
        let [sprint, epic] = [Custom::Sprint, Custom::EpicLink]
            .map(|custom| client.site.world().custom_field_id(custom));
        let all = client.all("project = ENG", &["*all"]).await;
        let with_sprint = all.iter().find(|issue| !issue["fields"][&sprint].is_null()).unwrap();
        let value = &with_sprint["fields"][&sprint][0];
        if cloud {
            assert!(value["id"].is_u64() && value["state"].is_string() && value["boardId"] == 1);
        } else {
            let text = value.as_str().unwrap();
            assert!(text.starts_with("com.atlassian.greenhopper.service.sprint.Sprint@"), "{text}");
            assert!(
                text.contains("[id=") && text.contains(",state=CLOSED,name=ENG Sprint "),
                "{text}"
            );
        }
        let with_epic = all.iter().find(|issue| issue["fields"][&epic].is_string()).unwrap();
        assert_eq!(
            with_epic["fields"].get("parent").is_some(),
            cloud,
            "an epic is a parent on Cloud only"
        );
        let part =
            all.iter().find(|issue| issue["fields"]["issuetype"]["subtask"] == true).unwrap();
        assert!(part["fields"]["parent"]["key"].is_string());
        let board = client
            .send(Method::GET, "/rest/agile/1.0/board/1/sprint?state=active", &[credential()], "")
            .await
            .json();
        assert_eq!(board["values"].as_array().unwrap().len(), 1);
        assert!(board["values"][0]["startDate"].as_str().unwrap().ends_with('Z'));
    }
}

#[tokio::test]
async fn what_stands_within_an_issue_is_cut_and_says_of_how_many() {
    let client = Client::cloud();
    let issue = client.issue("ENG-1");
    let (comments, worklogs, histories) = client.edit(|world| {
        let author = world.user("mainstem-sync").unwrap();
        let now = world.now();
        for number in 0..150 {
            world.comment(issue, author, &format!("Remark {number}"));
        }
        for _ in 0..25 {
            world.log_work(issue, author, 60, now, "");
        }
        for number in 0..1_500 {
            world.edit_summary(issue, &format!("Title {number}"));
        }
        (150, 25, 1_525)
    });
    let found = client
        .search(json!({"jql": "key = ENG-1", "fields": ["*all"], "expand": "changelog"}))
        .await
        .json();
    let found = &found["issues"][0];
    let whole = client.get("/issue/ENG-1?expand=changelog").await.json();
    let length = |value: &Value| value.as_array().unwrap().len();
    assert_eq!(length(&found["fields"]["comment"]["comments"]), 20);
    assert!(found["fields"]["comment"]["total"].as_u64().unwrap() >= comments);
    assert!(length(&whole["fields"]["comment"]["comments"]) >= 150, "by itself it shows all");
    assert_eq!(length(&found["fields"]["worklog"]["worklogs"]), 20);
    assert!(found["fields"]["worklog"]["total"].as_u64().unwrap() >= worklogs);
    assert_eq!(length(&found["changelog"]["histories"]), 40);
    assert_eq!(length(&whole["changelog"]["histories"]), 100);
    let total = whole["changelog"]["total"].as_u64().unwrap();
    assert!(total >= histories);
    let newest = &found["changelog"]["histories"][0];
    assert_eq!(newest["items"][0]["toString"], "Title 1499", "the latest come first");

    let mut paged = Vec::new();
    let mut next = Some("/issue/ENG-1/changelog".to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await.json();
        assert!(length(&page["values"]) <= 100);
        paged.extend(page["values"].as_array().unwrap().clone());
        next = page["nextPage"]
            .as_str()
            .map(|url| url.split_once("/rest/api/3").unwrap().1.to_owned());
    }
    assert_eq!(paged.len() as u64, total, "page by page it is whole");
    let times: Vec<&str> = paged.iter().map(|entry| entry["created"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "oldest first");

    let mut bulk = std::collections::BTreeSet::new();
    let mut told = 0;
    let mut token = Value::Null;
    loop {
        let body = json!({"issueIdsOrKeys": ["ENG-1", "ENG-2"], "maxResults": 500, "nextPageToken": token});
        let page = client.write(Method::POST, "/changelog/bulkfetch", body).await.json();
        for log in page["issueChangeLogs"].as_array().unwrap() {
            for entry in log["changeHistories"].as_array().unwrap() {
                assert!(entry["created"].is_i64(), "milliseconds");
                bulk.insert(entry["id"].as_str().unwrap().to_owned());
                told += 1;
            }
        }
        token = page["nextPageToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert!(paged.iter().all(|entry| bulk.contains(entry["id"].as_str().unwrap())));
    assert!(told > bulk.len(), "an entry is told twice at the seam of pages");

    let own = Client::data_center();
    let issue = own.issue("ENG-1");
    own.edit(|world| {
        (0..300).for_each(|number| world.edit_summary(issue, &format!("Title {number}")))
    });
    let whole = own.get("/issue/ENG-1?expand=changelog").await.json();
    assert!(length(&whole["changelog"]["histories"]) >= 300, "Data Center tells all");
    assert_eq!(own.get("/issue/ENG-1/changelog").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bulk_histories_come_a_few_issues_at_a_time() {
    let client = Client::cloud();
    let keys = client.keys("project in (ENG, WEB)").await;
    let body = json!({"issueIdsOrKeys": keys, "maxResults": 10_000});
    let page = client.write(Method::POST, "/changelog/bulkfetch", body).await.json();
    assert_eq!(page["issueChangeLogs"].as_array().unwrap().len(), 50);
    assert!(page["nextPageToken"].is_string());
    client.run(json!({"op": "edit", "issue": "ENG-1", "status": "Waiting for Customer"})).await;
    let only_status = json!({"issueIdsOrKeys": ["ENG-1"], "fieldIds": ["status"]});
    let page = client.write(Method::POST, "/changelog/bulkfetch", only_status).await.json();
    let items = page.pointer("/issueChangeLogs/0/changeHistories").unwrap().as_array().unwrap();
    assert!(items.iter().all(|entry| entry.to_string().contains("\"fieldId\":\"status\"")));
    for wrong in
        [json!({"issueIdsOrKeys": []}), json!({"issueIdsOrKeys": vec!["1"; 1_001]}), json!({})]
    {
        let answer = client.write(Method::POST, "/changelog/bulkfetch", wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn lists_of_an_issue_are_paged_and_ordered() {
    let client = Client::cloud();
    client.edit(|world| {
        let issue = world.issue("ENG-1").unwrap();
        let author = world.user("mainstem-sync").unwrap();
        for number in 0..120 {
            world.comment(issue, author, &format!("Remark {number}"));
        }
    });
    let usual = client.get("/issue/ENG-1/comment").await.json();
    assert_eq!(usual["comments"].as_array().unwrap().len(), 100);
    let total = usual["total"].as_u64().unwrap();
    let rest = client.get("/issue/ENG-1/comment?startAt=100&maxResults=5000").await.json();
    assert_eq!(rest["comments"].as_array().unwrap().len() as u64, total - 100);
    let latest = client.get("/issue/ENG-1/comment?orderBy=-created&maxResults=1").await.json();
    assert!(latest.to_string().contains("Remark 119"));
    assert_eq!(
        client.get("/issue/ENG-1/comment?orderBy=author").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn changed_work_is_told_a_minute_later() {
    let client = Client::cloud();
    let since = client.now_seconds() * 1_000;
    let path = format!("/worklog/updated?since={since}");
    let made =
        client.run(json!({"op": "log_work", "issue": "ENG-1", "seconds": 60})).await["id"].clone();
    assert_eq!(client.get(&path).await.json()["values"], json!([]));
    client.clock.advance_seconds(61);
    let told = client.get(&path).await.json();
    assert_eq!((&told["values"][0]["worklogId"], &told["lastPage"]), (&made, &json!(true)));
    let shown = client
        .write(Method::POST, "/worklog/list", json!({"ids": [made, 99_999_999]}))
        .await
        .json();
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["timeSpent"]), (1, &json!("1m")));
    client.run(json!({"op": "delete_worklog", "id": made})).await;
    client.clock.advance_seconds(61);
    let gone = client.get(&format!("/worklog/deleted?since={since}")).await.json();
    assert_eq!(gone["values"][0]["worklogId"], made);
    assert_eq!(client.get(&path).await.json()["values"], json!([]));
}

#[tokio::test]
async fn many_issues_come_at_once_in_the_order_of_ids() {
    let client = Client::cloud();
    client.run(json!({"op": "hide", "issue": "ENG-9"})).await;
    let body =
        json!({"issueIdsOrKeys": ["ENG-8", "ENG-2", "ENG-9", "ENG-2"], "fields": ["summary"]});
    let answer = client.write(Method::POST, "/issue/bulkfetch", body).await.json();
    let keys: Vec<&str> = answer["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["ENG-2", "ENG-8"]);
    assert_eq!(answer["issueErrors"][0]["id"], "ENG-9");
}

#[tokio::test]
async fn time_is_counted() {
    let client = Client::cloud();
    let key = client.edit(|world| {
        let home = world.project("ENG").unwrap();
        let issue = world.create_issue(home, NewIssue::default());
        world.edit(issue, Edit { original_estimate: Some(Some(4 * 3_600)), ..Edit::default() });
        let author = world.user("mainstem-sync").unwrap();
        let now = world.now();
        let log = world.log_work(issue, author, 3_600, now, "Began");
        world.edit_worklog(log, 5_400);
        world.transition(issue, Status::named("In Progress").unwrap());
        world.issue_key(issue)
    });
    let fields = client.get(&format!("/issue/{key}")).await.json()["fields"].clone();
    assert_eq!(
        fields["timetracking"],
        json!({
            "originalEstimate": "4h", "originalEstimateSeconds": 14_400,
            "remainingEstimate": "2h 30m", "remainingEstimateSeconds": 9_000,
            "timeSpent": "1h 30m", "timeSpentSeconds": 5_400,
        })
    );
    assert_eq!((&fields["timespent"], &fields["workratio"]), (&json!(5_400), &json!(37)));
    assert_eq!(fields["progress"], json!({"progress": 5_400, "total": 14_400, "percent": 37}));
}
