//! When people work, as a person writes it down.

use std::collections::BTreeMap;

use jiff::civil::{Time, Weekday};
use mainstem_graph::calendar::time_zone;
use mainstem_graph::{CalendarError, TimeOff, WorkingHours};
use mainstem_model::time::Date;
use mainstem_read_model::{Calendars, PersonalHours};
use serde::{Deserialize, Deserializer, de::Error as _};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The team's week. What is left out is Monday to Friday, 09:00 to 17:00 UTC.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarConfig {
    /// The IANA name of a time zone.
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "weekdays")]
    working_days: Option<Vec<Weekday>>,
    #[serde(default, deserialize_with = "hours")]
    hours: Option<Hours>,
    #[serde(default, deserialize_with = "time_off")]
    holidays: Vec<TimeOff>,
    /// Those who keep other days than the rest.
    #[serde(default)]
    people: Vec<PersonConfig>,
}

/// Somebody who keeps other days than the rest. What is left out is as the team has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonConfig {
    email: String,
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "weekdays")]
    working_days: Option<Vec<Weekday>>,
    #[serde(default, deserialize_with = "hours")]
    hours: Option<Hours>,
    #[serde(default, deserialize_with = "time_off")]
    days_off: Vec<TimeOff>,
}

#[derive(Debug, Clone, Copy)]
struct Hours {
    from: Time,
    until: Time,
}

impl CalendarConfig {
    /// The calendars that this says.
    ///
    /// # Errors
    /// Every fault found.
    pub fn calendars(&self) -> Result<Calendars, Vec<String>> {
        let mut faults = Vec::new();
        let team = week(
            &WorkingHours::default(),
            self.time_zone.as_deref(),
            self.working_days.as_deref(),
            self.hours,
        );
        let team = team.unwrap_or_else(|error| {
            faults.push(format!("calendar.time_zone: {error}"));
            WorkingHours::default()
        });
        let mut people = BTreeMap::new();
        for person in &self.people {
            match person.hours(&team) {
                Ok(hours) => {
                    let email = person.email.to_ascii_lowercase();
                    if people.insert(email, hours).is_some() {
                        faults.push(format!("calendar.people: {:?} is given twice", person.email));
                    }
                }
                Err(fault) => faults.push(format!("calendar.people {:?}: {fault}", person.email)),
            }
        }
        let calendars = Calendars::new(team, self.holidays.clone(), people);
        match calendars {
            Ok(calendars) if faults.is_empty() => Ok(calendars),
            Ok(_) => Err(faults),
            Err(error) => {
                faults.push(format!("calendar: {error}"));
                Err(faults)
            }
        }
    }

    /// What this says, for the person who wrote it.
    #[must_use]
    pub fn describe(&self) -> String {
        let days = self.working_days.clone().unwrap_or_else(|| WorkingHours::default().weekdays);
        let days = WEEKDAYS.iter().filter(|(_, day)| days.contains(day)).map(|(name, _)| *name);
        let usual = WorkingHours::default();
        let hours = self.hours.unwrap_or(Hours { from: usual.from, until: usual.until });
        format!(
            "{}, {} to {} {}; {} holidays, {} people with days of their own",
            days.collect::<Vec<_>>().join(", "),
            hours.from.strftime("%H:%M"),
            hours.until.strftime("%H:%M"),
            self.time_zone.as_deref().unwrap_or("UTC"),
            self.holidays.len(),
            self.people.len()
        )
    }
}

impl PersonConfig {
    fn hours(&self, team: &WorkingHours) -> Result<PersonalHours, String> {
        if !self.email.contains('@') {
            return Err("email: give a mail address, by which their tools know them".into());
        }
        let own = week(team, self.time_zone.as_deref(), self.working_days.as_deref(), self.hours)
            .map_err(|error| format!("time_zone: {error}"))?;
        let hours = (own != *team).then_some(own);
        Ok(PersonalHours { hours, days_off: self.days_off.clone() })
    }
}

/// A week like another but for what is given.
fn week(
    usual: &WorkingHours,
    zone: Option<&str>,
    weekdays: Option<&[Weekday]>,
    hours: Option<Hours>,
) -> Result<WorkingHours, CalendarError> {
    Ok(WorkingHours {
        zone: zone.map_or_else(|| Ok(usual.zone.clone()), time_zone)?,
        weekdays: weekdays.map_or_else(|| usual.weekdays.clone(), <[Weekday]>::to_vec),
        from: hours.map_or(usual.from, |hours| hours.from),
        until: hours.map_or(usual.until, |hours| hours.until),
    })
}

fn weekdays<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Vec<Weekday>>, D::Error> {
    let names = Vec::<String>::deserialize(given)?;
    let days = names.iter().map(|name| {
        let known = WEEKDAYS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map(|(_, day)| *day)
    });
    let days: Option<Vec<_>> = days.collect();
    let days = days.filter(|days| !days.is_empty());
    days.map(Some).ok_or_else(|| {
        let known = WEEKDAYS.map(|(name, _)| name).join(", ");
        D::Error::custom(format!("give one or more of {known}"))
    })
}

fn hours<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Hours>, D::Error> {
    let text = String::deserialize(given)?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
    let read = |text: &str| {
        let (from, until) = text.split_once('-')?;
        // 24:00 is the end of the day, which the calendar calls midnight.
        let until = if until.trim() == "24:00" { "00:00" } else { until };
        let hours = Hours { from: time(from)?, until: time(until)? };
        (hours.from < hours.until || hours.until == Time::midnight()).then_some(hours)
    };
    read(&text).map(Some).ok_or_else(|| {
        D::Error::custom("give hours of one day such as \"09:00-17:00\", the end after the beginning, 24:00 at the latest")
    })
}

fn time_off<'de, D: Deserializer<'de>>(given: D) -> Result<Vec<TimeOff>, D::Error> {
    let read = |text: &String| -> Option<TimeOff> {
        let date = |text: &str| text.trim().parse::<Date>().ok();
        match text.split_once('/') {
            None => Some(TimeOff::Day(date(text)?)),
            Some((first, last)) => {
                let (first, last) = (date(first)?, date(last)?);
                (first <= last).then_some(TimeOff::Days { first, last })
            }
        }
    };
    let days: Option<Vec<_>> = Vec::<String>::deserialize(given)?.iter().map(read).collect();
    days.ok_or_else(|| {
        D::Error::custom(
            "give dates such as \"2026-12-25\", or \"2026-12-21/2027-01-02\" for the first and the last one",
        )
    })
}
