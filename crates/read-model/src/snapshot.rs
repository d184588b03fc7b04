//! A snapshot: everything that the model knows at one position of the change log. It is built and
//! changed here, read through a [`crate::View`] only. Its parts are shared with older snapshots, so
//! a changed copy costs in proportion to the changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mainstem_model::{
    Identity, Link, LinkEnd, LinkId, LinkOrigin, LinkReview, PersonId, Position, Project,
    ProjectId, Source, SourceId, Task, TaskId, Timestamp,
};
use mainstem_store::ScopeState;

use crate::drift::mirrors;
use crate::graph::{Edge, End, Graph, LinkRow, id_hash};
use crate::names::{Id, NONE, Names, Symbol};
use crate::order::Orders;
use crate::people::People;
use crate::postings::{Postings, put};
use crate::row::TaskRow;
use crate::text;

#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) position: Position,
    pub(crate) generation: u64,
    pub(crate) content_generation: u64,
    pub(crate) names: Names,
    rows: imbl::Vector<Option<Arc<TaskRow>>>,
    /// The id of each row, gone ones included: close together, for whoever orders many.
    row_ids: imbl::Vector<TaskId>,
    ids: imbl::OrdMap<TaskId, u32>,
    /// Ordinals by the hash of their folded keys, present and previous.
    keys: imbl::OrdSet<(u64, u32)>,
    urls: imbl::OrdSet<(u64, u32)>,
    pub(crate) postings: Postings,
    pub(crate) orders: Orders,
    pub(crate) graph: Graph,
    pub(crate) people: People,
    pub(crate) projects: imbl::Vector<Option<Arc<Project>>>,
    /// Symbols of projects by the hash of their folded keys.
    project_keys: imbl::OrdSet<(u64, u32)>,
    pub(crate) sources: imbl::Vector<Option<Arc<SourceRow>>>,
    /// When the last complete pass of each scope began.
    pub(crate) synced: imbl::Vector<Option<Timestamp>>,
    redirects: imbl::HashMap<TaskId, TaskId>,
    redirected: imbl::HashMap<TaskId, Arc<[TaskId]>>,
}

/// A source with its scopes.
#[derive(PartialEq)]
pub(crate) struct SourceRow {
    pub(crate) source: Source,
    pub(crate) scopes: Box<[ScopeState]>,
    /// What was told of its tasks and is not read yet: since when. `None` stands for tasks that are not
    /// stored yet.
    pub(crate) unread_news: BTreeMap<Option<TaskId>, Timestamp>,
}

/// What has to be looked at again once a set of changes is in.
#[derive(Default)]
pub(crate) struct Touched {
    /// Ordinals whose edges, or whose readiness, may be others now.
    edges: BTreeSet<u32>,
    readiness: BTreeSet<u32>,
    /// People said something else of links now.
    reviews: bool,
    /// Identities that may belong to another person now.
    identities: BTreeSet<Symbol>,
    /// The model is being built: everything is looked at once, at the end.
    everything: bool,
    /// Whether anything changed at all.
    pub(crate) changed: bool,
}

impl Touched {
    pub(crate) fn everything() -> Self {
        Self { everything: true, changed: true, ..Self::default() }
    }
}

impl Snapshot {
    /// An empty snapshot that stands at a position.
    pub(crate) fn at(position: Position) -> Self {
        Self { position, generation: 1, content_generation: 1, ..Self::default() }
    }

    /// The row of an ordinal; `None` where the task has gone.
    pub(crate) fn row(&self, ordinal: u32) -> Option<&TaskRow> {
        self.rows.get(ordinal as usize)?.as_deref()
    }

    /// The ids of ordinals that stand or stood for tasks; faster where these rise.
    pub(crate) fn row_ids(
        &self,
        ordinals: impl Iterator<Item = u32>,
    ) -> impl Iterator<Item = (TaskId, u32)> {
        let mut near = self.row_ids.focus();
        ordinals.filter_map(move |ordinal| Some((*near.get(ordinal as usize)?, ordinal)))
    }

