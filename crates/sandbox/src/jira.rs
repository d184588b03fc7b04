//! A faithful stand-in of a Jira site, of Jira Cloud or of Data Center.
//!
//! ```
//! use std::sync::Arc;
//! use mainstem_model::{Timestamp, clock::ManualClock};
//! use mainstem_sandbox::{JiraOptions, Sandbox};
//! use mainstem_sandbox::faults::{Fault, FaultKind};
//! use mainstem_sandbox::jira::{LinkType, Refused, Status};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let now: Timestamp = "2026-06-01T09:00:00Z".parse()?;
//! let clock = Arc::new(ManualClock::at(now));
//! let options = JiraOptions { issues: 500, time_zone: "Europe/Berlin".into(), ..JiraOptions::default() };
//!
//! // On a socket of its own, at `sandbox.base_url`: the platform at `/rest/api/3` (`/2` on Data
//! // Center), boards and sprints at `/rest/agile/1.0`, and the same below `/ex/jira/{cloudId}` for
//! // OAuth. In process: `sandbox.site.router()` is a tower service.
//! let sandbox = Sandbox::start_jira(options, clock.clone()).await?;
//! let site = &sandbox.site;
//!
//! site.edit(|world| {
//!     let issue = world.issue("ENG-7").expect("there are more");
//!     let other = world.issue("ENG-3").expect("there are more");
//!     world.transition(issue, Status::named("In Progress").expect("a status of every site"));
//!     let blocks = LinkType::named("Blocks").expect("a link type of every site");
//!     world.link(blocks, other, issue); // ENG-3 blocks ENG-7
//!     let elsewhere = world.project("WEB").expect("made above");
//!     world.move_issue(issue, elsewhere); // the id stays, ENG-7 leads to it for ever
//!     world.set_index_lag(60); // search sees what is written a minute later
//! });
//! // … also while a client turns pages:
//! site.on_request(|number, world| if number == 3 { world.bulk_edit(5); });
//!
//! site.fail(Fault::next(FaultKind::Status { status: 503 }).on("/search"));
//! site.refuse_for(30, Refused::Burst);
//! clock.advance_seconds(31);
//! assert_eq!(site.stats().while_told_to_wait, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Tests in other languages say the same over HTTP: `POST /_sandbox/script` with
//! `{"op": "edit", "issue": "ENG-7", "summary": "…"}` (see [`script::Script`]) and
//! `GET /_sandbox/stats`.
//!
//! Webhooks of both kinds are registered as at a real site, and what they would deliver is handed out by
//! [`JiraSite::deliveries`], signed and with its headers; a test plays the network.
//!
//! # What is known, and what is assumed
//!
//! Shapes follow the published descriptions (`openapi/README.md`) and recorded payloads. Where
//! the two differ, the recorded payload wins: bulk-fetched histories carry their time in milliseconds,
//! come in pages of fifty issues, and repeat one entry at the seam; times are told in the account's
//! own zone; the sprint field of Data Center is the text of a Java object. Assumed, since nothing
//! readable says so: the words of the refusal of a foreign page token; that a search embeds the
//! first twenty comments; what the token of an app's webhook says beside when it was made and when it ends;
//! that what is tried again is the same to the byte; that an archived project is searched in vain rather than refused.

mod access;
mod answer;
pub(crate) mod catalogue;
mod desk;
mod fields;
mod generate;
mod jql;
mod limits;
mod rest;
pub mod script;
mod site;
mod text;
mod webhooks;
mod wire;
mod world;

pub use access::Credential;
pub use catalogue::{Category, IssueType, LinkType, Priority, Resolution, Status};
pub use fields::Custom;
pub use limits::Refused;
pub use site::{Deployment, JiraOptions, JiraSite};
pub use webhooks::Undelivered;
pub use world::{
    Comment, CommentKey, Component, ComponentKey, CustomValue, Edit, History, HistoryKey, Issue,
    IssueKey, IssueName, Link, LinkKey, NewIssue, Presence, Project, ProjectKey, ProjectStatus,
    RemoteLink, RemoteLinkKey, Sprint, SprintKey, SprintState, User, UserKey, UserKind, Version,
    VersionKey, Worklog, WorklogKey, World, Written,
};
