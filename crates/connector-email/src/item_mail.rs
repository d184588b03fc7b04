//! Mail about items of other tools: which messages are, and what becomes of each.
//!
//! What GitHub or Jira wrote is evidence on its item. A message of a person is about an item where the last
//! message that it refers to is: one that a tool wrote, one that itself is about an item, one that is not
//! here but to which a tool's mail refers, or one that GitHub wrote and that is not here any more, for
//! GitHub's Message-IDs name the item themselves. It is a comment there, unless it went to the tool, which
//! makes a comment of it by itself. Who is not authenticated says nothing.
//!
//! None of these messages is part of a thread, so no thread that is a task is tied to an item, or taken
//! away, by what somebody writes into the header of an answer.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::about::{Item, Notice, item_of_id};
use crate::message::identity::Identity;
use crate::settings::EmailSettings;
use crate::signal::Kind;
use crate::snapshot::Message;

/// A message about an item.
#[derive(Debug, Clone)]
pub struct ItemMail {
    /// Its place in [`Snapshot::messages`](crate::snapshot::Snapshot::messages).
    pub message: usize,
    pub identity: Identity,
    pub item: Item,
    pub role: Role,
}

/// What becomes of a message about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The tool wrote it.
    Notice,
    /// A person wrote it: a comment.
    Reply,
    /// A person wrote it to the tool.
    ReplyToTool,
}

impl ItemMail {
    /// Differs where anything about it does.
    pub fn digest(&self) -> u64 {
        let mut hasher = Sha256::new();
        hasher.update(self.identity.bytes());
        hasher.update([self.role as u8]);
        hasher.update(self.item.key.as_bytes());
        hasher.update(b" ");
        hasher.update(self.item.site.as_bytes());
        let mut start = [0; 8];
        start.copy_from_slice(&hasher.finalize()[..8]);
        u64::from_be_bytes(start)
    }
}

/// The item that each message is about.
pub fn items(messages: &[Message]) -> Vec<Option<Item>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (at, message) in messages.iter().enumerate() {
        if let Some(id) = &message.letter.message_id {
            places.entry(id).or_insert(at);
        }
    }
    let mut named: HashMap<&str, &Item> = HashMap::new();
    for message in messages {
        let Some(notice) = notice(message) else { continue };
        named.extend(message.letter.references.iter().map(|id| (id.as_str(), &notice.item)));
    }
    let steps: Vec<Step> = messages.iter().map(|message| step(message, &places, &named)).collect();
    let mut known: Vec<Option<Option<Item>>> = vec![None; messages.len()];
    for at in 0..messages.len() {
        let mut path = Vec::new();
        let mut place = at;
        let item = loop {
            if let Some(item) = &known[place] {
                break item.clone();
            }
            // One that refers to itself in the end is about nothing.
            known[place] = Some(None);
            path.push(place);
            match &steps[place] {
                Step::Item(item) => break Some(item.clone()),
                Step::Message(next) => place = *next,
                Step::Nowhere => break None,
            }
        };
        for place in path {
            known[place] = Some(item.clone());
        }
    }
    known.into_iter().map(Option::flatten).collect()
}

/// What a message leads to by its own header.
enum Step {
    Item(Item),
    /// What it refers to last.
    Message(usize),
    Nowhere,
}

/// `places` are the messages that are here, `named` the items of the Message-IDs to which notices refer.
fn step(message: &Message, places: &HashMap<&str, usize>, named: &HashMap<&str, &Item>) -> Step {
    if let Some(notice) = notice(message) {
        return Step::Item(notice.item.clone());
    }
    let last = message.letter.references.iter().rev().find_map(|id| {
        let here = places.get(id.as_str()).map(|place| Step::Message(*place));
        let named = || named.get(id.as_str()).map(|item| Step::Item((*item).clone()));
        here.or_else(named).or_else(|| item_of_id(id).map(Step::Item))
    });
    last.unwrap_or(Step::Nowhere)
}

fn notice(message: &Message) -> Option<&Notice> {
    match &message.letter.kind {
        Kind::Notice(notice) => notice.as_ref(),
        _ => None,
    }
}

/// What becomes of the messages that are about an item, in the order of identities.
pub fn item_mail(
    settings: &EmailSettings,
    messages: &[Message],
    items: Vec<Option<Item>>,
) -> Vec<ItemMail> {
    let takes = |message: &Message| notice(message).is_some_and(|notice| notice.takes_answers);
    let answerable = messages.iter().filter(|message| takes(message));
    let answerable: HashSet<&str> = answerable
        .filter_map(|message| message.letter.from.as_ref())
        .map(|from| from.address.as_str())
        .collect();
    let mail = messages.iter().zip(items).enumerate().filter_map(|(at, (message, item))| {
        let item = item?;
        let role = match notice(message) {
            Some(_) => Role::Notice,
            None if !message.may_act(settings) => return None,
            None if goes_to_tool(message, &item, &answerable) => Role::ReplyToTool,
            None => Role::Reply,
        };
        Some(ItemMail { message: at, identity: message.letter.identity, item, role })
    });
    let mut mail: Vec<ItemMail> = mail.collect();
    mail.sort_by_key(|mail| mail.identity);
    mail
}

/// Whether an answer goes to where the tool takes answers: GitHub's address for them, or one that says so
/// of itself.
fn goes_to_tool(answer: &Message, item: &Item, answerable: &HashSet<&str>) -> bool {
    let answers_of_github = format!("@reply.{}", item.site);
    let mut people = answer.letter.people.iter();
    people.any(|address| {
        answerable.contains(address.as_str()) || address.ends_with(&answers_of_github)
    })
}
