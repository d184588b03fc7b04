//! The program itself, as a person runs it: `mainstem` as a process, a site on a socket, a client.

mod check;
pub mod client;
mod demo;
pub mod program;
mod register;
mod secrets;
mod serving;
mod syncing;
mod tokens;

use std::sync::Arc;

use mainstem_model::SystemClock;
use mainstem_sandbox::{Sandbox, SiteOptions};

/// A small site on a socket.
async fn site() -> Sandbox {
    let options =
        SiteOptions { repositories: 2, issues: 120, pull_requests: 20, ..SiteOptions::default() };
    Sandbox::start(options, Arc::new(SystemClock)).await.unwrap()
}
