//! Documents and requests made to do harm: refused with the right code, the process alive, and the
//! next question answered.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::world::{World, admin};
use crate::end_to_end::client::Client;
use crate::end_to_end::program::Program;
use crate::support::database::TestDatabase;

/// What a refusal may take: a quarter of a second once optimised, ten times that here.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// The answer holds data and no error.
const ANSWERED: &str = "";
/// The question of somebody who means no harm.
const HARMLESS: &str = "{ viewer { name } tasks(first: 1) { totalCount } }";

/// A request's body and the code that it is refused with.
struct Attack {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

fn repeated(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

/// A bomb of `levels` fragments, each of which spreads the next one `width` times.
fn bomb(levels: usize, width: usize) -> String {
    let level = |n: usize| match n + 1 == levels {
        true => format!("fragment f{n} on Query {{ __typename }} "),
        false => {
            format!("fragment f{n} on Query {{ {} }} ", format!("...f{} ", n + 1).repeat(width))
        }
    };
    format!("{{ ...f0 }} {}", repeated(levels, level))
}

/// Requests that consist of a document alone.
fn documents() -> Vec<(&'static str, String, &'static str)> {
    const COSTLY: &str = "QUERY_TOO_COSTLY";
    const BAD: &str = "BAD_USER_INPUT";
    let list = |depth| nested("[", "1", "]", depth);
    let cycle = |n: usize, of: usize| format!("fragment c{n} on Task {{ ...c{} }} ", (n + 1) % of);
    vec![
        ("list literal", format!("{{ tasks(filter: {{title: {{in: {}}}}}) {{ totalCount }} }}", list(2_000)), COSTLY),
        ("object literal", format!("{{ tasks(filter: {}) {{ totalCount }} }}", nested("{not: ", "{}", "}", 1_300)), COSTLY),
        ("variable default", format!("query ($a: [Int] = {}) {{ viewer {{ name }} }}", list(2_000)), COSTLY),
        ("directive argument", format!("{{ viewer @include(if: {}) {{ name }} }}", list(2_000)), COSTLY),
        ("literal on an unknown field", format!("{{ nothing(a: {}) }}", list(2_000)), COSTLY),
        ("unclosed literal", format!("{{ tasks(filter: {}", "{not: ".repeat(10_000)), COSTLY),
        ("fragment bomb 8 by 10", bomb(8, 10), COSTLY),
        ("fragment bomb 22 by 3", bomb(22, 3), COSTLY),
        ("cyclic unused fragments", format!("{{ __typename }} {}", repeated(5_000, |n| cycle(n, 5_000))), COSTLY),
        ("a few cyclic unused fragments", format!("{{ __typename }} {}", repeated(60, |n| cycle(n, 60))), BAD),
        ("selection depth", nested("{ parent ", "{ id }", "}", 10_000), COSTLY),
        ("type depth", format!("query ($a: {}) {{ viewer {{ name }} }}", nested("[", "Int", "]", 20_000)), COSTLY),
        ("aliases", format!("{{ {} }}", repeated(20_000, |n| format!("a{n}: __typename "))), COSTLY),
        ("101 aliases", format!("{{ {} }}", repeated(101, |n| format!("a{n}: __typename "))), COSTLY),
        ("aliases in 60 KiB", format!("{{ {} }}", repeated(3_000, |n| format!("a{n}:__typename "))), COSTLY),
        ("duplicate fields", format!("{{ {} }}", "__typename ".repeat(50_000)), COSTLY),
        ("duplicate fields in 60 KiB", format!("{{ {} }}", "__typename ".repeat(5_500)), COSTLY),
        ("directives", format!("{{ viewer {} {{ name }} }}", "@a ".repeat(100_000)), COSTLY),
        ("directives in 60 KiB", format!("{{ viewer {} {{ name }} }}", "@a ".repeat(1_900)), COSTLY),
        ("operations", repeated(10_000, |n| format!("query q{n} {{ __typename }} ")), COSTLY),
        ("operations in 60 KiB", repeated(1_300, |n| format!("query q{n} {{__typename}} ")), COSTLY),
        ("page too large", "{ tasks(first: 2147483647) { totalCount } }".to_owned(), BAD),
        ("page beyond numbers", "{ tasks(first: 99999999999999999999) { totalCount } }".to_owned(), BAD),
        ("page below zero", "{ tasks(first: -1) { totalCount } }".to_owned(), BAD),
        ("page from both ends", "{ tasks(first: 1, last: 1) { totalCount } }".to_owned(), BAD),
        ("cursor forged", "{ tasks(after: \"AAAA\") { nodes { id } } }".to_owned(), BAD),
        ("cursor of another type", "{ tasks(after: \"change1-5\") { nodes { id } } }".to_owned(), BAD),
        ("every operator of full text search", "{ tasks(search: \"a* OR NEAR(b c) AND NOT key:x ^d - + | ! & :* <-> \") { totalCount } }".to_owned(), ANSWERED),
        ("quotes without an end", "{ tasks(search: \"\\\"a ' \\\" b ( ) [ { ; -- /*\") { totalCount } }".to_owned(), ANSWERED),
        ("NUL in a search", "{ tasks(search: \"a\\u0000b\") { totalCount } }".to_owned(), BAD),
        ("wildcards", "{ tasks(filter: {title: {contains: \"%_\\\\%\"}}) { totalCount } }".to_owned(), ANSWERED),
        ("bomb of a regular expression", format!("{{ tasks(filter: {{title: {{contains: \"{}\"}}}}) {{ totalCount }} }}", "(a+)+".repeat(2_000)), ANSWERED),
        ("circular introspection", format!("{{ __schema {{ types {} }} }}", nested("{ fields { type ", "{ name }", "} }", 8)), COSTLY),
        ("wide introspection", "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }".to_owned(), COSTLY),
        ("many past moments", format!("{{ {} }}", repeated(20, |n| format!("a{n}: taskCounts(by: KIND, asOf: \"2026-01-01T00:00:{n:02}Z\") {{ count }} "))), COSTLY),
        ("mutation", "mutation { tasks { totalCount } }".to_owned(), BAD),
        ("a list of a list of a list", "{ tasks(first: 100) { nodes { blockedBy(first: 100) { nodes { blocks(first: 100) { nodes { id } } } } } } }".to_owned(), COSTLY),
    ]
}

/// Requests that are more than a document.
fn requests() -> Vec<(&'static str, String, &'static str)> {
    const BAD: &str = "BAD_USER_INPUT";
    let with = |query: &str, variables: Value| {
        json!({ "query": query, "variables": variables }).to_string()
    };
    let raw = |variables: &str| {
        format!("{{\"query\": \"{{ __typename }}\", \"variables\": {variables}}}")
    };
    let filter = "query ($f: TaskFilter) { tasks(filter: $f) { totalCount } }";
    let words = |count: usize| (0..count).map(|n| format!("{n}")).collect::<Vec<_>>();
    let tree = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "not": inner }));
    let cursor = "query ($a: String) { tasks(after: $a) { nodes { id } } }";
    let search = "query ($s: String) { tasks(search: $s) { totalCount } }";
    vec![
        ("batch", format!("[{}{{}}]", "{\"query\": \"{ __typename }\"},".repeat(5_000)), BAD),
        (
            "many ids",
            with("query ($i: [ID!]!) { nodes(ids: $i) { id } }", json!(words(100_000)))
                .replace("\"variables\":[", "\"variables\":{\"i\":[")
                .replacen("]", "]}", 1),
            BAD,
        ),
        ("deep filter", with(filter, json!({ "f": tree(1_000) })), BAD),
        ("wide filter", with(filter, json!({ "f": { "title": { "in": words(100_000) } } })), BAD),
        (
            "wide filter within the limit of JSON",
            with(filter, json!({ "f": { "title": { "in": words(9_000) } } })),
            "QUERY_TOO_COSTLY",
        ),
        (
            "many filters",
            with(
                filter,
                json!({ "f": { "or": vec![json!({ "title": { "contains": "x" } }); 30_000] } }),
            ),
            BAD,
        ),
        ("many words", with(search, json!({ "s": "a ".repeat(400) })), BAD),
        ("long cursor", with(cursor, json!({ "a": "A".repeat(900_000) })), BAD),
        ("long search", with(search, json!({ "s": "word ".repeat(180_000) })), BAD),
        ("one long word", with(search, json!({ "s": "w".repeat(900_000) })), BAD),
        ("a key twice", raw("{\"a\": 1, \"a\": 2}"), BAD),
        ("a number beyond numbers", raw("{\"a\": 1e400}"), BAD),
        ("half a character", raw("{\"a\": \"\\ud800\"}"), BAD),
        ("NUL", with(search, json!({ "s": "a\0b" })), BAD),
        ("deep JSON", raw(&format!("{{\"a\": {}}}", nested("[", "1", "]", 128))), BAD),
        ("bottomless JSON", raw(&format!("{{\"a\": {}", "[".repeat(400_000))), BAD),
        ("no JSON", "query { __typename }".to_owned(), BAD),
        ("spaces", " ".repeat(1024 * 1024), BAD),
    ]
}

