//! Worklogs and remote links: what comes from the store beside the read model.

use mainstem_model::SourceId;
use serde_json::{Value, json};

use crate::world::{World, admin, reader_of};

const WORKLOGS: &str = "totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { id task { key } author { name } startedAt timeSpent note }";

#[tokio::test]
async fn worklogs_come_page_by_page() {
    let world = World::new().await;
    let page = async |arguments: &str| {
        let query =
            format!("{{ task(key: \"acme/api#1\") {{ worklogs({arguments}) {{ {WORKLOGS} }} }} }}");
        world.data(&reader_of(&["acme"]), &query).await["task"]["worklogs"].clone()
    };
    let id = |n: u32| SourceId::of("acme").worklog(&format!("w{n}")).to_string();
    let shown = |n: u32, spent: &str, note: Option<&str>| {
        json!({
            "id": id(n), "task": { "key": "acme/api#1" }, "author": { "name": "Bob Kahn" },
            "startedAt": format!("2026-01-01T00:00:0{n}Z"), "timeSpent": spent, "note": note,
        })
    };
    let first = page("first: 2").await;
    assert_eq!(first["totalCount"], 3);
    assert_eq!(first["nodes"], json!([shown(1, "PT30M", None), shown(2, "PT1H", Some("Note 2"))]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let end = first["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = page(&format!("after: \"{end}\"")).await;
    assert_eq!(rest["nodes"], json!([shown(3, "PT1H30M", Some("Note 3"))]));
    assert_eq!(
        (&rest["pageInfo"]["hasNextPage"], &rest["pageInfo"]["hasPreviousPage"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let world = World::new().await;
    let lists = |arguments: &str| {
        format!(
            "{{ task(key: \"acme/api#1\") {{ comments({arguments}) {{ pageInfo {{ endCursor }} }}
                worklogs({arguments}) {{ pageInfo {{ endCursor }} }} }} }}"
        )
    };
    let data = world.data(&admin(), &lists("first: 1")).await;
    for list in ["comments", "worklogs"] {
        let cursor = data["task"][list]["pageInfo"]["endCursor"].as_str().unwrap();
        let foreign = lists(&format!("after: \"{cursor}\""));
        assert_eq!(world.code(&admin(), &foreign).await, "BAD_USER_INPUT", "{list}");
    }
}

#[tokio::test]
async fn parts_are_found_by_id_in_one_statement_for_each_kind() {
    let world = World::new().await;
    let source = SourceId::of("acme");
    let ids: Vec<String> = (1..=3)
        .flat_map(|n| {
            [
                source.comment(&format!("c{n}")).to_string(),
                source.worklog(&format!("w{n}")).to_string(),
            ]
        })
        .collect();
    let ask = |ids: &[String]| {
        format!(
            "{{ nodes(ids: {}) {{ __typename ... on Comment {{ body }} ... on Worklog {{ note }} }} }}",
            json!(ids)
        )
    };
    let mut costs = Vec::new();
    for count in [2, 6] {
        let before = world.store.statements();
        let data = world.data(&admin(), &ask(&ids[..count])).await;
        costs.push(world.store.statements() - before);
        let types: Vec<_> =
            data["nodes"].as_array().unwrap().iter().map(|node| &node["__typename"]).collect();
        assert_eq!(types, ["Comment", "Worklog"].repeat(count / 2));
    }
    assert_eq!(costs[0], costs[1]);
    // To those who do not see the source there is no such thing.
    let hidden = world.data(&reader_of(&["secret"]), &ask(&ids)).await;
    assert_eq!(hidden["nodes"], json!(vec![Value::Null; 6]));
}

#[tokio::test]
async fn remote_links_are_shown_and_every_change_is_told() {
    let world = World::new().await;
    let data = world
        .data(
            &admin(),
            "{ task(key: \"acme/api#1\") { remoteLinks { title url relationship } }
               none: task(key: \"acme/api#3\") { remoteLinks { url } }
               changes(filter: {fields: [\"worklogs\", \"remoteLinks\"]}) { nodes { field before after } } }",
        )
        .await;
    let links = json!([
        { "title": "Plan", "url": "https://wiki.example/Plan", "relationship": "mentioned in" },
        { "title": "Sketch", "url": "https://wiki.example/Sketch", "relationship": null },
    ]);
    assert_eq!(data["task"]["remoteLinks"], links);
    assert_eq!(data["none"]["remoteLinks"], json!([]));
    let changes = data["changes"]["nodes"].as_array().unwrap();
    let fields: Vec<_> = changes.iter().map(|change| &change["field"]).collect();
    assert_eq!(fields, ["worklogs", "worklogs", "worklogs", "remoteLinks"]);
    assert_eq!((&changes[3]["before"], &changes[3]["after"]), (&Value::Null, &links));
}
