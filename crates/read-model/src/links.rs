//! Links as a caller sees them: those of a task, and all of them.

use std::collections::HashSet;

use mainstem_model::{
    Evidence, LinkId, LinkKind, LinkOrigin, LinkReview, LinkState, SourceId, TaskId, Timestamp,
};
use roaring::RoaringBitmap;

use crate::QueryError;
use crate::filter::{Filter, LinkFilter, LinkPredicate};
use crate::graph::{Edge, End, LinkRow};
use crate::limits::check;
use crate::listing::listed;
use crate::names::NONE;
use crate::order::{SortKey, SortValue, Step};
use crate::page::{Page, PageRequest};
use crate::plan::Plan;
use crate::refs::TaskRef;
use crate::select::passing;
use crate::view::View;
use crate::{cursor, text};

/// Since when they hold, oldest first.
const BY_AGE: &[Step] = &[Step { key: SortKey::Since, descending: false }];

/// A link that the caller may see. One that leads to a task in a hidden source does not exist for the
/// caller.
#[derive(Clone, Copy)]
pub struct LinkRef<'v> {
    view: &'v View,
    link: &'v LinkRow,
    /// The ordinals of its ends, [`NONE`] where one is not in the store.
    ends: [u32; 2],
    review: LinkReview,
}

/// One end of a link.
#[derive(Clone, Copy)]
pub struct LinkEndRef<'v> {
    /// The task, where it is in the store.
    pub task: Option<TaskRef<'v>>,
    /// The task's present key; where it is not in the store, what the link calls it.
    pub key: &'v str,
}

impl<'v> LinkRef<'v> {
    /// The edge of this task as a link.
    pub(crate) fn of_edge(view: &'v View, ordinal: u32, edge: &'v Edge) -> Self {
        let ends = if edge.forward { [ordinal, edge.other] } else { [edge.other, ordinal] };
        Self { view, link: &edge.link, ends, review: edge.review }
    }

    /// A link by its row, where the caller sees it.
    pub(crate) fn of_row(view: &'v View, link: &'v LinkRow) -> Option<Self> {
        let snapshot = view.snapshot();
        let ends = snapshot.ends(link);
        let review = snapshot.review_of(link, ends);
        let ends = ends.map(|end| end.unwrap_or(NONE));
        let shown = snapshot.find(link.stated_by).is_some() && view.shows_link(link, ends);
        shown.then_some(Self { view, link, ends, review })
    }

    /// Derives from kind, origin and both ends as they are stated.
    #[must_use]
    pub fn id(self) -> LinkId {
        self.link.id
    }

    /// The ids by which a person's review of it is known: as it is stated, and as it were with both
    /// ends known by id.
    #[must_use]
    pub fn review_ids(self) -> Vec<LinkId> {
        let ends = self.ends.map(|end| Some(self.view.row(end)?.id));
        std::iter::once(self.link.id).chain(self.link.between(ends)).collect()
    }

    /// What it says.
    #[must_use]
    pub fn kind(self) -> LinkKind {
        self.link.kind
    }

    /// Where it comes from.
    #[must_use]
    pub fn origin(self) -> LinkOrigin {
        self.link.origin
    }

    /// Where it starts.
    #[must_use]
    pub fn from(self) -> LinkEndRef<'v> {
        self.end(0)
    }

    /// Where it leads.
    #[must_use]
    pub fn to(self) -> LinkEndRef<'v> {
        self.end(1)
    }

    fn end(self, which: usize) -> LinkEndRef<'v> {
        if let Some(task) = self.view.task_ref(self.ends[which]) {
            return LinkEndRef { task: Some(task), key: task.key() };
        }
        let end = if which == 0 { &self.link.from } else { &self.link.to };
        let key = match end {
            End::Named(end) => end.key.as_str(),
            // The task that states the link is in the store, or the link would not be shown.
            End::Stater => "",
        };
        LinkEndRef { task: None, key }
    }

    /// The task whose text or payload states it.
    #[must_use]
    pub fn stated_by(self) -> TaskId {
        self.link.stated_by
    }

    /// The source of that task.
    #[must_use]
    pub fn source_id(self) -> SourceId {
        self.link.source
    }

    /// Whether both ends are in the store, in two sources.
    #[must_use]
    pub fn cross_tool(self) -> bool {
        let sources = self.ends.map(|end| self.view.row(end).map(|row| row.source));
        matches!(sources, [Some(from), Some(to)] if from != to)
    }

    /// 0 to 1; 1 for native and declared links.
    #[must_use]
    pub fn confidence(self) -> f64 {
        self.link.confidence
    }

    /// What a person said of it, or of another statement of the same.
    #[must_use]
    pub fn review(self) -> LinkReview {
        self.review
    }

    /// Why it is believed.
    #[must_use]
    pub fn evidence(self) -> &'v [Evidence] {
        &self.link.evidence
    }

    /// Since when it holds.
    #[must_use]
    pub fn since(self) -> Timestamp {
        self.link.since
    }

    /// When it ended.
    #[must_use]
    pub fn until(self) -> Option<Timestamp> {
        self.link.until
    }

    /// How it stands.
    #[must_use]
    pub fn state(self) -> LinkState {
        let [from, to] = self.ends.map(|end| self.view.row(end));
        match (from, to) {
            _ if self.link.until.is_some() => LinkState::Ended,
            _ if self.review == LinkReview::Rejected => LinkState::Rejected,
            (None, _) | (_, None) => LinkState::Unbound,
            (Some(from), Some(to)) => {
                let blocks = self.link.kind == LinkKind::Blocks;
                let holds_up = from.is_open() && to.waits();
                if blocks && !holds_up { LinkState::Settled } else { LinkState::Active }
            }
        }
    }
}

