//! People and projects.

use std::collections::HashMap;

use mainstem_model::Timestamp;

use crate::generate::calendar::WorkingTime;
use crate::generate::{mix, people};
use crate::jira::JiraOptions;
use crate::jira::generate::uuid;
use crate::jira::world::{
    Component, ComponentKey, Project, ProjectKey, ProjectStatus, Sprint, SprintKey, SprintState,
    User, UserKey, UserKind, Version, VersionKey, World,
};

const PROJECTS: [(&str, &str); 10] = [
    ("ENG", "Engineering"),
    ("WEB", "Web application"),
    ("MOB", "Mobile apps"),
    ("OPS", "Operations"),
    ("PAY", "Payments"),
    ("DATA", "Data & reports"),
    ("SEC", "Security"),
    ("DOC", "Documentation"),
    ("SUP", "Customer support"),
    ("IDP", "Identity"),
];
const COMPONENTS: [&str; 4] = ["Backend", "Frontend", "Infrastructure", "Integrations"];
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Etc/UTC",
    "Australia/Sydney",
    "America/Los_Angeles",
];
const GOALS: [&str; 4] =
    ["Ship the importer", "Fewer pages at night", "Close what the audit found, then rest", ""];
const DAY: i64 = 86_400;
const SPRINT: i64 = 14 * DAY;

/// The account that reads the site first, then the people, then the app.
pub(super) fn users(options: &JiraOptions) -> Vec<User> {
    let viewer = User {
        display_name: "Mainstem Sync".into(),
        name: "mainstem-sync".into(),
        kind: UserKind::Person,
        active: true,
        shows_email: true,
        time_zone: options.time_zone.clone(),
        account_id: format!("712020:{}", uuid(options.seed ^ 0x0076_6965_7765_7200)),
        user_key: "JIRAUSER10000".into(),
    };
    let people = people::names(options.seed, options.people).into_iter().enumerate().map(
        |(place, (name, display_name))| {
            let number = mix(options.seed ^ mix(place as u64));
            User {
                display_name,
                kind: UserKind::Person,
                // Every eleventh has left.
                active: place % 11 != 10,
                shows_email: options.shows_emails,
                time_zone: ZONES[place % ZONES.len()].into(),
                // Ids of accounts that are older than the new form look different.
                account_id: if place % 3 == 0 {
                    format!("5b{number:016x}{:06x}", place * 7_919)
                } else {
                    format!("712020:{}", uuid(number))
                },
                // So do those of Data Center.
                user_key: if place % 2 == 0 {
                    format!("JIRAUSER{}", 10_100 + place)
                } else {
                    name.clone()
                },
                name,
            }
        },
    );
    let app = User {
        display_name: "Automation for Jira".into(),
        name: "automation".into(),
        kind: UserKind::App,
        active: true,
        shows_email: false,
        time_zone: "Etc/UTC".into(),
        account_id: format!("557058:{}", uuid(options.seed ^ 0x6170_7000)),
        user_key: "JIRAUSER10001".into(),
    };
    std::iter::once(viewer).chain(people).chain([app]).collect()
}

/// A project with its components, a version a month, and a sprint every two weeks.
pub(super) fn project(world: &mut World, place: usize, calendar: &WorkingTime) {
    let (key, name) = PROJECTS.get(place).map_or_else(
        || (format!("P{place}"), format!("Project {place}")),
        |&(key, name)| (key.to_owned(), name.to_owned()),
    );
    let project = ProjectKey(place as u32);
    let first_component = world.components.len() as u32;
    world.components.extend(COMPONENTS.map(|name| Component { name: name.to_owned(), project }));
    let first_version = world.versions.len() as u32;
    for (month, (_, ends)) in calendar.months().into_iter().enumerate() {
        world.versions.push(Version {
            name: format!("{}.{month}", place + 1),
            release_date: ends.date(),
            released: ends < calendar.now(),
        });
    }
    let first_sprint = world.sprints.len() as u32;
    add_sprints(world, project, &key, calendar);
    world.projects.push(Project {
        key,
        name,
        status: ProjectStatus::Live,
        hidden: false,
        security_level: None,
        former_keys: Vec::new(),
        lead: UserKey(1 + place as u32 % (world.users.len() as u32 - 2)),
        next_number: 1,
        by_number: HashMap::new(),
        versions: (first_version..world.versions.len() as u32).map(VersionKey).collect(),
        components: (first_component..world.components.len() as u32).map(ComponentKey).collect(),
        sprints: (first_sprint..world.sprints.len() as u32).map(SprintKey).collect(),
    });
}

fn add_sprints(world: &mut World, project: ProjectKey, key: &str, calendar: &WorkingTime) {
    let now = calendar.now();
    let mut starts: Timestamp = calendar.start();
    let mut number = 1;
    // The last one is being planned.
    while starts < now.plus_seconds(SPRINT) {
        let ends = starts.plus_seconds(SPRINT - 3_600);
        let state = if ends < now {
            SprintState::Closed
        } else if starts < now {
            SprintState::Active
        } else {
            SprintState::Future
        };
        world.sprints.push(Sprint {
            // A comma in a name is what breaks those who split texts at commas.
            name: if number % 5 == 0 {
                format!("{key} Sprint {number}, the long one")
            } else {
                format!("{key} Sprint {number}")
            },
            state,
            project,
            goal: GOALS[number % GOALS.len()],
            starts,
            ends,
        });
        starts = starts.plus_seconds(SPRINT);
        number += 1;
    }
}
