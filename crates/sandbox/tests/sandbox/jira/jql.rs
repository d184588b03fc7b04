//! What queries find, and what is said to those that cannot be read.

use axum::http::StatusCode;
use mainstem_model::Timestamp;
use mainstem_sandbox::JiraOptions;
use serde_json::json;

use crate::jira::support::Client;

#[tokio::test]
async fn conditions_find_what_they_say() {
    let client = Client::cloud();
    let all = client.all("project in (ENG, WEB, MOB, OPS)", &["*all"]).await;
    assert_eq!(all.len(), 400);
    let [first, second] = ["ENG-1", "ENG-2"].map(|key| {
        all.iter().find(|issue| issue["key"] == key).unwrap()["id"].as_str().unwrap().to_owned()
    });
    let eng = all[0]["fields"]["project"]["id"].clone();
    let assignee = all.iter().find_map(|issue| issue["fields"]["assignee"]["accountId"].as_str());
    let assignee = assignee.unwrap();
    let count = |wanted: &dyn Fn(&serde_json::Value) -> bool| {
        all.iter().filter(|issue| wanted(issue)).count()
    };
    let in_project = |issue: &serde_json::Value, key: &str| {
        issue["key"].as_str().unwrap().starts_with(&format!("{key}-"))
    };
    let is = |issue: &serde_json::Value, path: &str, value: &str| {
        issue.pointer(path).is_some_and(|found| found == value)
    };
    for (jql, expected) in [
        ("project = ENG".to_owned(), count(&|issue| in_project(issue, "ENG"))),
        ("project = \"Engineering\"".to_owned(), count(&|issue| in_project(issue, "ENG"))),
        ("PROJECT != ENG".into(), count(&|issue| !in_project(issue, "ENG"))),
        (
            "project not in (ENG, 'WEB')".into(),
            count(&|issue| !in_project(issue, "ENG") && !in_project(issue, "WEB")),
        ),
        (
            format!("project = {}", all[0]["fields"]["project"]["id"].as_str().unwrap()),
            count(&|issue| issue["fields"]["project"]["id"] == eng),
        ),
        ("key in (ENG-1, ENG-2)".into(), 2),
        (format!("id in ({first},{second})"), 2),
        (
            format!("id > {first} and id <= {second}"),
            count(&|issue| {
                let id: u64 = issue["id"].as_str().unwrap().parse().unwrap();
                id > first.parse().unwrap() && id <= second.parse().unwrap()
            }),
        ),
        (
            "status = \"In Progress\"".into(),
            count(&|issue| is(issue, "/fields/status/name", "In Progress")),
        ),
        (
            "statusCategory = Done".into(),
            count(&|issue| is(issue, "/fields/status/statusCategory/key", "done")),
        ),
        (
            "statusCategory in (new, indeterminate)".into(),
            count(&|issue| !is(issue, "/fields/status/statusCategory/key", "done")),
        ),
        (
            "issuetype = Bug OR type = Epic".into(),
            count(&|issue| {
                is(issue, "/fields/issuetype/name", "Bug")
                    || is(issue, "/fields/issuetype/name", "Epic")
            }),
        ),
        ("assignee is EMPTY".into(), count(&|issue| issue["fields"]["assignee"].is_null())),
        (
            format!("assignee = {assignee:?}"),
            count(&|issue| is(issue, "/fields/assignee/accountId", assignee)),
        ),
        (
            "labels = gdpr".into(),
            count(&|issue| issue["fields"]["labels"].to_string().contains("gdpr")),
        ),
        ("labels is EMPTY".into(), count(&|issue| issue["fields"]["labels"] == json!([]))),
        (
            "NOT (project = ENG OR project = WEB) AND (statusCategory = Done)".into(),
            count(&|issue| {
                !in_project(issue, "ENG")
                    && !in_project(issue, "WEB")
                    && is(issue, "/fields/status/statusCategory/key", "done")
            }),
        ),
    ] {
        assert!(expected > 0 && expected < 400, "{jql} tells nothing");
        let found = client.all(&jql, &["key"]).await;
        assert_eq!(found.len(), expected, "{jql}");
        let counted = client
            .write(axum::http::Method::POST, "/search/approximate-count", json!({"jql": jql}))
            .await;
        assert_eq!(counted.json()["count"], expected, "{jql}");
    }
}

