//! Tokens, made and ended on the command line while the program serves.

use serde_json::Value;

use super::client::Client;
use super::program::Program;
use super::serving::serve;
use super::site;
use crate::support::database::both_databases;

const WHO: &str = "{ viewer { name scopes sources { nodes { name } } } tasks { totalCount } }";

both_databases! {
    async fn a_token_works_once_it_is_made_and_ends_soon_after_it_is_revoked(db) {
        let site = site().await;
        let program = Program::reading(&site.base_url, &db.url);
        program.must(&["sync", "--once"]);
        let running = program.start(&["serve"]);
        let client = Client::new(&running.address(), "");
        let made = program.json(&["token", "create", "--name", "wall display", "--json"]);
        let display = client.with_token(made["token"].as_str().unwrap());
        let data = display.data(WHO).await;
        assert_eq!(data["viewer"]["name"], "wall display");
        assert_eq!(data["viewer"]["scopes"], serde_json::json!(["READ"]));
        assert_eq!(data["tasks"]["totalCount"], 140);

        program.must(&["token", "revoke", made["id"].as_str().unwrap()]);
        let revoked = std::time::Instant::now();
        display.until(WHO, |status, _| status == 401).await;
        assert!(revoked.elapsed().as_secs() < 6, "it worked on for {:?}", revoked.elapsed());
        let listed = program.json(&["token", "list", "--json"]);
        let listed = listed.as_array().unwrap().iter().find(|token| token["id"] == made["id"]).unwrap();
        assert!(listed["revokedAt"].is_string(), "{listed}");
        assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_limited_to_a_source_shows_that_source_only() {
    let (first, second) = (site().await, site().await);
    let configuration = super::program::configuration(&first.base_url, "sqlite://mainstem.db");
    let other = configuration.split_once("[[sources]]").unwrap().1;
    let other = other
        .replace("\"acme\"\nconnector", "\"other\"\nconnector")
        .replace(&first.base_url, &second.base_url);
    let program = Program::configured(&format!("{configuration}[[sources]]{other}"));
    let (running, client) = serve(&program);
    client
        .until(WHO, |status, answer| status == 200 && answer["data"]["tasks"]["totalCount"] == 280)
        .await;
    let made = program.must(&["token", "create", "--name", "partner", "--source", "other"]);
    let partner = client.with_token(&made);
    let data = partner.data(WHO).await;
    let names: Vec<_> = data["viewer"]["sources"]["nodes"].as_array().unwrap().iter().collect();
    assert_eq!(names, [&serde_json::json!({ "name": "other" })]);
    assert_eq!(data["tasks"]["totalCount"], 140);
    let sources = partner.data("{ sources { totalCount nodes { name } } }").await;
    assert_eq!(sources["sources"]["totalCount"], 1);
    assert_eq!(partner.get("/metrics").await.status, 403, "metrics are about every source");
    assert_eq!(client.data(WHO).await["tasks"]["totalCount"], Value::from(280));
    assert!(running.terminate().success());
    let unknown = program.run(&["token", "create", "--name", "x", "--source", "nowhere"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}
