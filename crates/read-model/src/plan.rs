//! From a filter to a plan: every predicate becomes a test of one row and, where an index knows the
//! answer, the set of all rows that pass. What the sets decide is never tested row by row.

use std::borrow::Cow;

use mainstem_model::{Presence, TaskId};
use roaring::RoaringBitmap;

use crate::QueryError;
use crate::directory;
use crate::filter::{
    Comparison, Filter, PersonFilter, ProjectFilter, Quantifier, SourceFilter, TaskFilter,
    TaskPredicate, TextFilter, TextPredicate, WorkingTime,
};
use crate::limits::check;
use crate::matcher::{TextMatcher, positive};
use crate::names::{Dictionary, NONE, Symbol};
use crate::postings::{BySymbol, Variant};
use crate::row::TaskRow;
use crate::select::passing;
use crate::view::View;

/// The most predicates of one filter that have to look through the text of every row.
const MAX_TEXT_SEARCHES: usize = 20;

type Test<'v> = Box<dyn Fn(u32, &TaskRow) -> bool + 'v>;

/// A filter ready to run over one view.
pub(crate) enum Plan<'v> {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Is { test: Test<'v>, rows: Option<Cow<'v, RoaringBitmap>> },
}

impl<'v> Plan<'v> {
    /// Plans a filter; without one, and where it does not speak of presence, present rows only.
    ///
    /// # Errors
    /// [`QueryError::TooComplex`].
    pub(crate) fn of(view: &'v View, filter: Option<&TaskFilter>) -> Result<Self, QueryError> {
        let Some(filter) = filter else {
            let present = TaskPredicate::Presence(Comparison::Eq(Presence::Present));
            return Ok(Planner(view).predicate(&present));
        };
        check(filter)?;
        if text_searches(filter) > MAX_TEXT_SEARCHES {
            return Err(QueryError::TooComplex {
                what: "the number of searches in keys, titles and URLs",
                limit: MAX_TEXT_SEARCHES,
            });
        }
        Ok(Planner(view).present(filter))
    }

    /// The same plan, for these rows only.
    pub(crate) fn among(self, rows: RoaringBitmap) -> Self {
        let wanted = rows.clone();
        let test: Test<'v> = Box::new(move |ordinal, _| wanted.contains(ordinal));
        Self::And(vec![Self::Is { test, rows: Some(Cow::Owned(rows)) }, self])
    }

    /// Whether a row passes.
    pub(crate) fn passes(&self, ordinal: u32, row: &TaskRow) -> bool {
        match self {
            Self::And(plans) => plans.iter().all(|plan| plan.passes(ordinal, row)),
            Self::Or(plans) => plans.iter().any(|plan| plan.passes(ordinal, row)),
            Self::Not(plan) => !plan.passes(ordinal, row),
            Self::Is { test, .. } => test(ordinal, row),
        }
    }

    /// Whether the indexes decide it alone.
    pub(crate) fn is_exact(&self) -> bool {
        match self {
            Self::And(plans) | Self::Or(plans) => plans.iter().all(Self::is_exact),
            Self::Not(plan) => plan.is_exact(),
            Self::Is { rows, .. } => rows.is_some(),
        }
    }

    /// A set that holds every row that passes, and where the plan is exact, of `universe` no other;
    /// `None` where the indexes rule nothing out.
    pub(crate) fn bound(&self, universe: &RoaringBitmap) -> Option<Cow<'_, RoaringBitmap>> {
        match self {
            Self::Is { rows, .. } => rows.as_deref().map(Cow::Borrowed),
            Self::And(plans) => {
                let mut sets: Vec<_> =
                    plans.iter().filter_map(|plan| plan.bound(universe)).collect();
                // The smallest first, so that each intersection is cheap.
                sets.sort_by_key(|rows| rows.len());
                sets.into_iter().reduce(|left, right| Cow::Owned(intersection(left, &right)))
            }
            Self::Or(plans) => {
                let mut union = RoaringBitmap::new();
                for plan in plans {
                    union |= &*plan.bound(universe)?;
                }
                Some(Cow::Owned(union))
            }
            Self::Not(plan) if plan.is_exact() => Some(Cow::Owned(
                plan.bound(universe).map_or_else(RoaringBitmap::new, |rows| universe - &*rows),
            )),
            Self::Not(_) => None,
        }
    }

    /// The parts that the indexes do not decide, which rows within the bound have yet to pass.
    pub(crate) fn rest(&self) -> Vec<&Self> {
        match self {
            plan if plan.is_exact() => Vec::new(),
            Self::And(plans) => plans.iter().flat_map(Self::rest).collect(),
            plan => vec![plan],
        }
    }
}

