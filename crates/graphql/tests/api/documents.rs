//! How documents and variables are read: what is valid, what is not, and that nothing stops the API.

use serde_json::{Value, json};

use crate::world::{World, admin};

async fn ask(world: &World, query: &str, variables: Value) -> Value {
    let answer = world.answer(&admin(), query, variables).await;
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn variables_are_read_by_their_types() {
    let world = World::new().await;
    let keys = "query ($keys: [String!]!, $first: Int = 2) { tasks(first: $first, orderBy: [{field: KEY}], filter: {key: {in: $keys}, source: {name: {eq: \"acme\"}}}) { nodes { key } } }";
    let category = "query ($is: StatusCategory!) { tasks(filter: {status: {category: {eq: $is}}}) { nodes { key } } }";
    let whole = "query ($filter: TaskFilter) { tasks(filter: $filter) { nodes { key } } }";
    let (one, two) = (json!({ "key": "acme/api#1" }), json!({ "key": "acme/api#4" }));
    for (query, variables, nodes) in [
        (keys, json!({ "keys": ["acme/api#1", "acme/api#4", "acme/api#5"] }), json!([one, two])),
        (keys, json!({ "keys": "acme/api#1" }), json!([one])),
        (keys, json!({ "keys": ["acme/api#4", "acme/api#1"], "first": 1 }), json!([one])),
        (category, json!({ "is": "IN_PROGRESS" }), json!([two])),
        (whole, json!({ "filter": { "key": { "eq": "acme/api#4" }, "not": null } }), json!([two])),
    ] {
        let answer = ask(&world, query, variables.clone()).await;
        assert_eq!(answer["data"]["tasks"]["nodes"], nodes, "{query} {variables}: {answer}");
    }
}

#[tokio::test]
async fn values_that_do_not_fit_their_types_are_refused() {
    let world = World::new().await;
    let first = "query ($first: Int!) { tasks(first: $first) { totalCount } }";
    let filter = "query ($filter: TaskFilter) { tasks(filter: $filter) { totalCount } }";
    let beside = |field: &str| {
        format!(
            "query ($t: String) {{ tasks(filter: {{title: {{eq: $t}}, {field}}}) {{ totalCount }} }}"
        )
    };
    for (query, variables) in [
        (first, json!({})),
        (first, json!({ "first": null })),
        (first, json!({ "first": "1" })),
        (first, json!({ "first": 2_147_483_648_i64 })),
        (first, json!({ "first": 1.5 })),
        (filter, json!({ "filter": { "nothing": 1 } })),
        (filter, json!({ "filter": { "kind": { "eq": "NOTHING" } } })),
        (filter, json!({ "filter": { "kind": { "in": [null] } } })),
        (filter, json!({ "filter": 1 })),
        (&beside("nothing: 1"), json!({})),
        (&beside("kind: {eq: NOTHING}"), json!({})),
        (&beside("kind: {eq: \"TASK\"}"), json!({})),
        (&beside("key: {eq: 1}"), json!({})),
    ] {
        let answer = ask(&world, query, variables.clone()).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(code, "BAD_USER_INPUT", "{query} {variables}: {answer}");
        assert_eq!(answer.get("data"), None, "{query} {variables}");
    }
}

#[tokio::test]
async fn invalid_documents_are_refused_with_a_place() {
    let world = World::new().await;
    for query in [
        "{ nothing }",
        "{ viewer { name } ",
        "{ viewer }",
        "{ viewer { name { name } } }",
        "{ tasks(nothing: 1) { totalCount } }",
        "{ tasks(first: \"1\") { totalCount } }",
        "{ tasks(filter: {nothing: 1}) { totalCount } }",
        "{ node { id } }",
        "{ viewer { name @nothing } }",
        "{ nothing @ifdef }",
        "{ ...f } fragment f on Nothing { name }",
        "{ ...f }",
        "{ viewer { name } } fragment f on Viewer { name }",
        "query ($a: Int) { viewer { name } }",
        "query ($a: Nothing) { tasks(first: $a) { totalCount } }",
        "query ($a: [Nothing] = [1]) { nodes(ids: $a) { id } }",
        "query ($a: Task = 1) { tasks(first: $a) { totalCount } }",
        "query ($a: String) { tasks(first: $a) { totalCount } }",
        "query ($a: [ID]!) { nodes(ids: $a) { id } }",
        "query ($a: String) { viewer { name @skip(if: $a) } }",
        "query ($a: [String]) { tasks(filter: {key: {in: $a}}) { totalCount } }",
        "{ tasks(first: $a) { totalCount } }",
        "{ tasks(first: 1e400) { totalCount } }",
        "{ tasks(search: \"\\ud800\") { totalCount } }",
        "{ a: viewer { name } a: __typename }",
        "mutation { viewer { name } }",
        // In another operation, in what is skipped, and in what is asked about the schema.
        "query A($a: String) { tasks(first: $a) { totalCount } } query B { viewer { name } }",
        "query ($a: String) { viewer { name } tasks(first: $a) @skip(if: true) { totalCount } }",
        "query ($a: Int) { ...f } fragment f on Query { task(key: $a) { id } }",
        "query ($a: String) { __type(name: $a) { name } }",
        "query ($a: ID = null) { node(id: $a) { id } }",
        "query ($a: [ID]!) { nodes(ids: $a) { id } }",
        "query ($a: [ID!]) { nodes(ids: $a) { id } }",
        "query ($a: TaskKind) { tasks(filter: {kind: {in: [$a]}}) { totalCount } }",
        "query ($a: Int @skip(if: true)) { tasks(first: $a) { totalCount } }",
        "query ($a: Int @nothing) { tasks(first: $a) { totalCount } }",
        "{ tasks(filter: {kind: {eq: \"TASK\"}}) @skip(if: true) { totalCount } }",
        "fragment on on Query { viewer { name } } { ...on }",
        // One key, two values.
        "{ viewer { name } viewer @skip(if: true) { name: scopes } }",
        "{ task(key: \"a\") { id } task(key: \"b\") @skip(if: true) { id } }",
        "{ ...a ...b } fragment a on Query { t: task(key: \"a\") { id } } fragment b on Query { t: task(key: \"b\") { id } }",
        "{ tasks { nodes { x: id } } tasks { nodes { ...on Node { x: __typename } } } }",
        "{ node(id: \"x\") { ...on Task { n: key } ...on Link { n: crossTool } } }",
        "{ node(id: \"x\") { ...on Task { n: url } ...on Person { n: name } } }",
        "{ node(id: \"x\") { ...on Task { n: labels } ...on Person { n: name } } }",
        "{ node(id: \"x\") { ...on Task { kind } ...on Link { kind } } }",
        "{ node(id: \"x\") { ...on Task { n: source { x: id } } ...on Project { n: source { x: name } } } }",
        "{ node(id: \"x\") { ...on Task { n: assignees { id } } ...on Comment { n: author { id } } } }",
    ] {
        let answer = world.ask(&admin(), query).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        assert!(error["locations"][0]["line"].is_u64(), "{query}: {answer}");
    }
    let unclosed = world.ask(&admin(), "{ viewer { name } ").await;
    let message = unclosed["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("The document cannot be read: expected "), "{message}");
    assert!(!message.contains("viewer"), "{message}");
    let conflict =
        "{ task(key: \"a\") { source { a: name } } task(key: \"a\") { source { a: id } } }";
    assert_eq!(world.code(&admin(), conflict).await, "BAD_USER_INPUT");
    let many: String = (0..50).map(|n| format!("f{n} ")).collect();
    let answer = world.ask(&admin(), &format!("{{ {many} }}")).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn documents_that_look_odd_but_are_valid_are_answered() {
    let world = World::new().await;
    for query in [
        // Two types of which an object is never both.
        "{ node(id: \"x\") { ...on Task { n: key } ...on Person { n: name } } }",
        "{ node(id: \"x\") { ...on Task { n: author { id } } ...on Comment { n: author { name } } } }",
        "{ node(id: \"x\") { ...on Task { n: comments(first: 1) { totalCount } } ...on Source { n: projects(first: 2) { totalCount } } } }",
        "{ node(id: \"x\") { ...n ...on Task { ...n key } } } fragment n on Node { id __typename }",
        // One field in two places.
        "{ tasks(first: 1, filter: {}) { totalCount } tasks(filter: {}, first: 1) { nodes { id } } }",
        "query ($a: Int = 1) { a: tasks(first: $a) { totalCount } ...f } fragment f on Query { a: tasks(first: $a) { nodes { id } } }",
        "{ viewer { name } ... @include(if: false) { viewer { scopes } } }",
        // A character beyond the first plane, in each of the ways in which it can be written.
        "{ tasks(search: \"😀 \\u{1F600} \\uD83D\\uDE00\") { totalCount } }",
        // Variables that stand in a wider place.
        "query ($a: ID = \"x\") { node(id: $a) { id } }",
        "query ($a: Boolean = true) { viewer { name @skip(if: $a) } }",
        "query ($a: [ID!] = \"x\") { nodes(ids: $a) { id } }",
        "query ($a: OrderDirection) { tasks(orderBy: {field: KEY, direction: $a}) { totalCount } }",
        "query ($a: String! = \"Task\", $b: Boolean = false) { __type(name: $a) { fields(includeDeprecated: $b) { name } } }",
        "query A($a: Int) { ...f } query B($a: Int = 3) { ...f } fragment f on Query { tasks(first: $a) { totalCount } }",
    ] {
        let body = match query.starts_with("query A") {
            true => json!({ "query": query, "operationName": "A" }),
            false => json!({ "query": query }),
        };
        let answer = world.answer_body(&admin(), &body.to_string()).await;
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
    }
}

#[tokio::test]
async fn the_schema_answers_beside_data_in_the_order_asked_for() {
    let world = World::new().await;
    let query = "query A($name: String!, $with: Boolean!) { viewer { name } ...F it: __type(name: $name) { name kind enumValues @include(if: $with) { name } } __typename } fragment F on Query { __schema { queryType { name } } } query B { viewer { name } }";
    let body = json!({ "query": query, "operationName": "A", "variables": { "name": "Node", "with": false } });
    let answer = world.answer_body(&admin(), &body.to_string()).await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        text.starts_with(r#"{"data":{"viewer":{"name":"admin"},"__schema":{"queryType":{"name":"Query"}},"it":{"name":"Node","kind":"INTERFACE"},"__typename":"Query"},"extensions""#),
        "{text}"
    );
    let deep = "{ __type(name: \"Task\") { fields { type { fields { type { possibleTypes { name } } } } } } }";
    assert_eq!(world.code(&admin(), deep).await, "QUERY_TOO_COSTLY");
    let direction = world
        .data(&admin(), "{ __type(name: \"TaskOrder\") { inputFields { name defaultValue } } }")
        .await;
    assert_eq!(
        direction["__type"]["inputFields"][1],
        json!({ "name": "direction", "defaultValue": "ASC" })
    );
}
