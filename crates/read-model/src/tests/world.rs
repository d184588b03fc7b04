//! Small worlds full of coincidences: equal times, equal keys in two sources, links to tasks that
//! are not there yet, people who share addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mainstem_model::{
    Away, Date, Evidence, Identity, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview,
    PersonId, Presence, Priority, PriorityLevel, Project, Source, SourceId, SourceState, Status,
    StatusCategory, Task, TaskId, TaskKind, Timestamp, Visibility,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::snapshot::{Snapshot, SourceRow, Touched};
use crate::view::View;

pub(super) const SOURCES: [&str; 3] = ["alpha", "beta", "gamma"];
pub(super) const TASKS: u32 = 24;
pub(super) const PEOPLE: u32 = 8;

pub(super) fn source_id(number: usize) -> SourceId {
    SourceId::of(SOURCES[number % SOURCES.len()])
}

/// Task `number` belongs to one source for ever.
pub(super) fn task_id(number: u32) -> TaskId {
    source_id(number as usize).task(&number.to_string())
}

/// Two sources call their tasks alike.
pub(super) fn task_key(number: u32) -> String {
    match number % 3 {
        2 => format!("ENG-{}", number / 3),
        _ => format!("Acme/Api#{}", number / 3),
    }
}

/// Identity `number` belongs to one source for ever.
pub(super) fn person_id(number: u32) -> PersonId {
    source_id(number as usize).person(&number.to_string())
}

/// Everything that a store would hold.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) links: BTreeMap<TaskId, Vec<Link>>,
    pub(super) redirects: BTreeMap<TaskId, TaskId>,
    pub(super) identities: BTreeMap<PersonId, Identity>,
    /// What people said of links, by the id of the link.
    pub(super) reviews: BTreeMap<LinkId, LinkReview>,
}

/// Where people read a source; two of them stand on one host.
pub(super) fn site(number: usize) -> String {
    ["one.example", "two.example", "one.example/jira"][number % SOURCES.len()].to_owned()
}

pub(super) fn sources() -> Vec<Source> {
    (0..)
        .zip(SOURCES)
        .map(|(number, name)| Source {
            site: Some(site(number)),
            id: SourceId::of(name),
            name: name.to_owned(),
            connector: if name == "gamma" { "jira".to_owned() } else { "github".to_owned() },
            settings: serde_json::Value::Null,
            credential_kind: String::new(),
            credential_public: serde_json::Value::Null,
            credential: None,
            webhook: None,
            credential_set_at: Timestamp(0),
            credential_expires_at: None,
            poll_interval_seconds: 60,
            provisioned: false,
            state: SourceState::Healthy,
            last_error: None,
            last_synced_at: None,
        })
        .collect()
}

/// Identity `number`, with an address and an admin's decision that others may share.
pub(super) fn identities() -> impl Strategy<Value = AnyIdentity> {
    let email = prop::option::of(0..4_usize);
    let decided = prop_oneof![2 => Just(None), 1 => (0..2_u32).prop_map(Some)];
    let away = prop::option::weighted(0.3, (0..3_i64, -1..3_i64));
    (email, decided, away, any::<bool>(), 0..6_usize).prop_map(
        |(email, decided, away, self_asserted, name)| {
            AnyIdentity(Identity {
                id: person_id(0),
                source: source_id(0),
                external_id: String::new(),
                handle: None,
                name: [None, Some("Ada"), Some("ben"), Some("Cleo"), Some("ada"), Some("Dora")]
                    [name]
                    .map(str::to_owned),
                email: email.map(|email| {
                    ["ada@example.org", "ADA@example.org", "ben@example.org", "noreply@example.org"]
                        [email]
                        .to_owned()
                }),
                self_asserted,
                away: away.map(|(said_at, until)| Away {
                    until: Timestamp(until),
                    evidence: Evidence {
                        quote: String::new(),
                        url: None,
                        comment: None,
                        seen_at: Timestamp(said_at),
                    },
                }),
                decided: decided.map(person_id),
            })
        },
    )
}

/// An identity that does not know yet which one it is.
#[derive(Debug, Clone)]
pub(super) struct AnyIdentity(Identity);

impl AnyIdentity {
    pub(super) fn named(self, number: u32) -> Identity {
        Identity {
            id: person_id(number),
            source: source_id(number as usize),
            external_id: number.to_string(),
            handle: (number != 4).then(|| format!("Handle{}", number % 4)),
            ..self.0
        }
    }
}

pub(super) fn projects() -> Vec<Project> {
    (0..SOURCES.len())
        .map(|number| Project {
            id: source_id(number).project("1"),
            source: source_id(number),
            key: ["acme/api", "acme/API", "ENG"][number].to_owned(),
            name: format!("Project {number}"),
            url: None,
        })
        .collect()
}

