//! Payloads that GitHub sent, as others recorded them (`tests/fixtures/github`), in Mainstem's words.
//! The snapshots were read beside their payloads once; what can be compared by a rule is compared
//! here for every payload.

mod shown;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use mainstem_connector_github::Repository;
use mainstem_connector_github::normalize::{self, People};
use mainstem_model::record::{PersonRecord, ProjectRecord, TaskRecord};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use shown::Shown;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/github").join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The items of a file byte for byte as GitHub sent them: a list's, a search's, or the one.
fn items(file: &Path) -> Vec<Bytes> {
    #[derive(serde::Deserialize)]
    struct Found {
        items: Vec<Box<RawValue>>,
    }
    let text = std::fs::read_to_string(file).unwrap();
    let raw = match serde_json::from_str::<Vec<Box<RawValue>>>(&text) {
        Ok(items) => items,
        Err(_) => match serde_json::from_str::<Found>(&text) {
            Ok(found) => found.items,
            Err(_) => vec![serde_json::from_str(&text).unwrap()],
        },
    };
    raw.iter().map(|item| Bytes::copy_from_slice(item.get().as_bytes())).collect()
}

/// The repository that a payload's own URL names.
fn repository(payload: &Value) -> Repository {
    let url = payload["url"].as_str().unwrap();
    let mut parts = url.split_once("/repos/").unwrap().1.split('/');
    let name = format!("{}/{}", parts.next().unwrap(), parts.next().unwrap());
    let project =
        ProjectRecord { external_id: "1".into(), key: name.clone(), name: name.clone(), url: None };
    Repository { name: name.parse().unwrap(), project }
}

fn parsed(raw: &[u8]) -> Value {
    serde_json::from_slice(raw).unwrap()
}

fn issue(raw: Bytes) -> (TaskRecord, Vec<PersonRecord>) {
    let payload = parsed(&raw);
    let mut people = People::default();
    let read = normalize::issue(raw.clone(), &repository(&payload), &mut people).unwrap();
    assert_eq!(read.comments, payload["comments"].as_u64().unwrap_or(0));
    assert_eq!(read.task.raw, raw, "the payload is kept as it came");
    let people = people.into_records();
    expect_nothing_lost(&read.task, &people, &payload);
    (read.task, people)
}

/// Everything that the payload and the record both have is the same.
fn expect_nothing_lost(task: &TaskRecord, people: &[PersonRecord], payload: &Value) {
    let logins = |ids: &[mainstem_model::record::ExternalId]| -> Vec<Value> {
        ids.iter().map(|id| json!(shown::handle(people, id))).collect()
    };
    let of = |list: &str, field: &str| -> Vec<Value> {
        payload[list].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
    };
    assert_eq!(task.external_id.to_string(), payload["id"].to_string());
    assert_eq!(json!(task.title), payload["title"]);
    assert_eq!(json!(task.body), payload["body"]);
    assert_eq!(json!(task.url), payload["html_url"]);
    assert_eq!(json!(task.labels), json!(of("labels", "name")));
    assert_eq!(logins(&task.assignees), of("assignees", "login"));
    assert_eq!(json!(task.milestone), payload["milestone"]["title"]);
    assert_eq!(
        json!(task.author.as_ref().map(|id| shown::handle(people, id))),
        payload["user"]["login"]
    );
    let times = [
        (Some(task.created_at), "created_at"),
        (Some(task.updated_at), "updated_at"),
        (task.closed_at, "closed_at"),
    ];
    for (read, field) in times {
        let said = payload[field].as_str().map(|text| text.parse().unwrap());
        assert_eq!(read, said, "{field} of {}", task.key);
    }
    assert_eq!(task.status.category.is_open(), payload["state"] == "open", "{}", task.key);
}

fn comment(raw: Bytes) -> Value {
    let payload = parsed(&raw);
    let mut people = People::default();
    let read = normalize::comment(raw, &repository(&payload), &mut people).unwrap();
    assert_eq!(json!(read.body), payload["body"]);
    shown::comment(&read, &people.into_records())
}

