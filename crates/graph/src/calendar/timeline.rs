//! A set of whole numbers that repeats itself week by week and is changed here and there: the seconds
//! in which somebody works, the days on which somebody works. What is asked of it takes two binary
//! searches, whatever the span.

use std::sync::Arc;

/// Before and after everything that a timestamp or a date can say, in seconds as in days.
pub(super) const BEGIN: i64 = -END;
pub(super) const END: i64 = 10_000_000_000_000;

/// Which units of a week are in the set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The units of a week: 604,800 seconds or 7 days.
    week: i64,
    /// Disjoint, ascending, never touching; each from its first unit to the one after its last.
    ranges: Vec<(i64, i64)>,
}

/// The whole set: patterns, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    stretches: Vec<Stretch>,
}

/// From `start` until the next one starts, weeks look like the pattern. Weeks begin at multiples of
/// their length, wherever the stretch begins.
#[derive(Debug, Clone)]
struct Stretch {
    start: i64,
    /// How many units of the set lie between [`BEGIN`] and the start.
    before: i64,
    pattern: Arc<Pattern>,
}

impl Pattern {
    /// From ranges in any order, which may overlap and lie outside the first week.
    pub(super) fn of(week: i64, ranges: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut within = Vec::new();
        for (first, end) in ranges {
            let length = (end - first).min(week);
            let first = first.rem_euclid(week);
            within.push((first, (first + length).min(week)));
            within.push((0, first + length - week));
        }
        within.retain(|(first, end)| first < end);
        Self { week, ranges: merged(within) }
    }

    fn joined(&self, other: &Self) -> Self {
        Self::of(self.week, self.ranges.iter().chain(&other.ranges).copied())
    }

    /// Units of the set in a whole week.
    fn total(&self) -> i64 {
        self.ranges.iter().map(|(first, end)| end - first).sum()
    }

    /// Units of the set from 0 up to, not including, this one; negative before 0.
    fn count(&self, unit: i64) -> i64 {
        let phase = unit.rem_euclid(self.week);
        let partial: i64 =
            self.ranges.iter().map(|(first, end)| phase.clamp(*first, *end) - first).sum();
        unit.div_euclid(self.week) * self.total() + partial
    }

    /// The first unit up to which `count` units of the set lie.
    fn reach(&self, count: i64) -> Option<i64> {
        let whole = (count - 1).checked_div_euclid(self.total())?;
        let mut rest = count - whole * self.total();
        for (first, end) in &self.ranges {
            if rest <= end - first {
                return Some(whole.saturating_mul(self.week).saturating_add(first + rest));
            }
            rest -= end - first;
        }
        None
    }
}

impl Timeline {
    /// Patterns and where they start, in ascending order; the first one holds before its start, too.
    pub(super) fn of(pieces: impl IntoIterator<Item = (i64, Arc<Pattern>)>) -> Self {
        let mut stretches = Vec::<Stretch>::new();
        for (start, pattern) in pieces {
            let Some(last) = stretches.last() else {
                stretches.push(Stretch { start: BEGIN, before: 0, pattern });
                continue;
            };
            if last.pattern != pattern {
                let before = last.count(start);
                stretches.push(Stretch { start, before, pattern });
            }
        }
        Self { stretches }
    }

    /// How many units of the set lie before this one.
    pub(super) fn count(&self, unit: i64) -> i64 {
        let unit = unit.clamp(BEGIN, END);
        let next = self.stretches.partition_point(|stretch| stretch.start <= unit);
        self.stretches[next - 1].count(unit)
    }

    /// The first unit before which `count` units of the set lie; [`BEGIN`] or [`END`] where there is
    /// none.
    pub(super) fn reach(&self, count: i64) -> i64 {
        let next = self.stretches.partition_point(|stretch| stretch.before < count);
        let Some(stretch) = next.checked_sub(1).map(|index| &self.stretches[index]) else {
            return BEGIN;
        };
        let zero = stretch.before - stretch.pattern.count(stretch.start);
        stretch.pattern.reach(count - zero).map_or(END, |unit| unit.clamp(BEGIN, END))
    }

    /// The unit of the set before which `count` units of it lie.
    pub(super) fn unit(&self, count: i64) -> i64 {
        match self.reach(count.saturating_add(1)) {
            end @ (BEGIN | END) => end,
            after => after - 1,
        }
    }

    /// Without the units of these ranges, which are disjoint and ascending.
    pub(super) fn without(&self, ranges: &[(i64, i64)]) -> Self {
        let week = self.stretches[0].pattern.week;
        let none = Arc::new(Pattern::of(week, []));
        let all = Arc::new(Pattern::of(week, [(0, week)]));
        let taken =
            Self::of(std::iter::once((BEGIN, Arc::clone(&none))).chain(
                ranges.iter().flat_map(|(first, end)| {
                    [(*first, Arc::clone(&all)), (*end, Arc::clone(&none))]
                }),
            ));
        self.joined_by(&taken, |pattern, taken| match taken.ranges.is_empty() {
            true => Arc::clone(pattern),
            false => Arc::clone(&none),
        })
    }

    /// The units of either.
    pub(super) fn union(&self, other: &Self) -> Self {
        // There are few pairs of patterns, and many stretches.
        let mut known = Vec::<([*const Pattern; 2], Arc<Pattern>)>::new();
        self.joined_by(other, |left, right| {
            let pair = [Arc::as_ptr(left), Arc::as_ptr(right)];
            if let Some((_, joined)) = known.iter().find(|(other, _)| *other == pair) {
                return Arc::clone(joined);
            }
            let joined = Arc::new(left.joined(right));
            known.push((pair, Arc::clone(&joined)));
            joined
        })
    }

    fn joined_by(
        &self,
        other: &Self,
        mut join: impl FnMut(&Arc<Pattern>, &Arc<Pattern>) -> Arc<Pattern>,
    ) -> Self {
        let (mut left, mut right) = (0, 0);
        let mut pieces =
            vec![(BEGIN, join(&self.stretches[left].pattern, &other.stretches[right].pattern))];
        loop {
            let starts = [self.stretches.get(left + 1), other.stretches.get(right + 1)];
            let Some(start) = starts.into_iter().flatten().map(|next| next.start).min() else {
                break;
            };
            left += usize::from(starts[0].is_some_and(|next| next.start == start));
            right += usize::from(starts[1].is_some_and(|next| next.start == start));
            let pattern = join(&self.stretches[left].pattern, &other.stretches[right].pattern);
            pieces.push((start, pattern));
        }
        Self::of(pieces)
    }
}

impl Stretch {
    fn count(&self, unit: i64) -> i64 {
        self.before + self.pattern.count(unit) - self.pattern.count(self.start)
    }
}

/// Ranges in ascending order, those that overlap or touch made one.
pub(super) fn merged(mut ranges: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    ranges.sort_unstable();
    let mut merged = Vec::<(i64, i64)>::with_capacity(ranges.len());
    for (first, end) in ranges {
        match merged.last_mut() {
            Some(last) if first <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((first, end)),
        }
    }
    merged
}
