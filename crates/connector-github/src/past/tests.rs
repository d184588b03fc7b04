//! The past by GraphQL, and by REST where GraphQL does not tell it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use mainstem_connector::{ConnectorError, Credential, Disposition};
use mainstem_model::record::{Batch, Depth, Hint, HistoryChange};
use mainstem_model::{LinkKind, Timestamp};
use serde_json::{Value, json};

use crate::fake_site::FakeSite;

fn hint(number: u64) -> Hint {
    Hint {
        external_id: Some((1000 + number).to_string().into()),
        locator: format!("acme/api#{number} I_{number}"),
        depth: Depth::History,
    }
}

/// Asks a site that answers these paths, and answers what it was asked too.
async fn ask(
    numbers: &[u64],
    answers: Vec<(&str, u16, Value)>,
) -> (Result<Batch, ConnectorError>, Vec<String>) {
    let site = FakeSite::new();
    site.change(|state| {
        for (path, status, body) in answers {
            state.answers.insert(path.to_owned(), (status, body));
        }
    });
    let credential =
        Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
    let session = site.connect(Some(&credential)).await;
    let hints: Vec<Hint> = numbers.iter().copied().map(hint).collect();
    let batch = session.fetch(&hints).await;
    (batch, site.asked())
}

/// What GraphQL says of an open issue with these labels and events.
fn node(labels: &[&str], events: Value, more: bool) -> Value {
    let labels: Vec<_> = labels.iter().map(|name| json!({"name": name})).collect();
    json!({
        "__typename": "Issue", "fullDatabaseId": "1001", "issueState": "OPEN", "stateReason": "REOPENED",
        "updatedAt": "2026-01-05T00:00:00Z", "closedAt": null,
        "blockedBy": {"nodes": []}, "blocking": {"nodes": []}, "subIssues": {"nodes": []},
        "duplicateOf": null, "parent": null,
        "labels": {"nodes": labels}, "assignees": {"nodes": [account("User", "ada", 1)]},
        "timelineItems": {"pageInfo": {"hasNextPage": more}, "nodes": events},
    })
}

fn account(kind: &str, login: &str, id: u64) -> Value {
    json!({"__typename": kind, "login": login, "databaseId": id})
}

