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
//! | first pass | 2 + ⌈issues/100⌉, and a page of comments for each issue with more than Jira shows within it |
//! | a pass over an unchanged project | 2 |
//! | a pass over changes | 1 + ⌈issues changed/100⌉ |
//! | the whole of 25 issues | Cloud: 1, and 1 for each thousand entries of their changelogs; Data Center: 1, and 1 for each that is missing |
//! | census | ⌈issues/100⌉ |
//! | what webhooks name within a second | as the whole of those issues, whatever the number of deliveries |
//! | the webhook of an app | 1 a day, and 1 where it is prolonged |
//!
//! # What it cannot see
//!
//! * Cloud says the same of an issue that is deleted and of one that is hidden: both come back as out
//!   of sight.
//! * What is archived can still be read one by one, and comes back as present; a census does not list
//!   it.
//! * The work logged on an issue is known as a sum: there is no record for single entries.
//! * A sprint or a version that is renamed, and a project that is archived, are not followed by webhook.
//! * Remote links would cost one request for each issue, and are left out.
//! * A comment that is removed without moving its issue's time shows when the issue is read next.
//! * The past names neither the parents that an issue had nor values of custom fields; a status that
//!   has been deleted at the site is placed by its name. A key that an issue had is told as an entry of
//!   its past, `key`.
//! * An OAuth access token is used as it is given, and not renewed: it lasts an hour.
//! * What no longer meets the `jql` setting is still kept as it was read last.

mod auth;
mod catalogue;
mod census;
mod client;
mod comments;
#[cfg(test)]
mod conformance;
mod connector;
mod cursor;
mod draft;
mod fetch;
mod listing;
mod normalize;
mod past;
mod pull;
mod registration;
mod session;
mod settings;
#[cfg(test)]
mod tests;
pub mod text;
mod webhook;
mod wire;

pub use connector::Jira;
