//! The contract between Mainstem and a kind of tool, and what every connector shares.
//!
//! A connector never touches the store, the vault or another connector. It turns what a tool says
//! into [records](mainstem_model::record) and says, in its errors, what should happen next.

pub mod authorization;
pub mod caller;
pub mod conformance;
pub mod contract;
pub mod counting_http;
pub mod descriptor;
pub mod dial;
pub mod error;
pub mod headers;
pub mod http;
pub mod limits;
pub mod registry;
pub mod reqwest_http;
pub mod site;
pub mod tcp_dial;
pub mod webhook;

pub use contract::{Connector, Credential, Host, Session, Settings};
pub use counting_http::CountingHttp;
pub use descriptor::{CredentialKind, Descriptor};
pub use error::{ConnectorError, Disposition};
pub use registry::Registry;
pub use reqwest_http::ReqwestHttp;
pub use site::site_at;
pub use tcp_dial::TcpDial;
pub use webhook::{Delivery, WebhookRefusal};
