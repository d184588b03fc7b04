//! Why a server was of no use, and what follows from that. What servers say stands in here cut to
//! length, on one line, and without any secret.

use std::io;

use mainstem_connector::dial::DialError;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::SourceError;

/// Why a server was of no use. After most of these the connection is of none either.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the server closed the connection{}", saying(said.as_deref()))]
    Closed { said: Option<String> },
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the server sends more than was asked for")]
    TooMuch,
    #[error("the server sends what is not IMAP; is it another service, or a proxy in between?")]
    Unintelligible,
    #[error("somebody put words into the connection before it was secure")]
    Injected,
    #[error(
        "the server offers no encryption (STARTTLS), or somebody in between hides it; give imaps://, or \
         ask whoever runs it"
    )]
    NotEncrypted,
    #[error(
        "it needs a credential: {{ kind = \"password\", username = \"…\", env = \"…\" }} or \"oauth2\""
    )]
    NoCredential,
    #[error("the server refuses the credential{}; renew it", saying(Some(said)))]
    CredentialRefused { said: String },
    #[error("the server takes no credential of the kind {kind}; {instead}")]
    NoWayIn { kind: &'static str, instead: &'static str },
    #[error(
        "the folder {folder:?} cannot be opened{}; see that the account may read it, or leave it out by `folders`",
        saying(Some(said))
    )]
    NotVisible { folder: String, said: String },
    #[error("the server refuses {doing}{}; it is tried again later", saying(Some(said)))]
    Refused { doing: &'static str, said: String },
    #[error("the reading was given up")]
    GivenUp,
}

/// What a server said, to be put behind a sentence.
fn saying(said: Option<&str>) -> String {
    said.filter(|said| !said.is_empty()).map(|said| format!(" (“{said}”)")).unwrap_or_default()
}

impl ImapError {
    /// What the engine is told.
    pub fn told(&self, host: &str) -> ConnectorError {
        let (disposition, code) = match self {
            Self::Dial(_) => (Disposition::BackOff, "UNREACHABLE"),
            Self::Broken(_) | Self::Closed { .. } | Self::TimedOut | Self::GivenUp => {
                (Disposition::BackOff, "INTERRUPTED")
            }
            Self::TooMuch => (Disposition::BackOff, "ANSWER_TOO_LARGE"),
            Self::Unintelligible => (Disposition::BackOff, "UNREADABLE_ANSWER"),
            Self::Injected => (Disposition::BackOff, "INJECTED"),
            Self::NotEncrypted => (Disposition::GiveUp, "NOT_ENCRYPTED"),
            Self::NoCredential => (Disposition::PauseSource, "CREDENTIAL_MISSING"),
            Self::CredentialRefused { .. } => (Disposition::PauseSource, "CREDENTIAL_REFUSED"),
            Self::NoWayIn { .. } => (Disposition::GiveUp, "CREDENTIAL_KIND_NOT_TAKEN"),
            Self::NotVisible { .. } => (Disposition::GiveUp, SourceError::SCOPE_NOT_VISIBLE),
            Self::Refused { .. } => (Disposition::BackOff, "TOOL_FAILING"),
        };
        ConnectorError::new(disposition, code, format!("{host}: {self}"))
    }
}
