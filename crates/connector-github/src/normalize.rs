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
pub(crate) use history::{Present, event, from_events, known_until, of_task as history_of_task};
pub use issue::{Links, NormalizedIssue, issue};
pub(crate) use issue::{PullRequestState, census_token, parent, status};
pub use people::People;
pub(crate) use text::storable;

#[cfg(test)]
mod tests;
