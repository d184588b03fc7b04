//! Answers that leave the mailbox.
//!
//! A mail cannot be called back, and a server that takes one does not remember it for us. So before one
//! is sent, a copy is laid into the mailbox's folder of sent mail, marked as a draft; the mark goes once
//! the server has taken the message. Whoever comes back to the same command reads there what became of
//! it: no copy, never sent; a draft, nobody knows; otherwise sent.

pub mod answer;
mod copy;
pub mod smtp;

use lettre::address::Address;
use mainstem_connector::{ConnectorError, Disposition};

use self::answer::Answer;
use self::copy::{Copies, Copy};
use self::smtp::SendError;
use crate::mailbox::imap::{Account, Address as ServerAddress, ImapError};

/// Where answers go, and where their copies lie.
#[derive(Clone)]
pub struct Outbox {
    /// Takes them.
    pub server: ServerAddress,
    /// Whom they are from.
    pub from: Address,
    /// Keeps the copies; both servers take the same credential.
    pub account: Account,
}

impl Outbox {
    /// Sends an answer, unless it was sent before. `folder` is where copies lie, as the server calls it.
    ///
    /// # Errors
    /// [`ConnectorError::OUTCOME_UNKNOWN`] where it may have been sent; it was not otherwise.
    pub async fn send(&self, folder: &str, answer: &Answer) -> Result<(), ConnectorError> {
        let host = &self.account.address.host;
        let told = |error: ImapError| error.told(host);
        let mut copies = Copies::open(&self.account, folder).await.map_err(told)?;
        match copies.find(&answer.message_id).await.map_err(told)? {
            Some(Copy { is_draft: false, .. }) => return Ok(()),
            Some(Copy { is_draft: true, .. }) => {
                return Err(unknown(folder, answer, "it was begun before, and never confirmed"));
            }
            None => {}
        }
        let copy = copies.put(&answer.message_id, &answer.bytes).await.map_err(told)?;
        let dial = &self.account.dial;
        match smtp::send(dial, &self.server, self.account.login.as_ref(), answer).await {
            Ok(()) => {
                // It is sent, whatever becomes of the mark: to say otherwise would be to send it twice.
                if let Err(error) = copies.confirm(copy).await {
                    let id = &answer.message_id;
                    tracing::warn!(%error, id, "the copy of a sent message is still marked as a draft");
                }
                Ok(())
            }
            Err(SendError::NotSent(error)) => {
                if let Err(error) = copies.remove(copy).await {
                    let id = &answer.message_id;
                    tracing::warn!(%error, id, "the copy of a message that was not sent is still there");
                }
                Err(error)
            }
            Err(SendError::Unknown(reason)) => Err(unknown(folder, answer, &reason)),
        }
    }
}

fn unknown(folder: &str, answer: &Answer, reason: &str) -> ConnectorError {
    let id = &answer.message_id;
    ConnectorError::new(
        Disposition::GiveUp,
        ConnectorError::OUTCOME_UNKNOWN,
        format!(
            "the answer may have been sent or not ({reason}); ask whom it was for, then take the draft \
             <{id}> out of {folder:?}, or its draft mark off"
        ),
    )
}
