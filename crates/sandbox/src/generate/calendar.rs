//! Working time: people file issues on weekdays between half past seven and half past five.

use mainstem_model::Timestamp;

const DAY: i64 = 86_400;
const WORKING_DAY: i64 = 10 * 3_600;
const MORNING: i64 = 7 * 3_600 + 1_800;
const MONTH: i64 = 30 * DAY;

/// Some months up to the present, as one stretch of working seconds.
pub(crate) struct WorkingTime {
    start_day: i64,
    months: u32,
    now: Timestamp,
    /// The working days, as days since 1970.
    days: Vec<i64>,
}

impl WorkingTime {
    pub fn until(now: Timestamp, months: u32) -> Self {
        let today = now.seconds() / DAY;
        let start_day = today - i64::from(months.max(1)) * 30;
        // 1970-01-01 was a Thursday.
        let days = (start_day..today).filter(|day| (day + 3).rem_euclid(7) < 5).collect();
        Self { start_day, months: months.max(1), now, days }
    }

    pub fn start(&self) -> Timestamp {
        Timestamp::from_seconds(self.start_day * DAY)
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The instant at `part` of `whole`; later parts are never earlier.
    pub fn at(&self, part: usize, whole: usize) -> Timestamp {
        let seconds = self.days.len() as i64 * WORKING_DAY;
        let position = (part as i128 * i128::from(seconds) / whole.max(1) as i128) as i64;
        let day = self.days[(position / WORKING_DAY) as usize];
        Timestamp::from_seconds(day * DAY + MORNING + position % WORKING_DAY)
    }

    /// First and last instant of each month, and of the next two, which are being planned.
    pub fn months(&self) -> Vec<(Timestamp, Timestamp)> {
        (0..i64::from(self.months) + 2)
            .map(|month| {
                let starts = self.start().plus_seconds(month * MONTH);
                (starts, starts.plus_seconds(MONTH - 1))
            })
            .collect()
    }

    /// Which of [`Self::months`] holds `time`.
    pub fn month_of(&self, time: Timestamp) -> usize {
        ((time.seconds() - self.start().seconds()) / MONTH).clamp(0, i64::from(self.months) + 1)
            as usize
    }
}
