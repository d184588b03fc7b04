//! The GraphQL surface: what it shows to whom, and what it refuses.

mod authorization;
mod hostile;
mod links;
mod schema;
mod world;
