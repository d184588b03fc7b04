//! What holds a task up now: since when, by what, and why we think so.

use mainstem_model::Timestamp;

use crate::graph::Edge;
use crate::refs::TaskRef;
use crate::row::TaskRow;
use crate::view::{TaskOrdinal, View};

/// What holds a task up, as far as the caller sees.
#[derive(Clone)]
pub struct Blockage<'v> {
    /// Since when something holds it up that still does: since the link holds and both tasks are open.
    pub since: Timestamp,
    /// How long that is in the team's working time, in seconds.
    pub lasted_seconds: i64,
    /// What is open and holds it up directly, by id.
    pub by: Vec<TaskOrdinal>,
    /// The words that say so, of the link that has held longest, where a text says it.
    pub reason: Option<&'v str>,
}

impl<'v> TaskRef<'v> {
    /// What holds it up; `None` where nothing does that the caller sees, and where it is closed or gone.
    #[must_use]
    pub fn blockage(self) -> Option<Blockage<'v>> {
        let (since, edge) = self.view.blocked_since(self.ordinal, self.row)?;
        let calendar = self.view.calendars().common();
        Some(Blockage {
            since,
            lasted_seconds: calendar.blocked_seconds(since, self.view.now()),
            by: self.blocked_by(true, false),
            reason: edge.link.evidence.first().map(|evidence| evidence.quote.as_str()),
        })
    }
}

impl View {
    /// Since when a task is held up, and the edge that has done so longest.
    pub(crate) fn blocked_since(&self, ordinal: u32, row: &TaskRow) -> Option<(Timestamp, &Edge)> {
        if !row.waits() {
            return None;
        }
        let since = self.holding(ordinal, false).filter_map(|edge| {
            let blocker = self.row(edge.other).filter(|blocker| blocker.is_open())?;
            Some((edge.link.since.max(row.open_since()).max(blocker.open_since()), edge))
        });
        since.min_by_key(|(since, edge)| (*since, edge.link.evidence.is_empty(), edge.link.id))
    }

    /// For how many seconds of the team's working time a task has been held up.
    pub(crate) fn blocked_for(&self, ordinal: u32, row: &TaskRow) -> Option<i64> {
        let (since, _) = self.blocked_since(ordinal, row)?;
        Some(self.calendars().common().blocked_seconds(since, self.now()))
    }
}
