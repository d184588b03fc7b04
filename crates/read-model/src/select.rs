//! Which rows pass a plan, and which of them make a page.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Bound;

use mainstem_model::TaskId;
use roaring::RoaringBitmap;

use crate::QueryError;
use crate::cursor::{self, Mark};
use crate::order::{ABSENT, Place, SortKey, SortValue, Step, half};
use crate::page::{Page, PageRequest, pick};
use crate::plan::Plan;
use crate::row::TaskRow;
use crate::view::View;

/// Every row that passes.
pub(crate) fn passing<'p>(view: &'p View, plan: &'p Plan<'_>) -> Cow<'p, RoaringBitmap> {
    let within = within(view, plan);
    let rest = plan.rest();
    if rest.is_empty() {
        return within;
    }
    Cow::Owned(within.iter().filter(|ordinal| passes(view, *ordinal, &rest)).collect())
}

/// Every row that may pass, as far as the indexes know.
fn within<'p>(view: &'p View, plan: &'p Plan<'_>) -> Cow<'p, RoaringBitmap> {
    match plan.bound(view.universe()) {
        None => Cow::Borrowed(view.universe()),
        Some(rows) if view.sees_all() => rows,
        Some(rows) => Cow::Owned(&*rows & view.universe()),
    }
}

fn passes(view: &View, ordinal: u32, rest: &[&Plan<'_>]) -> bool {
    rest.is_empty()
        || view.row(ordinal).is_some_and(|row| rest.iter().all(|plan| plan.passes(ordinal, row)))
}

/// A page of the rows that pass.
///
/// # Errors
/// [`QueryError::Cursor`].
pub(crate) fn page(
    plan: &Plan<'_>,
    order: &ListOrder<'_>,
    request: &PageRequest,
) -> Result<Page<u32>, QueryError> {
    let view = order.view;
    let (after, before) = order.marks(request)?;
    let mut rows = within(view, plan);
    let mut rest = plan.rest();
    if request.count_total && !rest.is_empty() {
        rows = passing(view, plan);
        rest.clear();
    }
    match order.sorted() {
        Some(sorted) if walks(&rows, view, request) => {
            let start = if request.backward { before } else { after };
            let mut page =
                walk(sorted, order.steps[0].descending, start.as_ref(), request, |ordinal| {
                    rows.contains(ordinal) && passes(view, ordinal, &rest)
                });
            page.total = request.count_total.then(|| rows.len());
            Ok(page)
        }
        _ => {
            let rows = rows.iter().filter(|ordinal| passes(view, *ordinal, &rest));
            Ok(order.pick(rows, request, after.as_ref(), before.as_ref()))
        }
    }
}

/// Whether walking a sorted order finds the page sooner than sorting the rows would. A walk meets a
/// wanted row every `all / rows` steps; a step costs about a third of what a row to sort costs.
fn walks(rows: &RoaringBitmap, view: &View, request: &PageRequest) -> bool {
    // A walk starts at one cursor and knows no other end.
    let end = if request.backward { &request.after } else { &request.before };
    let (wanted, all) = (request.limit as u64 + 1, view.snapshot().postings.all.len());
    end.is_none() && !view.is_past() && rows.len().saturating_mul(rows.len()) > wanted * all / 3
}

/// Walks a sorted order from a place on until a page is full.
fn walk(
    sorted: &imbl::OrdSet<Place>,
    descending: bool,
    start: Option<&Mark>,
    request: &PageRequest,
    wanted: impl Fn(u32) -> bool,
) -> Page<u32> {
    let start = start.and_then(|mark| {
        let value = match mark.values().next()? {
            SortValue::Number(number) => number,
            SortValue::Absent | SortValue::Text(_) => ABSENT,
        };
        Some((value, half(TaskId(mark.id))))
    });
    let along = |backward: bool, inclusive: bool| {
        steps_from(sorted, descending, backward, start, inclusive)
            .filter(|ordinal| wanted(*ordinal))
    };
    let mut items: Vec<u32> = along(request.backward, false).take(request.limit + 1).collect();
    let more = items.len() > request.limit;
    items.truncate(request.limit);
    let behind = start.is_some() && along(!request.backward, true).next().is_some();
    if request.backward {
        items.reverse();
        Page { items, has_previous: more, has_next: behind, total: None }
    } else {
        Page { items, has_previous: behind, has_next: more, total: None }
    }
}

/// The ordinals of a sorted order, from a place on. Absent values stand last in either direction of
/// the order, and first when it is walked backward.
fn steps_from(
    sorted: &imbl::OrdSet<Place>,
    descending: bool,
    backward: bool,
    start: Option<(i64, u64)>,
    inclusive: bool,
) -> impl Iterator<Item = u32> + '_ {
    let rising = descending == backward;
    let first_absent: Place = (ABSENT, 0, 0);
    let parts = [
        (Bound::Unbounded, Bound::Excluded(first_absent)),
        (Bound::Included(first_absent), Bound::Unbounded),
    ];
    let starts_in = start.map(|(value, _)| usize::from(value == ABSENT));
    let turn = move |part: usize| if backward { 1 - part } else { part };
    (0..2)
        .map(turn)
        .filter(move |part| starts_in.is_none_or(|first| turn(*part) >= turn(first)))
        .flat_map(move |part| {
            let (mut low, mut high) = parts[part];
            if let (Some((value, id)), true) = (start, starts_in == Some(part)) {
                // All ordinals of a value and id are one place; the edges lie around it.
                if rising {
                    low = Bound::Included((value, id, if inclusive { 0 } else { u32::MAX }));
                } else {
                    high = Bound::Excluded((value, id, if inclusive { u32::MAX } else { 0 }));
                }
            }
            let range = sorted.range((low, high));
            let ordinals: Box<dyn Iterator<Item = &Place>> =
                if rising { Box::new(range) } else { Box::new(range.rev()) };
            ordinals.map(|(_, _, ordinal)| *ordinal)
        })
}

