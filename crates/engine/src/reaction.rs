//! What follows from an error: the one table from disposition to behaviour.

use std::time::Duration;

use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::{Random, SourceState, Timestamp};

/// The longest time that a passing failure keeps us away.
const LONGEST_BACK_OFF_SECONDS: u64 = 15 * 60;
/// The delay after the first failure, before jitter.
const FIRST_BACK_OFF_SECONDS: u64 = 5;
/// How often a refused credential is tried again although nobody has renewed it: some tools refuse
/// for a while what they accept again later, after single sign-on for example.
const CREDENTIAL_RETRY_SECONDS: u64 = 15 * 60;
/// How often something that cannot work as configured is looked at.
const GIVEN_UP_RETRY_SECONDS: u64 = 60 * 60;
/// No tool is believed that it needs a longer rest.
const LONGEST_RETRY_AFTER_SECONDS: u64 = 24 * 60 * 60;

/// What follows from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reaction {
    /// Nothing is tried before.
    pub until: Timestamp,
    /// How the source is doing meanwhile.
    pub state: SourceState,
    /// Whether the whole source waits, not just the scope.
    pub whole_source: bool,
    /// Whether the scope's cursor is dropped.
    pub restart: bool,
    /// Whether waiting alone may help.
    pub passing: bool,
}

/// What follows from this error after so many earlier failures in a row.
pub(crate) fn react(
    error: &ConnectorError,
    failures: u32,
    now: Timestamp,
    random: &dyn Random,
) -> Reaction {
    let (wait, state, whole_source, passing) = match error.disposition {
        Disposition::RetryAfter(wait) => {
            let whole_source = error.code != ConnectorError::BUDGET_KEPT;
            (rest(wait), SourceState::RateLimited, whole_source, true)
        }
        Disposition::BackOff | Disposition::RestartScope => {
            (back_off(failures, random), SourceState::Degraded, false, true)
        }
        Disposition::PauseSource => (
            Duration::from_secs(CREDENTIAL_RETRY_SECONDS),
            SourceState::NeedsCredential,
            true,
            false,
        ),
        Disposition::GiveUp => {
            (Duration::from_secs(GIVEN_UP_RETRY_SECONDS), SourceState::Degraded, false, false)
        }
    };
    let restart = error.disposition == Disposition::RestartScope;
    Reaction { until: after(now, wait), state, whole_source, restart, passing }
}

/// This instant and a duration.
pub(crate) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

/// The tool's own word, kept between a second and a day.
fn rest(wait: Duration) -> Duration {
    wait.clamp(Duration::from_secs(1), Duration::from_secs(LONGEST_RETRY_AFTER_SECONDS))
}

/// Doubles with each failure; the upper half of each delay is left to chance, so that sources that
/// failed together do not come back together.
fn back_off(failures: u32, random: &dyn Random) -> Duration {
    let doubled =
        FIRST_BACK_OFF_SECONDS.saturating_mul(1_u64.checked_shl(failures).unwrap_or(u64::MAX));
    let millis = doubled.min(LONGEST_BACK_OFF_SECONDS) * 1000;
    let mut bytes = [0; 8];
    // Without randomness the full delay is the careful choice.
    let jitter = match random.fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes) % (millis / 2 + 1),
        Err(_) => millis / 2,
    };
    Duration::from_millis(millis / 2 + jitter)
}

#[cfg(test)]
mod tests {
    use mainstem_model::random::SeededRandom;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn of(disposition: Disposition, failures: u32) -> Reaction {
        react(
            &ConnectorError::new(disposition, "CODE", "a sentence"),
            failures,
            NOW,
            &SeededRandom::new(7),
        )
    }

    #[test]
    fn every_disposition_has_its_reaction() {
        use SourceState::{Degraded, NeedsCredential, RateLimited};
        // disposition, seconds at least, at most, state, whole source, restart, passing
        let table = [
            (
                Disposition::RetryAfter(Duration::from_secs(42)),
                42,
                42,
                RateLimited,
                true,
                false,
                true,
            ),
            (Disposition::RetryAfter(Duration::ZERO), 1, 1, RateLimited, true, false, true),
            (
                Disposition::RetryAfter(Duration::MAX),
                86_400,
                86_400,
                RateLimited,
                true,
                false,
                true,
            ),
            (Disposition::BackOff, 2, 5, Degraded, false, false, true),
            (Disposition::RestartScope, 2, 5, Degraded, false, true, true),
            (Disposition::PauseSource, 900, 900, NeedsCredential, true, false, false),
            (Disposition::GiveUp, 3600, 3600, Degraded, false, false, false),
        ];
        for (disposition, least, most, state, whole_source, restart, passing) in table {
            let reaction = of(disposition, 0);
            let seconds = reaction.until.since(NOW) / 1_000_000;
            assert!((least..=most).contains(&seconds), "{disposition:?}: {seconds} s");
            assert_eq!(
                (reaction.state, reaction.whole_source, reaction.restart, reaction.passing),
                (state, whole_source, restart, passing),
                "{disposition:?}"
            );
        }
    }

    #[test]
    fn what_leaves_the_rest_of_a_budget_to_others_waits_alone() {
        let wait = Disposition::RetryAfter(Duration::from_secs(42));
        let error = ConnectorError::new(wait, ConnectorError::BUDGET_KEPT, "a sentence");
        let reaction = react(&error, 0, NOW, &SeededRandom::new(7));
        assert!(!reaction.whole_source && reaction.passing);
        assert_eq!(reaction.state, SourceState::RateLimited);
    }

    #[test]
    fn back_off_doubles_up_to_a_quarter_of_an_hour() {
        for (failures, full) in [
            (0, 5),
            (1, 10),
            (2, 20),
            (5, 160),
            (7, 640),
            (8, 900),
            (63, 900),
            (64, 900),
            (u32::MAX, 900),
        ] {
            let seconds = of(Disposition::BackOff, failures).until.since(NOW) as f64 / 1e6;
            let full = f64::from(full);
            assert!(seconds >= full / 2.0 && seconds <= full, "{failures} failures: {seconds} s");
        }
    }

    #[test]
    fn two_sources_do_not_come_back_together() {
        let random = SeededRandom::new(7);
        let error = ConnectorError::new(Disposition::BackOff, "CODE", "a sentence");
        let first = react(&error, 3, NOW, &random);
        assert_ne!(first.until, react(&error, 3, NOW, &random).until);
    }
}
