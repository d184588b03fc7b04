//! Errors, cut by what happens next.

use std::time::Duration;

/// What the engine does after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The tool named a time: nothing is sent to it before then.
    RetryAfter(Duration),
    /// Something passing (network, 5xx): try again later, each time later.
    BackOff,
    /// The credential is refused: the source pauses until a person renews it.
    PauseSource,
    /// The cursor is of no use any more: the scope starts over.
    RestartScope,
    /// This cannot work as it is configured: the scope waits for a change, and is looked at rarely.
    GiveUp,
}

/// Why a connector could not do what was asked. Neither code nor message ever holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectorError {
    /// What happens next.
    pub disposition: Disposition,
    /// A word that a script can compare, in capitals: `RATE_LIMITED`, `CREDENTIAL_REFUSED`, …
    pub code: &'static str,
    /// One sentence that says what to do.
    pub message: String,
}

impl ConnectorError {
    /// The code where work in the background waits, because what is left of a budget is kept for
    /// everything else: that goes on.
    pub const BUDGET_KEPT: &str = "BUDGET_KEPT";

    /// The code where a command may have been carried out or not; the message says what to look at.
    pub const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";

    /// An error of this disposition.
    pub fn new(disposition: Disposition, code: &'static str, message: impl Into<String>) -> Self {
        Self { disposition, code, message: message.into() }
    }
}
