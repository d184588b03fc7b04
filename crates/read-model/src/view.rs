//! A view: one immutable snapshot, seen with one caller's eyes. There is no other way to read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use mainstem_model::{
    Identity, PersonId, Position, Project, ProjectId, SourceId, TaskId, Timestamp, Visibility,
};
use mainstem_store::FieldAsOf;
use roaring::RoaringBitmap;

use crate::count::{GroupField, MAX_FIELDS, TaskCount, tally};
use crate::filter::TaskFilter;
use crate::graph::Edge;
use crate::names::{NONE, Names, Symbol};
use crate::order::{BY_RANK, Step, TaskOrder, steps};
use crate::page::{Page, PageRequest};
use crate::past::{Past, undo};
use crate::plan::Plan;
use crate::postings::Set;
use crate::refs::{PersonRef, ProjectRef, SourceRef, TaskRef};
use crate::row::TaskRow;
use crate::select::{self, ListOrder};
use crate::snapshot::{Snapshot, SourceRow};
use crate::{Calendars, QueryError};

/// A snapshot seen with one caller's eyes. Cheap to clone; a query takes one for its whole life.
///
/// Of a source that is hidden from the caller nothing shows: no task, person, project or count, and
/// no edge that one of its tasks states or that leads to one of them.
#[derive(Clone)]
pub struct View(Arc<Inner>);

struct Inner {
    snapshot: Arc<Snapshot>,
    visibility: Visibility,
    /// The tasks that the caller sees.
    universe: Set,
    /// The people whom the caller sees, once somebody asks.
    people: OnceLock<RoaringBitmap>,
    /// The people whom the caller does not see, once somebody asks.
    hidden_people: OnceLock<RoaringBitmap>,
    past: Option<Past>,
    /// When the view was taken.
    now: Timestamp,
    calendars: Arc<Calendars>,
}

/// Names a task within one view and its clones: what an owned resolver object keeps beside the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskOrdinal(pub(crate) u32);

impl TaskOrdinal {
    /// The task that a node of a schedule, a shift or a cycle stands for.
    #[must_use]
    pub const fn of_node(node: u32) -> Self {
        Self(node)
    }
}

/// A list of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TaskQuery {
    /// Which tasks; present ones only unless it names presence.
    pub filter: Option<TaskFilter>,
    /// Only these tasks, such as those that a search found, best first.
    pub among: Option<Vec<TaskId>>,
    /// In which order; where empty, that of `among`, else the newest update first.
    pub order: Vec<TaskOrder>,
    /// Which page.
    pub page: PageRequest,
}