impl World {
    /// The snapshot that a start would build.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::at(mainstem_model::Position(0));
        let mut touched = Touched::everything();
        let row =
            |source| SourceRow { source, scopes: Box::default(), unread_news: BTreeMap::new() };
        snapshot.put_sources(sources().into_iter().map(row).collect(), &mut touched);
        for identity in self.identities.values() {
            snapshot.put_identity(identity.clone(), &mut touched);
        }
        projects().into_iter().for_each(|project| snapshot.put_project(project, &mut touched));
        self.tasks.values().for_each(|task| snapshot.put_task(task, &mut touched));
        for (stater, links) in &self.links {
            snapshot.put_links(*stater, links.clone(), &mut touched);
        }
        snapshot.put_redirects(self.redirects.clone().into_iter().collect(), &mut touched);
        snapshot.put_reviews(self.reviews.clone().into_iter().collect(), &mut touched);
        snapshot.settle(touched);
        snapshot
    }

    pub(super) fn view(&self, visibility: &Visibility) -> View {
        View::new(Arc::new(self.snapshot()), visibility.clone(), Timestamp(0), Arc::default())
    }

    /// The world without what these eyes may not see.
    pub(super) fn seen_by(&self, visibility: &Visibility) -> Vec<&Task> {
        self.tasks.values().filter(|task| visibility.allows(task.source)).collect()
    }
}

/// Everything, or some of the sources.
pub(super) fn visibilities() -> impl Strategy<Value = Visibility> {
    prop_oneof![
        Just(Visibility::Everything),
        btree_set(0..SOURCES.len(), 0..3).prop_map(|sources| {
            Visibility::Sources(Arc::new(sources.into_iter().map(source_id).collect()))
        }),
    ]
}

pub(super) fn worlds() -> impl Strategy<Value = World> {
    let tasks = btree_map(0..TASKS, tasks(), 0..TASKS as usize);
    let links = btree_map(0..TASKS, vec(links(), 0..4), 0..12);
    let redirects = btree_map(100..104_u32, 0..TASKS, 0..3);
    let people = vec(identities(), PEOPLE as usize);
    let rest = (people, vec(reviews(), 0..4));
    (tasks, links, redirects, rest).prop_map(|(tasks, links, redirects, (people, said))| World {
        reviews: said.into_iter().collect(),
        tasks: tasks
            .into_iter()
            .map(|(number, task)| (task_id(number), task.named(number)))
            .collect(),
        links: links
            .into_iter()
            .map(|(number, links)| (task_id(number), stated(number, links)))
            .collect(),
        redirects: redirects
            .into_iter()
            .map(|(from, to)| (source_id(to as usize).task(&from.to_string()), task_id(to)))
            .collect(),
        identities: (0..)
            .zip(people)
            .map(|(number, identity)| (person_id(number), identity.named(number)))
            .collect(),
    })
}

/// One world, always the same, that is not empty.
pub(super) fn some_world() -> World {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    loop {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        if world.tasks.len() > 10 {
            return world;
        }
    }
}

/// A task that does not know yet which one it is.
#[derive(Debug, Clone)]
pub(super) struct AnyTask(Task);

impl AnyTask {
    pub(super) fn named(self, number: u32) -> Task {
        Task {
            id: task_id(number),
            source: source_id(number as usize),
            project: source_id(number as usize).project("1"),
            key: task_key(number),
            url: (!number.is_multiple_of(4)).then(|| format!("https://example.org/{}", number / 2)),
            ..self.0
        }
    }
}