/// Which links of a task are told: of several statements of the same, the first.
#[derive(Default)]
struct Told {
    /// Of the edges between these tasks, which stand side by side, what was told.
    between: Option<(LinkKind, [u32; 2])>,
    said: Vec<LinkOrigin>,
    /// Of those with an end that is not in the store: its key, whatever the case, and on which side.
    missing: HashSet<(LinkKind, LinkOrigin, bool, String)>,
}

impl Told {
    /// Whether it is told for the first time.
    fn adds(&mut self, link: LinkRef<'_>) -> bool {
        if let Some(which) = link.ends.iter().position(|end| *end == NONE) {
            let key = text::fold(link.end(which).key);
            return self.missing.insert((link.kind(), link.origin(), which == 0, key));
        }
        let between = Some((link.kind(), link.ends));
        if self.between != between {
            (self.between, self.said) = (between, Vec::new());
        }
        let new = !self.said.contains(&link.origin());
        self.said.extend(new.then(|| link.origin()));
        new
    }
}

impl<'v> TaskRef<'v> {
    /// Its links that hold, of these kinds and origins (all where `None`), by kind, direction and id,
    /// which is the same order in every process. Of several statements of the same edge, one is shown.
    #[must_use]
    pub fn links(
        self,
        kinds: Option<&[LinkKind]>,
        origins: Option<&[LinkOrigin]>,
    ) -> Vec<LinkRef<'v>> {
        let mut links = Vec::<LinkRef<'v>>::new();
        let mut told = Told::default();
        for edge in self.view.snapshot().graph.edges(self.ordinal) {
            let wanted = kinds.is_none_or(|kinds| kinds.contains(&edge.kind))
                && origins.is_none_or(|origins| origins.contains(&edge.link.origin));
            if wanted && self.view.shows(edge) {
                let link = LinkRef::of_edge(self.view, self.ordinal, edge);
                if told.adds(link) {
                    links.push(link);
                }
            }
        }
        links.sort_by_key(|link| (link.kind(), link.ends[0] == self.ordinal, link.id()));
        links
    }
}

impl View {
    /// The link of this id; the interval that holds, else the last one. Looks through every link: this
    /// is for single questions.
    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<LinkRef<'_>> {
        let rows = self.snapshot().graph.links().filter(|link| link.id == id);
        let links = rows.filter_map(|row| LinkRef::of_row(self, row));
        links.max_by_key(|link| (link.until().is_none(), link.since()))
    }

    /// A page of all links, those that hold longest first. Without a word about `until`, only those that
    /// hold.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn links(
        &self,
        filter: Option<&LinkFilter>,
        page: &PageRequest,
    ) -> Result<Page<LinkRef<'_>>, QueryError> {
        listed(self.all_links(filter)?, BY_AGE, |link| (since(*link), link.id().0), page)
    }

    /// The cursor of a link in [`View::links`].
    #[must_use]
    pub fn link_cursor(&self, link: LinkRef<'_>) -> String {
        cursor::encode(BY_AGE, [since(link)].into_iter(), link.id().0)
    }

    /// Every link that a filter matches, in no order; as [`View::links`].
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn all_links(&self, filter: Option<&LinkFilter>) -> Result<Vec<LinkRef<'_>>, QueryError> {
        let filter = match filter {
            Some(filter) => {
                check(filter)?;
                Some(prepared(self, filter)?)
            }
            None => None,
        };
        let wants_ended = filter.as_ref().is_some_and(|filter| {
            filter.any(&|test| {
                matches!(test, Test::Is(LinkPredicate::Until(_) | LinkPredicate::State(_)))
            })
        });
        let wanted = |link: &LinkRef<'_>| {
            filter.as_ref().is_none_or(|filter| filter.holds(&|test| test.holds(*link)))
        };
        let mut links = Vec::new();
        for ordinal in self.universe() {
            let mut told = Told::default();
            for edge in self.snapshot().graph.edges(ordinal) {
                // Each link once: with the task that it starts from, where that is in the store.
                if (edge.forward || edge.other == NONE) && self.shows(edge) {
                    let link = LinkRef::of_edge(self, ordinal, edge);
                    if wanted(&link) && told.adds(link) {
                        links.push(link);
                    }
                }
            }
        }
        if wants_ended {
            let ended = self.snapshot().graph.links().filter(|link| link.until.is_some());
            links.extend(ended.filter_map(|row| LinkRef::of_row(self, row)).filter(wanted));
        }
        Ok(links)
    }

    /// Whether the caller sees a link between these: the source of the task that states it, each end
    /// that is in the store, and of what is only like a key the project.
    pub(crate) fn shows_link(&self, link: &LinkRow, ends: [u32; 2]) -> bool {
        let shows = |(ordinal, end): (u32, &End)| match ordinal {
            NONE => self.shows_unbound(link, end),
            ordinal => self.universe().contains(ordinal),
        };
        self.allows_source(link.source) && ends.into_iter().zip([&link.from, &link.to]).all(shows)
    }

    /// Whether the caller sees an end that is not in the store: of what only looks like a key, as `UTF-8`
    /// does, the project tells that it is one.
    pub(crate) fn shows_unbound(&self, link: &LinkRow, end: &End) -> bool {
        match end {
            End::Named(end) if link.origin == LinkOrigin::Inferred => {
                end.bare_project().is_none_or(|project| self.knows_project(project))
            }
            // Whoever declared it saw a task there, which may be of a source that the caller does not see.
            End::Named(_) if link.origin == LinkOrigin::Declared => self.sees_all_sources(),
            _ => true,
        }
    }
}

