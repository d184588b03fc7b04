//! What questions are answered with.

use mainstem_model::Position;
use mainstem_model::record::Batch;
use serde_json::{Value, json};

use crate::world::{World, admin, reader_of, task};

#[tokio::test]
async fn a_dashboard_is_answered_from_the_snapshot_alone() {
    let world = World::new().await;
    let before = world.store.statements();
    let data = world
        .data(
            &reader_of(&["acme"]),
            "{ tasks(first: 2, filter: {status: {category: {eq: TODO}}, assignees: {some: {handle: {eq: \"ada\"}}}}) {
                totalCount
                nodes { key title labels assignees { name } project { key } blockedBy { nodes { key } } }
            } }",
        )
        .await;
    assert_eq!(world.store.statements(), before);
    assert_eq!(
        data,
        json!({ "tasks": {
            "totalCount": 3,
            "nodes": [
                {
                    "key": "acme/api#3", "title": "Title of acme/api#3",
                    "labels": ["area/api", "quick \"win\""],
                    "assignees": [{ "name": "Ada Lovelace" }],
                    "project": { "key": "acme/api" },
                    "blockedBy": { "nodes": [{ "key": "acme/api#1" }] }
                },
                {
                    "key": "acme/api#2", "title": "Title of acme/api#2",
                    "labels": ["area/api", "quick \"win\""],
                    "assignees": [{ "name": "Ada Lovelace" }],
                    "project": { "key": "acme/api" },
                    "blockedBy": { "nodes": [{ "key": "acme/api#1" }] }
                }
            ]
        } })
    );
}

#[tokio::test]
async fn bulky_parts_cost_one_statement_for_each_kind_whatever_the_page() {
    let world = World::new().await;
    let mut counts = Vec::new();
    for first in [1, 2, 5] {
        let before = world.store.statements();
        world
            .data(
                &admin(),
                &format!("{{ tasks(first: {first}) {{ nodes {{ body fields {{ value }} remoteLinks {{ url }} comments(first: 2) {{ nodes {{ body }} }} worklogs(first: 2) {{ nodes {{ note }} }} notices(first: 2) {{ nodes {{ event }} }} changes(first: 2) {{ nodes {{ field }} }} }} }} }}"),
            )
            .await;
        counts.push(world.store.statements() - before);
    }
    assert_eq!(counts[0], counts[1]);
    assert_eq!(counts[0], counts[2]);
    assert!(counts[0] <= 10, "{counts:?}");
}

#[tokio::test]
async fn fields_come_in_the_order_asked_for_and_merge() {
    let world = World::new().await;
    let answer = world
        .answer(
            &admin(),
            "query A { task(key: \"acme/api#1\") { title ...F status { category } body key } } fragment F on Task { status { name } k: key }",
            json!({}),
        )
        .await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        text.starts_with(r#"{"data":{"task":{"title":"Title of acme/api#1","status":{"name":"open","category":"TODO"},"k":"acme/api#1","body":"Body of acme/api#1\nwith two lines","key":"acme/api#1"}}"#),
        "{text}"
    );
}

#[tokio::test]
async fn a_task_is_found_by_id_key_and_url() {
    let world = World::new().await;
    let me = reader_of(&["acme"]);
    let by_key = world.data(&me, "{ task(key: \"ACME/api#1\") { id url } }").await;
    let (id, url) =
        (by_key["task"]["id"].as_str().unwrap(), by_key["task"]["url"].as_str().unwrap());
    for query in [
        format!("{{ task(id: \"{id}\") {{ id url }} }}"),
        format!("{{ task(url: \"{url}\") {{ id url }} }}"),
        "{ task(key: \"acme/api#1\", source: \"acme\") { id url } }".to_owned(),
    ] {
        assert_eq!(world.data(&me, &query).await, by_key, "{query}");
    }
    let node = world
        .data(&me, &format!("{{ node(id: \"{id}\") {{ __typename ... on Task {{ key }} }} }}"))
        .await;
    assert_eq!(node, json!({ "node": { "__typename": "Task", "key": "acme/api#1" } }));
}

