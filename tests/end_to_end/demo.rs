//! `demo`: no configuration, no network, and something to paste.

use std::process::Command;

use serde_json::json;

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
    let story = &answer["data"]["story"];
    let blockers = story["blockedBy"]["nodes"].as_array().unwrap();
    let keys: Vec<_> = blockers.iter().map(|node| node["key"].as_str().unwrap()).collect();
    let mail = keys.iter().find(|key| key.starts_with("support:")).expect("a mail holds it up");
    let issue = keys.iter().find(|key| key.starts_with("acme/")).expect("through an issue");
    // What is made up may say more of the story, as the time of the day decides.
    let links = story["links"]["nodes"].as_array().unwrap();
    let why = links.iter().find(|link| link["fromKey"] == **issue).unwrap();
    let quote = why["evidence"][0]["quote"].as_str().unwrap();
    assert!(quote.starts_with("The terminals need it: blocked by http"), "{story}");
    assert_eq!((&why["fromKey"], &why["toKey"]), (&json!(issue), &story["key"]));
    let ask = format!(
        "{{ task(key: \"{issue}\") {{ links(kinds: [BLOCKS]) {{ nodes {{ fromKey evidence {{ quote in {{ ... on Task {{ key }} }} }} }} }} }} }}"
    );
    let links = client.data(&ask).await["task"]["links"]["nodes"].clone();
    let promise = json!({
        "fromKey": mail,
        "evidence": [{ "quote": format!("Blocks: {issue}"), "in": { "key": mail } }],
    });
    assert!(links.as_array().unwrap().contains(&promise), "{links}");
    let key = story["key"].as_str().unwrap();
    let ask = format!(
        "{{ task(key: \"{key}\") {{ links(kinds: [IMPLEMENTS]) {{ nodes {{ evidence {{ quote url }} }} }} }} }}"
    );
    let links = client.data(&ask).await["task"]["links"]["nodes"].clone();
    let commit = &links[0]["evidence"][0];
    assert_eq!(commit["quote"], format!("{key}: print what the terminals show"), "{links}");
    assert!(commit["url"].as_str().unwrap().contains("/commit/"), "{links}");
    for task in answer["data"]["held"]["nodes"].as_array().unwrap() {
        assert!(
            said.contains(task["key"].as_str().unwrap()),
            "the answer shown is the answer given: {said}"
        );
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
