//! The one store: SQLite (a file, embedded, the default) and PostgreSQL 15 or newer behind one type,
//! chosen by the scheme of the URL. Nobody but [`Store::apply_batch`] writes tasks.

mod apply;
mod as_of;
mod audit;
mod bulk;
mod census;
mod conditions;
mod connect;
mod decisions;
mod declared;
mod decode;
mod detail;
mod dialect;
mod hints;
mod history;
mod inferences;
mod leases;
mod links;
mod load;
mod log;
mod migrate;
mod notices;
mod nul;
mod overheard;
mod packed;
mod parts;
mod payload;
mod quarantine;
mod scopes;
mod search;
mod sources;
mod tokens;
mod types;
mod webhooks;

pub use apply::PreparedBatch;
pub use connect::{Store, StoreOptions};
pub use inferences::{CommentText, TaskTexts, TextStep};
pub use types::*;
