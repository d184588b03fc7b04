//! Pages by keyset: a cursor names a place by the values that rows are ordered by, so it stays
//! valid while rows come, change and go.

use std::cmp::Ordering;

/// Which page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// At most this many rows.
    pub limit: usize,
    /// False: the first rows of the range; true: the last ones. Rows come in the list's order
    /// either way.
    pub backward: bool,
    /// Only rows after this cursor.
    pub after: Option<String>,
    /// Only rows before this cursor.
    pub before: Option<String>,
    /// Whether to count the whole list.
    pub count_total: bool,
}

impl PageRequest {
    /// The first `limit` rows, counted.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { limit, count_total: true, ..Self::default() }
    }

    /// The first `limit` rows after a cursor, counted.
    #[must_use]
    pub fn first_after(limit: usize, after: impl Into<String>) -> Self {
        Self { after: Some(after.into()), ..Self::first(limit) }
    }

    /// The last `limit` rows, counted.
    #[must_use]
    pub fn last(limit: usize) -> Self {
        Self { backward: true, ..Self::first(limit) }
    }

    /// The last `limit` rows before a cursor, counted.
    #[must_use]
    pub fn last_before(limit: usize, before: impl Into<String>) -> Self {
        Self { before: Some(before.into()), ..Self::last(limit) }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, in the list's order.
    pub items: Vec<T>,
    /// Whether rows stand before this page.
    pub has_previous: bool,
    /// Whether rows stand after this page.
    pub has_next: bool,
    /// Rows of the whole list, where [`PageRequest::count_total`] asks for it.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page of what `name` makes of its rows.
    pub(crate) fn map<U>(self, name: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(name).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
            total: self.total,
        }
    }
}

/// Picks a page out of rows in no order. `after` and `before` say where a row stands relative to
/// the cursors of the request; only the rows of the page are ever sorted.
pub(crate) fn pick<T>(
    mut rows: Vec<T>,
    request: &PageRequest,
    after: Option<impl Fn(&T) -> Ordering>,
    before: Option<impl Fn(&T) -> Ordering>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Page<T> {
    let total = request.count_total.then_some(rows.len() as u64);
    let (mut has_previous, mut has_next) = (false, false);
    rows.retain(|row| {
        let too_early = after.as_ref().is_some_and(|after| after(row).is_le());
        let too_late = before.as_ref().is_some_and(|before| before(row).is_ge());
        has_previous |= too_early;
        has_next |= too_late;
        !too_early && !too_late
    });
    let wanted = |left: &T, right: &T| {
        if request.backward { compare(right, left) } else { compare(left, right) }
    };
    if rows.len() > request.limit {
        if request.limit > 0 {
            rows.select_nth_unstable_by(request.limit - 1, wanted);
        }
        rows.truncate(request.limit);
        *(if request.backward { &mut has_previous } else { &mut has_next }) = true;
    }
    rows.sort_unstable_by(compare);
    Page { items: rows, has_previous, has_next, total }
}
