//! What each command runs. Every step is a plain command that a person could type.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::provision;

/// Formatting, lints, then every test of the workspace on both databases.
pub fn test(filter: &[String]) -> anyhow::Result<()> {
    provision::postgresql()?;
    provision::dovecot()?;
    if filter.is_empty() {
        cargo(&["fmt", "--all", "--check"])?;
        cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
        // The program first: the end-to-end tests start it.
        cargo(&["build", "--package", "mainstem-server", "--locked"])?;
        cargo(&["test", "--workspace", "--locked"])
    } else {
        cargo(&["build", "--package", "mainstem-server", "--locked"])?;
        let mut arguments = vec!["test", "--workspace", "--locked"];
        arguments.extend(filter.iter().map(String::as_str));
        cargo(&arguments)
    }
}

/// The benchmark is an ordinary program of the tests' package, built in release.
pub fn bench(arguments: &[String]) -> anyhow::Result<()> {
    provision::postgresql()?;
    cargo(&["build", "--release", "--package", "mainstem-server", "--locked"])?;
    let mut all = vec![
        "run",
        "--release",
        "--package",
        "mainstem-tests",
        "--example",
        "bench",
        "--locked",
        "--",
    ];
    all.extend(arguments.iter().map(String::as_str));
    cargo(&all)
}

/// Measures what is read out of text on the labelled set; the test that holds the bars prints the figures.
pub fn precision() -> anyhow::Result<()> {
    let arguments =
        "test --quiet --workspace --locked --test labelled -- --nocapture --test-threads=1";
    cargo(&arguments.split(' ').collect::<Vec<_>>())
}

/// Prints the schema from the program into `schema/schema.graphql`.
pub fn generate() -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "mainstem-server", "--locked", "--", "schema"])
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`mainstem schema` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let path = Path::new("schema/schema.graphql");
    std::fs::write(path, output.stdout)
        .with_context(|| format!("cannot write {}", path.display()))?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

/// Licences, bans and sources; advisories where their database can be fetched.
pub fn deny() -> anyhow::Result<()> {
    if !provision::on_path("cargo-deny") {
        say("installing cargo-deny with cargo install");
        cargo(&["install", "--locked", "cargo-deny"])?;
    }
    cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"])
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(env!("CARGO"), arguments)
}

/// Runs a command in the foreground, after saying which.
pub fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let name = Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy());
    say(&format!("$ {name} {}", arguments.join(" ")));
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("`{name} {}` failed ({status})", arguments.join(" "));
    }
    Ok(())
}

/// Says something to the person who runs the command.
#[allow(clippy::print_stderr, reason = "a command line program talks to its user")]
pub fn say(text: &str) {
    eprintln!("xtask: {text}");
}
