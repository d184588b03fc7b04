//! The graph: which links exist, what their ends are called, and, bound to tasks, who is next to
//! whom. Ends are bound by id where a task of that id is in the store, else by key, so an edge
//! appears the moment its other end arrives.

use std::collections::HashMap;
use std::sync::Arc;

use mainstem_model::{
    Evidence, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview, SourceId, TaskId, Timestamp,
};

use crate::adjacency::Adjacency;
use crate::names::Symbol;
use crate::text;

/// One link as one task states it.
pub(crate) struct LinkRow {
    pub(crate) id: LinkId,
    pub(crate) kind: LinkKind,
    pub(crate) origin: LinkOrigin,
    pub(crate) confidence: f64,
    pub(crate) since: Timestamp,
    /// When it ended; it is nobody's edge then.
    pub(crate) until: Option<Timestamp>,
    pub(crate) source: SourceId,
    pub(crate) stated_by: TaskId,
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) evidence: Box<[Evidence]>,
    /// Unique within the process.
    number: u64,
}

/// One end of a link.
#[derive(PartialEq)]
pub(crate) enum End {
    /// The task that states the link, as is nearly always the case of one of the two.
    Stater,
    /// Another one.
    Named(Box<LinkEnd>),
}

/// One edge as a task sees it.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) link: Arc<LinkRow>,
    /// The ordinal of the other end; [`crate::names::NONE`] where it is not in the store.
    pub(crate) other: Symbol,
    pub(crate) kind: LinkKind,
    /// Whether the task is the `from` of the link.
    pub(crate) forward: bool,
    /// What a person said of it, or of another statement of the same.
    pub(crate) review: LinkReview,
    /// Whether it is stated in the source of one of its ends: whoever sees both sees it.
    pub(crate) within: bool,
}

impl LinkRow {
    fn of(link: Link, number: u64) -> Self {
        let end = |end: LinkEnd| match end.task {
            Some(task) if task == link.stated_by => End::Stater,
            _ => End::Named(Box::new(end)),
        };
        Self {
            id: link.id,
            kind: link.kind,
            origin: link.origin,
            confidence: link.confidence,
            since: link.since,
            until: link.until,
            source: link.source,
            stated_by: link.stated_by,
            from: end(link.from),
            to: end(link.to),
            evidence: link.evidence.into_boxed_slice(),
            number,
        }
    }

    /// The id that it would have were both ends known by these ids.
    pub(crate) fn between(&self, ends: [Option<TaskId>; 2]) -> Option<LinkId> {
        let [Some(from), Some(to)] = ends else { return None };
        let (kind, origin) = (self.kind.as_str(), self.origin.as_str());
        Some(LinkId::of(kind, origin, &from.to_string(), &to.to_string()))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (self.id, self.kind, self.origin, self.since, self.until, self.source)
            == (other.id, other.kind, other.origin, other.since, other.until, other.source)
            && self.confidence.to_bits() == other.confidence.to_bits()
            && self.from == other.from
            && self.to == other.to
            && self.evidence == other.evidence
    }

    /// The names of the ends, where they are not those of the task that states it.
    fn names(&self) -> impl Iterator<Item = u64> + '_ {
        [&self.from, &self.to]
            .into_iter()
            .flat_map(|end| match end {
                End::Stater => [None, None],
                End::Named(end) => [end.task.map(id_hash), Some(text::folded_hash(&end.key))],
            })
            .flatten()
    }
}

/// An id as the graph's indexes hold it.
pub(crate) fn id_hash(id: TaskId) -> u64 {
    id.0.as_u64_pair().1
}

#[derive(Clone, Default)]
pub(crate) struct Graph {
    /// The links that each task states.
    stated: imbl::OrdMap<TaskId, Arc<[Arc<LinkRow>]>>,
    /// The links that name an end otherwise, by the hash of its id and that of its key. Hashes may
    /// collide; whoever looks here binds the ends and sees.
    named: imbl::OrdMap<(u64, u64), Arc<LinkRow>>,
    /// Tasks by the hash of the id and that of the key that they call their parent.
    children: imbl::OrdSet<(u64, u32)>,
    /// The bound edges of each ordinal, sorted by kind, direction, other end, link.
    adjacent: Adjacency,
    /// What people said of links.
    reviews: Arc<HashMap<LinkId, LinkReview>>,
    next_number: u64,
}

