//! Fetches of what is linked, moved, gone, or asked of an old server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use mainstem_connector::Credential;
use mainstem_model::record::{Batch, Depth, Hint, LinkRecord, ParentRecord};
use mainstem_model::{LinkKind, Presence};
use serde_json::{Value, json};

use crate::fake_site::FakeSite;

fn hint(number: u64, depth: Depth) -> Hint {
    Hint {
        external_id: Some((1000 + number).to_string().into()),
        locator: format!("acme/api#{number} I_{number}"),
        depth,
    }
}

/// Fetches with a token from a site that answers these paths.
async fn fetch(hints: &[Hint], answers: Vec<(&str, u16, Value)>) -> (Batch, Vec<String>) {
    let site = FakeSite::new();
    site.change(|state| {
        for (path, status, body) in answers {
            state.answers.insert(path.to_owned(), (status, body));
        }
    });
    let credential =
        Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
    let session = site.connect(Some(&credential)).await;
    let batch = session.fetch(hints).await.unwrap();
    (batch, site.asked())
}

fn end(repository: &str, number: u64) -> Value {
    json!({"id": format!("I_{number}"), "fullDatabaseId": (1000 + number).to_string(),
        "number": number, "repository": {"nameWithOwner": repository}})
}

fn nodes(ends: &[Value]) -> Value {
    json!({"nodes": ends})
}

fn told(links: &[LinkRecord]) -> Vec<(&str, LinkKind, &str)> {
    links.iter().map(|link| (&*link.from.key, link.kind, &*link.to.key)).collect()
}

#[tokio::test]
async fn each_link_is_stated_by_one_side() {
    let answer = json!({"data": {"nodes": [
        {"__typename": "Issue", "fullDatabaseId": "1001",
            "blockedBy": nodes(&[end("acme/api", 2), json!(null)]),
            "blocking": nodes(&[end("acme/api", 3), end("other/tool", 4)]),
            "duplicateOf": end("acme/api", 5), "parent": end("acme/api", 6),
            "subIssues": nodes(&[end("acme/api", 7)])},
        {"__typename": "PullRequest", "closingIssuesReferences": nodes(&[end("acme/api", 8)])},
        null,
    ]}, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve to a node"}]});
    let hints = [1, 9, 10].map(|number| hint(number, Depth::Relations));
    let (batch, asked) = fetch(&hints, vec![("POST /graphql", 200, answer)]).await;
    assert_eq!(
        told(&batch.relations[0].links),
        [
            ("acme/api#2", LinkKind::Blocks, "acme/api#1"),
            ("acme/api#1", LinkKind::Blocks, "other/tool#4"),
            ("acme/api#1", LinkKind::Duplicates, "acme/api#5"),
        ]
    );
    let ParentRecord::Is(parent) = &batch.relations[0].parent else { panic!("no parent") };
    assert_eq!((&*parent.key, parent.external_id.as_deref()), ("acme/api#6", Some("1006")));
    assert_eq!(&*batch.relations[1].task, "1009");
    assert_eq!(
        told(&batch.relations[1].links),
        [("acme/api#9", LinkKind::Implements, "acme/api#8")]
    );
    // The one that GraphQL does not know is looked for, and found to be out of sight.
    let gone: Vec<_> = batch.absences.iter().map(|gone| (&*gone.task, gone.presence)).collect();
    assert_eq!(gone, [("1010", Presence::AccessLost)]);
    assert_eq!(batch.hints, [hint(7, Depth::Relations)]);
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("POST")).count(), 1);
}

