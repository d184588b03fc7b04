//! What a tool allows: its budgets, and the times before which nothing may be sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mainstem_model::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::headers::{http_date, server_time, text};
use crate::{ConnectorError, Disposition};

/// The wait where a tool refuses and names no time; it doubles with each refusal in a row.
const FIRST_WAIT_SECONDS: i64 = 60;
/// No tool's budget is longer than an hour; a longer wait is a mistake of the answer.
const LONGEST_WAIT_SECONDS: i64 = 3600;
/// Work in the background leaves one part in so many of each budget to everything else.
const KEPT_FROM_BACKGROUND: u64 = 2;

/// The limits of one account, learned from each answer and asked before each request.
///
/// All times are those of the clock passed in. A time that the tool names is taken as a distance
/// from the tool's own `Date`, so a clock that is wrong by an hour still waits the right time.
#[derive(Debug, Default)]
pub struct Limits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    closed_until: Option<Timestamp>,
    refusals: u32,
    budgets: BTreeMap<&'static str, Budget>,
}

#[derive(Debug)]
struct Budget {
    /// What a whole window grants; 0 where the tool does not say.
    limit: u64,
    remaining: u64,
    resets_at: Timestamp,
    /// The reset as the tool named it: another one means that a new window has begun.
    window: String,
}

impl Limits {
    /// Takes one request from a budget. One in the background is refused while no more is left than
    /// is kept for the others.
    ///
    /// # Errors
    /// [`Disposition::RetryAfter`] where the tool must not be asked yet.
    pub fn take(
        &self,
        budget: &'static str,
        background: bool,
        now: Timestamp,
    ) -> Result<(), ConnectorError> {
        let mut state = self.lock();
        if let Some(until) = state.closed_until {
            if now < until {
                return Err(wait(until.since(now)));
            }
            state.closed_until = None;
        }
        match state.budgets.get_mut(budget) {
            Some(known) if now >= known.resets_at => {
                state.budgets.remove(budget);
            }
            Some(known) if known.remaining == 0 => return Err(wait(known.resets_at.since(now))),
            Some(known) if background && known.remaining <= known.limit / KEPT_FROM_BACKGROUND => {
                return Err(wait_in_background(known.resets_at.since(now)));
            }
            Some(known) => known.remaining -= 1,
            None => {}
        }
        Ok(())
    }

