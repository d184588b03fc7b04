//! What is known of a message without reading its content: what its header says, where it lies, and
//! what its owner did with it.

use mainstem_model::Timestamp;

use crate::mailbox::Entry;
use crate::message::address::Mailbox;
use crate::message::header::Header;
use crate::message::identity::Identity;
use crate::message::structure::parts;
use crate::message::words::shortened;
use crate::message::{MOST_MESSAGE_BYTES, Unreadable};
use crate::settings::EmailSettings;
use crate::signal::{Kind, kind};
use crate::trust::is_authenticated;

/// The longest subject that is kept.
const MOST_SUBJECT_CHARACTERS: usize = 250;
/// How many addresses of a message count.
const MOST_PEOPLE: usize = 100;

/// What the header of a message says.
#[derive(Debug, Clone)]
pub struct Letter {
    pub identity: Identity,
    pub message_id: Option<String>,
    /// What it answers, the oldest first: `References`, else `In-Reply-To`.
    pub references: Vec<String>,
    pub subject: String,
    pub from: Option<Mailbox>,
    /// The addresses of all whom it names: sender and recipients.
    pub people: Vec<String>,
    /// The mailing list that it went over.
    pub list: Option<String>,
    pub sent_at: Option<Timestamp>,
    pub kind: Kind,
    /// Whether the configured server vouches for the sender; see [`crate::trust`].
    pub authenticated: bool,
}

/// A message that cannot be read, as far as it can be named.
#[derive(Debug, Clone)]
pub struct Broken {
    /// What its own header calls the thread that it begins, where it begins one; its content otherwise.
    pub names: ThreadName,
    pub reason: Unreadable,
}

/// What a thread is called by those who take part in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ThreadName {
    /// The Message-ID of the message that began it, whether or not it is here.
    MessageId(String),
    /// The only message of a thread has no Message-ID.
    Content(Identity),
}

impl Letter {
    /// Whether it counts as sent by whom it says.
    pub fn is_believed(&self, settings: &EmailSettings) -> bool {
        self.authenticated || !settings.require_authentication
    }

    /// Whether it answers a message in place of somebody who is not there, so far as a server vouches for
    /// that. What a program sends to many may name dates, too.
    pub fn may_tell_of_absence(&self) -> bool {
        let answers = self.kind == Kind::AutoReply && !self.references.is_empty();
        answers && self.list.is_none() && self.authenticated
    }

    /// Reads a message. `raw` is what was read of it for this.
    ///
    /// # Errors
    /// Where it is no message, or one beyond every limit.
    pub fn read(raw: &[u8], entry: &Entry, trusted_server: Option<&str>) -> Result<Self, Broken> {
        let size = entry.size;
        let nameless = |reason| Broken {
            names: ThreadName::Content(Identity::of(&Header::default(), raw, Some(size))),
            reason,
        };
        let (header, body) = Header::split(raw).map_err(|reason| match reason {
            // The first fields are there all the same.
            Unreadable::TooManyFields => broken_with(raw, size, reason),
            _ => nameless(reason),
        })?;
        if header.is_empty() {
            return Err(nameless(Unreadable::NoHeader));
        }
        let identity = entry.identity(&header, body);
        let broken = |reason| Broken::new(&header, identity, reason);
        let body = if size <= MOST_MESSAGE_BYTES { body } else { &[] };
        parts(&header, body).map_err(broken)?;
        if header.all("from").count() > 1 {
            return Err(broken(Unreadable::ManyFrom));
        }
        let from = header.addresses("from");
        // Whom several senders speak for, no server says.
        let alone = from.len() == 1;
        let from = from.into_iter().next();
        let mut people: Vec<String> = from.iter().map(|from| from.address.clone()).collect();
        let named = ["to", "cc"].into_iter().flat_map(|field| header.addresses(field));
        people.extend(named.map(|named| named.address));
        people.truncate(MOST_PEOPLE);
        let vouched = |from: &Mailbox| {
            trusted_server.is_some_and(|server| is_authenticated(&header, from.domain(), server))
        };
        let subject = header.text("subject").unwrap_or_default();
        Ok(Self {
            identity,
            message_id: header.message_ids("message-id").into_iter().next(),
            references: references(&header),
            subject: shortened(&subject, MOST_SUBJECT_CHARACTERS),
            people,
            list: header.plain("list-id").map(|list| shortened(&list, MOST_SUBJECT_CHARACTERS)),
            sent_at: header.date("date"),
            kind: kind(&header, body, from.as_ref()),
            authenticated: alone && from.as_ref().is_some_and(vouched),
            from,
        })
    }
}

impl Broken {
    /// A message whose header was read, and that cannot be read for this reason.
    pub fn new(header: &Header<'_>, identity: Identity, reason: Unreadable) -> Self {
        Self { names: name(header, identity), reason }
    }
}

fn references(header: &Header<'_>) -> Vec<String> {
    let own = header.message_ids("message-id");
    let mut references = header.message_ids("references");
    if references.is_empty() {
        // Old programs write words and addresses into this field; an id comes last.
        references.extend(header.message_ids("in-reply-to").pop());
    }
    references.retain(|id| own.first() != Some(id));
    references
}

/// What a message whose header is cut off by its number of fields says of itself before that.
fn broken_with(raw: &[u8], size: u64, reason: Unreadable) -> Broken {
    const FIRST_FIELDS: usize = 200;
    let lines = raw.split_inclusive(|byte| *byte == b'\n').take(FIRST_FIELDS);
    let start = &raw[..lines.map(<[u8]>::len).sum::<usize>()];
    let identity = Identity::of(&Header::default(), raw, Some(size));
    let names = match Header::split(start) {
        Ok((header, _)) => name(&header, identity),
        Err(_) => ThreadName::Content(identity),
    };
    Broken { names, reason }
}

fn name(header: &Header<'_>, identity: Identity) -> ThreadName {
    match (references(header).is_empty(), header.message_ids("message-id").into_iter().next()) {
        (true, Some(id)) => ThreadName::MessageId(id),
        _ => ThreadName::Content(identity),
    }
}