#[tokio::test]
async fn the_commits_of_a_pull_request_come_with_its_links() {
    let commit = |number: u64, date: &str, message: &str| {
        json!({"commit": {"message": message, "committedDate": date,
            "url": format!("https://github.test/acme/api/commit/{number}")}})
    };
    let pull_request = |commits: Value| {
        json!({"__typename": "PullRequest", "headRefName": "eng-42-export",
            "closingIssuesReferences": nodes(&[]), "commits": commits})
    };
    // The longest message that is kept ends within a letter of two bytes.
    let long = format!("{}\u{e9}\n\nFixes #9", "a".repeat(8_191));
    let answer = json!({"data": {"nodes": [
        pull_request(json!({"totalCount": 130, "nodes": [
            commit(1, "2026-01-01T10:00:00Z", "ENG-42: mend the export\n\nIt lost rows."),
            null,
            commit(2, "+58555-01-01T00:00:00Z", &long),
        ]})),
        pull_request(json!({"totalCount": 0, "nodes": []})),
    ]}});
    let hints = [1, 2].map(|number| hint(number, Depth::Relations));
    let (batch, asked) = fetch(&hints, vec![("POST /graphql", 200, answer)]).await;
    let told: Vec<_> = batch.commits.iter().map(|set| (&*set.task, set.commits.len())).collect();
    assert_eq!(told, [("1001", 2), ("1002", 0)]);
    let [first, second] = &*batch.commits[0].commits else { panic!("{batch:?}") };
    assert_eq!(first.message, "ENG-42: mend the export\n\nIt lost rows.");
    assert_eq!(first.committed_at, Some("2026-01-01T10:00:00Z".parse().unwrap()));
    assert_eq!(first.url, "https://github.test/acme/api/commit/1");
    assert_eq!((second.message.as_str(), second.committed_at), (&*"a".repeat(8_191), None));
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn links_that_take_too_long_are_asked_for_in_parts() {
    let too_long = json!({"data": null, "errors": [{"message":
        "Something went wrong while executing your query. This may be the result of a timeout"}]});
    let site = FakeSite::new();
    site.change(|state| {
        state.answers.insert("POST /graphql".into(), (200, too_long));
        // Once four and then two were too many, GitHub gets done with one.
        let one = json!({"data": {"nodes": [{"__typename": "Issue"}]}});
        state.between = Some(Box::new(move |state| {
            if state.log.len() >= 2 {
                state.answers.insert("POST /graphql".into(), (200, one.clone()));
            }
        }));
    });
    let credential =
        Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
    let session = site.connect(Some(&credential)).await;
    let hints = [1, 2, 3, 4].map(|number| hint(number, Depth::Relations));
    let batch = session.fetch(&hints).await.unwrap();
    let read: Vec<_> = batch.relations.iter().map(|relation| &*relation.task).collect();
    // The other two go in one question, to which this site answers for one only: the fourth is looked for.
    assert_eq!(read, ["1001", "1002", "1003"]);
    let absent: Vec<_> = batch.absences.iter().map(|absence| &*absence.task).collect();
    assert_eq!(absent, ["1004"]);
}

#[tokio::test]
async fn an_old_server_is_asked_by_rest() {
    let blocker = json!([{"id": 1002, "number": 2,
        "repository_url": "https://github.test/repos/acme/api"}]);
    let dependencies = |side| format!("GET /repos/acme/api/issues/1/dependencies/{side}");
    for graphql in [
        (404, json!({"message": "Not Found"})),
        (200, json!({"errors": [{"message": "Field 'blockedBy' doesn't exist on type 'Issue'"}]})),
    ] {
        let (batch, _) = fetch(
            &[hint(1, Depth::Relations)],
            vec![
                ("POST /graphql", graphql.0, graphql.1),
                (&dependencies("blocked_by"), 200, blocker.clone()),
                (&dependencies("blocking"), 200, json!([])),
            ],
        )
        .await;
        assert_eq!(
            told(&batch.relations[0].links),
            [("acme/api#2", LinkKind::Blocks, "acme/api#1")]
        );
        assert_eq!(batch.relations[0].parent, ParentRecord::Unsaid);
    }
}

#[tokio::test]
async fn a_graphql_limit_is_waited_for() {
    for kind in ["RATE_LIMITED", "RATE_LIMIT"] {
        let site = FakeSite::new();
        let body = json!({"errors": [{"type": kind, "message": "API rate limit exceeded"}]});
        site.change(|state| state.answers.insert("POST /graphql".into(), (200, body)));
        let credential =
            Credential { kind: "token".into(), public: json!({}), secret: "t".to_owned().into() };
        let session = site.connect(Some(&credential)).await;
        let error = session.fetch(&[hint(1, Depth::Relations)]).await.unwrap_err();
        assert_eq!(error.code, "RATE_LIMITED");
    }
}

#[tokio::test]
async fn a_transferred_issue_is_followed_to_where_it_stands() {
    let issue = json!({
        "id": 2001, "node_id": "I_new", "number": 31, "title": "Moved", "state": "open",
        "repository_url": "https://github.test/repos/acme/web", "comments": 1,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
    });
    let comment = json!([{"id": 5, "issue_url": "https://github.test/repos/acme/web/issues/31",
        "body": "still here", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z"}]);
    let (batch, _) = fetch(
        &[hint(1, Depth::Whole)],
        vec![
            // The redirect is the caller's business; here the answer is already the new issue's.
            ("GET /repos/acme/api/issues/1", 200, issue),
            ("GET /repos/acme/web", 200, json!({"id": 10, "full_name": "acme/web"})),
            ("GET /repos/acme/web/issues/31/comments", 200, comment),
            ("GET /repos/acme/web/issues/31/timeline", 200, json!([])),
            ("POST /graphql", 404, json!({})),
        ],
    )
    .await;
    assert_eq!((&*batch.moves[0].from, &*batch.moves[0].to), ("1001", "2001"));
    assert_eq!((&*batch.tasks[0].key, &*batch.tasks[0].project), ("acme/web#31", "10"));
    assert_eq!(batch.projects[0].key, "acme/web");
    assert_eq!(batch.comments[0].task.key, "acme/web#31");
    assert_eq!(batch.comment_sets[0].parts.len(), 1);
}

#[tokio::test]
async fn what_became_of_an_issue_is_told_apart() {
    for (status, message, presence) in [
        (410, "This issue was deleted", Presence::Deleted),
        (410, "Issues are disabled for this repo", Presence::AccessLost),
        (404, "Not Found", Presence::AccessLost),
        (403, "Resource not accessible by personal access token", Presence::AccessLost),
        (451, "Repository access blocked", Presence::AccessLost),
        (301, "Moved Permanently", Presence::AccessLost),
    ] {
        let answer = ("GET /repos/acme/api/issues/1", status, json!({"message": message}));
        let (batch, _) = fetch(&[hint(1, Depth::Whole)], vec![answer]).await;
        assert_eq!(batch.absences[0].presence, presence, "{message}");
    }
}