    /// Learns from an answer. `phrased` says that its text, not its headers, tells of a refusal.
    ///
    /// # Errors
    /// [`Disposition::RetryAfter`] where the answer is a refusal for the sake of a limit.
    pub fn learn(
        &self,
        budget: &'static str,
        status: StatusCode,
        headers: &HeaderMap,
        phrased: bool,
        now: Timestamp,
    ) -> Result<(), ConnectorError> {
        let mut state = self.lock();
        let tool_now = server_time(headers).unwrap_or(now);
        let number = |name| text(headers, name).and_then(|text| text.parse().ok());
        let remaining = number("x-ratelimit-remaining");
        let limit = number("x-ratelimit-limit").unwrap_or(0);
        let reset = text(headers, "x-ratelimit-reset").and_then(|named| {
            Some((named, seconds_between(tool_now, instant(named)?).clamp(1, LONGEST_WAIT_SECONDS)))
        });
        let retry_after = retry_after(headers, tool_now);
        if let Some(quota) = quota(headers) {
            let resets_at = now.plus_seconds(quota.seconds.clamp(1, LONGEST_WAIT_SECONDS));
            let window = (resets_at.seconds().div_euclid(60)).to_string();
            let Quota { limit, remaining, .. } = quota;
            state.note_budget(budget, Budget { limit, remaining, resets_at, window });
        }
        // What names the time to wait knows better than the reset of a budget, which may be rounded.
        if let (Some(remaining), Some((window, seconds)), None) = (remaining, reset, retry_after) {
            let resets_at = now.plus_seconds(seconds);
            let window = window.to_owned();
            state.note_budget(budget, Budget { limit, remaining, resets_at, window });
        }

        let refused = status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::FORBIDDEN && (remaining == Some(0) || retry_after.is_some())
            || status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some();
        if phrased || refused {
            // A spent budget closes itself; other budgets of the account may be open still.
            let spent = reset.filter(|_| remaining == Some(0)).map(|(_, seconds)| seconds);
            return Err(match (retry_after, spent) {
                (None, Some(seconds)) => wait(seconds * 1_000_000),
                (named, _) => state.close(named, now),
            });
        }
        if status.is_success() {
            state.refusals = 0;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the whole account, for as long as the tool says or longer each time.
    fn close(&mut self, seconds: Option<i64>, now: Timestamp) -> ConnectorError {
        let seconds = seconds.unwrap_or(FIRST_WAIT_SECONDS << self.refusals.min(6));
        let seconds = seconds.min(LONGEST_WAIT_SECONDS);
        self.refusals += 1;
        self.closed_until = self.closed_until.max(Some(now.plus_seconds(seconds)));
        wait(seconds * 1_000_000)
    }

    /// Answers of requests in flight overtake each other, so within a window only less counts.
    fn note_budget(&mut self, name: &'static str, mut told: Budget) {
        if let Some(known) = self.budgets.get(name).filter(|known| known.window == told.window) {
            told.remaining = told.remaining.min(known.remaining);
        }
        self.budgets.insert(name, told);
    }
}

fn wait(micros: i64) -> ConnectorError {
    limited(micros, "RATE_LIMITED", "the tool's rate limit is reached")
}

fn wait_in_background(micros: i64) -> ConnectorError {
    let why = "what is left of the tool's rate limit is kept for what is new";
    limited(micros, ConnectorError::BUDGET_KEPT, why)
}

fn limited(micros: i64, code: &'static str, why: &str) -> ConnectorError {
    let duration = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    ConnectorError::new(
        Disposition::RetryAfter(duration),
        code,
        format!("{why}; it goes on by itself in {} s", duration.as_secs().max(1)),
    )
}

/// The seconds that `retry-after` names; `None` where it is missing, past or nonsense.
fn retry_after(headers: &HeaderMap, tool_now: Timestamp) -> Option<i64> {
    let named = text(headers, "retry-after")?;
    let seconds = match named.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => seconds_between(tool_now, http_date(named)?),
    };
    (seconds > 0).then_some(seconds)
}

/// What a tool tells of a quota by structured headers: `ratelimit: "name";r=17842;t=2107` beside
/// `ratelimit-policy: "name";q=100100;w=3600`, or the same with `beta-` before the name (IETF draft
/// on RateLimit headers; Jira Cloud).
#[derive(Debug, PartialEq, Eq)]
struct Quota {
    limit: u64,
    remaining: u64,
    seconds: i64,
}

/// The quota of which the least is left.
fn quota(headers: &HeaderMap) -> Option<Quota> {
    let either =
        |name: &str| text(headers, name).or_else(|| text(headers, &format!("beta-{name}")));
    let policies = either("ratelimit-policy").unwrap_or_default();
    let quota = |item: &str| {
        let name = item.split(';').next()?.trim();
        let policy = policies
            .split(',')
            .find(|policy| policy.split(';').next().map(str::trim) == Some(name));
        Some(Quota {
            limit: policy.and_then(|policy| parameter(policy, "q")).unwrap_or(0),
            remaining: parameter(item, "r")?,
            seconds: i64::try_from(parameter(item, "t")?).ok()?,
        })
    };
    either("ratelimit")?.split(',').filter_map(quota).min_by_key(|quota| quota.remaining)
}

/// The number that a structured item gives a parameter.
fn parameter(item: &str, name: &str) -> Option<u64> {
    let given = |part: &str| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    item.split(';').skip(1).find_map(given)
}

/// Whole seconds, rounded up, so that nothing is sent a moment too early.
fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.since(from).saturating_add(999_999).div_euclid(1_000_000)
}

