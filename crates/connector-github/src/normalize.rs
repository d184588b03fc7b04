//! GitHub's payloads in Mainstem's words.

mod comment;
mod criteria;
mod decode;
mod history;
mod issue;
mod people;
mod priority;
mod text;

pub use comment::comment;
pub use decode::Malformed;
pub(crate) use decode::decode;
pub use history::timeline;
pub(crate) use history::{event, from_events};
pub use issue::{Links, NormalizedIssue, issue};
pub(crate) use issue::{census_token, parent};
pub use people::People;

#[cfg(test)]
mod tests;
