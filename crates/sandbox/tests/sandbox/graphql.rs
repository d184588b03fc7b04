//! GraphQL: executed over the same world, with GitHub's names and errors.

use axum::http::{Method, StatusCode};
use mainstem_sandbox::World;
use serde_json::{Value, json};

use crate::support::Client;

#[tokio::test]
async fn it_shows_what_rest_shows() {
    let client = Client::new();
    let rest = client
        .all("/repos/acme/api/issues?state=all&sort=updated&direction=asc&per_page=100")
        .await;
    let rest: Vec<&Value> = rest.iter().filter(|issue| issue["pull_request"].is_null()).collect();
    let question = "query($after: String) { repository(owner: \"acme\", name: \"api\") {
        nameWithOwner databaseId
        issues(first: 40, after: $after, orderBy: {field: UPDATED_AT, direction: ASC}) {
          totalCount
          nodes { id fullDatabaseId number title url state stateReason updatedAt author { __typename login }
            labels(first: 10) { nodes { name } } assignees(first: 10) { nodes { login } } milestone { title dueOn }
            issueType { name } comments(first: 1) { totalCount } parent { number }
            subIssuesSummary { total completed percentCompleted }
            issueDependenciesSummary { blockedBy blocking totalBlockedBy totalBlocking }
            blockedBy(first: 10) { totalCount } }
          pageInfo { hasNextPage endCursor } } } }";
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = client.ask(question, json!({"after": after})).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        let issues = &answer["data"]["repository"]["issues"];
        assert_eq!(issues["totalCount"], rest.len());
        found.extend(issues["nodes"].as_array().unwrap().iter().cloned());
        if issues["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = issues["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(found.len(), rest.len());
    for (graphql, rest) in found.iter().zip(rest) {
        let names = |list: &Value, name: &str| -> Vec<Value> {
            list.as_array().unwrap().iter().map(|item| item[name].clone()).collect()
        };
        assert_eq!(graphql["id"], rest["node_id"]);
        assert_eq!(graphql["fullDatabaseId"], rest["id"].to_string());
        assert_eq!((&graphql["number"], &graphql["title"]), (&rest["number"], &rest["title"]));
        assert_eq!(
            (&graphql["url"], &graphql["updatedAt"]),
            (&rest["html_url"], &rest["updated_at"])
        );
        assert_eq!(graphql["state"], rest["state"].as_str().unwrap().to_uppercase());
        assert_eq!(
            graphql["stateReason"].as_str().map(str::to_lowercase).as_deref(),
            rest["state_reason"].as_str()
        );
        assert_eq!(graphql["author"]["login"], rest["user"]["login"]);
        assert_eq!(names(&graphql["labels"]["nodes"], "name"), names(&rest["labels"], "name"));
        assert_eq!(
            names(&graphql["assignees"]["nodes"], "login"),
            names(&rest["assignees"], "login")
        );
        assert_eq!(graphql["milestone"]["title"], rest["milestone"]["title"]);
        assert_eq!(graphql["issueType"]["name"], rest["type"]["name"]);
        assert_eq!(graphql["comments"]["totalCount"], rest["comments"]);
        assert_eq!(graphql["parent"].is_object(), rest["parent_issue_url"].is_string());
        let (one, other) =
            (&graphql["issueDependenciesSummary"], &rest["issue_dependencies_summary"]);
        assert_eq!(
            (&one["blockedBy"], &one["totalBlocking"]),
            (&other["blocked_by"], &other["total_blocking"])
        );
        assert_eq!(graphql["blockedBy"]["totalCount"], other["total_blocked_by"]);
        assert_eq!(
            graphql["subIssuesSummary"]["percentCompleted"],
            rest["sub_issues_summary"]["percent_completed"]
        );
    }
}

