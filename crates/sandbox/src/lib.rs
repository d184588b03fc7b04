//! Faithful stand-ins of a GitHub site (here) and of a Jira site ([`jira`]): seeded, scriptable, and
//! quick enough to be measured against; and a mailbox about both ([`mail`]). For the demo, the tests and
//! the benchmarks; never for production.
//!
//! ```
//! use std::sync::Arc;
//! use mainstem_model::{Timestamp, clock::ManualClock};
//! use mainstem_sandbox::faults::{Fault, FaultKind};
//! use mainstem_sandbox::limits::Refused;
//! use mainstem_sandbox::{Sandbox, SiteOptions};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let now: Timestamp = "2026-06-01T09:00:00Z".parse()?;
//! let clock = Arc::new(ManualClock::at(now));
//! let options = SiteOptions { issues: 1_000, pull_requests: 0, ..SiteOptions::default() };
//!
//! // On a socket of its own, at `sandbox.base_url` (REST below `/` and `/api/v3`, GraphQL at
//! // `/graphql` and `/api/graphql`). In process: `sandbox.site.router()` is a tower service.
//! let sandbox = Sandbox::start(options, clock.clone()).await?;
//! let site = &sandbox.site;
//!
//! // People work: times grow with each change, whether or not the clock moves.
//! site.edit(|world| {
//!     let issue = world.issue("acme/api", 7).expect("there are more");
//!     let blocker = world.issue("acme/web", 3).expect("there are more");
//!     world.edit_title(issue, "Search index times out after a deploy");
//!     world.add_label(issue, "priority: urgent");
//!     // GitHub's trap: a dependency does not move `updated_at`.
//!     let _ = world.add_dependency(issue, blocker);
//!     let web = world.repository("acme/web").expect("made above");
//!     world.transfer(issue, web); // 301 from the old place
//! });
//! // … also while a client turns pages:
//! site.on_request(|number, world| if number == 3 { world.bulk_edit(10); });
//!
//! // Things go wrong:
//! site.fail(Fault::next(FaultKind::Status { status: 502 }).times(2).on("/issues"));
//! site.refuse_for(60, Refused::Secondary { retry_after: Some(60) });
//! clock.advance_seconds(61);
//!
//! // What was asked:
//! assert_eq!(site.stats().asked("GET /repos/{owner}/{repo}/issues"), 0);
//! assert_eq!(site.stats().while_told_to_wait, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Tests in other languages say the same over HTTP: `POST /_sandbox/script` with
//! `{"op": "edit_title", "repository": "acme/api", "number": 7, "title": "…"}` (see
//! [`script::Script`]) and `GET /_sandbox/stats`.

mod access;
mod answer;
mod desk;
pub mod faults;
mod generate;
mod graphql;
mod ids;
pub mod jira;
mod keys;
pub mod limits;
pub mod mail;
mod rest;
pub mod script;
mod serve;
pub mod site;
pub mod stats;
mod wire;
pub mod world;

pub use jira::{Deployment, JiraOptions, JiraSite};
pub use serve::Sandbox;
pub use site::{Site, SiteOptions};
pub use world::World;
