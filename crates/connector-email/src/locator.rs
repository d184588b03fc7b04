//! What it takes to find a thread again, or to tell what became of it.

use std::fmt;
use std::str::FromStr;

use crate::message::identity::Identity;
use crate::snapshot::Message;
use crate::thread::ThreadId;

/// The id of a thread, the identity of its first message, and the mailbox's name of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator {
    pub thread: ThreadId,
    pub message: Identity,
    pub name: String,
}

impl Locator {
    /// The locator of a thread that begins with this message.
    pub fn of(thread: ThreadId, first: &Message) -> Self {
        Self {
            thread,
            message: first.letter.identity,
            name: first.entry.lasting_name(&first.letter),
        }
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.thread.text(), self.message, self.name)
    }
}

impl FromStr for Locator {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.splitn(3, ' ');
        let (thread, message) = (words.next().ok_or(())?, words.next().ok_or(())?);
        Ok(Self {
            thread: ThreadId::parse(thread).ok_or(())?,
            message: Identity::parse(message).ok_or(())?,
            name: words.next().ok_or(())?.to_owned(),
        })
    }
}