#[tokio::test]
async fn orders_are_kept_and_pages_join() {
    let client = Client::cloud();
    for (order, pointer, descends) in [
        ("ORDER BY created ASC", "/fields/created", false),
        ("ORDER BY updated ASC, key ASC", "/fields/updated", false),
        ("order by updated", "/fields/updated", true),
        ("ORDER BY created DESC, id", "/fields/created", true),
    ] {
        let jql = format!("project in (ENG, WEB, MOB, OPS) {order}");
        let all = client.all(&jql, &["created", "updated"]).await;
        let mut times: Vec<&str> =
            all.iter().map(|issue| issue.pointer(pointer).unwrap().as_str().unwrap()).collect();
        if descends {
            times.reverse();
        }
        assert!(times.is_sorted(), "{order}");
        let keys: std::collections::HashSet<_> = all.iter().map(|issue| &issue["id"]).collect();
        assert_eq!(keys.len(), 400, "{order}");
    }
    let keys = client.keys("project = ENG ORDER BY key ASC").await;
    let numbers: Vec<u32> = keys.iter().map(|key| key[4..].parse().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 50, "keys are ordered by number, not as texts");
    let ids = client.all("project in (ENG, WEB) ORDER BY id ASC", &["id"]).await;
    let ids: Vec<u64> =
        ids.iter().map(|issue| issue["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ids.is_sorted());
}

/// The same instant in six zones; the account's own decides.
#[tokio::test]
async fn dates_are_read_in_the_accounts_zone_to_the_minute() {
    for (zone, offset_minutes) in [
        ("Etc/UTC", 0),
        ("Pacific/Niue", -660),
        ("Pacific/Kiritimati", 840),
        ("Asia/Kathmandu", 345),
        ("America/St_Johns", -150),
        ("Europe/Berlin", 120),
    ] {
        let client = Client::of(JiraOptions { time_zone: zone.into(), ..JiraOptions::default() });
        client.clock.advance_seconds(30);
        let key = client.edit(|world| {
            let issue = world.issue("ENG-1").unwrap();
            world.edit_summary(issue, "Now");
            world.issue_key(issue)
        });
        // 2026-06-01T09:00:30Z
        let local = |minutes: i64, separator: &str| {
            let instant: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
            let text = instant.plus_seconds((offset_minutes + minutes) * 60).to_string();
            text[..16].replace('T', " ").replace('-', separator)
        };
        for (jql, found) in [
            (format!("updated >= \"{}\"", local(0, "-")), true),
            (format!("updated >= '{}'", local(0, "/")), true),
            (format!("updated > \"{}\"", local(0, "-")), true),
            (format!("updated >= \"{}\"", local(1, "-")), false),
            (format!("updated <= \"{}\"", local(0, "-")), false),
            (format!("updated < \"{}\"", local(1, "-")), true),
            ("updated >= 1780304430000".into(), true),
            ("updated > 1780304430000".into(), false),
            ("updated >= 1780304431000".into(), false),
            ("updated >= -1m".into(), true),
            ("updated <= -1m".into(), false),
            ("updated >= \"-1d\"".into(), true),
            ("updated < now()".into(), false),
        ] {
            let keys = client.keys(&format!("{jql} AND key = {key}")).await;
            assert_eq!(!keys.is_empty(), found, "{zone}: {jql}");
        }
        let told = client.get("/issue/ENG-1?fields=updated").await.json();
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let minutes = i64::abs(offset_minutes);
        assert_eq!(
            told["fields"]["updated"],
            format!(
                "{}:30.000{sign}{:02}{:02}",
                local(0, "-").replace(' ', "T"),
                minutes / 60,
                minutes % 60
            ),
            "{zone}"
        );
    }
}

/// Clocks go forward on 29 March and back on 25 October 2026 in Berlin.
#[tokio::test]
async fn changing_clocks_are_minded() {
    for (now, inside, outside) in [
        // 02:30 does not exist and is read as 03:30 summer time, 01:30 in UTC.
        ("2026-03-29T01:30:00Z", "2026-03-29 02:30", "2026-03-29 03:31"),
        ("2026-03-29T01:30:00Z", "2026-03-29 03:30", "2026-03-29 03:31"),
        // 02:30 exists twice; the earlier one is meant, 00:30 in UTC.
        ("2026-10-25T00:30:00Z", "2026-10-25 02:30", "2026-10-25 02:31"),
        ("2026-10-25T01:30:00Z", "2026-10-25 02:31", "2026-10-25 03:00"),
    ] {
        let options = JiraOptions { time_zone: "Europe/Berlin".into(), ..JiraOptions::default() };
        let clock =
            std::sync::Arc::new(mainstem_model::clock::ManualClock::at(now.parse().unwrap()));
        let site = mainstem_sandbox::JiraSite::new(options, clock.clone());
        let client = Client { site, clock, api: "/rest/api/3" };
        client.edit(|world| {
            world.freeze_time();
            let issue = world.issue("ENG-1").unwrap();
            world.edit_summary(issue, "Now");
        });
        for (bound, found) in [(inside, 1), (outside, 0)] {
            let jql = format!("key = ENG-1 AND updated >= \"{bound}\"");
            assert_eq!(client.keys(&jql).await.len(), found, "{now}: {jql}");
        }
    }
}

#[tokio::test]
async fn bad_queries_are_told_what_is_wrong() {
    let client = Client::cloud();
    let unbounded = "Unbounded JQL queries are not allowed here.";
    for (jql, words) in [
        ("", unbounded),
        ("ORDER BY updated", unbounded),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key = ENG-99999", "An issue with key 'ENG-99999' does not exist for field 'key'."),
        ("id = 99999999", "A value with ID '99999999' does not exist for the field 'id'."),
        ("status = Sleeping", "The value 'Sleeping' does not exist for the field 'status'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project = ENG ORDER BY colour", "Field 'colour' does not exist"),
        ("project > ENG", "The operator '>' is not supported by the 'project' field."),
        (
            "updated >= \"2026-06-01T09:00:00Z\"",
            "Date value '2026-06-01T09:00:00Z' for field 'updated' is invalid. Valid formats include:",
        ),
        ("updated >= \"2026-06-01 09:00:30\"", "Date value"),
        ("updated >= yesterday", "Date value"),
        (
            "project ENG",
            "Expecting operator but got 'ENG'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'. (line 1, character 9)",
        ),
        ("project =", "before the end of the query"),
        ("project = ENG AND", "Expecting a field name at the end of the query."),
        ("project in (ENG", "Expecting ')' before the end of the query."),
        ("project = 'ENG", "has not been completed"),
        ("project = OR", "You must surround 'OR' in quotation marks"),
        ("project = ENG WEB", "Expecting either 'OR' or 'AND' but got 'WEB'."),
        ("project = ENG ORDER BY id,id,id,id,id,id,id,id", "maximum of 7 fields"),
    ] {
        let answer = client.search(json!({"jql": jql})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{jql}");
        assert!(answer.message().contains(words), "{jql}: {}", answer.message());
        assert!(answer.json()["errors"].is_object());
    }
    let lenient = Client::data_center();
    let jql = "project in (ENG, NOPE) AND key in (ENG-1, ENG-99999)";
    let strict = lenient.search(json!({"jql": jql})).await;
    assert_eq!(strict.json()["errorMessages"].as_array().unwrap().len(), 2, "all that is wrong");
    let warned = lenient.search(json!({"jql": jql, "validateQuery": false})).await.json();
    assert_eq!(
        (&warned["total"], warned["warningMessages"].as_array().unwrap().len()),
        (&json!(1), 2)
    );
    assert_eq!(
        lenient.search(json!({"jql": ""})).await.json()["total"],
        400,
        "unbounded is allowed here"
    );
}
