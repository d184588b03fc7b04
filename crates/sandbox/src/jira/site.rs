//! The site: a world, the desk that lets requests in, and the clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use mainstem_model::Clock;

use crate::faults::{Fault, Faults};
use crate::jira::access::{Access, Credential};
use crate::jira::desk::{Desk, Hook};
use crate::jira::limits::{Limits, Refused};
use crate::jira::webhooks::{Undelivered, Webhooks};
use crate::jira::world::{IssueKey, World};
use crate::stats::Stats;

/// Which of the two kinds of Jira a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    /// Hosted by the vendor: version 3 of the interface, documents, account ids.
    Cloud,
    /// Hosted by oneself: version 2, wiki markup, names and keys of users.
    DataCenter,
}

/// What a site is made of. The default is a small Cloud site of four projects.
#[derive(Debug, Clone)]
pub struct JiraOptions {
    /// Which kind of Jira.
    pub deployment: Deployment,
    /// Decides everything that chance decides. The GitHub site of the same seed has the same people.
    pub seed: u64,
    /// The name of the organisation, at the code host too: texts mention `acme/api#7`.
    pub organization: String,
    /// How many projects; the first is `ENG`, the second `WEB`.
    pub projects: usize,
    /// How many issues, over all projects.
    pub issues: usize,
    /// Comments for each hundred issues, on average.
    pub comments_per_hundred: u32,
    /// How many people work there.
    pub people: usize,
    /// How many months of thirty days the work goes back.
    pub months: u32,
    /// The account's own time zone, an IANA name. Searches read their dates in it, and Cloud tells all
    /// times in it.
    pub time_zone: String,
    /// Whether Cloud shows the addresses of people. (Data Center always does.)
    pub shows_emails: bool,
    /// How long search does not see what is written, in seconds.
    pub index_lag_seconds: i64,
    /// The most issues on a page of a search that shows more than ids.
    pub page_limit: usize,
    /// How long a page token is good, in seconds.
    pub page_token_seconds: i64,
    /// Cloud: how many requests a second one endpoint takes; as many as come if `None`.
    pub burst_per_second: Option<u32>,
    /// Cloud: how many points an hour an OAuth app may spend.
    pub points_per_hour: u32,
    /// Data Center: how many requests a minute one account may send; as many as come if `None`.
    pub requests_per_minute: Option<u32>,
    /// Whether a new link moves the time of both issues.
    pub links_move_updated: bool,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// Whether answers are compressed for those who ask for it.
    pub gzip: bool,
    /// The only credentials that are let in; anything if `None`.
    pub credentials: Option<Vec<Credential>>,
    /// The secret of the app, with which the webhooks that it registers are signed.
    pub client_secret: String,
}

impl Default for JiraOptions {
    fn default() -> Self {
        Self {
            deployment: Deployment::Cloud,
            seed: 1,
            organization: "acme".into(),
            projects: 4,
            issues: 400,
            comments_per_hundred: 80,
            people: 24,
            months: 8,
            time_zone: "Etc/UTC".into(),
            shows_emails: false,
            index_lag_seconds: 0,
            page_limit: 100,
            page_token_seconds: 7 * 86_400,
            burst_per_second: None,
            points_per_hour: 65_000,
            requests_per_minute: None,
            links_move_updated: true,
            latency: Duration::ZERO,
            gzip: true,
            credentials: None,
            client_secret: "sandbox-client-secret".into(),
        }
    }
}

/// A Jira site. Cheap to clone; all clones are the same site.
#[derive(Clone)]
pub struct JiraSite(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub deployment: Deployment,
    pub world: RwLock<World>,
    pub desk: Mutex<Desk>,
    pub hook: Mutex<Option<Hook>>,
    pub results: Results,
    pub clock: Arc<dyn Clock>,
    pub gzip: bool,
    pub page_token_seconds: i64,
    pub page_limit: Mutex<usize>,
    /// What the site is called below `/ex/jira`.
    pub cloud_id: String,
    pub webhooks: Mutex<Webhooks>,
}

/// What a search found and what it was computed from.
type Found = ((u64, u64), Arc<Vec<IssueKey>>);

/// The lists that searches found, so that turning pages does not search anew.
#[derive(Default)]
pub(crate) struct Results(Mutex<HashMap<String, Found>>);

/// More searches than this at once start over.
const MOST_RESULTS: usize = 64;

impl Results {
    /// The list of that name, if the world is still the same; otherwise what `search` finds.
    pub fn get(
        &self,
        name: String,
        version: (u64, u64),
        search: impl FnOnce() -> Vec<IssueKey>,
    ) -> Arc<Vec<IssueKey>> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&name).filter(|(known, _)| *known == version).cloned();
        if let Some((_, list)) = known {
            return list;
        }
        let list = Arc::new(search());
        let mut lists = lock();
        if lists.len() >= MOST_RESULTS {
            lists.clear();
        }
        lists.insert(name, (version, Arc::clone(&list)));
        list
    }
}

