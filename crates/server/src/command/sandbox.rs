//! `sandbox`: the made-up site on its own.

use std::process::ExitCode;
use std::sync::Arc;

use mainstem_model::SystemClock;
use mainstem_sandbox::{Site, SiteOptions};
use tokio::net::TcpListener;

use crate::cli::SandboxArguments;
use crate::exit::{self, Failure};
use crate::output::say;
use crate::shutdown;

/// Serves it until it is told to stop.
///
/// # Errors
/// Where the address cannot be had.
pub async fn run(arguments: &SandboxArguments) -> Result<ExitCode, Failure> {
    let stop = shutdown::on_signal();
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        Failure::because(&format!("cannot listen on {}", arguments.listen), error)
    })?;
    let address = listener.local_addr()?;
    let site = Site::new(options(arguments.issues, arguments.seed), Arc::new(SystemClock));
    say(format!(
        "A made-up GitHub is at http://{address}. Any token opens it: to read it, set GITHUB_TOKEN=made-up \
         and put this into mainstem.toml:\n\n\
         [[sources]]\n\
         name = \"acme\"\n\
         connector = \"github\"\n\
         poll_interval_seconds = 5\n\
         credential = {{ kind = \"token\", env = \"GITHUB_TOKEN\" }}\n\
         [sources.settings]\n\
         base_url = \"http://{address}\"\n\
         owner = \"acme\"\n"
    ));
    let server = site.serve(listener);
    stop.cancelled().await;
    server.abort();
    Ok(exit::DONE)
}

/// A site of so many issues, with a fifth as many pull requests and no limit that one would meet.
pub(super) fn options(issues: u32, seed: u64) -> SiteOptions {
    let issues = usize::try_from(issues).unwrap_or(usize::MAX);
    SiteOptions {
        seed,
        issues,
        pull_requests: issues / 5,
        core_limit: 1_000_000,
        graphql_limit: 1_000_000,
        ..SiteOptions::default()
    }
}