impl Graph {
    /// Replaces what people said of links; answers the links of which it differs.
    pub(crate) fn review(&mut self, new: HashMap<LinkId, LinkReview>) -> bool {
        if *self.reviews == new {
            return false;
        }
        self.reviews = Arc::new(new);
        true
    }

    /// What a person said of a link between these tasks, however it is stated.
    pub(crate) fn reviewed(&self, link: &LinkRow, ends: [Option<TaskId>; 2]) -> LinkReview {
        if link.origin != LinkOrigin::Inferred || self.reviews.is_empty() {
            return LinkReview::Unreviewed;
        }
        let said = |id: &LinkId| self.reviews.get(id).copied();
        let of_tasks = || said(&link.between(ends)?);
        said(&link.id).or_else(of_tasks).unwrap_or(LinkReview::Unreviewed)
    }

    /// Replaces the links that a task states; answers the old and the new ones, nothing where they
    /// say the same.
    pub(crate) fn state(&mut self, stater: TaskId, mut links: Vec<Link>) -> Vec<Arc<LinkRow>> {
        links.sort_by_key(|link| (link.id, link.since));
        let old = self.stated.get(&stater).cloned().unwrap_or_default();
        let new: Arc<[Arc<LinkRow>]> = (self.next_number..)
            .zip(links)
            .map(|(number, link)| Arc::new(LinkRow::of(link, number)))
            .collect();
        if old.len() == new.len() && old.iter().zip(&*new).all(|(old, new)| old.says_the_same(new))
        {
            return Vec::new();
        }
        self.next_number += new.len() as u64;
        for link in &*old {
            for name in link.names() {
                self.named.remove(&(name, link.number));
            }
        }
        for link in &*new {
            for name in link.names() {
                self.named.insert((name, link.number), Arc::clone(link));
            }
        }
        let both = old.iter().chain(&*new).cloned().collect();
        if new.is_empty() {
            self.stated.remove(&stater);
        } else {
            self.stated.insert(stater, new);
        }
        both
    }

    /// The links that a task of this id states.
    pub(crate) fn stated_by(&self, task: TaskId) -> impl Iterator<Item = &Arc<LinkRow>> {
        self.stated.get(&task).into_iter().flat_map(|links| links.iter())
    }

    /// Every link.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Arc<LinkRow>> {
        self.stated.values().flat_map(|links| links.iter())
    }

    /// The links that name an end by something of this hash.
    pub(crate) fn naming(&self, hash: u64) -> impl Iterator<Item = &Arc<LinkRow>> {
        self.named.range((hash, 0)..=(hash, u64::MAX)).map(|(_, link)| link)
    }

    /// Replaces the parent that a task names.
    pub(crate) fn adopt(&mut self, child: u32, old: Option<&LinkEnd>, new: Option<&LinkEnd>) {
        if old == new {
            return;
        }
        for name in old.into_iter().flat_map(parent_names) {
            self.children.remove(&(name, child));
        }
        for name in new.into_iter().flat_map(parent_names) {
            self.children.insert((name, child));
        }
    }

    /// Tasks that name a parent by something of this hash.
    pub(crate) fn naming_parent(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.children.range((hash, 0)..=(hash, u32::MAX)).map(|(_, child)| *child)
    }

    /// The bound edges of a task.
    pub(crate) fn edges(&self, ordinal: u32) -> &[Edge] {
        self.adjacent.of(ordinal)
    }

    /// Replaces the bound edges of a task.
    pub(crate) fn bind(&mut self, ordinal: u32, mut edges: Vec<Edge>) {
        edges.sort_by_key(Edge::place);
        edges.dedup_by_key(|edge| edge.link.number);
        self.adjacent.replace(ordinal, edges);
    }
}

impl Edge {
    /// Where it stands among the edges of its task.
    fn place(&self) -> (LinkKind, bool, u32, LinkId, TaskId, u64) {
        let link = &self.link;
        (self.kind, self.forward, self.other, link.id, link.stated_by, link.number)
    }

    /// The other end as the link names it.
    pub(crate) fn other_end(&self) -> &End {
        if self.forward { &self.link.to } else { &self.link.from }
    }

    /// Whether it can hold its target up.
    pub(crate) fn blocks(&self) -> bool {
        self.kind == LinkKind::Blocks && self.review != LinkReview::Rejected
    }
}

fn parent_names(parent: &LinkEnd) -> impl Iterator<Item = u64> {
    parent.task.map(id_hash).into_iter().chain([text::folded_hash(&parent.key)])
}
