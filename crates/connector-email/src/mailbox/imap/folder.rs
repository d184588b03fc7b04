//! A folder as it was last seen, and what it takes to see it again.
//!
//! What is remembered saves asking. Where the server counts changes (CONDSTORE), it is asked for those
//! alone, and where it remembers what is gone as well (QRESYNC), opening the folder tells all. Otherwise
//! the flags of all messages are read again.

use std::collections::BTreeMap;

use mainstem_model::Timestamp;

use super::connection::Connection;
use super::error::ImapError;
use super::response::{Code, Fetched, Response, Said, Standing, Status};
use crate::mailbox::Flags;

/// How many messages one command asks of; what a server says of one takes about a hundred bytes.
const MESSAGES_AT_ONCE: u32 = 5_000;
/// Of how many messages at most opening the folder tells.
const TOLD_ON_OPENING: usize = 50_000;
/// How many messages a folder may hold.
const MOST_MESSAGES: usize = 1_000_000;
/// How many messages one command names, so that its line stays below what servers take.
const NAMED_AT_ONCE: usize = 400;

/// A folder as it was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub mark: Mark,
    pub messages: BTreeMap<u32, Message>,
}

/// What differs where a folder has changed, as far as its server counts changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Where this is another one, so are all numbers of messages.
    pub validity: u32,
    /// The number that the next message gets.
    pub next: u32,
    pub messages: u32,
    /// The number of the last change, where the server counts them.
    pub change: Option<u64>,
}

impl Mark {
    /// Whether a folder that stands like this has changed since.
    pub fn differs_from(&self, told: &Standing) -> bool {
        let differs = |told: Option<u32>, known| told.is_some_and(|told| told != known);
        differs(told.validity, self.validity)
            || differs(told.next, self.next)
            || differs(told.messages, self.messages)
            // Zero is what a server says that does not count the changes of this folder.
            || told.change.filter(|change| *change > 0).is_some_and(|told| Some(told) != self.change)
    }
}

/// A message as its folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub flags: Flags,
    /// In bytes.
    pub size: u64,
    pub received_at: Option<Timestamp>,
}

/// What opening a folder tells.
struct Opened {
    mark: Mark,
    told: Vec<Response>,
}

/// The text of a command that names a folder.
pub fn named(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Opens a folder for reading only.
///
/// # Errors
/// Where it is not there.
pub async fn open(connection: &mut Connection, name: &str) -> Result<Mark, ImapError> {
    let with = if connection.can("CONDSTORE") { " (CONDSTORE)" } else { "" };
    Ok(examine(connection, name, with).await?.mark)
}

async fn examine(connection: &mut Connection, name: &str, with: &str) -> Result<Opened, ImapError> {
    let (done, heard) = connection.try_ask(&format!("EXAMINE {}{with}", named(name))).await?;
    if done.status != Status::Ok {
        return Err(not_opened(connection, name, &done));
    }
    let mut opened = Opened { mark: Mark::default(), told: Vec::new() };
    for response in heard {
        match response {
            Response::Exists(messages) => opened.mark.messages = messages,
            Response::Status(said) => match said.code {
                Code::UidValidity(validity) => opened.mark.validity = validity,
                Code::UidNext(next) => opened.mark.next = next,
                Code::HighestModSeq(change) => opened.mark.change = Some(change),
                // What came before was about the folder that was open until now.
                Code::Closed => opened = Opened { mark: Mark::default(), told: Vec::new() },
                _ => {}
            },
            response => opened.told.push(response),
        }
    }
    if opened.mark.validity == 0 {
        return Err(ImapError::Unintelligible);
    }
    Ok(opened)
}

fn not_opened(connection: &Connection, name: &str, done: &Said) -> ImapError {
    let said = connection.quote(done);
    match &done.code {
        Code::Other(code) if ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"].contains(&&**code) => {
            ImapError::Refused { doing: "to open a folder", said }
        }
        _ if done.status == Status::Bad => ImapError::Refused { doing: "to open a folder", said },
        _ => ImapError::NotVisible { folder: name.to_owned(), said },
    }
}

impl Seen {
    /// Looks at the folder again.
    ///
    /// # Errors
    /// Where it is not there, or the connection is of no use any more; what was seen holds then.
    pub async fn refresh(
        &mut self,
        connection: &mut Connection,
        name: &str,
    ) -> Result<(), ImapError> {
        let known = self.mark.change.filter(|_| self.mark.validity > 0);
        let few = self.messages.len() <= TOLD_ON_OPENING;
        let quick = known.filter(|_| few && connection.can("QRESYNC"));
        let with = match (quick, connection.can("CONDSTORE")) {
            (Some(change), _) => format!(" (QRESYNC ({} {change}))", self.mark.validity),
            (None, true) => " (CONDSTORE)".to_owned(),
            (None, false) => String::new(),
        };
        let Opened { mark, told } = examine(connection, name, &with).await?;
        let mut now = Self { mark, messages: BTreeMap::new() };
        if mark.validity == self.mark.validity {
            now.messages.clone_from(&self.messages);
        }
        // A server that counts less than before has been set back.
        let counts_on = mark.change.is_some() && mark.change >= known;
        let counts_changes = counts_on && !now.messages.is_empty();
        if counts_changes && (mark == self.mark || quick.is_some()) {
            now.hear(told)?;
        } else if counts_changes && known.is_some() {
            let since = format!(" (CHANGEDSINCE {})", known.unwrap_or_default());
            now.read_flags(connection, "UID FLAGS", &since).await?;
        } else {
            now.read_all(connection).await?;
        }
        now.complete(connection).await?;
        // Some went without a word, or some came that no change was told of.
        if now.messages.len() != usize::try_from(mark.messages).unwrap_or(usize::MAX) {
            now.read_all(connection).await?;
            now.complete(connection).await?;
        }
        *self = now;
        Ok(())
    }

