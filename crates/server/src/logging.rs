//! Log lines, on the standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::cli::{Global, LogFormat};
use crate::exit::Failure;

/// Starts logging. `default` is the level where neither the command line nor `RUST_LOG` says otherwise.
///
/// # Errors
/// Where the filter given cannot be read.
pub fn start(global: &Global, default: &str) -> Result<(), Failure> {
    let filter = match global.log.as_deref().filter(|filter| !filter.is_empty()) {
        Some(given) => EnvFilter::try_new(given)
            .map_err(|error| Failure::Usage(format!("--log {given:?}: {error}")))?,
        None => EnvFilter::new(default),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // Whoever read the log may have gone. Telling them so, where they no longer listen, would panic.
        .log_internal_errors(false);
    let started = match global.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Failure::because("logging cannot be started", error))?;
    // A panic is a log line like any other, where logs are collected.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let reason = panic.payload_as_str().unwrap_or("no reason given");
        tracing::error!(place, reason, "a panic: please report it");
    }));
    Ok(())
}
