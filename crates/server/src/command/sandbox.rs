//! `sandbox`: the made-up sites on their own.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use mainstem_model::SystemClock;
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite, Site, SiteOptions};
use tokio::net::TcpListener;

use crate::cli::SandboxArguments;
use crate::exit::{self, Failure};
use crate::output::say;
use crate::shutdown;

/// Serves them until it is told to stop.
///
/// # Errors
/// Where an address cannot be had.
pub async fn run(arguments: &SandboxArguments) -> Result<ExitCode, Failure> {
    let stop = shutdown::on_signal();
    let (listener, github) = listen(arguments.listen).await?;
    let (jira_listener, jira) = listen(arguments.jira_listen).await?;
    let clock = Arc::new(SystemClock);
    let github_site = Site::new(github_options(arguments.issues, arguments.seed), clock.clone());
    let deployment = if arguments.data_center { Deployment::DataCenter } else { Deployment::Cloud };
    let jira_options = JiraOptions { deployment, ..jira_options(arguments.issues, arguments.seed) };
    let jira_site = JiraSite::new(jira_options, clock);
    let jira_credential = match deployment {
        Deployment::Cloud => "kind = \"basic\", username = \"me@acme.example\"",
        Deployment::DataCenter => "kind = \"token\"",
    };
    say(format!(
        "A made-up GitHub is at http://{github}, a made-up Jira at http://{jira}. Any secret opens \
         them: to read them, set MADE_UP=made-up and put this into mainstem.toml:\n\n\
         [[sources]]\n\
         name = \"acme\"\n\
         connector = \"github\"\n\
         poll_interval_seconds = 5\n\
         credential = {{ kind = \"token\", env = \"MADE_UP\" }}\n\
         [sources.settings]\n\
         base_url = \"http://{github}\"\n\
         owner = \"acme\"\n\n\
         [[sources]]\n\
         name = \"acme-jira\"\n\
         connector = \"jira\"\n\
         poll_interval_seconds = 5\n\
         credential = {{ {jira_credential}, env = \"MADE_UP\" }}\n\
         [sources.settings]\n\
         base_url = \"http://{jira}\"\n"
    ));
    let servers = [github_site.serve(listener), jira_site.serve(jira_listener)];
    stop.cancelled().await;
    for server in servers {
        server.abort();
    }
    Ok(exit::DONE)
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Failure::because(&format!("cannot listen on {address}"), error))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A GitHub of so many issues, with a fifth as many pull requests and no limit that one would meet.
pub(super) fn github_options(issues: u32, seed: u64) -> SiteOptions {
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

/// A Jira of so many issues, with no limit that one would meet.
pub(super) fn jira_options(issues: u32, seed: u64) -> JiraOptions {
    let issues = usize::try_from(issues).unwrap_or(usize::MAX);
    JiraOptions { seed, issues, points_per_hour: 100_000_000, ..JiraOptions::default() }
}
