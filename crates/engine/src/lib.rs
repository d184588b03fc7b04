//! The loops that keep the store up to date with the tools.
//!
//! One path: a source has a schedule; when a scope of it is due, one worker takes the source's
//! lease, opens a session, and asks for batch after batch; each is stored in one transaction with
//! the cursor that goes on after it. Hints, censuses and the past take the same way into the store.
//!
//! What goes wrong is answered by its [disposition](mainstem_connector::Disposition), in one place.
//! Time, sleep, randomness and the network are passed in.

mod call;
mod census;
mod credentials;
mod engine;
mod follow;
mod hints;
mod history;
mod lease;
mod listen;
mod memory;
mod metering;
mod notices;
mod observer;
mod pass;
mod reaction;
mod report;
mod schedule;
mod session;
mod sleeper;
mod state;
mod sync_once;
mod texts;
mod visit;
mod visits;
mod webhook;

pub use credentials::{CredentialError, CredentialProvider};
pub use engine::{Engine, EngineParts, EngineSettings, RequestCounter};
pub use observer::{Event, LogObserver, Observer};
pub use report::{
    CensusReport, Counts, ReportedError, RequestCounts, ScopeReport, SourceReport, SyncOptions,
    SyncReport,
};
pub use sleeper::{Sleeper, TokioSleeper};
pub use texts::read_texts;
