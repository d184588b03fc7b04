//! The site's time: whole seconds, as GitHub tells it, never running backwards.

use std::sync::Arc;

use mainstem_model::{Clock, Timestamp};

/// Hands out the times of changes.
pub struct Moments {
    clock: Arc<dyn Clock>,
    last: Timestamp,
    frozen: bool,
}

impl Moments {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let last = whole_seconds(clock.now());
        Self { clock, last, frozen: false }
    }

    /// The present time of the site: that of its clock, or of its last change where that is later.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        if self.frozen { self.last } else { whole_seconds(self.clock.now()).max(self.last) }
    }

    /// The time of the next change: later than every change before, unless frozen.
    pub(crate) fn advance(&mut self) -> Timestamp {
        if !self.frozen {
            self.last = whole_seconds(self.clock.now()).max(self.last.plus_seconds(1));
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

const fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_seconds(time.seconds())
}
