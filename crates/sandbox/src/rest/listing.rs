//! Pages of lists: which issues, in which order, which page of them, and the links to the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use mainstem_model::Timestamp;

use crate::answer::{Refusal, Reply};
use crate::rest::call::Call;
use crate::wire::Wire;
use crate::world::{IssueKey, LabelKey, MilestoneKey, RepositoryKey, UserKey, World};

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
            order: match sort {
                "updated" => Order::Updated,
                "comments" => Order::Comments,
                _ => Order::Created,
            },
            ascending: direction == "asc",
            ..Self::all(repository)
        })
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
    }

    pub fn run(&self, world: &World) -> Vec<IssueKey> {
        let mut found: Vec<IssueKey> = world[self.repository]
            .issues
            .iter()
            .copied()
            .filter(|&key| self.holds(world, key))
            .collect();
        match self.order {
            // Keys grow with time, but for those that came from elsewhere.
            Order::Created => found.sort_by_key(|&key| (world[key].created_at, key)),
            Order::Updated => found.sort_by_key(|&key| (world[key].updated_at, key)),
            Order::Comments => found.sort_by_key(|&key| (world[key].comments.len(), key)),
        }
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
            let next = url(page + 1);
            let next = match &self.foreign_next {
                Some(host) => next.replacen(&self.base.site, host, 1),
                None => next,
            };
            links.push((next, "next"));
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
