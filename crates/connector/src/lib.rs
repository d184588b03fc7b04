//! The contract between Mainstem and a kind of tool, and what every connector shares.
//!
//! A connector never touches the store, the vault or another connector. It turns what a tool says
//! into [records](mainstem_model::record) and says, in its errors, what should happen next.

pub mod contract;
pub mod descriptor;
pub mod error;
pub mod http;
pub mod registry;

pub use contract::{Connector, Credential, Host, Session, Settings};
pub use descriptor::{CredentialKind, Descriptor};
pub use error::{ConnectorError, Disposition};
pub use registry::Registry;