pub(super) fn tasks() -> impl Strategy<Value = AnyTask> {
    let words = (
        0..4_usize,
        0..StatusCategory::ALL.len(),
        0..PriorityLevel::ALL.len(),
        0..TaskKind::ALL.len(),
        prop_oneof![6 => Just(Presence::Present), 1 => Just(Presence::Deleted), 1 => Just(Presence::AccessLost)],
        prop::option::of(0..2_usize),
        prop::option::of(0..2_usize),
    );
    let people =
        (btree_set(0..PEOPLE, 0..3), prop::option::of(0..PEOPLE), btree_set(0..4_usize, 0..3));
    let times = (
        0..6_i64,
        0..6_i64,
        prop::option::of(0..4_i64),
        prop::option::of(0..4_i64),
        prop::option::of(1..5_i8),
        prop::option::of(1..5_i8),
    );
    let rest = (
        prop::option::of(0..3_i64),
        prop::option::of(0..3_i64),
        prop::option::of((0..TASKS, any::<bool>())),
        btree_set(0..3_usize, 0..2),
        0..6_usize,
    );
    (words, people, times, rest).prop_map(|(words, people, times, rest)| {
        let (status, category, level, kind, presence, milestone, sprint) = words;
        let (assignees, author, labels) = people;
        let (created, updated, started, closed, start, due) = times;
        let (estimate, spent, parent, previous, title) = rest;
        let day = |day: i8| Date::new(2026, 1, day).unwrap();
        AnyTask(Task {
            id: task_id(0),
            source: source_id(0),
            project: source_id(0).project("1"),
            key: String::new(),
            previous_keys: previous
                .into_iter()
                .map(|n| ["old-1", "ENG-2", "Ångström-7"][n].to_owned())
                .collect(),
            kind: TaskKind::ALL[kind],
            title: ["", "Fix the parser", "fix THE lexer", "Größe ändern", "a 10", "A 9"][title]
                .to_owned(),
            url: None,
            status: Status {
                name: ["Open", "open", "In Review", "Done"][status].to_owned(),
                category: StatusCategory::ALL[category],
            },
            priority: Priority {
                name: (level < 3).then(|| format!("P{level}")),
                level: PriorityLevel::ALL[level],
            },
            assignees: assignees.into_iter().map(person_id).collect(),
            author: author.map(person_id),
            labels: labels
                .into_iter()
                .map(|n| ["bug", "Bug", "ui", "später"][n].to_owned())
                .collect(),
            milestone: milestone.map(|n| format!("v{n}")),
            sprint: sprint.map(|n| format!("Sprint {n}")),
            parent: parent
                .map(|(number, by_id)| end(number, if by_id { Naming::Both } else { Naming::Key })),
            start_on: start.map(day),
            due_on: due.map(day),
            created_at: Timestamp::from_seconds(created),
            updated_at: Timestamp::from_seconds(updated),
            started_at: started.map(Timestamp::from_seconds),
            closed_at: closed.map(Timestamp::from_seconds),
            reopened_at: None,
            estimate_seconds: estimate,
            time_spent_seconds: spent,
            presence,
            scope: "all".to_owned(),
        })
    })
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Naming {
    /// By an id and a key that belong together.
    Both,
    /// By key only.
    Key,
    /// By an id that has moved, and an old key.
    Moved,
    /// By key at the site of its source, or at another one.
    Site(bool),
    /// By something that only looks like a key, of a project that is there (true) or not.
    Lookalike(bool),
}

pub(super) fn end(number: u32, naming: Naming) -> LinkEnd {
    match naming {
        Naming::Both => LinkEnd::new(Some(task_id(number)), task_key(number)),
        Naming::Key => LinkEnd::new(None, task_key(number).to_uppercase()),
        Naming::Site(own) => LinkEnd {
            site: Some(site(number as usize + usize::from(!own)).replace("/jira", "")),
            ..LinkEnd::new(None, task_key(number))
        },
        Naming::Lookalike(exists) => {
            let project = if exists { "ENG" } else { "UTF" };
            LinkEnd::new(None, format!("{project}-{}", number + 100))
        }
        Naming::Moved => {
            let moved = source_id(number as usize).task(&(100 + number % 4).to_string());
            LinkEnd::new(Some(moved), "OLD-1".to_owned())
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct AnyLink {
    kind: LinkKind,
    origin: LinkOrigin,
    other: LinkEnd,
    forward: bool,
    ended: bool,
}

/// What somebody says of an inferred link between two tasks, by the ids or the keys of these.
pub(super) fn reviews() -> impl Strategy<Value = (LinkId, LinkReview)> {
    let kind = prop_oneof![3 => Just(LinkKind::Blocks), 1 => Just(LinkKind::Relates)];
    let review = prop_oneof![4 => Just(LinkReview::Rejected), 1 => Just(LinkReview::Confirmed)];
    let naming = prop_oneof![Just(Naming::Both), Just(Naming::Key)];
    (kind, 0..TASKS, 0..TASKS, naming, review).prop_map(|(kind, from, to, naming, review)| {
        let (from, to) = (end(from, Naming::Both), end(to, naming));
        let (from, to) = (from.identity(), to.identity());
        (LinkId::of(kind.as_str(), "INFERRED", &from, &to), review)
    })
}

pub(super) fn links() -> impl Strategy<Value = AnyLink> {
    let naming = prop_oneof![
        3 => Just(Naming::Both),
        2 => Just(Naming::Key),
        1 => Just(Naming::Moved),
        2 => any::<bool>().prop_map(Naming::Site),
        1 => any::<bool>().prop_map(Naming::Lookalike),
    ];
    let kind = prop_oneof![3 => Just(LinkKind::Blocks), 1 => Just(LinkKind::Relates)];
    let origin = prop_oneof![
        2 => Just(LinkOrigin::Native),
        3 => Just(LinkOrigin::Inferred),
        1 => Just(LinkOrigin::Declared),
    ];
    let ended = prop::bool::weighted(0.2);
    (kind, origin, 0..TASKS, naming, any::<bool>(), ended).prop_map(
        |(kind, origin, number, naming, forward, ended)| AnyLink {
            kind,
            origin,
            other: end(number, naming),
            forward,
            ended,
        },
    )
}

/// The links that a task states; one of each identity, as a store has them.
pub(super) fn stated(number: u32, links: Vec<AnyLink>) -> Vec<Link> {
    let mut ids = BTreeSet::new();
    links
        .into_iter()
        .map(|link| {
            let own = end(number, Naming::Both);
            let (from, to) = if link.forward { (own, link.other) } else { (link.other, own) };
            Link {
                id: LinkId::of(
                    link.kind.as_str(),
                    link.origin.as_str(),
                    &from.identity(),
                    &to.identity(),
                ),
                kind: link.kind,
                from,
                to,
                origin: link.origin,
                confidence: 1.0,
                stated_by: task_id(number),
                source: source_id(number as usize),
                evidence: Vec::new(),
                since: Timestamp(0),
                until: link.ended.then_some(Timestamp(1)),
            }
        })
        .filter(|link| ids.insert(link.id))
        .collect()
}
