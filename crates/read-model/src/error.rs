//! What can go wrong, cut by what happens next.

use mainstem_store::StoreError;

/// A question that cannot be answered as it was put: the caller has to change it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The question exceeds a limit.
    #[error("{what} is limited to {limit}")]
    TooComplex {
        /// What is limited.
        what: &'static str,
        /// To how many.
        limit: usize,
    },
    /// The cursor was not given out for this list and order.
    #[error("the cursor does not belong to this list: {0}")]
    Cursor(&'static str),
    /// A key or URL that several visible tasks share; `source` narrows it.
    #[error("several tasks are called this: {}", candidates.join(", "))]
    Ambiguous {
        /// The candidates as `source: key (id)`, at most ten.
        candidates: Vec<String>,
    },
}

/// The model could not be brought up to date with the store; it may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("the read model could not read the store: {0}")]
pub struct LoadError(#[from] pub StoreError);
