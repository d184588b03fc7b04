//! A model that followed a store equals one that starts on it, whatever was written in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::record::{
    AbsenceRecord, AvailabilityRecord, Batch, LinkRecord, MoveRecord, ParentRecord, PersonRecord,
    ProjectRecord, RelationRecord, Scope, TaskRecord, TaskReference,
};
use mainstem_model::{
    ChangeCause, Clock, LinkKind, Presence, Priority, SourceId, Status, StatusCategory, TaskKind,
    Timestamp, TokenId, Visibility,
};
use mainstem_store::{
    BatchContext, DecidedPerson, Lease, NewAuditRecord, PassOutcome, PreparedBatch, SourceSpec,
    Store, StoreOptions,
};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::changes::dump;
use crate::ReadModel;

const NAMES: [&str; 2] = ["alpha", "beta"];

#[derive(Debug, Clone)]
enum Step {
    /// Tasks of a source: number, status, assignee.
    Tasks(usize, Vec<(u32, usize, u32)>),
    /// The links that a task of a source states, and its parent.
    Links(usize, u32, Vec<u32>, Option<u32>),
    Gone(usize, u32),
    Move(usize, u32, u32),
    /// A person takes another name, and an address.
    Rename(usize, u32, u32),
    /// A person says until which day they are away.
    Away(usize, u32, i8),
    /// An admin says of identities who they are: source, number, whose.
    Decide(Vec<(usize, u32, u32)>),
    /// A scope has been passed.
    Pass(usize),
    RemoveSource(usize),
    CatchUp,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let source = || 0..NAMES.len();
    let step = prop_oneof![
        5 => (source(), prop::collection::vec((0..9_u32, 0..5_usize, 0..3_u32), 1..4)).prop_map(|(s, t)| Step::Tasks(s, t)),
        3 => (source(), 0..9_u32, prop::collection::vec(0..9_u32, 0..3), prop::option::of(0..9_u32))
            .prop_map(|(s, n, l, p)| Step::Links(s, n, l, p)),
        1 => (source(), 0..9_u32).prop_map(|(s, n)| Step::Gone(s, n)),
        1 => (source(), 0..9_u32, 9..12_u32).prop_map(|(s, from, to)| Step::Move(s, from, to)),
        2 => (source(), 0..3_u32, 0..2_u32).prop_map(|(s, n, a)| Step::Rename(s, n, a)),
        1 => (source(), 0..3_u32, 1..5_i8).prop_map(|(s, n, day)| Step::Away(s, n, day)),
        2 => prop::collection::btree_map((source(), 0..3_u32), 0..2_u32, 1..4)
            .prop_map(|named| Step::Decide(named.into_iter().map(|((s, n), p)| (s, n, p)).collect())),
        1 => source().prop_map(Step::Pass),
        1 => source().prop_map(Step::RemoveSource),
        4 => Just(Step::CatchUp),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..25)
}

struct Site {
    store: Store,
    clock: Arc<ManualClock>,
    version: i64,
}

