use jiff::Span;
use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use mainstem_graph::calendar::time_zone;
use mainstem_graph::{Calendar, CalendarError, TimeOff, WorkingHours};
use mainstem_model::Timestamp;
use proptest::prelude::*;

/// Zones and days on which their clocks do something: an hour or half of one, at night or at
/// midnight or one minute after it, by a quarter of an hour for good, or by a whole day.
const PLACES: [(&str, Date); 12] = [
    ("UTC", date(2026, 2, 27)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2025, 10, 26)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kathmandu", date(1986, 1, 1)),
    ("America/St_Johns", date(2009, 11, 1)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2019, 2, 17)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Africa/Cairo", date(2026, 4, 24)),
];

/// What a calendar is made of, and the slow way to ask it.
#[derive(Debug, Clone)]
struct Person {
    hours: WorkingHours,
    time_off: Vec<TimeOff>,
}

impl Person {
    fn works(&self, second: i64) -> bool {
        let instant = jiff::Timestamp::from_second(second).unwrap();
        let local = self.hours.zone.to_datetime(instant);
        let end_of_day = self.hours.until == Time::midnight();
        self.works_weekly(local.date())
            && local.time() >= self.hours.from
            && (local.time() < self.hours.until || end_of_day)
            && !self.time_off.iter().any(|off| match off {
                TimeOff::Day(day) => *day == local.date(),
                TimeOff::Days { first, last } => (*first..=*last).contains(&local.date()),
                TimeOff::Between { from, until } => {
                    (from.seconds()..until.seconds()).contains(&second)
                }
            })
    }

    fn date(&self, second: i64) -> Date {
        self.hours.zone.to_datetime(jiff::Timestamp::from_second(second).unwrap()).date()
    }

    fn works_weekly(&self, day: Date) -> bool {
        self.hours.weekdays.contains(&day.weekday())
    }

    fn calendar(&self) -> Calendar {
        Calendar::new(&self.hours, &self.time_off).unwrap()
    }
}

/// Which steps of some time are worked.
struct Steps {
    start: i64,
    step: i64,
    worked: Vec<bool>,
}

impl Steps {
    fn of(people: &[Person], start: i64, step: i64, count: i64) -> Self {
        let works = |index| people.iter().any(|person| person.works(start + index * step));
        Self { start, step, worked: (0..count).map(works).collect() }
    }

    fn at(&self, index: usize) -> Timestamp {
        Timestamp::from_seconds(self.start + index as i64 * self.step)
    }

    fn check(&self, calendar: &Calendar) -> Result<(), TestCaseError> {
        let mut passed = 0;
        for index in 0..self.worked.len() {
            prop_assert_eq!(
                calendar.working_seconds(self.at(0), self.at(index)),
                passed,
                "until {}",
                self.at(index)
            );
            passed += if self.worked[index] { self.step } else { 0 };
        }
        let steps = self.worked.len();
        for from in (0..steps).step_by(37) {
            if let Some(next) = (from..steps).find(|index| self.worked[*index]) {
                prop_assert_eq!(calendar.next_working_instant(self.at(from)), self.at(next));
            }
            for count in [1, 2, 9, 70] {
                let worked = (from..steps).filter(|index| self.worked[*index]).nth(count - 1);
                if let Some(last) = worked {
                    let seconds = count as i64 * self.step;
                    let end = calendar.add_working_seconds(self.at(from), seconds);
                    prop_assert_eq!(end, self.at(last + 1));
                }
                let worked = (0..from).rev().filter(|index| self.worked[*index]).nth(count - 1);
                if let Some(first) = worked {
                    let seconds = count as i64 * self.step;
                    let start = calendar.add_working_seconds(self.at(from), -seconds);
                    prop_assert_eq!(start, self.at(first));
                }
            }
        }
        Ok(())
    }
}

