//! The commands, one file each.

pub mod check;
pub mod demo;
pub mod query;
pub mod register;
pub mod sandbox;
pub mod serve;
pub mod source;
pub mod sync;
pub mod token;

use std::process::ExitCode;

use clap::CommandFactory as _;
use mainstem_graphql::Api;

use crate::cli::{Cli, Command};
use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::logging;
use crate::output::say;

/// Carries out a command.
///
/// # Errors
/// Where it cannot be carried out.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    logging::start(&cli.global, default_log(&cli.command))?;
    let installation = || Installation::read(&cli.global);
    match cli.command {
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Serve(arguments) => serve::run(installation()?, &arguments).await,
        Command::Work => serve::work(&installation()?).await,
        Command::Sync(arguments) => sync::run(&installation()?, &arguments).await,
        Command::Query(arguments) => query::run(&installation()?, &arguments).await,
        Command::Register(arguments) => register::run(&installation()?, &arguments).await,
        Command::Schema => {
            say(Api::sdl().trim_end());
            Ok(exit::DONE)
        }
        Command::Source(command) => source::run(&installation()?, command).await,
        Command::Token(command) => token::run(&installation()?, command).await,
        Command::Check => check::run(&installation()?).await,
        Command::Sandbox(arguments) => sandbox::run(&arguments).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "mainstem", &mut script);
            say(String::from_utf8_lossy(&script));
            Ok(exit::DONE)
        }
    }
}

/// Those that run on tell of their work; the others speak for themselves.
fn default_log(command: &Command) -> &'static str {
    match command {
        Command::Serve(_) | Command::Work => "info,sqlx=warn",
        Command::Sync(arguments) if !arguments.shows_progress() => "info,sqlx=warn",
        _ => "warn",
    }
}