impl Site {
    async fn open(directory: &tempfile::TempDir) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000)));
        let options = StoreOptions {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(SeededRandom::new(7)),
        };
        let url = format!("sqlite://{}/store.db", directory.path().display());
        Self { store: Store::open(&url, options).await.unwrap(), clock, version: 1 }
    }

    async fn source(&self, number: usize) -> SourceId {
        let spec = SourceSpec {
            name: NAMES[number].to_owned(),
            connector: "github".to_owned(),
            settings: serde_json::json!({}),
            credential_kind: String::new(),
            credential_public: serde_json::json!({}),
            credential: None,
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: false,
            paused: false,
        };
        let source = self.store.put_source(&spec, true).await.unwrap().id;
        let scope = Scope { key: "all".into(), name: "all".to_owned() };
        self.store.put_scopes(source, &[scope], |_| false).await.unwrap();
        source
    }

    async fn lease(&self) -> Lease {
        let ttl = Duration::from_secs(3_600);
        self.clock.advance_seconds(7_200);
        self.store.acquire_lease("test", "test", ttl).await.unwrap().unwrap()
    }

    async fn apply(&self, number: usize, mut batch: Batch) {
        let source = self.source(number).await;
        let lease = self.lease().await;
        batch.projects.push(ProjectRecord {
            external_id: "1".into(),
            key: "acme/api".to_owned(),
            name: "acme/api".to_owned(),
            url: None,
        });
        let context = BatchContext {
            lease: &lease,
            source,
            scope: "all",
            cause: ChangeCause::Sync,
            answered: &[],
        };
        let batch = PreparedBatch::of(batch).await.unwrap();
        self.store.apply_batch(&context, &batch).await.unwrap();
    }

    async fn decide(&self, named: Vec<(usize, u32, u32)>) {
        let mut people: BTreeMap<u32, DecidedPerson> = BTreeMap::new();
        for (source, number, person) in named {
            let id = SourceId::of("decided").person(&person.to_string());
            let new = || DecidedPerson { id, identities: Vec::new(), takes_over: BTreeSet::new() };
            let identity = (SourceId::of(NAMES[source]), number.to_string());
            people.entry(person).or_insert_with(new).identities.push(identity);
        }
        let record = NewAuditRecord {
            token: TokenId(uuid::Uuid::nil()),
            token_name: "tests".to_owned(),
            action: "mergePeople",
            before: serde_json::Value::Null,
            after: serde_json::Value::Null,
        };
        let people: Vec<DecidedPerson> = people.into_values().collect();
        self.store.decide_people(&people, &record).await.unwrap();
    }

    async fn step(&mut self, step: Step) {
        self.version += 1;
        let version = self.version;
        match step {
            Step::Tasks(source, tasks) => {
                let mut batch = Batch::default();
                for (number, status, assignee) in tasks {
                    batch.people.push(person(assignee, "dev"));
                    batch.tasks.push(task(number, status, assignee, version));
                }
                self.apply(source, batch).await;
            }
            Step::Links(source, number, others, parent) => {
                let record = RelationRecord {
                    task: number.to_string().into(),
                    links: others
                        .into_iter()
                        .map(|other| LinkRecord {
                            kind: LinkKind::Blocks,
                            from: reference(other),
                            to: reference(number),
                            since: None,
                        })
                        .collect(),
                    kinds: LinkKind::ALL,
                    parent: parent
                        .map_or(ParentRecord::None, |parent| ParentRecord::Is(reference(parent))),
                    version,
                    census_token: None,
                };
                self.apply(source, Batch { relations: vec![record], ..Batch::default() }).await;
            }
            Step::Gone(source, number) => {
                let record =
                    AbsenceRecord { task: number.to_string().into(), presence: Presence::Deleted };
                self.apply(source, Batch { absences: vec![record], ..Batch::default() }).await;
            }
            Step::Move(source, from, to) => {
                let moved = MoveRecord {
                    from: from.to_string().into(),
                    to: to.to_string().into(),
                    scope: "all".into(),
                };
                let batch = Batch {
                    people: vec![person(0, "dev")],
                    tasks: vec![task(to, 1, 0, version)],
                    moves: vec![moved],
                    ..Batch::default()
                };
                self.apply(source, batch).await;
            }
            Step::Rename(source, number, address) => {
                let person = PersonRecord {
                    email: Some(format!("dev{address}@example.org")),
                    ..person(number, &format!("renamed {version}"))
                };
                self.apply(source, Batch { people: vec![person], ..Batch::default() }).await;
            }
            Step::Away(source, number, day) => {
                let away = AvailabilityRecord {
                    person: number.to_string().into(),
                    until: mainstem_model::Date::new(2026, 1, day).unwrap(),
                    quote: format!("away {version}"),
                    url: None,
                    said_at: Timestamp::from_seconds(version),
                };
                let batch = Batch {
                    people: vec![person(number, "dev")],
                    availabilities: vec![away],
                    ..Batch::default()
                };
                self.apply(source, batch).await;
            }
            Step::Decide(named) => self.decide(named).await,
            Step::Pass(number) => {
                let source = self.source(number).await;
                let lease = self.lease().await;
                let outcome = PassOutcome {
                    synced_at: Some(self.clock.now()),
                    next_run_at: self.clock.now(),
                    error: None,
                    restart: false,
                };
                self.store.finish_pass(&lease, source, "all", &outcome).await.unwrap();
            }
            Step::RemoveSource(number) => {
                self.store.remove_source(SourceId::of(NAMES[number])).await.unwrap();
            }
            Step::CatchUp | Step::Restart => {}
        }
    }
}

fn reference(number: u32) -> TaskReference {
    let external_id = (!number.is_multiple_of(3)).then(|| number.to_string().into());
    TaskReference { key: format!("acme/api#{number}"), external_id }
}

