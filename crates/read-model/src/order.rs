//! The order of a list of tasks.

/// What tasks are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// When it came to be in the tool.
    CreatedAt,
    /// When the tool last changed it.
    UpdatedAt,
    /// When work is to start.
    StartOn,
    /// When it is due.
    DueOn,
    /// When it was closed.
    ClosedAt,
    /// Its key in natural order, whatever the case: `acme/api#9` stands before `acme/api#10`.
    Key,
    /// Its title, whatever the case, by its first 200 characters.
    Title,
    /// The common level; ascending is from URGENT to NONE.
    Priority,
    /// The common category, ascending as work moves, then the tool's own word.
    Status,
}

/// Which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Greatest first.
    Descending,
}

/// One step of an order. Absent values stand last whichever the direction; ties are broken by the
/// next step, at last by the task's id, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskOrder {
    /// By what.
    pub field: OrderField,
    /// Which way.
    pub direction: Direction,
}

/// The most steps of an order.
pub const MAX_STEPS: usize = 5;
