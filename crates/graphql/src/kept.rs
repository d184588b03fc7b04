//! Whole answers, kept while they are exact.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use mainstem_model::{Position, Timestamp};

use crate::{Answer, Caller};

/// What makes two questions the same: who asks, in which form, and every byte of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who asks; so nothing kept ever crosses a caller's visibility.
    pub caller: Caller,
    /// The content type of the answer.
    pub content_type: &'static str,
    /// The request's body.
    pub body: Bytes,
}

/// Where the read model stands, in the three ways in which it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Grows where tasks, links, people or projects changed.
    pub content: u64,
    /// Grows also where sources or freshness changed.
    pub generation: u64,
    /// Grows with every change in the store, those of bodies and comments included.
    pub position: Position,
}

/// How long an answer is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exactness {
    /// Where the read model stood.
    pub at: Stand,
    /// It shows sources or freshness.
    pub shows_sources: bool,
    /// It shows what was loaded from the store.
    pub shows_store: bool,
    /// Time alone changes it from this moment on.
    pub until: Option<Timestamp>,
}

impl Exactness {
    fn holds(&self, stand: &Stand, now: Timestamp) -> bool {
        self.at.content == stand.content
            && (!self.shows_sources || self.at.generation == stand.generation)
            && (!self.shows_store || self.at.position == stand.position)
            && self.until.is_none_or(|until| now < until)
    }
}

/// Answers, all of the same content.
pub struct KeptAnswers {
    max_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    content: u64,
    bytes: u64,
    answers: HashMap<Key, (Answer, Exactness)>,
}

impl KeptAnswers {
    /// Keeps at most so many bytes of questions and answers.
    pub fn new(max_bytes: u64) -> Self {
        Self { max_bytes, kept: Mutex::default() }
    }

    /// The answer that was given to this question and is still exact.
    pub fn get(&self, key: &Key, stand: &Stand, now: Timestamp) -> Option<Answer> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, exactness) = kept.answers.get(key)?;
        exactness.holds(stand, now).then(|| answer.clone())
    }

    /// Keeps an answer. What is kept of older content goes; where there is no room, everything does.
    pub fn put(&self, key: Key, answer: Answer, exactness: Exactness) {
        let size = size(&key, &answer);
        let content = exactness.at.content;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if content < kept.content || size > self.max_bytes {
            return;
        }
        if let Some((old, _)) = kept.answers.remove(&key) {
            kept.bytes -= self::size(&key, &old);
        }
        if content > kept.content || kept.bytes + size > self.max_bytes {
            *kept = Kept { content, ..Kept::default() };
        }
        kept.bytes += size;
        kept.answers.insert(key, (answer, exactness));
    }
}

fn size(key: &Key, answer: &Answer) -> u64 {
    (key.body.len() + answer.body.len()) as u64
}
