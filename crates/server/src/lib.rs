//! The program `mainstem`: command line, configuration, routes, wiring, the list of connectors.

pub mod cli;
pub mod command;
pub mod config;
pub mod credentials;
pub mod exit;
pub mod http;
pub mod installation;
mod logging;
mod output;
mod progress;
mod shutdown;
pub mod token;

use std::process::ExitCode;

use clap::Parser as _;

/// Reads the command line, does what it says, and answers how that ended.
#[must_use]
pub fn main() -> ExitCode {
    // Nothing can have chosen another provider before the first line of the program.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::remark(format!("error: the program cannot start: {error}"));
            return exit::failed();
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(code) => code,
        Err(failure) => {
            for line in failure.to_string().lines() {
                output::remark(format!("error: {line}"));
            }
            failure.code()
        }
    }
}
