//! The development commands: `cargo xtask help` lists them.

mod provision;
mod tasks;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The development commands of Mainstem")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need (says what), then check formatting and lints and run every test.
    Test {
        /// Run only the tests, with these arguments for the test runner.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filter: Vec<String>,
    },
    /// Measure sync and queries in a release build, as ratios to limits measured in the same run.
    Bench {
        /// Arguments for the benchmark; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print how well links are read out of text, on the labelled set, and all that is read otherwise.
    Precision,
    /// Write the files that are generated and committed: the GraphQL schema.
    Generate,
    /// Check licences, bans and sources of all dependencies with cargo-deny (installed when missing).
    Deny,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test { filter } => tasks::test(&filter),
        Command::Bench { arguments } => tasks::bench(&arguments),
        Command::Precision => tasks::precision(),
        Command::Generate => tasks::generate(),
        Command::Deny => tasks::deny(),
    }
}
