//! The JSON of the REST interfaces, written straight into one buffer: a page of 100 issues is half a
//! megabyte, mostly URLs, and must not cost more than the client's parsing of it.

mod comment;
mod event;
mod issue;
mod label;
mod pull_request;
mod repository;
mod user;

use std::fmt::Display;
use std::io::Write;

use mainstem_model::Timestamp;

use crate::world::World;

pub(crate) use event::TimelineEntry;
pub(crate) use issue::malform;
pub(crate) use label::{escape, is_default_label};
pub(crate) use pull_request::commit_hash;

/// Where the site stands, as the client called it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Base {
    /// Such as `http://127.0.0.1:4000`.
    pub site: String,
    /// The same, with the prefix of the interface where the client used one.
    pub api: String,
}

/// A buffer with the world of GitHub beside it.
pub(crate) type Wire<'a> = Json<'a, World>;

/// A buffer with a world beside it.
pub(crate) struct Json<'a, W> {
    pub world: &'a W,
    pub base: &'a Base,
    buffer: Vec<u8>,
}

impl<'a, W> Json<'a, W> {
    pub fn new(world: &'a W, base: &'a Base) -> Self {
        Self { world, base, buffer: Vec::with_capacity(8 * 1024) }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    /// What `write` appends, as a value of its own.
    pub fn capture(&mut self, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let before = std::mem::take(&mut self.buffer);
        write(self);
        std::mem::replace(&mut self.buffer, before)
    }

    /// Appends JSON, or what is made to break it.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.separate();
        self.buffer.extend_from_slice(bytes);
    }

    fn separate(&mut self) {
        if !matches!(self.buffer.last(), None | Some(b'{' | b'[' | b':')) {
            self.buffer.push(b',');
        }
    }

    pub fn key(&mut self, key: &str) {
        self.separate();
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(key.as_bytes());
        self.buffer.extend_from_slice(b"\":");
    }

    pub fn value(&mut self, value: &impl serde::Serialize) {
        self.separate();
        // Writing to memory cannot fail, and no value here has keys that are not text.
        let _ = serde_json::to_writer(&mut self.buffer, value);
    }

    pub fn field(&mut self, key: &str, value: &impl serde::Serialize) {
        self.key(key);
        self.value(value);
    }

    /// Text that needs no escapes, such as a URL or a time.
    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.buffer.push(b'"');
        let _ = write!(self.buffer, "{value}");
        self.buffer.push(b'"');
    }

    pub fn null(&mut self, key: &str) {
        self.key(key);
        self.buffer.extend_from_slice(b"null");
    }

    pub fn time(&mut self, key: &str, time: Option<Timestamp>) {
        match time {
            Some(time) => self.plain(key, time),
            None => self.null(key),
        }
    }

    pub fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.buffer.push(b'{');
        write(self);
        self.buffer.push(b'}');
    }

    pub fn object_field(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.object(write);
    }

    /// An object where there is something, `null` otherwise.
    pub fn optional_field<T>(
        &mut self,
        key: &str,
        item: Option<T>,
        write: impl FnOnce(&mut Self, T),
    ) {
        match item {
            Some(item) => {
                self.key(key);
                write(self, item);
            }
            None => self.null(key),
        }
    }

    pub fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.separate();
        self.buffer.push(b'[');
        for item in items {
            write(self, item);
        }
        self.buffer.push(b']');
    }

    pub fn array_field<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Self, T),
    ) {
        self.key(key);
        self.array(items, write);
    }
}