/// How a list of tasks is ordered.
pub(crate) struct ListOrder<'v> {
    pub(crate) view: &'v View,
    pub(crate) steps: Vec<Step>,
    /// The places in a list that came from elsewhere, for [`SortKey::Rank`].
    pub(crate) ranks: HashMap<u32, i64>,
}

/// A row on its way into a page.
struct Candidate<'v> {
    /// A number that orders by the first step, where that goes by numbers.
    weight: i64,
    /// A text that orders by the first step, where that goes by texts.
    text: Vec<u8>,
    ordinal: u32,
    row: &'v TaskRow,
}

impl<'v> ListOrder<'v> {
    /// A page of these rows.
    ///
    /// # Errors
    /// [`QueryError::Cursor`].
    pub(crate) fn page(
        &self,
        rows: impl Iterator<Item = u32>,
        request: &PageRequest,
    ) -> Result<Page<u32>, QueryError> {
        let (after, before) = self.marks(request)?;
        Ok(self.pick(rows, request, after.as_ref(), before.as_ref()))
    }

    /// The cursor of a row.
    pub(crate) fn cursor(&self, ordinal: u32, row: &TaskRow) -> String {
        let values = self.steps.iter().map(|step| self.value(*step, ordinal, row));
        cursor::encode(&self.steps, values, row.id.0)
    }

    fn marks(&self, request: &PageRequest) -> Result<(Option<Mark>, Option<Mark>), QueryError> {
        let mark = |cursor: &Option<String>| {
            cursor.as_deref().map(|cursor| cursor::decode(&self.steps, cursor)).transpose()
        };
        Ok((mark(&request.after)?, mark(&request.before)?))
    }

    /// The sorted order of the snapshot that is this order, where there is one.
    fn sorted(&self) -> Option<&'v imbl::OrdSet<Place>> {
        match &*self.steps {
            [step] => self.view.snapshot().orders.get(step.key),
            _ => None,
        }
    }

    fn pick(
        &self,
        rows: impl Iterator<Item = u32>,
        request: &PageRequest,
        after: Option<&Mark>,
        before: Option<&Mark>,
    ) -> Page<u32> {
        let candidates = rows.filter_map(|ordinal| {
            let row = self.view.row(ordinal)?;
            let first = self.steps.first().map(|step| (step, self.value(*step, ordinal, row)));
            let (weight, text) = first
                .map_or((0, Vec::new()), |(step, value)| (step.weight(value), step.text(value)));
            Some(Candidate { weight, text, ordinal, row })
        });
        let falling = self.steps.first().is_some_and(|step| step.descending);
        pick(
            candidates.collect(),
            request,
            after.map(|mark| |candidate: &Candidate<'_>| self.against(candidate, mark)),
            before.map(|mark| |candidate: &Candidate<'_>| self.against(candidate, mark)),
            |left, right| {
                let texts = left.text.cmp(&right.text);
                let texts = if falling { texts.reverse() } else { texts };
                left.weight.cmp(&right.weight).then(texts).then_with(|| self.compare(left, right))
            },
        )
        .map(|candidate| candidate.ordinal)
    }

    fn value<'a>(&'a self, step: Step, ordinal: u32, row: &'a TaskRow) -> SortValue<'a> {
        match step.key {
            SortKey::Rank => {
                self.ranks.get(&ordinal).map_or(SortValue::Absent, |rank| SortValue::Number(*rank))
            }
            key => key.of(row, self.view.names()),
        }
    }

    fn compare(&self, left: &Candidate<'_>, right: &Candidate<'_>) -> Ordering {
        self.steps
            .iter()
            .map(|step| {
                let left = self.value(*step, left.ordinal, left.row);
                step.compare(left, self.value(*step, right.ordinal, right.row))
            })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.by_id(left.row.id, right.row.id))
    }

    fn against(&self, candidate: &Candidate<'_>, mark: &Mark) -> Ordering {
        self.steps
            .iter()
            .zip(mark.values())
            .map(|(step, value)| {
                step.compare(self.value(*step, candidate.ordinal, candidate.row), value)
            })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.by_id(candidate.row.id, TaskId(mark.id)))
    }

    fn by_id(&self, left: TaskId, right: TaskId) -> Ordering {
        let descending = self.steps.first().is_some_and(|step| step.descending);
        if descending { right.cmp(&left) } else { left.cmp(&right) }
    }
}
