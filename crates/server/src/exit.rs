//! How a command ends.

use std::process::ExitCode;

use mainstem_store::StoreError;

use crate::config::ConfigError;

/// Everything went well.
pub const DONE: ExitCode = ExitCode::SUCCESS;

/// What was asked could not be done.
#[must_use]
pub fn failed() -> ExitCode {
    ExitCode::from(1)
}

/// A sync brought some sources up to date and others not.
#[must_use]
pub fn partial() -> ExitCode {
    ExitCode::from(3)
}

/// Why a command could not be carried out. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or the configuration is wrong: nothing was tried.
    #[error("{0}")]
    Usage(String),
    /// It was tried and failed.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    /// A failure of something that was tried.
    pub fn because(what: &str, reason: impl std::fmt::Display) -> Self {
        Self::Failed(format!("{what}: {reason}"))
    }

    /// 2 where the command line or the configuration is wrong, 1 otherwise.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => failed(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Url(reason) => Self::Usage(format!("database.url: {reason}")),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
