//! The public GraphQL API: schema, guard, execution, limits, error codes, kept answers, GraphiQL.
//!
//! A question goes one way: the guard looks at the raw document, async-graphql parses and validates
//! it, our own rules add what its rules leave out (once for each text), a plan prices it and reads its arguments, and a writer walks plan and
//! snapshot together and writes bytes. There is no resolver for each field and no future for each
//! object; what is not in the snapshot is loaded in batches and the answer written again. A mutation is
//! one call of the store; its part of the answer is written as a question's is, from a snapshot that
//! shows its effect.

mod api;
mod arguments;
mod coercion;
mod cursor;
mod document;
mod engine;
pub mod error;
mod escapes;
pub mod graphiql;
pub mod guard;
mod input;
mod kept;
mod mutation;
mod needs;
mod objects;
mod plan;
mod request;
mod rules;
mod types;
mod writer;

pub use api::{Answer, Api, ApiSettings, Caller, InvalidSchema, Question};
pub use error::Code;

/// The schema as text: `schema/schema.graphql`.
const fn sdl() -> &'static str {
    include_str!("../../../schema/schema.graphql")
}
