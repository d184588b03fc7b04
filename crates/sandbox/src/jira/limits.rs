//! Rate limits: a burst limit for each endpoint and hourly points on Cloud, so many requests a minute on
//! Data Center, and scripted times in which nobody may ask.

use std::collections::HashMap;

use mainstem_model::Timestamp;
use serde::Deserialize;

const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;

/// Why a request is refused, or comes to be by script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Too many requests to one endpoint in a second.
    Burst,
    /// The hour's points are spent.
    Quota,
    /// One issue was written to too often.
    PerIssueWrite,
    /// Data Center's own limit.
    Requests,
    /// Too busy, and it is not said for how long.
    Unsaid,
}

impl Refused {
    /// What `RateLimit-Reason` says on Cloud.
    pub(crate) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Burst => Some("jira-burst-based"),
            Self::Quota => Some("jira-quota-tenant-based"),
            Self::PerIssueWrite => Some("jira-per-issue-on-write"),
            Self::Requests | Self::Unsaid => None,
        }
    }
}

/// A refusal: why, until when, and how many requests had arrived when it was first told.
pub(crate) struct Refusal {
    pub refused: Refused,
    pub until: Timestamp,
    pub told: Option<u64>,
}

#[derive(Clone, Copy)]
struct Window {
    until: Timestamp,
    refused: Refused,
    told: Option<u64>,
}

/// How much of something was used, and until when that counts.
#[derive(Clone, Copy)]
struct Spent {
    used: u32,
    until: Timestamp,
    told: Option<u64>,
}

/// What the headers tell of a limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub limit: u32,
    pub remaining: u32,
    pub until: Timestamp,
}

pub(crate) struct Limits {
    pub burst_per_second: Option<u32>,
    pub points_per_hour: u32,
    pub requests_per_minute: Option<u32>,
    spent: HashMap<String, Spent>,
    window: Option<Window>,
}

/// Under this name the points are counted; endpoints have names of their own.
const POINTS: &str = "points";
const REQUESTS: &str = "requests";

impl Limits {
    pub fn new(burst: Option<u32>, points: u32, requests: Option<u32>) -> Self {
        Self {
            burst_per_second: burst,
            points_per_hour: points,
            requests_per_minute: requests,
            spent: HashMap::new(),
            window: None,
        }
    }

    pub fn refuse_until(&mut self, until: Timestamp, refused: Refused) {
        self.window = Some(Window { until, refused, told: None });
    }

    pub fn admit_again(&mut self) {
        self.window = None;
        self.spent.clear();
    }

    /// Whether a request may go on; `arrived` requests have come by now. `is_app` spends points.
    pub fn admit(
        &mut self,
        endpoint: &str,
        is_app: bool,
        now: Timestamp,
        arrived: u64,
    ) -> Result<(), Refusal> {
        if let Some(window) = &mut self.window {
            if now < window.until {
                let told = window.told;
                window.told.get_or_insert(arrived);
                return Err(Refusal { refused: window.refused, until: window.until, told });
            }
            self.window = None;
        }
        if let Some(most) = self.requests_per_minute {
            self.take(REQUESTS, most, 1, MINUTE, Refused::Requests, now, arrived)?;
        }
        if is_app {
            // The points of the answer are counted when it is known; one must be left.
            let most = self.points_per_hour;
            self.take(POINTS, most, 0, HOUR, Refused::Quota, now, arrived)?;
        }
        if let Some(most) = self.burst_per_second {
            self.take(endpoint, most, 1, 1, Refused::Burst, now, arrived)?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the three limits differ in nothing else")]
    fn take(
        &mut self,
        name: &str,
        most: u32,
        cost: u32,
        seconds: i64,
        refused: Refused,
        now: Timestamp,
        arrived: u64,
    ) -> Result<(), Refusal> {
        let spent = self.current(name, seconds, now);
        if spent.used >= most {
            let told = spent.told;
            spent.told.get_or_insert(arrived);
            return Err(Refusal { refused, until: spent.until, told });
        }
        spent.used += cost;
        Ok(())
    }

    /// Windows start on the whole hour, minute or second.
    fn current(&mut self, name: &str, seconds: i64, now: Timestamp) -> &mut Spent {
        let until = Timestamp::from_seconds((now.seconds().div_euclid(seconds) + 1) * seconds);
        let fresh = Spent { used: 0, until, told: None };
        let spent = self.spent.entry(name.to_owned()).or_insert(fresh);
        if now >= spent.until {
            *spent = fresh;
        }
        spent
    }

    /// Counts the points of an answer.
    pub fn charge(&mut self, points: u32, now: Timestamp) {
        let spent = self.current(POINTS, HOUR, now);
        spent.used = spent.used.saturating_add(points);
    }

    pub fn points(&mut self, now: Timestamp) -> Quota {
        let limit = self.points_per_hour;
        quota(limit, *self.current(POINTS, HOUR, now))
    }

    pub fn burst(&mut self, endpoint: &str, now: Timestamp) -> Option<Quota> {
        let limit = self.burst_per_second?;
        Some(quota(limit, *self.current(endpoint, 1, now)))
    }

    pub fn requests(&mut self, now: Timestamp) -> Option<Quota> {
        let limit = self.requests_per_minute?;
        Some(quota(limit, *self.current(REQUESTS, MINUTE, now)))
    }
}

const fn quota(limit: u32, spent: Spent) -> Quota {
    Quota { limit, remaining: limit.saturating_sub(spent.used), until: spent.until }
}