impl JiraSite {
    /// Makes a site; its present and its history follow from `clock` and the options alone.
    #[must_use]
    pub fn new(options: JiraOptions, clock: Arc<dyn Clock>) -> Self {
        let world = crate::jira::generate::world(&options, Arc::clone(&clock));
        let desk = Desk {
            access: Access::new(options.deployment, options.credentials),
            limits: Limits::new(
                options.burst_per_second,
                options.points_per_hour,
                options.requests_per_minute,
            ),
            faults: Faults::default(),
            stats: Stats::default(),
            latency: options.latency,
            arrived: 0,
        };
        Self(Arc::new(Shared {
            deployment: options.deployment,
            world: RwLock::new(world),
            desk: Mutex::new(desk),
            hook: Mutex::new(None),
            results: Results::default(),
            clock,
            gzip: options.gzip,
            page_token_seconds: options.page_token_seconds,
            page_limit: Mutex::new(options.page_limit.max(1)),
            cloud_id: crate::jira::generate::uuid(options.seed ^ 0x0063_6c6f_7564),
            webhooks: Mutex::new(Webhooks::new(options.client_secret)),
        }))
    }

    /// Reads the world. Do not hold on to it while the site is being asked.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.0.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and returns what `change` returns.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world_mut())
    }

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.0.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn webhooks(&self) -> MutexGuard<'_, Webhooks> {
        self.0.webhooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What webhooks have to tell since this was asked last, in order, and what is to be tried again.
    /// Whoever takes it is the network: it sends each, more than once perhaps or out of order, and says by
    /// [`answered`](Self::answered) what came of it; or does neither, and it is lost.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Undelivered> {
        let happenings = self.world_mut().happenings.as_mut().map(std::mem::take);
        self.webhooks().tell(&self.world(), happenings.unwrap_or_default())
    }

    /// What the receiver answered. What failed for a while is tried again, a few times.
    pub fn answered(&self, delivery: Undelivered, status: u16) {
        self.webhooks().answered(delivery, status);
    }

    pub(crate) fn hook(&self) -> MutexGuard<'_, Option<Hook>> {
        self.0.hook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the site is called below `/ex/jira/`.
    #[must_use]
    pub fn cloud_id(&self) -> &str {
        &self.0.cloud_id
    }

    /// Calls `hook` before each request is answered, with the number of the request, counted from one
    /// since the hook was set. Replaces the hook before. The hook changes the world that it is given;
    /// it must not call the site itself.
    pub fn on_request(&self, mut hook: impl FnMut(u64, &mut World) + Send + 'static) {
        let mut number = 0;
        *self.hook() = Some(Box::new(move |world| {
            number += 1;
            hook(number, world);
        }));
    }

    /// Removes the hook.
    pub fn clear_hook(&self) {
        *self.hook() = None;
    }

    /// Lets coming requests run into a fault. Faults wait in line; each request meets one at most.
    pub fn fail(&self, fault: Fault) {
        self.desk().faults.add(fault);
    }

    /// Forgets the faults that still wait and every time in which requests are refused.
    pub fn heal(&self) {
        let mut desk = self.desk();
        desk.faults.clear();
        desk.limits.admit_again();
    }

    /// Refuses every request for a number of seconds of the site's clock. Requests that come after
    /// the first refusal and before the end are counted in [`Stats::while_told_to_wait`].
    pub fn refuse_for(&self, seconds: i64, refused: Refused) {
        let until = self.0.clock.now().plus_seconds(seconds);
        self.desk().limits.refuse_until(until, refused);
    }

    /// Cloud: how many requests a second one endpoint takes from now on.
    pub fn set_burst(&self, per_second: Option<u32>) {
        self.desk().limits.burst_per_second = per_second;
    }

    /// Cloud: how many points an hour an OAuth app may spend from now on.
    pub fn set_points(&self, per_hour: u32) {
        self.desk().limits.points_per_hour = per_hour;
    }

    /// Data Center: how many requests a minute one account may send from now on.
    pub fn set_requests(&self, per_minute: Option<u32>) {
        self.desk().limits.requests_per_minute = per_minute;
    }

    /// The most issues on a page of a search that shows more than ids, from now on.
    pub fn set_page_limit(&self, issues: usize) {
        *self.0.page_limit.lock().unwrap_or_else(PoisonError::into_inner) = issues.max(1);
    }

    pub(crate) fn page_limit(&self) -> usize {
        *self.0.page_limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on only this credential, and others required before, are let in.
    pub fn require(&self, credential: Credential) {
        self.desk().access.require(credential);
    }

    /// The credential with this token is good for nothing any more.
    pub fn revoke_token(&self, token: &str) {
        self.desk().access.revoke(token);
    }

    /// How long every answer takes at least, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.desk().latency = latency;
    }

    /// What was asked so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.desk().stats.clone()
    }

    /// Counts from zero again.
    pub fn reset_stats(&self) {
        self.desk().stats = Stats::default();
    }
}