fn event(kind: &str, id: &str, day: u8, fields: Value) -> Value {
    let mut event = json!({
        "__typename": kind, "id": id, "createdAt": format!("2026-01-0{day}T00:00:00Z"),
        "actor": account("Bot", "mender", 9),
    });
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

fn graphql(nodes: &[Value]) -> (&'static str, u16, Value) {
    ("POST /graphql", 200, json!({"data": {"nodes": nodes}}))
}

/// Key, field, before and after of each entry of the only history.
fn told(batch: &Batch) -> Vec<(String, &'static str, Value, Value)> {
    let [history] = &*batch.histories else { panic!("{:?}", batch.histories) };
    let entries = history.entries.iter().map(|entry| match entry.change.clone() {
        HistoryChange::Value { field, before, after } => (entry.key.clone(), field, before, after),
        HistoryChange::People { field, before, after } => {
            let ids = |ids: Vec<_>| json!(ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>());
            (entry.key.clone(), field, ids(before), ids(after))
        }
        HistoryChange::Parent { .. } => panic!("no parent is told"),
    });
    entries.collect()
}

// Ids of events as GitHub packs them; the last number is the event's: 1, 2, …
const IDS: [&str; 9] = [
    "XE_kwABAQ",
    "XE_kwABAg",
    "XE_kwABAw",
    "XE_kwABBA",
    "XE_kwABBQ",
    "XE_kwABBg",
    "XE_kwABBw",
    "XE_kwABCA",
    "XE_kwABCQ",
];

#[tokio::test]
async fn every_kind_of_event_is_told_in_whole_values() {
    let [a, b, c, d, e, f, g, h, i] = IDS;
    let status = |name: &str, category: &str| json!({"name": name, "category": category});
    let (open, closed) = (status("open", "TODO"), status("closed as not planned", "CANCELED"));
    let (batch, asked) = ask(
        &[1],
        vec![graphql(&[node(
            &["bug"],
            json!([
                event(
                    "RenamedTitleEvent",
                    a,
                    1,
                    json!({"previousTitle": "Old", "currentTitle": "New"})
                ),
                event("LabeledEvent", b, 1, json!({"label": {"name": "wip"}})),
                event("LabeledEvent", c, 2, json!({"label": {"name": "bug"}})),
                event("UnlabeledEvent", d, 2, json!({"label": {"name": "wip"}})),
                event("AssignedEvent", e, 3, json!({"assignee": account("User", "ada", 1)})),
                event("MilestonedEvent", f, 3, json!({"milestoneTitle": "1.0"})),
                event("ClosedEvent", g, 4, json!({"stateReason": "NOT_PLANNED"})),
                event("ReopenedEvent", h, 5, json!({})),
                event("IssueTypeRemovedEvent", i, 5, json!({"issueType": {"name": "Bug"}})),
                // Later than the issue as it is told: left for its next reading.
                event("LabeledEvent", "XE_kwABCg", 6, json!({"label": {"name": "later"}})),
            ]),
            false,
        )])],
    )
    .await;
    let batch = batch.unwrap();
    assert_eq!(
        told(&batch),
        [
            ("event:1".into(), "title", json!("Old"), json!("New")),
            ("event:2".into(), "labels", json!([]), json!(["wip"])),
            ("event:3".into(), "labels", json!(["wip"]), json!(["bug", "wip"])),
            ("event:4".into(), "labels", json!(["bug", "wip"]), json!(["bug"])),
            ("event:5".into(), "assignees", json!([]), json!(["1"])),
            ("event:6".into(), "milestone", Value::Null, json!("1.0")),
            ("closed@2026-01-04T00:00:00Z".into(), "status", open.clone(), closed.clone()),
            ("event:8".into(), "status", closed, open),
            ("event:9".into(), "kind", json!("BUG"), json!("ISSUE")),
        ]
    );
    let entry = &batch.histories[0].entries[0];
    assert_eq!(entry.actor.as_deref(), Some("9"));
    assert_eq!(entry.occurred_at, "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let bot = batch.people.iter().find(|person| &*person.external_id == "9").unwrap();
    assert_eq!(bot.handle.as_deref(), Some("mender[bot]"), "as REST calls it");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(batch.relations.len(), 1, "the links come along");
}

#[tokio::test]
async fn what_graphql_cannot_tell_comes_from_the_timeline() {
    let labeled = |id| json!([event("LabeledEvent", id, 1, json!({"label": {"name": "bug"}}))]);
    let issue = json!({
        "id": 1001, "node_id": "I_1", "number": 1, "title": "One", "state": "open",
        "labels": [{"name": "bug"}],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-05T00:00:00Z",
    });
    let timeline = json!([{"id": 2, "event": "labeled", "label": {"name": "bug"},
        "created_at": "2026-01-01T00:00:00Z", "actor": {"id": 1, "login": "ada"}}]);
    let unknown =
        json!({"errors": [{"message": "Field 'duplicateOf' doesn't exist on type 'Issue'"}]});
    for graphql in [
        graphql(&[node(&["bug"], labeled("XE_kwABAg"), true)]),
        graphql(&[node(&["bug"], labeled("an-id-of-another-kind"), false)]),
        ("POST /graphql", 404, json!({})),
        ("POST /graphql", 200, unknown),
    ] {
        let case = graphql.2.to_string();
        let (batch, _) = ask(
            &[1],
            vec![
                graphql,
                ("GET /repos/acme/api/issues/1", 200, issue.clone()),
                ("GET /repos/acme/api/issues/1/timeline", 200, timeline.clone()),
            ],
        )
        .await;
        let batch = batch.unwrap();
        let expected = ("event:2".to_owned(), "labels", json!([]), json!(["bug"]));
        assert_eq!(told(&batch), [expected], "{case}");
        assert!(batch.tasks.is_empty(), "{case}");
    }
}

#[tokio::test]
async fn a_pull_request_on_an_old_server_is_asked_what_it_closes() {
    let issue = json!({
        "id": 1001, "node_id": "I_1", "number": 1, "title": "One", "state": "open",
        "pull_request": {}, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-05T00:00:00Z",
    });
    let site = FakeSite::new();
    site.change(|state| {
        let mut answer = |path: &str, body| state.answers.insert(path.into(), (200, body));
        answer("GET /repos/acme/api/issues/1", issue);
        answer("GET /repos/acme/api/issues/1/timeline", json!([]));
        answer("POST /graphql", json!({"errors": [{"message": "no such field"}]}));
        let closes = json!({"data": {"nodes": [{"__typename": "PullRequest",
            "closingIssuesReferences": {"nodes": [{"fullDatabaseId": "1008", "number": 8,
                "repository": {"nameWithOwner": "acme/api"}}]}}]}});
        // The first question has more in it than this server knows; the second is the simple one.
        state.between = Some(Box::new(move |state| {
            if state.log.iter().any(|asked| asked.contains("timeline")) {
                state.answers.insert("POST /graphql".into(), (200, closes.clone()));
            }
        }));
    });
    let credential =
        Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
    let session = site.connect(Some(&credential)).await;
    let batch = session.fetch(&[hint(1)]).await.unwrap();
    let links = &batch.relations[0].links;
    assert_eq!((links[0].kind, &*links[0].to.key), (LinkKind::Implements, "acme/api#8"));
}

#[tokio::test]
async fn what_is_not_found_as_it_was_known_is_asked_for_whole() {
    let moved = json!({
        "id": 2001, "node_id": "I_new", "number": 31, "title": "Moved", "state": "open",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
    });
    for answers in [
        vec![graphql(&[Value::Null])],
        vec![("POST /graphql", 404, json!({})), ("GET /repos/acme/api/issues/1", 404, json!({}))],
        vec![
            ("POST /graphql", 404, json!({})),
            ("GET /repos/acme/api/issues/1", 200, moved),
            ("GET /repos/acme/api/issues/1/timeline", 200, json!([])),
        ],
    ] {
        let (batch, _) = ask(&[1], answers).await;
        let batch = batch.unwrap();
        assert_eq!(batch.hints, [Hint { depth: Depth::Whole, ..hint(1) }]);
        assert!(told(&batch).is_empty() && batch.absences.is_empty() && batch.relations.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_takes_too_long_is_asked_in_parts() {
    let too_long = json!({"data": null, "errors": [{"message":
        "Something went wrong while executing your query. This may be the result of a timeout"}]});
    for (status, body, tries) in [(200, too_long, 1), (502, json!({}), 3)] {
        let (answer, asked) = ask(&[1, 2, 3, 4], vec![("POST /graphql", status, body)]).await;
        let error = answer.unwrap_err();
        assert_eq!((error.disposition, error.code), (Disposition::BackOff, "TOOL_FAILING"));
        // Four, two, and the one that fails alone.
        assert_eq!(asked.len(), 3 * tries, "{asked:?}");
    }
}

#[tokio::test]
async fn a_limit_keeps_what_was_read_before_it() {
    let site = FakeSite::new();
    site.change(|state| {
        state.answers.insert("POST /graphql".into(), (404, json!({})));
        for number in 1..=9 {
            state.add_issue(json!({}));
            let issue = state.issues[number - 1].clone();
            let path = format!("GET /repos/acme/api/issues/{number}");
            state.answers.insert(format!("{path}/timeline"), (200, json!([])));
            state.answers.insert(path, (200, issue));
        }
        let limited = json!({"message": "API rate limit exceeded"});
        state.answers.insert("GET /repos/acme/api/issues/7".into(), (429, limited));
    });
    let credential =
        Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
    let session = site.connect(Some(&credential)).await;
    let hints: Vec<Hint> = (1..=9).map(hint).collect();
    let batch = session.fetch(&hints).await.unwrap();
    let read: Vec<_> = batch.histories.iter().map(|history| &*history.task).collect();
    assert_eq!(read, ["1001", "1002", "1003", "1004", "1005", "1006"]);
    let error = session.fetch(&hints[6..]).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryAfter(_)), "{error:?}");
}