fn since(link: LinkRef<'_>) -> SortValue<'static> {
    SortValue::Number(link.since().0)
}

/// A predicate ready to be asked of many links.
enum Test {
    Is(LinkPredicate),
    From(RoaringBitmap),
    To(RoaringBitmap),
    Either(RoaringBitmap),
}

impl Test {
    fn holds(&self, link: LinkRef<'_>) -> bool {
        let [from, to] = link.ends;
        match self {
            Self::From(tasks) => tasks.contains(from),
            Self::To(tasks) => tasks.contains(to),
            Self::Either(tasks) => tasks.contains(from) || tasks.contains(to),
            Self::Is(predicate) => match predicate {
                LinkPredicate::Kind(comparison) => comparison.holds(Some(&link.kind())),
                LinkPredicate::Origin(comparison) => comparison.holds(Some(&link.origin())),
                LinkPredicate::Review(comparison) => comparison.holds(Some(&link.review())),
                LinkPredicate::State(comparison) => comparison.holds(Some(&link.state())),
                LinkPredicate::Since(comparison) => comparison.holds(Some(&link.since())),
                LinkPredicate::Until(comparison) => comparison.holds(link.until().as_ref()),
                LinkPredicate::CrossTool(wanted) => link.cross_tool() == *wanted,
                LinkPredicate::From(_) | LinkPredicate::To(_) | LinkPredicate::Task(_) => false,
            },
        }
    }
}

/// The filter with the tasks that it names found, and its lists sorted.
fn prepared(view: &View, filter: &LinkFilter) -> Result<Filter<Test>, QueryError> {
    let all = |filters: &[LinkFilter]| -> Result<Vec<Filter<Test>>, QueryError> {
        filters.iter().map(|filter| prepared(view, filter)).collect()
    };
    let tasks = |filter: &crate::TaskFilter| -> Result<RoaringBitmap, QueryError> {
        let plan = Plan::of(view, Some(filter))?;
        Ok(passing(view, &plan).into_owned())
    };
    Ok(match filter {
        Filter::And(filters) => Filter::And(all(filters)?),
        Filter::Or(filters) => Filter::Or(all(filters)?),
        Filter::Not(filter) => Filter::Not(Box::new(prepared(view, filter)?)),
        Filter::Is(predicate) => Filter::Is(match predicate {
            LinkPredicate::From(filter) => Test::From(tasks(filter)?),
            LinkPredicate::To(filter) => Test::To(tasks(filter)?),
            LinkPredicate::Task(filter) => Test::Either(tasks(filter)?),
            LinkPredicate::Kind(comparison) => Test::Is(LinkPredicate::Kind(comparison.sorted())),
            LinkPredicate::Origin(comparison) => {
                Test::Is(LinkPredicate::Origin(comparison.sorted()))
            }
            LinkPredicate::Review(comparison) => {
                Test::Is(LinkPredicate::Review(comparison.sorted()))
            }
            LinkPredicate::State(comparison) => Test::Is(LinkPredicate::State(comparison.sorted())),
            LinkPredicate::Since(comparison) => Test::Is(LinkPredicate::Since(comparison.sorted())),
            LinkPredicate::Until(comparison) => Test::Is(LinkPredicate::Until(comparison.sorted())),
            LinkPredicate::CrossTool(wanted) => Test::Is(LinkPredicate::CrossTool(*wanted)),
        }),
    })
}
