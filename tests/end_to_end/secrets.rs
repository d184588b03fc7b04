//! Secrets stay where they belong: not in what is printed, logged, stored or answered.

use axum::http::Method;

use super::client::Client;
use super::program::Program;
use super::site;

/// Every file of a folder with what is in it.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
        })
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_printed_logged_stored_or_answered() {
    const TOOL: &str = "ghp_canary0tool0token0000000000000000000";
    const SEALED: &str = "ghp_canary0sealed0token00000000000000000";
    const GUESS: &str = "ms_pat_canary0guess000000000000000000000";
    let site = site().await;
    let program = Program::reading(&site.base_url, "sqlite://mainstem.db")
        .with("GITHUB_TOKEN", TOOL)
        .with("RUST_LOG", "trace");
    let mut said = String::new();
    let mut note = |ended: super::program::Ended| {
        said.push_str(&ended.stdout);
        said.push_str(&ended.stderr);
        ended.code
    };
    assert_eq!(note(program.run(&["check"])), Some(0));
    assert_eq!(note(program.run(&["sync", "--once", "--json"])), Some(0));
    assert_eq!(note(program.run(&["source", "show", "acme", "--json"])), Some(0));
    assert_eq!(note(program.run(&["source", "test", "acme"])), Some(0));
    let (base_url, owner) = (format!("base_url={}", site.base_url), "owner=acme");
    let add = [
        "source",
        "add",
        "--name",
        "sealed",
        "--set",
        &base_url,
        "--set",
        owner,
        "--credential-stdin",
    ];
    let added = program.run_with(SEALED, &add);
    assert_eq!(added.code, Some(0), "{added:?}");
    note(added);

    let token = std::fs::read_to_string(program.folder().join("mainstem.admin-token")).unwrap();
    let token = token.trim();
    let running = program.start(&["serve"]);
    let client = Client::new(&running.address(), token);
    let mut answers = Vec::new();
    for query in [
        "{ sources { nodes { name lastError { message } credential { kind keyId hint } } } viewer { name } }",
        "{ nothing }",
        "{ changes(first: 100) { nodes { field before after } } }",
    ] {
        answers.extend(client.ask(query).await.1.to_string().into_bytes());
    }
    client.with_token(GUESS).ask("{ viewer { name } }").await;
    let json = [("content-type", "application/json")];
    for path in [format!("/graphql?access_token={token}"), format!("/graphql?token={GUESS}")] {
        answers.extend(client.send(Method::POST, &path, &json, "{}").await.body);
    }
    answers.extend(client.get("/metrics").await.body);
    said.push_str(&running.stdout.so_far());
    let stderr = running.stderr.clone();
    assert!(running.terminate().success());
    said.push_str(&stderr.so_far());

    assert!(said.contains("TRACE"), "the log tells everything");
    for secret in [TOOL, SEALED, GUESS, token] {
        assert!(!said.contains(secret), "{secret} is printed");
        assert!(!holds(&answers, secret), "{secret} is answered");
        for (name, content) in files(program.folder()) {
            let kept = name == "mainstem.admin-token" && secret == token;
            assert!(kept || !holds(&content, secret), "{secret} is in {name}");
        }
    }
}