/// The smaller side shrinks; a borrowed one is never copied whole.
fn intersection(left: Cow<'_, RoaringBitmap>, right: &RoaringBitmap) -> RoaringBitmap {
    match left {
        Cow::Borrowed(left) => left & right,
        Cow::Owned(mut left) => {
            left &= right;
            left
        }
    }
}

fn text_searches(filter: &TaskFilter) -> usize {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().map(text_searches).sum(),
        Filter::Not(filter) => text_searches(filter),
        Filter::Is(TaskPredicate::BlockedBy(_, filter) | TaskPredicate::Blocks(_, filter)) => {
            text_searches(filter)
        }
        Filter::Is(
            TaskPredicate::Key(predicate)
            | TaskPredicate::Title(predicate)
            | TaskPredicate::Url(predicate)
            | TaskPredicate::ParentKey(predicate),
        ) => usize::from(matches!(predicate, TextPredicate::Contains(_))),
        Filter::Is(_) => 0,
    }
}

/// Plans predicates over one view.
struct Planner<'v>(&'v View);

impl<'v> Planner<'v> {
    fn filter(&self, filter: &TaskFilter) -> Plan<'v> {
        match filter {
            Filter::And(filters) => {
                Plan::And(filters.iter().map(|filter| self.filter(filter)).collect())
            }
            Filter::Or(filters) => {
                Plan::Or(filters.iter().map(|filter| self.filter(filter)).collect())
            }
            Filter::Not(filter) => Plan::Not(Box::new(self.filter(filter))),
            Filter::Is(predicate) => self.predicate(predicate),
        }
    }

    fn predicate(&self, predicate: &TaskPredicate) -> Plan<'v> {
        let view = self.0;
        let names = view.names();
        let postings = &view.snapshot().postings;
        match predicate {
            TaskPredicate::Id(comparison) => self.id(comparison),
            TaskPredicate::Key(predicate) => {
                let rows = self.named(predicate, |view, key| {
                    view.snapshot().keyed(key).map(|(ordinal, _)| ordinal).collect()
                });
                let (negated, matcher) = TextMatcher::split(predicate, true);
                negate(
                    negated,
                    self.is(rows, move |_, row| row.keys().any(|key| matcher.matches(key))),
                )
            }
            TaskPredicate::Title(predicate) => self.text(predicate, |row| Some(&row.title)),
            TaskPredicate::Url(predicate) => {
                let rows = self.named(predicate, |view, url| {
                    view.snapshot().at_url(url).map(|(ordinal, _)| ordinal).collect()
                });
                let (negated, matcher) = TextMatcher::split(predicate, false);
                negate(
                    negated,
                    self.is(rows, move |_, row| matcher.matches_option(row.url.as_deref())),
                )
            }
            TaskPredicate::Kind(c) => self.variant(c, &postings.kind, |row| row.kind),
            TaskPredicate::StatusCategory(c) => {
                self.variant(c, &postings.category, |row| row.category)
            }
            TaskPredicate::PriorityLevel(c) => self.variant(c, &postings.level, |row| row.level),
            TaskPredicate::Presence(c) => self.variant(c, &postings.presence, |row| row.presence),
            TaskPredicate::StatusName(p) => {
                self.word(p, &names.statuses, &postings.status, |row| row.status)
            }
            TaskPredicate::PriorityName(p) => {
                self.word(p, &names.priorities, &postings.priority, |row| row.priority)
            }
            TaskPredicate::Milestone(p) => {
                self.word(p, &names.milestones, &postings.milestone, |row| row.milestone)
            }
            TaskPredicate::Sprint(p) => {
                self.word(p, &names.sprints, &postings.sprint, |row| row.sprint)
            }
            TaskPredicate::Assignees(quantifier, filter) => self.list(
                *quantifier,
                filter,
                |filter| self.people(filter),
                &postings.assignee,
                |row| &row.assignees,
            ),
            TaskPredicate::Labels(quantifier, filter) => self.list(
                *quantifier,
                filter,
                |filter| labels(&names.labels, filter),
                &postings.label,
                |row| &row.labels,
            ),
            TaskPredicate::Author(filter) => {
                self.symbols(self.people(filter), &postings.author, |row| row.author)
            }
            TaskPredicate::AuthorIsNull(null) => {
                let known = view.snapshot().people.expand(view.visible_people().clone());
                let known = self.symbols(known, &postings.author, |row| row.author);
                negate(*null, known)
            }
            TaskPredicate::ParentKey(TextPredicate::Is(Comparison::IsNull(null)))
            | TaskPredicate::ParentId(Comparison::IsNull(null))
            | TaskPredicate::ParentIsNull(null) => self.parent(*null, |_| true),
            TaskPredicate::ParentKey(predicate) => {
                let (negated, matcher) = TextMatcher::split(predicate, true);
                self.parent(negated, move |parent| parent.keys().any(|key| matcher.matches(key)))
            }
            TaskPredicate::ParentId(comparison) => {
                let (negated, comparison) = positive(comparison);
                self.parent(negated, move |parent| comparison.holds(Some(&parent.id)))
            }
            TaskPredicate::StartOn(c) => self.value(c, |row| row.start_on),
            TaskPredicate::DueOn(c) => self.value(c, |row| row.due_on),
            TaskPredicate::CreatedAt(c) => self.value(c, |row| Some(row.created_at)),
            TaskPredicate::UpdatedAt(c) => self.value(c, |row| Some(row.updated_at)),
            TaskPredicate::StartedAt(c) => self.value(c, |row| row.started_at),
            TaskPredicate::ClosedAt(c) => self.value(c, |row| row.closed_at),
            TaskPredicate::Estimate(c) => self.value(c, |row| row.estimate),
            TaskPredicate::TimeSpent(c) => self.value(c, |row| row.time_spent),
            TaskPredicate::Project(filter) => {
                self.symbols(self.projects(filter), &postings.project, |row| row.project)
            }
            TaskPredicate::Source(filter) => {
                self.symbols(self.sources(filter), &postings.source, |row| row.source)
            }
            TaskPredicate::IsReady(wanted) => {
                let rows = self.indexed(|| view.ready_rows());
                negate(!wanted, self.is(rows, |ordinal, row| view.is_ready(ordinal, row)))
            }
            TaskPredicate::IsBlocked(wanted) => {
                let rows = self.indexed(|| view.blocked_rows());
                negate(!wanted, self.is(rows, |ordinal, row| view.is_blocked(ordinal, row)))
            }
            TaskPredicate::BlockedBy(quantifier, filter) => self.held(*quantifier, filter, false),
            TaskPredicate::Blocks(quantifier, filter) => self.held(*quantifier, filter, true),
            TaskPredicate::BlockedFor(comparison) => {
                let day = view.calendars().day_seconds();
                let seconds =
                    |time: &WorkingTime| time.days.saturating_mul(day).saturating_add(time.seconds);
                let comparison = comparison.map(seconds).sorted();
                self.is(None, move |ordinal, row| {
                    comparison.holds(view.blocked_for(ordinal, row).as_ref())
                })
            }
            TaskPredicate::CrossTool(wanted) => {
                negate(!wanted, self.is(None, |ordinal, row| view.links_across(ordinal, row)))
            }
        }
    }

    /// What blocks a task or waits for it (forward).
    fn held(&self, quantifier: Quantifier, filter: &TaskFilter, forward: bool) -> Plan<'v> {
        let view = self.0;
        let plan = self.present(filter);
        let matching = passing(view, &plan).into_owned();
        let next_to = move |ordinal| view.next_to(ordinal, forward);
        match quantifier {
            Quantifier::Some | Quantifier::None => {
                let rows = self.indexed(|| {
                    let others = matching.iter().flat_map(|other| view.next_to(other, !forward));
                    Cow::Owned(others.collect())
                });
                let some = self.is(rows, move |ordinal, _| {
                    next_to(ordinal).any(|other| matching.contains(other))
                });
                negate(quantifier == Quantifier::None, some)
            }
            Quantifier::Every => self
                .is(None, move |ordinal, _| next_to(ordinal).all(|other| matching.contains(other))),
        }
    }

    /// The plan of a filter; where it does not speak of presence, for present rows only.
    fn present(&self, filter: &TaskFilter) -> Plan<'v> {
        let plan = self.filter(filter);
        if filter.any(&|predicate| matches!(predicate, TaskPredicate::Presence(_))) {
            return plan;
        }
        let present = TaskPredicate::Presence(Comparison::Eq(Presence::Present));
        Plan::And(vec![self.predicate(&present), plan])
    }

    fn is(
        &self,
        rows: Option<Cow<'v, RoaringBitmap>>,
        test: impl Fn(u32, &TaskRow) -> bool + 'v,
    ) -> Plan<'v> {
        Plan::Is { test: Box::new(test), rows }
    }

    /// What the indexes know; they know nothing of the past.
    fn indexed(
        &self,
        rows: impl FnOnce() -> Cow<'v, RoaringBitmap>,
    ) -> Option<Cow<'v, RoaringBitmap>> {
        (!self.0.is_past()).then(rows)
    }

    /// The rows that an index finds for an exact name, where that is what is asked.
    fn named(
        &self,
        predicate: &TextPredicate,
        find: impl Fn(&View, &str) -> Vec<u32>,
    ) -> Option<Cow<'v, RoaringBitmap>> {
        let wanted = match predicate {
            TextPredicate::Is(Comparison::Eq(text) | Comparison::Neq(text)) => {
                std::slice::from_ref(text)
            }
            TextPredicate::Is(Comparison::In(texts) | Comparison::Nin(texts)) => texts,
            _ => return None,
        };
        self.indexed(|| Cow::Owned(wanted.iter().flat_map(|text| find(self.0, text)).collect()))
    }

    fn id(&self, comparison: &Comparison<TaskId>) -> Plan<'v> {
        let (negated, comparison) = positive(comparison);
        let wanted = match &comparison {
            Comparison::Eq(id) => Some(std::slice::from_ref(id)),
            Comparison::In(ids) => Some(ids.as_slice()),
            _ => None,
        };
        // An id that redirects names the task that it has become only where a single one is asked for.
        let rows = wanted.and_then(|ids| {
            self.indexed(|| {
                let own = |id: &TaskId| {
                    let ordinal = self.0.snapshot().find(*id)?;
                    self.0.snapshot().row(ordinal).filter(|row| row.id == *id).map(|_| ordinal)
                };
                Cow::Owned(ids.iter().filter_map(own).collect())
            })
        });
        negate(negated, self.is(rows, move |_, row| comparison.holds(Some(&row.id))))
    }

    fn value<T: Ord + Clone + 'v>(
        &self,
        comparison: &Comparison<T>,
        value: fn(&TaskRow) -> Option<T>,
    ) -> Plan<'v> {
        let comparison = comparison.sorted();
        self.is(None, move |_, row| comparison.holds(value(row).as_ref()))
    }

    fn text(&self, predicate: &TextPredicate, value: fn(&TaskRow) -> Option<&str>) -> Plan<'v> {
        let (negated, matcher) = TextMatcher::split(predicate, false);
        negate(negated, self.is(None, move |_, row| matcher.matches_option(value(row))))
    }

    fn variant<T: Variant>(
        &self,
        comparison: &Comparison<T>,
        postings: &'v BySymbol,
        value: fn(&TaskRow) -> T,
    ) -> Plan<'v> {
        let comparison = comparison.sorted();
        let wanted = T::VARIANTS
            .iter()
            .filter(|variant| comparison.holds(Some(variant)))
            .map(|variant| variant.symbol());
        let rows = self.indexed(|| union(postings, wanted.collect()));
        self.is(rows, move |_, row| comparison.holds(Some(&value(row))))
    }

    /// A predicate on a word out of a dictionary.
    fn word(
        &self,
        predicate: &TextPredicate,
        dictionary: &Dictionary<std::sync::Arc<str>>,
        postings: &'v BySymbol,
        value: fn(&TaskRow) -> Symbol,
    ) -> Plan<'v> {
        if let TextPredicate::Is(Comparison::IsNull(null)) = predicate {
            let mut none = RoaringBitmap::new();
            none.insert(NONE);
            return negate(!null, self.symbols(none, postings, value));
        }
        let (negated, matcher) = TextMatcher::split(predicate, false);
        let wanted = match &matcher {
            TextMatcher::Equal(text) => dictionary.find(&**text).into_iter().collect(),
            matcher => dictionary
                .iter()
                .filter(|(_, word)| matcher.matches(word))
                .map(|(symbol, _)| symbol)
                .collect(),
        };
        negate(negated, self.symbols(wanted, postings, value))
    }

    /// Rows whose one value is among these.
    fn symbols(
        &self,
        wanted: RoaringBitmap,
        postings: &'v BySymbol,
        value: fn(&TaskRow) -> Symbol,
    ) -> Plan<'v> {
        let rows = self.indexed(|| union(postings, wanted.iter().collect()));
        self.is(rows, move |_, row| wanted.contains(value(row)))
    }

    /// A quantified predicate on a list, by the symbols that match it.
    fn list<P: Clone>(
        &self,
        quantifier: Quantifier,
        filter: &Filter<P>,
        matching: impl Fn(&Filter<P>) -> RoaringBitmap,
        postings: &'v BySymbol,
        values: fn(&TaskRow) -> &[Symbol],
    ) -> Plan<'v> {
        let wanted = match quantifier {
            Quantifier::Some | Quantifier::None => matching(filter),
            Quantifier::Every => matching(&Filter::Not(Box::new(filter.clone()))),
        };
        let rows = self.indexed(|| union(postings, wanted.iter().collect()));
        let some =
            self.is(rows, move |_, row| values(row).iter().any(|value| wanted.contains(*value)));
        negate(quantifier != Quantifier::Some, some)
    }

    fn parent(&self, negated: bool, test: impl Fn(&TaskRow) -> bool + 'v) -> Plan<'v> {
        let view = self.0;
        let has = self.is(None, move |_, row| {
            view.parent_of(row).and_then(|parent| view.row(parent)).is_some_and(&test)
        });
        negate(negated, has)
    }

    /// All identities of the people whom a filter matches, among those that the caller may see.
    fn people(&self, filter: &PersonFilter) -> RoaringBitmap {
        self.0.snapshot().people.expand(directory::people(self.0, filter))
    }

    fn projects(&self, filter: &ProjectFilter) -> RoaringBitmap {
        directory::projects(self.0, filter)
    }

    fn sources(&self, filter: &SourceFilter) -> RoaringBitmap {
        directory::sources(self.0, filter)
    }
}

