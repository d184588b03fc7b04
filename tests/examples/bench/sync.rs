//! What syncing costs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::Context as _;
use mainstem_model::SystemClock;
use mainstem_sandbox::{JiraOptions, JiraSite, Site, SiteOptions};
use serde_json::Value;

use crate::process::{self, Finished, Server};
use crate::support::postgres;
use crate::{Size, limit, load};

/// The repository of GitHub's site that the limit pulls; the program pulls the same one.
pub const REPOSITORY: &str = "acme/api";
/// The project of Jira's site.
pub const PROJECT: &str = "ENG";

/// Whose site is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    GitHub,
    Jira,
}

/// First sync against the limit, unchanged sync, 100 edits and latency, on both databases.
pub async fn measure(size: &Size) -> anyhow::Result<()> {
    for tool in [Tool::GitHub, Tool::Jira] {
        measure_tool(tool, size).await?;
    }
    Ok(())
}

/// The same for one tool.
pub async fn measure_tool(tool: Tool, size: &Size) -> anyhow::Result<()> {
    println!("Syncing {} issues of one project at {tool:?}\n", size.issues);
    for database in ["SQLite", "PostgreSQL"] {
        let folder = tempfile::tempdir()?;
        let postgres =
            if database == "PostgreSQL" { Some(postgres::Database::create().await) } else { None };
        let bare =
            if database == "PostgreSQL" { Some(postgres::Database::create().await) } else { None };
        let url = |postgres: &Option<postgres::Database>, name: &str| match postgres {
            Some(database) => database.url(),
            None => format!("sqlite://{}", folder.path().join(name).display()),
        };
        let (site, _server) = start_site(tool, size.issues).await?;
        let limit = limit::sync(tool, site, &url(&bare, "limit.db")).await?;
        let configuration = configure(tool, folder.path(), &url(&postgres, "mainstem.db"), site)?;

        let (first, report) = sync_once(&configuration)?;
        let issues = f64::from(size.issues);
        // The limit reads issues and comments, as the pass of the scope does; relations come after it.
        let pass = report["sources"][0]["scopes"][0]["durationSeconds"]
            .as_f64()
            .context("a pass was timed")?;
        println!("{database}");
        println!("  limit (parse and upsert only): {:>8.0} issues/s", issues / limit.as_secs_f64());
        println!(
            "  first sync:                    {:>8.0} issues/s, {:.0} % of the limit ({:.0} % with its {} relation reads), {} requests, {} rows, {:.0} MB at most",
            issues / pass,
            100.0 * limit.as_secs_f64() / pass,
            100.0 * limit.as_secs_f64() / first.wall.as_secs_f64(),
            report["sources"][0]["hints"],
            report["requests"]["sent"],
            report["totals"]["rowsWritten"],
            first.peak_bytes as f64 / 1e6,
        );
        let (again, report) = sync_once(&configuration)?;
        println!(
            "  unchanged:                     {:>8.2} s, {} requests, {} rows",
            again.wall.as_secs_f64(),
            report["requests"]["sent"],
            report["totals"]["rowsWritten"],
        );
        script(site, r#"{"op":"bulk_edit","count":100}"#).await?;
        let (edited, report) = sync_once(&configuration)?;
        println!(
            "  100 edits:                     {:>8.2} s, {} requests, {} rows, {} tasks changed",
            edited.wall.as_secs_f64(),
            report["requests"]["sent"],
            report["totals"]["rowsWritten"],
            report["totals"]["tasksChanged"],
        );
    }
    latency(tool).await
}

/// 10,000 issues with 100 ms to each answer: how many pages are in flight shows in the time.
async fn latency(tool: Tool) -> anyhow::Result<()> {
    let issues = 10_000;
    let folder = tempfile::tempdir()?;
    let (site, _server) = start_site(tool, issues).await?;
    script(site, r#"{"op":"latency","milliseconds":100}"#).await?;
    let url = format!("sqlite://{}", folder.path().join("mainstem.db").display());
    let (finished, report) = sync_once(&configure(tool, folder.path(), &url, site)?)?;
    let requests = report["requests"]["sent"].as_u64().unwrap_or(0);
    println!(
        "\n100 ms to each answer, {issues} issues: {:.1} s for {requests} requests ({:.1} s one after the other)\n",
        finished.wall.as_secs_f64(),
        requests as f64 * 0.1,
    );
    Ok(())
}

/// The made-up site, in a process of its own.
pub async fn start_site(tool: Tool, issues: u32) -> anyhow::Result<(SocketAddr, Server)> {
    let address = free_address()?;
    let child = Command::new(std::env::current_exe()?)
        .args(["site", &format!("{tool:?}"), &address.to_string(), &issues.to_string()])
        .stdout(Stdio::null())
        .spawn()?;
    let server = Server(child);
    let path = match tool {
        Tool::GitHub => "/meta",
        Tool::Jira => "/rest/api/3/serverInfo",
    };
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer bench\r\n\r\n");
    await_answer(address, request.as_bytes()).await?;
    Ok((address, server))
}

/// What the site's process does: one project, and no limit that one would meet.
pub async fn site(tool: &str, address: &str, issues: usize) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    let listener = tokio::net::TcpListener::bind(address).await?;
    if tool == format!("{:?}", Tool::Jira) {
        let options = JiraOptions {
            projects: 1,
            issues,
            comments_per_hundred: 50,
            people: 200,
            points_per_hour: u32::MAX,
            gzip: false,
            ..JiraOptions::default()
        };
        JiraSite::new(options, clock).serve(listener).await??;
    } else {
        let options = SiteOptions {
            repositories: 1,
            issues,
            pull_requests: 0,
            people: 200,
            core_limit: 10_000_000,
            graphql_limit: 10_000_000,
            gzip: false,
            ..SiteOptions::default()
        };
        Site::new(options, clock).serve(listener).await??;
    }
    Ok(())
}

/// Tells the site to do something.
async fn script(site: SocketAddr, operation: &str) -> anyhow::Result<()> {
    load::once(site, &load::post("/_sandbox/script", "bench", operation)).await.map(drop)
}

/// Waits until a server gives a good answer.
pub async fn await_answer(address: SocketAddr, request: &[u8]) -> anyhow::Result<()> {
    for _ in 0..3_000 {
        if load::once(address, request).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    anyhow::bail!("no good answer from {address} within 30 s")
}

/// An address that nothing listens on.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Writes a configuration that reads the site into the database.
pub fn configure(
    tool: Tool,
    folder: &Path,
    database: &str,
    site: SocketAddr,
) -> anyhow::Result<std::path::PathBuf> {
    let path = folder.join("mainstem.toml");
    std::fs::write(folder.join("token"), "bench")?;
    let token = folder.join("token");
    let (connector, credential, scope) = match tool {
        Tool::GitHub => ("github", "kind = \"token\"", format!("repositories = [{REPOSITORY:?}]")),
        Tool::Jira => (
            "jira",
            "kind = \"basic\", username = \"me@acme.example\"",
            format!("projects = [{PROJECT:?}]"),
        ),
    };
    std::fs::write(
        &path,
        format!(
            "[database]\nurl = {database:?}\n[[sources]]\nname = \"acme\"\nconnector = {connector:?}\n\
             credential = {{ {credential}, file = {token:?} }}\n[sources.settings]\nbase_url = \"http://{site}\"\n{scope}\n",
        ),
    )?;
    Ok(path)
}

/// One `mainstem sync --once`, and what it reports.
pub fn sync_once(configuration: &Path) -> anyhow::Result<(Finished, Value)> {
    let finished = process::finish(
        Command::new(process::program()?)
            .arg("--config")
            .arg(configuration)
            .args(["--log", "error", "sync", "--once", "--json"])
            .current_dir(configuration.parent().context("a configuration stands in a folder")?),
    )?;
    let report = serde_json::from_str(&finished.output)
        .with_context(|| format!("the report is not JSON: {}", finished.output))?;
    Ok((finished, report))
}
