//! A believable organisation: projects, months of issues of every type, people of uneven load, sprints,
//! dependencies within and across projects, comments, work logs and history. The seed and the present
//! time decide everything; the GitHub site of the same seed has the same people.

mod plan;
mod setup;
pub(crate) mod text;

use std::collections::HashMap;
use std::sync::Arc;

use mainstem_model::Clock;

use crate::generate::calendar::WorkingTime;
use crate::generate::mix;
use crate::jira::JiraOptions;
use crate::jira::fields::Fields;
use crate::jira::world::{Index, VIEWER, World};
use crate::world::Moments;

/// Makes the whole site.
pub(crate) fn world(options: &JiraOptions, clock: Arc<dyn Clock>) -> World {
    let moments = Moments::to_the_millisecond(clock);
    let calendar = WorkingTime::until(moments.now(), options.months);
    let mut world = World {
        deployment: options.deployment,
        organization: options.organization.clone(),
        fields: Fields::new(options.deployment, options.seed),
        users: setup::users(options),
        projects: Vec::new(),
        issues: Vec::with_capacity(options.issues),
        comments: Vec::new(),
        worklogs: Vec::new(),
        histories: Vec::new(),
        links: Vec::new(),
        remote_links: Vec::new(),
        sprints: Vec::new(),
        versions: Vec::new(),
        components: Vec::new(),
        former_names: HashMap::new(),
        moments,
        actor: VIEWER,
        index: Index::default(),
        links_move_updated: options.links_move_updated,
        version: 0,
        happenings: None,
    };
    for place in 0..options.projects.max(1) {
        setup::project(&mut world, place, &calendar);
    }
    plan::carry_out(&mut world, options, &calendar);
    // Those who do things from now on are people, not the account that reads.
    let somebody = world.people().next();
    world.actor = somebody.unwrap_or(VIEWER);
    world.set_index_lag(options.index_lag_seconds);
    world
}

/// Such as `4fd5d0b2-9a3e-4c1f-8b8e-1a2b3c4d5e6f`.
pub(crate) fn uuid(seed: u64) -> String {
    let (high, low) = (mix(seed), mix(seed ^ 0x7575_6964));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}