fn labels(dictionary: &Dictionary<std::sync::Arc<str>>, filter: &TextFilter) -> RoaringBitmap {
    if let Filter::Is(TextPredicate::Is(Comparison::Eq(label))) = filter {
        return dictionary.find(label.as_str()).into_iter().collect();
    }
    let filter = filter.map(&|predicate| TextMatcher::split(predicate, false));
    dictionary
        .iter()
        .filter(|(_, label)| {
            filter.holds(&|(negated, matcher): &(bool, TextMatcher)| {
                matcher.matches(label) != *negated
            })
        })
        .map(|(symbol, _)| symbol)
        .collect()
}

fn union(postings: &BySymbol, wanted: Vec<Symbol>) -> Cow<'_, RoaringBitmap> {
    let mut sets = wanted.into_iter().filter_map(|symbol| postings.get(symbol));
    let Some(first) = sets.next() else { return Cow::Owned(RoaringBitmap::new()) };
    let Some(second) = sets.next() else { return Cow::Borrowed(first) };
    let mut union = &**first | &**second;
    sets.for_each(|set| union |= &**set);
    Cow::Owned(union)
}

fn negate(negated: bool, plan: Plan<'_>) -> Plan<'_> {
    if negated { Plan::Not(Box::new(plan)) } else { plan }
}
