//! When people work: the team's calendar, and that of who keeps other days.

use std::collections::BTreeMap;

use mainstem_graph::{Calendar, CalendarError, TimeOff, WorkingHours};
use mainstem_model::Timestamp;

/// The calendars of an installation.
#[derive(Debug, Clone)]
pub struct Calendars {
    hours: WorkingHours,
    holidays: Vec<TimeOff>,
    /// By mail address in small letters.
    people: BTreeMap<String, PersonalHours>,
    common: Calendar,
}

/// How the days of somebody differ from those of the team.
#[derive(Debug, Clone, Default)]
pub struct PersonalHours {
    /// Their own hours, where they keep others.
    pub hours: Option<WorkingHours>,
    /// Their days off, beside the team's holidays.
    pub days_off: Vec<TimeOff>,
}

impl Calendars {
    /// The team's hours and holidays, and those of people by their mail address.
    ///
    /// # Errors
    /// Where one of them is no calendar.
    pub fn new(
        hours: WorkingHours,
        holidays: Vec<TimeOff>,
        people: BTreeMap<String, PersonalHours>,
    ) -> Result<Self, CalendarError> {
        let common = Calendar::new(&hours, &holidays)?;
        let people = people.into_iter().map(|(email, hours)| (email.to_ascii_lowercase(), hours));
        let calendars = Self { hours, holidays, people: people.collect(), common };
        for personal in calendars.people.values() {
            calendars.personal(personal, None)?;
        }
        Ok(calendars)
    }

    /// The team's calendar.
    #[must_use]
    pub fn common(&self) -> &Calendar {
        &self.common
    }

    /// Seconds of one working day of the team.
    #[must_use]
    pub fn day_seconds(&self) -> i64 {
        let WorkingHours { from, until, .. } = &self.hours;
        let seconds = from.duration_until(*until).as_secs();
        // Midnight is the end of the day.
        if seconds > 0 { seconds } else { seconds + 24 * 60 * 60 }
    }

    /// The calendar of whoever has this address and is away for this time; `None` where that is the
    /// team's.
    #[must_use]
    pub fn of_person(
        &self,
        email: Option<&str>,
        away: Option<(Timestamp, Timestamp)>,
    ) -> Option<Calendar> {
        let personal = email.and_then(|email| self.people.get(&email.to_ascii_lowercase()));
        if personal.is_none() && away.is_none() {
            return None;
        }
        // What was configured was a calendar, and an absence that ends before it begins is none.
        self.personal(personal.unwrap_or(&PersonalHours::default()), away).ok()
    }

    fn personal(
        &self,
        personal: &PersonalHours,
        away: Option<(Timestamp, Timestamp)>,
    ) -> Result<Calendar, CalendarError> {
        let hours = personal.hours.as_ref().unwrap_or(&self.hours);
        let off = self.holidays.iter().chain(&personal.days_off).copied();
        let away = away.map(|(from, until)| TimeOff::Between { from, until });
        Calendar::new(hours, &off.chain(away).collect::<Vec<_>>())
    }
}

impl Default for Calendars {
    fn default() -> Self {
        let hours = WorkingHours::default();
        let common = Calendar::default();
        Self { hours, holidays: Vec::new(), people: BTreeMap::new(), common }
    }
}
