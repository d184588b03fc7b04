//! The working calendar: when somebody works, and time counted by that.
//!
//! A *working second* is a whole second in which somebody works: its local time lies in the working
//! hours, its local date is a working weekday and not taken off, and no absence covers it. So where
//! clocks are put forward in the middle of the working hours, that day has an hour less.
//! A *working day* is a date that is a working weekday and on which something is left to be worked.
//!
//! Instants count by their whole second, rounded down. Changes of the clocks are known from 1970 to
//! 2099; before and after, the offset stays what it is at that end. Nothing overflows: an answer
//! beyond what a [`Timestamp`] or a [`Date`] can say is the last one that it can.

mod timeline;
mod zone;

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use mainstem_model::time::{Date, Timestamp};

use timeline::{END, Pattern, Timeline, merged};
use zone::{DAY, Offsets};

const WEEK: i64 = 7 * DAY;
const EPOCH: Date = Date::constant(1970, 1, 1);
/// Its weekday, counted from Monday.
const THURSDAY: i64 = 3;

/// When people work, as it repeats itself week by week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingHours {
    /// Where they work; [`time_zone`] finds it by its name.
    pub zone: TimeZone,
    /// On which days; at least one.
    pub weekdays: Vec<Weekday>,
    /// From when, by the clocks of the zone; fractions of a second are dropped.
    pub from: Time,
    /// Until when, later on the same day; midnight is the end of the day.
    pub until: Time,
}

/// Time in which somebody does not work although the hours say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOff {
    /// A whole day in the zone of the calendar, as a holiday is.
    Day(Date),
    /// Whole days in the zone of the calendar.
    Days {
        /// The first one.
        first: Date,
        /// The last one, not before the first.
        last: Date,
    },
    /// From one instant to another.
    Between {
        /// When it begins.
        from: Timestamp,
        /// When they are there again, not before it begins.
        until: Timestamp,
    },
}

/// Why there is no such calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No weekday is given.
    #[error("a calendar needs at least one working weekday")]
    NoWorkingDay,
    /// The hours end before they begin, or at once.
    #[error(
        "working hours from {from} to {until} are empty: they must end later on the same day, or at midnight"
    )]
    NoWorkingHours {
        /// When they are to begin.
        from: Time,
        /// When they are to end.
        until: Time,
    },
    /// Time off ends before it begins.
    #[error("time off from {first} to {last} ends before it begins")]
    TimeOffEndsBeforeItBegins {
        /// Its beginning, a date or an instant.
        first: String,
        /// Its end.
        last: String,
    },
    /// The time zone database knows no such name.
    #[error("{name:?} is not the name of a time zone such as Europe/Berlin or UTC")]
    UnknownTimeZone {
        /// What was given, cut to 80 characters.
        name: String,
    },
}

/// When somebody works. To make one takes some 0.1 ms, to ask it well under a microsecond, whatever
/// the span.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Working seconds since 1970-01-01T00:00:00Z.
    seconds: Timeline,
    /// Working days since 1970-01-01.
    days: Timeline,
    /// One for each person; never empty.
    zones: Vec<Arc<Offsets>>,
}

/// A time zone by its IANA name.
///
/// # Errors
/// Where the time zone database knows no such name.
pub fn time_zone(name: &str) -> Result<TimeZone, CalendarError> {
    TimeZone::get(name)
        .map_err(|_| CalendarError::UnknownTimeZone { name: name.chars().take(80).collect() })
}

impl Default for WorkingHours {
    /// Monday to Friday, 09:00 to 17:00 UTC.
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            weekdays: Weekday::Monday.cycle_forward().take(5).collect(),
            from: Time::constant(9, 0, 0, 0),
            until: Time::constant(17, 0, 0, 0),
        }
    }
}

impl Default for Calendar {
    /// The calendar of [`WorkingHours::default`].
    fn default() -> Self {
        Self::weekly(&WorkingHours::default())
    }
}