fn person(place: usize) -> impl Strategy<Value = Person> {
    let weekdays = prop::sample::subsequence(
        Weekday::Monday.cycle_forward().take(7).collect::<Vec<_>>(),
        1..=7,
    );
    let hours = (0..96_i8, 1..=96_i8).prop_map(|(first, length)| {
        let quarter = |quarter: i8| time(quarter / 4 % 24, quarter % 4 * 15, 0, 0);
        (quarter(first), quarter((first + length.min(96 - first)) % 96))
    });
    let (name, day) = PLACES[place];
    let off = prop_oneof![
        (-20..20_i64).prop_map(move |days| TimeOff::Day(day + Span::new().days(days))),
        (-20..20_i64, 0..9_i64).prop_map(move |(days, length)| TimeOff::Days {
            first: day + Span::new().days(days),
            last: day + Span::new().days(days + length),
        }),
        (-2_000..2_000_i64, 0..900_i64).prop_map(move |(quarter, length)| TimeOff::Between {
            from: Timestamp::from_seconds(noon(day) + quarter * 900),
            until: Timestamp::from_seconds(noon(day) + (quarter + length) * 900),
        }),
    ];
    (weekdays, hours, prop::collection::vec(off, 0..5)).prop_map(
        move |(weekdays, (from, until), time_off)| Person {
            hours: WorkingHours { zone: time_zone(name).unwrap(), weekdays, from, until },
            time_off,
        },
    )
}

/// The noon of a day in UTC.
fn noon(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() + 43_200
}

/// Somebody near a day on which something happens, and the time around that in steps: a day by the
/// minute or two weeks by the quarter of an hour.
fn somebody() -> impl Strategy<Value = (Person, i64, i64, i64)> {
    (0..PLACES.len(), any::<bool>(), -30..10_i64).prop_flat_map(|(place, fine, hours)| {
        let day = noon(PLACES[place].1);
        // There the clocks are changed at a minute past midnight.
        let (start, step, count) = match fine || PLACES[place].0 == "America/St_Johns" {
            true => (day + (hours - 8) * 3_600, 60, 1_440),
            false => (day + hours * 3_600 - 7 * 86_400, 900, 1_440),
        };
        person(place).prop_map(move |person| (person, start, step, count))
    })
}

