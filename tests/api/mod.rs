//! The GraphQL surface: what it shows to whom, and what it refuses.

mod authorization;
mod hostile;
mod schema;
mod world;