    /// The task of this id, or what it has become.
    pub(crate) fn find(&self, id: TaskId) -> Option<u32> {
        let mut id = id;
        // A task that moves again and again makes a chain; nobody moves in a circle for long.
        for _ in 0..16 {
            if let Some(ordinal) = self.ids.get(&id) {
                return Some(*ordinal);
            }
            id = *self.redirects.get(&id)?;
        }
        None
    }

    /// Tasks that have or had this key, whatever the case.
    pub(crate) fn keyed<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (u32, &'a TaskRow)> {
        self.hashed(&self.keys, text::folded_hash(key))
            .filter(move |(_, row)| row.keys().any(|own| text::same(own, key)))
    }

    /// Tasks at this URL.
    pub(crate) fn at_url<'a>(&'a self, url: &'a str) -> impl Iterator<Item = (u32, &'a TaskRow)> {
        self.hashed(&self.urls, text::folded_hash(url))
            .filter(move |(_, row)| row.url.as_deref() == Some(url))
    }

    fn hashed<'a>(
        &'a self,
        index: &'a imbl::OrdSet<(u64, u32)>,
        hash: u64,
    ) -> impl Iterator<Item = (u32, &'a TaskRow)> {
        index
            .range((hash, 0)..=(hash, u32::MAX))
            .filter_map(|(_, ordinal)| Some((*ordinal, self.row(*ordinal)?)))
    }

    pub(crate) fn project(&self, symbol: Symbol) -> Option<&Arc<Project>> {
        self.projects.get(symbol as usize)?.as_ref()
    }

    pub(crate) fn source(&self, symbol: Symbol) -> Option<&Arc<SourceRow>> {
        self.sources.get(symbol as usize)?.as_ref()
    }

    /// The task that an end of a link means: by id, else by key, at its site where it names one; of
    /// several that have or had the key, one of the same source before others, one that has it now
    /// before one that had it.
    pub(crate) fn bind(&self, end: &LinkEnd, source: SourceId) -> Option<u32> {
        if let Some(ordinal) = end.task.and_then(|id| self.find(id)) {
            return Some(ordinal);
        }
        let source = self.names.sources.find(&source);
        let stands_there = |row: &TaskRow| match &end.site {
            Some(site) => self
                .source(row.source)
                .and_then(|source| source.source.site.as_deref()?.split('/').next())
                .is_some_and(|host| host.eq_ignore_ascii_case(site)),
            None => true,
        };
        self.keyed(&end.key)
            .filter(|(_, row)| stands_there(row))
            .min_by_key(|(_, row)| {
                (Some(row.source) != source, !text::same(&row.key, &end.key), row.id)
            })
            .map(|(ordinal, _)| ordinal)
    }

    /// The parent that a row names, where it is in the store and not the row itself.
    pub(crate) fn parent(&self, row: &TaskRow) -> Option<u32> {
        let parent = row.parent.as_deref()?;
        let Id(source) = *self.names.sources.get(row.source)?;
        self.bind(parent, source).filter(|parent| self.ids.get(&row.id) != Some(parent))
    }

    /// Those whose parent is this task, in no order.
    pub(crate) fn children(&self, ordinal: u32) -> BTreeSet<u32> {
        let Some(row) = self.row(ordinal) else { return BTreeSet::new() };
        self.called_by(row)
            .into_iter()
            .flat_map(|hash| self.graph.naming_parent(hash))
            .filter(|child| self.row(*child).and_then(|row| self.parent(row)) == Some(ordinal))
            .collect()
    }

    /// The hashes of everything that a link may call this task.
    fn called_by(&self, row: &TaskRow) -> Vec<u64> {
        let ids = std::iter::once(row.id).chain(self.former_ids(row.id));
        ids.map(id_hash).chain(row.keys().map(text::folded_hash)).collect()
    }

    fn former_ids(&self, id: TaskId) -> impl Iterator<Item = TaskId> + '_ {
        self.redirected.get(&id).into_iter().flat_map(|ids| ids.iter().copied())
    }

    fn bind_end(&self, link: &LinkRow, end: &End) -> Option<u32> {
        match end {
            End::Stater => self.find(link.stated_by),
            End::Named(end) => self.bind(end, link.source),
        }
    }

    /// The links that may have this task as an end.
    fn links_of(&self, row: &TaskRow) -> Vec<Arc<LinkRow>> {
        let stated = std::iter::once(row.id)
            .chain(self.former_ids(row.id))
            .flat_map(|id| self.graph.stated_by(id));
        let named = self.called_by(row).into_iter().flat_map(|hash| self.graph.naming(hash));
        stated.chain(named).cloned().collect()
    }

    /// The edges of a task as they now are.
    fn bound_edges(&self, ordinal: u32) -> Vec<Edge> {
        let Some(row) = self.row(ordinal) else { return Vec::new() };
        let links = self.links_of(row);
        let edges = links.iter().flat_map(|link| self.edges_of(link));
        edges.filter(|(end, _)| *end == ordinal).map(|(_, edge)| edge).collect()
    }

    /// What a link is to its ends, for each that is in the store. One whose stating task is not in
    /// the store is nobody's to see, and one that leads back to its own beginning says nothing.
    fn edges_of(&self, link: &Arc<LinkRow>) -> impl Iterator<Item = (u32, Edge)> {
        let holds = link.until.is_none() && self.find(link.stated_by).is_some();
        let ends = self.ends(link);
        let [from, to] = if holds && ends[0] != ends[1] { ends } else { [None, None] };
        let review = self.review_of(link, [from, to]);
        let source = self.names.sources.find(&link.source);
        let within = [from, to]
            .into_iter()
            .flatten()
            .any(|end| self.row(end).is_some_and(|row| Some(row.source) == source));
        [(from, to, true), (to, from, false)].into_iter().filter_map(
            move |(own, other, forward)| {
                let other = other.unwrap_or(NONE);
                let (link, kind) = (Arc::clone(link), link.kind);
                Some((own?, Edge { link, other, kind, forward, review, within }))
            },
        )
    }

    /// The ordinals of a link's ends, as far as they are in the store.
    pub(crate) fn ends(&self, link: &LinkRow) -> [Option<u32>; 2] {
        [&link.from, &link.to].map(|end| self.bind_end(link, end))
    }

    /// What a person said of a link between these.
    pub(crate) fn review_of(&self, link: &LinkRow, ends: [Option<u32>; 2]) -> LinkReview {
        self.graph.reviewed(link, ends.map(|end| Some(self.row(end?)?.id)))
    }

    /// Notes the ends of links as they are bound now.
    fn touch_ends(&self, links: &[Arc<LinkRow>], touched: &mut Touched) {
        for link in links {
            for end in [&link.from, &link.to] {
                touched.edges.extend(self.bind_end(link, end));
            }
        }
    }

    /// Adds or replaces a task. One whose source is not known is about to be removed with it, and
    /// is nobody's to see.
    pub(crate) fn put_task(&mut self, task: &Task, touched: &mut Touched) {
        let source = self.names.sources.find(&task.source);
        if source.is_none_or(|source| self.source(source).is_none()) {
            return self.remove_task(task.id, touched);
        }
        let row = TaskRow::of(task, &mut self.names);
        let ordinal = self.ids.get(&row.id).copied().unwrap_or(self.rows.len() as u32);
        if self.row(ordinal) != Some(&row) {
            self.replace(ordinal, Some(row), touched);
        }
    }

    /// Forgets a task and the links that it states.
    pub(crate) fn remove_task(&mut self, id: TaskId, touched: &mut Touched) {
        self.put_links(id, Vec::new(), touched);
        if let Some(ordinal) = self.ids.get(&id).copied() {
            self.replace(ordinal, None, touched);
        }
    }

    fn replace(&mut self, ordinal: u32, new: Option<TaskRow>, touched: &mut Touched) {
        touched.changed = true;
        let old = self.rows.get(ordinal as usize).cloned().flatten();
        let (old, new) = (old.as_deref(), new.map(Arc::new));
        let renamed = match (old, new.as_deref()) {
            (Some(old), Some(new)) => !old.keys().eq(new.keys()) || old.source != new.source,
            _ => true,
        };
        let rebind = renamed && !touched.everything;
        // A link that names the task by its old or its new name may have meant another one so far.
        let rebound: Vec<_> = if rebind {
            old.into_iter().chain(new.as_deref()).flat_map(|row| self.links_of(row)).collect()
        } else {
            Vec::new()
        };
        self.touch_ends(&rebound, touched);

        self.postings.replace(ordinal, old, new.as_deref());
        self.orders.replace(ordinal, old, new.as_deref());
        let parent = |row: Option<&TaskRow>| row.and_then(|row| row.parent.clone());
        self.graph.adopt(ordinal, parent(old).as_deref(), parent(new.as_deref()).as_deref());
        index(&mut self.keys, ordinal, old, new.as_deref(), |row| {
            row.keys().map(text::folded_hash).collect()
        });
        index(&mut self.urls, ordinal, old, new.as_deref(), |row| {
            row.url.iter().map(|url| text::folded_hash(url)).collect()
        });
        match (old, new.as_deref()) {
            (None, Some(new)) => drop(self.ids.insert(new.id, ordinal)),
            (Some(old), None) => drop(self.ids.remove(&old.id)),
            _ => {}
        }
        let opened = old.map(state) != new.as_deref().map(state);
        if ordinal as usize == self.rows.len() {
            self.row_ids.extend(new.as_ref().map(|row| row.id));
            self.rows.push_back(new);
        } else {
            self.rows[ordinal as usize] = new;
        }

        if rebind {
            touched.edges.insert(ordinal);
            self.touch_ends(&rebound, touched);
        }
        if opened && !touched.everything {
            touched.readiness.insert(ordinal);
            touched.readiness.extend(self.dependents(ordinal));
        }
    }

    fn dependents(&self, ordinal: u32) -> impl Iterator<Item = u32> + '_ {
        self.graph
            .edges(ordinal)
            .iter()
            .filter(|edge| edge.forward && edge.blocks() && edge.other != NONE)
            .map(|edge| edge.other)
    }

    /// Replaces the links that a task states.
    pub(crate) fn put_links(&mut self, stater: TaskId, links: Vec<Link>, touched: &mut Touched) {
        let links = self.graph.state(stater, links);
        touched.changed |= !links.is_empty();
        if !touched.everything {
            self.touch_ends(&links, touched);
        }
    }

    /// Replaces what people said of links.
    pub(crate) fn put_reviews(
        &mut self,
        reviews: HashMap<LinkId, LinkReview>,
        touched: &mut Touched,
    ) {
        touched.reviews |= self.graph.review(reviews);
        touched.changed |= touched.reviews;
    }

    /// Replaces what tasks have become.
    pub(crate) fn put_redirects(
        &mut self,
        redirects: Vec<(TaskId, TaskId)>,
        touched: &mut Touched,
    ) {
        let new: imbl::HashMap<TaskId, TaskId> = redirects.into_iter().collect();
        if new == self.redirects {
            return;
        }
        touched.changed = true;
        let moved: BTreeSet<TaskId> = self
            .redirects
            .iter()
            .chain(&new)
            .filter(|&(from, _)| self.redirects.get(from) != new.get(from))
            .map(|(from, _)| *from)
            .collect();
        self.touch_moved(&moved, touched);
        self.redirects = new;
        let mut reverse = BTreeMap::<TaskId, Vec<TaskId>>::new();
        for from in self.redirects.keys() {
            let mut id = *from;
            for _ in 0..16 {
                let Some(next) = self.redirects.get(&id) else { break };
                id = *next;
                reverse.entry(id).or_default().push(*from);
            }
        }
        self.redirected = reverse
            .into_iter()
            .map(|(to, mut from)| {
                from.sort_unstable();
                (to, from.into())
            })
            .collect();
        self.touch_moved(&moved, touched);
    }

    fn touch_moved(&self, moved: &BTreeSet<TaskId>, touched: &mut Touched) {
        for id in moved {
            let links: Vec<_> =
                self.graph.stated_by(*id).chain(self.graph.naming(id_hash(*id))).cloned().collect();
            self.touch_ends(&links, touched);
        }
    }

    /// What a task names that is not known yet: its project, and people.
    pub(crate) fn unknown_to(&self, task: &Task) -> (Option<ProjectId>, Vec<PersonId>) {
        let project = self.names.projects.find(&task.project);
        let known = project.is_some_and(|project| self.project(project).is_some());
        let people = task.assignees.iter().chain(&task.author).copied();
        let unknown = people.filter(|id| {
            let identity = self.names.people.find(id);
            identity.is_none_or(|identity| self.people.identity(identity).is_none())
        });
        ((!known).then_some(task.project), unknown.collect())
    }

    /// Adds or replaces an identity.
    pub(crate) fn put_identity(&mut self, identity: Identity, touched: &mut Touched) {
        let symbol = self.names.people.intern(&identity.id);
        self.replace_identity(symbol, Some(identity), touched);
    }

    /// Forgets an identity.
    pub(crate) fn remove_identity(&mut self, id: PersonId, touched: &mut Touched) {
        if let Some(symbol) = self.names.people.find(&id) {
            self.replace_identity(symbol, None, touched);
        }
    }

    fn replace_identity(&mut self, symbol: Symbol, new: Option<Identity>, touched: &mut Touched) {
        let regroups = (!touched.everything).then_some(&mut touched.identities);
        touched.changed |= self.people.put(symbol, new, &mut self.names.sources, regroups);
    }

    /// Adds or replaces a project.
    pub(crate) fn put_project(&mut self, project: Project, touched: &mut Touched) {
        let symbol = self.names.projects.intern(&project.id);
        if self.project(symbol).map(|old| &**old) != Some(&project) {
            self.replace_project(symbol, Some(project), touched);
        }
    }

    /// Forgets a project.
    pub(crate) fn remove_project(&mut self, id: ProjectId, touched: &mut Touched) {
        let symbol = self.names.projects.find(&id);
        if let Some(symbol) = symbol.filter(|symbol| self.project(*symbol).is_some()) {
            self.replace_project(symbol, None, touched);
        }
    }

    fn replace_project(&mut self, symbol: Symbol, new: Option<Project>, touched: &mut Touched) {
        touched.changed = true;
        let place = slot(&mut self.projects, symbol);
        let old = std::mem::replace(place, new.map(Arc::new));
        index(&mut self.project_keys, symbol, old.as_deref(), place.as_deref(), |project| {
            vec![text::folded_hash(&project.key)]
        });
    }

    /// The projects of this key, whatever the case.
    pub(crate) fn projects_called<'a>(
        &'a self,
        key: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Project>> {
        let hash = text::folded_hash(key);
        let symbols = self.project_keys.range((hash, 0)..=(hash, u32::MAX));
        symbols
            .filter_map(|(_, symbol)| self.project(*symbol))
            .filter(move |project| text::same(&project.key, key))
    }

    /// Replaces all sources and their scopes; answers whether that changed anything of them. What
    /// belongs to a source that has gone goes with it at once.
    pub(crate) fn put_sources(&mut self, rows: Vec<SourceRow>, touched: &mut Touched) -> bool {
        let known = |snapshot: &Self| -> BTreeSet<Symbol> {
            let symbols = 0..snapshot.sources.len() as Symbol;
            symbols.filter(|symbol| snapshot.source(*symbol).is_some()).collect()
        };
        let mut gone = known(self);
        let mut changed = false;
        for row in rows {
            let symbol = self.names.sources.intern(&row.source.id);
            gone.remove(&symbol);
            for scope in &row.scopes {
                let scope_symbol = self.names.scopes.intern_scope(row.source.id, &scope.key);
                *slot(&mut self.synced, scope_symbol) = scope.synced_at;
            }
            if self.source(symbol).map(|old| &**old) != Some(&row) {
                changed = true;
                *slot(&mut self.sources, symbol) = Some(Arc::new(row));
            }
        }
        for symbol in gone {
            changed = true;
            self.remove_source(symbol, touched);
        }
        changed
    }

    fn remove_source(&mut self, symbol: Symbol, touched: &mut Touched) {
        let Some(row) = slot(&mut self.sources, symbol).take() else { return };
        let tasks = self.postings.source.get(symbol).cloned().unwrap_or_default();
        for ordinal in &*tasks {
            if let Some(id) = self.row(ordinal).map(|row| row.id) {
                self.remove_task(id, touched);
            }
        }
        let projects: Vec<ProjectId> = self
            .projects
            .iter()
            .flatten()
            .filter(|project| project.source == row.source.id)
            .map(|project| project.id)
            .collect();
        for id in projects {
            self.remove_project(id, touched);
        }
    }

    /// Brings people, edges and readiness up to date after a set of changes.
    pub(crate) fn settle(&mut self, mut touched: Touched) {
        if touched.everything {
            return self.settle_all();
        }
        self.people.settle(std::mem::take(&mut touched.identities));
        if touched.reviews {
            // Few are ever reviewed, and that seldom: all that a text states is looked at again.
            let inferred =
                self.graph.links().filter(|link| link.origin == LinkOrigin::Inferred).cloned();
            let inferred: Vec<_> = inferred.collect();
            self.touch_ends(&inferred, &mut touched);
        }
        for ordinal in &touched.edges {
            let edges = self.bound_edges(*ordinal);
            self.bind_edges(*ordinal, edges);
        }
        for ordinal in touched.edges.union(&touched.readiness) {
            self.settle_readiness(*ordinal);
        }
    }

    /// The same for everybody, and for every task, link by link.
    fn settle_all(&mut self) {
        self.people.settle_all();
        let mut edges = vec![Vec::new(); self.rows.len()];
        for link in self.graph.links() {
            for (ordinal, edge) in self.edges_of(link) {
                edges[ordinal as usize].push(edge);
            }
        }
        for (ordinal, edges) in (0..).zip(edges) {
            self.bind_edges(ordinal, edges);
            self.settle_readiness(ordinal);
        }
    }

    /// Replaces the edges of a task, and what follows from them alone.
    fn bind_edges(&mut self, ordinal: u32, edges: Vec<Edge>) {
        let mirroring = edges.iter().any(|edge| edge.forward && mirrors(edge));
        put(&mut self.postings.mirroring, ordinal, mirroring);
        self.graph.bind(ordinal, edges);
    }

    fn settle_readiness(&mut self, ordinal: u32) {
        let (mut blocked, mut across, mut ready) = (false, false, false);
        if let Some(row) = self.row(ordinal) {
            for edge in self.graph.edges(ordinal) {
                let Some(other) = self.row(edge.other) else { continue };
                if row.waits() && !edge.forward && edge.blocks() && other.is_open() {
                    blocked = true;
                    across |= other.source != row.source
                        || self.names.sources.find(&edge.link.source) != Some(row.source);
                }
            }
            ready = row.may_begin() && !blocked;
        }
        put(&mut self.postings.blocked, ordinal, blocked);
        put(&mut self.postings.blocked_across, ordinal, across);
        put(&mut self.postings.ready, ordinal, ready);
    }
}

/// What of a row decides its own readiness and that of others.
fn state(row: &TaskRow) -> (bool, bool, bool, Symbol) {
    (row.is_open(), row.waits(), row.may_begin(), row.source)
}

/// Replaces the hashes of an ordinal in an index.
pub(crate) fn index<T>(
    set: &mut imbl::OrdSet<(u64, u32)>,
    ordinal: u32,
    old: Option<&T>,
    new: Option<&T>,
    hashes: fn(&T) -> Vec<u64>,
) {
    let old = old.map(hashes).unwrap_or_default();
    let new = new.map(hashes).unwrap_or_default();
    if old != new {
        for hash in old {
            set.remove(&(hash, ordinal));
        }
        for hash in new {
            set.insert((hash, ordinal));
        }
    }
}

/// The place of a symbol in a list, which grows to hold it.
pub(crate) fn slot<T: Clone>(list: &mut imbl::Vector<Option<T>>, symbol: Symbol) -> &mut Option<T> {
    while list.len() <= symbol as usize {
        list.push_back(None);
    }
    &mut list[symbol as usize]
}
