//! The connector for Jira: Cloud and Data Center.
//!
//! The path of a pull: `client` asks, `listing` turns pages, `wire` reads what is used of the answer,
//! `normalize` says it in Mainstem's words, and `pull` decides what to ask next. Which kind of site it
//! is, `/serverInfo` tells.
//!
//! What Jira tells by itself, `webhook` reads; `registration` keeps the webhook of an app alive. An issue
//! that a webhook names is read by its id, in bulk on Cloud: what lags there is search, and its documentation
//! says that of search alone, so nothing need be reconciled. On Data Center it is found by a search and, where
//! the index does not know it yet, looked at by itself; of a known one the index may show an older state,
//! which the next pass makes good.
//!
//! # What it costs
//!
//! | | requests for one project |
//! |---|---|
//! | a session | 3: the site, its fields, its statuses |
//! | first pass | 2 + ⌈issues/100⌉ and up to 12, as it is read in four lanes, and a page of comments or worklogs for each issue with more than Jira shows within it |
//! | a pass over an unchanged project | 2 |
//! | a pass over changes | 1 + ⌈issues changed/100⌉, and the whole of those of them that ever had a remote link |
//! | the whole of 25 issues | Cloud: 2, 1 for each thousand entries of their changelogs, and 3 for each project where some are missing; Data Center: 1, and 2 for each that is missing; on either 25 for their remote links |
//! | the past of 25 issues | the same, but 1 for the remote links of each that ever had one |
//! | census | ⌈issues/100⌉ |
//! | what webhooks name within a second | as the whole of those issues, whatever the number of deliveries |
//! | the webhook of an app | 1 a day, and 1 where it is prolonged |
//!
//! # What it cannot see
//!
//! * Cloud says the same of an issue that is deleted and of one that is hidden. Where its project is
//!   still to be seen and nothing there has a security level, it counts as deleted; one that was moved
//!   to a project out of sight does, too. It is present again once a census lists it.
//! * Remote links have a request of their own for each issue, so they are read where a changelog tells
//!   of one: Jira's own code leaves an entry whenever one is made, changed or removed, and moves the
//!   issue's time. Those from before the first pass come with the background reading of the past, those
//!   that were imported without an entry when the issue is read whole.
//! * A comment or a worklog that is removed without moving its issue's time shows when the issue is
//!   read next. That a worklog always moves it is what the sandbox does, and is not documented.
//! * A sprint or a version that is renamed, and a project that is archived, are not followed by webhook.
//! * The past does not name the values of custom fields; a status that has been deleted at the site is
//!   placed by its name.
//! * An OAuth access token is used as it is given, and not renewed: it lasts an hour, and the source
//!   says when it ends.
//! * What no longer meets the `jql` setting is still kept as it was read last.

mod ahead;
mod auth;
mod catalogue;
mod census;
mod client;
#[cfg(test)]
mod conformance;
mod connector;
mod cursor;
mod draft;
mod fate;
mod fetch;
mod lanes;
mod listing;
mod locator;
mod normalize;
mod parts;
mod past;
mod pull;
mod registration;
mod remote_links;
mod session;
mod settings;
#[cfg(test)]
mod tests;
pub mod text;
mod webhook;
mod wire;

pub use connector::Jira;