#[tokio::test]
async fn relations_and_timelines_are_seen_from_both_ends() {
    let client = Client::new();
    let answer = client
        .ask(
            "{ repository(owner: \"acme\", name: \"api\") { pullRequests(first: 100, states: [MERGED]) { nodes {
                id merged mergedAt closingIssuesReferences(first: 5) { nodes {
                  state closedByPullRequestsReferences(first: 5, includeClosedPrs: true) { nodes { id } }
                  timelineItems(first: 50, itemTypes: [CLOSED_EVENT, CONNECTED_EVENT, CROSS_REFERENCED_EVENT]) { totalCount nodes {
                    __typename
                    ... on ConnectedEvent { subject { ... on PullRequest { id } } }
                    ... on ClosedEvent { stateReason closer { ... on PullRequest { id } } }
                    ... on CrossReferencedEvent { willCloseTarget source { ... on PullRequest { id } ... on Issue { number } } } } }
                } } } } } }",
            Value::Null,
        )
        .await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let mut closing = 0;
    for pull in answer["data"]["repository"]["pullRequests"]["nodes"].as_array().unwrap() {
        assert_eq!((&pull["merged"], pull["mergedAt"].is_string()), (&json!(true), true));
        for issue in pull["closingIssuesReferences"]["nodes"].as_array().unwrap() {
            closing += 1;
            assert!(
                issue["closedByPullRequestsReferences"]
                    .to_string()
                    .contains(pull["id"].as_str().unwrap())
            );
            let entries = issue["timelineItems"]["nodes"].as_array().unwrap();
            // By its text, or by hand.
            assert!(entries.iter().any(|entry| entry["subject"]["id"] == pull["id"]
                || entry["willCloseTarget"] == true && entry["source"]["id"] == pull["id"]));
        }
    }
    assert!(closing > 10, "{closing}");
}

#[tokio::test]
async fn unknown_things_are_null_beside_the_others() {
    let client = Client::new();
    let (moved, known, comment) = {
        let web =
            client.get("/repos/acme/api/issues?state=all&direction=asc&per_page=100").await.json();
        let issues: Vec<&Value> = web
            .as_array()
            .unwrap()
            .iter()
            .filter(|issue| issue["pull_request"].is_null())
            .collect();
        let comment =
            client.get("/repos/acme/api/issues/comments?per_page=1").await.json()[0]["node_id"]
                .clone();
        (issues[0].clone(), issues[1].clone(), comment)
    };
    client.site.edit(|world| {
        let issue = world.issue("acme/api", moved["number"].as_u64().unwrap() as u32).unwrap();
        let to = world.repository("acme/web").unwrap();
        world.transfer(issue, to);
    });
    let ids = json!([known["node_id"], moved["node_id"], "I_nonsense", comment]);
    let answer = client
        .ask(
            "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Issue { number } } }",
            json!({"ids": ids}),
        )
        .await;
    let nodes = &answer["data"]["nodes"];
    assert_eq!(nodes[0]["number"], known["number"]);
    assert_eq!((&nodes[1], &nodes[2]), (&Value::Null, &Value::Null));
    assert_eq!(nodes[3]["__typename"], "IssueComment");
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    for (place, error) in [1, 2].iter().zip(errors) {
        assert_eq!(error["type"], "NOT_FOUND");
        assert_eq!(error["path"], json!(["nodes", place]));
    }
    for (question, message) in [
        ("{ node(id: \"x\") { id } }", "Could not resolve to a node with the global id of 'x'."),
        (
            "{ repository(owner: \"acme\", name: \"no\") { id } }",
            "Could not resolve to a Repository with the name 'acme/no'.",
        ),
        (
            "{ repository(owner: \"acme\", name: \"api\") { issue(number: 99999) { id } } }",
            "Could not resolve to an Issue with the number of 99999.",
        ),
    ] {
        let answer = client.ask(question, Value::Null).await;
        assert_eq!(answer["errors"][0]["message"], message);
        assert_eq!(answer["errors"][0]["type"], "NOT_FOUND");
        assert!(answer["data"].is_object());
    }
}