fn attacks() -> Vec<Attack> {
    let of_document = |(name, document, code): (&'static str, String, &'static str)| Attack {
        name,
        body: json!({ "query": document }).to_string().into_bytes(),
        code,
    };
    let of_request = |(name, body, code): (&'static str, String, &'static str)| Attack {
        name,
        body: body.into_bytes(),
        code,
    };
    let documents = documents().into_iter().map(of_document);
    documents.chain(requests().into_iter().map(of_request)).collect()
}

/// The answer is the one expected and came in time.
fn expect(attack: &Attack, status: u16, body: &[u8], began: Instant) {
    let took = began.elapsed();
    let answer: Value = serde_json::from_slice(body).unwrap();
    let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or(ANSWERED);
    let shown = || answer.to_string().chars().take(400).collect::<String>();
    assert_eq!(code, attack.code, "{}: {}", attack.name, shown());
    assert!(status < 500, "{}: {status}", attack.name);
    assert!(took < PATIENCE, "{} took {took:?}", attack.name);
    assert!(body.len() < 64 * 1024, "{}: an answer of {} bytes", attack.name, body.len());
    assert!(!shown().contains("Did you mean"), "{}: {}", attack.name, shown());
}

#[tokio::test]
async fn hostile_requests_are_refused_by_the_api() {
    let world = World::new(TestDatabase::sqlite().await).await;
    for attack in attacks() {
        let began = Instant::now();
        let answer = world.answer(&admin(), attack.body.clone(), None).await;
        expect(&attack, answer.status, &answer.body, began);
        world.data(&admin(), HARMLESS).await;
    }
}

#[tokio::test]
async fn hostile_requests_are_refused_by_the_program() {
    let program = Program::configured("[server]\nlisten = \"127.0.0.1:0\"\n");
    let running = program.start(&["serve"]);
    let address = running.address();
    let token = std::fs::read_to_string(program.folder().join("mainstem.admin-token")).unwrap();
    let client = Client::new(&address, &token);
    for attack in attacks() {
        let began = Instant::now();
        let json = [("content-type", "application/json")];
        let answer =
            client.send(axum::http::Method::POST, "/graphql", &json, attack.body.clone()).await;
        expect(&attack, answer.status.as_u16(), &answer.body, began);
        client.data(HARMLESS).await;
    }
    assert!(running.terminate().success());
}
