//! Threads: which messages belong together, and what their thread is called.
//!
//! Both depend on the set of messages alone, never on the order of their arrival, so a full resync
//! and a restart find the same. What decides, in this order:
//!
//! 1. `References`, else `In-Reply-To`: a message belongs to what it names last, whether or not that
//!    is here. What it says of others counts for those that are not here, and for those whose own
//!    header says nothing, where its author takes part in them: so a stranger cannot tie two threads
//!    together.
//! 2. Two messages of one Message-ID are in one thread, and both stay. What the later one says of
//!    itself does not count.
//! 3. An answer (`Re: …`) whose header names nothing belongs to the last message of the same subject
//!    within fourteen days before it, where each of the two authors has to do with the other message,
//!    or both went over the same list.

use std::collections::HashMap;

use mainstem_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::letter::{Letter, ThreadName};
use crate::message::words::unhex;
use crate::subject::Subject;

/// How long after a message an answer is recognised by its subject.
const SUBJECT_SECONDS: i64 = 14 * 24 * 60 * 60;
/// How many messages of one subject an answer is held against, so that a mailbox of one subject takes
/// no quadratic time.
const MOST_COMPARED: usize = 50;

/// A message to be put into its thread.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    pub letter: &'a Letter,
    /// When it came to be, as far as it can be believed.
    pub at: Timestamp,
    /// When it came into the mailbox, which no sender decides.
    pub received_at: Timestamp,
}

/// Some messages that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: ThreadId,
    /// Places in the list that was given, in the order in which the messages came to be.
    pub members: Vec<usize>,
}

/// What a thread is called here: a hash of its [`ThreadName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub [u8; 12]);

impl ThreadId {
    /// The id of the thread of this name.
    pub fn of(name: &ThreadName) -> Self {
        let mut hasher = Sha256::new();
        match name {
            ThreadName::MessageId(id) => {
                hasher.update(b"message-id ");
                hasher.update(id.as_bytes());
            }
            ThreadName::Content(identity) => {
                hasher.update(b"content ");
                hasher.update(identity.bytes());
            }
        }
        let mut start = [0; 12];
        start.copy_from_slice(&hasher.finalize()[..12]);
        Self(start)
    }

    /// Reads what [`Self::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    /// As the store and a locator write it.
    pub fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The threads of these messages.
pub fn threads(items: &[Item<'_>]) -> Vec<Group> {
    let mut forest = Forest::plant(items);
    for at in 0..items.len() {
        forest.follow_references(at);
    }
    forest.follow_subjects();
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in 0..items.len() {
        groups.entry(forest.root(at)).or_default().push(at);
    }
    let mut groups: Vec<Group> = groups
        .into_values()
        .map(|mut members| {
            members.sort_by_key(|at| (items[*at].at, items[*at].letter.identity));
            Group { id: ThreadId::of(&forest.name(members[0])), members }
        })
        .collect();
    groups.sort_by_key(|group| group.id);
    groups
}

/// Messages, and Message-IDs that are named but not here, joined step by step.
struct Forest<'a> {
    items: &'a [Item<'a>],
    /// The place of each Message-ID: of the message that bore it first, or one behind all messages.
    places: HashMap<&'a str, usize>,
    /// What each place is joined to; itself where to nothing.
    joined: Vec<usize>,
}