fn person(number: u32, name: &str) -> PersonRecord {
    PersonRecord {
        external_id: number.to_string().into(),
        handle: Some(format!("dev{number}")),
        name: Some(name.to_owned()),
        email: None,
        self_asserted: false,
    }
}

fn task(number: u32, status: usize, assignee: u32, version: i64) -> TaskRecord {
    let category = StatusCategory::ALL[status];
    TaskRecord {
        external_id: number.to_string().into(),
        locator: String::new(),
        project: "1".into(),
        key: format!("acme/api#{number}"),
        kind: TaskKind::Issue,
        title: format!("Task {number}"),
        url: None,
        status: Status { name: format!("{category:?}"), category },
        priority: Priority::NONE,
        assignees: vec![assignee.to_string().into()],
        author: None,
        labels: vec![format!("label {assignee}")],
        milestone: None,
        sprint: None,
        parent: ParentRecord::Unsaid,
        start_on: None,
        due_on: None,
        created_at: Timestamp::from_seconds(i64::from(number)),
        updated_at: Timestamp::from_seconds(100 + version),
        started_at: None,
        closed_at: None,
        estimate_seconds: None,
        time_spent_seconds: None,
        body: None,
        criteria: Vec::new(),
        fields: Vec::new(),
        version,
        census_token: None,
        history: Vec::new(),
        raw: bytes::Bytes::from_static(b"{}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn eyes() -> Vec<Visibility> {
    let named = |names: &[&str]| {
        Visibility::Sources(Arc::new(names.iter().map(|name| SourceId::of(name)).collect()))
    };
    vec![Visibility::Everything, named(&["alpha"]), named(&["beta"])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_model_equals_the_store_it_follows(steps in steps()) {
        runtime().block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let mut site = Site::open(&directory).await;
            let clock = Arc::clone(&site.clock) as Arc<dyn Clock>;
            let mut model = ReadModel::load(&site.store, Arc::clone(&clock)).await.unwrap();
            for step in steps.into_iter().chain([Step::CatchUp]) {
                let (caught_up, restarted) = (matches!(step, Step::CatchUp), matches!(step, Step::Restart));
                site.step(step).await;
                if restarted {
                    model = ReadModel::load(&site.store, Arc::clone(&clock)).await.unwrap();
                }
                if caught_up {
                    model.catch_up(&site.store).await.unwrap();
                    let fresh = ReadModel::load(&site.store, Arc::clone(&clock)).await.unwrap();
                    assert_eq!(model.position(), fresh.position());
                    for eyes in eyes() {
                        assert_eq!(dump(&model.view(&eyes)), dump(&fresh.view(&eyes)));
                    }
                }
            }
        });
    }
}

#[test]
fn a_reader_sees_its_own_write_and_no_answer_changes_without_its_generation() {
    runtime().block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let mut site = Site::open(&directory).await;
        let model = Arc::new(
            ReadModel::load(&site.store, Arc::clone(&site.clock) as Arc<dyn Clock>).await.unwrap(),
        );
        let cancellation = CancellationToken::new();
        let following = tokio::spawn({
            let (model, store, cancellation) =
                (Arc::clone(&model), site.store.clone(), cancellation.clone());
            async move { model.follow(&store, cancellation).await }
        });
        site.step(Step::Tasks(0, vec![(1, 1, 0)])).await;
        let written = site.store.head().await.unwrap();
        model.at_least(written, Duration::from_secs(30)).await.unwrap();
        let view = model.view(&Visibility::Everything);
        assert!(view.task(SourceId::of("alpha").task("1")).is_some());
        let generation = view.content_generation();

        site.step(Step::Tasks(0, vec![(1, 2, 0)])).await;
        let written = site.store.head().await.unwrap();
        model.at_least(written, Duration::from_secs(30)).await.unwrap();
        assert!(model.content_generation() > generation);
        let category = |view: &crate::View| {
            view.task(SourceId::of("alpha").task("1")).map(|task| task.status_category())
        };
        assert_eq!(category(&view), Some(StatusCategory::ALL[1]));
        assert_eq!(category(&model.view(&Visibility::Everything)), Some(StatusCategory::ALL[2]));

        let beyond = mainstem_model::Position(written.0 + 1);
        assert!(model.at_least(beyond, Duration::ZERO).await.is_err());
        cancellation.cancel();
        following.await.unwrap();
    });
}
