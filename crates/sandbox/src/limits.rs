//! Rate limits: an hourly quota for each account, and scripted times in which nobody may ask.

use std::collections::HashMap;

use mainstem_model::Timestamp;
use serde::Serialize;

const WINDOW_SECONDS: i64 = 3_600;
/// What GitHub grants to those who do not say who they are.
const ANONYMOUS_LIMIT: u32 = 60;

/// Which quota a request draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// The REST interface.
    Core,
    /// GraphQL.
    GraphQl,
}

impl Resource {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::GraphQl => "graphql",
        }
    }
}

/// The state of one quota, as the headers and `/rate_limit` tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// What an hour grants.
    pub limit: u32,
    /// What is spent.
    pub used: u32,
    /// What is left.
    pub remaining: u32,
    /// When it starts anew, in seconds since 1970.
    pub reset: i64,
}

/// A time in which every request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The quota is spent: the status to say so with.
    Primary(u16),
    /// Too much at once.
    Secondary {
        /// How long to wait, in seconds; not said where `None`.
        retry_after: Option<i64>,
    },
    /// The credential is taken for wrong.
    Unauthorized,
}

#[derive(Clone, Copy)]
struct Window {
    until: Timestamp,
    refused: Refused,
    /// How many requests had arrived when the first was refused.
    told: Option<u64>,
}

pub(crate) struct Limits {
    core: u32,
    graphql: u32,
    spent: HashMap<(String, Resource), (u32, Timestamp)>,
    window: Option<Window>,
    /// Whom a spent quota was told to: until when, and how many requests had arrived by then.
    told: HashMap<(String, Resource), Option<(Timestamp, u64)>>,
}

impl Limits {
    pub fn new(core: u32, graphql: u32) -> Self {
        Self { core, graphql, spent: HashMap::new(), window: None, told: HashMap::new() }
    }

    pub fn set_limit(&mut self, resource: Resource, limit: u32) {
        match resource {
            Resource::Core => self.core = limit,
            Resource::GraphQl => self.graphql = limit,
        }
    }

    pub fn refuse_until(&mut self, until: Timestamp, refused: Refused) {
        self.window = Some(Window { until, refused, told: None });
    }

    pub fn admit_again(&mut self) {
        self.window = None;
    }

    pub fn quota(&mut self, account: &str, resource: Resource, now: Timestamp) -> Quota {
        let limit = match resource {
            _ if account.is_empty() => ANONYMOUS_LIMIT,
            Resource::Core => self.core,
            Resource::GraphQl => self.graphql,
        };
        let fresh = (0, now.plus_seconds(WINDOW_SECONDS));
        let (used, reset) = self.spent.entry((account.to_owned(), resource)).or_insert(fresh);
        if now >= *reset {
            (*used, *reset) = fresh;
        }
        let quota = Quota {
            limit,
            used: *used,
            remaining: limit.saturating_sub(*used),
            reset: ceil_seconds(*reset),
        };
        match self.window {
            Some(Window { until, refused: Refused::Primary(_), .. }) if now < until => {
                Quota { remaining: 0, used: limit, reset: ceil_seconds(until), ..quota }
            }
            _ => quota,
        }
    }

    /// Whether a request may go on. If not, how many requests had arrived when the client was first
    /// told so; `arrived` of them have by now.
    pub fn admit(
        &mut self,
        account: &str,
        resource: Resource,
        now: Timestamp,
        arrived: u64,
    ) -> Result<(), (Refused, Option<u64>)> {
        if let Some(window) = &mut self.window {
            if now < window.until {
                let told = window.told;
                window.told.get_or_insert(arrived);
                return Err((window.refused, told));
            }
            self.window = None;
        }
        let quota = self.quota(account, resource, now);
        if quota.remaining > 0 {
            return Ok(());
        }
        let told = self.told.entry((account.to_owned(), resource)).or_default();
        let before = told.filter(|(until, _)| now < *until);
        *told = before.or(Some((Timestamp::from_seconds(quota.reset), arrived)));
        Err((Refused::Primary(403), before.map(|(_, arrived)| arrived)))
    }

    /// Takes points from the quota.
    pub fn charge(&mut self, account: &str, resource: Resource, points: u32, now: Timestamp) {
        self.quota(account, resource, now);
        if let Some((used, _)) = self.spent.get_mut(&(account.to_owned(), resource)) {
            *used = used.saturating_add(points);
        }
    }
}

const fn ceil_seconds(time: Timestamp) -> i64 {
    time.plus_seconds(1).seconds() - if time.0.rem_euclid(1_000_000) == 0 { 1 } else { 0 }
}
