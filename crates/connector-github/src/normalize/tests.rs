//! Payloads in, records out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use mainstem_model::record::{HistoryChange, ParentRecord};
use mainstem_model::{StatusCategory, TaskKind};
use serde_json::{Value, json};

use super::*;
use crate::Repository;

fn repository() -> Repository {
    let wire =
        json!({"id": 9, "full_name": "acme/api", "html_url": "https://github.test/acme/api"});
    Repository::new(serde_json::from_value(wire).unwrap()).unwrap()
}

fn payload() -> Value {
    json!({
        "id": 4_570_308_119_u64, "node_id": "I_7", "number": 7, "title": "Fix it", "state": "open",
        "html_url": "https://github.test/acme/api/issues/7",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
    })
}

fn read(payload: &Value) -> Result<NormalizedIssue, Malformed> {
    issue(Bytes::from(payload.to_string()), &repository(), &mut People::default())
}

fn with(fields: Value) -> NormalizedIssue {
    let mut payload = payload();
    payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    read(&payload).unwrap()
}

/// Every issue, comment and event that was recorded or that GitHub documents.
#[test]
fn recorded_payloads_are_read() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/github");
    let mut read = 0;
    for (folder, kind) in [
        ("issues", "issue"),
        ("comments", "comment"),
        ("events", "event"),
        ("openapi-examples", ""),
    ] {
        for file in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let kind = match name.as_str() {
                "issue.json" | "issue-items.json" | "issue-with-pinned-comment.json" => "issue",
                "issue-comment-items.json" => "comment",
                "issue-event-items.json"
                | "issue-event-for-issue-items.json"
                | "timeline-issue-events.json" => "event",
                _ => kind,
            };
            let content: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let items = match content {
                Value::Array(items) => items,
                Value::Object(mut object) => match object.remove("items") {
                    Some(Value::Array(items)) => items,
                    _ => vec![Value::Object(object)],
                },
                other => panic!("{name}: {other}"),
            };
            for item in items {
                let raw = Bytes::from(item.to_string());
                let mut people = People::default();
                let result = match kind {
                    "issue" => issue(raw, &repository(), &mut people).map(|_| ()),
                    "comment" => comment(raw, &repository(), &mut people).map(|_| ()),
                    "event" => event(&raw).map(|_| ()),
                    _ => continue,
                };
                assert_eq!(result, Ok(()), "{name}");
                read += 1;
            }
        }
    }
    assert!(read > 40, "only {read} payloads found");
}

#[test]
fn state_and_reason_become_a_status() {
    let pull = json!({"merged_at": null});
    let merged = json!({"merged_at": "2026-01-02T00:00:00Z"});
    for (fields, name, category) in [
        (json!({}), "open", StatusCategory::Todo),
        (json!({"state_reason": "reopened"}), "open", StatusCategory::Todo),
        (json!({"state": "closed"}), "closed", StatusCategory::Done),
        (json!({"state": "closed", "state_reason": "completed"}), "closed", StatusCategory::Done),
        (
            json!({"state": "closed", "state_reason": "not_planned"}),
            "closed as not planned",
            StatusCategory::Canceled,
        ),
        (
            json!({"state": "closed", "state_reason": "duplicate"}),
            "closed as duplicate",
            StatusCategory::Canceled,
        ),
        (json!({"pull_request": pull}), "open", StatusCategory::InProgress),
        (json!({"pull_request": pull, "draft": true}), "draft", StatusCategory::InProgress),
        (json!({"pull_request": pull, "state": "closed"}), "closed", StatusCategory::Canceled),
        (json!({"pull_request": merged, "state": "closed"}), "merged", StatusCategory::Done),
    ] {
        let task = with(fields.clone()).task;
        assert_eq!((task.status.name.as_str(), task.status.category), (name, category), "{fields}");
    }
}

#[test]
fn issue_types_become_kinds() {
    for (fields, kind) in [
        (json!({}), TaskKind::Issue),
        (json!({"type": null}), TaskKind::Issue),
        (json!({"type": {"name": "Bug"}}), TaskKind::Bug),
        (json!({"type": {"name": "Task"}}), TaskKind::Task),
        (json!({"type": {"name": "Feature"}}), TaskKind::Story),
        (json!({"type": {"name": "Epic"}}), TaskKind::Epic),
        (json!({"type": {"name": "Spike"}}), TaskKind::Issue),
        (json!({"type": {"name": "Bug"}, "pull_request": {}}), TaskKind::PullRequest),
    ] {
        assert_eq!(with(fields.clone()).task.kind, kind, "{fields}");
    }
}

