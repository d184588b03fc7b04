//! A site's time, as finely as the tool tells it, never running backwards.

use std::sync::Arc;

use mainstem_model::{Clock, Timestamp};

/// Hands out the times of changes.
pub struct Moments {
    clock: Arc<dyn Clock>,
    last: Timestamp,
    /// The smallest step of time, in microseconds.
    grain: i64,
    frozen: bool,
}

impl Moments {
    /// Whole seconds, as GitHub tells them.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self::of(clock, 1_000_000)
    }

    /// Whole milliseconds, as Jira tells them.
    pub(crate) fn to_the_millisecond(clock: Arc<dyn Clock>) -> Self {
        Self::of(clock, 1_000)
    }

    fn of(clock: Arc<dyn Clock>, grain: i64) -> Self {
        let last = whole(clock.now(), grain);
        Self { clock, last, grain, frozen: false }
    }

    /// The present time of the site: that of its clock, or of its last change where that is later.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        if self.frozen { self.last } else { whole(self.clock.now(), self.grain).max(self.last) }
    }

    /// What the clock shows, whatever the changes say.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time of the next change: later than every change before, unless frozen.
    pub(crate) fn advance(&mut self) -> Timestamp {
        if !self.frozen {
            let next = Timestamp(self.last.0 + self.grain);
            self.last = whole(self.clock.now(), self.grain).max(next);
        }
        self.last
    }

    pub(crate) fn freeze(&mut self) {
        self.last = self.now();
        self.frozen = true;
    }

    pub(crate) fn thaw(&mut self) {
        self.frozen = false;
    }
}

const fn whole(time: Timestamp, grain: i64) -> Timestamp {
    Timestamp(time.0.div_euclid(grain) * grain)
}
