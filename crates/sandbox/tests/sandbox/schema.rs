//! Every answer keeps to GitHub's published description.

use serde_json::Value;

use crate::support::Client;

/// What is wrong with `value` against `schema`; enough of JSON Schema for the descriptions at hand.
pub fn faults(schemas: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        let schema = &schemas[name];
        assert!(!schema.is_null(), "{name} is not described");
        return faults(schemas, schema, value, at, found);
    }
    if value.is_null() {
        let nullable = schema["nullable"] == true
            || types(schema).any(|word| word == "null")
            || ["anyOf", "oneOf"].iter().any(|key| !schema[*key].is_null());
        if !nullable && !schema["type"].is_null() {
            found.push(format!("{at} is null"));
        }
        return;
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[key].as_array() {
            let fits = choices.iter().any(|choice| {
                let mut wrong = Vec::new();
                faults(schemas, choice, value, at, &mut wrong);
                wrong.is_empty()
            });
            if !fits {
                found.push(format!("{at} fits no choice: {value}"));
            }
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        faults(schemas, part, value, at, found);
    }
    let fits = types(schema).any(|word| match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    });
    if !fits && types(schema).next().is_some() {
        found.push(format!("{at} is no {}: {value}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at} is none of {}: {value}", schema["enum"]));
    }
    if schema["format"] == "date-time" && value.as_str().is_some_and(|text| !is_time(text)) {
        found.push(format!("{at} is no time: {value}"));
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, value) in object {
            let property = &schema["properties"][name];
            if !property.is_null() {
                faults(schemas, property, value, &format!("{at}.{name}"), found);
            }
        }
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        faults(schemas, &schema["items"], item, &format!("{at}[{place}]"), found);
    }
}

/// As the standard has it, or with an offset without a colon, as Jira writes it.
fn is_time(text: &str) -> bool {
    text.parse::<mainstem_model::Timestamp>().is_ok()
        || text.split_at_checked(text.len().saturating_sub(2)).is_some_and(|(start, minutes)| {
            format!("{start}:{minutes}").parse::<mainstem_model::Timestamp>().is_ok()
        })
}

/// The types that a schema allows: a word, or a list of them.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let list = schema["type"].as_array().into_iter().flatten();
    std::iter::once(&schema["type"]).chain(list).filter_map(Value::as_str)
}

fn check(schemas: &Value, name: &str, value: &Value, path: &str) {
    let mut found = Vec::new();
    let schema = &schemas[name];
    assert!(!schema.is_null(), "{name} is not described");
    faults(schemas, schema, value, path, &mut found);
    if name == "pull-request-simple" {
        // Only here does the description forbid a label without one; GitHub has such labels.
        found.retain(|fault| !fault.ends_with("].description is null"));
    }
    assert!(found.is_empty(), "{name}: {found:#?}");
}

#[tokio::test]
async fn answers_keep_to_the_published_description() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/schemas.json"))
            .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let schemas = &document["components"]["schemas"];
    let client = Client::new();
    let all = client.all("/repos/acme/api/issues?state=all&per_page=100").await;
    let number = |wanted: &dyn Fn(&Value) -> bool| {
        all.iter().find(|issue| wanted(issue)).expect("the seed has one")["number"]
            .as_u64()
            .unwrap()
    };
    let blocked =
        number(&|issue| issue["issue_dependencies_summary"]["total_blocked_by"].as_u64() > Some(0));
    let blocker =
        number(&|issue| issue["issue_dependencies_summary"]["total_blocking"].as_u64() > Some(0));
    let parent = number(&|issue| issue["sub_issues_summary"]["total"].as_u64() > Some(0));
    let child = number(&|issue| issue["parent_issue_url"].is_string());
    let commented = number(&|issue| issue["comments"].as_u64() > Some(0));
    let pull = number(&|issue| issue["pull_request"]["merged_at"].is_string());
    let comment =
        client.get("/repos/acme/api/issues/comments").await.json()[0]["id"].as_u64().unwrap();

    for (path, schema, list) in [
        ("/repos/acme/api".to_owned(), "full-repository", false),
        ("/orgs/acme/repos".into(), "minimal-repository", true),
        ("/users/acme/repos".into(), "repository", true),
        ("/user".into(), "public-user", false),
        ("/rate_limit".into(), "rate-limit-overview", false),
        ("/repos/acme/api/issues?state=all&per_page=100".into(), "issue", true),
        ("/repos/acme/api/issues?state=all&per_page=100&page=2".into(), "issue", true),
        (format!("/repos/acme/api/issues/{blocked}"), "issue", false),
        (format!("/repos/acme/api/issues/{pull}"), "issue", false),
        ("/repos/acme/api/issues/comments?per_page=100".into(), "issue-comment", true),
        (format!("/repos/acme/api/issues/comments/{comment}"), "issue-comment", false),
        (format!("/repos/acme/api/issues/{commented}/comments"), "issue-comment", true),
        ("/repos/acme/api/issues/events?per_page=100".into(), "issue-event", true),
        (format!("/repos/acme/api/issues/{blocked}/events"), "issue-event-for-issue", true),
        (format!("/repos/acme/api/issues/{pull}/timeline"), "timeline-issue-events", true),
        (format!("/repos/acme/api/issues/{commented}/timeline"), "timeline-issue-events", true),
        (format!("/repos/acme/api/issues/{blocked}/dependencies/blocked_by"), "issue", true),
        (format!("/repos/acme/api/issues/{blocker}/dependencies/blocking"), "issue", true),
        (format!("/repos/acme/api/issues/{parent}/sub_issues"), "issue", true),
        (format!("/repos/acme/api/issues/{child}/parent"), "issue", false),
        ("/repos/acme/api/labels?per_page=100".into(), "label", true),
        ("/repos/acme/api/milestones?state=all".into(), "milestone", true),
        ("/repos/acme/api/issue-types".into(), "issue-type", true),
        ("/repos/acme/api/pulls?state=all&per_page=100".into(), "pull-request-simple", true),
        ("/repos/acme/api/issues/999999".into(), "basic-error", false),
    ] {
        let answer = client.get(&path).await.json();
        if list {
            let items = answer.as_array().unwrap_or_else(|| panic!("{path} is no list"));
            assert!(!items.is_empty(), "{path} is empty");
            for item in items {
                check(schemas, schema, item, &path);
            }
        } else {
            check(schemas, schema, &answer, &path);
        }
    }
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let schemas = serde_json::json!({
        "thing": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "state": {"type": "string", "enum": ["open"]},
                "at": {"type": "string", "format": "date-time", "nullable": true},
                "list": {"type": "array", "items": {"$ref": "#/components/schemas/thing"}},
            },
        },
    });
    for (value, wrong) in [
        (serde_json::json!({"id": 1, "state": "open", "at": null}), 0),
        (serde_json::json!({}), 1),
        (serde_json::json!({"id": "abc"}), 1),
        (serde_json::json!({"id": null}), 1),
        (serde_json::json!({"id": 1, "state": "shut", "at": "yesterday"}), 2),
        (serde_json::json!({"id": 1, "list": [{"id": 1}, {"id": true}]}), 1),
    ] {
        let mut found = Vec::new();
        faults(&schemas, &schemas["thing"], &value, "thing", &mut found);
        assert_eq!(found.len(), wrong, "{value}: {found:?}");
    }
}