#[tokio::test]
async fn questions_are_checked_priced_and_bounded() {
    let client = Client::new();
    let answer = client.ask("{ viewer { login shoeSize } }", Value::Null).await;
    assert!(answer.get("data").is_none() && answer["errors"][0]["message"].is_string(), "{answer}");
    for (question, kind) in [
        (
            "{ repository(owner: \"acme\", name: \"api\") { issues { totalCount } } }",
            "MISSING_PAGINATION_BOUNDARIES",
        ),
        (
            "{ repository(owner: \"acme\", name: \"api\") { issues(first: 101) { totalCount } } }",
            "EXCESSIVE_PAGINATION",
        ),
        (
            "{ repository(owner: \"acme\", name: \"api\") { issues(first: 100) { nodes { subIssues(first: 100) { nodes { comments(first: 100) { totalCount } } } } } } }",
            "MAX_NODE_LIMIT_EXCEEDED",
        ),
    ] {
        let answer = client.ask(question, Value::Null).await;
        assert_eq!(answer["errors"][0]["type"], kind, "{answer}");
    }
    let question = "query($size: Int!) { repository(owner: \"acme\", name: \"api\") {
        issues(first: $size) { nodes { blockedBy(first: 50) { totalCount } labels(first: 20) { totalCount } } } }
        rateLimit { cost remaining used limit nodeCount resetAt } }";
    let answer = client.ask(question, json!({"size": 100})).await;
    let limit = &answer["data"]["rateLimit"];
    assert_eq!(limit["cost"], 2, "1 + 100 + 100 requests");
    assert_eq!(limit["nodeCount"], 100 + 100 * 50 + 100 * 20);
    assert_eq!(limit["used"].as_u64().unwrap() + limit["remaining"].as_u64().unwrap(), 5_000);

    let anonymous =
        client.send(Method::POST, "/graphql", &[], "{\"query\": \"{ viewer { login } }\"}").await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    let enterprise =
        client.write(Method::POST, "/api/graphql", json!({"query": "{ viewer { login } }"})).await;
    assert!(enterprise.json()["data"]["viewer"]["login"].is_string());
}

#[tokio::test]
async fn since_holds_the_instant_itself() {
    let client = Client::new();
    let all = client
        .all("/repos/acme/api/issues?state=all&sort=updated&direction=desc&per_page=100")
        .await;
    let issues: Vec<&Value> = all.iter().filter(|issue| issue["pull_request"].is_null()).collect();
    let since = &issues[4]["updated_at"];
    let question = "query($since: DateTime!) { repository(owner: \"acme\", name: \"api\") {
        issues(first: 100, filterBy: {since: $since}, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { number } } } }";
    let answer = client.ask(question, json!({"since": since})).await;
    let found = answer["data"]["repository"]["issues"]["nodes"].as_array().unwrap();
    assert_eq!(found.len(), 5);
    assert_eq!(found[4]["number"], issues[4]["number"]);
}

#[tokio::test]
async fn a_link_made_by_hand_and_a_draft_show_in_no_text_but_in_the_timeline() {
    let client = Client::new();
    let (pull, issue) = client.site.edit(|world| {
        let open = |world: &World, pull_request| {
            let mut open = world.visible_issues().filter(|&issue| {
                world[issue].is_pull_request() == pull_request && world[issue].is_open()
            });
            open.next().unwrap()
        };
        let (pull, issue) = (open(world, true), open(world, false));
        world.set_draft(pull, false);
        let updated_at = world[pull].updated_at;
        world.connect(pull, issue).unwrap();
        assert_eq!(world[pull].updated_at, updated_at, "it moves no time");
        world.set_draft(pull, true);
        world.set_draft(pull, false);
        <(_, _)>::from(
            [pull, issue]
                .map(|issue| (world.full_name(world[issue].repository), world[issue].number)),
        )
    });
    let question = "query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) { pullRequest(number: $number) {
          closingIssuesReferences(last: 1) { nodes { number } }
          timelineItems(last: 3, itemTypes: [CONNECTED_EVENT CONVERT_TO_DRAFT_EVENT READY_FOR_REVIEW_EVENT]) {
            nodes { __typename ... on ConnectedEvent { subject { ... on Issue { number } } } } } } } }";
    let (owner, name) = pull.0.split_once('/').unwrap();
    let answer =
        client.ask(question, json!({"owner": owner, "name": name, "number": pull.1})).await;
    let shown = &answer["data"]["repository"]["pullRequest"];
    assert_eq!(shown["closingIssuesReferences"]["nodes"], json!([{"number": issue.1}]), "{answer}");
    assert_eq!(
        shown["timelineItems"]["nodes"],
        json!([
            {"__typename": "ConnectedEvent", "subject": {"number": issue.1}},
            {"__typename": "ConvertToDraftEvent"},
            {"__typename": "ReadyForReviewEvent"},
        ])
    );
}
