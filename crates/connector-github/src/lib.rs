//! The connector for GitHub: github.com and GitHub Enterprise Server.
//!
//! The path of a pull: `client` asks, `wire` reads what is used of the answer, [`normalize`]
//! says it in Mainstem's words, and `pull` decides what to ask next.
//!
//! # What it costs
//!
//! | | requests for one repository |
//! |---|---|
//! | first pass | ⌈issues/100⌉ + ⌈comments/100⌉ + 4 (5 without GraphQL), and 4 more where it saw changes |
//! | a pass over an unchanged repository | 4, each answered by 304 |
//! | a pass over changes | 1 + ⌈issues changed/100⌉ + ⌈comments changed/100⌉ + ⌈events/100⌉ |
//! | links | one GraphQL request for 100 issues whose payload says that there are some, and for 100 pull requests that are open or have changed; branch and commits come along |
//! | the past before the first pass | one GraphQL request for 25 issues; two REST requests for one where the site has no GraphQL |
//! | census | ⌈issues/100⌉, eight at a time |
//!
//! # What it cannot see
//!
//! * An issue that is deleted or transferred away while a list is paged by number moves the others
//!   up by one, across the edge of a page. A first pass counts before and after, and asks for a
//!   census at once where something went. Where neither GraphQL nor the links of a list tell how many
//!   there are (large repositories, read anonymously), the next census finds what was missed.
//! * GitHub's lists do not reliably say which issue another is a part of. Wholes are asked for their
//!   parts, and each part states its whole; a part that is taken out shows by its event.
//! * A pull request that was closed before its first reading, and whose text names no issue, is asked
//!   for issues linked by hand, and for its commits, with its past, or when it changes.
//! * Of a pull request the first 100 commits are read, and of a message its first 8 KiB; a log entry tells
//!   of one that has more commits. A commit that an open pull request gets or loses shows when GitHub says
//!   that the pull request has changed, which every push makes it say.
//! * Where the site has no GraphQL, or for an anonymous reader, there are no closing references, no
//!   duplicates, no branches and no commits.
//! * A label that is deleted or renamed, and a milestone that is deleted, leave no event at each issue:
//!   the lists that the past tells from before then show them as they are called now, or not at all.

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
mod node_id;
pub mod normalize;
mod past;
mod pull;
mod relations;
mod repository;
mod session;
mod settings;
mod wire;

pub use connector::GitHub;
pub use repository::{Repository, RepositoryName};