#[tokio::test]
async fn an_ambiguous_key_names_the_candidates_that_the_caller_sees() {
    let world = World::new().await;
    let query = "{ task(key: \"acme/api#2\") { title } }";
    let answer = world.ask(&admin(), query).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(error["path"], json!(["task"]));
    assert_eq!(error["extensions"]["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(answer["data"], json!({ "task": null }));
    let seen = world.data(&reader_of(&["acme"]), query).await;
    assert_eq!(seen["task"]["title"], "Title of acme/api#2");
    let narrowed =
        world.data(&admin(), "{ task(key: \"acme/api#2\", source: \"secret\") { title } }").await;
    assert_eq!(narrowed["task"]["title"], "Hidden title");
}

#[tokio::test]
async fn what_is_hidden_looks_like_what_does_not_exist() {
    let world = World::new().await;
    let me = reader_of(&["acme"]);
    let hidden = world
        .data(&admin(), "{ task(key: \"acme/api#2\", source: \"secret\") { id author { id } project { id } source { id } changes(first: 1) { nodes { id } } } }")
        .await;
    let task = &hidden["task"];
    let ids = [
        &task["id"],
        &task["author"]["id"],
        &task["project"]["id"],
        &task["source"]["id"],
        &task["changes"]["nodes"][0]["id"],
    ];
    for id in ids {
        let id = id.as_str().unwrap();
        let unknown = format!("{}{}", &id[..id.len() - 4], "ffff");
        for id in [id, &unknown, "nonsense"] {
            let query = format!(
                "{{ node(id: \"{id}\") {{ id }} nodes(ids: [\"{id}\"]) {{ id }} task(id: \"{id}\") {{ id }} }}"
            );
            assert_eq!(
                world.data(&me, &query).await,
                json!({ "node": null, "nodes": [null], "task": null })
            );
        }
    }
    let whole = world
        .ask(&me, "{ tasks { totalCount nodes { title author { name } } } people { totalCount nodes { name } } projects { totalCount } sources { nodes { name } }
            taskCounts(by: [LABEL]) { groups { label } } changes(first: 100) { nodes { task { title } after } } search: tasks(search: \"Hidden\") { totalCount }
            viewer { sources { totalCount } } }")
        .await;
    let text = whole.to_string();
    assert!(!text.to_lowercase().contains("hidden"), "{text}");
    assert_eq!(whole["data"]["tasks"]["totalCount"], 5);
    assert_eq!(whole["data"]["viewer"]["sources"]["totalCount"], 1);
}

#[tokio::test]
async fn pages_meet_without_gap_or_overlap_in_both_directions() {
    let world = World::new().await;
    let me = reader_of(&["acme"]);
    let all = world.data(&me, "{ tasks(orderBy: [{field: KEY}]) { nodes { key } } }").await;
    let all: Vec<String> = keys(&all);
    let (mut forward, mut after) = (Vec::new(), String::from("null"));
    loop {
        let page = world
            .data(&me, &format!("{{ tasks(orderBy: [{{field: KEY}}], first: 2, after: {after}) {{ nodes {{ key }} pageInfo {{ hasNextPage endCursor }} }} }}"))
            .await;
        forward.extend(keys(&page));
        after = page["tasks"]["pageInfo"]["endCursor"].to_string();
        if page["tasks"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let (mut backward, mut before) = (Vec::new(), String::from("null"));
    loop {
        let page = world
            .data(&me, &format!("{{ tasks(orderBy: [{{field: KEY}}], last: 2, before: {before}) {{ nodes {{ key }} pageInfo {{ hasPreviousPage startCursor }} }} }}"))
            .await;
        backward.splice(0..0, keys(&page));
        before = page["tasks"]["pageInfo"]["startCursor"].to_string();
        if page["tasks"]["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(all.len(), 5);
    assert_eq!(forward, all);
    assert_eq!(backward, all);
}

fn keys(data: &Value) -> Vec<String> {
    let nodes = data["tasks"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn search_finds_and_combines_with_a_filter() {
    let world = World::new().await;
    let data = world
        .data(&reader_of(&["acme"]), "{ all: tasks(search: \"title\") { totalCount } some: tasks(search: \"titl\", filter: {status: {category: {eq: IN_PROGRESS}}}) { nodes { key } edges { cursor } } }")
        .await;
    assert_eq!(data["all"]["totalCount"], 5);
    assert_eq!(data["some"]["nodes"], json!([{ "key": "acme/api#4" }]));
}

#[tokio::test]
async fn the_feed_goes_on_exactly_where_it_stopped() {
    let world = World::new().await;
    let me = reader_of(&["acme"]);
    let page = |after: String| {
        format!(
            "{{ changes(first: 3, after: {after}) {{ nodes {{ id task {{ key }} field }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
    };
    let (mut seen, mut after) = (Vec::new(), String::from("null"));
    for _ in 0..100 {
        let data = world.data(&me, &page(after.clone())).await;
        seen.extend(data["changes"]["nodes"].as_array().unwrap().clone());
        after = data["changes"]["pageInfo"]["endCursor"].to_string();
        if data["changes"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let whole =
        world.data(&me, "{ changes(first: 100) { nodes { id task { key } field } } }").await;
    assert_eq!(whole["changes"]["nodes"], json!(seen));
    assert!(!seen.is_empty());

    assert_eq!(world.data(&me, &page(after.clone())).await["changes"]["nodes"], json!([]));
    let mut changed = task("acme/api#1", 60);
    changed.title = "Another title".to_owned();
    world.apply("acme", &Batch { tasks: vec![changed], ..Batch::default() }).await;
    world.model.catch_up(&world.store).await.unwrap();
    let data = world.data(&me, &page(after)).await;
    let fields: Vec<&str> = data["changes"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|node| node["field"].as_str())
        .collect();
    assert!(fields.contains(&"title"), "{fields:?}");
}

#[tokio::test]
async fn a_kept_answer_is_exact_to_the_last_change() {
    let world = World::new().await;
    let me = reader_of(&["acme"]);
    for (minute, query) in (100..).zip([
        "{ task(key: \"acme/api#1\") { title } }",
        "{ task(key: \"acme/api#1\") { body } }",
        "{ task(key: \"acme/api#1\") { changes(first: 1) { nodes { field after } } } }",
    ]) {
        let first = world.answer(&me, query, json!({})).await;
        let statements = world.store.statements();
        assert_eq!(world.answer(&me, query, json!({})).await, first);
        assert_eq!(world.store.statements(), statements);

        let mut changed = task("acme/api#1", minute);
        changed.title = format!("After {query}");
        changed.body = Some(format!("After {query}"));
        world.apply("acme", &Batch { tasks: vec![changed], ..Batch::default() }).await;
        world.model.catch_up(&world.store).await.unwrap();
        assert_ne!(world.answer(&me, query, json!({})).await.body, first.body, "{query}");
    }
    let mut body_only = task("acme/api#2", 500);
    let query = "{ task(key: \"acme/api#2\", source: \"acme\") { body } }";
    let first = world.answer(&me, query, json!({})).await;
    body_only.updated_at = task("acme/api#2", 2).updated_at;
    body_only.body = Some("Nothing else changed".to_owned());
    world.apply("acme", &Batch { tasks: vec![body_only], ..Batch::default() }).await;
    world.model.catch_up(&world.store).await.unwrap();
    assert_ne!(world.answer(&me, query, json!({})).await.body, first.body);
}

#[tokio::test]
async fn what_depends_on_the_time_is_kept_for_a_second() {
    let world = World::new().await;
    let query = "{ task(key: \"acme/api#1\") { freshness { lag } } }";
    let first = world.data(&admin(), query).await;
    world.clock.advance_seconds(3_600);
    assert_ne!(world.data(&admin(), query).await, first);
}

#[tokio::test]
async fn an_answer_that_the_caller_has_is_not_sent_again() {
    let world = World::new().await;
    let me = admin();
    let body = bytes::Bytes::from_static(b"{\"query\":\"{ tasks { totalCount } }\"}");
    let question = mainstem_graphql::Question {
        body,
        caller: &me,
        accept: None,
        if_none_match: None,
        min_position: None,
        request_id: "test-1",
    };
    let first = world.api.answer(question.clone()).await;
    let etag = first.etag.clone().unwrap();
    let strong = etag.strip_prefix("W/").unwrap();
    for known in [&*etag, strong, &format!("\"0\", {etag}"), "*"] {
        let known = mainstem_graphql::Question { if_none_match: Some(known), ..question.clone() };
        let again = world.api.answer(known).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    let other = world
        .api
        .answer(mainstem_graphql::Question { if_none_match: Some("W/\"0\""), ..question })
        .await;
    assert_eq!(other, first);
}

#[tokio::test]
async fn the_past_is_shown_as_it_was() {
    let world = World::new().await;
    world.clock.advance_seconds(7_200);
    let mut closed = task("acme/api#1", 24 * 60 + 60);
    closed.status = mainstem_model::Status {
        name: "closed".to_owned(),
        category: mainstem_model::StatusCategory::Done,
    };
    world.apply("acme", &Batch { tasks: vec![closed], ..Batch::default() }).await;
    world.model.catch_up(&world.store).await.unwrap();
    let query = |moment: &str| {
        format!(
            "{{ tasks(filter: {{key: {{eq: \"acme/api#1\"}}}}{moment}) {{ nodes {{ status {{ name }} blocks {{ totalCount }} }} }} taskCounts(by: [STATUS], filter: {{key: {{eq: \"acme/api#1\"}}}}{moment}) {{ count groups {{ value }} }} }}"
        )
    };
    let me = reader_of(&["acme"]);
    let now = world.data(&me, &query("")).await;
    let then = world.data(&me, &query(", asOf: \"2026-01-01T00:30:00Z\"")).await;
    assert_eq!(now["tasks"]["nodes"][0]["status"]["name"], "closed");
    assert_eq!(then["tasks"]["nodes"][0]["status"]["name"], "open");
    assert_eq!(then["taskCounts"], json!([{ "count": 1, "groups": [{ "value": "open" }] }]));
}

#[tokio::test]
async fn a_reader_sees_its_own_write() {
    let world = World::new().await;
    let me = admin();
    let mut changed = task("acme/api#1", 60);
    changed.title = "Written".to_owned();
    world.apply("acme", &Batch { tasks: vec![changed], ..Batch::default() }).await;
    let head: Position = world.store.head().await.unwrap();
    let position = format!("position1-{}", head.0);
    let question = mainstem_graphql::Question {
        body: bytes::Bytes::from_static(
            b"{\"query\":\"{ task(key: \\\"acme/api#1\\\") { title } }\"}",
        ),
        caller: &me,
        accept: None,
        if_none_match: None,
        min_position: Some(&position),
        request_id: "test-1",
    };
    let (answer, caught_up) =
        tokio::join!(world.api.answer(question), world.model.catch_up(&world.store));
    caught_up.unwrap();
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer["data"]["task"]["title"], "Written");
    assert_eq!(answer["extensions"]["position"], position.as_str());
}
