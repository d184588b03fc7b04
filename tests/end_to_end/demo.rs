//! `demo`: no configuration, no network, and something to paste.

use std::process::Command;

use super::client::Client;
use super::program::Program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_demo_prints_can_be_pasted() {
    let program = Program::configured("");
    let demo = program.start(&["demo", "--listen", "127.0.0.1:0"]);
    demo.stdout.wait_for("Ctrl-C ends the demo");
    let said = demo.stdout.so_far();
    let after = |label: &str| {
        let line = said.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let (api, token) = (after("API"), after("Token"));
    let client = Client::new(api.strip_suffix("/graphql").unwrap(), &token);
    let counted = client.data("{ tasks { totalCount } }").await["tasks"]["totalCount"].clone();
    assert!(said.contains(&format!("about {counted} tasks")), "{said}");
    assert_eq!(client.get("/graphiql").await.status, 200);

    let from = said.find("curl ").unwrap();
    let until = said[from..].find("\n\n").unwrap();
    let pasted = Command::new("sh").arg("-c").arg(&said[from..from + until]).output().unwrap();
    assert!(pasted.status.success(), "{}", String::from_utf8_lossy(&pasted.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&pasted.stdout).unwrap();
    assert!(answer.get("errors").is_none(), "{answer}");
    let waits = &answer["data"]["mail"];
    let promise = &waits["blockedBy"]["nodes"][0];
    assert!(promise["key"].as_str().unwrap().starts_with("support:"), "{waits}");
    let quote = waits["links"]["nodes"][0]["evidence"][0]["quote"].as_str().unwrap();
    assert_eq!(quote, format!("Blocks: {}", waits["key"].as_str().unwrap()));
    for tool in ["jira", "github"] {
        let tasks = answer["data"][tool]["nodes"].as_array().unwrap();
        let blocker = tasks[0]["blockedBy"]["nodes"][0]["key"].as_str().unwrap();
        assert!(said.contains(blocker), "the answer shown is the answer given: {said}");
    }

    let people = "{ people(first: 100) { nodes { name availability { available until evidence { quote } } } } }";
    let people = client.data(people).await["people"]["nodes"].clone();
    let is_away = |person: &&serde_json::Value| person["availability"]["available"] == false;
    let away: Vec<_> = people.as_array().unwrap().iter().filter(is_away).collect();
    assert_eq!(away.len(), 1, "one of the team has written an automatic answer: {people}");
    let quote = away[0]["availability"]["evidence"]["quote"].as_str().unwrap();
    assert!(quote.starts_with("I am out of the office until "), "{quote}");

    assert!(demo.terminate().success());
}
