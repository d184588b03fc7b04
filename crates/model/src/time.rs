//! Time as Mainstem keeps it: instants in whole microseconds since 1970 in UTC, and calendar dates.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A calendar date without a time zone, as due dates are.
pub type Date = jiff::civil::Date;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A text is not an RFC 3339 date and time, or lies outside the years 1 to 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a date and time such as 2026-01-31T09:30:00Z")]
pub struct InvalidTimestamp {
    /// What was given, cut to 80 characters.
    pub text: String,
}

impl Timestamp {
    /// From whole seconds since 1970; saturates at the ends of the range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// When a calendar date ends in UTC; saturates at the end of the range.
    #[must_use]
    pub fn end_of(date: Date) -> Self {
        let end = date.tomorrow().ok().and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC).ok());
        Self(end.map_or(i64::MAX, |end| end.timestamp().as_microsecond()))
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant moved by a number of seconds, which may be negative; saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Microseconds from `earlier` to this instant; negative where it lies after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar date in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        self.jiff().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.jiff(), f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Self(instant.as_microsecond()))
            .map_err(|_| InvalidTimestamp { text: text.chars().take(80).collect() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_ends_where_the_next_one_begins() {
        for (date, end) in
            [("2026-12-31", "2027-01-01T00:00:00Z"), ("2024-02-28", "2024-02-29T00:00:00Z")]
        {
            assert_eq!(Timestamp::end_of(date.parse().unwrap()).to_string(), end);
        }
        assert_eq!(Timestamp::end_of(Date::MAX), Timestamp(i64::MAX));
    }

    #[test]
    fn reads_and_writes_rfc_3339() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-01-31T09:30:00.5Z", 1_769_851_800_500_000),
            ("1969-12-31T23:59:59Z", -1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp(micros)));
            assert_eq!(Timestamp(micros).to_string(), text);
        }
        assert_eq!("2026-01-31T10:30:00+01:00".parse(), Ok(Timestamp(1_769_851_800_000_000)));
        assert!("2026-01-31".parse::<Timestamp>().is_err());
        assert!("9999999-01-01T00:00:00Z".parse::<Timestamp>().is_err());
    }

    #[test]
    fn extreme_instants_print_without_panic() {
        assert!(!Timestamp(i64::MAX).to_string().is_empty());
        assert!(!Timestamp(i64::MIN).to_string().is_empty());
    }
}
