//! Recorded payloads in, what is read of them out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use mainstem_model::Timestamp;
use mainstem_model::record::{HistoryChange, ParentRecord};
use serde_json::json;

use super::{Context, NormalizedIssue, People, entries, issue, linked};
use crate::catalogue::{Fields, Statuses};
use crate::client::Site;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/jira/issues");

/// What everybody would like to know of an issue, a line each.
fn summary(read: NormalizedIssue, people: &mut People) -> String {
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
    for entry in entries(read.present, read.histories, &Statuses::default(), people) {
        let change = match &entry.change {
            HistoryChange::Value { field, before, after } => format!("{field} {before} -> {after}"),
            HistoryChange::People { field, before, after } => {
                format!("{field} {before:?} -> {after:?}")
            }
        };
        line("past", format!("{} {} {:?} {change}", entry.occurred_at, entry.key, entry.actor));
    }
    text
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
    for name in ["dzfnk0168-1", "dzfnk0168-20", "dzfnk0168-5", "ee-1", "ee-30", "k5-3"] {
        let raw =
            Bytes::from(std::fs::read(Path::new(FOLDER).join(format!("{name}.json"))).unwrap());
        let mut people = People::default();
        let read = match issue(&raw, Timestamp::default(), context, &mut people) {
            Ok(read) => read,
            Err(malformed) => panic!("{name}: {}", malformed.reason),
        };
        let mut told = summary(read, &mut people);
        for person in people.into_records() {
            writeln!(told, "person: {} {:?}", person.external_id, person.name).unwrap();
        }
        insta::assert_snapshot!(name, told);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let raw = std::fs::read(Path::new(FOLDER).join("k5-3.json")).unwrap();
    let sound: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    let site = Site { cloud: true, address: "https://jira.test".into() };
    let context = Context { site: &site, fields: &Fields::default() };
    for (place, value, reason) in [
        ("/fields/summary", json!(7), "fields.summary: "),
        ("/fields/updated", json!("yesterday"), "fields.updated: "),
        ("/fields/status", json!("Done"), "fields.status: "),
        ("/fields/project/id", json!(null), "fields.project.id: "),
        ("/id", json!("../1"), "id: "),
        ("/fields", json!([]), "fields."),
    ] {
        let mut broken = sound.clone();
        *broken.pointer_mut(place).unwrap() = value;
        let raw = Bytes::from(broken.to_string());
        let malformed = issue(&raw, Timestamp::default(), context, &mut People::default());
        let malformed = malformed.err().unwrap();
        assert!(malformed.reason.starts_with(reason), "{place}: {}", malformed.reason);
    }
}
