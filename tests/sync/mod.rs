//! From a tool into the store: connector, engine and store together.

mod convergence;
mod cost;
mod email;
mod history;
mod jira;
mod people;
mod presence;
mod webhooks;
