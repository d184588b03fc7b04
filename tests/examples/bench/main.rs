//! `cargo xtask bench`: what syncing and asking cost, as ratios to limits measured in the same run.
//!
//! Everything runs on this machine: the site, the program, the limit and the load. Absolute figures
//! therefore say little; the ratios say how far the program is from a bare one under the same conditions.

#![allow(clippy::print_stdout, reason = "it prints its figures")]

mod limit;
mod load;
mod process;
mod query;
#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;
mod sync;

use std::time::Duration;

const HELP: &str = "cargo xtask bench [github|jira|query] [--issues N] [--tasks N] [--seconds N]

  github  first sync, unchanged sync, 100 edits, and 100 ms of latency, on SQLite and PostgreSQL
  jira    the same for Jira
  query   the dashboard's question with changing variables and polled, restart and memory, on SQLite
  --issues N    issues of the site that is synced (50000)
  --tasks N     tasks in the store that is asked (100000)
  --seconds N   seconds of load for each figure (5)";

/// How much is measured.
pub struct Size {
    issues: u32,
    tasks: u32,
    load: Duration,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{HELP}");
        return Ok(());
    }
    // The site and the bare server are this program again, each in a process of its own.
    match arguments.first().map(String::as_str) {
        Some("bare-server") => return query::bare_server(&arguments[1]).await,
        Some("site") => {
            return sync::site(&arguments[1], &arguments[2], arguments[3].parse()?).await;
        }
        _ => {}
    }
    let mut number = |name: &str, default: u32| -> anyhow::Result<u32> {
        let Some(at) = arguments.iter().position(|argument| argument == name) else {
            return Ok(default);
        };
        anyhow::ensure!(at + 1 < arguments.len(), "{name} needs a number");
        let value = arguments.remove(at + 1);
        arguments.remove(at);
        Ok(value.parse()?)
    };
    let size = Size {
        issues: number("--issues", 50_000)?,
        tasks: number("--tasks", 100_000)?,
        load: Duration::from_secs(u64::from(number("--seconds", 5)?)),
    };
    match arguments.first().map(String::as_str) {
        None => {
            sync::measure(&size).await?;
            query::measure(&size).await
        }
        Some("github") => sync::measure_tool(sync::Tool::GitHub, &size).await,
        Some("jira") => sync::measure_tool(sync::Tool::Jira, &size).await,
        Some("query") => query::measure(&size).await,
        Some(other) => anyhow::bail!("{other:?} is not known\n\n{HELP}"),
    }
}
