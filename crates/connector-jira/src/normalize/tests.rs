//! Recorded payloads in, what is read of them out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use mainstem_model::Timestamp;
use mainstem_model::record::{HistoryChange, HistoryEntry, ParentRecord, TaskReference};
use serde_json::{Value, json};

use super::{Context, NormalizedIssue, People, entries, issue, linked};
use crate::catalogue::{Fields, Statuses};
use crate::client::Site;
use crate::wire::Time;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/jira/issues");

/// What everybody would like to know of an issue, a line each.
fn summary(read: NormalizedIssue, past: Vec<HistoryEntry>) -> String {
    let mut text = String::new();
    let task = read.task;
    let mut line = |name: &str, value: String| writeln!(text, "{name}: {value}").unwrap();
    line("task", format!("{} {} {:?} {:?}", task.external_id, task.key, task.kind, task.title));
    line("status", format!("{:?}", task.status));
    line("priority", format!("{:?}", task.priority));
    line("times", format!("{} {} {:?}", task.created_at, task.updated_at, task.closed_at));
    line("people", format!("{:?} {:?}", task.author, task.assignees));
    line(
        "plan",
        format!("{:?} {:?} {:?} {:?}", task.milestone, task.sprint, task.start_on, task.due_on),
    );
    line("effort", format!("{:?} {:?}", task.estimate_seconds, task.time_spent_seconds));
    match &task.parent {
        ParentRecord::Is(parent) => {
            line("parent", format!("{} {:?}", parent.key, parent.external_id))
        }
        other => line("parent", format!("{other:?}")),
    }
    line("labels", format!("{:?}", task.labels));
    for field in &task.fields {
        line(&field.name, field.value.to_string());
    }
    for (name, within) in [("comments", &read.comments), ("worklogs", &read.worklogs)] {
        let told =
            within.as_ref().map(|within| format!("{} of {}", within.shown.len(), within.total));
        line(name, told.unwrap_or_else(|| "untold".to_owned()));
    }
    for link in &read.relation.links {
        line("link", format!("{} {} {}", link.from.key, link.kind.as_str(), link.to.key));
    }
    line("linked", format!("{:?}", linked(&read.histories, Timestamp::default())));
    for entry in past {
        let change = match &entry.change {
            HistoryChange::Value { field, before, after } => format!("{field} {before} -> {after}"),
            HistoryChange::Parent { before, after } => format!("parent {before:?} -> {after:?}"),
            HistoryChange::People { field, before, after } => {
                format!("{field} {before:?} -> {after:?}")
            }
        };
        line("past", format!("{} {} {:?} {change}", entry.occurred_at, entry.key, entry.actor));
    }
    text
}

/// The recorded issues, by the name of their file.
fn recorded() -> Vec<(String, Bytes)> {
    let mut files: Vec<_> =
        std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|file| (name(file), std::fs::read(file).unwrap().into())).collect()
}