impl Calendar {
    /// The calendar of one person, or of all who work the same hours: these hours, less the holidays,
    /// their own days off and absences.
    ///
    /// # Errors
    /// Where nothing is ever worked by these hours, or time off ends before it begins.
    pub fn new(hours: &WorkingHours, time_off: &[TimeOff]) -> Result<Self, CalendarError> {
        if hours.weekdays.is_empty() {
            return Err(CalendarError::NoWorkingDay);
        }
        let (from, until) = (seconds_of_day(hours.from), seconds_of_day(hours.until));
        let until = if until == 0 { DAY } else { until };
        if from >= until {
            return Err(CalendarError::NoWorkingHours { from: hours.from, until: hours.until });
        }
        Self::weekly(hours).without(time_off)
    }

    /// The calendar of hours that somebody works, with nothing taken off.
    fn weekly(hours: &WorkingHours) -> Self {
        let (from, until) = (seconds_of_day(hours.from), seconds_of_day(hours.until));
        let until = if until == 0 { DAY } else { until };
        let weekdays = || {
            let weekdays = hours.weekdays.iter();
            weekdays.map(|day| i64::from(day.to_monday_zero_offset()) - THURSDAY)
        };
        let days =
            Timeline::of([(0, Arc::new(Pattern::of(7, weekdays().map(|day| (day, day + 1)))))]);
        let offsets = Offsets::of(&hours.zone);
        let mut patterns = Vec::<(i64, Arc<Pattern>)>::new();
        let seconds = Timeline::of(offsets.iter().map(|(start, offset)| {
            if let Some((_, pattern)) = patterns.iter().find(|(known, _)| *known == offset) {
                return (start, Arc::clone(pattern));
            }
            let hours = weekdays().map(|day| day * DAY - offset);
            let hours = hours.map(|midnight| (midnight + from, midnight + until));
            let pattern = Arc::new(Pattern::of(WEEK, hours));
            patterns.push((offset, Arc::clone(&pattern)));
            (start, pattern)
        }));
        Self { seconds, days, zones: vec![Arc::new(offsets)] }
    }

    fn without(mut self, time_off: &[TimeOff]) -> Result<Self, CalendarError> {
        let offsets = Arc::clone(&self.zones[0]);
        let (mut days, mut instants) = (Vec::new(), Vec::new());
        for off in time_off {
            match off {
                TimeOff::Day(date) => days.push((day_number(*date), day_number(*date) + 1)),
                TimeOff::Days { first, last } if first <= last => {
                    days.push((day_number(*first), day_number(*last) + 1));
                }
                TimeOff::Between { from, until } if from <= until => {
                    // A second that is worked in part is worked.
                    instants.push((whole_seconds_up(*from), until.seconds()));
                }
                TimeOff::Days { first, last } => return Err(reversed(first, last)),
                TimeOff::Between { from, until } => return Err(reversed(from, until)),
            }
        }
        instants.retain(|(from, until)| from < until);
        let instants = merged(instants);
        let whole_days = merged(days.clone());
        let mut seconds = instants.clone();
        seconds
            .extend(whole_days.iter().flat_map(|(first, end)| offsets.seconds_of(*first, end - 1)));
        self.seconds = self.seconds.without(&merged(seconds));
        // Between its first and its last day an absence takes every day whole; these two only where
        // nothing is left of them.
        for (from, until) in instants {
            let (first, last) = (offsets.day(from), offsets.day(until));
            days.push((first + 1, last));
            let ends = [first, last].into_iter().filter(|day| {
                let mut seconds = offsets.seconds_of(*day, *day);
                seconds.all(|(from, until)| self.seconds.count(from) == self.seconds.count(until))
            });
            days.extend(ends.map(|day| (day, day + 1)));
        }
        days.retain(|(first, end)| first < end);
        self.days = self.days.without(&merged(days));
        Ok(self)
    }

