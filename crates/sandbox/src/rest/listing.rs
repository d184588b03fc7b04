//! Pages of lists: which issues, in which order, which page of them, and the links to the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mainstem_model::Timestamp;

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::rest::issues::issue_version;
use crate::wire::Wire;
use crate::world::{IssueKey, IssueTypeKey, LabelKey, MilestoneKey, RepositoryKey, UserKey, World};

/// By what a list of issues is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Created,
    Updated,
    Comments,
}

/// Whether something must be there, must not, or must be one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wanted<T> {
    Anything,
    Nothing,
    Something,
    Only(T),
    /// A name that nobody has.
    Impossible,
}

/// A value and, among equals, the key. A cursor is a rank.
pub(crate) type Rank = (i64, u32);

/// A rank as clients pass it around.
pub(crate) fn write_cursor((value, key): Rank) -> String {
    STANDARD.encode(format!("cursor:v2:{value}:{key}"))
}

/// The rank of a cursor; nothing where the text is none.
pub(crate) fn read_cursor(cursor: &str) -> Option<Rank> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    let (value, key) = text.strip_prefix("cursor:v2:")?.split_once(':')?;
    Some((value.parse().ok()?, key.parse().ok()?))
}

/// A list of issues that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct IssueQuery {
    pub repository: RepositoryKey,
    pub open: Option<bool>,
    pub pull_requests: Option<bool>,
    pub since: Option<Timestamp>,
    pub labels: Option<Vec<LabelKey>>,
    pub assignee: Wanted<UserKey>,
    pub creator: Wanted<UserKey>,
    pub milestone: Wanted<MilestoneKey>,
    pub issue_type: Wanted<IssueTypeKey>,
    pub order: Order,
    pub ascending: bool,
}

impl IssueQuery {
    /// Everything in the repository, newest first.
    pub fn all(repository: RepositoryKey) -> Self {
        Self {
            repository,
            open: None,
            pull_requests: None,
            since: None,
            labels: Some(Vec::new()),
            assignee: Wanted::Anything,
            creator: Wanted::Anything,
            milestone: Wanted::Anything,
            issue_type: Wanted::Anything,
            order: Order::Created,
            ascending: false,
        }
    }

    /// The query of a REST call.
    pub fn read(
        call: &Call<'_>,
        world: &World,
        repository: RepositoryKey,
    ) -> Result<Self, Refusal> {
        let state = call.word("state", &["open", "closed", "all"], "Issue")?;
        let sort = call.word("sort", &["created", "updated", "comments"], "Issue")?;
        let direction = call.word("direction", &["desc", "asc"], "Issue")?;
        let user = |name| match call.parameter(name) {
            None => Wanted::Anything,
            Some("none") => Wanted::Nothing,
            Some("*") => Wanted::Something,
            Some(login) => world.user(login).map_or(Wanted::Impossible, Wanted::Only),
        };
        let milestone = match call.parameter("milestone") {
            None => Wanted::Anything,
            Some("none") => Wanted::Nothing,
            Some("*") => Wanted::Something,
            Some(number) => {
                let number = number
                    .parse()
                    .map_err(|_| Refusal::Invalid("Issue", "milestone", "invalid"))?;
                world.milestone_of(repository, number).map_or(Wanted::Impossible, Wanted::Only)
            }
        };
        Ok(Self {
            open: match state {
                "open" => Some(true),
                "closed" => Some(false),
                _ => None,
            },
            since: call.since()?,
            labels: call.parameter("labels").map_or(Some(Vec::new()), |names| {
                names.split(',').map(|name| world.label_of(repository, name)).collect()
            }),
            assignee: user("assignee"),
            creator: user("creator"),
            milestone,
            issue_type: match call.parameter("type") {
                None => Wanted::Anything,
                Some("none") => Wanted::Nothing,
                Some("*") => Wanted::Something,
                Some(name) => world.issue_type(name).map_or(Wanted::Impossible, Wanted::Only),
            },
            order: match sort {
                "updated" => Order::Updated,
                "comments" => Order::Comments,
                _ => Order::Created,
            },
            ascending: direction == "asc",
            ..Self::all(repository)
        })
    }

    /// Where an issue stands in the order.
    pub fn rank(&self, world: &World, key: IssueKey) -> Rank {
        let issue = &world[key];
        let value = match self.order {
            Order::Created => issue.created_at.0,
            Order::Updated => issue.updated_at.0,
            Order::Comments => issue.comments.len() as i64,
        };
        (value, key.0)
    }

    fn holds(&self, world: &World, key: IssueKey) -> bool {
        let issue = &world[key];
        let Some(labels) = &self.labels else { return false };
        issue.repository == self.repository
            && world.is_visible(key)
            && self.open.is_none_or(|open| issue.is_open() == open)
            && self.pull_requests.is_none_or(|pulls| issue.is_pull_request() == pulls)
            && self.since.is_none_or(|since| issue.updated_at >= since)
            && labels.iter().all(|label| issue.labels.contains(label))
            && is_wanted(self.assignee, &issue.assignees)
            && is_wanted(self.creator, &[issue.author])
            && is_wanted(self.milestone, issue.milestone.as_slice())
            && is_wanted(self.issue_type, issue.issue_type.as_slice())
    }

    pub fn run(&self, world: &World) -> Vec<IssueKey> {
        let mut found: Vec<IssueKey> = world[self.repository]
            .issues
            .iter()
            .copied()
            .filter(|&key| self.holds(world, key))
            .collect();
        found.sort_by_key(|&key| self.rank(world, key));
        if !self.ascending {
            found.reverse();
        }
        found
    }
}

fn is_wanted<T: PartialEq + Copy>(wanted: Wanted<T>, found: &[T]) -> bool {
    match wanted {
        Wanted::Anything => true,
        Wanted::Nothing => found.is_empty(),
        Wanted::Something => !found.is_empty(),
        Wanted::Only(item) => found.contains(&item),
        Wanted::Impossible => false,
    }
}

/// Lists that were asked for lately, so that the pages of one pass cost one sort.
#[derive(Default)]
pub(crate) struct ListCache(Mutex<HashMap<IssueQuery, (u64, Arc<[IssueKey]>)>>);

const KEPT_LISTS: usize = 64;
const MOST_BY_PAGE_NUMBER: usize = 10_000;

impl ListCache {
    /// The issues of a query, as the repository is now.
    pub fn issues(&self, world: &World, query: IssueQuery) -> Arc<[IssueKey]> {
        let version = world[query.repository].version;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, list)) = kept.get(&query).filter(|(known, _)| *known == version) {
            return Arc::clone(list);
        }
        let list: Arc<[IssueKey]> = query.run(world).into();
        if kept.len() >= KEPT_LISTS {
            kept.clear();
        }
        kept.insert(query, (version, Arc::clone(&list)));
        list
    }
}

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