/// What the payload says, by rules of its own, is what was read.
fn expect_nothing_lost(read: &NormalizedIssue, past: &[HistoryEntry], payload: &Value) {
    let task = &read.task;
    let fields = &payload["fields"];
    let time = |value: &Value| value.as_str().and_then(Time::read).map(|time| time.0);
    let person = |user: &Value| -> Option<String> {
        let ids = ["accountId", "key", "name"];
        ids.iter().find_map(|id| user[*id].as_str()).map(str::to_owned)
    };
    let names = |list: &Value| -> Vec<String> {
        let items = list.as_array().map_or(&[][..], Vec::as_slice);
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(json!(task.external_id.to_string()), payload["id"]);
    assert_eq!(json!(task.key), payload["key"]);
    assert_eq!(json!(task.title), fields["summary"]);
    assert_eq!(json!(task.status.name), fields["status"]["name"]);
    assert_eq!(
        task.status.category.is_open(),
        fields["status"]["statusCategory"]["key"] != "done",
        "{}",
        task.key
    );
    assert_eq!(json!(task.priority.name), fields["priority"]["name"]);
    assert_eq!(Some(task.created_at), time(&fields["created"]));
    assert_eq!(Some(task.updated_at), time(&fields["updated"]));
    if task.status.category.is_open() {
        assert_eq!(task.closed_at, None);
    } else {
        assert_eq!(task.closed_at, time(&fields["resolutiondate"]));
    }
    let assignees: Vec<String> = task.assignees.iter().map(ToString::to_string).collect();
    assert_eq!(assignees, Vec::from_iter(person(&fields["assignee"])));
    assert_eq!(
        task.author.as_ref().map(ToString::to_string),
        person(&fields["reporter"]).or_else(|| person(&fields["creator"]))
    );
    assert_eq!(json!(task.labels), fields["labels"]);
    let versions = names(&fields["fixVersions"]);
    assert_eq!(task.milestone.clone().unwrap_or_default(), versions.join(", "));
    assert_eq!(json!(task.due_on), fields["duedate"]);
    let linked = fields["issuelinks"].as_array().map_or(0, Vec::len);
    assert_eq!(read.relation.links.len(), linked, "links of {}", task.key);

    // Every change of one of these fields is told, with who made it and when.
    let told = [("summary", "title"), ("assignee", "assignees"), ("status", "status")];
    for history in payload["changelog"]["histories"].as_array().unwrap() {
        for item in history["items"].as_array().unwrap() {
            let Some((_, field)) = told.iter().find(|(name, _)| item["field"] == *name) else {
                continue;
            };
            let key = format!("{}:{field}", history["id"].as_str().unwrap());
            let entry = past.iter().find(|entry| entry.key == key);
            let entry = entry.unwrap_or_else(|| panic!("{} of {} is untold", key, task.key));
            assert_eq!(Some(entry.occurred_at), time(&history["created"]));
            assert_eq!(entry.actor.as_ref().map(ToString::to_string), person(&history["author"]));
            if let HistoryChange::Value { field: "status", before, after } = &entry.change {
                assert_eq!(
                    [&before["name"], &after["name"]],
                    [&item["fromString"], &item["toString"]]
                );
            }
        }
    }
}

#[test]
fn recorded_issues_are_read() {
    let site = Site { cloud: true, address: "https://jira.test".into() };
    let listed = json!([
        {"id": "customfield_10020", "name": "Sprint", "custom": true, "schema":
            {"type": "array", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
        {"id": "customfield_10014", "name": "Epic Link", "custom": true, "schema":
            {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
        {"id": "customfield_10018", "name": "Parent Link", "custom": true, "schema":
            {"type": "any", "custom": "com.atlassian.jpo:jpo-custom-field-parent"}},
    ]);
    let fields = Fields::new(serde_json::from_value(listed).unwrap());
    let context = Context { site: &site, fields: &fields };
    for (name, raw) in recorded() {
        let mut people = People::default();
        let read = match issue(&raw, Timestamp::default(), context, &mut people) {
            Ok(read) => read,
            Err(malformed) => panic!("{name}: {}", malformed.reason),
        };
        let past = entries(
            read.present.clone(),
            read.histories.clone(),
            &Statuses::default(),
            &mut people,
        );
        expect_nothing_lost(&read, &past, &serde_json::from_slice(&raw).unwrap());
        let mut told = summary(read, past);
        for person in people.into_records() {
            writeln!(told, "person: {} {:?}", person.external_id, person.name).unwrap();
        }
        insta::assert_snapshot!(name, told);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let raw = std::fs::read(Path::new(FOLDER).join("k5-3.json")).unwrap();
    let sound: Value = serde_json::from_slice(&raw).unwrap();
    let site = Site { cloud: true, address: "https://jira.test".into() };
    let context = Context { site: &site, fields: &Fields::default() };
    for (place, value, reason) in [
        ("/fields/summary", json!(7), "fields.summary: "),
        ("/fields/updated", json!("yesterday"), "fields.updated: "),
        ("/fields/status", json!("Done"), "fields.status: "),
        ("/fields/project/id", json!(null), "fields.project.id: "),
        ("/id", json!("../1"), "id: "),
        ("/fields", json!([]), "fields: "),
    ] {
        let mut broken = sound.clone();
        *broken.pointer_mut(place).unwrap() = value;
        let raw = Bytes::from(broken.to_string());
        let malformed = issue(&raw, Timestamp::default(), context, &mut People::default());
        let malformed = malformed.err().unwrap();
        assert!(malformed.reason.starts_with(reason), "{place}: {}", malformed.reason);
    }
}

/// An issue with a status, a fix version and a past, read on a site that knows these statuses.
fn past(fields: Value, histories: Value) -> Vec<String> {
    let mut all = json!({
        "summary": "x", "issuetype": {"name": "任务", "subtask": true}, "created": "2026-03-01T09:00:00.000+0000",
        "updated": "2026-03-02T10:00:00.000+0000", "project": {"id": "1", "key": "A"},
        "status": {"id": "5", "name": "Done", "statusCategory": {"key": "done"}},
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let payload =
        json!({"id": "7", "key": "A-7", "fields": all, "changelog": {"histories": histories}});
    let raw = Bytes::from(payload.to_string());
    let site = Site { cloud: false, address: "https://jira.test".into() };
    let context = Context { site: &site, fields: &Fields::default() };
    let known = json!([
        {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        {"id": "3", "name": "Doing", "statusCategory": {"key": "indeterminate"}},
        {"id": "4", "name": "Review", "statusCategory": {"key": "indeterminate"}},
    ]);
    let statuses = Statuses::new(serde_json::from_value(known).unwrap());
    let mut people = People::default();
    let read = issue(&raw, Timestamp::default(), context, &mut people).unwrap();
    let told = entries(read.present, read.histories, &statuses, &mut people);
    told.into_iter()
        .map(|entry| match entry.change {
            HistoryChange::Value { field, before, after } => format!("{field} {before} -> {after}"),
            HistoryChange::People { field, .. } => field.to_owned(),
            HistoryChange::Parent { before, after } => {
                let [before, after] = [before, after].map(|told| {
                    told.map_or("none".to_owned(), |told| {
                        format!("{} {}", told.key, told.external_id.as_deref().unwrap_or("?"))
                    })
                });
                format!("parent {before} -> {after}")
            }
        })
        .collect()
}

fn changed(id: u32, created: &str, items: Value) -> Value {
    json!({"id": id.to_string(), "created": created, "items": items})
}

fn moved(from: [&str; 2], to: [&str; 2]) -> Value {
    json!({"field": "status", "from": from[0], "fromString": from[1], "to": to[0], "toString": to[1]})
}

/// Cloud tells one change of epic by two names; of old there was one name for each kind of parent.
#[test]
fn the_issues_above_another_are_told_each_once() {
    let above = |field: &str, from: [Value; 2], to: [Value; 2]| {
        let ([from, from_key], [to, to_key]) = (from, to);
        json!({"field": field, "from": from, "fromString": from_key, "to": to, "toString": to_key})
    };
    let none = || [json!(null), json!("")];
    let epic = || [json!("10"), json!("A-1")];
    let told = past(
        json!({}),
        json!([
            changed(
                1,
                "2026-03-01T10:00:00.000+0000",
                json!([
                    above("Epic Link", none(), epic()),
                    above("IssueParentAssociation", none(), epic())
                ])
            ),
            changed(
                2,
                "2026-03-01T11:00:00.000+0000",
                json!([above("Parent", epic(), [json!("11"), json!("A-2")])])
            ),
            changed(
                3,
                "2026-03-01T12:00:00.000+0000",
                json!([above("Epic Link", [json!("no id"), json!("A-2")], none())])
            ),
        ]),
    );
    assert_eq!(told, ["parent none -> A-1 10", "parent A-1 10 -> A-2 11", "parent A-2 ? -> none"]);
}

/// Jira dates an entry of its changelog some milliseconds after the issue, or cuts those off.
#[test]
fn the_entry_of_the_last_change_may_be_a_moment_later() {
    let told = past(
        json!({}),
        json!([
            changed(
                1,
                "2026-03-02T10:00:00.805+0000",
                json!([moved(["1", "Open"], ["5", "Done"])])
            ),
            changed(
                2,
                "2026-03-02T10:05:00.000+0000",
                json!([moved(["5", "Done"], ["1", "Open"])])
            ),
        ]),
    );
    assert_eq!(
        told,
        [r#"status {"category":"TODO","name":"Open"} -> {"category":"DONE","name":"Done"}"#]
    );
}

/// Another tool that passed the changelog on may have dropped the ids.
#[test]
fn an_entry_without_an_id_is_known_by_its_time() {
    let entry =
        |created: &str, to| json!({"created": created, "items": [moved(["1", "Open"], to)]});
    let told = past(
        json!({}),
        json!([
            entry("2026-03-01T10:00:00.000+0000", ["3", "Doing"]),
            entry("2026-03-01T11:00:00.000+0000", ["4", "Review"]),
            entry("2026-03-01T11:00:00.000+0000", ["4", "Review"]),
        ]),
    );
    assert_eq!(told.len(), 2, "{told:?}");
}

/// An import or a workflow that was replaced leaves gaps; each entry is told in its own words.
#[test]
fn an_entry_is_right_against_the_rest() {
    let told = past(
        json!({"fixVersions": [{"name": "1.0"}]}),
        json!([
            changed(
                1,
                "2026-03-01T10:00:00.000+0000",
                json!([moved(["1", "Open"], ["3", "Doing"])])
            ),
            changed(
                2,
                "2026-03-01T11:00:00.000+0000",
                json!([
                    moved(["4", "Review"], ["3", "Doing"]),
                    {"field": "Fix Version", "from": "8", "fromString": "1.0", "to": null, "toString": null},
                    {"field": "Fix Version", "from": null, "fromString": null, "to": "9", "toString": "2.0"},
                ])
            ),
        ]),
    );
    assert_eq!(
        told,
        [
            r#"status {"category":"TODO","name":"Open"} -> {"category":"IN_PROGRESS","name":"Doing"}"#,
            r#"status {"category":"IN_PROGRESS","name":"Review"} -> {"category":"IN_PROGRESS","name":"Doing"}"#,
            r#"milestone "1.0" -> "2.0""#,
        ]
    );
}

#[test]
fn single_values_of_the_past() {
    for (item, expected) in [
        (
            json!({"field": "issuetype", "fromString": "Bug", "toString": "任务"}),
            r#"kind "BUG" -> "SUBTASK""#,
        ),
        (
            json!({"field": "priority", "from": "3", "fromString": "Нормальный", "to": null, "toString": null}),
            r#"priority {"level":"MEDIUM","name":"Нормальный"} -> {"level":"NONE","name":null}"#,
        ),
        (
            json!({"field": "Sprint", "from": "4", "fromString": "Plan, build", "to": "4, 5", "toString": "Plan, build, Ship"}),
            r#"sprint "Plan, build" -> "Ship""#,
        ),
        (
            json!({"field": "Start date", "from": null, "fromString": null, "to": "2026-03-01", "toString": "2026-03-01 00:00:00.0"}),
            r#"startOn null -> "2026-03-01""#,
        ),
    ] {
        let told =
            past(json!({}), json!([changed(1, "2026-03-01T10:00:00.000+0000", json!([item]))]));
        assert_eq!(told, [expected]);
    }
}

/// A link or a parent of which Jira says only the key.
#[test]
fn a_key_is_enough_to_name_another_issue() {
    let payload = json!({"id": "7", "key": "A-7", "fields": {
        "summary": "x", "issuetype": {"name": "Sub-task"}, "created": "2026-03-01T09:00:00.000+0000",
        "updated": "2026-03-02T10:00:00.000+0000", "project": {"id": "1", "key": "A"},
        "status": {"name": "Open"}, "parent": {"key": "A-1"},
        "issuelinks": [{"type": {"name": "Blocks", "outward": "blocks"}, "outwardIssue": {"key": "A-2"}}],
    }});
    let raw = Bytes::from(payload.to_string());
    let site = Site { cloud: false, address: "https://jira.test".into() };
    let context = Context { site: &site, fields: &Fields::default() };
    let read = issue(&raw, Timestamp::default(), context, &mut People::default()).unwrap();
    let named = |key: &str| TaskReference { key: key.into(), external_id: None };
    assert_eq!(read.task.parent, ParentRecord::Is(named("A-1")));
    assert_eq!(read.relation.links[0].to, named("A-2"));
}

#[test]
fn what_is_done_was_closed_when_it_was_resolved_or_else_when_it_came_to_be_done() {
    let raw = std::fs::read(Path::new(FOLDER).join("k5-3.json")).unwrap();
    let sound: Value = serde_json::from_slice(&raw).unwrap();
    let site = Site { cloud: true, address: "https://jira.test".into() };
    let context = Context { site: &site, fields: &Fields::default() };
    let (resolved, changed) = ("2026-03-01T10:00:00.000+0100", "2026-03-02T10:00:00.000+0100");
    for (category, resolutiondate, changed_at, expected) in [
        ("done", json!(resolved), json!(changed), Some("2026-03-01T09:00:00Z")),
        ("done", json!(null), json!(changed), Some("2026-03-02T09:00:00Z")),
        ("done", json!(null), json!(null), None),
        ("indeterminate", json!(null), json!(changed), None),
        ("new", json!(resolved), json!(changed), None),
    ] {
        let mut told = sound.clone();
        told["fields"]["status"]["statusCategory"]["key"] = json!(category);
        told["fields"]["resolutiondate"] = resolutiondate;
        told["fields"]["statuscategorychangedate"] = changed_at;
        let raw = Bytes::from(told.to_string());
        let read = issue(&raw, Timestamp::default(), context, &mut People::default()).unwrap();
        let closed_at = read.task.closed_at.map(|at| at.to_string());
        assert_eq!(closed_at.as_deref(), expected, "{category} {told}");
    }
}