    /// The calendar of several people who do one task: time counts in which at least one of them
    /// works, and only once where several do. A date begins where it begins first among them, and
    /// ends where it ends last. `None` where there is nobody.
    #[must_use]
    pub fn of_anybody<'c>(people: impl IntoIterator<Item = &'c Self>) -> Option<Self> {
        people.into_iter().fold(None, |all, person| {
            let Some(mut all) = all else { return Some(person.clone()) };
            all.seconds = all.seconds.union(&person.seconds);
            all.days = all.days.union(&person.days);
            let unknown = person.zones.iter().filter(|zone| !all.zones.contains(zone));
            let unknown: Vec<_> = unknown.cloned().collect();
            all.zones.extend(unknown);
            Some(all)
        })
    }

    /// Working seconds from one instant to another; negative where `until` lies before `from`.
    #[must_use]
    pub fn working_seconds(&self, from: Timestamp, until: Timestamp) -> i64 {
        self.seconds.count(until.seconds()) - self.seconds.count(from.seconds())
    }

    /// Working seconds for which something has been blocked that has been so since an instant;
    /// nothing where that lies in the future.
    #[must_use]
    pub fn blocked_seconds(&self, since: Timestamp, now: Timestamp) -> i64 {
        self.working_seconds(since, now).max(0)
    }

    /// The first instant at or after the given one at which somebody works.
    #[must_use]
    pub fn next_working_instant(&self, from: Timestamp) -> Timestamp {
        let second = self.seconds.unit(self.seconds.count(from.seconds()));
        from.max(Timestamp::from_seconds(second))
    }

    /// The first instant by which so many working seconds have passed since the given one. With none
    /// to pass it is that instant; with a negative number the last instant since when so many pass
    /// until the given one.
    #[must_use]
    pub fn add_working_seconds(&self, instant: Timestamp, seconds: i64) -> Timestamp {
        let count = self.seconds.count(instant.seconds());
        let seconds = seconds.clamp(-END, END);
        Timestamp::from_seconds(match seconds {
            0 => return instant,
            1.. => self.seconds.reach(count + seconds),
            _ => self.seconds.unit(count + seconds),
        })
    }

    /// Whether somebody works on that date.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        let day = day_number(date);
        self.days.count(day) < self.days.count(day + 1)
    }

    /// The first working day at or after a date.
    #[must_use]
    pub fn next_working_day(&self, date: Date) -> Date {
        date_of_number(self.days.unit(self.days.count(day_number(date))))
    }

    /// Working days after `from` up to and including `until`; where `until` lies before `from`, those
    /// after `until` up to and including `from`, negative.
    #[must_use]
    pub fn working_days(&self, from: Date, until: Date) -> i64 {
        self.days.count(day_number(until) + 1) - self.days.count(day_number(from) + 1)
    }

    /// The working day that is so many [working days](Self::working_days) after a date, before it
    /// where negative; the date itself with none. So one working day after a Saturday is Monday, and
    /// one before a Sunday is Thursday, because Sunday stands where Friday ended.
    #[must_use]
    pub fn add_working_days(&self, date: Date, days: i64) -> Date {
        if days == 0 {
            return date;
        }
        let count = self.days.count(day_number(date) + 1);
        date_of_number(self.days.unit(count + days.clamp(-END, END) - 1))
    }

    /// When a date begins.
    #[must_use]
    pub fn start_of(&self, date: Date) -> Timestamp {
        let starts = self.zones.iter().map(|zone| zone.start_of(day_number(date)));
        Timestamp::from_seconds(starts.min().unwrap_or_default())
    }

    /// When a date ends.
    #[must_use]
    pub fn end_of(&self, date: Date) -> Timestamp {
        let ends = self.zones.iter().map(|zone| zone.start_of(day_number(date) + 1));
        Timestamp::from_seconds(ends.max().unwrap_or_default())
    }

    /// The date at an instant, the later one where clocks differ.
    #[must_use]
    pub fn date_at(&self, instant: Timestamp) -> Date {
        let days = self.zones.iter().map(|zone| zone.day(instant.seconds()));
        date_of_number(days.max().unwrap_or_default())
    }
}

/// Whole seconds since 1970, rounded up.
pub(crate) fn whole_seconds_up(instant: Timestamp) -> i64 {
    instant.seconds() + i64::from(instant.0.rem_euclid(1_000_000) != 0)
}

fn seconds_of_day(time: Time) -> i64 {
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// Days since 1970-01-01.
fn day_number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_secs() / DAY
}

fn date_of_number(day: i64) -> Date {
    EPOCH.saturating_add(SignedDuration::from_secs(day * DAY))
}

fn reversed(first: &impl ToString, last: &impl ToString) -> CalendarError {
    CalendarError::TimeOffEndsBeforeItBegins { first: first.to_string(), last: last.to_string() }
}
