//! The site: a world, the desk that lets requests in, and the clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use mainstem_model::Clock;

use crate::access::Access;
use crate::desk::{Desk, Hook};
use crate::faults::Faults;
use crate::limits::Limits;
use crate::rest::ListCache;
use crate::stats::Stats;
use crate::world::World;

/// What a site is made of. The default is a small organisation of four repositories.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// The login of the organisation.
    pub organization: String,
    /// How many repositories; the first is `api`, the second `web`.
    pub repositories: usize,
    /// How many issues, over all repositories.
    pub issues: usize,
    /// How many pull requests, over all repositories.
    pub pull_requests: usize,
    /// Comments for each hundred issues and pull requests, on average.
    pub comments_per_hundred: u32,
    /// How many people work there.
    pub people: usize,
    /// How many months of thirty days the work goes back.
    pub months: u32,
    /// Requests an hour that one account may send to the REST interface.
    pub core_limit: u32,
    /// Points an hour that one account may spend on GraphQL.
    pub graphql_limit: u32,
    /// Whether lists of issues are turned by cursor, as GitHub was seen to do since 2025: links carry
    /// `after`, only the next page is named, and page numbers end at 10,000 issues.
    pub issue_cursors: bool,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// Whether answers are compressed for those who ask for it.
    pub gzip: bool,
    /// The only tokens that are let in, beside those of App installations; anything if `None`.
    pub tokens: Option<Vec<String>>,
    /// The public key, in PEM, that an App's signature is checked against; unchecked if `None`.
    pub app_public_key: Option<String>,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            organization: "acme".into(),
            repositories: 4,
            issues: 400,
            pull_requests: 120,
            comments_per_hundred: 50,
            people: 24,
            months: 8,
            core_limit: 5_000,
            graphql_limit: 5_000,
            issue_cursors: false,
            latency: Duration::ZERO,
            gzip: true,
            tokens: None,
            app_public_key: None,
        }
    }
}

/// A GitHub site. Cheap to clone; all clones are the same site.
#[derive(Clone)]
pub struct Site(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub world: RwLock<World>,
    pub desk: Mutex<Desk>,
    pub hook: Mutex<Option<Hook>>,
    pub lists: ListCache,
    pub clock: Arc<dyn Clock>,
    pub gzip: bool,
    pub issue_cursors: bool,
}

impl Site {
    /// Makes a site; its present and its history follow from `clock` and the options alone.
    #[must_use]
    pub fn new(options: SiteOptions, clock: Arc<dyn Clock>) -> Self {
        let world = crate::generate::world(&options, Arc::clone(&clock));
        let desk = Desk {
            access: Access::new(options.seed, options.tokens, options.app_public_key),
            limits: Limits::new(options.core_limit, options.graphql_limit),
            faults: Faults::default(),
            stats: Stats::default(),
            latency: options.latency,
            arrived: 0,
        };
        Self(Arc::new(Shared {
            world: RwLock::new(world),
            desk: Mutex::new(desk),
            hook: Mutex::new(None),
            lists: ListCache::default(),
            clock,
            gzip: options.gzip,
            issue_cursors: options.issue_cursors,
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

    pub(crate) fn hook(&self) -> MutexGuard<'_, Option<Hook>> {
        self.0.hook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `hook` before each request is answered, with the number of the request, counted from
    /// one since the hook was set; one request after the other. Replaces the hook before. The hook
    /// changes the world that it is given; it must not call the site itself.
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
