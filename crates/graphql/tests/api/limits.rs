//! What is refused, with which code, and that the API goes on.

use serde_json::json;

use crate::world::{World, admin};

#[tokio::test]
async fn questions_that_cannot_be_answered_have_the_right_code() {
    let world = World::new().await;
    let me = admin();
    let wide_in: String = (0..1_900).map(|n| format!("\"{n}\" ")).collect();
    let table = [
        ("{ tasks(first: 0) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(first: 101) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(first: 2147483647) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(first: 2147483648) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(first: -1) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(first: 1, last: 1) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(after: \"nonsense\") { totalCount nodes { id } } }", "BAD_USER_INPUT"),
        ("{ tasks(after: \"change1-5\") { nodes { id } } }", "BAD_USER_INPUT"),
        ("{ changes(after: \"change1--5\") { nodes { id } } }", "BAD_USER_INPUT"),
        ("{ changes(after: \"change1-99999999999999999999\") { nodes { id } } }", "BAD_USER_INPUT"),
        ("{ task { id } }", "BAD_USER_INPUT"),
        ("{ task(id: \"a\", key: \"b\") { id } }", "BAD_USER_INPUT"),
        ("{ taskCounts(by: []) { count } }", "BAD_USER_INPUT"),
        ("{ taskCounts(by: [KIND, STATUS, LABEL]) { count } }", "BAD_USER_INPUT"),
        ("{ tasks(asOf: \"yesterday\") { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(filter: {dueOn: {lt: \"2026-13-01\"}}) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(filter: {estimate: {gt: \"long\"}}) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(filter: {id: {eq: \"nonsense\"}}) { totalCount } }", "BAD_USER_INPUT"),
        ("{ tasks(search: \"a\\u0000b\") { totalCount } }", "BAD_USER_INPUT"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{ tasks { totalCount", "BAD_USER_INPUT"),
        ("mutation { tasks { totalCount } }", "BAD_USER_INPUT"),
        ("subscription { tasks { totalCount } }", "BAD_USER_INPUT"),
        ("query A { viewer { name } } query B { viewer { name } }", "BAD_USER_INPUT"),
        ("query ($n: Int!) { tasks(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        (
            "{ tasks(first: 100) { nodes { blockedBy(first: 100) { nodes { blockedBy(first: 100) { nodes { id } } } } } } }",
            "QUERY_TOO_COSTLY",
        ),
        (
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "QUERY_TOO_COSTLY",
        ),
    ];
    for (query, code) in table {
        assert_eq!(world.code(&me, query).await, code, "{query}");
    }
    let words = "a ".repeat(33);
    let search = format!("{{ tasks(search: \"{words}\") {{ totalCount }} }}");
    assert_eq!(world.code(&me, &search).await, "BAD_USER_INPUT");
    let moments = |count: usize| -> String {
        let moment = |n| {
            format!("m{n}: tasks(first: 1, asOf: \"2026-01-01T00:00:0{n}Z\") {{ totalCount }} ")
        };
        format!("{{ {} }}", (0..count).map(moment).collect::<String>())
    };
    assert_eq!(world.code(&me, &moments(10)).await, "QUERY_TOO_COSTLY");
    let ids: String = (0..101).map(|n| format!("\"{n}\" ")).collect();
    assert_eq!(
        world.code(&me, &format!("{{ nodes(ids: [{ids}]) {{ id }} }}")).await,
        "BAD_USER_INPUT"
    );
    let wide = format!("{{ tasks(filter: {{title: {{in: [{wide_in}]}}}}) {{ totalCount }} }}");
    assert_eq!(world.code(&me, &wide).await, "QUERY_TOO_COSTLY");
    let deep = format!(
        "{{ tasks(filter: {}{{}}{}) {{ totalCount }} }}",
        "{not:".repeat(30),
        "}".repeat(30)
    );
    assert_eq!(world.code(&me, &deep).await, "QUERY_TOO_COSTLY");
    let nested =
        format!("{{ task(key: \"a\") {} }}", "{ parent ".repeat(17) + "{ id }" + &"}".repeat(17));
    assert_eq!(world.code(&me, &nested).await, "QUERY_TOO_COSTLY");
    let schema =
        "a: __schema { types { fields { type { fields { name } } } } } ".replace("a:", "A:");
    let many: String = (0..100).map(|n| schema.replacen('A', &format!("a{n}"), 1)).collect();
    assert_eq!(world.code(&me, &format!("{{ {many} }}")).await, "QUERY_TOO_COSTLY");
    world.data(&me, "{ viewer { name } }").await;
}

#[tokio::test]
async fn requests_that_are_no_requests_are_refused() {
    let world = World::new().await;
    let nested = format!(
        "{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{}1{}}}}}",
        "[".repeat(40),
        "]".repeat(40)
    );
    let many = format!(
        "{{\"query\":\"{{viewer{{name}}}}\",\"variables\":{{\"a\":[{}1]}}}}",
        "{},".repeat(10_000)
    );
    for body in [
        "",
        "null",
        "[]",
        "[{\"query\":\"{ viewer { name } }\"}]",
        "{}",
        "{\"query\":1}",
        "{\"query\":\"{ viewer { name } }\",\"variables\":[]}",
        "{\"query\":\"{ viewer { name } }\",\"operationName\":{}}",
        "{\"query\":\"{ viewer { name } }\",\"query\":\"{ viewer { name } }\"}",
        "{\"query\":\"{ viewer { name } }\",\"variables\":{\"a\":1,\"a\":2}}",
        "{\"query\":\"{ viewer { name } }\",\"variables\":{\"a\":1e400}}",
        "{\"query\":\"{ viewer { name } }\",\"variables\":{\"a\":\"\\ud800\"}}",
        nested.as_str(),
        many.as_str(),
    ] {
        let answer = world.answer_body(&admin(), body).await;
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(json["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");
        assert_eq!(json.get("data"), None, "{body}");
    }
}

#[tokio::test]
async fn every_answer_says_its_price() {
    let world = World::new().await;
    let price = |query: &'static str| {
        let world = &world;
        async move { world.ask(&admin(), query).await["extensions"]["cost"].clone() }
    };
    for (query, cost) in [
        ("{ viewer { name } }", 1),
        ("{ task(key: \"a\") { id } }", 1),
        ("{ tasks(first: 10) { nodes { id status { name } } } }", 11),
        ("{ tasks(first: 10) { nodes { project { id } } } }", 21),
        ("{ tasks(first: 10) { nodes { assignees { id } } } }", 41),
        ("{ tasks(first: 10) { nodes { body } } }", 21),
        ("{ tasks { nodes { id } edges { node { id } } } }", 101),
        (
            "{ nodes(ids: [\"a\", \"b\"]) { id ... on Task { project { id } } ... on Person { id } } }",
            4,
        ),
    ] {
        assert_eq!(price(query).await, json!({ "cost": cost, "limit": 10_000 }), "{query}");
    }
}

#[tokio::test]
async fn the_status_follows_what_the_caller_accepts() {
    let world = World::new().await;
    let me = admin();
    let ask = |accept: Option<&'static str>, query: &'static str| {
        let (world, me) = (&world, &me);
        async move {
            let question = mainstem_graphql::Question {
                body: json!({ "query": query }).to_string().into(),
                caller: me,
                accept,
                if_none_match: None,
                min_position: None,
                request_id: "test-1",
            };
            let answer = world.api.answer(question).await;
            (answer.status, answer.content_type.split(';').next().unwrap())
        }
    };
    let (json, graphql) = ("application/json", "application/graphql-response+json");
    for (accept, query, expected) in [
        (None, "{ viewer { name } }", (200, json)),
        (Some("*/*"), "{ viewer { name } }", (200, json)),
        (Some("application/graphql-response+json"), "{ viewer { name } }", (200, graphql)),
        (
            Some("application/json;q=0.9, application/graphql-response+json"),
            "{ viewer { name } }",
            (200, graphql),
        ),
        (Some("application/json"), "{ nothing }", (200, json)),
        (Some("application/graphql-response+json"), "{ nothing }", (400, graphql)),
        (Some("application/graphql-response+json"), "{", (400, graphql)),
        (Some("application/json"), "{", (200, json)),
    ] {
        assert_eq!(ask(accept, query).await, expected, "{accept:?} {query}");
    }
}
