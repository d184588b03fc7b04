//! One request, and helpers to read it and to answer it.

use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::answer::Reply;
use crate::jira::access::Caller;
use crate::jira::answer::Refusal;
use crate::jira::wire::{View, Wire};
use crate::jira::world::World;
use crate::wire::Base;

/// Which interface a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    /// The platform, version 3: texts are documents.
    Documents,
    /// The platform, version 2: texts are wiki markup.
    Markup,
    /// Boards and sprints.
    Agile,
    /// Webhooks of administrators.
    Webhooks,
    /// The gateway before Cloud.
    Gateway,
    /// None.
    Nowhere,
}

/// One request.
pub(crate) struct Call<'c> {
    pub method: &'c str,
    pub interface: Interface,
    pub segments: Vec<&'c str>,
    pub query: Vec<(String, String)>,
    pub body: &'c Bytes,
    pub base: Base,
    pub caller: Caller,
    /// By script, there is always a next page.
    pub endless: bool,
    /// By script, the next page is said to be at another host.
    pub foreign_next: Option<String>,
}

/// An answer, and how many objects it shows: they cost points.
pub(crate) struct Shown {
    pub reply: Reply,
    pub objects: u32,
}

impl Shown {
    pub const fn nothing_of(reply: Reply) -> Self {
        Self { reply, objects: 0 }
    }

    pub fn empty(status: StatusCode) -> Self {
        Self::nothing_of(Reply::empty(status))
    }
}

impl Call<'_> {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may be repeated.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let named = self.query.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    /// A number; what is no number, or below zero, counts as left out.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }

    /// The body as JSON of the form that is expected.
    ///
    /// # Errors
    /// Where it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(self.body).map_err(|_| {
            Refusal::bad(
                "Invalid request payload. Refer to the REST API documentation and try again.",
            )
        })
    }

    /// Writes an answer that shows so many objects.
    pub fn show(
        &self,
        world: &World,
        status: StatusCode,
        objects: usize,
        write: impl FnOnce(&mut Wire<'_>),
    ) -> Shown {
        let view = View::new(world, self.interface == Interface::Documents);
        let mut wire = Wire::new(&view, &self.base);
        write(&mut wire);
        Shown {
            reply: Reply::json(status, wire.into_bytes()),
            objects: u32::try_from(objects).unwrap_or(u32::MAX),
        }
    }

    /// Where a page stands that follows this one, as a whole URL.
    pub fn next_page(&self, parameters: &str) -> String {
        let path = self.segments.join("/");
        let api = match &self.foreign_next {
            Some(host) => self.base.api.replacen(&self.base.site, host, 1),
            None => self.base.api.clone(),
        };
        format!("{api}/{path}?{parameters}")
    }

    /// A page by number: the part of `all` that is asked for, and what stands around it.
    pub fn page<T: Copy>(&self, all: &[T], usual: usize, most: usize) -> Page<T> {
        let start = self.number("startAt").unwrap_or(0);
        let size = self.number("maxResults").unwrap_or(usual).min(most);
        let items: Vec<T> = all.iter().skip(start).take(size).copied().collect();
        let is_last = !self.endless && start + items.len() >= all.len();
        Page { start, size, total: all.len(), is_last, items }
    }
}

/// A page by number.
pub(crate) struct Page<T> {
    pub start: usize,
    pub size: usize,
    pub total: usize,
    pub is_last: bool,
    pub items: Vec<T>,
}

impl<T: Copy> Page<T> {
    /// Writes the page the way that newer lists have it: with `values` and `isLast`.
    pub fn write<'w>(
        &self,
        wire: &mut Wire<'w>,
        call: &Call<'_>,
        write: impl FnMut(&mut Wire<'w>, T),
    ) {
        let at =
            |start: usize| call.next_page(&format!("maxResults={}&startAt={start}", self.size));
        wire.object(|wire| {
            wire.plain("self", at(self.start));
            if !self.is_last {
                wire.plain("nextPage", at(self.start + self.items.len()));
            }
            wire.field("maxResults", &self.size);
            wire.field("startAt", &self.start);
            wire.field("total", &self.total);
            wire.field("isLast", &self.is_last);
            wire.array_field("values", self.items.iter().copied(), write);
        });
    }

    /// Writes the page the way that older lists have it: with a name of its own and no end.
    pub fn write_older<'w>(
        &self,
        wire: &mut Wire<'w>,
        name: &str,
        write: impl FnMut(&mut Wire<'w>, T),
    ) {
        wire.object(|wire| {
            wire.field("startAt", &self.start);
            wire.field("maxResults", &self.size);
            wire.field("total", &self.total);
            wire.array_field(name, self.items.iter().copied(), write);
        });
    }
}
