//! The Jira site, asked as clients ask it.

mod access;
mod generation;
mod jql;
mod life;
mod reading;
mod schema;
mod script;
mod searching;
mod support;
mod writing;
