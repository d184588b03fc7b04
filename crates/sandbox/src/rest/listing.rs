//! Pages of lists and the links to the others.

use std::hash::Hash;

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::rest::issues::issue_version;
use crate::rest::query::{IssueQuery, read_cursor, write_cursor};
use crate::wire::Wire;
use crate::world::{IssueKey, World};

const MOST_BY_PAGE_NUMBER: usize = 10_000;

impl Call<'_> {
    /// The page that the call asks for, of a list whose entries have versions.
    pub fn list<'w, T: Copy, V: Hash>(
        &'w self,
        world: &'w World,
        items: &[T],
        version: impl Fn(T) -> V,
        mut write: impl FnMut(&mut Wire<'w>, T),
    ) -> Reply {
        let (page, link) = self.page_of(world, items);
        let versions: Vec<V> = page.iter().map(|&item| version(item)).collect();
        self.unless_known(&self.fingerprint(&versions), || {
            let mut wire = Wire::new(world, &self.base);
            wire.array(page.iter().copied(), &mut write);
            wire.into_bytes()
        })
        .with_link(link)
    }

    /// The page that the call asks for, told apart by its content.
    pub fn list_content<'w, T: Copy>(
        &'w self,
        world: &'w World,
        items: &[T],
        write: impl FnMut(&mut Wire<'w>, T),
    ) -> Reply {
        let (page, link) = self.page_of(world, items);
        self.content(world, |wire| wire.array(page.iter().copied(), write)).with_link(link)
    }

    /// The page behind the cursor that the call names, in the way of [`SiteOptions::issue_cursors`].
    ///
    /// [`SiteOptions::issue_cursors`]: crate::site::SiteOptions::issue_cursors
    pub fn list_by_cursor(
        &self,
        world: &World,
        query: &IssueQuery,
        issues: &[IssueKey],
    ) -> Result<Reply, Refusal> {
        let (page, size) = self.page();
        let start = match self.parameter("after") {
            Some(cursor) => {
                let after =
                    read_cursor(cursor).ok_or(Refusal::Invalid("Issue", "after", "invalid"))?;
                issues.partition_point(|&key| {
                    let rank = query.rank(world, key);
                    if query.ascending { rank <= after } else { rank >= after }
                })
            }
            None if page.saturating_mul(size) > MOST_BY_PAGE_NUMBER => {
                return Err(Refusal::PagesTooDeep);
            }
            None => (page - 1) * size,
        };
        let shown = issues.get(start..).unwrap_or_default();
        let shown = &shown[..size.min(shown.len())];
        let next = shown.last().filter(|_| start + shown.len() < issues.len()).map(|&last| {
            let mut parameters: Vec<(String, String)> = self
                .query
                .iter()
                .filter(|(key, _)| key != "page" && key != "after")
                .cloned()
                .collect();
            parameters.push(("after".into(), write_cursor(query.rank(world, last))));
            let url = self.this_url(world, &parameters);
            format!("<{}>; rel=\"next\"", self.with_scripted_host(url))
        });
        let versions: Vec<_> = shown.iter().map(|&key| issue_version(world, key)).collect();
        let reply = self.unless_known(&self.fingerprint(&versions), || {
            let mut wire = Wire::new(world, &self.base);
            wire.array(shown.iter().copied(), Wire::issue);
            wire.into_bytes()
        });
        Ok(reply.with_link(next))
    }

    fn with_scripted_host(&self, url: String) -> String {
        match &self.foreign_next {
            Some(host) => url.replacen(&self.base.site, host, 1),
            None => url,
        }
    }

    pub fn page_of<'l, T>(&self, world: &World, items: &'l [T]) -> (&'l [T], Option<String>) {
        let (page, size) = self.page();
        let last = items.len().div_ceil(size).max(1);
        // Who asks for a page behind the last of an endless list gets the last one again.
        let shown = if self.endless { page.min(last) } else { page };
        let start = (shown - 1).saturating_mul(size).min(items.len());
        let end = (start + size).min(items.len());
        (&items[start..end], self.link(world, page, if self.endless { page + 1 } else { last }))
    }

    fn link(&self, world: &World, page: usize, last: usize) -> Option<String> {
        let url = |page: usize| {
            let mut query: Vec<(String, String)> =
                self.query.iter().filter(|(key, _)| key != "page").cloned().collect();
            query.push(("page".into(), page.to_string()));
            self.this_url(world, &query)
        };
        let mut links = Vec::new();
        if page > 1 {
            links.push((url(page.min(last + 1) - 1), "prev"));
        }
        if page < last {
            links.push((self.with_scripted_host(url(page + 1)), "next"));
            links.push((url(last), "last"));
        }
        if page > 1 {
            links.push((url(1), "first"));
        }
        let links: Vec<String> = links
            .into_iter()
            .map(|(url, relation)| format!("<{url}>; rel=\"{relation}\""))
            .collect();
        (!links.is_empty()).then(|| links.join(", "))
    }
}