    /// Takes in what is told of messages and of those that are gone.
    fn hear(&mut self, told: Vec<Response>) -> Result<(), ImapError> {
        for response in told {
            match response {
                Response::Fetch(fetched) => self.note(*fetched),
                Response::Vanished(uids) => {
                    for uids in uids {
                        // What is named may be far more than what is here.
                        let gone: Vec<u32> =
                            self.messages.range(uids).map(|(uid, _)| *uid).collect();
                        for uid in gone {
                            self.messages.remove(&uid);
                        }
                    }
                }
                _ => {}
            }
        }
        match self.messages.len() {
            0..=MOST_MESSAGES => Ok(()),
            _ => Err(ImapError::TooMuch),
        }
    }

    fn note(&mut self, fetched: Fetched) {
        let (Some(uid), Some(flags)) = (fetched.uid, fetched.flags) else { return };
        let known = self.messages.get(&uid);
        let message = Message {
            flags,
            size: fetched.size.or(known.map(|known| known.size)).unwrap_or(UNKNOWN_SIZE),
            received_at: fetched.received_at.or(known.and_then(|known| known.received_at)),
        };
        self.messages.insert(uid, message);
    }

    /// Reads something of all messages, or of those that a condition names.
    async fn read_flags(
        &mut self,
        connection: &mut Connection,
        what: &str,
        condition: &str,
    ) -> Result<(), ImapError> {
        if self.mark.messages as usize > MOST_MESSAGES {
            return Err(ImapError::TooMuch);
        }
        // Places stand still while nothing but FETCH is asked.
        for first in (1..=self.mark.messages).step_by(MESSAGES_AT_ONCE as usize) {
            let last = self.mark.messages.min(first.saturating_add(MESSAGES_AT_ONCE - 1));
            let command = format!("FETCH {first}:{last} ({what}){condition}");
            let told = connection.ask(&command, "to list messages").await?;
            self.hear(told)?;
        }
        Ok(())
    }

    /// Reads which messages there are.
    async fn read_all(&mut self, connection: &mut Connection) -> Result<(), ImapError> {
        let before = std::mem::take(&mut self.messages);
        let what = match before.is_empty() {
            true => "UID FLAGS INTERNALDATE RFC822.SIZE",
            false => "UID FLAGS",
        };
        self.read_flags(connection, what, "").await?;
        for (uid, message) in &mut self.messages {
            if let Some(known) = before.get(uid) {
                (message.size, message.received_at) = (known.size, known.received_at);
            }
        }
        Ok(())
    }

    /// Asks what never changes of the messages of which it is not known.
    async fn complete(&mut self, connection: &mut Connection) -> Result<(), ImapError> {
        let is_new =
            |(uid, message): (&u32, &Message)| (message.size == UNKNOWN_SIZE).then_some(*uid);
        let new: Vec<u32> = self.messages.iter().filter_map(is_new).collect();
        for uids in new.chunks(NAMED_AT_ONCE) {
            let command = format!("UID FETCH {} (FLAGS INTERNALDATE RFC822.SIZE)", set(uids));
            let told = connection.ask(&command, "to list messages").await?;
            // Who tells of messages that were not asked for is not believed.
            let asked = |response: &Response| match response {
                Response::Fetch(fetched) => {
                    fetched.uid.is_some_and(|uid| uids.binary_search(&uid).is_ok())
                }
                _ => true,
            };
            self.hear(told.into_iter().filter(asked).collect())?;
        }
        // These went meanwhile.
        self.messages.retain(|_, message| message.size != UNKNOWN_SIZE);
        Ok(())
    }
}

/// No message is as large as this.
const UNKNOWN_SIZE: u64 = u64::MAX;

/// Numbers as a command names them; they are in order.
pub fn set(uids: &[u32]) -> String {
    let mut text = String::new();
    for run in uids.chunk_by(|one, next| one.checked_add(1) == Some(*next)) {
        if !text.is_empty() {
            text.push(',');
        }
        match run {
            [one] => text.push_str(&one.to_string()),
            [first, .., last] => text.push_str(&format!("{first}:{last}")),
            [] => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_shortly() {
        for (uids, expected) in
            [(&[1, 2, 3, 7, 9, 10][..], "1:3,7,9:10"), (&[], ""), (&[u32::MAX], "4294967295")]
        {
            assert_eq!(set(uids), expected);
        }
    }

    #[test]
    fn a_folder_is_named_in_quotes() {
        assert_eq!(named(r#"a "b" \c"#), r#""a \"b\" \\c""#);
    }
}
