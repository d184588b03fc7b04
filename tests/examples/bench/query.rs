//! What asking costs.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::process::{self, Server, memory};
use crate::sync::{Tool, await_answer, configure, free_address, start_site, sync_once};
use crate::{Size, limit, load};

/// The question of a dashboard: who works on what, and what holds it up.
const DASHBOARD: &str = "query Dashboard($category: StatusCategory!, $person: ID!, $since: DateTime!) {
  tasks(first: 50, filter: {status: {category: {eq: $category}}, assignees: {some: {id: {eq: $person}}}, updatedAt: {gte: $since}}, orderBy: [{field: UPDATED_AT, direction: DESC}]) {
    totalCount
    nodes {
      id key title url updatedAt
      status { name category }
      assignees { id name }
      project { id key name }
      labels
      blockedBy(first: 5) { nodes { id key title status { name category } } }
    }
  }
}";

const CONNECTIONS: usize = 16;

/// The dashboard's question against a bare server, polled and with changing variables; restart; memory.
pub async fn measure(size: &Size) -> anyhow::Result<()> {
    println!("\nAsking over {} tasks (SQLite, {CONNECTIONS} connections)\n", size.tasks);
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite://{}", folder.path().join("mainstem.db").display());
    let configuration = {
        let (site, _server) = start_site(Tool::GitHub, size.tasks).await?;
        let configuration = configure(Tool::GitHub, folder.path(), &database, site)?;
        sync_once(&configuration)?;
        configuration
    };
    let mainstem = |arguments: &[&str]| -> anyhow::Result<Command> {
        let mut command = Command::new(process::program()?);
        command
            .arg("--config")
            .arg(&configuration)
            .args(["--log", "error"])
            .args(arguments)
            .current_dir(folder.path());
        Ok(command)
    };
    let made = process::finish(&mut mainstem(&[
        "token", "create", "--name", "bench", "--scope", "read", "--json",
    ])?)?;
    let made: Value = serde_json::from_str(&made.output)?;
    let token = made["token"].as_str().context("a token was made")?.to_owned();

    let address = free_address()?;
    let started = Instant::now();
    let server = Server(
        mainstem(&["serve", "--no-work", "--listen", &address.to_string()])?
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?,
    );
    await_answer(address, b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n").await?;
    let restart = started.elapsed();
    let resident = memory(server.0.id(), "VmRSS:").unwrap_or(0);
    println!(
        "restart until ready: {:.2} s for each 100,000 tasks; memory {:.0} MB in all, {} bytes a task",
        restart.as_secs_f64() * 100_000.0 / f64::from(size.tasks),
        resident as f64 / 1e6,
        resident / u64::from(size.tasks),
    );

    let people = people(address, &token).await?;
    let question = {
        let token = token.clone();
        move |connection: usize, number: u64| {
            // Ever-changing: another person, another category, and a time that no other request names.
            let number = number as usize;
            let person = &people[(connection * 7919 + number * 31) % people.len()];
            let category = ["TODO", "IN_PROGRESS", "DONE"][(number + connection) % 3];
            let since = format!(
                "2020-01-01T00:{connection:02}:{:02}.{:06}Z",
                number / 1_000_000,
                number % 1_000_000
            );
            load::post(
                "/graphql",
                &token,
                &json!({"query": DASHBOARD, "variables": {"category": category, "person": person, "since": since}}).to_string(),
            )
        }
    };
    let sample = load::once(address, &question(0, 0)).await?;
    let sample_text = String::from_utf8_lossy(&sample);
    anyhow::ensure!(!sample_text.contains("\"errors\""), "the question failed: {sample_text}");

    let bare_address = free_address()?;
    let bytes = folder.path().join("answer.json");
    std::fs::write(&bytes, &sample)?;
    let _bare = Server(
        Command::new(std::env::current_exe()?)
            .args(["bare-server", &format!("{bare_address}={}", bytes.display())])
            .stdout(Stdio::null())
            .spawn()?,
    );
    let first = question(0, 0);
    await_answer(bare_address, &first).await?;

    let polled = first.clone();
    let bare = load::run(bare_address, CONNECTIONS, size.load, question.clone()).await?;
    let changing = load::run(address, CONNECTIONS, size.load, question).await?;
    let polling = load::run(address, CONNECTIONS, size.load, move |_, _| polled.clone()).await?;
    println!("an answer has {} bytes", sample.len());
    print_load("bare HTTP server, the same bytes", &bare, &bare);
    print_load("changing variables", &changing, &bare);
    print_load("polled, nothing changed", &polling, &bare);
    Ok(())
}

fn print_load(name: &str, load: &load::Load, bare: &load::Load) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "  {name:<34} {:>8.0}/s  {:>5.1} % of bare  median {:.2} ms  p99 {:.2} ms",
        load.rate,
        100.0 * load.rate / bare.rate,
        milliseconds(load.median),
        milliseconds(load.p99),
    );
}

/// Ids of people who have tasks.
async fn people(address: SocketAddr, token: &str) -> anyhow::Result<Vec<String>> {
    let body = json!({"query": "{ people(first: 100) { nodes { id } } }"}).to_string();
    let answer: Value =
        serde_json::from_slice(&load::once(address, &load::post("/graphql", token, &body)).await?)?;
    let people: Vec<String> = answer["data"]["people"]["nodes"]
        .as_array()
        .context("people are listed")?
        .iter()
        .filter_map(|person| Some(person["id"].as_str()?.to_owned()))
        .collect();
    anyhow::ensure!(!people.is_empty(), "there are no people: {answer}");
    Ok(people)
}

/// The bare server: `ADDRESS=FILE`.
pub async fn bare_server(what: &str) -> anyhow::Result<()> {
    let (address, file) = what.split_once('=').context("ADDRESS=FILE")?;
    limit::serve(tokio::net::TcpListener::bind(address).await?, std::fs::read(file)?).await
}