impl View {
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        visibility: Visibility,
        now: Timestamp,
        calendars: Arc<Calendars>,
    ) -> Self {
        let universe = match &visibility {
            Visibility::Everything => Arc::clone(&snapshot.postings.all),
            Visibility::Sources(sources) => {
                let known = sources.iter().filter_map(|id| snapshot.names.sources.find(id));
                let sets = known.filter_map(|source| snapshot.postings.source.get(source));
                Arc::new(sets.fold(RoaringBitmap::new(), |union, set| union | &**set))
            }
        };
        let (people, hidden_people, past) = (OnceLock::new(), OnceLock::new(), None);
        Self(Arc::new(Inner {
            snapshot,
            visibility,
            universe,
            people,
            hidden_people,
            past,
            now,
            calendars,
        }))
    }

    /// When the view was taken, which is now for whoever reads it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// When people work.
    #[must_use]
    pub fn calendars(&self) -> &Calendars {
        &self.0.calendars
    }

    /// The place in the change log that the snapshot stands at.
    #[must_use]
    pub fn position(&self) -> Position {
        self.snapshot().position
    }

    /// Grows whenever anything that a view shows has changed, sources and freshness included: with
    /// (visibility, question) it names an answer that is exact, within this process.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.snapshot().generation
    }

    /// Like [`View::generation`], but grows only where tasks, links, people or projects changed: for
    /// answers that show neither sources nor freshness.
    #[must_use]
    pub fn content_generation(&self) -> u64 {
        self.snapshot().content_generation
    }

    /// What the caller may see.
    #[must_use]
    pub fn visibility(&self) -> &Visibility {
        &self.0.visibility
    }

    /// This view with every task as its tool had it at `at`. `undo` holds, for every field of a
    /// visible task that changed after `at`, the value it had then; fields that it does not name
    /// are as now, and so are links, people and projects. Tasks created after `at` are absent.
    #[must_use]
    pub fn as_of(&self, at: Timestamp, changes: Vec<FieldAsOf>) -> Self {
        let mut universe = (*self.0.universe).clone();
        let past = undo(self.snapshot(), &mut universe, at, changes);
        Self(Arc::new(Inner {
            snapshot: Arc::clone(&self.0.snapshot),
            visibility: self.0.visibility.clone(),
            universe: Arc::new(universe),
            people: OnceLock::new(),
            hidden_people: OnceLock::new(),
            past: Some(past),
            now: self.0.now,
            calendars: Arc::clone(&self.0.calendars),
        }))
    }

    // Tasks.

    /// A page of tasks.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn tasks(&self, query: &TaskQuery) -> Result<Page<TaskRef<'_>>, QueryError> {
        let order = self.order_of(query)?;
        let mut plan = Plan::of(self, query.filter.as_ref())?;
        if let Some(among) = &query.among {
            plan = plan.among(among.iter().filter_map(|id| self.visible(*id)).collect());
        }
        Ok(self.shown(select::page(&plan, &order, &query.page)?))
    }

    /// A page of a list that was computed already, such as blockers or children.
    ///
    /// # Errors
    /// [`QueryError::Cursor`], [`QueryError::TooComplex`].
    pub fn page_of(
        &self,
        tasks: &[TaskOrdinal],
        order: &[TaskOrder],
        page: &PageRequest,
    ) -> Result<Page<TaskRef<'_>>, QueryError> {
        let order = self.list_order(steps(order)?);
        let rows = tasks.iter().map(|task| task.0).filter(|task| self.universe().contains(*task));
        Ok(self.shown(order.page(rows, page)?))
    }

    /// Every task that a filter matches, in no order.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn all_tasks(&self, filter: &TaskFilter) -> Result<Vec<TaskOrdinal>, QueryError> {
        let plan = Plan::of(self, Some(filter))?;
        Ok(select::passing(self, &plan).iter().map(TaskOrdinal).collect())
    }

    /// The cursor of a task in the list that [`View::tasks`] gives, and in that of
    /// [`View::page_of`] with the order of this query.
    #[must_use]
    pub fn cursor(&self, query: &TaskQuery, task: TaskRef<'_>) -> String {
        let Some(among) = query.among.as_ref().filter(|_| query.order.is_empty()) else {
            let steps = steps(&query.order).unwrap_or_default();
            return self.list_order(steps).cursor(task.ordinal, task.row);
        };
        let mut order = self.list_order(BY_RANK.to_vec());
        let rank = among.iter().position(|id| self.visible(*id) == Some(task.ordinal));
        order.ranks.extend(rank.map(|rank| (task.ordinal, rank as i64)));
        order.cursor(task.ordinal, task.row)
    }

    /// Whether a task matches a filter, as a subscription asks.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn matches(&self, filter: &TaskFilter, task: TaskRef<'_>) -> Result<bool, QueryError> {
        Ok(Plan::of(self, Some(filter))?.passes(task.ordinal, task.row))
    }

    /// Counts by one or two fields, greatest first, then by value, absent values last.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn task_counts(
        &self,
        filter: Option<&TaskFilter>,
        by: &[GroupField],
    ) -> Result<Vec<TaskCount<'_>>, QueryError> {
        if by.len() > MAX_FIELDS {
            return Err(QueryError::TooComplex {
                what: "the number of fields to count by",
                limit: MAX_FIELDS,
            });
        }
        let plan = Plan::of(self, filter)?;
        Ok(tally(self, &select::passing(self, &plan), by))
    }

    /// The task of this id, or what it has become where it moved; in whatever presence.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<TaskRef<'_>> {
        self.task_ref(self.visible(id)?)
    }

    /// The task of this ordinal.
    #[must_use]
    pub fn task_at(&self, ordinal: TaskOrdinal) -> Option<TaskRef<'_>> {
        self.task_ref(ordinal.0)
    }

    /// The task that has this key now, else the one that once had it, whatever the case.
    ///
    /// # Errors
    /// [`QueryError::Ambiguous`] where several have it; `source` narrows it.
    pub fn task_by_key(
        &self,
        key: &str,
        source: Option<SourceId>,
    ) -> Result<Option<TaskRef<'_>>, QueryError> {
        let (now, before): (Vec<_>, Vec<_>) = self
            .snapshot()
            .keyed(key)
            .filter_map(|(ordinal, _)| self.task_ref(ordinal))
            .filter(|task| source.is_none_or(|source| task.source_id() == source))
            .partition(|task| crate::text::same(task.key(), key));
        only(if now.is_empty() { before } else { now })
    }

    /// The task at this URL.
    ///
    /// # Errors
    /// [`QueryError::Ambiguous`] where several have it; `source` narrows it.
    pub fn task_by_url(
        &self,
        url: &str,
        source: Option<SourceId>,
    ) -> Result<Option<TaskRef<'_>>, QueryError> {
        let found = self
            .snapshot()
            .at_url(url)
            .filter_map(|(ordinal, _)| self.task_ref(ordinal))
            .filter(|task| source.is_none_or(|source| task.source_id() == source));
        only(found.collect())
    }

    // People, projects, sources.

    /// The person who has the identity of this id. One that is hidden leads to nobody, or its id would
    /// tell whether a person is known there too.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<PersonRef<'_>> {
        let symbol = self.names().people.find(&id)?;
        let identity = self.snapshot().people.identity(symbol)?;
        self.0.visibility.allows(identity.source).then(|| self.person_ref(symbol))?
    }

    /// A project.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<ProjectRef<'_>> {
        self.project_ref(self.names().projects.find(&id)?)
    }

    /// A source.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<SourceRef<'_>> {
        self.source_ref(self.names().sources.find(&id)?)
    }

    /// The source of this name.
    #[must_use]
    pub fn source_by_name(&self, name: &str) -> Option<SourceRef<'_>> {
        self.source(SourceId::of(name))
    }

    // What the other modules read a snapshot through.

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.0.snapshot
    }

    pub(crate) fn names(&self) -> &Names {
        self.0.past.as_ref().map_or(&self.0.snapshot.names, |past| &past.names)
    }

    /// The tasks that the caller sees.
    pub(crate) fn universe(&self) -> &RoaringBitmap {
        &self.0.universe
    }

    /// Whether the caller sees every task of the snapshot.
    pub(crate) fn sees_all(&self) -> bool {
        self.0.visibility == Visibility::Everything && !self.is_past()
    }

    pub(crate) fn is_past(&self) -> bool {
        self.0.past.is_some()
    }

    /// The row of an ordinal, whether or not the caller sees it.
    pub(crate) fn row(&self, ordinal: u32) -> Option<&TaskRow> {
        let then = self.0.past.as_ref().and_then(|past| past.rows.get(&ordinal));
        then.map(|row| &**row).or_else(|| self.snapshot().row(ordinal))
    }

    fn visible(&self, id: TaskId) -> Option<u32> {
        self.snapshot().find(id).filter(|ordinal| self.universe().contains(*ordinal))
    }

    pub(crate) fn task_ref(&self, ordinal: u32) -> Option<TaskRef<'_>> {
        if !self.universe().contains(ordinal) {
            return None;
        }
        Some(TaskRef { view: self, ordinal, row: self.row(ordinal)? })
    }

    fn shown(&self, page: Page<u32>) -> Page<TaskRef<'_>> {
        Page {
            items: page.items.into_iter().filter_map(|ordinal| self.task_ref(ordinal)).collect(),
            has_previous: page.has_previous,
            has_next: page.has_next,
            total: page.total,
        }
    }

    fn list_order(&self, steps: Vec<Step>) -> ListOrder<'_> {
        ListOrder { view: self, steps, ranks: HashMap::new() }
    }

    fn order_of(&self, query: &TaskQuery) -> Result<ListOrder<'_>, QueryError> {
        let Some(among) = query.among.as_ref().filter(|_| query.order.is_empty()) else {
            return Ok(self.list_order(steps(&query.order)?));
        };
        let mut order = self.list_order(BY_RANK.to_vec());
        // Backward, so that the best place of a task named twice stays.
        let ranked = among.iter().enumerate().rev();
        order.ranks =
            ranked.filter_map(|(rank, id)| Some((self.visible(*id)?, rank as i64))).collect();
        Ok(order)
    }

    /// The person whose identity a symbol stands for.
    pub(crate) fn person_ref(&self, symbol: Symbol) -> Option<PersonRef<'_>> {
        let symbol = self.snapshot().people.leader(symbol);
        let first = self.identities(symbol).next()?;
        Some(PersonRef { view: self, symbol, first })
    }

    /// The leaders of the people whom the caller sees.
    pub(crate) fn visible_people(&self) -> &RoaringBitmap {
        self.0.people.get_or_init(|| {
            let snapshot = self.snapshot();
            let sources = (0..snapshot.sources.len() as Symbol)
                .filter(|source| self.allows(*source))
                .filter_map(|source| snapshot.people.known_by(source));
            let known = sources.fold(RoaringBitmap::new(), |union, set| union | &**set);
            snapshot.people.reduce(known)
        })
    }

    /// All symbols but the leaders of the people whom the caller sees; `None` where nobody is hidden.
    pub(crate) fn hidden_people(&self) -> Option<&RoaringBitmap> {
        if self.0.visibility == Visibility::Everything {
            return None;
        }
        Some(self.0.hidden_people.get_or_init(|| {
            let mut hidden = RoaringBitmap::new();
            hidden.insert_range(0..self.names().people.len() as u32);
            hidden - self.visible_people()
        }))
    }

    /// Whether the caller sees this source.
    pub(crate) fn allows(&self, source: Symbol) -> bool {
        let id = self.names().sources.get(source);
        id.is_some_and(|id| self.0.visibility.allows(id.0))
    }

    /// The identities of a person that the caller sees, by id.
    pub(crate) fn identities(&self, leader: Symbol) -> impl Iterator<Item = &Identity> {
        let all = self.snapshot().people.identities(leader);
        all.filter(|identity| self.0.visibility.allows(identity.source))
    }

    pub(crate) fn project_row(&self, symbol: Symbol) -> Option<&Project> {
        let project = self.snapshot().project(symbol)?;
        self.0.visibility.allows(project.source).then_some(&**project)
    }

    pub(crate) fn project_ref(&self, symbol: Symbol) -> Option<ProjectRef<'_>> {
        Some(ProjectRef { view: self, project: self.project_row(symbol)? })
    }

    pub(crate) fn source_row(&self, symbol: Symbol) -> Option<&SourceRow> {
        let row = self.snapshot().source(symbol)?;
        self.0.visibility.allows(row.source.id).then_some(&**row)
    }

    pub(crate) fn source_ref(&self, symbol: Symbol) -> Option<SourceRef<'_>> {
        Some(SourceRef { row: self.source_row(symbol)? })
    }

    /// The tasks of a person that the caller sees, in whatever state.
    pub(crate) fn assigned_to(&self, leader: Symbol) -> RoaringBitmap {
        let Snapshot { people, postings, .. } = self.snapshot();
        if self.is_past() {
            let theirs =
                |row: &TaskRow| row.assignees.iter().any(|one| people.leader(*one) == leader);
            let all = self.universe().iter();
            return all.filter(|ordinal| self.row(*ordinal).is_some_and(theirs)).collect();
        }
        let sets = people.symbols(leader).filter_map(|symbol| postings.assignee.get(symbol));
        sets.fold(RoaringBitmap::new(), |union, set| union | (&**set & self.universe()))
    }

    // The graph.

    /// The parent that the caller sees.
    pub(crate) fn parent_of(&self, row: &TaskRow) -> Option<u32> {
        row.parent.as_ref()?;
        self.snapshot().parent(row).filter(|parent| self.universe().contains(*parent))
    }

    /// Whether the caller, who sees the task that it is an edge of, sees it: the task that states it, and
    /// the other end where it exists.
    pub(crate) fn shows(&self, edge: &Edge) -> bool {
        let seen = if edge.other == NONE {
            self.shows_unbound(&edge.link, edge.other_end())
        } else {
            self.universe().contains(edge.other)
        };
        // The link itself lies elsewhere in memory, and is only looked at where it must be.
        let within = edge.within && edge.other != NONE;
        seen && (within || self.sees_all_sources() || self.allows_source(edge.link.source))
    }

    /// Whether nothing is hidden from the caller.
    pub(crate) fn sees_all_sources(&self) -> bool {
        self.0.visibility == Visibility::Everything
    }

    /// Whether the caller sees what is of this source.
    pub(crate) fn allows_source(&self, source: SourceId) -> bool {
        self.0.visibility.allows(source)
    }

    /// Whether the caller sees a project of this key, whatever the case.
    pub(crate) fn knows_project(&self, key: &str) -> bool {
        let mut called = self.snapshot().projects_called(key);
        called.any(|project| self.0.visibility.allows(project.source))
    }

    /// Whether a task can hold others up.
    pub(crate) fn is_open(&self, ordinal: u32) -> bool {
        if self.is_past() {
            return self.row(ordinal).is_some_and(TaskRow::is_open);
        }
        self.snapshot().postings.open.contains(ordinal)
    }

    /// Nothing that the caller sees holds it up.
    pub(crate) fn is_ready(&self, ordinal: u32, row: &TaskRow) -> bool {
        row.may_begin() && !self.is_blocked(ordinal, row)
    }

    /// Something that the caller sees holds it up.
    pub(crate) fn is_blocked(&self, ordinal: u32, row: &TaskRow) -> bool {
        if self.sees_all() {
            return self.snapshot().postings.blocked.contains(ordinal);
        }
        row.waits() && self.next_to(ordinal, false).any(|other| self.is_open(other))
    }

    /// All rows that are blocked, as the caller sees it. Only where another source has a part in it
    /// do eyes make a difference.
    pub(crate) fn blocked_rows(&self) -> Cow<'_, RoaringBitmap> {
        let postings = &self.snapshot().postings;
        if self.sees_all() {
            return Cow::Borrowed(&*postings.blocked);
        }
        let across = &*postings.blocked_across & self.universe();
        let unseen = across.iter().filter(|ordinal| {
            !self.row(*ordinal).is_some_and(|row| self.is_blocked(*ordinal, row))
        });
        Cow::Owned(&*postings.blocked - unseen.collect::<RoaringBitmap>())
    }

    /// All rows that are ready, as the caller sees it.
    pub(crate) fn ready_rows(&self) -> Cow<'_, RoaringBitmap> {
        let postings = &self.snapshot().postings;
        if self.sees_all() {
            return Cow::Borrowed(&*postings.ready);
        }
        let across = &*postings.blocked_across & self.universe();
        let freed = across
            .iter()
            .filter(|ordinal| self.row(*ordinal).is_some_and(|row| self.is_ready(*ordinal, row)));
        Cow::Owned(&*postings.ready | freed.collect::<RoaringBitmap>())
    }
}

/// The one of several; none of none.
fn only(mut found: Vec<TaskRef<'_>>) -> Result<Option<TaskRef<'_>>, QueryError> {
    if found.len() <= 1 {
        return Ok(found.pop());
    }
    let name = |task: &TaskRef<'_>| {
        let source = task.source().map_or("", |source| &source.get().name);
        format!("{source}: {} ({})", task.key(), task.id())
    };
    found.sort_by_key(|task| task.id());
    Err(QueryError::Ambiguous { candidates: found.iter().take(10).map(name).collect() })
}
