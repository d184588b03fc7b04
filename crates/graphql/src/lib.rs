//! The public GraphQL API: schema, guard, execution, limits, error codes, kept answers, GraphiQL.

#![allow(clippy::todo, unused_variables, reason = "being built")]

mod api;

pub use api::{Answer, Api, ApiSettings, Caller, InvalidSchema, Question};
