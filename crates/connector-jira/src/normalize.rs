//! Jira's payloads in Mainstem's words.
//!
//! Where the two do not fit each other:
//!
//! * A task has one milestone, an issue any number of fix versions: several are told in one text, with
//!   commas in the order that Jira lists them, so a filter for one of them asks for what `contains` it.
//! * The category of a status is Jira's, even where the issue has a resolution; `closedAt` is the time
//!   of the resolution while that category means done, and nothing where Jira keeps no such time.
//! * Who wrote a task is its reporter, else its creator.
//! * A clone relates to what it was cloned from, and so does any link whose words are not known.
//! * What an administrator called something in another language is placed by what Jira keeps beside the
//!   name: the key of a status's category, the ids of its own statuses and priorities, the level and
//!   the picture of a type.

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
pub use issue::{Context, NormalizedIssue, Within, census_token, is_id, issue, outline};
pub use people::People;
pub use remote_links::{had_remote_links, remote_links};
pub use worklog::worklog;

#[cfg(test)]
mod tests;
