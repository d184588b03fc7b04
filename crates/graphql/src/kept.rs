//! Whole answers, kept while they are exact: until the read model publishes its next snapshot, and
//! where they depend on the time, for a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use mainstem_model::Timestamp;

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

/// The answers to one snapshot of the read model.
pub struct KeptAnswers {
    max_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    generation: u64,
    bytes: u64,
    answers: HashMap<Key, (Answer, Option<Timestamp>)>,
}

impl KeptAnswers {
    /// Keeps at most so many bytes of questions and answers.
    pub fn new(max_bytes: u64) -> Self {
        Self { max_bytes, kept: Mutex::default() }
    }

    /// The answer that was given at this generation.
    pub fn get(&self, key: &Key, generation: u64, now: Timestamp) -> Option<Answer> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, until) = kept.answers.get(key).filter(|_| kept.generation == generation)?;
        until.is_none_or(|until| now < until).then(|| answer.clone())
    }

    /// Keeps an answer that was given at this generation, `until` a moment where time alone changes it.
    pub fn put(&self, key: Key, generation: u64, answer: Answer, until: Option<Timestamp>) {
        let size = (key.body.len() + answer.body.len()) as u64;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if generation < kept.generation || size > self.max_bytes {
            return;
        }
        if generation > kept.generation || kept.bytes + size > self.max_bytes {
            *kept = Kept { generation, ..Kept::default() };
        }
        kept.bytes += size;
        if let Some((old, _)) = kept.answers.insert(key, (answer, until)) {
            kept.bytes = kept.bytes.saturating_sub(old.body.len() as u64);
        }
    }
}
