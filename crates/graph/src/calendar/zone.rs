//! What the clocks on the wall show: a time zone's offsets from UTC, as far as they are known.

use jiff::tz::TimeZone;

/// Offsets before this moment are those at it: 1970.
const KNOWN_FROM: i64 = 0;
/// Offsets after this moment are those at it: 2100. No law about clocks reaches that far.
const KNOWN_UNTIL: i64 = 4_102_444_800;

pub(super) const DAY: i64 = 86_400;

/// From which second since 1970 on local time is so many seconds ahead of UTC. The first one holds
/// before, too; no two that follow each other are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offsets(Vec<(i64, i64)>);

impl Offsets {
    pub(super) fn of(zone: &TimeZone) -> Self {
        let first = jiff::Timestamp::UNIX_EPOCH;
        let mut offsets = vec![(KNOWN_FROM, i64::from(zone.to_offset(first).seconds()))];
        for transition in zone.following(first) {
            let start = transition.timestamp().as_second();
            if start >= KNOWN_UNTIL {
                break;
            }
            let offset = i64::from(transition.offset().seconds());
            if offsets.last().is_none_or(|(_, last)| *last != offset) {
                offsets.push((start, offset));
            }
        }
        Self(offsets)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.iter().copied()
    }

    /// The local day, counted from 1970-01-01.
    pub(super) fn day(&self, second: i64) -> i64 {
        let next = self.0.partition_point(|(start, _)| *start <= second).max(1);
        (second + self.0[next - 1].1).div_euclid(DAY)
    }

    /// The first second that belongs to a local day or, where clocks skip that, to a later one.
    pub(super) fn start_of(&self, day: i64) -> i64 {
        self.seconds_of(day, i64::MAX / DAY)
            .next()
            .map_or(day.saturating_mul(DAY), |(start, _)| start)
    }

    /// The seconds of local days, both included, as ascending ranges. There are several where clocks
    /// are put back over midnight.
    pub(super) fn seconds_of(
        &self,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = (i64, i64)> + '_ {
        let (first, end) = (first.saturating_mul(DAY), last.saturating_add(1).saturating_mul(DAY));
        // No offset is as much as a day and a half.
        let earliest = first.saturating_sub(2 * DAY);
        let skipped = self.0.partition_point(|(start, _)| *start <= earliest).saturating_sub(1);
        (skipped..self.0.len())
            .map(move |index| {
                let offset = self.0[index].1;
                let start = if index == 0 { i64::MIN } else { self.0[index].0 };
                let until = self.0.get(index + 1).map_or(i64::MAX, |(next, _)| *next);
                let range = (first.saturating_sub(offset), end.saturating_sub(offset));
                (range.0.max(start), range.1.min(until))
            })
            .take_while(move |(start, _)| *start < end.saturating_add(2 * DAY))
            .filter(|(start, until)| start < until)
    }
}