#[test]
fn what_is_null_or_missing_is_nothing() {
    let task = with(json!({
        "user": null, "body": null, "labels": null, "assignees": null, "milestone": null,
        "closed_by": null, "issue_field_values": null, "comments": null, "draft": null,
    }))
    .task;
    assert_eq!(task.author, None);
    assert_eq!(task.body, None);
    assert_eq!(task.parent, ParentRecord::Unsaid);
    assert_eq!(task.key, "acme/api#7");
    assert_eq!(task.locator, "acme/api#7 I_7");
    assert_eq!(&*task.external_id, "4570308119");
    assert_eq!(task.census_token.as_deref(), Some("c0"));
}

#[test]
fn texts_can_be_stored() {
    let task = with(json!({
        "title": "a\u{0}b", "body": "x\u{0}", "labels": ["l\u{0}", {"name": "m"}, {"name": null}],
        "milestone": {"title": "v\u{0}1"},
    }))
    .task;
    assert_eq!((task.title.as_str(), task.body.as_deref()), ("ab", Some("x")));
    assert_eq!(task.labels, ["l", "m"]);
    assert_eq!(task.milestone.as_deref(), Some("v1"));
}

#[test]
fn half_a_character_does_not_sink_its_record() {
    for (escaped, expected) in [
        (r"cut \ud83d", "cut \u{fffd}"),
        (r"\ude00 lone, \uD83D\uDE00 whole", "\u{fffd} lone, \u{1f600} whole"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        (r"\\ud83d no escape, \ud83d\n", "\\ud83d no escape, \u{fffd}\n"),
    ] {
        let raw = payload().to_string().replace("Fix it", escaped);
        let read = issue(raw.clone().into(), &repository(), &mut People::default()).unwrap();
        assert_eq!(read.task.title, expected);
        assert_eq!(read.task.raw, raw, "the payload is kept as it came");
    }
}

#[test]
fn dates_and_fields_are_read() {
    let values = json!([
        {"issue_field_name": "Priority", "data_type": "single_select", "value": 1,
         "single_select_option": {"id": 1, "name": "High", "color": "red"}},
        {"issue_field_name": "Due date", "data_type": "date", "value": "2026-12-25"},
        {"issue_field_name": "Start date", "data_type": "date", "value": "2026-12-01T00:00:00Z"},
        {"issue_field_name": "Areas", "value": "a,b", "multi_select_options": [{"name": "a"}, {"name": "b"}]},
        {"issue_field_name": "Points", "value": 3},
        {"issue_field_name": "Empty", "value": null},
    ]);
    let milestone = json!({"title": "v1", "due_on": "2026-06-30T07:00:00Z"});
    let task = with(json!({"issue_field_values": values, "milestone": milestone})).task;
    assert_eq!(task.priority.name.as_deref(), Some("High"));
    assert_eq!(task.due_on, Some("2026-12-25".parse().unwrap()));
    assert_eq!(task.start_on, Some("2026-12-01".parse().unwrap()));
    let fields: Vec<_> = task.fields.iter().map(|field| (&*field.name, &field.value)).collect();
    assert_eq!(fields[3], ("Areas", &json!(["a", "b"])));
    assert_eq!(fields[4], ("Points", &json!(3)));
    assert_eq!(fields.len(), 5);
    let task = with(json!({"milestone": milestone})).task;
    assert_eq!(task.due_on, Some("2026-06-30".parse().unwrap()));
}

#[test]
fn relations_are_asked_for_where_the_payload_says_that_there_are_some() {
    let summary = |by, of| json!({"total_blocked_by": by, "total_blocking": of});
    for (fields, links, token) in [
        (json!({}), Links::Unknown, "c0"),
        (json!({"issue_dependencies_summary": summary(0, 0), "comments": 3}), Links::None, "c3"),
        (json!({"issue_dependencies_summary": summary(1, 0)}), Links::Some, "c0b1"),
        (json!({"issue_dependencies_summary": summary(0, 2)}), Links::Some, "c0k2"),
        (
            json!({"state": "closed", "state_reason": "duplicate",
                "issue_dependencies_summary": summary(0, 0)}),
            Links::Some,
            "c0",
        ),
        (json!({"sub_issues_summary": {"total": 2}}), Links::Some, "c0s2"),
        (
            json!({"sub_issues_summary": {"total": 2}, "parent_issue_url": null,
                "issue_dependencies_summary": summary(0, 0)}),
            Links::None,
            "c0s2",
        ),
        (
            json!({"parent_issue_url": "https://api.github.test/repos/acme/web/issues/12"}),
            Links::Unknown,
            "c0p12",
        ),
        (json!({"pull_request": {}}), Links::Some, "c0"),
        (json!({"pull_request": {}, "state": "closed"}), Links::Unknown, "c0"),
        (
            json!({"pull_request": {}, "state": "closed", "body": "This (fixes #4)."}),
            Links::Some,
            "c0",
        ),
    ] {
        let read = with(fields.clone());
        assert_eq!(read.links, links, "{fields}");
        assert_eq!(read.task.census_token.as_deref(), Some(token), "{fields}");
    }
}

#[test]
fn a_malformed_payload_names_the_field() {
    for (fields, reason) in [
        (json!({"title": null}), "title"),
        (json!({"updated_at": "yesterday"}), "updated_at"),
        (json!({"user": {"id": "x", "login": "y"}}), "user.id"),
        (json!({"number": -1}), "number"),
    ] {
        let mut payload = payload();
        payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let malformed = read(&payload).unwrap_err();
        assert!(malformed.reason.contains(reason), "{malformed:?}");
        assert_eq!(malformed.external_id, "4570308119");
    }
    let malformed = read(&json!("nonsense")).unwrap_err();
    assert_eq!(malformed.external_id.len(), 32);
}

#[test]
fn of_repeated_keys_the_last_counts() {
    let doubled = payload().to_string().replacen('{', r#"{"title":"first","#, 1);
    let task = issue(Bytes::from(doubled), &repository(), &mut People::default()).unwrap().task;
    assert_eq!(task.title, "Fix it");
}

#[test]
fn history_tells_whole_values() {
    let user = |id: u64| json!({"id": id, "login": format!("user{id}")});
    let event = |id: u64, second: u64, name: &str, fields: Value| {
        let mut event = json!({"id": id, "event": name, "actor": user(1),
            "created_at": format!("2026-01-01T00:00:{second:02}Z")});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Bytes::from(event.to_string())
    };
    let task = with(json!({
        "state": "closed", "state_reason": "not_planned", "closed_at": "2026-01-01T00:00:09Z",
        "updated_at": "2026-01-01T00:00:10Z", "title": "New", "labels": ["b"], "assignees": [user(2)],
        "closed_by": user(3), "type": {"name": "Bug"},
    }))
    .task;
    let label = |name: &str| json!({"label": {"name": name}});
    let entries = [
        event(1, 1, "labeled", label("a")),
        event(2, 2, "labeled", label("b")),
        event(3, 3, "unlabeled", label("a")),
        event(4, 4, "assigned", json!({"assignee": user(2)})),
        event(5, 5, "renamed", json!({"rename": {"from": "Old", "to": "New"}})),
        event(6, 6, "closed", json!({"state_reason": "completed"})),
        event(7, 7, "reopened", json!({})),
        event(8, 8, "issue_type_added", json!({"issue_type": {"name": "Bug"}})),
        event(9, 9, "closed", json!({})),
        event(10, 11, "labeled", label("too late")),
        event(11, 9, "mentioned", json!({})),
        Bytes::from(r#"{"event":"committed","sha":"abc"}"#),
    ];
    let (history, malformed) = timeline(&entries, &task, &mut People::default());
    assert_eq!(malformed, []);
    let told: Vec<_> = history
        .into_iter()
        .map(|entry| match entry.change {
            HistoryChange::Value { field, before, after } => (entry.key, field, before, after),
            HistoryChange::People { field, before, after } => {
                let ids =
                    |people: Vec<_>| people.iter().map(ToString::to_string).collect::<Value>();
                (entry.key, field, ids(before), ids(after))
            }
            HistoryChange::Parent { .. } => panic!("no parent is told"),
        })
        .collect();
    let open = json!({"name": "open", "category": "TODO"});
    let done = json!({"name": "closed", "category": "DONE"});
    let dropped = json!({"name": "closed as not planned", "category": "CANCELED"});
    let expected = [
        ("event:1", "labels", json!([]), json!(["a"])),
        ("event:2", "labels", json!(["a"]), json!(["b", "a"])),
        ("event:3", "labels", json!(["b", "a"]), json!(["b"])),
        ("event:4", "assignees", json!([]), json!(["2"])),
        ("event:5", "title", json!("Old"), json!("New")),
        ("closed@2026-01-01T00:00:06Z", "status", open.clone(), done.clone()),
        ("event:7", "status", done, open.clone()),
        ("event:8", "kind", json!("ISSUE"), json!("BUG")),
        ("closed@2026-01-01T00:00:09Z", "status", open, dropped),
    ];
    let expected =
        expected.map(|(key, field, before, after)| (key.to_owned(), field, before, after));
    assert_eq!(told, expected);
}
