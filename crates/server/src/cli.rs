//! The command line.

mod arguments;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use arguments::{SetValue, expires_in};

use crate::command::{query, register, source, sync, token};
use crate::config::read_listen;

/// Brings the work that lives in your tools into one store and answers questions about it over one
/// GraphQL API.
#[derive(Debug, Parser)]
#[command(name = "mainstem", version, max_term_width = 100)]
#[command(
    after_help = "New here? Run `mainstem demo`: it needs no configuration and no network.\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong command line or configuration, 3 a sync that was partly done."
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The configuration; ./mainstem.toml where left out and it exists, otherwise none is needed
    #[arg(long, global = true, value_name = "FILE", env = "MAINSTEM_CONFIG")]
    pub config: Option<PathBuf>,
    /// sqlite://PATH or postgres://USER@HOST/DATABASE, instead of the configuration's
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "MAINSTEM_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// How log lines look; they go to the standard error
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        env = "MAINSTEM_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
    /// What is logged: a level (error, warn, info, debug, trace), or one for each part such as
    /// "info,mainstem_engine=debug"
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG")]
    pub log: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows everything at once: a made-up GitHub site, a sync and the API, without any configuration
    Demo(DemoArguments),
    /// Runs the whole product on this machine: keeps the sources up to date and answers questions
    Serve(ServeArguments),
    /// Keeps the sources up to date without answering questions, beside `serve --no-work` elsewhere
    Work,
    /// Brings sources up to date now
    Sync(sync::Arguments),
    /// Answers one GraphQL document with JSON
    Query(query::Arguments),
    /// Writes the dependency register: every edge between tasks, for spreadsheets, scripts and pictures
    Register(register::Arguments),
    /// Prints the GraphQL schema
    Schema,
    /// Manages what is read: one GitHub owner, one Jira site
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Manages the tokens that the API is used with
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Checks configuration, database and secrets, and names everything that is wrong
    Check,
    /// Runs the made-up GitHub and Jira sites on their own, to try sources against
    Sandbox(SandboxArguments),
    /// Prints a script that completes this command line
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What `demo` takes.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Where to listen; 127.0.0.1:8080 where left out, or any free port if that one is taken
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_listen, env = "MAINSTEM_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// How many issues each of the made-up sites has
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub issues: u32,
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Where to listen, instead of the configuration's server.listen
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_listen, env = "MAINSTEM_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Only answer questions; `mainstem work` elsewhere keeps the same database up to date
    #[arg(long)]
    pub no_work: bool,
}

/// What `sandbox` takes.
#[derive(Debug, Args)]
pub struct SandboxArguments {
    /// Where the made-up GitHub listens
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_listen, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Where the made-up Jira listens
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_listen, default_value = "127.0.0.1:8091")]
    pub jira_listen: SocketAddr,
    /// Makes the Jira a Data Center instead of a Cloud site
    #[arg(long)]
    pub data_center: bool,
    /// How many issues each site has
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub issues: u32,
    /// Another seed makes another site
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}
