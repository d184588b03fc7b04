//! Jira's payloads in Mainstem's words.

mod comment;
mod criteria;
mod custom;
mod decode;
mod history;
mod issue;
mod links;
mod people;
mod remote_links;
mod status;
mod value;
mod worklog;

pub use comment::comment;
pub use decode::{Malformed, decode, identify};
pub use history::{Present, entries, linked};
pub use issue::{Context, NormalizedIssue, Within, census_token, issue, outline};
pub use people::People;
pub use remote_links::{had_remote_links, remote_links};
pub use worklog::worklog;

#[cfg(test)]
mod tests;