/// Compares with the snapshot that is named after the file.
fn expect_snapshot(folder: &str, file: &Path, records: &[Value]) {
    let name = format!("{folder}-{}", file.file_stem().unwrap().to_str().unwrap());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!(name, records);
    });
}

#[test]
fn issues() {
    for file in fixtures("issues") {
        let records: Vec<_> = items(&file).into_iter().map(|raw| issue(raw).shown()).collect();
        expect_snapshot("issues", &file, &records);
    }
}

#[test]
fn comments() {
    for file in fixtures("comments") {
        let records: Vec<_> = items(&file).into_iter().map(comment).collect();
        expect_snapshot("comments", &file, &records);
    }
}

/// A repository's events carry the issue that they are about: its history is told beside it.
#[test]
fn histories() {
    let file = &fixtures("events")
        .into_iter()
        .find(|file| file.ends_with("repository-events-github3py.json"))
        .unwrap();
    let events = items(file);
    let about = |raw: &Bytes| parsed(raw)["issue"]["number"].as_u64().unwrap();
    let mut numbers: Vec<_> = events.iter().map(about).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let records: Vec<_> = numbers
        .into_iter()
        .map(|number| {
            let of_issue: Vec<_> =
                events.iter().filter(|raw| about(raw) == number).cloned().collect();
            // The newest event stands first, with the issue as it was when the list was read.
            let payload = parsed(&of_issue[0])["issue"].to_string();
            let (task, mut known) = issue(Bytes::from(payload));
            let mut people = People::default();
            let (history, malformed) = normalize::timeline(&of_issue, &task, &mut people);
            assert_eq!(malformed, []);
            known.extend(people.into_records());
            json!({
                "key": task.key,
                "status": task.status.name,
                "events": of_issue.iter().rev().map(shown::event).collect::<Vec<_>>(),
                "history": shown::history(&history, &known),
            })
        })
        .collect();
    expect_snapshot("events", file, &records);
}

/// Whether an issue says at least what every answer of GitHub's says; one recorded delivery does not.
fn is_whole(raw: &Bytes) -> bool {
    parsed(raw)["state"].is_string()
}

/// Why something cannot be read, which is what its quarantine would say.
fn refused(raw: Bytes) -> Value {
    let repository = repository(&parsed(&raw));
    let malformed = normalize::issue(raw, &repository, &mut People::default()).unwrap_err();
    json!({ "externalId": malformed.external_id, "reason": malformed.reason })
}

/// What a webhook carries of an issue, a comment or a pull request.
#[test]
fn webhooks() {
    for file in fixtures("webhooks") {
        let text = std::fs::read_to_string(&file).unwrap();
        let payload: std::collections::HashMap<String, Box<RawValue>> =
            serde_json::from_str(&text).unwrap();
        let raw =
            |part: &str| payload.get(part).map(|raw| Bytes::copy_from_slice(raw.get().as_bytes()));
        let mut records = Vec::new();
        records.extend(raw("issue").map(|raw| match is_whole(&raw) {
            true => issue(raw).shown(),
            false => refused(raw),
        }));
        records.extend(raw("comment").map(comment));
        records.extend(raw("pull_request").map(|raw| issue(as_issue(&raw)).shown()));
        if !records.is_empty() {
            expect_snapshot("webhooks", &file, &records);
        }
    }
}

#[test]
fn pull_requests() {
    for file in fixtures("pulls") {
        let raw = items(&file);
        let records: Vec<_> = raw.iter().map(|raw| issue(as_issue(raw)).shown()).collect();
        expect_snapshot("pulls", &file, &records);
    }
}

/// A pull request as the lists of issues show it, which is how it is read: with a mark that says so
/// and when it was merged.
fn as_issue(raw: &Bytes) -> Bytes {
    let mut payload = parsed(raw);
    payload["pull_request"] = json!({ "merged_at": payload["merged_at"] });
    // Old answers leave out what lists of issues always have.
    let object = payload.as_object_mut().unwrap();
    object.entry("labels").or_insert(json!([]));
    object.entry("assignees").or_insert(json!([]));
    Bytes::from(payload.to_string())
}
