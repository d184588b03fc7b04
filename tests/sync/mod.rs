//! From a tool into the store: connector, engine and store together.

mod commits;
mod convergence;
mod cost;
mod email;
mod history;
mod imap;
mod jira;
mod notices;
mod people;
mod presence;
mod webhooks;
