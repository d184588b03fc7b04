//! The dependency register, over HTTP and on the command line: what anybody may write into a mail
//! stays a text, and a token that is limited to a source sees the edges of that source.

use axum::http::Method;
use serde_json::Value;

use super::client::code;
use super::program::Program;
use super::serving::serve;

const SUBJECT: &str = "=HYPERLINK(\"x\") --> \"] %% <b>";

/// A mailbox with one mail that waits for an item of a repository that nobody reads.
fn mailbox(subject: &str, blocker: &str) -> String {
    format!(
        "From ann@acme.example Mon Nov  2 08:00:00 2026\n\
         Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example\n\
         From: Ann <ann@acme.example>\nTo: team@acme.example\nSubject: {subject}\n\
         Date: Mon, 2 Nov 2026 08:00:00 +0000\nMessage-ID: <{blocker}@acme.example>\n\
         Content-Type: text/plain; charset=utf-8\n\nHello,\n\nThis is blocked by {blocker}.\n\n"
    )
}

fn program() -> Program {
    let source = |name: &str| {
        format!(
            "[[sources]]\nname = \"{name}\"\nconnector = \"email\"\n\
             [sources.settings]\nmbox = \"{name}.mbox\"\ntrusted_server = \"mx.acme.example\"\n"
        )
    };
    let program = Program::configured(&format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n{}{}",
        source("open"),
        source("hush")
    ));
    for (name, subject, blocker) in
        [("open", SUBJECT, "acme/api#7"), ("hush", "The secret plan", "acme/web#8")]
    {
        let text = mailbox(subject, blocker);
        std::fs::write(program.folder().join(format!("{name}.mbox")), text).unwrap();
    }
    program
}

#[test]
fn the_command_writes_every_format() {
    let program = program();
    program.must(&["sync", "--once"]);
    let edges = program.json(&["register", "--format", "json"]);
    let titles: Vec<_> =
        edges.as_array().unwrap().iter().map(|edge| &edge["to"]["title"]).collect();
    assert_eq!(titles.len(), 2, "{edges}");
    assert!(titles.contains(&&Value::from(SUBJECT)), "{edges}");

    let said = program.must(&["register", "--source", "open", "--output", "register.csv"]);
    assert_eq!(said, "");
    let table = std::fs::read_to_string(program.folder().join("register.csv")).unwrap();
    assert!(table.starts_with("\u{feff}kind,state,age_days,since,"), "{table}");
    assert_eq!(table.matches("\r\n").count(), 2, "{table}");
    assert!(table.contains(",\"'=HYPERLINK(\"\"x\"\") --> \"\"] %% <b>\","), "{table}");

    let picture = program.must(&["register", "--format", "mermaid"]);
    assert!(picture.starts_with("flowchart LR\n"), "{picture}");
    assert!(!picture.contains("%%") && !picture.contains("<b>"), "{picture}");
    let picture = program.must(&["register", "--format", "dot"]);
    assert!(picture.contains("=HYPERLINK(\\\"x\\\") --> \\\"] %% <b>"), "{picture}");

    assert_eq!(program.must(&["register", "--format", "json", "--cross-tool"]), "[]\n");
    for (arguments, named) in [
        (["--kinds", "BLOCK"], "BLOCKS, RELATES"),
        (["--states", "OPEN"], "ACTIVE, SETTLED"),
        (["--format", "svg"], "csv, json, mermaid, dot"),
        (["--source", "nowhere"], "\"nowhere\""),
        (["--project", "NONE"], "\"NONE\""),
    ] {
        let ended = program.run(&[&["register"], &arguments[..]].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(named), "{named} is missing: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_serves_what_a_token_may_see() {
    let program = program();
    let (running, client) = serve(&program);
    let both = |_, answer: &Value| answer["data"]["links"]["totalCount"] == 2;
    client.until("{ links { totalCount } }", both).await;
    for (extension, kind) in [
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("mmd", "text/vnd.mermaid"),
        ("dot", "text/vnd.graphviz"),
    ] {
        let answer = client.get(&format!("/register.{extension}")).await;
        assert_eq!(answer.status, 200, "{extension}");
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert!(header("content-type").starts_with(kind), "{extension}");
        let file = format!("attachment; filename=\"register.{extension}\"");
        assert_eq!(header("content-disposition"), file);
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "private, no-cache");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(text.contains("secret plan"), "{text}");
        let path = format!("/register.{extension}");
        let again = client.send(Method::GET, &path, &[("if-none-match", header("etag"))], "").await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    }

    let made = program.must(&["token", "create", "--name", "partner", "--source", "open"]);
    let partner = client.with_token(&made);
    for path in ["/register.csv", "/register.json", "/register.mmd", "/register.dot"] {
        let text = String::from_utf8(partner.get(path).await.body.to_vec()).unwrap();
        assert!(text.contains("HYPERLINK"), "{path}: {text}");
        assert!(!text.contains("secret") && !text.contains("hush"), "{path}: {text}");
        assert!(!text.contains("web"), "{path} names what a hidden mail waits for: {text}");
    }
    for (query, expected) in [
        ("kinds=BLOCKS&states=UNBOUND", 1),
        ("kinds=RELATES,mirrors", 0),
        ("states=ENDED", 0),
        ("crossTool=true", 0),
        ("crossTool=false&source=open", 1),
    ] {
        let answer = partner.get(&format!("/register.json?{query}")).await;
        let edges: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(edges.as_array().unwrap().len(), expected, "{query}: {edges}");
    }
    for (query, named) in [
        ("kinds=BLOCK", "BLOCKS, RELATES"),
        ("states=", "ACTIVE, SETTLED"),
        ("crossTool=yes", "true or false"),
        ("colour=red", "kinds, states, crossTool"),
        ("source=hush", "source"),
    ] {
        let answer = partner.get(&format!("/register.csv?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{query}");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(text.contains(named), "{query}: {text}");
    }
    assert_eq!(client.with_token("").get("/register.csv").await.status, 401);
    assert_eq!(client.send(Method::POST, "/register.csv", &[], "").await.status, 405);
    assert!(running.terminate().success());
}