impl<'a> Forest<'a> {
    fn plant(items: &'a [Item<'a>]) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let first = |at: usize| (items[at].received_at, items[at].letter.identity);
        for (at, item) in items.iter().enumerate() {
            let Some(id) = &item.letter.message_id else { continue };
            let owner = places.entry(id).or_insert(at);
            if first(at) < first(*owner) {
                *owner = at;
            }
        }
        let mut next = items.len();
        for item in items {
            for id in &item.letter.references {
                places.entry(id).or_insert_with(|| {
                    next += 1;
                    next - 1
                });
            }
        }
        Self { items, places, joined: (0..next).collect() }
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.joined[place] != place {
            self.joined[place] = self.joined[self.joined[place]];
            place = self.joined[place];
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.joined[one.max(other)] = one.min(other);
    }

    /// What a message says of itself: nothing where another bore its Message-ID first.
    fn references(&self, at: usize) -> &'a [String] {
        let letter = self.items[at].letter;
        let own = letter.message_id.as_deref().and_then(|id| self.place(id));
        if own.is_some_and(|owner| owner != at) { &[] } else { &letter.references }
    }

    fn follow_references(&mut self, at: usize) {
        let own = self.items[at].letter.message_id.as_deref().and_then(|id| self.place(id));
        if let Some(owner) = own {
            self.join(at, owner);
        }
        let chain = self.references(at).iter().filter_map(|id| self.place(id)).collect::<Vec<_>>();
        let Some(last) = chain.last() else { return };
        self.join(at, *last);
        for pair in chain.windows(2).rev() {
            if !self.believed(at, pair[0], pair[1]) {
                break;
            }
            self.join(pair[0], pair[1]);
        }
    }

    /// Whether a message is believed that `later` follows `earlier`.
    fn believed(&self, at: usize, earlier: usize, later: usize) -> bool {
        let is_here = |place: usize| place < self.items.len();
        if !is_here(later) {
            return true;
        }
        let takes_part = |place: usize| !is_here(place) || self.takes_part(at, place);
        self.references(later).is_empty() && takes_part(earlier) && takes_part(later)
    }

    /// Whether the author of one message is named by another, or both went over the same list.
    fn takes_part(&self, author_of: usize, other: usize) -> bool {
        let (one, other) = (self.items[author_of].letter, self.items[other].letter);
        let named = |from: &crate::message::address::Mailbox| other.people.contains(&from.address);
        one.from.as_ref().is_some_and(named) || (one.list.is_some() && one.list == other.list)
    }

    fn follow_subjects(&mut self) {
        let subjects: Vec<Subject> =
            self.items.iter().map(|item| Subject::of(&item.letter.subject)).collect();
        let mut of_subject: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, subject) in subjects.iter().enumerate() {
            if !subject.bare.is_empty() {
                of_subject.entry(&subject.bare).or_default().push(at);
            }
        }
        let order = |at: &usize| (self.items[*at].at, self.items[*at].letter.identity);
        for same in of_subject.values_mut() {
            same.sort_by_key(order);
        }
        let mut found = Vec::new();
        for same in of_subject.values() {
            for (rank, at) in same.iter().enumerate() {
                if !subjects[*at].is_answer || !self.items[*at].letter.references.is_empty() {
                    continue;
                }
                let earliest = self.items[*at].at.plus_seconds(-SUBJECT_SECONDS);
                let before = same[..rank].iter().rev().take(MOST_COMPARED);
                let mut before = before.take_while(|other| self.items[**other].at >= earliest);
                let related =
                    |other: &&usize| self.takes_part(*at, **other) && self.takes_part(**other, *at);
                found.extend(before.find(related).map(|other| (*at, *other)));
            }
        }
        for (answer, question) in found {
            self.join(answer, question);
        }
    }

    /// What the thread of its earliest message is called: the topmost Message-ID that this message,
    /// and what that one names, lead to within the thread.
    fn name(&mut self, earliest: usize) -> ThreadName {
        let thread = self.root(earliest);
        let letter = self.items[earliest].letter;
        let mut seen = std::collections::HashSet::new();
        let mut top = letter.message_id.as_deref();
        let mut at = earliest;
        while seen.insert(at) {
            let chain = self.references(at);
            let mut within = None;
            for id in chain.iter().rev() {
                let place = self.place(id).unwrap_or(at);
                if self.root(place) != thread {
                    break;
                }
                within = Some((id.as_str(), place));
            }
            match within {
                Some((id, place)) => {
                    top = Some(id);
                    if place >= self.items.len() {
                        break;
                    }
                    at = place;
                }
                None => break,
            }
        }
        match top {
            Some(id) => ThreadName::MessageId(id.to_owned()),
            None => ThreadName::Content(letter.identity),
        }
    }
}
