//! Jira's payloads in Mainstem's words.

mod comment;
mod criteria;
mod custom;
mod decode;
mod history;
mod issue;
mod links;
mod people;
mod status;
mod value;

pub use comment::comment;
pub use decode::{decode, identify};
pub use history::{Present, entries, linked};
pub use issue::{Context, NormalizedIssue, census_token, is_id, issue, outline};
pub use people::People;

#[cfg(test)]
mod tests;
