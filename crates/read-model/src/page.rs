//! Pages by keyset: a cursor names a place by the values that rows are ordered by, so it stays
//! valid while rows come, change and go.

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