proptest! {
    #[test]
    fn counts_what_one_counts_step_by_step((person, start, step, count) in somebody()) {
        Steps::of(std::slice::from_ref(&person), start, step, count).check(&person.calendar())?;
    }

    #[test]
    fn several_people_work_when_one_of_them_does(
        (first, start, step, count) in somebody(),
        others in prop::collection::vec(person(2), 0..3),
        near in person(1),
    ) {
        let people: Vec<_> = std::iter::once(first).chain(others).chain([near]).collect();
        let calendars: Vec<_> = people.iter().map(Person::calendar).collect();
        let all = Calendar::of_anybody(&calendars).unwrap();
        Steps::of(&people, start, step, count / 3).check(&all)?;
        for days in -25..25 {
            let day = PLACES[1].1 + Span::new().days(days);
            prop_assert_eq!(
                all.is_working_day(day),
                calendars.iter().any(|calendar| calendar.is_working_day(day))
            );
            prop_assert_eq!(all.start_of(day), calendars.iter().map(|one| one.start_of(day)).min().unwrap());
            prop_assert_eq!(all.end_of(day), calendars.iter().map(|one| one.end_of(day)).max().unwrap());
        }
    }

    #[test]
    fn counts_days_as_one_counts_them((person, ..) in somebody(), place in 0..PLACES.len()) {
        let calendar = person.calendar();
        let days: Vec<_> = PLACES[place].1.series(Span::new().days(1)).take(60).collect();
        let works: Vec<_> = days.iter().map(|day| calendar.is_working_day(*day)).collect();
        for from in (0..60).step_by(7) {
            let mut passed = 0;
            for until in from..60 {
                passed += i64::from(until > from && works[until]);
                prop_assert_eq!(calendar.working_days(days[from], days[until]), passed);
                prop_assert_eq!(calendar.working_days(days[until], days[from]), -passed);
                if until > from && works[until] {
                    prop_assert_eq!(calendar.add_working_days(days[from], passed), days[until]);
                }
            }
            prop_assert_eq!(calendar.add_working_days(days[from], 0), days[from]);
            if let Some(next) = (from..60).find(|day| works[*day]) {
                prop_assert_eq!(calendar.next_working_day(days[from]), days[next]);
            }
        }
        for count in -30..30 {
            let there = calendar.add_working_days(days[0], count);
            prop_assert_eq!(calendar.working_days(days[0], there), count);
            prop_assert!(count == 0 || calendar.is_working_day(there));
        }
    }

    #[test]
    fn a_working_day_is_one_on_which_something_is_worked((person, ..) in somebody()) {
        let calendar = person.calendar();
        let as_ever = Person { time_off: Vec::new(), ..person.clone() };
        let middle = PLACES.iter().find(|(name, _)| {
            person.hours.zone.iana_name() == Some(name)
        });
        for day in (middle.unwrap().1 - Span::new().days(6)).series(Span::new().days(1)).take(12) {
            let start = calendar.start_of(day);
            let end = calendar.end_of(day);
            let quarters: Vec<_> = (start.seconds() - 7_200..end.seconds() + 7_200)
                .step_by(300)
                .filter(|second| person.date(*second) == day)
                .collect();
            // A day on which the clocks leave out all hours counts all the same.
            if quarters.iter().any(|second| as_ever.works(*second)) {
                let works = quarters.iter().any(|second| person.works(*second));
                prop_assert_eq!(calendar.is_working_day(day), works, "{}", day);
            }
            if start < end {
                prop_assert_eq!(calendar.date_at(start), day);
                let zoned = day.to_zoned(person.hours.zone.clone()).unwrap();
                prop_assert_eq!(start.seconds(), zoned.timestamp().as_second());
            }
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_default_is_monday_to_friday_from_nine_to_five() {
    let calendar = Calendar::new(&WorkingHours::default(), &[]).unwrap();
    for (from, until, hours) in [
        ("2026-03-02T09:00:00Z", "2026-03-02T17:00:00Z", 8),
        ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z", 40),
        ("2026-03-06T16:00:00Z", "2026-03-09T10:00:00Z", 2),
        ("2026-03-07T00:00:00Z", "2026-03-08T23:59:59Z", 0),
        ("2026-03-09T10:00:00Z", "2026-03-06T16:00:00Z", -2),
        ("2016-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 20_872),
    ] {
        assert_eq!(calendar.working_seconds(at(from), at(until)), hours * 3_600, "{from}");
        let blocked = calendar.blocked_seconds(at(from), at(until));
        assert_eq!(blocked, (hours * 3_600).max(0), "{from}");
    }
    for (from, hours, until) in [
        ("2026-03-06T16:00:00Z", 2, "2026-03-09T10:00:00Z"),
        ("2026-03-06T16:00:00Z", 1, "2026-03-06T17:00:00Z"),
        ("2026-03-07T16:00:00Z", 0, "2026-03-07T16:00:00Z"),
        ("2026-03-09T10:00:00Z", -2, "2026-03-06T16:00:00Z"),
        ("2026-03-09T10:00:00Z", -1, "2026-03-09T09:00:00Z"),
        ("2026-03-02T09:00:00Z", 20_880, "2036-02-29T17:00:00Z"),
    ] {
        let there = calendar.add_working_seconds(at(from), hours * 3_600);
        assert_eq!(there.to_string(), until, "{from} {hours}");
    }
    // A fraction of a second is kept where nothing has to move.
    let instant = at("2026-03-09T10:00:00.5Z");
    assert_eq!(calendar.next_working_instant(instant), instant);
    assert_eq!(
        calendar.next_working_instant(at("2026-03-06T17:00:00.5Z")),
        at("2026-03-09T09:00:00Z")
    );
}

#[test]
fn days_off_are_no_steps() {
    let holidays = [TimeOff::Day(date(2026, 4, 3)), TimeOff::Day(date(2026, 4, 6))];
    let calendar = Calendar::new(&WorkingHours::default(), &holidays).unwrap();
    let (thursday, tuesday) = (date(2026, 4, 2), date(2026, 4, 7));
    assert_eq!(calendar.working_days(thursday, tuesday), 1);
    assert_eq!(calendar.add_working_days(thursday, 1), tuesday);
    assert_eq!(calendar.add_working_days(tuesday, -1), thursday);
    assert_eq!(calendar.next_working_day(date(2026, 4, 3)), tuesday);
    // From a Saturday forward, and from a Sunday back, as documented.
    assert_eq!(calendar.add_working_days(date(2026, 3, 7), 1), date(2026, 3, 9));
    assert_eq!(calendar.add_working_days(date(2026, 3, 8), -1), date(2026, 3, 5));
}

#[test]
fn somebody_is_away_until_an_instant() {
    let until = at("2026-03-11T13:00:00Z");
    let away = TimeOff::Between { from: at("2026-03-05T00:00:00Z"), until };
    let calendar = Calendar::new(&WorkingHours::default(), &[away]).unwrap();
    assert_eq!(calendar.next_working_instant(at("2026-03-05T12:00:00Z")), until);
    assert_eq!(calendar.next_working_day(date(2026, 3, 5)), date(2026, 3, 11));
    assert_eq!(
        calendar.working_seconds(at("2026-03-04T16:00:00Z"), at("2026-03-11T14:00:00Z")),
        7_200
    );
}

#[test]
fn a_second_that_is_worked_in_part_is_worked() {
    let away = TimeOff::Between {
        from: at("2026-03-02T10:00:00.5Z"),
        until: at("2026-03-02T11:00:00.5Z"),
    };
    let calendar = Calendar::new(&WorkingHours::default(), &[away]).unwrap();
    let worked = |from, until| calendar.working_seconds(at(from), at(until));
    assert_eq!(worked("2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z"), 1);
    assert_eq!(worked("2026-03-02T10:30:00Z", "2026-03-02T11:00:01Z"), 1);
}

#[test]
fn a_day_that_begins_twice_is_taken_off_whole() {
    // One minute after midnight clocks were put back to 23:01, so Saturday went on for an hour.
    let hours = WorkingHours {
        zone: time_zone("America/St_Johns").unwrap(),
        weekdays: Weekday::Monday.cycle_forward().take(7).collect(),
        from: Time::midnight(),
        until: Time::midnight(),
    };
    let worked = |off: &[TimeOff]| {
        let calendar = Calendar::new(&hours, off).unwrap();
        calendar.working_seconds(at("2009-10-31T00:00:00Z"), at("2009-11-02T12:00:00Z"))
    };
    let saturday = worked(&[]) - worked(&[TimeOff::Day(date(2009, 10, 31))]);
    let sunday = worked(&[]) - worked(&[TimeOff::Day(date(2009, 11, 1))]);
    assert_eq!((saturday, sunday), (24 * 3_600 + 59 * 60, 24 * 3_600 + 60));
}

#[test]
fn among_several_people_the_date_is_the_later_one() {
    let person = |name| {
        let hours = WorkingHours { zone: time_zone(name).unwrap(), ..WorkingHours::default() };
        Calendar::new(&hours, &[]).unwrap()
    };
    let (east, west) = (person("Asia/Tokyo"), person("America/New_York"));
    for people in [[&east, &west], [&west, &east]] {
        let both = Calendar::of_anybody(people).unwrap();
        assert_eq!(both.date_at(at("2026-03-02T20:00:00Z")), date(2026, 3, 3));
        assert_eq!(both.start_of(date(2026, 3, 3)), at("2026-03-02T15:00:00Z"));
        assert_eq!(both.end_of(date(2026, 3, 3)), at("2026-03-04T05:00:00Z"));
        // Two shifts of eight hours that do not meet.
        assert_eq!(
            both.working_seconds(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")),
            57_600
        );
    }
}

#[test]
fn clocks_that_change_within_the_hours_change_the_day() {
    let night = WorkingHours {
        zone: time_zone("Europe/Berlin").unwrap(),
        weekdays: vec![Weekday::Saturday, Weekday::Sunday],
        from: time(0, 0, 0, 0),
        until: time(8, 0, 0, 0),
    };
    let calendar = Calendar::new(&night, &[]).unwrap();
    for (day, hours) in [(date(2026, 3, 28), 8), (date(2026, 3, 29), 7), (date(2026, 10, 25), 9)] {
        let worked = calendar.working_seconds(calendar.start_of(day), calendar.end_of(day));
        assert_eq!(worked, hours * 3_600, "{day}");
    }
}

#[test]
fn refuses_what_is_never_worked() {
    let hours = |from: i8, until: i8, weekdays: &[Weekday]| WorkingHours {
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
        weekdays: weekdays.to_vec(),
        ..WorkingHours::default()
    };
    let refused = |hours, off: &[TimeOff]| Calendar::new(&hours, off).unwrap_err().to_string();
    let monday = [Weekday::Monday];
    assert_eq!(refused(hours(9, 17, &[]), &[]), CalendarError::NoWorkingDay.to_string());
    for (from, until) in [(9, 9), (17, 9)] {
        let message = refused(hours(from, until, &monday), &[]);
        assert!(message.contains("are empty"), "{message}");
    }
    assert!(Calendar::new(&hours(0, 0, &monday), &[]).is_ok());
    let reversed = TimeOff::Days { first: date(2026, 2, 2), last: date(2026, 2, 1) };
    let message = refused(WorkingHours::default(), &[reversed]);
    assert_eq!(message, "time off from 2026-02-02 to 2026-02-01 ends before it begins");
    let reversed = TimeOff::Between { from: Timestamp(1), until: Timestamp(0) };
    assert!(refused(WorkingHours::default(), &[reversed]).contains("ends before it begins"));
    let unknown = time_zone("Middle/Earth").unwrap_err();
    assert_eq!(unknown, CalendarError::UnknownTimeZone { name: "Middle/Earth".to_owned() });
    assert!(Calendar::of_anybody([]).is_none());
}
