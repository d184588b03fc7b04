//! A believable organisation: people of uneven load, repositories, months of issues, pull requests
//! that close them, dependencies across repositories, sub-issues, milestones, comments and history.
//! The seed and the present time decide everything.

pub(crate) mod calendar;
mod history;
pub(crate) mod people;
mod plan;
pub(crate) mod text;
pub(crate) mod words;

use std::collections::HashMap;
use std::sync::Arc;

use mainstem_model::{Clock, Timestamp};

use crate::generate::calendar::WorkingTime;
use crate::site::SiteOptions;
use crate::world::{
    IssueType, IssueTypeKey, Milestone, MilestoneKey, Moments, Repository, RepositoryKey, UserKey,
    World,
};

/// Stirs a number so that neighbours become strangers (SplitMix64's last step).
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A small generator of numbers; every place that needs chance has its own, so that they do not
/// disturb each other.
pub(crate) struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0)
    }

    /// A number below `limit`, or zero where there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.roll() % (limit.max(1) as u64)) as usize
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A number below `limit` that is far more often small than large.
    pub fn skewed_below(&mut self, limit: usize) -> usize {
        let part = self.below(10_000) as f64 / 10_000.0;
        (part.powf(2.2) * limit as f64) as usize
    }
}

/// Epics are the last of these.
pub(crate) const ISSUE_TYPES: [IssueType; 4] = [
    IssueType { name: "Bug", description: "An unexpected problem or behavior", color: "red" },
    IssueType {
        name: "Feature",
        description: "A request, idea, or new functionality",
        color: "blue",
    },
    IssueType { name: "Task", description: "A specific piece of work", color: "yellow" },
    IssueType {
        name: "Epic",
        description: "A body of work with parts of its own",
        color: "purple",
    },
];
pub(crate) const EPIC: IssueTypeKey = IssueTypeKey(3);

pub(crate) const LABELS: [(&str, &str, Option<&str>); 16] = [
    ("bug", "d73a4a", Some("Something isn't working")),
    ("enhancement", "a2eeef", Some("New feature or request")),
    ("documentation", "0075ca", Some("Improvements or additions to documentation")),
    ("duplicate", "cfd3d7", Some("This issue or pull request already exists")),
    ("priority: urgent", "b60205", Some("Drop what you are doing")),
    ("priority: high", "d93f0b", Some("This week")),
    ("priority: medium", "fbca04", Some("This milestone")),
    ("priority: low", "c2e0c6", Some("When there is time")),
    ("area: api", "1d76db", None),
    ("area: ui", "5319e7", None),
    ("area: data", "006b75", None),
    ("security", "ee0701", Some("Handle with care")),
    ("performance", "fef2c0", None),
    ("needs design", "d4c5f9", None),
    ("customer", "f9d0c4", Some("Asked for by a customer")),
    ("dependencies", "0366d6", Some("Pull requests that update a dependency file")),
];

/// Makes the whole site.
pub(crate) fn world(options: &SiteOptions, clock: Arc<dyn Clock>) -> World {
    let moments = Moments::new(clock);
    let now = moments.now();
    let calendar = WorkingTime::until(now, options.months);
    let mut world = World {
        users: people::people(options),
        repositories: Vec::new(),
        labels: Vec::new(),
        milestones: Vec::new(),
        issue_types: ISSUE_TYPES.to_vec(),
        issues: Vec::with_capacity(options.issues + options.pull_requests),
        comments: Vec::new(),
        events: Vec::new(),
        former_names: HashMap::new(),
        moments,
        actor: UserKey(1),
        version: 0,
    };
    for index in 0..options.repositories.max(1) {
        add_repository(&mut world, index, &calendar, now);
    }
    let plan = plan::plan(options, &world, &calendar);
    history::carry_out(&mut world, options, plan);
    world
}

fn add_repository(world: &mut World, index: usize, calendar: &WorkingTime, now: Timestamp) {
    let (name, description, language) = words::REPOSITORIES.get(index).map_or_else(
        || (format!("service-{index}"), "One more service.", "Go"),
        |&(name, description, language)| (name.to_owned(), description, language),
    );
    let key = RepositoryKey(index as u32);
    world.repositories.push(Repository {
        first_name: name.clone(),
        name,
        description: description.to_owned(),
        created_at: calendar.start(),
        hidden: false,
        language,
        updated_at: now,
        issues: Vec::new(),
        comments: Vec::new(),
        events: Vec::new(),
        labels: Vec::new(),
        milestones: Vec::new(),
        open_issues: 0,
        version: 0,
    });
    for (label, color, description) in LABELS {
        world.add_label_to_repository(key, label, color, description);
    }
    for (place, (starts, ends)) in calendar.months().into_iter().enumerate() {
        add_milestone(world, key, place, (starts, ends), now);
    }
}

fn add_milestone(
    world: &mut World,
    repository: RepositoryKey,
    place: usize,
    (starts, ends): (Timestamp, Timestamp),
    now: Timestamp,
) {
    let key = MilestoneKey(world.milestones.len() as u32);
    let closed_at = Some(ends.plus_seconds(5 * 86_400)).filter(|&closed| closed < now);
    world.milestones.push(Milestone {
        title: format!("v1.{place}"),
        number: place as u32 + 1,
        due_on: Some(ends),
        repository,
        description: format!("What we ship with 1.{place}."),
        creator: UserKey(1),
        created_at: starts,
        updated_at: closed_at.unwrap_or(starts),
        closed_at,
        open_issues: 0,
        closed_issues: 0,
        version: 0,
    });
    world.repositories[repository.0 as usize].milestones.push(key);
}
