//! The connector for GitHub: github.com and GitHub Enterprise Server.
//!
//! The path of a pull: [`client`] asks, [`wire`] reads what is used of the answer, [`normalize`]
//! says it in Mainstem's words, and [`pull`] decides what to ask next.

mod auth;
mod census;
mod client;
#[cfg(test)]
mod conformance;
mod connector;
mod cursor;
#[cfg(test)]
mod fake_site;
mod fetch;
mod locator;
pub mod normalize;
mod pull;
mod relations;
mod repository;
mod session;
mod settings;
mod wire;

pub use connector::GitHub;
pub use repository::{Repository, RepositoryName};