/// Reads an instant given as seconds since 1970 or as RFC 3339 text.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().map(Timestamp::from_seconds).ok().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(784_111_777);
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn seconds(result: Result<(), ConnectorError>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(error) => match error.disposition {
                Disposition::RetryAfter(wait) => Some(wait.as_secs()),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn a_refusal_closes_for_as_long_as_the_tool_says() {
        for (status, given, expected) in [
            (429, vec![], Some(60)),
            (429, vec![("retry-after", "17")], Some(17)),
            (429, vec![("retry-after", "-1")], Some(60)),
            (429, vec![("retry-after", "99999999")], Some(3600)),
            (429, vec![("date", DATE), ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], Some(60)),
            (429, vec![("date", DATE), ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(60)),
            (429, vec![("retry-after", "soon")], Some(60)),
            (403, vec![("retry-after", "5")], Some(5)),
            (
                403,
                vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "784111877")],
                Some(100),
            ),
            (403, vec![("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "784111877")], None),
            (403, vec![], None),
            (503, vec![("retry-after", "30")], Some(30)),
            (503, vec![], None),
            (200, vec![], None),
        ] {
            let limits = Limits::default();
            let status = StatusCode::from_u16(status).unwrap();
            let refused = seconds(limits.learn("core", status, &headers(&given), false, NOW));
            assert_eq!(refused, expected, "{status} {given:?}");
            assert_eq!(seconds(limits.take("core", false, NOW)), expected, "{status} {given:?}");
            if let Some(wait) = expected {
                let wait = i64::try_from(wait).unwrap();
                assert!(limits.take("core", false, NOW.plus_seconds(wait - 1)).is_err());
                assert!(limits.take("core", false, NOW.plus_seconds(wait)).is_ok());
            }
        }
    }

    #[test]
    fn refusals_in_a_row_wait_longer_each_time() {
        let limits = Limits::default();
        let learn = |status, given: &[(&'static str, &str)]| {
            seconds(limits.learn("core", status, &headers(given), true, NOW))
        };
        let waits: Vec<_> = (0..8).map(|_| learn(StatusCode::FORBIDDEN, &[])).collect();
        let expected = [60, 120, 240, 480, 960, 1920, 3600, 3600].map(Some);
        assert_eq!(waits, expected);
        assert_eq!(seconds(limits.learn("core", StatusCode::OK, &headers(&[]), false, NOW)), None);
        assert_eq!(
            seconds(limits.learn("core", StatusCode::FORBIDDEN, &headers(&[]), true, NOW)),
            Some(60)
        );
    }

    #[test]
    fn a_spent_budget_closes_before_the_tool_has_to_refuse() {
        let limits = Limits::default();
        let left =
            |n: &str| headers(&[("x-ratelimit-remaining", n), ("x-ratelimit-reset", "784111787")]);
        limits.learn("core", StatusCode::OK, &left("2"), false, NOW).unwrap();
        // An answer that was overtaken does not give back what is spent.
        limits.learn("core", StatusCode::OK, &left("3"), false, NOW).unwrap();
        assert!(limits.take("core", false, NOW).is_ok());
        assert!(limits.take("core", false, NOW).is_ok());
        assert_eq!(seconds(limits.take("core", false, NOW)), Some(10));
        assert!(limits.take("graphql", false, NOW).is_ok(), "another budget is open");
        assert!(limits.take("core", false, NOW.plus_seconds(10)).is_ok(), "a new window begins");
    }

    #[test]
    fn the_background_leaves_half_of_a_budget_alone() {
        let limits = Limits::default();
        let told = headers(&[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-remaining", "6"),
            ("x-ratelimit-reset", "784111787"),
        ]);
        assert!(limits.take("core", true, NOW).is_ok(), "nothing is known yet");
        limits.learn("core", StatusCode::OK, &told, false, NOW).unwrap();
        assert!(limits.take("core", true, NOW).is_ok());
        assert_eq!(seconds(limits.take("core", true, NOW)), Some(10));
        assert!(limits.take("core", false, NOW).is_ok(), "what is new goes on");
        assert!(limits.take("core", true, NOW.plus_seconds(10)).is_ok(), "a new window begins");
    }

    #[test]
    fn structured_headers_tell_of_a_quota() {
        let named = Some(Quota { limit: 100_100, remaining: 17_842, seconds: 2_107 });
        for (given, expected) in [
            (
                vec![
                    ("beta-ratelimit-policy", r#""tenant-app-quota";q=100100;w=3600"#),
                    ("beta-ratelimit", r#""tenant-app-quota";r=17842;t=2107"#),
                ],
                named,
            ),
            (
                vec![("ratelimit", r#""a";r=9;t=60, "b"; r=3; t=5"#)],
                Some(Quota { limit: 0, remaining: 3, seconds: 5 }),
            ),
            (vec![("ratelimit", "limit=100, remaining=50, reset=50")], None),
            (vec![("ratelimit", r#""a";r=-1;t=60"#)], None),
            (vec![("ratelimit", "")], None),
        ] {
            assert_eq!(quota(&headers(&given)), expected, "{given:?}");
        }
        let limits = Limits::default();
        let spent = headers(&[("ratelimit", r#""a";r=0;t=90"#)]);
        limits.learn("core", StatusCode::OK, &spent, false, NOW).unwrap();
        assert_eq!(seconds(limits.take("core", false, NOW)), Some(90));
        assert!(limits.take("core", false, NOW.plus_seconds(90)).is_ok());
    }

    #[test]
    fn a_wrong_clock_waits_the_right_time() {
        for skew in [-3600, 0, 3600] {
            let limits = Limits::default();
            let given = [
                ("date", DATE),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "784111817"),
            ];
            let now = NOW.plus_seconds(skew);
            let refused = limits.learn("core", StatusCode::FORBIDDEN, &headers(&given), false, now);
            assert_eq!(seconds(refused), Some(40));
        }
    }
}
